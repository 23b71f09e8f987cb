/* SPDX-License-Identifier: Apache-2.0 */
/* oom.h - what becomes of a page fault when all memory is used up. */
#ifndef GK_CORE_OOM_H
#define GK_CORE_OOM_H

#include <stdbool.h>

#include "mm/space.h"

struct process;

/* space_fault for the current process; but if there is no memory left, the process that has most of it is killed,
 * unless one is about to end already, and its end waited for; then the fault is tried again. The log names it. May
 * wait. -ENOMEM: it is the current process that is to end. */
int oom_fault(struct space *space, uaddr_t address, unsigned access);

#define OOM_SCORE_ADJ_MIN (-1000) /* never killed */
#define OOM_SCORE_ADJ_MAX 1000

/* How much would be gained by the process's end, in pages, and what it was given for or against it (oom_score_adj);
 * INT64_MIN: it isn't to be killed. */
int64_t oom_badness(const struct process *process);
/* The same as proc(5) tells it: 0 to 2000. */
uint64_t oom_score(const struct process *process);
/* Sets oom_score_adj of a process and of all that share its memory. `is_least`: who has not CAP_SYS_RESOURCE can't set
 * it lower again. */
void oom_set_adj(struct process *process, int adj, bool is_least);

uint64_t oom_kills(void); /* since boot */

/* Forgets who was killed last, whose number is kept until then: when there is nobody any more to be killed. */
void oom_end(void);

/* Called after a program was killed. It may wait. NULL: nobody wants to know. */
extern void (*oom_told)(void);

/* Tried before a program is killed: whether memory can be had by now (what was only in memory is on a disk). NULL:
 * there is nothing to try. It may wait. */
extern bool (*oom_store)(void);

#endif
