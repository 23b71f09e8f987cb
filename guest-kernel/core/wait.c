/* SPDX-License-Identifier: Apache-2.0 */
/* wait.c - with one thread, to wait is to idle until an interrupt changes something. */
#include "core/wait.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/irq.h"
#include "core/itimer.h"
#include "core/signal.h"

/* The result takes a register's place: what it was is kept for the call to be made again. */
static int interrupted(struct thread *thread)
{
    thread->interrupted = thread->attention = true;
    thread->syscall_first = arch_syscall_first(&thread->frame);
    return -ERESTARTSYS;
}

bool (*wait_before_sleep)(void);

#define LOOP_PERIOD_NS 10000000ull

bool wait_loop_ends(bool fatal)
{
    static uint64_t last_ns;
    const struct thread *thread = arch_current();
    uint64_t now_ns = arch_clock_ns();

    if (thread == NULL)
        return false;
    if (now_ns - last_ns >= LOOP_PERIOD_NS) { /* the timer's comes at once, with those that have been waiting */
        last_ns = now_ns;
        itimer_arm(now_ns);
        irq_dispatch(arch_wait_for_interrupt());
        itimer_arm(ITIMER_OFF);
        itimer_check();
    }
    return fatal ? signal_fatal_pending(thread) : signal_is_pending(thread);
}

int wait_until(bool (*done)(void *arg), void *arg, uint64_t deadline_ns, bool interruptible)
{
    struct thread *thread = arch_current();
    bool timed = deadline_ns != WAIT_FOREVER;
    int result = 0;

    while (!done(arg)) {
        itimer_check();
        if (interruptible && thread != NULL && signal_is_pending(thread))
            result = interrupted(thread);
        else if (timed && arch_clock_ns() >= deadline_ns)
            result = -ETIMEDOUT;
        if (result != 0)
            break;
        if (wait_before_sleep != NULL && wait_before_sleep())
            continue;
        if (timed)
            itimer_arm(deadline_ns);
        irq_dispatch(arch_wait_for_interrupt());
    }
    if (timed)
        itimer_arm(ITIMER_OFF);
    return result;
}

bool wait_never(void *arg)
{
    (void)arg;
    return false;
}
