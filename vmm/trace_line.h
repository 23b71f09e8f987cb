/* SPDX-License-Identifier: Apache-2.0 */
/* trace_line.h - a line of a trace that grows, and a program's bytes as text in it. Pure. */
#ifndef LVMM_TRACE_LINE_H
#define LVMM_TRACE_LINE_H

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

/* The little-endian number of so many bytes, at most 8; the other one has the sign of its uppermost bit. */
uint64_t trace_word(const uint8_t *at, unsigned bytes);
int64_t trace_signed_word(const uint8_t *at, unsigned bytes);

/* In quotes, with \n and \ooo for what isn't printable: no more than `shown` of them, and "..." behind the quote if
 * there are more than that of `length`. */
void trace_put_bytes(struct trace_line *line, struct trace_bytes bytes, size_t shown, uint64_t length);
/* The same up to the NUL, "..." if there is none. */
void trace_put_string(struct trace_line *line, struct trace_bytes bytes, size_t shown);
/* Like trace_put_bytes, each as \xhh. */
void trace_put_octets(struct trace_line *line, struct trace_bytes bytes, size_t shown, uint64_t length);

/* "0x1000", or "NULL". */
void trace_put_address(struct trace_line *line, uint64_t value);
/* The names of a set that the value has (syscall_sets.h). */
void trace_put_set(struct trace_line *line, const char *isa, enum kind_set set, uint64_t value);
/* "SIGINT", or the number. */
void trace_put_signal(struct trace_line *line, uint32_t signal);
/* "S_IFREG|0644": a file's mode with its type; 0644 where there is none. */
void trace_put_mode(struct trace_line *line, uint32_t mode);

#endif
