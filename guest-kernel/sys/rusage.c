/* SPDX-License-Identifier: Apache-2.0 */
/* rusage.c - what processes have used: getrusage, times. */
#include "sys/rusage.h"

#include "abi/errno.h"
#include "abi/i386.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/tick.h"
#include "sys/syscall.h"
#include "sys/user.h"

/* ---- the calls ---- */

static int usage_put_32(const struct usage *usage, uaddr_t address)
{
    const struct i386_rusage out = {
        .utime_sec = (int32_t)(usage->cpu.user_ns / NS_PER_SEC),
        .utime_usec = (int32_t)(usage->cpu.user_ns % NS_PER_SEC / 1000),
        .stime_sec = (int32_t)(usage->cpu.system_ns / NS_PER_SEC),
        .stime_usec = (int32_t)(usage->cpu.system_ns % NS_PER_SEC / 1000),
        .maxrss = (int32_t)(usage->resident_most * (PAGE_SIZE / 1024)),
        .minflt = (int32_t)(usage->page_faults - usage->major_faults),
        .majflt = (int32_t)usage->major_faults,
        .nvcsw = (int32_t)usage->waits,
        .nivcsw = (int32_t)usage->preemptions,
    };

    return user_put(address, out);
}

static struct timeval_user timeval_of(uint64_t ns)
{
    return (struct timeval_user){(int64_t)(ns / NS_PER_SEC), (int64_t)(ns % NS_PER_SEC / 1000)};
}

int usage_put(const struct usage *usage, uaddr_t address)
{
    const struct rusage_user out = {
        .utime = timeval_of(usage->cpu.user_ns),
        .stime = timeval_of(usage->cpu.system_ns),
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

    tick_want();
    switch ((int)arg[0]) {
    case RUSAGE_CHILDREN:
        usage = process->children_used;
        break;
    case RUSAGE_SELF:
        usage_get(process, &usage);
        break;
    case RUSAGE_THREAD:
        usage_get_thread(current_thread(), &usage);
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

    tick_want();
    usage_get(current_process(), &usage);
    usage_ticks(&usage, &times.utime, &times.stime);
    usage_ticks(&current_process()->children_used, &times.cutime, &times.cstime);
    if (arg[0] != 0 && times_put(&times, arg[0]) != 0)
        return -EFAULT;
    return (int64_t)(clock_monotonic_ns() / (NS_PER_SEC / USER_HZ));
}
