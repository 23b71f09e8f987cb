/* SPDX-License-Identifier: Apache-2.0 */
/* rusage.h - what processes have used of the CPU and of memory (getrusage(2)). */
#ifndef GK_SYS_RUSAGE_H
#define GK_SYS_RUSAGE_H

#include "core/thread.h"

/* What a process has used, of its threads that have ended, too; also of one that has ended itself. */
void usage_get(struct process *process, struct usage *usage);
/* The process is about to have another space, or none: what it had of memory at the most is kept. */
void usage_space_left(struct process *process);
void usage_add(struct usage *usage, const struct usage *more);
/* As struct rusage, in the form that the current call's program has it. 0 or -EFAULT. */
int usage_put(const struct usage *usage, uaddr_t address);
/* User and system time, in 1 / USER_HZ s. */
void usage_ticks(const struct usage *usage, int64_t *user, int64_t *system);

#endif
