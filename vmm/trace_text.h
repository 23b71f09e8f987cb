/* SPDX-License-Identifier: Apache-2.0 */
/* trace_text.h - the lines of --trace-raw: numbers as they are, and what they are called. Pure. */
#ifndef LVMM_TRACE_TEXT_H
#define LVMM_TRACE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "boot/abi.h"

#define TRACE_TEXT_SIZE 512u /* of a line without its end, and its NUL */

/* "[TRACE] pid=1 write(1) args=(0x1, 0x400100, 0x5, 0x0, 0x0, 0x0)". isa: "x86_64". Returns the length. */
size_t trace_text_begin(const char *isa, const struct lvmm_syscall *call, char text[TRACE_TEXT_SIZE]);
/* "[TRACE] pid=1 write(1) -> 0x5 (5)", or "... -> -2 (ENOENT)". */
size_t trace_text_end(const char *isa, const struct lvmm_syscall *call, char text[TRACE_TEXT_SIZE]);

/* Is it an error, as a system call returns them? */
bool trace_text_is_error(int64_t result);

#endif
