/* SPDX-License-Identifier: Apache-2.0 */
/* filter_program.h - programs for filters, as a program names them (struct sock_fprog); and those of sockets. */
#ifndef GK_SYS_FILTER_PROGRAM_H
#define GK_SYS_FILTER_PROGRAM_H

#include "lib/bpf.h"
#include "net/socket.h"
#include "sys/user.h"

struct filter_program { /* Linux's struct sock_fprog */
    uint16_t length;
    uint64_t address;
};

/* How many bytes the caller's has. */
uint32_t filter_program_size(void);
/* 0 or -EFAULT. */
int filter_program_get(struct filter_program *out, uaddr_t address);
/* bpf_check of a copy of it, with the room that that wants: 0, -EINVAL or -ENOMEM. */
int filter_program_check(const struct bpf_instruction *program, unsigned length, uint32_t data_size);

/* SO_ATTACH_FILTER of setsockopt(2), whose value has `size` bytes: 0, -EINVAL, -EFAULT, -EPERM, -ENOMEM. */
int socket_filter_set(struct socket *socket, uaddr_t value, uint32_t size);
/* SO_GET_FILTER of getsockopt(2): how many instructions there are, which are written if `size`, a number of them, isn't
 * 0; -EINVAL: there are more; -EFAULT. */
int64_t socket_filter_get(const struct socket *socket, uaddr_t value, uint32_t size);

#endif
