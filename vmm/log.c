/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - one write(2) per message, so that lines of several threads never mix. */
#include "vmm/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/clock.h"

#define LOG_LINE_MAX 1024
#define NS_PER_MS 1000000u

static const char prefix[] = "lvmm: ";
static atomic_bool verbose, raw;

void log_set_verbose(bool on)
{
    atomic_store_explicit(&verbose, on, memory_order_relaxed);
}

bool log_is_verbose(void)
{
    return atomic_load_explicit(&verbose, memory_order_relaxed);
}

void log_set_raw(bool on)
{
    atomic_store_explicit(&raw, on, memory_order_relaxed);
}

/* The length of the letter of UTF-8 at `text`, of 2 to 4 bytes; 0: there is none, or it is a C1 control (ECMA-48). */
static size_t letter_length(const unsigned char *text, size_t size)
{
    size_t length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;

    if (text[0] < 0xc2 || text[0] > 0xf4 || length > size || (text[0] == 0xc2 && text[1] < 0xa0))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* A file name or a guest's text may hold anything: it must neither end the line nor reach the terminal as a command. A
 * terminal of 8 bits takes a byte from 0x80 to 0x9f for one, so such stay only as parts of letters. */
static void line_sanitize(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        size_t length = c >= 0x80 ? letter_length((unsigned char *)text + i, size - i) : 0;

        if (length > 0)
            i += length - 1;
        else if (c < 0x20 || c == 0x7f || (c & 0xe0) == 0x80)
            text[i] = '?';
    }
}

/* Is there room for a line? A pipe that is writable takes PIPE_BUF bytes at once, which is more than a line has. */
static bool log_has_room(int fd, int wait_ms)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + (uint64_t)wait_ms * NS_PER_MS;
    int ready;

    while ((ready = poll(&out, 1, wait_ms)) < 0 && errno == EINTR) { /* a signal is no reason to lose it */
        uint64_t now = clock_ns(CLOCK_MONOTONIC);

        wait_ms = now < end ? (int)((end - now) / NS_PER_MS) : 0;
    }
    return ready != 0; /* an error is for write to give */
}

/* One line, whole or not at all. 0; -EAGAIN: there is no room now; another -errno. */
static int log_try(int fd, const char *line, size_t size, int wait_ms)
{
    if (!log_has_room(fd, wait_ms))
        return -EAGAIN;
    if (write(fd, line, size) >= 0)
        return 0;
    return errno == EINTR ? -EAGAIN : -errno;
}

static const char *log_end(void)
{
    return atomic_load_explicit(&raw, memory_order_relaxed) ? "\r\n" : "\n";
}

/* Under a lock, or two threads could both see room for one line. */
int log_try_put(struct log_output *output, const char *line, size_t size, bool patient)
{
    char note[80];

    pthread_mutex_lock(&output->lock);
    if (output->lost > 0) {
        int length = snprintf(note, sizeof(note), "%s%lu messages were lost: nobody read them%s", prefix, output->lost,
                              log_end());
        if (log_try(output->fd, note, (size_t)length, 0) != -EAGAIN)
            output->lost = 0;
    }
    int error = log_try(output->fd, line, size, patient && output->lost == 0 ? LOG_WAIT_MS : 0);
    if (error == -EAGAIN)
        output->lost++;
    pthread_mutex_unlock(&output->lock);
    return error;
}

int log_put(struct log_output *output, const char *line, size_t size, bool patient)
{
    int error = log_try_put(output, line, size, patient);

    return error == -EAGAIN ? 0 : error;
}

static struct log_output standard_error = LOG_OUTPUT(STDERR_FILENO);

/* `head`, a constant, and the text. */
static void log_line(const char *head, bool patient, const char *fmt, va_list ap)
{
    char line[LOG_LINE_MAX];
    size_t length = strlen(head), room = sizeof(line) - length - 2; /* leaves two bytes for the line's end */
    const char *end = log_end();
    int saved_errno = errno;
    int n;

    memcpy(line, head, length);
    n = vsnprintf(line + length, room + 1, fmt, ap);
    if (n < 0)
        return;
    if ((size_t)n > room)
        n = (int)room;
    line_sanitize(line + length, (size_t)n);
    length += (size_t)n;
    memcpy(line + length, end, strlen(end));
    (void)log_put(&standard_error, line, length + strlen(end), patient);
    errno = saved_errno;
}

bool log_part(bool patient, const char *text, size_t size, bool ends)
{
    char line[LOG_PART_MAX + 2];
    const char *end = ends ? log_end() : "";
    int saved_errno = errno;

    if (size > LOG_PART_MAX)
        size = LOG_PART_MAX;
    memcpy(line, text, size);
    memcpy(line + size, end, strlen(end));
    bool done = log_try_put(&standard_error, line, size + strlen(end), patient) == 0;
    errno = saved_errno;
    return done;
}

void log_text(bool patient, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_line("", patient, fmt, ap);
    va_end(ap);
}

void log_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_line(prefix, true, fmt, ap);
    va_end(ap);
}

void log_warning(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_line(prefix, true, fmt, ap);
    va_end(ap);
}

void log_detail(const char *fmt, ...)
{
    va_list ap;

    if (!log_is_verbose())
        return;
    va_start(ap, fmt);
    log_line(prefix, true, fmt, ap);
    va_end(ap);
}
