/* SPDX-License-Identifier: Apache-2.0 */
/* accounting.h - what processes have used of the CPU and of memory. */
#ifndef GK_CORE_ACCOUNTING_H
#define GK_CORE_ACCOUNTING_H

#include "core/thread.h"

/* What a process has used, of its threads that have ended, too; also of one that has ended itself. */
void usage_get(struct process *process, struct usage *usage);
/* What a thread has used, and its process of memory. */
void usage_get_thread(struct thread *thread, struct usage *usage);
/* The process is about to have another space, or none: what it had of memory at the most is kept. */
void usage_space_left(struct process *process);
void usage_add(struct usage *usage, const struct usage *more);
/* User and system time, in 1 / USER_HZ s. */
void usage_ticks(const struct usage *usage, int64_t *user, int64_t *system);

#endif
