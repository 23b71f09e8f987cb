/* SPDX-License-Identifier: Apache-2.0 */
/* cpuclock.c - see cpuclock.h. */
#include "sys/cpuclock.h"

#include "abi/errno.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "core/pid.h"
#include "core/cputimer.h"
#include "core/sched.h"
#include "core/wait.h"

#define LOOK_AGAIN_NS 1000000ull /* at least so far apart, however little is missing */

/* Linux's (posix-timers.h): the complement of a number in the upper bits, below it what is counted. */
enum { CLOCK_KIND_MASK = 3, CLOCK_KIND_OF_DEVICE = 3, CLOCK_OF_THREAD = 4, CLOCK_NUMBER_SHIFT = 3 };

bool clock_is_of_cpu(int clock)
{
    if (clock >= 0)
        return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
    return (clock & CLOCK_KIND_MASK) != CLOCK_KIND_OF_DEVICE;
}

static bool is_of_thread(int clock)
{
    return clock >= 0 ? clock == CLOCK_THREAD_CPUTIME_ID : (clock & CLOCK_OF_THREAD) != 0;
}

static int number_of(int clock)
{
    return clock >= 0 ? 0 : ~(clock >> CLOCK_NUMBER_SHIFT);
}

int cpu_clock_read(int clock, uint64_t *ns)
{
    int number = number_of(clock);

    if (is_of_thread(clock)) { /* of the caller's process only */
        const struct thread *thread = number == 0 ? current_thread() : thread_find(number);

        if (thread == NULL || thread->process != current_thread()->process)
            return -EINVAL;
        *ns = sched_cpu_ns(thread);
    } else {
        const struct process *process = number == 0 ? current_thread()->process : process_find(number);

        if (process == NULL)
            return -EINVAL;
        *ns = process_cpu_ns(process);
    }
    return 0;
}

bool cpu_clock_is_mine(int clock)
{
    return is_of_thread(clock) && (number_of(clock) == 0 || number_of(clock) == current_thread()->tid);
}

/* It can't show the time before as much has passed, or as much as all CPUs give together. */
int cpu_clock_sleep(int clock, uint64_t end_ns)
{
    uint64_t now_ns;
    int error = -ETIMEDOUT;

    while (error == -ETIMEDOUT) {
        if (cpu_clock_read(clock, &now_ns) != 0 || now_ns >= end_ns)
            return 0;
        uint64_t left_ns = (end_ns - now_ns) / (is_of_thread(clock) ? 1 : cpu_count);
        if (left_ns < LOOK_AGAIN_NS)
            left_ns = LOOK_AGAIN_NS;
        uint64_t most_ns = WAIT_FOREVER - 1 - clock_monotonic_ns();
        error = wait_for_deadline(clock_monotonic_ns() + (left_ns < most_ns ? left_ns : most_ns));
    }
    return error;
}
