/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_info.h - what ptrace(2) tells of a tracee's signals and calls, and changes. The tracee is the caller's, and
 * stopped. What gets something from the caller may wait for it, and finds the tracee by its number then. 0, sizes, or
 * -errno as ptrace(2). */
#ifndef GK_SYS_PTRACE_INFO_H
#define GK_SYS_PTRACE_INFO_H

#include <stdint.h>

#include "lib/types.h"

struct tracee;

/* The current thread's tracee of that number, in a stop; NULL: it isn't. To be asked anew after each wait. */
struct tracee *ptrace_stopped(int tid);

/* Of the stop: -EINVAL if it has none. */
int64_t ptrace_siginfo_get(const struct tracee *tracee, uaddr_t out);
int64_t ptrace_siginfo_set(int tid, uaddr_t in);
/* PTRACE_PEEKSIGINFO: how many it has told of. */
int64_t ptrace_siginfo_peek(int tid, uaddr_t args, uaddr_t out);
/* size: of the caller's sigset_t. */
int64_t ptrace_mask_get(const struct tracee *tracee, uint64_t size, uaddr_t out);
int64_t ptrace_mask_set(int tid, uint64_t size, uaddr_t in);
/* PTRACE_GET_RSEQ_CONFIGURATION: as much as fits into `size` bytes; how many there are. */
int64_t ptrace_rseq_info(const struct tracee *tracee, uint64_t size, uaddr_t out);
/* PTRACE_GET_SYSCALL_INFO: as much as fits into `size` bytes; how many there are. */
int64_t ptrace_call_info(const struct tracee *tracee, uint64_t size, uaddr_t out);

#endif
