/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - messages to stderr, one line each, "lvmm: " in front. What is set here is, beside stop.c's pointer for signal
 * handlers, the program's only mutable globals.
 *
 * A reader of stderr that doesn't read holds nobody up for long: a message waits for room LOG_WAIT_MS at most, and once
 * that was in vain not at all until there is room again. What is lost is counted, and the count is told then.
 */
#ifndef LVMM_LOG_H
#define LVMM_LOG_H

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define LOG_WAIT_MS 200

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* Are details wanted (--verbose)? To be set once, at the start; asked on any thread, by those for whom it is work to
 * make the text of one. */
void log_set_verbose(bool on);
bool log_is_verbose(void);
/* The terminal is raw: lines must bring their own carriage return. */
void log_set_raw(bool on);

/* Errors name the option or file, the value, the reason and what would be right. Details only with --verbose. */
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_detail(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* A line for stderr that is no message, so without "lvmm: ". patient: it may wait for its reader, as messages do. */
void log_text(bool patient, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A part of such a line, of at most LOG_PART_MAX bytes; `ends`: the line ends behind it. False: it is lost. */
#define LOG_PART_MAX 4000u
bool log_part(bool patient, const char *text, size_t size, bool ends);

/* Another place for lines, which has readers of the same kind. */
struct log_output {
    int fd;
    pthread_mutex_t lock; /* innermost; guards `lost` */
    unsigned long lost;
};
#define LOG_OUTPUT(descriptor) {.fd = (descriptor), .lock = PTHREAD_MUTEX_INITIALIZER}

/* Writes a line of at most PIPE_BUF bytes, its end included, by one write(2), or a part of one. 0, also if it is lost;
 * -errno: it can't be written. Any thread. */
int log_put(struct log_output *output, const char *line, size_t size, bool patient);
/* The same; -EAGAIN: it is lost. */
int log_try_put(struct log_output *output, const char *line, size_t size, bool patient);

#endif
