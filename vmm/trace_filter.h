/* SPDX-License-Identifier: Apache-2.0 */
/* trace_filter.h - which system calls --trace=... shows. Pure but for its memory. */
#ifndef LVMM_TRACE_FILTER_H
#define LVMM_TRACE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_filter;

/* What strace's -e trace= takes: names of calls, "/regular expression", classes ("%file"), "all" and "none", each with
 * a "?" in front if it may be missing, apart by commas; with "!" in front of all of it, the others. NULL: there is
 * none, and `error` says why. The caller's to free. */
struct trace_filter *trace_filter_create(const char *text, char *error, size_t size);
void trace_filter_destroy(struct trace_filter *filter); /* frees it; NULL: nothing */

/* Is the call one of them? One that isn't in the table is if all others than some are. filter NULL: all are. */
bool trace_filter_has(const struct trace_filter *filter, const char *isa, bool i386, uint32_t number);

#endif
