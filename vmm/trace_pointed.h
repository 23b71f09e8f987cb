/* SPDX-License-Identifier: Apache-2.0 */
/* trace_pointed.h - what an argument points to, as text. Pure. */
#ifndef LVMM_TRACE_POINTED_H
#define LVMM_TRACE_POINTED_H

#include "vmm/trace_view.h"

/* Is it shown only when the call has ended, as the call writes it? */
bool trace_is_late(uint32_t kind, uint64_t value);
/* The argument, of kind KIND_POINTER: what it leads to, as it was read and is now; or its address. */
void trace_put_pointed(struct trace_line *line, const struct trace_view *view, const struct trace_argument *argument);

#endif
