/* SPDX-License-Identifier: Apache-2.0 */
/* trace_layouts.c - see trace_layouts.h. */
#include "vmm/trace_layouts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vmm/syscall_sets.h"

void trace_put(struct trace_line *line, const char *format, ...)
{
    va_list args;

    if (line->length >= line->size)
        return;
    va_start(args, format);
    int length = vsnprintf(line->text + line->length, line->size - line->length, format, args);
    va_end(args);
    if (length < 0)
        return;
    line->length += (size_t)length < line->size - line->length ? (size_t)length : line->size - line->length - 1;
}

uint64_t trace_word(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

/* ---- strings ---- */

static void put_char(struct trace_line *line, uint8_t c, bool digit_follows)
{
    static const char plain[] = "\n\t\r\v\f\\\"", letters[] = "ntrvf\\\"";
    const char *found = c != '\0' ? strchr(plain, c) : NULL;

    if (found != NULL)
        trace_put(line, "\\%c", letters[found - plain]);
    else if (c >= ' ' && c <= '~')
        trace_put(line, "%c", c);
    else
        trace_put(line, digit_follows ? "\\%03o" : "\\%o", c);
}

static void put_quoted(struct trace_line *line, struct trace_bytes bytes)
{
    trace_put(line, "\"");
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t next = i + 1 < bytes.size ? bytes.at[i + 1] : 0;
        put_char(line, bytes.at[i], next >= '0' && next <= '7');
    }
    trace_put(line, "\"");
}

void trace_put_bytes(struct trace_line *line, struct trace_bytes bytes, size_t shown, uint64_t length)
{
    if (bytes.size > length)
        bytes.size = (size_t)length;
    if (bytes.size > shown)
        bytes.size = shown;
    put_quoted(line, bytes);
    if (length > bytes.size)
        trace_put(line, "...");
}

void trace_put_string(struct trace_line *line, struct trace_bytes bytes, size_t shown)
{
    const uint8_t *end = bytes.size != 0 ? memchr(bytes.at, '\0', bytes.size) : NULL;
    uint64_t length = end != NULL ? (uint64_t)(end - bytes.at) : UINT64_MAX;

    trace_put_bytes(line, bytes, shown, length);
}

/* ---- structures ---- */

struct form {
    const char *isa;
    unsigned word; /* bytes of a long */
};

static int64_t signed_word(const uint8_t *at, unsigned bytes)
{
    uint64_t value = trace_word(at, bytes);

    return bytes == 4 ? (int32_t)value : (int64_t)value;
}

static void put_set(struct trace_line *line, const struct form *form, enum kind_set set, uint64_t value)
{
    char text[512];

    syscall_set_text(form->isa, set, value, text, sizeof(text));
    trace_put(line, "%s", text);
}

/* Two longs of that many bytes, by these names. */
static void put_time(struct trace_line *line, const uint8_t *at, unsigned word, const char *fraction)
{
    trace_put(line, "{tv_sec=%" PRId64 ", tv_%s=%" PRId64 "}", signed_word(at, word), fraction,
              signed_word(at + word, word));
}

static void put_interval(struct trace_line *line, const uint8_t *at, unsigned word, const char *fraction)
{
    trace_put(line, "{it_interval=");
    put_time(line, at, word, fraction);
    trace_put(line, ", it_value=");
    put_time(line, at + 2 * word, word, fraction);
    trace_put(line, "}");
}

static void put_two_times(struct trace_line *line, const uint8_t *at, unsigned word, const char *fraction)
{
    trace_put(line, "[");
    put_time(line, at, word, fraction);
    trace_put(line, ", ");
    put_time(line, at + 2 * word, word, fraction);
    trace_put(line, "]");
}

/* [INT CHLD], or ~[KILL] if most are in it. */
static void put_sigset(struct trace_line *line, const uint8_t *at)
{
    uint64_t set = trace_word(at, 8);
    bool most = __builtin_popcountll(set) > 32;
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

static void put_limit(struct trace_line *line, const char *name, uint64_t value, unsigned word)
{
    if (value == (word == 4 ? UINT32_MAX : UINT64_MAX))
        trace_put(line, "%s=RLIM_INFINITY", name);
    else
        trace_put(line, "%s=%" PRIu64, name, value);
}

static void put_rlimit(struct trace_line *line, const uint8_t *at, unsigned word)
{
    trace_put(line, "{");
    put_limit(line, "rlim_cur", trace_word(at, word), word);
    put_limit(line, ", rlim_max", trace_word(at + word, word), word);
    trace_put(line, "}");
}

/* Where the ISA has a restorer, the mask is behind it. */
static void put_sigaction(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    static const char *const names[] = {"SIG_DFL", "SIG_IGN"};
    bool restorer = form->word == 4 || strcmp(form->isa, "x86_64") == 0 || strcmp(form->isa, "aarch64") == 0;
    uint64_t handler = trace_word(at, form->word);

    trace_put(line, "{sa_handler=");
    if (handler <= 1)
        trace_put(line, "%s", names[handler]);
    else
        trace_put(line, "0x%" PRIx64, handler);
    trace_put(line, ", sa_mask=");
    put_sigset(line, at + (restorer ? 3 : 2) * form->word);
    trace_put(line, ", sa_flags=");
    put_set(line, form, KIND_SET_sa_flags, trace_word(at + form->word, form->word));
    trace_put(line, "}");
}

static void put_pollfd(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    trace_put(line, "{fd=%" PRId32 ", events=", (int32_t)trace_word(at, 4));
    put_set(line, form, KIND_SET_poll_events, trace_word(at + 4, 2));
    if (trace_word(at + 6, 2) != 0) {
        trace_put(line, ", revents=");
        put_set(line, form, KIND_SET_poll_events, trace_word(at + 6, 2));
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
        put_set(line, form, KIND_SET_ipc, flags & ~(uint64_t)UNDO);
    trace_put(line, "}");
}

static void put_mq_attr(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    enum { NONBLOCK = 04000 }; /* of the flags none else counts */
    unsigned word = form->word;

    trace_put(line, "{mq_flags=%s, mq_maxmsg=%" PRId64 ", mq_msgsize=%" PRId64 ", mq_curmsgs=%" PRId64 "}",
              trace_word(at, word) & NONBLOCK ? "O_NONBLOCK" : "0", signed_word(at + word, word),
              signed_word(at + 2 * word, word), signed_word(at + 3 * word, word));
}

static bool epoll_is_packed(const struct form *form)
{
    return form->word == 4 || strcmp(form->isa, "x86_64") == 0;
}

static void put_epoll_event(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    trace_put(line, "{events=");
    put_set(line, form, KIND_SET_epoll_events, trace_word(at, 4));
    trace_put(line, ", data=0x%" PRIx64 "}", trace_word(at + (epoll_is_packed(form) ? 4 : 8), 8));
}

static void put_mode(struct trace_line *line, uint32_t mode)
{
    static const char *const types[16] = {[1] = "S_IFIFO|", [2] = "S_IFCHR|",  [4] = "S_IFDIR|",  [6] = "S_IFBLK|",
                                          [8] = "S_IFREG|", [10] = "S_IFLNK|", [12] = "S_IFSOCK|"};
    const char *type = types[mode >> 12 & 15];

    trace_put(line, "{st_mode=%s0%" PRIo32, type != NULL ? type : "", type != NULL ? mode & 07777 : mode);
}

static void put_stat(struct trace_line *line, const struct form *form, const uint8_t *at)
{
    put_mode(line, (uint32_t)trace_word(at + (strcmp(form->isa, "x86_64") == 0 ? 24 : 16), 4));
    trace_put(line, ", st_size=%" PRId64 ", ...}", (int64_t)trace_word(at + 48, 8));
}

static void put_stat_wide(struct trace_line *line, const uint8_t *at)
{
    put_mode(line, (uint32_t)trace_word(at + 16, 4));
    trace_put(line, ", st_size=%" PRId64 ", ...}", (int64_t)trace_word(at + 44, 8));
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
    case KIND_LAYOUT_two_ints:
        trace_put(line, "[%" PRId32 ", %" PRId32 "]", (int32_t)trace_word(at, 4), (int32_t)trace_word(at + 4, 4));
        break;
    case KIND_LAYOUT_off64:
        trace_put(line, "%" PRId64, (int64_t)trace_word(at, 8));
        break;
    case KIND_LAYOUT_off:
    case KIND_LAYOUT_long:
        trace_put(line, "%" PRId64, signed_word(at, word));
        break;
    case KIND_LAYOUT_timespec:
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
        put_rlimit(line, at, word);
        break;
    case KIND_LAYOUT_rlimit_wide:
        put_rlimit(line, at, 8);
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
    default: /* KIND_LAYOUT_stat_wide */
        put_stat_wide(line, at);
        break;
    }
}

/* So many bytes does one have, or are looked at; 0: not known. */
static unsigned size_of(const struct form *form, enum kind_layout layout)
{
    static const uint8_t fixed[KIND_LAYOUT_COUNT] = {
        [KIND_LAYOUT_short] = 2,    [KIND_LAYOUT_int] = 4,          [KIND_LAYOUT_sched_param] = 4,
        [KIND_LAYOUT_two_ints] = 8, [KIND_LAYOUT_off64] = 8,        [KIND_LAYOUT_timespec64] = 16,
        [KIND_LAYOUT_sigset] = 8,   [KIND_LAYOUT_pollfd] = 8,       [KIND_LAYOUT_two_timespecs64] = 32,
        [KIND_LAYOUT_sembuf] = 6,   [KIND_LAYOUT_rlimit_wide] = 16, [KIND_LAYOUT_stat_wide] = 52,
        [KIND_LAYOUT_stat] = 56};
    static const uint8_t words[KIND_LAYOUT_COUNT] = {
        [KIND_LAYOUT_off] = 1,        [KIND_LAYOUT_long] = 1,          [KIND_LAYOUT_timespec] = 2,
        [KIND_LAYOUT_timeval] = 2,    [KIND_LAYOUT_two_timespecs] = 4, [KIND_LAYOUT_two_timevals] = 4,
        [KIND_LAYOUT_itimerspec] = 4, [KIND_LAYOUT_itimerval] = 4,     [KIND_LAYOUT_rlimit] = 2,
        [KIND_LAYOUT_mq_attr] = 4};

    if (layout == KIND_LAYOUT_sigaction)
        return 3 * form->word +
               (form->word == 4 || strcmp(form->isa, "x86_64") == 0 || strcmp(form->isa, "aarch64") == 0 ? 8 : 0);
    if (layout == KIND_LAYOUT_epoll_event)
        return epoll_is_packed(form) ? 12 : 16;
    return fixed[layout] != 0 ? fixed[layout] : words[layout] * form->word;
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
        put_one(line, &form, layout, bytes.at);
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
