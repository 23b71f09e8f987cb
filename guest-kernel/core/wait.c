/* SPDX-License-Identifier: Apache-2.0 */
/* wait.c - see wait.h. */
#include "core/wait.h"

#include <stddef.h>

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/hold.h"
#include "core/irq.h"
#include "core/klock.h"
#include "core/outside.h"
#include "core/sched.h"
#include "core/sigset.h"
#include "core/tick_keep.h"

/* ---- queues ---- */

void wait_add(struct wait_queue *queue, struct waiter *waiter)
{
    struct waiter *previous = waiter->exclusive ? queue->last : NULL;
    struct waiter *next = waiter->exclusive ? NULL : queue->first;

    waiter->queue = queue;
    waiter->previous = previous;
    waiter->next = next;
    if (previous != NULL)
        previous->next = waiter;
    else
        queue->first = waiter;
    if (next != NULL)
        next->previous = waiter;
    else
        queue->last = waiter;
}

void wait_remove(struct waiter *waiter)
{
    struct wait_queue *queue = waiter->queue;

    if (queue == NULL)
        return;
    if (waiter->previous != NULL)
        waiter->previous->next = waiter->next;
    else
        queue->first = waiter->next;
    if (waiter->next != NULL)
        waiter->next->previous = waiter->previous;
    else
        queue->last = waiter->previous;
    waiter->queue = NULL;
}

static bool waiter_wake(struct waiter *waiter, uint32_t events)
{
    if (waiter->wake != NULL)
        return waiter->wake(waiter, events);
    wait_remove(waiter);
    (void)sched_wake(waiter->thread);
    return true;
}

unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most)
{
    struct waiter *waiter = queue->first;
    unsigned count = 0;

    while (waiter != NULL) {
        struct waiter *next = waiter->next;
        bool exclusive = waiter->exclusive;
        if (exclusive && most == 0)
            break;
        if (waiter_wake(waiter, events)) {
            count++;
            most -= exclusive;
        }
        waiter = next;
    }
    return count;
}

int wait_on(struct wait_queue *queue, uint64_t deadline_ns, unsigned how)
{
    struct waiter waiter = {.thread = arch_current(), .exclusive = (how & WAIT_EXCLUSIVE) != 0};
    int error;

    wait_add(queue, &waiter);
    error = sched_sleep(deadline_ns, how);
    if (waiter.queue == NULL) /* somebody meant this one: that isn't lost, whatever else has come */
        return 0;
    wait_remove(&waiter);
    return error;
}

static void nothing(struct timer *timer)
{
    (void)timer;
}

int wait_in_place(bool (*done)(void *arg), void *arg, uint64_t deadline_ns, bool interruptible)
{
    struct thread *thread = arch_current();
    struct timer timer = {.expired = nothing};
    unsigned waited = 0;
    int error = 0;

    if (deadline_ns != WAIT_FOREVER)
        timer_set(&timer, deadline_ns);
    irq_set_in_place(true);
    while (!done(arg) && error == 0) {
        if (interruptible && signal_is_pending(thread))
            error = -ERESTARTSYS;
        else if (deadline_ns != WAIT_FOREVER && arch_clock_ns() >= deadline_ns)
            outside_heard(), error = -ETIMEDOUT;
        else
            irq_wait(), waited = 1;
    }
    irq_set_in_place(false);
    timer_cancel(&timer);
    thread->sched.waits += waited;
    if (error == -ERESTARTSYS) {
        thread->interrupted = thread->attention = true;
        thread->syscall_first = arch_syscall_first(&thread->frame);
    }
    return error;
}

int wait_for_deadline(uint64_t deadline_ns)
{
    int error = 0;

    while (error == 0)
        error = sched_sleep(deadline_ns, WAIT_INTERRUPTIBLE);
    return error;
}

#define LOOP_PERIOD_NS 10000000ull
#define LET_IN_SPINS 1000u /* some 25 us: time for one that has halted to come back */

/* Whether another CPU waits for the kernel lock, which this one has. */
static bool is_waited_for(const struct cpu *self)
{
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i] != self && __atomic_load_n(&cpus[i]->place, __ATOMIC_RELAXED) == CPU_IN_KERNEL)
            return true;
    return false;
}

/* This CPU stays where it is, in the kernel: nobody waits for it to come in. */
static __attribute__((noinline)) void let_others_in(struct cpu *cpu)
{
    klock_give(cpu);
    for (unsigned i = 0; i < LET_IN_SPINS; i++)
        arch_cpu_relax();
    klock_take(cpu);
    irq_dispatch_kept(cpu);
}

bool wait_loop_ends(bool fatal)
{
    static struct timer timer = {.expired = nothing};
    static uint64_t last_ns[ARCH_CPUS_MAX];
    const struct thread *thread = arch_current();
    struct cpu *cpu = cpu_this();
    uint64_t now_ns = arch_clock_ns();

    hold_end(); /* here the lock can be had, wanted or not */
    if (cpu_is_one_of_many && is_waited_for(cpu))
        let_others_in(cpu);
    hold_begin(true);
    if (now_ns - last_ns[cpu->number] >= LOOP_PERIOD_NS) { /* the timer's comes at once, with those that have waited */
        last_ns[cpu->number] = now_ns;
        timer_set(&timer, now_ns);
        irq_wait();
        tick_keep(thread);
    }
    return fatal ? signal_fatal_pending(thread) : signal_is_pending(thread);
}
