/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_port.c - see fuse_port.h. */
#include "vfs/fuse_port.h"

#include <stddef.h>

#include "lib/string.h"

static struct fuse_port *ports;

void fuse_port_add(struct fuse_port *port)
{
    port->next = ports;
    ports = port;
}

struct fuse_port *fuse_port_find(const char *tag)
{
    struct fuse_port *port = ports;

    while (port != NULL && strcmp(port->tag, tag) != 0)
        port = port->next;
    return port;
}
