/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp.h - seccomp(2): a thread whose system calls are looked at before they are carried out, for the rest of its
 * life and by all that it starts. Who has no filter pays nothing: who has one runs in a loop of its own
 * (core/process.c).
 */
#ifndef GK_SYS_SECCOMP_H
#define GK_SYS_SECCOMP_H

#include <stdint.h>

#include "arch/arch.h"
#include "lib/types.h"

struct thread;

/* A system call of a thread with filters: carried out as syscall_dispatch does it, or not. */
void seccomp_dispatch(enum trap_kind kind);

/* A new thread has its maker's filters, and one that has ended has none any more. Neither waits. */
void seccomp_inherit(struct thread *child, const struct thread *parent);
void seccomp_end(struct thread *thread);

/* PTRACE_SECCOMP_GET_FILTER: filter `n` of the thread, from the oldest on, whose instructions go to `out` (0: nowhere):
 * how many there are. -EACCES: the caller may not know; -EINVAL: the thread has no filters; -ENOENT, -EFAULT. */
int64_t seccomp_filter_get(const struct thread *thread, uint64_t n, uaddr_t out);
/* PTRACE_SECCOMP_GET_METADATA, of the caller's tracee of that number: the flags of the filter whose number is the first
 * field of the structure at `data`, of which `size` bytes are filled: how many. Errors as above; -EINVAL also: the
 * number itself has no room; -ESRCH: the tracee has gone while that was waited for. */
int64_t seccomp_metadata_get(int tid, uint64_t size, uaddr_t data);

/* prctl(2): PR_SET_SECCOMP with a mode and the address of a struct sock_fprog; 0 or -errno. */
int64_t seccomp_set_mode(uint64_t mode, uaddr_t program);

#endif
