/* SPDX-License-Identifier: Apache-2.0 */
/* sched_thread.h - whom the calls of scheduling name, and what they may do to them. */
#ifndef GK_SYS_SCHED_THREAD_H
#define GK_SYS_SCHED_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* The thread with a number, 0: the caller's. Borrowed; NULL: there is none. */
struct thread *sched_thread(uint64_t tid);
/* Whether the caller may give the thread that niceness, which is below the one that it has: RLIMIT_NICE, CAP_SYS_NICE.
 */
bool sched_may_be_nice(const struct thread *thread, int nice);

#endif
