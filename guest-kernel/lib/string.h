/* SPDX-License-Identifier: Apache-2.0 */
/* string.h - the C library's memory and string functions, as far as the kernel needs them, with the same contracts; and
 * a comparison with bytes that don't end with a NUL. */
#ifndef GK_LIB_STRING_H
#define GK_LIB_STRING_H

#include <stdbool.h>
#include <stddef.h>

/* Memory: as in C11, 7.24. Compilers make calls to the first four by themselves. */
void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

/* Strings, which end with a NUL: the same; strnlen is POSIX's. */
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/* Whether the string `s` is these bytes, which may be anything: an entry's name and a piece of a path. */
static inline bool string_is(const char *s, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (s[i] == 0 || s[i] != bytes[i])
            return false;
    return s[length] == 0;
}

#endif
