/* SPDX-License-Identifier: Apache-2.0 */
/* time.c - clocks and sleeping. */
#include "abi/time.h"

#include "core/clock.h"
#include "core/wait.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

#define CLOCK_INVALID UINT64_MAX

/* CPU time isn't accounted yet: the clocks of it show the time since boot, which is the most it can be. */
static uint64_t clock_read(int clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        return clock_realtime_ns();
    case CLOCK_MONOTONIC:
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return clock_monotonic_ns();
    default:
        return CLOCK_INVALID;
    }
}

static int timespec_put(uaddr_t address, uint64_t ns)
{
    struct timespec_user time = {.sec = (int64_t)(ns / NS_PER_SEC), .nsec = (int64_t)(ns % NS_PER_SEC)};

    return user_put(address, time);
}

int64_t sys_clock_gettime(const uint64_t arg[6])
{
    uint64_t now = clock_read((int)arg[0]);

    return now == CLOCK_INVALID ? -EINVAL : timespec_put(arg[1], now);
}

int64_t sys_clock_getres(const uint64_t arg[6])
{
    if (clock_read((int)arg[0]) == CLOCK_INVALID)
        return -EINVAL;
    return arg[1] != 0 ? timespec_put(arg[1], 1) : 0;
}

int64_t sys_gettimeofday(const uint64_t arg[6])
{
    if (arg[0] != 0) {
        uint64_t now = clock_realtime_ns();
        struct timeval_user time = {
            .sec = (int64_t)(now / NS_PER_SEC),
            .usec = (int64_t)(now % NS_PER_SEC / 1000),
        };
        if (user_put(arg[0], time))
            return -EFAULT;
    }
    struct timezone_user zone = {0};
    return arg[1] != 0 ? user_put(arg[1], zone) : 0;
}

int64_t sys_time(const uint64_t arg[6])
{
    int64_t now = (int64_t)(clock_realtime_ns() / NS_PER_SEC);

    if (arg[0] != 0 && user_put(arg[0], now))
        return -EFAULT;
    return now;
}

/* ---- timeouts ---- */

int timeout_read(uaddr_t address, uint64_t *ns)
{
    struct timespec_user time;

    if (user_get(time, address))
        return -EFAULT;
    if (time.sec < 0 || time.nsec < 0 || time.nsec >= NS_PER_SEC)
        return -EINVAL;
    *ns = time.sec >= INT64_MAX / NS_PER_SEC ? TIMEOUT_LONGEST : (uint64_t)(time.sec * NS_PER_SEC + time.nsec);
    return 0;
}

uint64_t deadline_after(uint64_t ns)
{
    uint64_t now = clock_monotonic_ns();

    return ns >= TIMEOUT_LONGEST - now ? TIMEOUT_LONGEST : now + ns;
}

uint64_t deadline_at(int clock, uint64_t ns)
{
    uint64_t now = clock_read(clock);

    return deadline_after(ns > now ? ns - now : 0);
}

int timeout_deadline(uaddr_t address, uint64_t *deadline_ns)
{
    uint64_t ns;
    int error;

    *deadline_ns = WAIT_FOREVER;
    if (address == 0)
        return 0;
    error = timeout_read(address, &ns);
    if (error == 0)
        *deadline_ns = deadline_after(ns);
    return error;
}

/* 0 or -ERESTARTSYS. */
static int sleep_until(uint64_t deadline_ns)
{
    int error = wait_until(wait_never, NULL, deadline_ns, true);

    return error == -ETIMEDOUT ? 0 : error;
}

/* Sleeps until a deadline; a signal that comes first leaves what is left at the user's address, if there is one. */
static int64_t sleep_on(struct thread *thread, uint64_t deadline_ns, uaddr_t remaining);

static int64_t sleep_resume(struct thread *thread)
{
    return sleep_on(thread, thread->restart.deadline_ns, thread->restart.arg[0]);
}

static int64_t sleep_on(struct thread *thread, uint64_t deadline_ns, uaddr_t remaining)
{
    uint64_t now;

    if (sleep_until(deadline_ns) == 0)
        return 0;
    now = clock_monotonic_ns();
    if (now >= deadline_ns)
        return 0;
    if (remaining != 0 && timespec_put(remaining, deadline_ns - now) != 0)
        return -EFAULT;
    thread->restart = (struct restart){.resume = sleep_resume, .deadline_ns = deadline_ns, .arg = {remaining}};
    return -ERESTART_RESTARTBLOCK;
}

static int64_t sleep_for(uint64_t ns, uaddr_t remaining)
{
    return sleep_on(current_thread(), deadline_after(ns), remaining);
}

/* Made again, it has the same end. */
static int64_t sleep_to(int clock, uint64_t ns)
{
    return sleep_until(deadline_at(clock, ns)) != 0 ? -ERESTARTNOHAND : 0;
}

int64_t sys_nanosleep(const uint64_t arg[6])
{
    uint64_t ns;
    int error = timeout_read(arg[0], &ns);

    return error != 0 ? error : sleep_for(ns, arg[1]);
}

int64_t sys_clock_nanosleep(const uint64_t arg[6])
{
    int clock = (int)arg[0];
    uint64_t ns;

    if (clock_read(clock) == CLOCK_INVALID)
        return -EINVAL;
    if (clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
        clock == CLOCK_THREAD_CPUTIME_ID)
        return -EOPNOTSUPP;
    int error = timeout_read(arg[2], &ns);
    if (error != 0)
        return error;
    return (unsigned)arg[1] & TIMER_ABSTIME ? sleep_to(clock, ns) : sleep_for(ns, arg[3]);
}
