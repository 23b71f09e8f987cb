/* SPDX-License-Identifier: Apache-2.0 */
/* trace_pointed.c - see trace_pointed.h. */
#include "vmm/trace_pointed.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/trace_layouts.h"
#include "vmm/trace_sockaddr.h"

#define SHOWN (LVMM_PIECE_BYTES - 1) /* bytes of a buffer */

static enum kind_layout layout_of(const struct trace_argument *argument)
{
    return (enum kind_layout)kind_more(argument->kind);
}

bool trace_is_late(uint32_t kind, uint64_t value)
{
    unsigned layout = kind_more(kind);

    if (kind_what(kind) != KIND_POINTER || !(kind & KIND_OUT) || value == 0)
        return false;
    if (!(kind & KIND_IN))
        return true;
    /* What is read and written in one place, and shown at both times. */
    return layout == KIND_LAYOUT_int || layout == KIND_LAYOUT_off || layout == KIND_LAYOUT_off64 ||
           layout == KIND_LAYOUT_msghdr;
}

/* How many elements: as the argument says that has their number, or the result where there is nothing but them. */
static uint64_t count_of(const struct trace_view *view, const struct trace_argument *argument)
{
    uint64_t count = UINT64_MAX, result = (uint64_t)view->call->result;

    if (!(argument->kind & KIND_ARRAY))
        return 1;
    if (kind_count(argument->kind) < KINDS_MAX)
        count = view->call->arg[kind_count(argument->kind)];
    return view->ended && !view->failed && !(argument->kind & KIND_IN) && result < count ? result : count;
}

/* ---- arrays of pointers ---- */

struct vectors {
    struct trace_bytes all;
    unsigned arg, item; /* item: of what the first one leads to */
    unsigned most;      /* so many are looked at */
    uint64_t count;
    uint64_t left; /* so many bytes of them are filled, one after the other */
};

/* "[{iov_base="one ", iov_len=4}, ...]" */
static void put_vectors(struct trace_line *line, const struct trace_view *view, const struct trace_memory *memory,
                        struct vectors vectors)
{
    unsigned word = view->narrow ? 4 : 8, i = 0;

    trace_put(line, "[");
    for (; i < vectors.count && i < vectors.most && vectors.all.size >= (size_t)2 * word; i++) {
        uint64_t base = trace_word(vectors.all.at, word), length = trace_word(vectors.all.at + word, word);
        uint64_t filled = length < vectors.left ? length : vectors.left;
        struct trace_bytes bytes = {NULL, 0};

        trace_put(line, "%s{iov_base=", i != 0 ? ", " : "");
        if (base != 0 && (trace_view_find(memory, vectors.arg, vectors.item + i, &bytes) || filled == 0))
            trace_put_bytes(line, bytes, SHOWN, filled);
        else
            trace_put_address(line, base);
        trace_put(line, ", iov_len=%" PRIu64 "}", length);
        vectors.left -= filled;
        vectors.all.at += (size_t)2 * word;
        vectors.all.size -= (size_t)2 * word;
    }
    trace_put(line, i < vectors.count ? ", ...]" : "]");
}

/* ["ls", "-l"] */
static void put_strings(struct trace_line *line, const struct trace_view *view, const struct trace_argument *argument,
                        const struct trace_memory *memory, struct trace_bytes all)
{
    unsigned word = view->narrow ? 4 : 8, i = 0;
    bool more = false;

    trace_put(line, "[");
    for (; all.size >= word && trace_word(all.at, word) != 0 && !more; i++) {
        struct trace_bytes bytes;

        more = i == LVMM_PIECE_ITEMS;
        trace_put(line, "%s", i != 0 ? ", " : "");
        if (more)
            trace_put(line, "...");
        else if (trace_view_find(memory, argument->index, i + 1, &bytes))
            trace_put_string(line, bytes, SHOWN);
        else
            trace_put_address(line, trace_word(all.at, word));
        all.at += word;
        all.size -= word;
    }
    trace_put(line, "]");
}

/* ---- messages ---- */

/* struct msghdr of a 64-bit program. */
static void put_message(struct trace_line *line, const struct trace_view *view, const struct trace_argument *argument,
                        const struct trace_memory *memory, const uint8_t *at)
{
    uint64_t name_length = trace_word(at + 8, 4), control_length = trace_word(at + 40, 8);
    struct vectors vectors = {.arg = argument->index,
                              .item = LVMM_ITEM_VECTORS + 1,
                              .most = LVMM_MESSAGE_ITEMS,
                              .count = trace_word(at + 24, 8),
                              .left = view->ended ? (uint64_t)view->call->result : UINT64_MAX};
    struct trace_bytes bytes;

    trace_put(line, "{msg_name=");
    if (trace_word(at, 8) != 0 && trace_view_find(memory, argument->index, LVMM_ITEM_NAME, &bytes))
        trace_put_sockaddr(line, view->isa, bytes);
    else
        trace_put_address(line, trace_word(at, 8));
    trace_put(line, ", msg_namelen=%" PRIu64 ", msg_iov=", name_length);
    if (trace_view_find(memory, argument->index, LVMM_ITEM_VECTORS, &vectors.all))
        put_vectors(line, view, memory, vectors);
    else
        trace_put_address(line, trace_word(at + 16, 8));
    trace_put(line, ", msg_iovlen=%" PRIu64, vectors.count);
    if (control_length != 0 && trace_view_find(memory, argument->index, LVMM_ITEM_CONTROL, &bytes)) {
        trace_put(line, ", msg_control=");
        trace_put_control(line, view->isa, bytes);
    }
    trace_put(line, ", msg_controllen=%" PRIu64 ", msg_flags=", control_length);
    trace_put_set(line, view->isa, KIND_SET_msg, trace_word(at + 48, 4));
    trace_put(line, "}");
}

/* ---- one ---- */

/* As long as the call says: by its length, or by the one that the next argument leads to. */
static void put_socket_address(struct trace_line *line, const struct trace_view *view,
                               const struct trace_argument *argument, struct trace_bytes bytes)
{
    uint64_t length = bytes.size;
    struct trace_bytes told;

    if (argument->kind & KIND_ARRAY)
        length = view->call->arg[kind_count(argument->kind)];
    else if (trace_view_find(view->after, argument->index + 1, 0, &told) && told.size >= 4)
        length = trace_word(told.at, 4);
    if (bytes.size > length)
        bytes.size = (size_t)length;
    trace_put_sockaddr(line, view->isa, bytes);
}

static void put_counted(struct trace_line *line, uint64_t address, struct trace_bytes bytes, const char *what,
                        const char *several)
{
    uint64_t count = bytes.size >= 4 ? trace_word(bytes.at, 4) : 0;

    trace_put_address(line, address);
    trace_put(line, " /* %" PRIu64 " %s%s */", count, what, count == 1 ? "" : several);
}

/* False: it isn't known what it leads to. */
static bool put_bytes_of(struct trace_line *line, const struct trace_view *view, const struct trace_argument *argument,
                         const struct trace_memory *memory, struct trace_bytes bytes)
{
    uint64_t count = count_of(view, argument);
    struct vectors vectors = {.all = bytes, .arg = argument->index, .item = 1, .most = LVMM_VECTOR_ITEMS};

    switch (layout_of(argument)) {
    case KIND_LAYOUT_bytes:
        trace_put_bytes(line, bytes, SHOWN, count);
        return argument->kind & KIND_ARRAY;
    case KIND_LAYOUT_octets:
        trace_put_octets(line, bytes, SHOWN, count);
        return true;
    case KIND_LAYOUT_text:
    case KIND_LAYOUT_name:
        trace_put_string(line, bytes, SIZE_MAX);
        return true;
    case KIND_LAYOUT_dirents64:
        put_counted(line, argument->value, bytes, "entries", "");
        return true;
    case KIND_LAYOUT_environment:
        put_counted(line, argument->value, bytes, "var", "s");
        return true;
    case KIND_LAYOUT_sockaddr:
        put_socket_address(line, view, argument, bytes);
        return true;
    case KIND_LAYOUT_fdset:
        trace_put_numbers(line, bytes, view->call->arg[0]);
        return true;
    case KIND_LAYOUT_cpus:
        trace_put_numbers(line, bytes, UINT64_MAX);
        return true;
    case KIND_LAYOUT_iovec:
        vectors.count = view->call->arg[kind_count(argument->kind)];
        vectors.left = view->ended && !(argument->kind & KIND_IN) ? (uint64_t)view->call->result : UINT64_MAX;
        put_vectors(line, view, memory, vectors);
        return true;
    case KIND_LAYOUT_strings:
        put_strings(line, view, argument, memory, bytes);
        return true;
    case KIND_LAYOUT_msghdr:
        if (view->narrow || bytes.size < 56)
            return false;
        put_message(line, view, argument, memory, bytes.at);
        return true;
    default:
        return trace_put_layout(line, view->isa, view->narrow, layout_of(argument), bytes,
                                argument->kind & KIND_ARRAY ? count : TRACE_NO_ARRAY);
    }
}

/* "[110 => 18]": a number that the call has changed. False: it isn't one, or has stayed the same. */
static bool put_changed(struct trace_line *line, const struct trace_view *view, const struct trace_argument *argument,
                        struct trace_bytes before, struct trace_bytes after)
{
    unsigned size = before.size < after.size ? (unsigned)before.size : (unsigned)after.size;
    bool is_int = layout_of(argument) == KIND_LAYOUT_int;

    if (!(argument->kind & KIND_IN) || view->failed || size == 0 || size > 8 || memcmp(before.at, after.at, size) == 0)
        return false;
    trace_put(line, is_int ? "[%" PRId64 " => %" PRId64 "]" : "[%" PRId64 "] => [%" PRId64 "]",
              trace_signed_word(before.at, size), trace_signed_word(after.at, size));
    return true;
}

/* A call that fails has written nothing, but for the time that was left as a signal ended it; one that waits for
 * children has if there was one. */
static bool may_be_written(const struct trace_view *view, const struct trace_argument *argument)
{
    bool waits = kind_more(view->kinds[1]) == KIND_LAYOUT_wait_status && kind_what(view->kinds[1]) == KIND_POINTER;

    if (waits && view->call->result == 0)
        return false;
    return !view->failed || layout_of(argument) == KIND_LAYOUT_timespec_left;
}

void trace_put_pointed(struct trace_line *line, const struct trace_view *view, const struct trace_argument *argument)
{
    bool late = trace_is_late(argument->kind, argument->value);
    struct trace_bytes before = {NULL, 0}, after = {NULL, 0};
    const struct trace_memory *memory = NULL;

    if (argument->value != 0 && (argument->kind & KIND_IN) &&
        trace_view_find(view->before, argument->index, 0, &before))
        memory = view->before;
    if (argument->value != 0 && late && may_be_written(view, argument) &&
        trace_view_find(view->after, argument->index, 0, &after)) {
        if (memory != NULL && put_changed(line, view, argument, before, after))
            return;
        memory = view->after;
        before = after;
    }
    if (memory != NULL && view->failed && late && layout_of(argument) == KIND_LAYOUT_msghdr && before.size >= 12) {
        trace_put(line, "{msg_namelen=%" PRIu64 "}", trace_word(before.at + 8, 4));
        return;
    }
    if (memory != NULL) {
        size_t start = line->length;

        if (put_bytes_of(line, view, argument, memory, before))
            return;
        line->length = start < line->size ? start : line->length;
    }
    if (argument->value != 0 && (argument->kind & KIND_ARRAY) && !view->failed && count_of(view, argument) == 0 &&
        (late ? view->ended : (argument->kind & KIND_IN) != 0)) {
        enum kind_layout layout = layout_of(argument);

        if (layout != KIND_LAYOUT_dirents64) {
            trace_put(line, layout == KIND_LAYOUT_bytes || layout == KIND_LAYOUT_octets ? "\"\"" : "[]");
            return;
        }
    }
    trace_put_address(line, argument->value);
}
