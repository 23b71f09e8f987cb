/* SPDX-License-Identifier: Apache-2.0 */
/* alarm.c - setitimer, getitimer and alarm: a signal after a time, or after CPU time. */
#include "sys/exit.h"

#include "abi/i386.h"
#include "abi/signal.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/cputimer.h"
#include "core/outside.h"
#include "core/signal.h"
#include "core/tick.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

struct itimer_user {
    struct timeval_user interval, value;
};

static struct timeval_user timeval_of(uint64_t ns)
{
    return (struct timeval_user){.sec = (int64_t)(ns / NS_PER_SEC), .usec = (int64_t)(ns % NS_PER_SEC / 1000)};
}

/* What is left until the alarm, 0 if it isn't set. One that is due but not delivered shows the least. */
static uint64_t alarm_left(const struct timer *timer)
{
    uint64_t now = clock_monotonic_ns();

    if (!timer->is_set)
        return 0;
    return timer->deadline_ns > now + 1000 ? timer->deadline_ns - now : 1000;
}

/* The next time that is still to come. What was missed meanwhile isn't made up for: a signal is pending once. */
static uint64_t after_missed(uint64_t deadline_ns, uint64_t now_ns, uint64_t interval_ns)
{
    uint64_t missed = now_ns > deadline_ns ? (now_ns - deadline_ns) / interval_ns : 0;

    return deadline_ns + (missed + 1) * interval_ns;
}

static void alarm_expired(struct timer *timer)
{
    struct process *process = container_of(timer, struct process, alarm);
    uint64_t interval_ns = process->alarm_interval_ns;

    outside_heard();
    if (interval_ns != 0)
        timer_set(timer, after_missed(timer->deadline_ns, clock_monotonic_ns(), interval_ns));
    signal_send(process, SIGALRM);
}

static void alarm_set(uint64_t value_ns, uint64_t interval_ns)
{
    struct process *process = current_process();

    process->alarm_interval_ns = interval_ns;
    process->alarm.expired = alarm_expired;
    timer_set(&process->alarm, value_ns != 0 ? deadline_after(value_ns) : TIMER_NEVER);
}

/* ---- of CPU time: of the user's part, which goes on with each tick, and of all, which is exact ---- */

static bool is_virtual(unsigned index)
{
    return index == 0;
}

static uint64_t cpu_alarm_now(const struct process *process, unsigned index)
{
    return is_virtual(index) ? process_user_ns(process) : process_cpu_ns(process);
}

static void cpu_alarm_start(struct process *process, unsigned index, uint64_t deadline_ns)
{
    struct cpu_timer *timer = &process->cpu_alarm[index].timer;

    if (!is_virtual(index)) {
        cputimer_set(timer, process, NULL, deadline_ns);
        return;
    }
    cputimer_set_user(timer, process, deadline_ns);
    tick_want();
}

#define CPU_LEAST_NS 1000000u /* between two: Linux looks at ticks */

/* As alarm_expired; what expires faster than the signal can be sent would let nobody run. */
static void cpu_alarm_expired(struct process *process, unsigned index, int signal)
{
    struct cpu_timer *timer = &process->cpu_alarm[index].timer;
    uint64_t interval_ns = process->cpu_alarm[index].interval_ns, now_ns = cpu_alarm_now(process, index), next_ns;

    if (interval_ns != 0) {
        next_ns = after_missed(timer->deadline_ns, now_ns, interval_ns);
        cpu_alarm_start(process, index, next_ns > now_ns + CPU_LEAST_NS ? next_ns : now_ns + CPU_LEAST_NS);
    }
    signal_send(process, signal);
}

static void virtual_expired(struct cpu_timer *timer)
{
    cpu_alarm_expired(container_of(timer, struct process, cpu_alarm[0].timer), 0, SIGVTALRM);
}

static void prof_expired(struct cpu_timer *timer)
{
    cpu_alarm_expired(container_of(timer, struct process, cpu_alarm[1].timer), 1, SIGPROF);
}

/* As alarm_left. */
static uint64_t cpu_alarm_left(const struct process *process, unsigned index)
{
    const struct cpu_timer *timer = &process->cpu_alarm[index].timer;
    uint64_t now_ns = cpu_alarm_now(process, index);

    if (!cputimer_is_set(timer))
        return 0;
    return timer->deadline_ns > now_ns + 1000 ? timer->deadline_ns - now_ns : 1000;
}

/* A part of a tick has gone by already, so that there is one more, as on Linux. */
static void cpu_alarm_set(unsigned index, uint64_t value_ns, uint64_t interval_ns)
{
    struct process *process = current_process();
    struct cpu_timer *timer = &process->cpu_alarm[index].timer;

    process->cpu_alarm[index].interval_ns = interval_ns;
    timer->expired = index == 0 ? virtual_expired : prof_expired;
    if (value_ns != 0)
        cpu_alarm_start(process, index, cpu_alarm_now(process, index) + value_ns + (is_virtual(index) ? TICK_NS : 0));
    else
        cputimer_cancel(timer);
}

void alarms_end(struct process *process)
{
    timer_cancel(&process->alarm);
    cputimer_process_ends(process);
}

/* ---- the calls ---- */

/* In the caller's form. 0 or -EFAULT. */
static int itimer_get(struct itimer_user *user, uaddr_t address)
{
    struct i386_itimer half;

    if (!call_is_32bit())
        return copy_from_user(user, address, sizeof(*user));
    if (user_get(half, address))
        return -EFAULT;
    *user = (struct itimer_user){{half.interval_sec, half.interval_usec}, {half.value_sec, half.value_usec}};
    return 0;
}

static int itimer_put(const struct itimer_user *user, uaddr_t address)
{
    const struct i386_itimer half = {(int32_t)user->interval.sec, (int32_t)user->interval.usec,
                                     (int32_t)user->value.sec, (int32_t)user->value.usec};

    return call_is_32bit() ? user_put(address, half) : user_put(address, *user);
}

static int64_t timer_put(int which, uaddr_t address)
{
    const struct process *process = current_process();
    unsigned index = (unsigned)which - ITIMER_VIRTUAL;
    uint64_t value_ns = which == ITIMER_REAL ? alarm_left(&process->alarm) : cpu_alarm_left(process, index);
    const struct itimer_user user = {
        .value = timeval_of(value_ns),
        .interval =
            timeval_of(which == ITIMER_REAL ? process->alarm_interval_ns : process->cpu_alarm[index].interval_ns),
    };

    return itimer_put(&user, address);
}

int64_t sys_getitimer(const uint64_t arg[6])
{
    int which = (int)arg[0];

    return which < ITIMER_REAL || which > ITIMER_PROF ? -EINVAL : timer_put(which, arg[1]);
}

/* 0 or -EINVAL. Too long a time is cut. */
static int ns_of(const struct timeval_user *time, uint64_t *ns)
{
    if (time->sec < 0 || time->usec < 0 || time->usec >= 1000000)
        return -EINVAL;
    *ns = time->sec >= INT64_MAX / NS_PER_SEC ? TIMEOUT_LONGEST
                                              : (uint64_t)time->sec * NS_PER_SEC + (uint64_t)time->usec * 1000;
    return 0;
}

int64_t sys_setitimer(const uint64_t arg[6])
{
    struct itimer_user user = {{0, 0}, {0, 0}};
    uint64_t value, interval;
    int which = (int)arg[0];

    if (arg[1] != 0 && itimer_get(&user, arg[1]) != 0)
        return -EFAULT;
    if (ns_of(&user.value, &value) != 0 || ns_of(&user.interval, &interval) != 0)
        return -EINVAL;
    if (which < ITIMER_REAL || which > ITIMER_PROF)
        return -EINVAL;
    if (arg[2] != 0 && timer_put(which, arg[2]) != 0)
        return -EFAULT;
    if (which == ITIMER_REAL)
        alarm_set(value, interval);
    else
        cpu_alarm_set((unsigned)which - ITIMER_VIRTUAL, value, interval);
    return 0;
}

/* In whole seconds, of which less than one and a half are one. */
int64_t sys_alarm(const uint64_t arg[6])
{
    uint64_t left = alarm_left(&current_process()->alarm), seconds = left / NS_PER_SEC;

    if (left % NS_PER_SEC >= NS_PER_SEC / 2 || (left != 0 && seconds == 0))
        seconds++;
    alarm_set((uint64_t)(uint32_t)arg[0] * NS_PER_SEC, 0);
    return (int64_t)seconds;
}
