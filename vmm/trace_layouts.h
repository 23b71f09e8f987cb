/* SPDX-License-Identifier: Apache-2.0 */
/* trace_layouts.h - structures in a guest's memory as text, and the line that they are put into. Pure. */
#ifndef LVMM_TRACE_LAYOUTS_H
#define LVMM_TRACE_LAYOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-kernel/abi/kinds.h"

/* A text that grows up to its size, and is cut there. All zero but for its room. */
struct trace_line {
    char *text;
    size_t size, length; /* length: without the NUL, always below size */
};

/* Puts that behind what is there, as printf does; once the line is full, nothing. */
void trace_put(struct trace_line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct trace_bytes {
    const uint8_t *at;
    size_t size;
};

/* The little-endian number of so many bytes, at most 8. */
uint64_t trace_word(const uint8_t *at, unsigned bytes);

/* In quotes, with \n and \ooo for what isn't printable: no more than `shown` of them, and "..." behind the quote if
 * there are more than that of `length`. */
void trace_put_bytes(struct trace_line *line, struct trace_bytes bytes, size_t shown, uint64_t length);
/* The same up to the NUL, "..." if there is none. */
void trace_put_string(struct trace_line *line, struct trace_bytes bytes, size_t shown);

/* A structure, or `count` of them in brackets; false: nothing is put, as it isn't a known one or not whole. `narrow`:
 * in the form of a 32-bit program. */
#define TRACE_NO_ARRAY UINT64_MAX
bool trace_put_layout(struct trace_line *line, const char *isa, bool narrow, enum kind_layout layout,
                      struct trace_bytes bytes, uint64_t count);

#endif
