/* SPDX-License-Identifier: Apache-2.0 */
/* threads.h - makes and frees threads and processes, without what a program has of them (sys/clone.c, sys/exit.c). */
#ifndef GK_CORE_THREADS_H
#define GK_CORE_THREADS_H

#include "core/thread.h"

/* A process without threads, files and memory: child of `parent`, in its group and session (with parent NULL, in its
 * own), with the number `id`, of which a reference is taken, and default actions of signals. NULL: no memory. */
struct process *process_create(struct process *parent, struct pid *id);
/* Frees it once its threads have ended and it was waited for. */
void process_free(struct process *process);
/* Another parent: one of the other's threads. */
void process_set_parent(struct process *process, struct process *parent, struct thread *thread);
/* Another group or session; references are taken and dropped. */
void process_set_group(struct process *process, struct pid *group);
void process_set_session(struct process *process, struct pid *session);

/* A thread of the process, which has not begun (sched_start), with the number `id`, of which a reference is taken, and
 * a kernel stack. NULL: no memory. */
struct thread *thread_create(struct process *process, struct pid *id);
/* Makes `thread`, which is all zero, a thread of the kernel's: it has no number and no program, and its entry
 * (sched_start) doesn't return. 0 or -ENOMEM. */
int thread_init_kernel(struct thread *thread, const char *name);
/* Takes it out of its process: it is ending. Its number names no thread any more. */
void thread_leave(struct thread *thread);
/* Frees what thread_create made. Not on its own stack (sched_end does it). */
void thread_free(struct thread *thread);

/* The kernel's own process, in which the boot's thread is, and kernel threads are; who has lost its parent is its
 * child, unless there is another process 1. */
struct process *process_kernel(void);
/* It gets a number, 1, with the one reference to it. */
void process_kernel_number(struct pid *id);
/* How many threads of programs there are, and how many there may be: what their stacks take of memory is bounded, as
 * Linux's threads-max is. */
unsigned threads_count(void);
uint64_t threads_made(void); /* since boot */
unsigned threads_max(void);
/* From now on there may be so many at once, with processes that have ended and weren't waited for; 0: no such limit. */
void threads_set_most(unsigned number);
/* May there be one more, beside `others` that are to be counted as threads, too? If not, that is counted. */
bool threads_has_room(unsigned others);
uint64_t threads_refused(void);

#endif
