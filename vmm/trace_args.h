/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_args.h - arguments of system calls as people read them: names of flags, strings in quotes, structures in
 * braces, as strace(1) shows them. Pure; whatever the guest sends gives a text of printable characters.
 *
 * A call's text comes in two pieces: what is known as it begins, up to the first argument that it writes through, and
 * the rest when it has ended.
 */
#ifndef LVMM_TRACE_ARGS_H
#define LVMM_TRACE_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "boot/abi.h"
#include "vmm/trace_memory.h"

/* 'read(3, ': the name and what is known before the call is carried out. Cut at `size`; returns the length. isa:
 * "x86_64". A call that isn't in the table has its six registers. `*shown`: so many arguments are. */
size_t trace_args_begin(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *memory, char *text,
                        size_t size, unsigned *shown);
/* '"hello", 5)': the rest, where `shown` of them are there already. `before` is what trace_args_begin was given, as far
 * as it is known, `after` what came when the call had ended. */
size_t trace_args_end(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *before,
                      const struct trace_memory *after, unsigned shown, char *text, size_t size);
/* '5', '-1 ENOENT (No such file or directory)', '1 ([{fd=3, revents=POLLIN}])': what stands behind the equals sign. */
size_t trace_args_result(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *after, char *text,
                         size_t size);

#endif
