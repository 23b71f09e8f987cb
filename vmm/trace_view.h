/* SPDX-License-Identifier: Apache-2.0 */
/* trace_view.h - a call that is being shown, and its arguments one by one. Pure. */
#ifndef LVMM_TRACE_VIEW_H
#define LVMM_TRACE_VIEW_H

#include "boot/abi.h"
#include "guest-kernel/abi/kinds.h"
#include "vmm/trace_line.h"
#include "vmm/trace_memory.h"

struct trace_view {
    const char *isa, *name; /* name: NULL: it isn't in the table */
    const struct lvmm_syscall *call;
    const struct trace_memory *before, *after;
    uint32_t kinds[KINDS_MAX];
    bool narrow;              /* a 32-bit program's */
    bool ended, failed, gone; /* failed: with an error; gone: it never came back */
};

/* One argument: its register, its kind, its value (both halves of it). */
struct trace_argument {
    unsigned index;
    uint32_t kind;
    uint64_t value;
};

/* after: NULL: the call has not ended. */
struct trace_view trace_view_of(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *before,
                                const struct trace_memory *after);
/* The next argument, from kind *kind and register *next on; false: there is none. */
bool trace_view_next(const struct trace_view *view, unsigned *kind, unsigned *next, struct trace_argument *argument);
/* The bytes that an argument leads to, or an item of them (boot/abi.h); false: there are none. */
bool trace_view_find(const struct trace_memory *memory, unsigned arg, unsigned item, struct trace_bytes *found);

#endif
