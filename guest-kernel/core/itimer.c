/* SPDX-License-Identifier: Apache-2.0 */
/* itimer.c - the process's alarm. */
#include "core/itimer.h"

#include "abi/signal.h"
#include "arch/arch.h"
#include "core/signal.h"

static bool is_set(const struct itimer *timer)
{
    return timer->deadline_ns != 0 && timer->deadline_ns != ITIMER_OFF;
}

void itimer_arm(uint64_t deadline_ns)
{
    const struct thread *thread = arch_current();

    if (thread != NULL && is_set(&thread->process->alarm) && thread->process->alarm.deadline_ns < deadline_ns)
        deadline_ns = thread->process->alarm.deadline_ns;
    arch_timer_set(deadline_ns);
}

void itimer_check(void)
{
    struct thread *thread = arch_current();
    struct itimer *timer;
    uint64_t now;

    if (thread == NULL || !is_set(&thread->process->alarm))
        return;
    timer = &thread->process->alarm;
    now = arch_clock_ns();
    if (now >= timer->deadline_ns) {
        /* What was missed meanwhile isn't made up for: a signal is pending once. */
        uint64_t missed = timer->interval_ns != 0 ? (now - timer->deadline_ns) / timer->interval_ns + 1 : 0;

        timer->deadline_ns = missed != 0 ? timer->deadline_ns + missed * timer->interval_ns : ITIMER_OFF;
        signal_send(thread->process, SIGALRM);
    }
    itimer_arm(ITIMER_OFF); /* the interrupt may have been an earlier one's */
}
