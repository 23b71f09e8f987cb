/* SPDX-License-Identifier: Apache-2.0 */
/* runq.h - the threads that want a CPU and haven't got it, in the order in which they go on: a queue for each CPU. */
#ifndef GK_CORE_RUNQ_H
#define GK_CORE_RUNQ_H

#include "core/thread.h"

#define RT_PRIORITIES 100

/* Linux's (uapi/linux/sched.h). */
enum { SCHED_OTHER = 0, SCHED_FIFO = 1, SCHED_RR = 2, SCHED_BATCH = 3, SCHED_IDLE = 5, SCHED_DEADLINE = 6 };
/* A new thread is scheduled as the one that made it, unless that has asked for this. */
#define SCHED_RESET_ON_FORK 0x40000000

struct run_queue {
    struct tree fair;
    uint64_t fair_ns;                     /* the least vruntime there is; never goes back */
    struct list real_time[RT_PRIORITIES]; /* those that have nobody may be anything */
    uint64_t real_time_set[2];            /* which of them have somebody */
    unsigned ready;                       /* threads that are in it: the one that runs isn't */
    uint64_t weight;                      /* of those, the real-time ones left out */
};

static inline int sched_policy_of(const struct thread *thread)
{
    return thread->sched.policy & ~SCHED_RESET_ON_FORK;
}

static inline bool sched_is_real_time(const struct thread *thread)
{
    return sched_policy_of(thread) == SCHED_FIFO || sched_policy_of(thread) == SCHED_RR;
}

static inline struct thread *runq_thread(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct thread, sched.node) : NULL;
}

/* What runq_insert does with a real-time thread; */
void runq_insert_real_time(struct run_queue *queue, struct thread *thread, bool first);
/* what runq_remove does; */
void runq_remove_real_time(struct run_queue *queue, struct thread *thread);
/* and runq_first, if there is one. */
struct thread *runq_first_real_time(const struct run_queue *queue);

static inline void runq_insert_fair(struct run_queue *queue, struct thread *thread)
{
    struct tree_node *parent = NULL, *at = queue->fair.root;
    unsigned side = 0;

    while (at != NULL) {
        parent = at;
        side = runq_thread(at)->sched.vruntime <= thread->sched.vruntime;
        at = at->child[side];
    }
    tree_insert(&queue->fair, parent, side, &thread->sched.node, tree_no_bound);
    queue->weight += thread->sched.weight;
}

/* `first`: a real-time thread goes in front of those of its priority. (Inline, as each switch goes through these.) */
static inline void runq_insert(struct run_queue *queue, struct thread *thread, bool first)
{
    if (__builtin_expect(sched_is_real_time(thread), false) != 0)
        runq_insert_real_time(queue, thread, first);
    else
        runq_insert_fair(queue, thread);
    thread->sched.is_queued = true;
    queue->ready++;
}

static inline void runq_remove(struct run_queue *queue, struct thread *thread)
{
    if (__builtin_expect(sched_is_real_time(thread), false) != 0) {
        runq_remove_real_time(queue, thread);
    } else {
        tree_remove(&queue->fair, &thread->sched.node, tree_no_bound);
        queue->weight -= thread->sched.weight;
    }
    thread->sched.is_queued = false;
    queue->ready--;
}

/* Who is next, still in the queue. NULL: nobody. */
static inline struct thread *runq_first(const struct run_queue *queue)
{
    if ((queue->real_time_set[0] | queue->real_time_set[1]) != 0)
        return runq_first_real_time(queue);
    return runq_thread(tree_first(&queue->fair));
}

/* An ordinary thread that is in no queue lets others go first: it comes behind one of them at least, and behind all
 * that aren't a slice ahead. */
void runq_fall_behind(const struct run_queue *queue, struct thread *thread, uint64_t slice_ns);
/* Who comes after it, in the order that runq_first begins. */
struct thread *runq_next(const struct run_queue *queue, struct thread *thread);

#endif
