/* SPDX-License-Identifier: Apache-2.0 */
/* wait.c - with one thread, to wait is to idle until an interrupt changes something. */
#include "core/wait.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/itimer.h"
#include "core/process.h"
#include "core/signal.h"

/* The result takes a register's place: what it was is kept for the call to be made again. */
static int interrupted(struct thread *thread)
{
    thread->interrupted = thread->attention = true;
    thread->syscall_first = arch_syscall_first(&thread->frame);
    return -ERESTARTSYS;
}

int wait_until(bool (*done)(void *arg), void *arg, uint64_t deadline_ns, bool interruptible)
{
    struct thread *thread = arch_current();
    bool timed = deadline_ns != WAIT_FOREVER;
    int result = 0;

    while (!done(arg)) {
        itimer_check();
        if (interruptible && thread && signal_is_pending(thread))
            result = interrupted(thread);
        else if (timed && arch_clock_ns() >= deadline_ns)
            result = -ETIMEDOUT;
        if (result)
            break;
        if (timed)
            itimer_arm(deadline_ns);
        arch_wait_for_interrupt();
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
