/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - messages to the serial port and to the ring; panic. */
#include "core/log.h"

#include "arch/arch.h"
#include "core/log_ring.h"

#define LINE_MAX 256

static bool verbose; /* set once at boot */

void log_set_verbose(bool on)
{
    verbose = on;
}

static void line_write(unsigned priority, const char *prefix, const char *fmt, va_list ap)
{
    char line[LINE_MAX];
    int head = snprintf(line, sizeof(line), "%s", prefix);
    int body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, ap);
    size_t length = (size_t)(head + body);

    if (length > sizeof(line) - 2)
        length = sizeof(line) - 2;
    log_ring_put(priority, line, length);
    line[length++] = '\n';
    arch_serial_write(line, length);
}

void log_info(const char *fmt, ...)
{
    va_list ap;

    if (!verbose)
        return;
    va_start(ap, fmt);
    line_write(LOG_INFO, "", fmt, ap);
    va_end(ap);
}

void log_said(unsigned priority, const char *text, size_t size)
{
    log_ring_put(priority, text, size);
    if (!verbose)
        return;
    arch_serial_write(text, size);
    arch_serial_write("\n", 1);
}

void log_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    line_write(LOG_ERROR, "", fmt, ap);
    va_end(ap);
}

/* By its current thread, as that is at hand whatever has happened. Before there is one there is but one CPU. */
bool panic_claim(void)
{
    static const void *reporter;
    const void *self = arch_current(), *first = NULL;

    if (self == NULL)
        self = &reporter;
    if (__atomic_compare_exchange_n(&reporter, &first, self, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return true;
    if (first != self)
        arch_cpu_park();
    return false;
}

void panic(const char *fmt, ...)
{
    va_list ap;

    (void)panic_claim();
    va_start(ap, fmt);
    line_write(0, "kernel panic: ", fmt, ap);
    va_end(ap);
    arch_power_off();
}
