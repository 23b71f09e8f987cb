/* SPDX-License-Identifier: Apache-2.0 */
/* trace_view.c - see trace_view.h. */
#include "vmm/trace_view.h"

#include <string.h>

#include "guest-kernel/abi/argument_kinds.h"
#include "vmm/syscall_names.h"
#include "vmm/trace_text.h"

struct trace_view trace_view_of(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *before,
                                const struct trace_memory *after)
{
    struct trace_view view = {.isa = isa, .call = call, .before = before, .after = after};
    const uint32_t *row;

    view.narrow = (call->state & LVMM_SYSCALL_I386) != 0;
    view.name = syscall_name(isa, view.narrow, call->number);
    view.ended = after != NULL;
    view.gone = view.ended && (call->state & LVMM_SYSCALL_GONE) != 0;
    view.failed = view.ended && (view.gone || trace_text_is_error(call->result));
    row = syscall_kinds(isa, view.narrow, call->number);
    if (row != NULL)
        arguments_kinds(row, call->arg, view.kinds);
    for (unsigned i = 0; row == NULL && i < KINDS_MAX; i++)
        view.kinds[i] = KIND_word;
    return view;
}

bool trace_view_next(const struct trace_view *view, unsigned *kind, unsigned *next, struct trace_argument *argument)
{
    const uint64_t *arg = view->call->arg;

    while (*kind < KINDS_MAX && *next < KINDS_MAX && kind_what(view->kinds[*kind]) != KIND_none) {
        enum kind_what what = kind_what(view->kinds[*kind]);
        bool pair = view->narrow && (what == KIND_off64 || what == KIND_low64) && *next + 1 < KINDS_MAX;

        *argument = (struct trace_argument){*next, view->kinds[(*kind)++], arg[*next]};
        if (pair)
            argument->value = arg[*next + 1] << 32 | (uint32_t)arg[*next];
        *next += pair && what == KIND_off64 ? 2 : 1;
        if (what != KIND_high64 && what != KIND_unused)
            return true;
    }
    return false;
}

bool trace_view_find(const struct trace_memory *memory, unsigned arg, unsigned item, struct trace_bytes *found)
{
    struct lvmm_piece piece;

    for (size_t at = 0; memory != NULL && memory->size - at >= sizeof(piece); at += sizeof(piece) + piece.length) {
        memcpy(&piece, memory->pieces + at, sizeof(piece));
        if (piece.length > memory->size - at - sizeof(piece))
            return false;
        if (piece.arg == arg && piece.item == item) {
            *found = (struct trace_bytes){memory->pieces + at + sizeof(piece), piece.length};
            return true;
        }
    }
    return false;
}
