/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the kernel's messages, as lib/printf.h formats them. They go to the serial port, which lvmm shows on stderr,
 * and what is shown is kept (core/log_ring.h).
 */
#ifndef GK_CORE_LOG_H
#define GK_CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/printf.h"

void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);  /* shown with --verbose only */
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2); /* always shown */
/* A program's message (/dev/kmsg): kept, and shown with --verbose. */
void log_said(unsigned priority, const char *text, size_t size);
void log_set_verbose(bool on); /* whether log_info shows anything; once, at boot. Off until then */

/* Something is wrong with the kernel itself: says what, and stops the machine. */
_Noreturn void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* This CPU is about to panic: the first that says so is the one that tells. Others don't come back. False: it did so
 * before. (panic does this itself; who has more to do before it finds out so that it fails at that again and again.) */
bool panic_claim(void);

#endif
