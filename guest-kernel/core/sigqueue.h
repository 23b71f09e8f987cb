/* SPDX-License-Identifier: Apache-2.0 */
/* sigqueue.h - signals that wait, with their siginfo (signal(7), "Queueing and delivery semantics for ... signals"). */
#ifndef GK_CORE_SIGQUEUE_H
#define GK_CORE_SIGQUEUE_H

#include "core/thread.h"

/* A signal that waits. */
struct signal_entry {
    struct signal_entry *next;
    struct signal_queue *queue; /* that it is in; NULL: none */
    struct signal_info info;
    /* NULL: the entry is the queue's. Else it is somebody's who has it ready for a signal of his own: called once it is
     * out of the queue again, taken (info: what is told, for him to complete) or forgotten (NULL). */
    void (*left)(struct signal_entry *entry, struct signal_info *info);
};

/* Sets the signal's bit in `queue`, one of the process's or its thread's, and keeps `info`, which is copied. A standard
 * signal that waits already is not queued again, and one for which there is no entry waits without its info. Entries
 * are bounded by RLIMIT_SIGPENDING, but for the kernel's own and kill's of standard signals.
 * 0; -EAGAIN: a real-time signal for which there is no entry and whose info matters (sigqueue(3)): it isn't sent. */
int sigqueue_add(struct process *process, struct signal_queue *queue, const struct signal_info *info);

/* The same with somebody's own entry, which is in no queue. */
void sigqueue_add_entry(struct signal_queue *queue, struct signal_entry *entry);
/* Takes somebody's own entry out, if it is in a queue. `left` isn't called. */
void sigqueue_remove_entry(struct signal_entry *entry);

/* Whether the process's user has as many entries as the process's limit allows; who has one of his own counts it. */
bool sigqueue_is_full(const struct process *process);
void sigqueue_count(struct process *process, int more);

/* Takes the oldest one of a signal that waits. Without an entry its info is as of kill, from nobody. */
void sigqueue_take(struct process *process, struct signal_queue *queue, int signal, struct signal_info *info);

/* Entry `index` of those that wait, from the oldest on: what it tells, borrowed. NULL: there are no more. A signal that
 * waits without an entry isn't among them. */
const struct signal_info *sigqueue_at(const struct signal_queue *queue, uint64_t index);

/* Forgets those of `set`, however often they wait; forgets all. */
void sigqueue_drop_set(struct process *process, struct signal_queue *queue, uint64_t set);
static inline void sigqueue_flush(struct process *process, struct signal_queue *queue)
{
    sigqueue_drop_set(process, queue, UINT64_MAX);
}

#endif
