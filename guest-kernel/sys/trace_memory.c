/* SPDX-License-Identifier: Apache-2.0 */
/* trace_memory.c - see trace_memory.h. The program may change its memory meanwhile: what is shown is what was there. */
#include "sys/trace_memory.h"

#include "abi/argument_kinds.h"
#include "abi/errno.h"
#include "abi/kinds.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "sys/call_kinds.h"

#define ERRNO_MAX 4095
#define ITEM_STRING (LVMM_PIECE_BYTES + 1) /* so much of a string in an array of them */
#define COUNTED_MAX 16384u                 /* so many entries and variables are counted */
#define CONTROL_BYTES 64                   /* so much of a message's control data */

/* The most that lvmm looks at of one, in any form; 0: nothing is shown of it. */
static const uint16_t layout_sizes[KIND_LAYOUT_COUNT] = {
    [KIND_LAYOUT_bytes] = 1,
    [KIND_LAYOUT_octets] = 1,
    [KIND_LAYOUT_text] = 1,
    [KIND_LAYOUT_clone_args] = 88,
    [KIND_LAYOUT_dirents64] = 1,
    [KIND_LAYOUT_epoll_event] = 16,
    [KIND_LAYOUT_fdset] = 128,
    [KIND_LAYOUT_int] = 4,
    [KIND_LAYOUT_name] = 16,
    [KIND_LAYOUT_off64] = 8,
    [KIND_LAYOUT_open_how] = 24,
    [KIND_LAYOUT_pollfd] = 8,
    [KIND_LAYOUT_rlimit_wide] = 16,
    [KIND_LAYOUT_sched_param] = 4,
    [KIND_LAYOUT_sembuf] = 6,
    [KIND_LAYOUT_short] = 2,
    [KIND_LAYOUT_sigset] = 8,
    [KIND_LAYOUT_sockaddr] = 1,
    [KIND_LAYOUT_statx] = 64,
    [KIND_LAYOUT_termios] = 36,
    [KIND_LAYOUT_timespec64] = 16,
    [KIND_LAYOUT_timezone] = 8,
    [KIND_LAYOUT_two_ints] = 8,
    [KIND_LAYOUT_two_timespecs64] = 32,
    [KIND_LAYOUT_utsname] = 130,
    [KIND_LAYOUT_wait_status] = 4,
    [KIND_LAYOUT_winsize] = 8,
    [KIND_LAYOUT_cpus] = 1,
    [KIND_LAYOUT_environment] = 8,
    [KIND_LAYOUT_flock] = 32,
    [KIND_LAYOUT_flock_pid] = 32,
    [KIND_LAYOUT_iovec] = 16,
    [KIND_LAYOUT_itimerspec] = 32,
    [KIND_LAYOUT_itimerval] = 32,
    [KIND_LAYOUT_long] = 8,
    [KIND_LAYOUT_mq_attr] = 32,
    [KIND_LAYOUT_msghdr] = 56,
    [KIND_LAYOUT_off] = 8,
    [KIND_LAYOUT_pointer] = 8,
    [KIND_LAYOUT_rlimit] = 16,
    [KIND_LAYOUT_rusage] = 144,
    [KIND_LAYOUT_sigaction] = 32,
    [KIND_LAYOUT_sigevent] = 64,
    [KIND_LAYOUT_siginfo] = 48,
    [KIND_LAYOUT_sigset_argument] = 16,
    [KIND_LAYOUT_stack] = 24,
    [KIND_LAYOUT_stat] = 56,
    [KIND_LAYOUT_stat_wide] = 56,
    [KIND_LAYOUT_statfs] = 120,
    [KIND_LAYOUT_strings] = 8 * (LVMM_PIECE_ITEMS + 1),
    [KIND_LAYOUT_sysinfo] = 112,
    [KIND_LAYOUT_timespec] = 16,
    [KIND_LAYOUT_timespec_left] = 16,
    [KIND_LAYOUT_timeval] = 16,
    [KIND_LAYOUT_tms] = 32,
    [KIND_LAYOUT_two_timespecs] = 32,
    [KIND_LAYOUT_two_timevals] = 32,
    [KIND_LAYOUT_utimbuf] = 16,
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

/* What `most` vectors of a piece lead to, as items from `item` on; in `left` bytes of all of them there is something.
 */
static void add_vectors(struct pieces *pieces, unsigned arg, unsigned item, unsigned most, const uint8_t *at,
                        size_t size, uint64_t left)
{
    for (unsigned last = item + most; item < last && size >= 2 * pieces->word; item++) {
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

/* The bytes that a piece added last has. */
static size_t size_of_last(const struct pieces *pieces, const uint8_t *at)
{
    return (size_t)(pieces->room + pieces->used - at);
}

/* A message's name is item 1, its control data 2, its vectors 3, and what those lead to 4 and on. */
static void add_message(struct pieces *pieces, unsigned arg, const uint8_t *at, uint64_t filled)
{
    uint64_t word[6] = {0};

    for (unsigned i = 0; i < 6; i++)
        word[i] = word_at(pieces, at + (size_t)i * pieces->word);
    (void)add(pieces, arg, LVMM_ITEM_NAME, word[0], least((uint32_t)word[1], LVMM_PIECE_NAME), false);
    (void)add(pieces, arg, LVMM_ITEM_CONTROL, word[4], least(word[5], CONTROL_BYTES), false);
    at = add(pieces, arg, LVMM_ITEM_VECTORS, word[2], 2 * pieces->word * least(word[3], LVMM_MESSAGE_ITEMS), false);
    if (at != NULL)
        add_vectors(pieces, arg, LVMM_ITEM_VECTORS + 1, LVMM_MESSAGE_ITEMS, at, size_of_last(pieces, at), filled);
}

/* ---- what is only counted ---- */

static void add_count(struct pieces *pieces, unsigned arg, uint32_t count)
{
    const struct lvmm_piece piece = {.arg = (uint8_t)arg, .length = sizeof(count)};

    if (pieces->size - pieces->used < sizeof(piece) + sizeof(count))
        return;
    memcpy(pieces->room + pieces->used, &piece, sizeof(piece));
    memcpy(pieces->room + pieces->used + sizeof(piece), &count, sizeof(count));
    pieces->used += sizeof(piece) + sizeof(count);
}

/* Strings in an array that a null pointer ends. */
static void count_strings(struct pieces *pieces, unsigned arg, uaddr_t from)
{
    uint8_t word[sizeof(uint64_t)];
    uint32_t count = 0;

    for (; count < COUNTED_MAX && copy_from_user(word, from, pieces->word) == 0; from += pieces->word) {
        if (word_at(pieces, word) == 0)
            break;
        count++;
    }
    if (from != 0)
        add_count(pieces, arg, count);
}

/* Entries of a folder in `size` bytes (struct linux_dirent64: the length of one is at 16). */
static void count_entries(struct pieces *pieces, unsigned arg, uaddr_t from, uint64_t size)
{
    uint32_t count = 0;
    uint16_t length;

    for (uint64_t at = 0; at < size && count < COUNTED_MAX; at += length, count++)
        if (copy_from_user(&length, from + at + 16, sizeof(length)) != 0 || length == 0)
            break;
    add_count(pieces, arg, count);
}

/* ---- an argument ---- */

/* Whether it is something of its own kind, and done. `filled`: so many bytes the call has given. */
static bool add_counted(struct pieces *pieces, unsigned arg, enum kind_layout layout, uaddr_t from, uint64_t filled)
{
    if (layout == KIND_LAYOUT_environment)
        count_strings(pieces, arg, from);
    else if (layout == KIND_LAYOUT_dirents64)
        count_entries(pieces, arg, from, filled);
    else
        return false;
    return true;
}

static size_t bytes_most(enum kind_layout layout)
{
    if (layout == KIND_LAYOUT_bytes || layout == KIND_LAYOUT_octets)
        return LVMM_PIECE_BYTES;
    return layout == KIND_LAYOUT_sockaddr ? LVMM_PIECE_NAME : LVMM_PIECE_STRING;
}

static void add_pointer(struct pieces *pieces, const struct lvmm_syscall *call, unsigned arg, uint32_t kind, bool ended)
{
    enum kind_layout layout = (enum kind_layout)kind_more(kind);
    uint64_t count = kind & KIND_ARRAY ? call->arg[kind_count(kind)] : 1;
    size_t size = layout_sizes[layout];
    const uint8_t *at;

    if (size == 0 || add_counted(pieces, arg, layout, call->arg[arg], (uint64_t)call->result))
        return;
    if (layout == KIND_LAYOUT_sockaddr && !(kind & KIND_ARRAY))
        count = LVMM_PIECE_NAME;
    if (layout == KIND_LAYOUT_iovec)
        count = least(count, LVMM_VECTOR_ITEMS);
    else if (ended && (kind & KIND_ARRAY) && !(kind & KIND_IN) && (uint64_t)call->result < count)
        count = (uint64_t)call->result;
    size = least(least(count, LVMM_PIECE_STRING) * size, layout == KIND_LAYOUT_strings ? size : bytes_most(layout));
    at = add(pieces, arg, 0, call->arg[arg], size, false);
    if (at == NULL)
        return;
    size = size_of_last(pieces, at);
    if (layout == KIND_LAYOUT_iovec)
        add_vectors(pieces, arg, 1, LVMM_VECTOR_ITEMS, at, size, ended ? (uint64_t)call->result : UINT64_MAX);
    else if (layout == KIND_LAYOUT_strings)
        add_strings(pieces, arg, at, size);
    else if (layout == KIND_LAYOUT_msghdr && size >= (size_t)6 * pieces->word)
        add_message(pieces, arg, at, ended ? (uint64_t)call->result : UINT64_MAX);
}

/* What a call has written though it failed: the time that was left, as a signal ended it. */
static bool is_written(uint32_t kind, int64_t result)
{
    bool is_time_left = kind_more(kind) == KIND_LAYOUT_timespec_left;

    if (result >= 0 || result < -ERRNO_MAX)
        return !is_time_left;
    return is_time_left && (result == -EINTR || result == -ERESTART_RESTARTBLOCK);
}

size_t trace_memory_collect(const struct lvmm_syscall *call, bool ended, uint8_t *room, size_t size)
{
    bool i386 = call->state & LVMM_SYSCALL_I386;
    struct pieces pieces = {.room = room, .size = size, .word = i386 ? sizeof(uint32_t) : sizeof(uint64_t)};
    uint32_t direction = ended ? KIND_OUT : KIND_IN, kinds[KINDS_MAX];
    unsigned arg = 0;

    arguments_kinds(syscall_kinds(i386, call->number), call->arg, kinds);
    for (unsigned i = 0; i < KINDS_MAX && arg < KINDS_MAX; i++) {
        enum kind_what what = kind_what(kinds[i]);

        if (what == KIND_none)
            break;
        if (!ended && (what == KIND_path || what == KIND_string))
            (void)add(&pieces, arg, 0, call->arg[arg], LVMM_PIECE_STRING, true);
        else if (what == KIND_POINTER && (kinds[i] & direction) && (!ended || is_written(kinds[i], call->result)))
            add_pointer(&pieces, call, arg, kinds[i], ended);
        arg += i386 && what == KIND_off64 ? 2 : 1;
    }
    return pieces.used;
}
