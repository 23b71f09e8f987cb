/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.h - how threads wait for each other: queues of waiters, which whoever changes something wakes.
 *
 * The kernel is never preempted: between the look at what is waited for and the sleep nobody can change it, so that no
 * wake-up is lost. As a rule:
 *
 *     while (!there_is_something && error == 0)
 *         error = wait_on(&queue, deadline_ns, WAIT_INTERRUPTIBLE);
 *
 * Queues and waiters that are all zero are empty. A queue has nobody in it when it is freed.
 */
#ifndef GK_CORE_WAIT_H
#define GK_CORE_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/wait_queue.h"

/* The current thread waits in the queue until it is woken (0, also if a signal is pending then), the monotonic clock
 * reaches deadline_ns (-ETIMEDOUT) or, if interruptible, a signal is pending: -ERESTARTSYS, with which the call is made
 * again once the signal is delivered, or gives EINTR; one that has another way returns another of -ERESTART*. */
int wait_on(struct wait_queue *queue, uint64_t deadline_ns, unsigned how);

/* Wakes all waiters that aren't exclusive and up to `most` that are. How many there were. */
unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most);
static inline void wait_wake_all(struct wait_queue *queue, uint32_t events)
{
    if (queue->first != NULL)
        (void)wait_wake(queue, events, UINT32_MAX);
}
static inline bool wait_is_empty(const struct wait_queue *queue)
{
    return queue->first == NULL;
}

/* For those that wait in several queues, or otherwise than in a queue (core/sched.h: sched_sleep). */
void wait_add(struct wait_queue *queue, struct waiter *waiter); /* it is in none */
void wait_remove(struct waiter *waiter);                        /* from its queue, if it is in one */

/* ---- polling: file_ops.poll hooks the queues in which changes are told ---- */

struct poll_table {
    /* Has whoever polls wait in the queue, too. Called once for each queue and call of poll. */
    void (*hook)(struct poll_table *table, struct wait_queue *queue);
};
/* table NULL: nobody waits. */
static inline void poll_hook(struct poll_table *table, struct wait_queue *queue)
{
    if (table != NULL)
        table->hook(table, queue);
}

/* ---- where nobody wakes ---- */

/* Waits until done(arg) is true, which is looked at after each interrupt, and nobody else runs: for who is in the
 * middle of something that isn't to be seen by others. As wait_on. */
int wait_in_place(bool (*done)(void *arg), void *arg, uint64_t deadline_ns, bool interruptible);

/* For a wait that only its deadline or a signal ends. */
int wait_for_deadline(uint64_t deadline_ns);
/* For loops in a system call that take long: called after each WAIT_LOOP_BYTES that were moved, or as often. Takes the
 * interrupts that have come, if that wasn't done lately, and lets other CPUs into the kernel that wait for its lock: so
 * this is a place that waits, where what is no lock's or nobody else's may change, though the thread keeps its CPU and
 * address space. True: a signal is pending (fatal: one that ends the process, as Linux looks at for regular files), so
 * the loop should end with what it has, or -EINTR. */
#define WAIT_LOOP_BYTES (256u << 10)
bool wait_loop_ends(bool fatal);

#endif
