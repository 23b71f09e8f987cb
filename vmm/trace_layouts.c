/* SPDX-License-Identifier: Apache-2.0 */
/* trace_layouts.c - see trace_layouts.h. */
#include "vmm/trace_layouts.h"

#include <inttypes.h>
#include <string.h>

#include "vmm/syscall_sets.h"
#include "vmm/trace_fields.h"
#include "vmm/trace_siginfo.h"

#define SA_RESTORER_BIT 0x4000000u

struct form {
    const char *isa;
    unsigned word; /* bytes of a long */
};

/* Two longs of that many bytes, by these names. */
static void put_time(struct trace_line *line, const uint8_t *at, unsigned word, const char *fraction)
{
    trace_put(line, "{tv_sec=%" PRId64 ", tv_%s=%" PRIu64 "}", trace_signed_word(at, word), fraction,
              trace_word(at + word, word));
}

static void put_interval(struct trace_line *line, const uint8_t *at, unsigned word, const char *fraction)
{
    trace_put(line, "{it_interval=");
    put_time(line, at, word, fraction);
    trace_put(line, ", it_value=");
    put_time(line, at + 2 * word, word, fraction);
    trace_put(line, "}");
}

/* Of a file, where a time may be "now" or "as it is". */
static void put_file_time(struct trace_line *line, const uint8_t *at, unsigned word, const char *fraction)
{
    uint64_t part = trace_word(at + word, word);

    if (fraction[0] == 'n' && part == 0x3fffffff)
        trace_put(line, "UTIME_NOW");
    else if (fraction[0] == 'n' && part == 0x3ffffffe)
        trace_put(line, "UTIME_OMIT");
    else
        put_time(line, at, word, fraction);
}

static void put_two_times(struct trace_line *line, const uint8_t *at, unsigned word, const char *fraction)
{
    trace_put(line, "[");
    put_file_time(line, at, word, fraction);
    trace_put(line, ", ");
    put_file_time(line, at + 2 * word, word, fraction);
    trace_put(line, "]");
}

/* [INT CHLD], or ~[KILL] if two thirds are in it. */
static void put_sigset(struct trace_line *line, const uint8_t *at)
{
    uint64_t set = trace_word(at, 8);
    bool most = __builtin_popcountll(set) >= 42;
    const char *space = "";
    char room[16];

    trace_put(line, most ? "~[" : "[");
    for (unsigned signal = 1; signal <= 64; signal++) {
        if (((set >> (signal - 1) & 1) != 0) == most)
            continue;
        trace_put(line, "%s%s", space, syscall_signal_name(signal, room) + 3);
        space = " ";
    }
    trace_put(line, "]");
}

static void put_limit(struct trace_line *line, const char *name, uint64_t value, unsigned word, bool wide)
{
    if (value == (word == 4 ? UINT32_MAX : UINT64_MAX))
        trace_put(line, "%s=%s", name, wide ? "RLIM64_INFINITY" : "RLIM_INFINITY");
    else if (value > 1024 && value % 1024 == 0)
        trace_put(line, "%s=%" PRIu64 "*1024", name, value / 1024);
    else
        trace_put(line, "%s=%" PRIu64, name, value);
}

static void put_rlimit(struct trace_line *line, const uint8_t *at, unsigned word, bool wide)
{
    trace_put(line, "{");
    put_limit(line, "rlim_cur", trace_word(at, word), word, wide);
    put_limit(line, ", rlim_max", trace_word(at + word, word), word, wide);
    trace_put(line, "}");
}

/* Where the ISA has a restorer, the mask is behind it. */
static void put_sigaction(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    static const char *const names[] = {"SIG_DFL", "SIG_IGN"};
    bool restorer = form->word == 4 || strcmp(form->isa, "x86_64") == 0 || strcmp(form->isa, "aarch64") == 0;
    uint64_t handler = trace_word(at, form->word), flags = trace_word(at + form->word, form->word);

    trace_put(line, "{sa_handler=");
    if (handler <= 1)
        trace_put(line, "%s", names[handler]);
    else
        trace_put(line, "0x%" PRIx64, handler);
    trace_put(line, ", sa_mask=");
    put_sigset(line, at + (restorer ? 3 : 2) * form->word);
    trace_put(line, ", sa_flags=");
    trace_put_set(line, form->isa, KIND_SET_sa_flags, (uint32_t)flags);
    if (restorer && (flags & SA_RESTORER_BIT))
        trace_put(line, ", sa_restorer=0x%" PRIx64, trace_word(at + (size_t)2 * form->word, form->word));
    trace_put(line, "}");
}

static void put_pollfd(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    int32_t fd = (int32_t)trace_word(at, 4);

    trace_put(line, "{fd=%" PRId32, fd);
    if (fd >= 0) { /* or the events aren't looked at */
        trace_put(line, ", events=");
        trace_put_set(line, form->isa, KIND_SET_poll_events, trace_word(at + 4, 2));
    }
    trace_put(line, "}");
}

static void put_sembuf(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    enum { UNDO = 0x1000 };
    uint64_t flags = trace_word(at + 4, 2);

    trace_put(line, "{sem_num=%" PRIu64 ", sem_op=%" PRId16 ", sem_flg=", trace_word(at, 2),
              (int16_t)trace_word(at + 2, 2));
    if (flags & UNDO)
        trace_put(line, flags & ~(uint64_t)UNDO ? "SEM_UNDO|" : "SEM_UNDO");
    if (flags != UNDO)
        trace_put_set(line, form->isa, KIND_SET_ipc, flags & ~(uint64_t)UNDO);
    trace_put(line, "}");
}

static void put_mq_attr(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    enum { NONBLOCK = 04000 }; /* of the flags none else counts */
    unsigned word = form->word;

    trace_put(line, "{mq_flags=%s, mq_maxmsg=%" PRId64 ", mq_msgsize=%" PRId64 ", mq_curmsgs=%" PRId64 "}",
              trace_word(at, word) & NONBLOCK ? "O_NONBLOCK" : "0", trace_signed_word(at + word, word),
              trace_signed_word(at + 2 * word, word), trace_signed_word(at + 3 * word, word));
}

static bool epoll_is_packed(const struct form *form)
{
    return form->word == 4 || strcmp(form->isa, "x86_64") == 0;
}

static void put_epoll_event(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    trace_put(line, "{events=");
    trace_put_set(line, form->isa, KIND_SET_epoll_events, trace_word(at, 4));
    uint64_t data = trace_word(at + (epoll_is_packed(form) ? 4 : 8), 8);
    trace_put(line, ", data={u32=%" PRIu32 ", u64=%" PRIu64 "}}", (uint32_t)data, data);
}

/* A device has its number where other files have their size. */
static void put_mode_and(struct trace_line *line, uint32_t mode, uint64_t device, uint64_t size)
{
    trace_put(line, "{st_mode=");
    trace_put_mode(line, mode);
    if ((mode & 0170000) == 0020000 || (mode & 0170000) == 0060000)
        trace_put(line, ", st_rdev=makedev(%#" PRIx32 ", %#" PRIx32 "), ...}", (uint32_t)(device >> 8 & 0xfff),
                  (uint32_t)((device & 0xff) | (device >> 12 & 0xfff00)));
    else
        trace_put(line, ", st_size=%" PRId64 ", ...}", (int64_t)size);
}

static void put_stat(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    bool is_x86_64 = strcmp(form->isa, "x86_64") == 0;

    put_mode_and(line, (uint32_t)trace_word(at + (is_x86_64 ? 24 : 16), 4), trace_word(at + (is_x86_64 ? 40 : 32), 8),
                 trace_word(at + 48, 8));
}

static void put_stat_wide(struct trace_line *line, const uint8_t *at)
{
    put_mode_and(line, (uint32_t)trace_word(at + 16, 4), trace_word(at + 32, 8), trace_word(at + 44, 8));
}

static void put_wait_status(struct trace_line *line, uint32_t status)
{
    uint32_t low = status & 0x7f;

    if (status == 0xffff) {
        trace_put(line, "[{WIFCONTINUED(s)}]");
    } else if (low == 0x7f) {
        trace_put(line, "[{WIFSTOPPED(s) && WSTOPSIG(s) == ");
        trace_put_signal(line, status >> 8);
        trace_put(line, "}]");
    } else if (low == 0) {
        trace_put(line, "[{WIFEXITED(s) && WEXITSTATUS(s) == %" PRIu32 "}]", status >> 8 & 0xff);
    } else {
        trace_put(line, "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
        trace_put_signal(line, low);
        trace_put(line, status & 0x80 ? " && WCOREDUMP(s)}]" : "}]");
    }
}

/* Its bytes, as far as they are looked at, are there. */
static void put_one(struct trace_line *line, const struct form *form, enum kind_layout layout, const uint8_t *at)
{
    unsigned word = form->word;

    switch (layout) {
    case KIND_LAYOUT_short:
        trace_put(line, "%" PRIu64, trace_word(at, 2));
        break;
    case KIND_LAYOUT_int:
    case KIND_LAYOUT_sched_param:
        trace_put(line, "%" PRId32, (int32_t)trace_word(at, 4));
        break;
    case KIND_LAYOUT_pointer:
        trace_put_address(line, trace_word(at, word));
        break;
    case KIND_LAYOUT_wait_status:
        put_wait_status(line, (uint32_t)trace_word(at, 4));
        break;
    case KIND_LAYOUT_siginfo:
        trace_put_siginfo(line, form->isa, at);
        break;
    case KIND_LAYOUT_two_ints:
        trace_put(line, "[%" PRId32 ", %" PRId32 "]", (int32_t)trace_word(at, 4), (int32_t)trace_word(at + 4, 4));
        break;
    case KIND_LAYOUT_off64:
        trace_put(line, "%" PRId64, (int64_t)trace_word(at, 8));
        break;
    case KIND_LAYOUT_off:
    case KIND_LAYOUT_long:
        trace_put(line, "%" PRId64, trace_signed_word(at, word));
        break;
    case KIND_LAYOUT_timespec:
    case KIND_LAYOUT_timespec_left:
        put_time(line, at, word, "nsec");
        break;
    case KIND_LAYOUT_timespec64:
        put_time(line, at, 8, "nsec");
        break;
    case KIND_LAYOUT_timeval:
        put_time(line, at, word, "usec");
        break;
    case KIND_LAYOUT_two_timespecs:
        put_two_times(line, at, word, "nsec");
        break;
    case KIND_LAYOUT_two_timespecs64:
        put_two_times(line, at, 8, "nsec");
        break;
    case KIND_LAYOUT_two_timevals:
        put_two_times(line, at, word, "usec");
        break;
    case KIND_LAYOUT_itimerspec:
        put_interval(line, at, word, "nsec");
        break;
    case KIND_LAYOUT_itimerval:
        put_interval(line, at, word, "usec");
        break;
    case KIND_LAYOUT_sigset:
        put_sigset(line, at);
        break;
    case KIND_LAYOUT_sigaction:
        put_sigaction(line, form, at);
        break;
    case KIND_LAYOUT_rlimit:
        put_rlimit(line, at, word, false);
        break;
    case KIND_LAYOUT_rlimit_wide:
        put_rlimit(line, at, 8, true);
        break;
    case KIND_LAYOUT_pollfd:
        put_pollfd(line, form, at);
        break;
    case KIND_LAYOUT_sembuf:
        put_sembuf(line, form, at);
        break;
    case KIND_LAYOUT_mq_attr:
        put_mq_attr(line, form, at);
        break;
    case KIND_LAYOUT_epoll_event:
        put_epoll_event(line, form, at);
        break;
    case KIND_LAYOUT_stat:
        put_stat(line, form, at);
        break;
    case KIND_LAYOUT_stat_wide:
        put_stat_wide(line, at);
        break;
    default:
        trace_put_fields(line, form->isa, layout, at);
        break;
    }
}

/* So many bytes does one have, or are looked at; 0: not known. */
static unsigned size_of(const struct form *form, enum kind_layout layout)
{
    static const uint8_t fixed[KIND_LAYOUT_COUNT] = {
        [KIND_LAYOUT_short] = 2,        [KIND_LAYOUT_int] = 4,        [KIND_LAYOUT_sched_param] = 4,
        [KIND_LAYOUT_two_ints] = 8,     [KIND_LAYOUT_off64] = 8,      [KIND_LAYOUT_timespec64] = 16,
        [KIND_LAYOUT_sigset] = 8,       [KIND_LAYOUT_pollfd] = 8,     [KIND_LAYOUT_two_timespecs64] = 32,
        [KIND_LAYOUT_rlimit_wide] = 16, [KIND_LAYOUT_stat_wide] = 52, [KIND_LAYOUT_stat] = 56,
        [KIND_LAYOUT_wait_status] = 4,  [KIND_LAYOUT_sembuf] = 6};
    static const uint8_t words[KIND_LAYOUT_COUNT] = {
        [KIND_LAYOUT_off] = 1,        [KIND_LAYOUT_long] = 1,          [KIND_LAYOUT_timespec] = 2,
        [KIND_LAYOUT_timeval] = 2,    [KIND_LAYOUT_two_timespecs] = 4, [KIND_LAYOUT_two_timevals] = 4,
        [KIND_LAYOUT_itimerspec] = 4, [KIND_LAYOUT_itimerval] = 4,     [KIND_LAYOUT_rlimit] = 2,
        [KIND_LAYOUT_pointer] = 1,    [KIND_LAYOUT_timespec_left] = 2, [KIND_LAYOUT_mq_attr] = 4};

    if (layout == KIND_LAYOUT_sigaction)
        return 3 * form->word +
               (form->word == 4 || strcmp(form->isa, "x86_64") == 0 || strcmp(form->isa, "aarch64") == 0 ? 8 : 0);
    if (layout == KIND_LAYOUT_epoll_event)
        return epoll_is_packed(form) ? 12 : 16;
    if (form->word == 4 && layout >= KIND_LAYOUT_OTHER && words[layout] == 0 && fixed[layout] == 0)
        return 0;
    if (layout == KIND_LAYOUT_siginfo)
        return TRACE_SIGINFO_BYTES;
    if (trace_fields_size(layout) != 0)
        return trace_fields_size(layout);
    return fixed[layout] != 0 ? fixed[layout] : words[layout] * form->word;
}

/* What is shown in brackets, so that it isn't taken for the argument itself. */
static bool is_a_number(enum kind_layout layout)
{
    return layout == KIND_LAYOUT_int || layout == KIND_LAYOUT_short || layout == KIND_LAYOUT_long ||
           layout == KIND_LAYOUT_off || layout == KIND_LAYOUT_off64 || layout == KIND_LAYOUT_pointer ||
           layout == KIND_LAYOUT_sched_param;
}

bool trace_put_layout(struct trace_line *line, const char *isa, bool narrow, enum kind_layout layout,
                      struct trace_bytes bytes, uint64_t count)
{
    const struct form form = {isa, narrow ? 4 : 8};
    unsigned size = layout < KIND_LAYOUT_COUNT ? size_of(&form, layout) : 0;
    uint64_t i = 0;

    if (size == 0 || (count == TRACE_NO_ARRAY && bytes.size < size))
        return false;
    if (count == TRACE_NO_ARRAY) {
        bool is_number = is_a_number(layout);

        trace_put(line, is_number ? "[" : "");
        put_one(line, &form, layout, bytes.at);
        trace_put(line, is_number ? "]" : "");
        return true;
    }
    trace_put(line, "[");
    for (; i < count && bytes.size >= (i + 1) * size; i++) {
        trace_put(line, "%s", i != 0 ? ", " : "");
        put_one(line, &form, layout, bytes.at + i * size);
    }
    trace_put(line, i < count ? "%s...]" : "]", i != 0 ? ", " : "");
    return true;
}

void trace_put_polled(struct trace_line *line, const char *isa, struct trace_bytes bytes, uint64_t count)
{
    const char *comma = "";

    for (uint64_t i = 0; i < count && bytes.size >= (i + 1) * 8; i++) {
        const uint8_t *at = bytes.at + i * 8;

        if (trace_word(at + 6, 2) == 0)
            continue;
        trace_put(line, "%s{fd=%" PRId32 ", revents=", comma, (int32_t)trace_word(at, 4));
        trace_put_set(line, isa, KIND_SET_poll_events, trace_word(at + 6, 2));
        trace_put(line, "}");
        comma = ", ";
    }
}

void trace_put_numbers(struct trace_line *line, struct trace_bytes bytes, uint64_t limit)
{
    const char *space = "";

    trace_put(line, "[");
    for (uint64_t i = 0; i < limit && i / 8 < bytes.size; i++) {
        if (!(bytes.at[i / 8] >> i % 8 & 1))
            continue;
        trace_put(line, "%s%" PRIu64, space, i);
        space = " ";
    }
    trace_put(line, "]");
}
