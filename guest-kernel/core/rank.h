/* SPDX-License-Identifier: Apache-2.0 */
/* rank.h - by which policy, priority and niceness a thread is scheduled: the better of its own and what is lent to it.
 */
#ifndef GK_CORE_RANK_H
#define GK_CORE_RANK_H

#include "core/runq.h"

/* What it is to be scheduled by. Who has another's real-time priority keeps the CPU as with SCHED_FIFO, as on Linux. */
struct sched_rank rank_due(const struct sched_entity *sched);
/* It is scheduled by that from now on; not while it is in a queue. */
void rank_take(struct sched_entity *sched, const struct sched_rank *rank);
/* Whether the one comes before the other, whatever time they have had. */
bool rank_is_above(const struct sched_rank *rank, const struct sched_rank *other);

static inline bool rank_is_real_time(const struct sched_rank *rank)
{
    return rank->policy == SCHED_FIFO || rank->policy == SCHED_RR;
}

/* What the thread is scheduled by. */
static inline struct sched_rank rank_of(const struct thread *thread)
{
    return (struct sched_rank){thread->sched.policy, thread->sched.rt_priority, thread->sched.nice};
}

#endif
