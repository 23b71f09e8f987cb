/* SPDX-License-Identifier: Apache-2.0 */
/* trace_args.c - see trace_args.h. */
#include "vmm/trace_args.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vmm/syscall_names.h"
#include "vmm/syscall_sets.h"
#include "vmm/trace_layouts.h"

#define SHOWN (LVMM_PIECE_BYTES - 1) /* bytes of a buffer */

/* One argument: its kind, its value (both halves of it), what it leads to. */
struct argument {
    unsigned index; /* of its register */
    uint32_t kind;
    uint64_t value;
};

struct view {
    const char *isa;
    const struct lvmm_syscall *call;
    const struct trace_memory *memory;
    bool narrow; /* a 32-bit program's */
    bool ended;
};

/* ---- pieces ---- */

static bool find_piece(const struct view *view, unsigned arg, unsigned item, struct trace_bytes *found)
{
    const struct trace_memory *memory = view->memory;
    struct lvmm_piece piece;

    for (size_t at = 0; memory->size - at >= sizeof(piece); at += sizeof(piece) + piece.length) {
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

/* ---- numbers ---- */

static void put_address(struct trace_line *line, uint64_t value)
{
    if (value == 0)
        trace_put(line, "NULL");
    else
        trace_put(line, "0x%" PRIx64, value);
}

static void put_set(struct trace_line *line, const struct view *view, unsigned set, uint64_t value)
{
    bool wide = set == KIND_SET_map || set == KIND_SET_prot || set == KIND_SET_clone || set == KIND_SET_mremap ||
                set == KIND_SET_mount;
    char text[512];

    syscall_set_text(view->isa, (enum kind_set)set, wide ? value : (uint32_t)value, text, sizeof(text));
    trace_put(line, "%s", text);
}

static void put_name(struct trace_line *line, const char *name, int32_t value)
{
    if (name != NULL)
        trace_put(line, "%s", name);
    else
        trace_put(line, "%" PRId32, value);
}

static void put_small(struct trace_line *line, enum kind_what what, uint32_t value)
{
    char room[16];

    switch (what) {
    case KIND_uint:
        trace_put(line, "%" PRIu32, value);
        break;
    case KIND_hex:
    case KIND_dev:
        trace_put(line, "0x%" PRIx32, value);
        break;
    case KIND_mode:
        trace_put(line, "%#03" PRIo32, value);
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
        put_name(line, syscall_signal_name(value, room), (int32_t)value);
        break;
    case KIND_clock:
        put_name(line, syscall_clock_name(value), (int32_t)value);
        break;
    default: /* KIND_int, KIND_fd, KIND_pid */
        trace_put(line, "%" PRId32, (int32_t)value);
        break;
    }
}

/* ---- what is pointed to ---- */

static void put_string(struct trace_line *line, const struct view *view, const struct argument *argument)
{
    struct trace_bytes bytes;

    if (argument->value == 0 || !find_piece(view, argument->index, 0, &bytes))
        put_address(line, argument->value);
    else
        trace_put_string(line, bytes, SIZE_MAX);
}

/* How many elements: as the argument says that has their number, or the result where there is nothing but them. */
static uint64_t count_of(const struct view *view, const struct argument *argument)
{
    uint64_t count = UINT64_MAX, result = (uint64_t)view->call->result;

    if (!(argument->kind & KIND_ARRAY))
        return 1;
    if (kind_count(argument->kind) < KINDS_MAX)
        count = view->call->arg[kind_count(argument->kind)];
    return view->ended && !(argument->kind & KIND_IN) && result < count ? result : count;
}

/* "[{iov_base="one ", iov_len=4}, ...]" */
static void put_vectors(struct trace_line *line, const struct view *view, const struct argument *argument,
                        struct trace_bytes all)
{
    unsigned word = view->narrow ? 4 : 8;
    uint64_t count = view->call->arg[kind_count(argument->kind)], left = UINT64_MAX;

    if (view->ended)
        left = (uint64_t)view->call->result; /* so much was written, into one after the other */
    trace_put(line, "[");
    for (unsigned i = 0; i < count && i < LVMM_PIECE_ITEMS && all.size >= 2 * word; i++) {
        uint64_t base = trace_word(all.at, word), length = trace_word(all.at + word, word);
        uint64_t filled = length < left ? length : left;
        struct trace_bytes bytes = {NULL, 0};

        trace_put(line, "%s{iov_base=", i != 0 ? ", " : "");
        if (find_piece(view, argument->index, i + 1, &bytes) || filled == 0)
            trace_put_bytes(line, bytes, SHOWN, filled);
        else
            put_address(line, base);
        trace_put(line, ", iov_len=%" PRIu64 "}", length);
        left -= filled;
        all.at += 2 * word;
        all.size -= 2 * word;
    }
    trace_put(line, count > LVMM_PIECE_ITEMS ? ", ...]" : "]");
}

/* ["ls", "-l"] */
static void put_strings(struct trace_line *line, const struct view *view, const struct argument *argument,
                        struct trace_bytes all)
{
    unsigned word = view->narrow ? 4 : 8, i = 0;

    trace_put(line, "[");
    for (; i < LVMM_PIECE_ITEMS && all.size >= word; i++) {
        uint64_t base = trace_word(all.at, word);
        struct trace_bytes bytes;

        if (base == 0)
            break;
        trace_put(line, "%s", i != 0 ? ", " : "");
        if (find_piece(view, argument->index, i + 1, &bytes))
            trace_put_string(line, bytes, SIZE_MAX);
        else
            put_address(line, base);
        all.at += word;
        all.size -= word;
    }
    trace_put(line, i == LVMM_PIECE_ITEMS ? ", ...]" : "]");
}

/* False: it isn't known what it leads to. */
static bool put_memory(struct trace_line *line, const struct view *view, const struct argument *argument)
{
    enum kind_layout layout = (enum kind_layout)kind_more(argument->kind);
    struct trace_bytes bytes;

    if (argument->value == 0 || !find_piece(view, argument->index, 0, &bytes))
        return false;
    if (layout == KIND_LAYOUT_bytes)
        trace_put_bytes(line, bytes, SHOWN, count_of(view, argument));
    else if (layout == KIND_LAYOUT_iovec)
        put_vectors(line, view, argument, bytes);
    else if (layout == KIND_LAYOUT_strings)
        put_strings(line, view, argument, bytes);
    else
        return trace_put_layout(line, view->isa, view->narrow, layout, bytes,
                                argument->kind & KIND_ARRAY ? count_of(view, argument) : TRACE_NO_ARRAY);
    return true;
}

/* ---- arguments ---- */

static void put_argument(struct trace_line *line, const struct view *view, const struct argument *argument)
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
        trace_put(line, "0x%" PRIx64, value);
        break;
    case KIND_addr:
        put_address(line, value);
        break;
    case KIND_path:
    case KIND_string:
        put_string(line, view, argument);
        break;
    case KIND_FLAGS:
    case KIND_ONE:
        put_set(line, view, kind_more(argument->kind), value);
        break;
    case KIND_POINTER:
        if (!(argument->kind & KIND_IN) || !put_memory(line, view, argument))
            put_address(line, value);
        break;
    default:
        put_small(line, kind_what(argument->kind), (uint32_t)value);
        break;
    }
}

/* The next argument, from register *next on; false: there is none. */
static bool next_argument(const struct view *view, const uint32_t *kinds, unsigned *kind, unsigned *next,
                          struct argument *argument)
{
    const uint64_t *arg = view->call->arg;

    while (*kind < KINDS_MAX && *next < KINDS_MAX && kind_what(kinds[*kind]) != KIND_none) {
        enum kind_what what = kind_what(kinds[*kind]);
        bool pair = view->narrow && (what == KIND_off64 || what == KIND_low64) && *next + 1 < KINDS_MAX;

        *argument = (struct argument){*next, kinds[(*kind)++], arg[*next]};
        if (pair)
            argument->value = arg[*next + 1] << 32 | (uint32_t)arg[*next];
        *next += pair && what == KIND_off64 ? 2 : 1;
        if (what != KIND_high64)
            return true;
    }
    return false;
}

static struct view view_of(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *memory,
                           bool ended)
{
    return (struct view){isa, call, memory, (call->state & LVMM_SYSCALL_I386) != 0, ended};
}

size_t trace_args_begin(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *memory, char *text,
                        size_t size)
{
    const struct view view = view_of(isa, call, memory, false);
    const uint32_t *kinds = syscall_kinds(isa, view.narrow, call->number);
    struct trace_line line = {text, size, 0};
    struct argument argument;
    unsigned kind = 0, next = 0;

    trace_put(&line, "(");
    if (kinds == NULL)
        for (unsigned i = 0; i < KINDS_MAX; i++)
            trace_put(&line, "%s0x%" PRIx64, i != 0 ? ", " : "", call->arg[i]);
    while (kinds != NULL && next_argument(&view, kinds, &kind, &next, &argument)) {
        if (argument.index != 0)
            trace_put(&line, ", ");
        put_argument(&line, &view, &argument);
    }
    trace_put(&line, ")");
    return line.length;
}

size_t trace_args_end(const char *isa, const struct lvmm_syscall *call, const struct trace_memory *memory, char *text,
                      size_t size)
{
    enum { ERRNO_MAX = 4095 };
    const struct view view = view_of(isa, call, memory, true);
    const uint32_t *kinds = syscall_kinds(isa, view.narrow, call->number);
    struct trace_line line = {text, size, 0};
    struct argument argument;
    unsigned kind = 0, next = 0;

    if (size != 0)
        text[0] = '\0';
    if (call->result < 0 && call->result >= -ERRNO_MAX)
        return 0;
    while (kinds != NULL && next_argument(&view, kinds, &kind, &next, &argument)) {
        size_t before = line.length;

        if (kind_what(argument.kind) != KIND_POINTER || !(argument.kind & KIND_OUT))
            continue;
        trace_put(&line, " arg%u=", argument.index);
        if (!put_memory(&line, &view, &argument) && before < size) {
            line.length = before;
            text[before] = '\0';
        }
    }
    return line.length;
}
