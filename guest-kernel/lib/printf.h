/* SPDX-License-Identifier: Apache-2.0 */
/* printf.h - formatted text: %s %c %d %i %u %o %x %X %p %% with l, ll, z, width, "-", "0" and a precision for %s. */
#ifndef GK_LIB_PRINTF_H
#define GK_LIB_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* C99 semantics: returns the length the whole text would have. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
