/* SPDX-License-Identifier: Apache-2.0 */
/* trace_layouts.h - structures in a guest's memory as text. Pure. */
#ifndef LVMM_TRACE_LAYOUTS_H
#define LVMM_TRACE_LAYOUTS_H

#include "vmm/trace_line.h"

/* A structure, or `count` of them in brackets; false: nothing is put, as it isn't a known one or not whole. `narrow`:
 * in the form of a 32-bit program. */
#define TRACE_NO_ARRAY UINT64_MAX
bool trace_put_layout(struct trace_line *line, const char *isa, bool narrow, enum kind_layout layout,
                      struct trace_bytes bytes, uint64_t count);
/* Of as many struct pollfd those that have events: "{fd=3, revents=POLLIN}, ...". */
void trace_put_polled(struct trace_line *line, const char *isa, struct trace_bytes bytes, uint64_t count);
/* The bits that are set of a set of numbers, as one of descriptors or CPUs: "[0 3]". `limit`: numbers from there on
 * aren't looked at. */
void trace_put_numbers(struct trace_line *line, struct trace_bytes bytes, uint64_t limit);

#endif
