/* SPDX-License-Identifier: Apache-2.0 */
/* gdb.h - the socket at which gdb reaches a guest: opened by lvmm itself, so that a mistake is told before the run. */
#ifndef LVMM_CLI_GDB_H
#define LVMM_CLI_GDB_H

#include <sys/un.h>

#define GDB_ADDRESS (sizeof(((struct sockaddr_un *)0)->sun_path) + 16)

struct gdb_socket {
    int fd;                                                 /* -1: not open */
    int folder_fd;                                          /* that the socket's name is in; -1: it has none */
    char address[GDB_ADDRESS];                              /* as gdb's "target remote" takes it */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of a socket that is to be removed; "": none */
};

/* Listens at `where`: a TCP port of 127.0.0.1 (0: a free one), or "unix:PATH". A socket at PATH at which nobody listens
 * is replaced. 0, or -errno after a message. The caller closes fd and calls gdb_socket_remove. */
int gdb_socket_open(const char *where, struct gdb_socket *out);

/* Removes the socket's file, if there is one. May be called in a signal handler. */
void gdb_socket_remove(struct gdb_socket *socket);

#endif
