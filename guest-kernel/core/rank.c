/* SPDX-License-Identifier: Apache-2.0 */
/* rank.c - see rank.h. */
#include "core/rank.h"

static uint32_t weight_of(const struct sched_rank *rank)
{
    /* Linux's sched_prio_to_weight: each step of niceness is 1.25 of CPU time. */
    static const uint32_t weights[] = {88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
                                       9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
                                       1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
                                       110,   87,    70,    56,    45,    36,    29,    23,    18,    15};

    return rank->policy == SCHED_IDLE ? 3 : weights[rank->nice + 20];
}

struct sched_rank rank_due(const struct sched_entity *sched)
{
    struct sched_rank rank = sched->own;
    const struct sched_rank *lent = &sched->lent;

    rank.policy &= ~SCHED_RESET_ON_FORK;
    if (!sched->is_lent)
        return rank;
    if (rank_is_real_time(lent)) {
        if (!rank_is_real_time(&rank))
            rank.policy = SCHED_FIFO;
        if (rank.rt_priority < lent->rt_priority)
            rank.rt_priority = lent->rt_priority;
    } else if (!rank_is_real_time(&rank) && lent->policy != SCHED_IDLE) {
        if (rank.policy == SCHED_IDLE)
            rank.policy = SCHED_OTHER;
        if (rank.nice > lent->nice)
            rank.nice = lent->nice;
    }
    return rank;
}

bool rank_is_above(const struct sched_rank *rank, const struct sched_rank *other)
{
    if (rank_is_real_time(rank) || rank_is_real_time(other))
        return rank->rt_priority > other->rt_priority;
    if (rank->policy == SCHED_IDLE || other->policy == SCHED_IDLE)
        return rank->policy != SCHED_IDLE && other->policy == SCHED_IDLE;
    return rank->nice < other->nice;
}

void rank_take(struct sched_entity *sched, const struct sched_rank *rank)
{
    if (sched->policy != rank->policy)
        sched->slice_ns = 0;
    sched->policy = rank->policy;
    sched->rt_priority = rank->rt_priority;
    sched->nice = rank->nice;
    sched->weight = weight_of(rank);
}
