/* SPDX-License-Identifier: Apache-2.0 */
/* trace_args.c - see trace_args.h. */
#include "vmm/trace_args.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/syscall_names.h"
#include "vmm/syscall_sets.h"
#include "vmm/trace_layouts.h"
#include "vmm/trace_pointed.h"
#include "vmm/trace_text.h"
#include "vmm/trace_view.h"

/* ---- numbers ---- */

static void put_set(struct trace_line *line, const struct trace_view *view, unsigned set, uint64_t value)
{
    bool wide = set == KIND_SET_map || set == KIND_SET_prot || set == KIND_SET_clone || set == KIND_SET_mremap ||
                set == KIND_SET_mount;

    trace_put_set(line, view->isa, (enum kind_set)set, wide ? value : (uint32_t)value);
}

static void put_name(struct trace_line *line, const char *name, int32_t value)
{
    if (name != NULL)
        trace_put(line, "%s", name);
    else
        trace_put(line, "%" PRId32, value);
}

static void put_device(struct trace_line *line, uint32_t value)
{
    trace_put(line, "makedev(%#" PRIx32 ", %#" PRIx32 ")", value >> 8 & 0xfff,
              (value & 0xff) | (value >> 12 & 0xfff00));
}

static void put_small(struct trace_line *line, enum kind_what what, uint32_t value)
{
    switch (what) {
    case KIND_uint:
        trace_put(line, "%" PRIu32, value);
        break;
    case KIND_hex:
        trace_put(line, "%#" PRIx32, value);
        break;
    case KIND_dev:
        put_device(line, value);
        break;
    case KIND_mode:
        trace_put_mode(line, value);
        break;
    case KIND_id:
        trace_put(line, value == UINT32_MAX ? "-1" : "%" PRIu32, value);
        break;
    case KIND_id16:
        trace_put(line, (uint16_t)value == UINT16_MAX ? "-1" : "%" PRIu32, value & UINT16_MAX);
        break;
    case KIND_dirfd:
        put_name(line, (int32_t)value == -100 ? "AT_FDCWD" : NULL, (int32_t)value);
        break;
    case KIND_signal:
        trace_put_signal(line, value);
        break;
    case KIND_clock:
        put_name(line, syscall_clock_name(value), (int32_t)value);
        break;
    default: /* KIND_int, KIND_fd, KIND_pid */
        trace_put(line, "%" PRId32, (int32_t)value);
        break;
    }
}

/* ---- one argument ---- */

static void put_string(struct trace_line *line, const struct trace_view *view, const struct trace_argument *argument,
                       size_t shown)
{
    struct trace_bytes bytes;

    if (argument->value == 0 || !trace_view_find(view->before, argument->index, 0, &bytes))
        trace_put_address(line, argument->value);
    else
        trace_put_string(line, bytes, shown);
}

static void put_argument(struct trace_line *line, const struct trace_view *view, const struct trace_argument *argument)
{
    uint64_t value = argument->value;

    switch (kind_what(argument->kind)) {
    case KIND_long:
    case KIND_off:
        trace_put(line, "%" PRId64, view->narrow ? (int32_t)value : (int64_t)value);
        break;
    case KIND_off64:
    case KIND_low64:
        trace_put(line, "%" PRId64, (int64_t)value);
        break;
    case KIND_ulong:
    case KIND_size:
        trace_put(line, "%" PRIu64, value);
        break;
    case KIND_word:
    case KIND_depends:
        trace_put(line, "%#" PRIx64, value);
        break;
    case KIND_addr:
        trace_put_address(line, value);
        break;
    case KIND_path:
        put_string(line, view, argument, SIZE_MAX);
        break;
    case KIND_string:
        put_string(line, view, argument, LVMM_PIECE_BYTES - 1);
        break;
    case KIND_FLAGS:
    case KIND_ONE:
        put_set(line, view, kind_more(argument->kind), value);
        break;
    case KIND_POINTER:
        trace_put_pointed(line, view, argument);
        break;
    default:
        put_small(line, kind_what(argument->kind), (uint32_t)value);
        break;
    }
}

/* ---- clone ---- */

enum { PARENT_SETTID = 0x100000, PIDFD = 0x1000, SETTLS = 0x80000, CHILD_TID = 0x1200000 };

static bool is_clone(const struct trace_view *view)
{
    return view->name != NULL && strcmp(view->name, "clone") == 0;
}

/* Its arguments are shown by their names, as ISAs have them in different orders (clone(2)). */
static void put_clone_begin(struct trace_line *line, const struct trace_view *view)
{
    trace_put(line, "child_stack=");
    trace_put_address(line, view->call->arg[1]);
    trace_put(line, ", flags=");
    put_set(line, view, KIND_SET_clone, view->call->arg[0]);
}

static void put_clone_end(struct trace_line *line, const struct trace_view *view)
{
    bool tls_last = !view->narrow && strcmp(view->isa, "x86_64") == 0;
    const uint64_t *arg = view->call->arg;
    struct trace_bytes bytes;

    if (arg[0] & (PARENT_SETTID | PIDFD)) {
        trace_put(line, ", parent_tid=");
        if (trace_view_find(view->after, 2, 0, &bytes) && bytes.size == 4)
            trace_put(line, "[%" PRId64 "]", trace_signed_word(bytes.at, 4));
        else
            trace_put_address(line, arg[2]);
    }
    if (arg[0] & SETTLS)
        trace_put(line, ", tls=%#" PRIx64, arg[tls_last ? 4 : 3]);
    if (arg[0] & CHILD_TID)
        trace_put(line, ", child_tidptr=%#" PRIx64, arg[tls_last ? 3 : 4]);
}

/* clone3 tells the number at the place that its structure says. */
static void put_clone3_end(struct trace_line *line, const struct trace_view *view)
{
    struct trace_bytes bytes;

    if (view->failed || view->name == NULL || strcmp(view->name, "clone3") != 0)
        return;
    if (trace_view_find(view->before, 0, 0, &bytes) && bytes.size >= 32 && (trace_word(bytes.at, 8) & PARENT_SETTID))
        trace_put(line, " => {parent_tid=[%" PRId64 "]}", view->call->result);
}

/* ---- all of them ---- */

/* From `shown` on; those that are known late only when the call has ended. A comma is put before each but the very
 * first, and so stands already before the first one that was known late. Returns how many are shown then. */
static unsigned put_arguments(struct trace_line *line, const struct trace_view *view, unsigned shown)
{
    struct trace_argument argument;
    unsigned kind = 0, next = 0, count = 0;

    for (; trace_view_next(view, &kind, &next, &argument); count++) {
        if (count < shown)
            continue;
        if (count != 0 && !(view->ended && count == shown))
            trace_put(line, ", ");
        if (!view->ended && trace_is_late(argument.kind, argument.value))
            break;
        put_argument(line, view, &argument);
        if (view->ended && argument.index == 0)
            put_clone3_end(line, view);
    }
    return count;
}

/* Is it known only at the end what the first argument leads to? */
static bool is_whole_late(const struct trace_view *view)
{
    return view->name != NULL && strcmp(view->name, "clone3") == 0;
}

size_t trace_args_begin(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *memory, char *text,
                        size_t size, unsigned *shown)
{
    const struct trace_view view = trace_view_of(isa, call, memory, NULL);
    struct trace_line line = {text, size, 0};

    if (view.name != NULL)
        trace_put(&line, "%s(", view.name);
    else
        trace_put(&line, "syscall_%#" PRIx32 "(", call->number);
    *shown = 0;
    if (is_clone(&view))
        put_clone_begin(&line, &view);
    else if (!is_whole_late(&view))
        *shown = put_arguments(&line, &view, 0);
    return line.length;
}

size_t trace_args_end(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *before,
                      const struct trace_memory *after, unsigned shown, char *text, size_t size)
{
    const struct trace_view view = trace_view_of(isa, call, before, after);
    struct trace_line line = {text, size, 0};

    if (is_clone(&view))
        put_clone_end(&line, &view);
    else
        (void)put_arguments(&line, &view, shown);
    trace_put(&line, ")");
    return line.length;
}
