/* SPDX-License-Identifier: Apache-2.0 */
/* hold.c - see hold.h. What a hold was for is told by what it began with, though others may have come in its turn. */
#include "core/hold.h"

#ifdef GK_CHECKS

#include "core/log.h"

struct hold {
    uint64_t begin_ns, ns, number, calls; /* number: of the system call, if it is one; calls: of its process before */
    const struct process *process;
    bool goes_on, is_call;
    char name[16]; /* of the thread */
};

static struct hold holds[ARCH_CPUS_MAX], longest;

void hold_begin(const struct cpu *cpu, bool goes_on)
{
    struct hold *hold = &holds[cpu->number];
    const struct thread *thread = cpu->current;

    hold->goes_on = goes_on;
    hold->process = thread->process;
    hold->calls = thread->process->system_calls;
    hold->number = arch_syscall_number(&thread->frame);
    __builtin_memcpy(hold->name, thread->name, sizeof(hold->name));
    hold->begin_ns = arch_clock_ns();
}

void hold_end(const struct cpu *cpu)
{
    struct hold *hold = &holds[cpu->number];

    if (hold->begin_ns == 0)
        return;
    hold->ns = arch_clock_ns() - hold->begin_ns;
    hold->begin_ns = 0;
    if (hold->ns <= longest.ns)
        return;
    longest = *hold;
    longest.is_call = cpu->current->process == hold->process && hold->process->system_calls != hold->calls;
}

void hold_tell(void)
{
    if (longest.ns != 0)
        log_info("the kernel lock was kept for up to %lu us: %s, %s %lu", (unsigned long)(longest.ns / 1000),
                 longest.name,
                 longest.goes_on   ? "after a wait in system call"
                 : longest.is_call ? "system call"
                                   : "a fault or interrupt, or the end of",
                 (unsigned long)longest.number);
}

#endif
