/* SPDX-License-Identifier: Apache-2.0 */
/* time.c - clocks and sleeping. */
#include "abi/time.h"

#include "core/clock.h"
#include "core/wait.h"
#include "sys/cpuclock.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

#define CLOCK_INVALID UINT64_MAX

static uint64_t clock_read(int clock)
{
    uint64_t ns;

    if (clock_is_of_cpu(clock))
        return cpu_clock_read(clock, &ns) == 0 ? ns : CLOCK_INVALID;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        return clock_realtime_ns();
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return clock_monotonic_ns();
    default:
        return CLOCK_INVALID;
    }
}

/* A 32-bit program that gives a struct timespec of 64 bits has a long for the nanoseconds, and rubbish behind it. */
static void paddings_drop(struct timespec_user *times, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        times[i].nsec = (uint32_t)times[i].nsec;
}

int timespecs_from_user(struct timespec_user *times, unsigned count, uaddr_t address)
{
    struct timespec_32 half;

    if (!call_is_32bit()) {
        int error = copy_from_user(times, address, count * sizeof(*times));
        if (call_comes_from_i386())
            paddings_drop(times, count);
        return error;
    }
    for (unsigned i = 0; i < count; i++) {
        if (user_get(half, address + i * sizeof(half)))
            return -EFAULT;
        times[i] = (struct timespec_user){half.sec, half.nsec};
    }
    return 0;
}

int timespec_to_user(uaddr_t address, const struct timespec_user *time)
{
    const struct timespec_32 half = {(int32_t)time->sec, (int32_t)time->nsec};

    return call_is_32bit() ? user_put(address, half) : user_put(address, *time);
}

int timespecs_to_user(uaddr_t address, const struct timespec_user *times, unsigned count)
{
    size_t size = call_is_32bit() ? sizeof(struct timespec_32) : sizeof(*times);

    for (unsigned i = 0; i < count; i++)
        if (timespec_to_user(address + i * size, &times[i]) != 0)
            return -EFAULT;
    return 0;
}

int timevals_from_user(struct timeval_user *times, unsigned count, uaddr_t address)
{
    struct timespec_32 half;

    if (!call_is_32bit())
        return copy_from_user(times, address, count * sizeof(*times));
    for (unsigned i = 0; i < count; i++) {
        if (user_get(half, address + i * sizeof(half)))
            return -EFAULT;
        times[i] = (struct timeval_user){half.sec, half.nsec};
    }
    return 0;
}

static int timespec_put(uaddr_t address, uint64_t ns)
{
    struct timespec_user time = timespec_of(ns);

    return timespec_to_user(address, &time);
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
        /* A struct timeval, which has the same layout. */
        struct timespec_user time = {(int64_t)(now / NS_PER_SEC), (int64_t)(now % NS_PER_SEC / 1000)};
        if (timespec_to_user(arg[0], &time))
            return -EFAULT;
    }
    struct timezone_user zone = {0};
    return arg[1] != 0 ? user_put(arg[1], zone) : 0;
}

int64_t sys_time(const uint64_t arg[6])
{
    int64_t now = (int64_t)(clock_realtime_ns() / NS_PER_SEC);

    if (arg[0] != 0 && copy_to_user(arg[0], &now, call_is_32bit() ? sizeof(int32_t) : sizeof(now)) != 0)
        return -EFAULT;
    return now;
}

/* ---- timeouts ---- */

bool timespec_is_valid(const struct timespec_user *time)
{
    return time->sec >= 0 && time->nsec >= 0 && time->nsec < NS_PER_SEC;
}

uint64_t timeout_ns_of(const struct timespec_user *time)
{
    return time->sec >= INT64_MAX / NS_PER_SEC ? TIMEOUT_LONGEST : (uint64_t)(time->sec * NS_PER_SEC + time->nsec);
}

int timeout_read(uaddr_t address, uint64_t *ns)
{
    struct timespec_user time;

    if (timespecs_from_user(&time, 1, address) != 0)
        return -EFAULT;
    if (!timespec_is_valid(&time))
        return -EINVAL;
    *ns = timeout_ns_of(&time);
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

/* Until a clock shows end_ns: one of CPU time, or else CLOCK_MONOTONIC. 0 or -ERESTARTSYS. */
static int sleep_until(int clock, uint64_t end_ns)
{
    int error = clock_is_of_cpu(clock) ? cpu_clock_sleep(clock, end_ns) : wait_for_deadline(end_ns);

    return error == -ETIMEDOUT ? 0 : error;
}

/* The same; a signal that comes first leaves what is left at the user's address, if there is one. */
static int64_t sleep_on(struct thread *thread, int clock, uint64_t end_ns, uaddr_t remaining);

static int64_t sleep_resume(struct thread *thread)
{
    bool is_32bit = thread->call_is_32bit;

    thread->call_is_32bit = thread->restart.arg[1]; /* as the call was that it goes on with */
    int64_t result = sleep_on(thread, (int)thread->restart.arg[2], thread->restart.deadline_ns, thread->restart.arg[0]);
    thread->call_is_32bit = is_32bit;
    return result;
}

static int64_t sleep_on(struct thread *thread, int clock, uint64_t end_ns, uaddr_t remaining)
{
    uint64_t now;

    if (sleep_until(clock, end_ns) == 0)
        return 0;
    now = clock_read(clock);
    if (now >= end_ns)
        return 0;
    if (remaining != 0 && timespec_put(remaining, end_ns - now) != 0)
        return -EFAULT;
    thread->restart = (struct restart){
        .resume = sleep_resume, .deadline_ns = end_ns, .arg = {remaining, call_is_32bit(), (uint64_t)clock}};
    return -ERESTART_RESTARTBLOCK;
}

static int64_t sleep_for(int clock, uint64_t ns, uaddr_t remaining)
{
    if (!clock_is_of_cpu(clock))
        return sleep_on(current_thread(), CLOCK_MONOTONIC, deadline_after(ns), remaining);
    return sleep_on(current_thread(), clock, clock_read(clock) + ns, remaining);
}

/* Made again, it has the same end. */
static int64_t sleep_to(int clock, uint64_t ns)
{
    bool of_cpu = clock_is_of_cpu(clock);

    return sleep_until(clock, of_cpu ? ns : deadline_at(clock, ns)) != 0 ? -ERESTARTNOHAND : 0;
}

int64_t sys_nanosleep(const uint64_t arg[6])
{
    uint64_t ns;
    int error = timeout_read(arg[0], &ns);

    return error != 0 ? error : sleep_for(CLOCK_MONOTONIC, ns, arg[1]);
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
    if (clock_is_of_cpu(clock) && cpu_clock_is_mine(clock))
        return -EINVAL;
    int error = timeout_read(arg[2], &ns);
    if (error != 0)
        return error;
    return (unsigned)arg[1] & TIMER_ABSTIME ? sleep_to(clock, ns) : sleep_for(clock, ns, arg[3]);
}
