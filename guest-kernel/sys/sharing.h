/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sharing.h - system calls by CPUs that share the kernel lock (core/klock.h): the usual case of some calls, for which
 * all is at hand and nothing changes that others look at without a lock.
 */
#ifndef GK_SYS_SHARING_H
#define GK_SYS_SHARING_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"

/* Carries out the call for the current thread: *result. False: this isn't the usual case, and the row's handler is to
 * do it; the same bytes may have been written already that it is going to write. */
typedef bool shared_handler(const uint64_t arg[6], int64_t *result);

#undef SYSCALL_SHARED
#define SYSCALL(name, x86_64, generic, i386, handler, ...)
#define SYSCALL_SHARED(shared, name, x86_64, generic, i386, handler, ...) shared_handler shared;
#include "abi/syscalls.def"
#undef SYSCALL
#undef SYSCALL_SHARED

#endif
