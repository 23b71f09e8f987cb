/* SPDX-License-Identifier: Apache-2.0 */
/* syscall.h - system calls: dispatch and the one type that all handlers have. */
#ifndef GK_SYS_SYSCALL_H
#define GK_SYS_SYSCALL_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"

#define SYSCALL_NUMBERS 512 /* all numbers are below it */

/* A handler works for the current thread. Returns the result, or a negative errno. */
typedef int64_t syscall_handler(const uint64_t arg[6]);

/* Carries out the system call that the current thread's trap is, and stores its result in the current thread's frame.
 */
void syscall_dispatch(enum trap_kind kind);
/* The same for a 64-bit program's call, where there are several CPUs, without having the kernel lock. False: it wants
 * that, and nothing was done, or nothing that isn't done again. */
bool syscall_dispatch_unlocked(void);

/* The same, whatever looks at it otherwise: the handler, and its result. And the handler alone of the call that the
 * current thread's trap is. */
void syscall_carry_out(enum trap_kind kind);
syscall_handler *syscall_handler_of(enum trap_kind kind);

/* A prototype for every row of abi/syscalls.def. */
#define SYSCALL(name, x86_64, generic, i386, handler, ...) syscall_handler handler;
#include "abi/syscalls.def"
#undef SYSCALL

#endif
