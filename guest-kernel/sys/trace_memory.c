/* SPDX-License-Identifier: Apache-2.0 */
/* trace_memory.c - see trace_memory.h. The program may change its memory meanwhile: what is shown is what was there. */
#include "sys/trace_memory.h"

#include "abi/kinds.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "sys/call_kinds.h"

#define ERRNO_MAX 4095
#define ITEM_STRING 64 /* so much of a string in an array of them */

/* The most that lvmm looks at of one, in any form; 0: nothing is shown of it. */
static const uint8_t layout_sizes[KIND_LAYOUT_COUNT] = {
    [KIND_LAYOUT_bytes] = 1,
    [KIND_LAYOUT_epoll_event] = 16,
    [KIND_LAYOUT_int] = 4,
    [KIND_LAYOUT_off64] = 8,
    [KIND_LAYOUT_pollfd] = 8,
    [KIND_LAYOUT_rlimit_wide] = 16,
    [KIND_LAYOUT_sched_param] = 4,
    [KIND_LAYOUT_sembuf] = 6,
    [KIND_LAYOUT_short] = 2,
    [KIND_LAYOUT_sigset] = 8,
    [KIND_LAYOUT_timespec64] = 16,
    [KIND_LAYOUT_two_ints] = 8,
    [KIND_LAYOUT_two_timespecs64] = 32,
    [KIND_LAYOUT_iovec] = 16,
    [KIND_LAYOUT_itimerspec] = 32,
    [KIND_LAYOUT_itimerval] = 32,
    [KIND_LAYOUT_long] = 8,
    [KIND_LAYOUT_mq_attr] = 32,
    [KIND_LAYOUT_off] = 8,
    [KIND_LAYOUT_rlimit] = 16,
    [KIND_LAYOUT_sigaction] = 32,
    [KIND_LAYOUT_stat] = 56,
    [KIND_LAYOUT_stat_wide] = 56,
    [KIND_LAYOUT_strings] = 8 * LVMM_PIECE_ITEMS,
    [KIND_LAYOUT_timespec] = 16,
    [KIND_LAYOUT_timeval] = 16,
    [KIND_LAYOUT_two_timespecs] = 32,
    [KIND_LAYOUT_two_timevals] = 32,
};

struct pieces {
    uint8_t *room;
    size_t size, used;
    unsigned word; /* bytes of an address in the program's structures */
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* As much as is there, page by page. */
static size_t copy_some(uint8_t *to, uaddr_t from, size_t size)
{
    size_t first = least(size, PAGE_SIZE - from % PAGE_SIZE);

    if (first == 0 || copy_from_user(to, from, first) != 0)
        return 0;
    return size > first && copy_from_user(to + first, from + first, size - first) == 0 ? size : first;
}

/* A piece of at most `size` bytes, and no more than up to its NUL if it is a string. NULL: there is nothing. */
static const uint8_t *add(struct pieces *pieces, unsigned arg, unsigned item, uaddr_t from, size_t size, bool is_string)
{
    struct lvmm_piece piece = {.arg = (uint8_t)arg, .item = (uint8_t)item};
    uint8_t *bytes = pieces->room + pieces->used + sizeof(piece);
    size_t length, end = 0;

    if (from == 0 || pieces->size - pieces->used < sizeof(piece) + size)
        return NULL;
    length = copy_some(bytes, from, size);
    while (is_string && end < length && bytes[end] != 0)
        end++;
    if (is_string && end < length)
        length = end + 1;
    if (length == 0)
        return NULL;
    piece.length = (uint16_t)length;
    memcpy(bytes - sizeof(piece), &piece, sizeof(piece));
    pieces->used += sizeof(piece) + length;
    return bytes;
}

static uint64_t word_at(const struct pieces *pieces, const uint8_t *at)
{
    uint64_t word = 0;

    memcpy(&word, at, pieces->word);
    return word;
}

/* What the vectors of a piece lead to; in `left` bytes of all of them there is something. */
static void add_vectors(struct pieces *pieces, unsigned arg, const uint8_t *at, size_t size, uint64_t left)
{
    for (unsigned item = 1; item <= LVMM_PIECE_ITEMS && size >= 2 * pieces->word; item++) {
        uint64_t length = least(word_at(pieces, at + pieces->word), left);

        (void)add(pieces, arg, item, word_at(pieces, at), least(length, LVMM_PIECE_BYTES), false);
        left -= length;
        at += 2 * pieces->word;
        size -= 2 * pieces->word;
    }
}

static void add_strings(struct pieces *pieces, unsigned arg, const uint8_t *at, size_t size)
{
    for (unsigned item = 1; item <= LVMM_PIECE_ITEMS && size >= pieces->word; item++) {
        uint64_t address = word_at(pieces, at);

        if (address == 0)
            return;
        (void)add(pieces, arg, item, address, ITEM_STRING, true);
        at += pieces->word;
        size -= pieces->word;
    }
}

static void add_pointer(struct pieces *pieces, const struct lvmm_syscall *call, unsigned arg, uint32_t kind, bool ended)
{
    enum kind_layout layout = (enum kind_layout)kind_more(kind);
    uint64_t count = kind & KIND_ARRAY ? call->arg[kind_count(kind)] : 1;
    size_t size = layout_sizes[layout];
    const uint8_t *at;

    if (size == 0)
        return;
    if (layout == KIND_LAYOUT_iovec)
        count = least(count, LVMM_PIECE_ITEMS);
    else if (ended && (kind & KIND_ARRAY) && !(kind & KIND_IN) && (uint64_t)call->result < count)
        count = (uint64_t)call->result;
    size = least(count, LVMM_PIECE_STRING) * size;
    size = least(size, layout == KIND_LAYOUT_bytes ? LVMM_PIECE_BYTES : LVMM_PIECE_STRING);
    at = add(pieces, arg, 0, call->arg[arg], size, false);
    if (at == NULL)
        return;
    size = (size_t)(pieces->room + pieces->used - at);
    if (layout == KIND_LAYOUT_iovec)
        add_vectors(pieces, arg, at, size, ended ? (uint64_t)call->result : UINT64_MAX);
    else if (layout == KIND_LAYOUT_strings)
        add_strings(pieces, arg, at, size);
}

size_t trace_memory_collect(const struct lvmm_syscall *call, bool ended, uint8_t *room, size_t size)
{
    bool i386 = call->state & LVMM_SYSCALL_I386;
    const uint32_t *kinds = syscall_kinds(i386, call->number);
    struct pieces pieces = {.room = room, .size = size, .word = i386 ? sizeof(uint32_t) : sizeof(uint64_t)};
    uint32_t direction = ended ? KIND_OUT : KIND_IN;
    unsigned arg = 0;

    if (ended && call->result < 0 && call->result >= -ERRNO_MAX)
        return 0;
    for (unsigned i = 0; i < KINDS_MAX && arg < KINDS_MAX; i++) {
        enum kind_what what = kind_what(kinds[i]);

        if (!ended && (what == KIND_path || what == KIND_string))
            (void)add(&pieces, arg, 0, call->arg[arg], LVMM_PIECE_STRING, true);
        else if (what == KIND_POINTER && (kinds[i] & direction))
            add_pointer(&pieces, call, arg, kinds[i], ended);
        arg += i386 && what == KIND_off64 ? 2 : 1;
    }
    return pieces.used;
}
