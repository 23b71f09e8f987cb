/* SPDX-License-Identifier: Apache-2.0 */
/* rusage.c - what processes have used: getrusage, times. All CPU time counts as the program's own. */
#include "sys/rusage.h"

#include "abi/errno.h"
#include "abi/i386.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/sched.h"
#include "core/threads.h"
#include "sys/syscall.h"
#include "sys/user.h"

void usage_add(struct usage *usage, const struct usage *more)
{
    usage->cpu_ns += more->cpu_ns;
    usage->page_faults += more->page_faults;
    usage->major_faults += more->major_faults;
    usage->waits += more->waits;
    usage->preemptions += more->preemptions;
    if (more->resident_most > usage->resident_most)
        usage->resident_most = more->resident_most;
}

static void thread_add(struct usage *usage, const struct thread *thread)
{
    const struct usage own = {
        .cpu_ns = sched_cpu_ns(thread),
        .page_faults = thread->page_faults,
        .major_faults = thread->major_faults,
        .waits = thread->sched.waits,
        .preemptions = thread->sched.preemptions,
    };

    usage_add(usage, &own);
}

static uint64_t resident_most(const struct process *process)
{
    uint64_t most = process->ended_used.resident_most;

    return process->space != NULL && process->space->resident_pages > most ? process->space->resident_pages : most;
}

void usage_get(const struct process *process, struct usage *usage)
{
    *usage = process->ended_used;
    usage->cpu_ns = process->ended_cpu_ns;
    for_each_thread(process, thread) thread_add(usage, thread);
    usage->resident_most = resident_most(process);
}

void usage_space_left(struct process *process)
{
    if (process->space->resident_pages > process->ended_used.resident_most)
        process->ended_used.resident_most = process->space->resident_pages;
}

void usage_ticks(const struct usage *usage, int64_t *user, int64_t *system)
{
    *user = (int64_t)(usage->cpu_ns / (NS_PER_SEC / USER_HZ));
    *system = 0;
}

/* ---- the calls ---- */

static int usage_put_32(const struct usage *usage, uaddr_t address)
{
    const struct i386_rusage out = {
        .utime_sec = (int32_t)(usage->cpu_ns / NS_PER_SEC),
        .utime_usec = (int32_t)(usage->cpu_ns % NS_PER_SEC / 1000),
        .maxrss = (int32_t)(usage->resident_most * (PAGE_SIZE / 1024)),
        .minflt = (int32_t)(usage->page_faults - usage->major_faults),
        .majflt = (int32_t)usage->major_faults,
        .nvcsw = (int32_t)usage->waits,
        .nivcsw = (int32_t)usage->preemptions,
    };

    return user_put(address, out);
}

int usage_put(const struct usage *usage, uaddr_t address)
{
    const struct rusage_user out = {
        .utime = {(int64_t)(usage->cpu_ns / NS_PER_SEC), (int64_t)(usage->cpu_ns % NS_PER_SEC / 1000)},
        .maxrss = (int64_t)(usage->resident_most * (PAGE_SIZE / 1024)),
        .minflt = (int64_t)(usage->page_faults - usage->major_faults),
        .majflt = (int64_t)usage->major_faults,
        .nvcsw = (int64_t)usage->waits,
        .nivcsw = (int64_t)usage->preemptions,
    };

    return call_is_32bit() ? usage_put_32(usage, address) : user_put(address, out);
}

enum { RUSAGE_CHILDREN = -1, RUSAGE_SELF = 0, RUSAGE_THREAD = 1 };

int64_t sys_getrusage(const uint64_t arg[6])
{
    struct process *process = current_process();
    struct usage usage = {0};

    switch ((int)arg[0]) {
    case RUSAGE_CHILDREN:
        usage = process->children_used;
        break;
    case RUSAGE_SELF:
        usage_get(process, &usage);
        break;
    case RUSAGE_THREAD:
        thread_add(&usage, current_thread());
        usage.resident_most = resident_most(process);
        break;
    default:
        return -EINVAL;
    }
    return usage_put(&usage, arg[1]);
}

static int times_put(const struct tms_user *times, uaddr_t address)
{
    const int32_t half[4] = {(int32_t)times->utime, (int32_t)times->stime, (int32_t)times->cutime,
                             (int32_t)times->cstime};

    return call_is_32bit() ? user_put(address, half) : user_put(address, *times);
}

int64_t sys_times(const uint64_t arg[6])
{
    struct tms_user times;
    struct usage usage;

    usage_get(current_process(), &usage);
    usage_ticks(&usage, &times.utime, &times.stime);
    usage_ticks(&current_process()->children_used, &times.cutime, &times.cstime);
    if (arg[0] != 0 && times_put(&times, arg[0]) != 0)
        return -EFAULT;
    return (int64_t)(clock_monotonic_ns() / (NS_PER_SEC / USER_HZ));
}
