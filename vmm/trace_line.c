/* SPDX-License-Identifier: Apache-2.0 */
/* trace_line.c - see trace_line.h. */
#include "vmm/trace_line.h"

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

int64_t trace_signed_word(const uint8_t *at, unsigned bytes)
{
    uint64_t value = trace_word(at, bytes), sign = bytes != 0 ? UINT64_C(1) << (8 * bytes - 1) : 0;

    return (int64_t)((value ^ sign) - sign);
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

/* As much of them as is shown. */
static struct trace_bytes cut(struct trace_bytes bytes, size_t shown, uint64_t length)
{
    if (bytes.size > length)
        bytes.size = (size_t)length;
    if (bytes.size > shown)
        bytes.size = shown;
    return bytes;
}

void trace_put_bytes(struct trace_line *line, struct trace_bytes bytes, size_t shown, uint64_t length)
{
    bytes = cut(bytes, shown, length);
    trace_put(line, "\"");
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t next = i + 1 < bytes.size ? bytes.at[i + 1] : 0;
        put_char(line, bytes.at[i], next >= '0' && next <= '9');
    }
    trace_put(line, length > bytes.size ? "\"..." : "\"");
}

void trace_put_octets(struct trace_line *line, struct trace_bytes bytes, size_t shown, uint64_t length)
{
    bytes = cut(bytes, shown, length);
    trace_put(line, "\"");
    for (size_t i = 0; i < bytes.size; i++)
        trace_put(line, "\\x%02x", bytes.at[i]);
    trace_put(line, length > bytes.size ? "\"..." : "\"");
}

void trace_put_string(struct trace_line *line, struct trace_bytes bytes, size_t shown)
{
    const uint8_t *end = bytes.size != 0 ? memchr(bytes.at, '\0', bytes.size) : NULL;
    uint64_t length = end != NULL ? (uint64_t)(end - bytes.at) : UINT64_MAX;

    trace_put_bytes(line, bytes, shown, length);
}

/* ---- numbers with names ---- */

void trace_put_address(struct trace_line *line, uint64_t value)
{
    if (value == 0)
        trace_put(line, "NULL");
    else
        trace_put(line, "0x%" PRIx64, value);
}

void trace_put_set(struct trace_line *line, const char *isa, enum kind_set set, uint64_t value)
{
    char text[512];

    syscall_set_text(isa, set, value, text, sizeof(text));
    trace_put(line, "%s", text);
}

void trace_put_signal(struct trace_line *line, uint32_t signal)
{
    char room[16];
    const char *name = syscall_signal_name(signal, room);

    if (name != NULL)
        trace_put(line, "%s", name);
    else
        trace_put(line, "%" PRId32, (int32_t)signal);
}

void trace_put_mode(struct trace_line *line, uint32_t mode)
{
    static const char *const types[16] = {[1] = "S_IFIFO|", [2] = "S_IFCHR|",  [4] = "S_IFDIR|",  [6] = "S_IFBLK|",
                                          [8] = "S_IFREG|", [10] = "S_IFLNK|", [12] = "S_IFSOCK|"};
    const char *type = types[mode >> 12 & 15];

    trace_put(line, "%s%#03" PRIo32, type != NULL ? type : "", type != NULL ? mode & 07777 : mode);
}
