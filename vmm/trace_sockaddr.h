/* SPDX-License-Identifier: Apache-2.0 */
/* trace_sockaddr.h - addresses of sockets and what goes with a message, as text. Pure. */
#ifndef LVMM_TRACE_SOCKADDR_H
#define LVMM_TRACE_SOCKADDR_H

#include "vmm/trace_line.h"

/* "{sa_family=AF_UNIX, sun_path="/run/x"}": all of the bytes are the address. */
void trace_put_sockaddr(struct trace_line *line, const char *isa, struct trace_bytes bytes);
/* A message's control data, of a 64-bit program: "[{cmsg_len=20, cmsg_level=SOL_SOCKET, ...}]". */
void trace_put_control(struct trace_line *line, const char *isa, struct trace_bytes bytes);

#endif
