/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.h - what the system calls of sockets share. */
#ifndef GK_SYS_SOCKETS_H
#define GK_SYS_SOCKETS_H

#include "net/socket.h"
#include "sys/user.h"

/* The socket `fd` and its open file, which gets a reference. 0, -EBADF or -ENOTSOCK. */
int user_socket(uint64_t fd, struct file **file, struct socket **socket);
/* An address that a program gives. 0, -EINVAL (it is longer than any is) or -EFAULT. */
int user_address_get(struct socket_address *out, uaddr_t address, uint64_t size);
/* One for a program, cut to the room that it names at size_address, where the address's whole size stands then. 0,
 * -EINVAL or -EFAULT. */
int user_address_put(const struct socket_address *from, uaddr_t address, uaddr_t size_address);

#endif
