/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_sets.h - names of flags, commands, signals and the like, as system calls have them. Pure. */
#ifndef LVMM_SYSCALL_SETS_H
#define LVMM_SYSCALL_SETS_H

#include <stddef.h>
#include <stdint.h>

#include "guest-kernel/abi/kinds.h"

/* Writes "O_WRONLY|O_CREAT|0x80000000": the names of a set that `value` has on `isa` ("x86_64"), and what has none; 0
 * where there is nothing. Cut at `size` as snprintf does; returns the length that it has then. */
size_t syscall_set_text(const char *isa, enum kind_set set, uint64_t value, char *text, size_t size);

/* "SIGINT", "SIGRT_3" as strace has it; NULL: it isn't one with a name. `room` may be used for it. */
const char *syscall_signal_name(uint64_t number, char room[16]);
/* "CLOCK_MONOTONIC", or NULL. */
const char *syscall_clock_name(uint64_t number);

#endif
