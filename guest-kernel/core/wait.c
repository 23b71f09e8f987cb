/* SPDX-License-Identifier: Apache-2.0 */
/* wait.c - with one thread, to wait is to idle until an interrupt changes something. */
#include "core/wait.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/process.h"

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
        arch_timer_set(now_ns);
        arch_wait_for_interrupt();
        arch_timer_set(UINT64_MAX);
    }
    return fatal ? signal_fatal_pending(thread) : signal_is_pending(thread);
}

int wait_until(bool (*done)(void *arg), void *arg, uint64_t deadline_ns, bool interruptible)
{
    const struct thread *thread = arch_current();
    bool timed = deadline_ns != WAIT_FOREVER;
    int result = 0;

    while (!done(arg)) {
        if (interruptible && thread && signal_is_pending(thread))
            result = -EINTR;
        else if (timed && arch_clock_ns() >= deadline_ns)
            result = -ETIMEDOUT;
        if (result)
            break;
        if (timed)
            arch_timer_set(deadline_ns);
        arch_wait_for_interrupt();
    }
    if (timed)
        arch_timer_set(UINT64_MAX);
    return result;
}
