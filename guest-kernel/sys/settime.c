/* SPDX-License-Identifier: Apache-2.0 */
/* settime.c - setting the guest's realtime clock: clock_settime(2), settimeofday(2), stime(2). The host's isn't
 * touched. */
#include "abi/time.h"
#include "core/clock.h"
#include "sys/cpuclock.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

/* As far as Linux lets it go: not below what the monotonic clock shows. */
static int64_t set(int64_t sec, int64_t nsec)
{
    uint64_t ns;

    if (sec < 0 || sec >= CLOCK_SECONDS_MAX || nsec < 0 || nsec >= NS_PER_SEC)
        return -EINVAL;
    ns = (uint64_t)sec * NS_PER_SEC + (uint64_t)nsec;
    if (!cred_has(&current_thread()->cred, CAP_SYS_TIME))
        return -EPERM;
    if (ns < clock_monotonic_ns())
        return -EINVAL;
    clock_realtime_set(ns);
    return 0;
}

int64_t sys_clock_settime(const uint64_t arg[6])
{
    struct timespec_user time;
    uint64_t ns;

    if ((int)arg[0] < 0) /* another process's or thread's CPU time */
        return cpu_clock_read((int)arg[0], &ns) == 0 ? -EPERM : -EINVAL;
    if ((int)arg[0] != CLOCK_REALTIME)
        return -EINVAL;
    if (timespecs_from_user(&time, 1, arg[1]))
        return -EFAULT;
    return set(time.sec, time.nsec);
}

/* The time zone is the kernel's on Linux; here there is none. */
int64_t sys_settimeofday(const uint64_t arg[6])
{
    struct timespec_user time; /* a struct timeval, which has the same layout */
    struct timezone_user zone;

    if (arg[0] != 0) {
        if (timespecs_from_user(&time, 1, arg[0]))
            return -EFAULT;
        if (time.nsec < 0 || time.nsec > 1000000)
            return -EINVAL;
    }
    if (arg[1] != 0 && user_get(zone, arg[1]))
        return -EFAULT;
    if (arg[0] != 0 && (time.sec < 0 || time.nsec == 1000000))
        return -EINVAL;
    if (!cred_has(&current_thread()->cred, CAP_SYS_TIME))
        return -EPERM;
    if (arg[1] != 0 && (zone.minutes_west > 15 * 60 || zone.minutes_west < -15 * 60))
        return -EINVAL;
    return arg[0] != 0 ? set(time.sec, time.nsec * 1000) : 0;
}

#ifdef ISA_HAS_I386

int64_t sys_i386_stime(const uint64_t arg[6])
{
    int32_t seconds;

    return user_get(seconds, arg[0]) ? -EFAULT : set(seconds, 0);
}

#endif
