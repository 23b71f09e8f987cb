/* SPDX-License-Identifier: Apache-2.0 */
/* runq.c - see runq.h: a list for each real-time priority, and a tree by virtual run time for the rest. */
#include "core/runq.h"

void runq_insert_real_time(struct run_queue *queue, struct thread *thread, bool first)
{
    unsigned priority = (unsigned)thread->sched.rt_priority;
    struct list *list = &queue->real_time[priority];
    uint64_t *set = &queue->real_time_set[priority / 64], bit = 1ull << priority % 64;

    if (!(*set & bit))
        list_init(list);
    list_insert(first ? list->next : list, &thread->sched.link);
    *set |= bit;
}

void runq_remove_real_time(struct run_queue *queue, struct thread *thread)
{
    unsigned priority = (unsigned)thread->sched.rt_priority;

    list_remove(&thread->sched.link);
    if (list_is_empty(&queue->real_time[priority]))
        queue->real_time_set[priority / 64] &= ~(1ull << priority % 64);
}

/* Of a priority below `limit`, the highest that somebody has. */
static struct thread *real_time_first(const struct run_queue *queue, unsigned limit)
{
    for (unsigned word = 2; word-- > 0;) {
        uint64_t set = queue->real_time_set[word];
        if (limit < word * 64 + 64)
            set &= limit > word * 64 ? (1ull << (limit - word * 64)) - 1 : 0;
        if (set != 0)
            return container_of(queue->real_time[word * 64 + 63 - (unsigned)__builtin_clzll(set)].next, struct thread,
                                sched.link);
    }
    return NULL;
}

struct thread *runq_first_real_time(const struct run_queue *queue)
{
    return real_time_first(queue, RT_PRIORITIES);
}

struct thread *runq_next(const struct run_queue *queue, struct thread *thread)
{
    struct thread *next;

    if (!sched_is_real_time(thread))
        return runq_thread(tree_next(&thread->sched.node));
    if (thread->sched.link.next != &queue->real_time[thread->sched.rt_priority])
        return container_of(thread->sched.link.next, struct thread, sched.link);
    next = real_time_first(queue, (unsigned)thread->sched.rt_priority);
    return next != NULL ? next : runq_thread(tree_first(&queue->fair));
}

/* Time that it doesn't use isn't held against it. */
void runq_fall_behind(const struct run_queue *queue, struct thread *thread, uint64_t slice_ns)
{
    const struct thread *first = runq_thread(tree_first(&queue->fair)), *last = runq_thread(tree_last(&queue->fair));
    uint64_t behind_ns;

    if (first == NULL)
        return;
    behind_ns = first->sched.vruntime + slice_ns;
    if (last->sched.vruntime < behind_ns)
        behind_ns = last->sched.vruntime;
    if (behind_ns > thread->sched.vruntime)
        thread->sched.vruntime = behind_ns;
}
