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

WEAK void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    unsigned char *to = dst;
    const unsigned char *from = src;
    for (; n >= sizeof(word); n -= sizeof(word)) {
        *(word *)to = *(const word *)from;
        to += sizeof(word);
        from += sizeof(word);
    }
    while (n--)
        *to++ = *from++;
    return dst;
}

static LITERALLY void copy_backwards(unsigned char *to, const unsigned char *from, size_t n)
{
    for (; n >= sizeof(word); n -= sizeof(word))
        *(word *)(to + n - sizeof(word)) = *(const word *)(from + n - sizeof(word));
    while (n--)
        to[n] = from[n];
}

static LITERALLY void copy_forwards(unsigned char *to, const unsigned char *from, size_t n)
{
    for (; n >= sizeof(word); n -= sizeof(word)) {
        *(word *)to = *(const word *)from;
        to += sizeof(word);
        from += sizeof(word);
    }
    while (n--)
        *to++ = *from++;
}

WEAK void *memmove(void *dst, const void *src, size_t n)
{
    if ((uintptr_t)dst - (uintptr_t)src >= n) /* dst below src, or no overlap */
        copy_forwards(dst, src, n);
    else
        copy_backwards(dst, src, n);
    return dst;
}

WEAK void *memset(void *dst, int c, size_t n)
{
    unsigned char *to = dst;
    word pattern = (unsigned char)c * 0x0101010101010101u;
    for (; n >= sizeof(word); n -= sizeof(word)) {
        *(word *)to = pattern;
        to += sizeof(word);
    }
    while (n--)
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
    for (; n; n--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

LITERALLY void *memchr(const void *s, int c, size_t n)
{
    for (const unsigned char *at = s; n; n--, at++) {
        if (*at == (unsigned char)c)
            return (void *)(uintptr_t)at;
    }
    return NULL;
}

LITERALLY size_t strlen(const char *s)
{
    const char *at = s;
    while (*at)
        at++;
    return (size_t)(at - s);
}

LITERALLY size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;
    while (n < max && s[n])
        n++;
    return n;
}

LITERALLY int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    return (unsigned char)*a - (unsigned char)*b;
}

LITERALLY int strncmp(const char *a, const char *b, size_t n)
{
    for (; n && *a && *a == *b; a++, n--)
        b++;
    return n ? (unsigned char)*a - (unsigned char)*b : 0;
}

LITERALLY char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (!*s)
            return NULL;
    }
    return (char *)(uintptr_t)s;
}
