/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - one write(2) per message, so that lines of several threads never mix. */
#include "vmm/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024

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

/* A file name or a guest's text may hold anything: it must neither end the line nor reach the terminal as a command. */
static void line_sanitize(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x20 || c == 0x7f)
            text[i] = '?';
    }
}

static void log_line(const char *fmt, va_list ap)
{
    char line[LOG_LINE_MAX];
    size_t room = sizeof(line) - sizeof(prefix) - 1; /* leaves two bytes for the line's end */
    int saved_errno = errno;
    int n;

    memcpy(line, prefix, sizeof(prefix) - 1);
    n = vsnprintf(line + sizeof(prefix) - 1, room + 1, fmt, ap);
    if (n < 0)
        return;
    if ((size_t)n > room)
        n = (int)room;
    line_sanitize(line + sizeof(prefix) - 1, (size_t)n);
    n += (int)sizeof(prefix) - 1;
    if (atomic_load_explicit(&raw, memory_order_relaxed))
        line[n++] = '\r';
    line[n++] = '\n';
    while (write(STDERR_FILENO, line, (size_t)n) < 0 && errno == EINTR)
        ;
    errno = saved_errno;
}

void log_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_line(fmt, ap);
    va_end(ap);
}

void log_warning(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_line(fmt, ap);
    va_end(ap);
}

void log_detail(const char *fmt, ...)
{
    va_list ap;

    if (!log_is_verbose())
        return;
    va_start(ap, fmt);
    log_line(fmt, ap);
    va_end(ap);
}
