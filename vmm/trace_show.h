/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_show.h - the lines of --trace, in the form of strace -f: a call's line begins as the call does, and is gone on
 * with when it has ended, unless something else was to be shown meanwhile. Pure but for its memory, which is bounded.
 */
#ifndef LVMM_TRACE_SHOW_H
#define LVMM_TRACE_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "boot/abi.h"

struct trace_memory;
struct trace_show;

/* Takes a piece of a line, of at most TRACE_SHOW_SIZE printable characters; `ends`: the line ends behind it. False: it
 * is lost, and with it the line so far. */
typedef bool trace_show_put(void *owner, const char *text, size_t size, bool ends);
#define TRACE_SHOW_SIZE 4000u

/* numbered: each line has its thread's number in front, as in strace's files; else only while there are several. NULL:
 * no memory. */
struct trace_show *trace_show_create(bool numbered, trace_show_put *put, void *owner);
void trace_show_destroy(struct trace_show *show); /* frees it; NULL: nothing */

/* What the guest tells of a call. isa: "x86_64"; memory: what its arguments lead to; NULL: nothing. */
void trace_show_call(struct trace_show *show, const char *isa, const struct lvmm_syscall *call,
                     const struct trace_memory *memory);
/* A signal or a thread's end. */
void trace_show_event(struct trace_show *show, const char *isa, const struct lvmm_event *event);
/* Something else is to be printed, or nothing any more: a line that isn't whole ends. */
void trace_show_break(struct trace_show *show);

#endif
