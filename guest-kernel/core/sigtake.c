/* SPDX-License-Identifier: Apache-2.0 */
/* sigtake.c - takes signals that wait out of their queues. */
#include "core/signal.h"
#include "core/sigqueue.h"

/* What faults raise: taken before the others, so that a handler sees the instruction that faulted. */
static const uint64_t synchronous = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
                                    SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS);

int signal_take(struct thread *thread, uint64_t set, struct signal_info *info)
{
    struct signal_queue *queue = &thread->signals;
    uint64_t ready = queue->pending & set;
    int signal;

    if (ready == 0) {
        queue = &thread->process->signals;
        ready = queue->pending & set;
    }
    if (ready == 0)
        return 0;
    if (ready & synchronous)
        ready &= synchronous;
    signal = __builtin_ctzll(ready) + 1;
    sigqueue_take(thread->process, queue, signal, info);
    return signal;
}

void signal_drop(struct process *process, uint64_t set)
{
    sigqueue_drop_set(process, &process->signals, set);
    for_each_thread(process, thread)
    {
        sigqueue_drop_set(process, &thread->signals, set);
    }
}
