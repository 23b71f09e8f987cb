/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - messages to the serial port; panic. */
#include "core/log.h"

#include "arch/arch.h"

#define LINE_MAX 256

static bool verbose; /* set once at boot */

void log_set_verbose(bool on)
{
    verbose = on;
}

static void line_write(const char *prefix, const char *fmt, va_list ap)
{
    char line[LINE_MAX];
    int head = snprintf(line, sizeof(line), "%s", prefix);
    int body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, ap);
    size_t length = (size_t)(head + body);

    if (length > sizeof(line) - 2)
        length = sizeof(line) - 2;
    line[length++] = '\n';
    arch_serial_write(line, length);
}

void log_info(const char *fmt, ...)
{
    va_list ap;

    if (!verbose)
        return;
    va_start(ap, fmt);
    line_write("", fmt, ap);
    va_end(ap);
}

void log_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    line_write("", fmt, ap);
    va_end(ap);
}

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    line_write("kernel panic: ", fmt, ap);
    va_end(ap);
    arch_power_off();
}
