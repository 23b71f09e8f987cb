/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.c - memory and string functions in portable C, a word at a time. The bulk ones are weak: an ISA that has
 * better instructions brings its own in arch/.
 */
#include "lib/string.h"

#include <stdint.h>

/* Or the compiler would recognise memcpy's loop and replace it by a call of memcpy. */
#if defined(__clang__)
#define LITERALLY __attribute__((no_builtin))
#else
#define LITERALLY __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif
#define WEAK __attribute__((weak)) LITERALLY

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

/* Eight words at a time, as a loop costs as much as a word. All are read before one is written. */
#define BLOCK (8 * sizeof(word))

static inline LITERALLY void block_copy(unsigned char *to, const unsigned char *from)
{
    const word *in = (const word *)from;
    word *out = (word *)to;
    word a = in[0], b = in[1], c = in[2], d = in[3], e = in[4], f = in[5], g = in[6], h = in[7];

    out[0] = a, out[1] = b, out[2] = c, out[3] = d, out[4] = e, out[5] = f, out[6] = g, out[7] = h;
}

static inline __attribute__((always_inline)) LITERALLY void copy_up(unsigned char *to, const unsigned char *from,
                                                                    size_t n)
{
    for (; n >= BLOCK; n -= BLOCK) {
        block_copy(to, from);
        to += BLOCK;
        from += BLOCK;
    }
    for (; n >= sizeof(word); n -= sizeof(word)) {
        *(word *)to = *(const word *)from;
        to += sizeof(word);
        from += sizeof(word);
    }
    while (n-- != 0)
        *to++ = *from++;
}

WEAK void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    copy_up(dst, src, n);
    return dst;
}

static LITERALLY void copy_backwards(unsigned char *to, const unsigned char *from, size_t n)
{
    for (; n >= sizeof(word); n -= sizeof(word))
        *(word *)(to + n - sizeof(word)) = *(const word *)(from + n - sizeof(word));
    while (n-- != 0)
        to[n] = from[n];
}

WEAK void *memmove(void *dst, const void *src, size_t n)
{
    if ((uintptr_t)dst - (uintptr_t)src >= n) /* dst below src, or no overlap */
        copy_up(dst, src, n);
    else
        copy_backwards(dst, src, n);
    return dst;
}

WEAK void *memset(void *dst, int c, size_t n)
{
    unsigned char *to = dst;
    word pattern = (unsigned char)c * 0x0101010101010101u, *block;

    for (; n >= BLOCK; n -= BLOCK) {
        block = (word *)to;
        block[0] = block[1] = block[2] = block[3] = block[4] = block[5] = block[6] = block[7] = pattern;
        to += BLOCK;
    }
    for (; n >= sizeof(word); n -= sizeof(word)) {
        *(word *)to = pattern;
        to += sizeof(word);
    }
    while (n-- != 0)
        *to++ = (unsigned char)c;
    return dst;
}

LITERALLY int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (; n >= sizeof(word) && *(const word *)x == *(const word *)y; n -= sizeof(word)) {
        x += sizeof(word);
        y += sizeof(word);
    }
    for (; n != 0; n--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

LITERALLY void *memchr(const void *s, int c, size_t n)
{
    for (const unsigned char *at = s; n != 0; n--, at++) {
        if (*at == (unsigned char)c)
            return (void *)(uintptr_t)at;
    }
    return NULL;
}

LITERALLY size_t strlen(const char *s)
{
    const char *at = s;

    while (*at != 0)
        at++;
    return (size_t)(at - s);
}

LITERALLY size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n] != 0)
        n++;
    return n;
}

LITERALLY int strcmp(const char *a, const char *b)
{
    for (; *a != 0 && *a == *b; a++)
        b++;
    return (unsigned char)*a - (unsigned char)*b;
}

LITERALLY int strncmp(const char *a, const char *b, size_t n)
{
    for (; n != 0 && *a != 0 && *a == *b; a++, n--)
        b++;
    return n != 0 ? (unsigned char)*a - (unsigned char)*b : 0;
}

LITERALLY char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (*s == 0)
            return NULL;
    }
    return (char *)(uintptr_t)s;
}
