/* SPDX-License-Identifier: Apache-2.0 */
/* ports.h - which of our own descriptors each port of the guest's console goes to (boot/abi.h). Shared by the backends.
 */
#ifndef LVMM_PORTS_H
#define LVMM_PORTS_H

#include <stdint.h>

#include "boot/abi.h"

struct port_fds {
    int in, out; /* -1: none */
};

extern const char *const port_names[LVMM_PORT_COUNT];

#define PORT_ESCAPE 0x01 /* Ctrl-A at the terminal; Ctrl-A x ends the VM */
#define PORT_ESCAPE_QUIT 'x'

/* tty: LVMM_PROP_TTY. A stream that is a terminal goes to the terminal's port, and the port of its own is not
 * connected. */
void ports_map(uint32_t tty, struct port_fds fds[LVMM_PORT_COUNT]);

/* What there is to read on `fd` (-1: nothing, ever) now, for LVMM_RECORD_READY. Reads nothing. */
struct lvmm_ready ports_look(uint32_t port, int fd);

#endif
