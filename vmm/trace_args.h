/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_args.h - arguments of system calls as people read them: names of flags, strings in quotes, structures in
 * braces, after the manner of strace. Pure; whatever the guest sends gives a text of printable characters.
 */
#ifndef LVMM_TRACE_ARGS_H
#define LVMM_TRACE_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "boot/abi.h"

/* What the guest has sent beside the call: struct lvmm_piece and its bytes, again and again. size 0: nothing. */
struct trace_memory {
    const uint8_t *pieces;
    size_t size;
};

/* 'openat(AT_FDCWD, "/etc/passwd", O_RDONLY, 0)' without the name: from the first bracket to the last. Cut at `size`;
 * returns the length. isa: "x86_64". A call that isn't in the table has its six registers. */
size_t trace_args_begin(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *memory, char *text,
                        size_t size);
/* What the call has written: ' arg1="hello"' for each argument that leads to it; nothing for an error. */
size_t trace_args_end(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *memory, char *text,
                      size_t size);

#endif
