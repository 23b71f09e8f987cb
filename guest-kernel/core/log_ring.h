/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_ring.h - the last messages, for programs to read (/dev/kmsg, syslog(2)): as many as there is room for, in memory
 * of a fixed size.
 */
#ifndef GK_CORE_LOG_RING_H
#define GK_CORE_LOG_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_RING_BYTES 16384u
#define LOG_TEXT_MAX 1024u /* of a message; what is beyond is cut off */

enum { LOG_ERROR = 3, LOG_WARNING = 4, LOG_INFO = 6 }; /* priorities; the kernel's messages have facility 0 */

struct log_record {
    uint64_t number;   /* of the messages since the start */
    uint64_t time_us;  /* since the start; 0 for what was said before programs ran */
    uint32_t priority; /* facility << 3 | how urgent */
    uint32_t size;     /* of the text, which has no newline at its end */
};

struct log_cursor { /* a reader's place */
    uint64_t number, at;
};

/* Keeps a message, and drops the oldest ones for it. Also from interrupts. */
void log_ring_put(uint32_t priority, const char *text, size_t size);

/* Before the oldest that is kept; behind the newest. */
struct log_cursor log_ring_first(void);
struct log_cursor log_ring_end(void);
/* The next message; the cursor goes on. 0; -EAGAIN: there is none yet; -EPIPE: it has been dropped, and the cursor is
 * before the oldest that is kept now. */
int log_ring_read(struct log_cursor *cursor, struct log_record *record, char text[LOG_TEXT_MAX]);
/* Whether there is a next one, or one was dropped. */
bool log_ring_has_next(const struct log_cursor *cursor);

extern void (*log_ring_told)(void);      /* after each message; NULL: nobody waits for any */
extern uint64_t (*log_ring_clock)(void); /* ns since the start; NULL until programs run */

#endif
