/* SPDX-License-Identifier: Apache-2.0 */
/* accounting.c - see accounting.h. */
#include "core/accounting.h"

#include "abi/time.h"
#include "core/cputimer.h"
#include "core/sched.h"
#include "core/tick.h"
#include "mm/space.h"

void usage_add(struct usage *usage, const struct usage *more)
{
    usage->cpu.user_ns += more->cpu.user_ns;
    usage->cpu.system_ns += more->cpu.system_ns;
    usage->page_faults += more->page_faults;
    usage->major_faults += more->major_faults;
    usage->waits += more->waits;
    usage->preemptions += more->preemptions;
    io_counts_add(&usage->io, &more->io);
    if (more->resident_most > usage->resident_most)
        usage->resident_most = more->resident_most;
}

static void thread_add(struct usage *usage, const struct thread *thread)
{
    const struct usage own = {
        .page_faults = thread->page_faults,
        .major_faults = thread->major_faults,
        .waits = thread->sched.waits,
        .preemptions = thread->sched.preemptions,
        .io = thread->io,
    };

    usage_add(usage, &own);
}

static uint64_t resident_most(const struct process *process)
{
    uint64_t ended = process->ended_used.resident_most;
    uint64_t most = process->space != NULL ? space_resident_most(process->space) : 0;

    return most > ended ? most : ended;
}

void usage_get(struct process *process, struct usage *usage)
{
    *usage = process->ended_used;
    tick_split(&process->cpu_told, &process->ticks, process_cpu_ns(process));
    usage->cpu = process->cpu_told;
    for_each_thread(process, thread) thread_add(usage, thread);
    usage->resident_most = resident_most(process);
}

void usage_get_thread(struct thread *thread, struct usage *usage)
{
    *usage = (struct usage){0};
    thread_add(usage, thread);
    tick_split(&thread->cpu_told, &thread->ticks, sched_cpu_ns(thread));
    usage->cpu = thread->cpu_told;
    usage->resident_most = resident_most(thread->process);
}

void usage_space_left(struct process *process)
{
    process->ended_used.resident_most = resident_most(process);
}

void usage_ticks(const struct usage *usage, int64_t *user, int64_t *system)
{
    *user = (int64_t)(usage->cpu.user_ns / (NS_PER_SEC / USER_HZ));
    *system = (int64_t)(usage->cpu.system_ns / (NS_PER_SEC / USER_HZ));
}
