/* SPDX-License-Identifier: Apache-2.0 */
/* printf.c - vsnprintf for messages: %s %c %d %i %u %o %x %X %p %% with l, ll, z, width, '-', '0' and a precision for
 * %s. */
#include "lib/printf.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

struct output {
    char *buf;
    size_t size, length; /* length: of the whole text, whether it fits or not */
    va_list args;
};

struct spec {
    bool left, zero, upper;
    int width, precision; /* precision -1: none */
    bool wide;            /* l, ll, z: 64 bits on all our ISAs; else int */
};

static void put(struct output *out, char c)
{
    if (out->length + 1 < out->size)
        out->buf[out->length] = c;
    out->length++;
}

static void put_repeated(struct output *out, char c, int count)
{
    while (count-- > 0)
        put(out, c);
}

static void put_text(struct output *out, const struct spec *spec, const char *text, size_t length)
{
    int pad = spec->width - (int)length;

    if (!spec->left)
        put_repeated(out, ' ', pad);
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
    if (spec->left)
        put_repeated(out, ' ', pad);
}

static void put_number(struct output *out, const struct spec *spec, uint64_t value, unsigned base, const char *prefix)
{
    const char *digits = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    size_t at = sizeof(text), prefix_length = strlen(prefix);

    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value != 0);
    if (spec->zero && !spec->left) {
        for (size_t i = 0; i < prefix_length; i++)
            put(out, prefix[i]);
        put_repeated(out, '0', spec->width - (int)(sizeof(text) - at + prefix_length));
        prefix_length = 0;
    }
    for (size_t i = prefix_length; i > 0; i--)
        text[--at] = prefix[i - 1];
    struct spec plain = *spec;
    plain.width = spec->zero && !spec->left ? 0 : spec->width;
    put_text(out, &plain, text + at, sizeof(text) - at);
}

/* Digits, or '*' for the next argument. */
static int parse_number(struct output *out, const char **fmt)
{
    int value = 0;

    if (**fmt == '*') {
        (*fmt)++;
        return va_arg(out->args, int);
    }
    for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++) {
        if (value < 10000)
            value = value * 10 + (**fmt - '0');
    }
    return value;
}

/* Flags, width, precision and length; leaves *fmt at the conversion. */
static void parse_spec(struct output *out, const char **fmt, struct spec *spec)
{
    *spec = (struct spec){.precision = -1};
    for (; **fmt == '-' || **fmt == '0'; (*fmt)++) {
        spec->left |= **fmt == '-';
        spec->zero |= **fmt == '0';
    }
    spec->width = parse_number(out, fmt);
    if (**fmt == '.') {
        (*fmt)++;
        spec->precision = parse_number(out, fmt);
    }
    for (; **fmt == 'l' || **fmt == 'z'; (*fmt)++)
        spec->wide = true;
}

static void put_string(struct output *out, const struct spec *spec)
{
    const char *text = va_arg(out->args, const char *);

    if (text == NULL)
        text = "(null)";
    put_text(out, spec, text, spec->precision >= 0 ? strnlen(text, (size_t)spec->precision) : strlen(text));
}

static void put_signed(struct output *out, const struct spec *spec)
{
    int64_t value = spec->wide ? va_arg(out->args, long) : va_arg(out->args, int);

    put_number(out, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, value < 0 ? "-" : "");
}

static void put_unsigned(struct output *out, const struct spec *spec, unsigned base)
{
    put_number(out, spec, spec->wide ? va_arg(out->args, unsigned long) : va_arg(out->args, unsigned), base, "");
}

static void put_conversion(struct output *out, struct spec *spec, char conversion)
{
    switch (conversion) {
    case 'c':
        put_text(out, spec, (const char[]){(char)va_arg(out->args, int)}, 1);
        break;
    case 's':
        put_string(out, spec);
        break;
    case 'd':
    case 'i':
        put_signed(out, spec);
        break;
    case 'u':
        put_unsigned(out, spec, 10);
        break;
    case 'o':
        put_unsigned(out, spec, 8);
        break;
    case 'x':
    case 'X':
        spec->upper = conversion == 'X';
        put_unsigned(out, spec, 16);
        break;
    case 'p':
        put_number(out, spec, (uintptr_t)va_arg(out->args, void *), 16, "0x");
        break;
    default: /* %% and what we don't know, as it stands */
        put(out, conversion);
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct output out = {.buf = buf, .size = size};

    va_copy(out.args, ap);
    for (; *fmt != 0; fmt++) {
        struct spec spec;
        if (*fmt != '%') {
            put(&out, *fmt);
            continue;
        }
        fmt++;
        parse_spec(&out, &fmt, &spec);
        if (*fmt == 0)
            break;
        put_conversion(&out, &spec, *fmt);
    }
    va_end(out.args);
    if (size != 0)
        buf[out.length < size ? out.length : size - 1] = '\0';
    return (int)out.length;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int length = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return length;
}
