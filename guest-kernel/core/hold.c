/* SPDX-License-Identifier: Apache-2.0 */
/* hold.c - see hold.h. What a hold was for is told by what it began with, though others may have come in its turn. */
#include "core/hold.h"

#ifdef GK_CHECKS

#include "core/cpu.h"
#include "core/log.h"

/* A signal to thousands of processes, and their ends in a row, take 35,000 (tests/cli/hold.sh). A step is some four
 * instructions. */
#define HOLD_STEPS_MAX 1000000u

struct hold {
    uint64_t steps, number, calls; /* number: of the system call, if it is one; calls: of its process before */
    const struct process *process;
    bool is_open, goes_on, is_call;
    char name[16]; /* of the thread */
};

static struct hold holds[ARCH_CPUS_MAX], longest;
static uint64_t most = HOLD_STEPS_MAX;
static bool is_watched;

void hold_watch(uint64_t steps_max)
{
    if (steps_max != 0)
        most = steps_max;
    is_watched = true;
}

void hold_begin(bool goes_on)
{
    const struct cpu *cpu = cpu_this();
    const struct thread *thread = cpu->current;
    struct hold *hold = &holds[cpu->number];

    hold->goes_on = goes_on;
    hold->process = thread->process;
    hold->calls = thread->process->system_calls;
    hold->number = arch_syscall_number(&thread->frame);
    __builtin_memcpy(hold->name, thread->name, sizeof(hold->name));
    hold->steps = 0;
    hold->is_open = true;
}

void hold_end(void)
{
    const struct cpu *cpu = cpu_this();
    struct hold *hold = &holds[cpu->number];

    if (!hold->is_open)
        return;
    hold->is_open = false;
    if (hold->steps <= longest.steps)
        return;
    longest = *hold;
    longest.is_call = cpu->current->process == hold->process && hold->process->system_calls != hold->calls;
}

static const char *what_of(const struct hold *hold)
{
    return hold->goes_on   ? "after it gave way in system call"
           : hold->is_call ? "system call"
                           : "a fault or interrupt, or the end of";
}

void hold_tell(void)
{
    is_watched = false;
    if (longest.steps != 0)
        log_info("the kernel was held for up to %lu steps: %s, %s %lu", (unsigned long)longest.steps, longest.name,
                 what_of(&longest), (unsigned long)longest.number);
}

/* The compiler's call at each step. Other CPUs' steps, which are in user mode or wait for the lock, aren't a hold's. */
void __sanitizer_cov_trace_pc(void); /* NOLINT(bugprone-reserved-identifier): the compiler's name */
void __sanitizer_cov_trace_pc(void)  /* NOLINT(bugprone-reserved-identifier) */
{
    struct hold *hold;

    if (!is_watched)
        return;
    hold = &holds[cpu_this()->number];
    if (!hold->is_open || ++hold->steps <= most)
        return;
    is_watched = false; /* the panic's own steps */
    hold->is_call = cpu_this()->current->process == hold->process && hold->process->system_calls != hold->calls;
    panic("the kernel was held for more than %lu steps: %s, %s %lu: a loop in it has to call wait_loop_ends",
          (unsigned long)most, hold->name, what_of(hold), (unsigned long)hold->number);
}

#endif
