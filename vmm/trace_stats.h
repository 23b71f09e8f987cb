/* SPDX-License-Identifier: Apache-2.0 */
/* trace_stats.h - counts system calls, and makes the table of --stats. Pure but for its memory, which is bounded. */
#ifndef LVMM_TRACE_STATS_H
#define LVMM_TRACE_STATS_H

#include "boot/abi.h"

struct trace_stats;

/* Counts nothing yet; the caller's to destroy. NULL: no memory. */
struct trace_stats *trace_stats_create(void);
void trace_stats_destroy(struct trace_stats *stats); /* frees it; NULL: nothing */

/* Counts a call when it has begun, its error and its time when it has come back. */
void trace_stats_add(struct trace_stats *stats, const struct lvmm_syscall *call);

/* Gives the lines one after the other, without their ends: the table by time, its sum, the unknown calls. isa:
 * "x86_64". */
void trace_stats_print(const struct trace_stats *stats, const char *isa, void (*line)(void *owner, const char *text),
                       void *owner);

#endif
