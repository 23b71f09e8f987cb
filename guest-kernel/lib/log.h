/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the kernel's messages. They go to the serial port, which lvmm shows on stderr.
 *
 * Formats: %s %c %d %u %x %p %% with l, ll, z and width/zero padding.
 */
#ifndef GK_LIB_LOG_H
#define GK_LIB_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);  /* shown with --verbose only */
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2); /* always shown */
void log_set_verbose(bool on); /* whether log_info shows anything; once, at boot. Off until then */

/* Something is wrong with the kernel itself: says what, and stops the machine. */
_Noreturn void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* C99 semantics: returns the length the whole text would have. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
