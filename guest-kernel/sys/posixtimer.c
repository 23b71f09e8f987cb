/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posixtimer.c - timers that programs make: timer_create and its like.
 *
 * A timer has one signal: as long as that waits the timer isn't set again, and when it is taken, the times that have
 * passed meanwhile are counted as overruns (timer_getoverrun(2)). So one that is faster than its program costs nothing.
 */
#include "abi/errno.h"
#include "abi/signal.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/cputimer.h"
#include "core/news.h"
#include "core/pid.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/sigqueue.h"
#include "mm/kmalloc.h"
#include "sys/exit.h"
#include "sys/sigevent.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

#define IGNORED_LEAST_NS 1000000 /* how often one at most expires whose signal is ignored */

struct posix_timer {
    struct posix_timer *next;
    struct process *process;
    int id, clock, notify;
    struct pid *target;   /* SIGEV_THREAD_ID; one reference. NULL: the process */
    struct pid *cpu_of;   /* a thread's or process's CPU time; one reference. NULL: a clock */
    bool cpu_of_thread;   /* the thread's */
    struct timer timer;   /* of a clock: the monotonic time */
    struct cpu_timer cpu; /* of CPU time */
    bool is_active;       /* set, or its signal waits; not so with SIGEV_NONE */
    int64_t expires_ns;   /* in the time that counts; before its beginning, too */
    uint64_t interval_ns;
    int64_t overrun, overrun_last;
    struct signal_entry entry;
};

/* ---- the time that counts ---- */

static int64_t now_of(const struct posix_timer *timer)
{
    const struct pid *pid = timer->cpu_of;

    if (pid == NULL)
        return (int64_t)clock_monotonic_ns();
    if (timer->cpu_of_thread)
        return pid->thread != NULL ? (int64_t)sched_cpu_ns(pid->thread) : timer->expires_ns;
    return pid->process != NULL ? (int64_t)process_cpu_ns(pid->process) : timer->expires_ns;
}

/* Whose CPU time it counts has ended: it doesn't pass any more. */
static bool cpu_is_over(const struct posix_timer *timer)
{
    const struct pid *pid = timer->cpu_of;

    return timer->cpu_of_thread ? pid->thread == NULL : pid->process == NULL || pid->process->exiting;
}

static void arm(struct posix_timer *timer, int64_t expires_ns)
{
    uint64_t at_ns = expires_ns > 0 ? (uint64_t)expires_ns : 0;

    if (timer->notify == SIGEV_NONE)
        return;
    if (timer->cpu_of == NULL)
        timer_set(&timer->timer, at_ns);
    else if (!cpu_is_over(timer))
        cputimer_set(&timer->cpu, timer->cpu_of->process, timer->cpu_of_thread ? timer->cpu_of->thread : NULL, at_ns);
}

static void disarm(struct posix_timer *timer)
{
    timer_cancel(&timer->timer);
    cputimer_cancel(&timer->cpu);
    sigqueue_remove_entry(&timer->entry);
    timer->is_active = false;
}

/* On to the first time that is still to come: how many have passed. */
static int64_t forward(struct posix_timer *timer)
{
    int64_t now_ns = now_of(timer), interval_ns = (int64_t)timer->interval_ns, passed;

    if (now_ns < timer->expires_ns)
        return 0;
    passed = (now_ns - timer->expires_ns) / interval_ns + 1;
    if (__builtin_add_overflow(timer->expires_ns, passed * interval_ns, &timer->expires_ns))
        timer->expires_ns = INT64_MAX;
    return passed;
}

/* ---- the signal ---- */

static void entry_left(struct signal_entry *entry, struct signal_info *info)
{
    struct posix_timer *timer = container_of(entry, struct posix_timer, entry);

    if (timer->interval_ns == 0) {
        timer->overrun_last = 0;
        timer->is_active = false;
    } else {
        timer->overrun_last = timer->overrun + forward(timer);
        timer->overrun = -1;
        arm(timer, timer->expires_ns);
    }
    if (info != NULL)
        info->timer.overrun = timer->overrun_last > INT32_MAX ? INT32_MAX : (int32_t)timer->overrun_last;
}

static void expire(struct posix_timer *timer)
{
    struct thread *thread = timer->target != NULL ? timer->target->thread : NULL;
    int64_t least_ns;

    if (timer->target != NULL && thread == NULL)
        return; /* nobody is there */
    if (timer->entry.queue != NULL || signal_send_entry(timer->process, thread, &timer->entry))
        return;
    if (timer->interval_ns == 0) {
        timer->is_active = false;
        return;
    }
    (void)forward(timer); /* ignored: perhaps not the next time */
    least_ns = now_of(timer) + IGNORED_LEAST_NS;
    arm(timer, timer->expires_ns > least_ns ? timer->expires_ns : least_ns);
}

static void expired(struct timer *timer)
{
    news_came();
    expire(container_of(timer, struct posix_timer, timer));
}

static void cpu_expired(struct cpu_timer *timer)
{
    expire(container_of(timer, struct posix_timer, cpu));
}

/* ---- making and finding ---- */

#define CPU_CLOCK_THREAD 4
#define CPU_CLOCK_KIND 3 /* 0 to 2 are kinds of CPU time, of which there is one here; 3 is a device's clock */

/* A negative clock is the CPU time of somebody (Linux's posix-timers.h): -EINVAL if there is nobody. */
static int cpu_clock_set(struct posix_timer *timer, int clock)
{
    int number = (int)(~(uint32_t)clock >> 3);
    struct pid *pid = number == 0 ? NULL : pid_find(number);

    timer->cpu_of_thread = clock & CPU_CLOCK_THREAD;
    if (number == 0)
        pid = timer->cpu_of_thread ? current_thread()->id : current_process()->id;
    if ((clock & CPU_CLOCK_KIND) == CPU_CLOCK_KIND || pid == NULL)
        return -EINVAL;
    if (timer->cpu_of_thread ? pid->thread == NULL || pid->thread->process != current_process() : pid->process == NULL)
        return -EINVAL;
    timer->cpu_of = pid;
    pid_hold(pid);
    return 0;
}

static int clock_set(struct posix_timer *timer, int clock)
{
    timer->clock = clock;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        return cpu_clock_set(timer, ~7);
    case CLOCK_THREAD_CPUTIME_ID:
        return cpu_clock_set(timer, ~7 | CPU_CLOCK_THREAD);
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_REALTIME_ALARM: /* there is no clock that would wake the machine */
    case CLOCK_BOOTTIME_ALARM:
        return -EOPNOTSUPP;
    default:
        return clock < 0 ? cpu_clock_set(timer, clock) : -EINVAL;
    }
}

static int event_set(struct posix_timer *timer, const struct sigevent_user *event)
{
    struct pid *target = NULL;

    timer->notify = event->notify;
    switch (event->notify) {
    case SIGEV_NONE:
        return 0;
    case SIGEV_THREAD_ID:
        target = pid_find(event->tid);
        if (target == NULL || target->thread == NULL || target->thread->process != timer->process)
            return -EINVAL;
        break;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
        break;
    default:
        return -EINVAL;
    }
    if (event->signal < 1 || event->signal > SIGNALS)
        return -EINVAL;
    timer->target = target;
    if (target != NULL)
        pid_hold(target);
    timer->entry.info = (struct signal_info){
        .signal = event->signal, .code = SI_TIMER, .timer = {.id = timer->id, .value = event->value}};
    return 0;
}

static void destroy(struct posix_timer *timer)
{
    struct posix_timer **link = &timer->process->posix_timers;

    disarm(timer);
    while (*link != timer)
        link = &(*link)->next;
    *link = timer->next;
    sigqueue_count(timer->process, -1);
    pid_drop(timer->target);
    pid_drop(timer->cpu_of);
    kfree(timer);
}

void posix_timers_end(struct process *process)
{
    while (process->posix_timers != NULL)
        destroy(process->posix_timers);
}

static struct posix_timer *find(int id)
{
    struct posix_timer *timer = current_process()->posix_timers;

    while (timer != NULL && timer->id != id)
        timer = timer->next;
    return timer;
}

/* Numbers aren't given again before they have all been. NULL: no memory, or as many as RLIMIT_SIGPENDING has. */
static struct posix_timer *create(void)
{
    struct process *process = current_process();
    struct posix_timer *timer = sigqueue_is_full(process) ? NULL : kmalloc(sizeof(*timer));

    if (timer == NULL)
        return NULL;
    while (find(process->posix_timer_next) != NULL)
        process->posix_timer_next = (process->posix_timer_next + 1) & INT32_MAX;
    *timer = (struct posix_timer){
        .next = process->posix_timers,
        .process = process,
        .id = process->posix_timer_next,
        .timer.expired = expired,
        .cpu.expired = cpu_expired,
        .entry.left = entry_left,
        .overrun = -1,
    };
    process->posix_timer_next = (process->posix_timer_next + 1) & INT32_MAX;
    process->posix_timers = timer;
    sigqueue_count(process, 1);
    return timer;
}

/* ---- the calls ---- */

int64_t sys_timer_create(const uint64_t arg[6])
{
    struct sigevent_user event = {.notify = SIGEV_SIGNAL, .signal = SIGALRM};
    struct posix_timer *timer;
    int id, error;

    if (arg[1] != 0 && sigevent_from_user(&event, arg[1]))
        return -EFAULT;
    timer = create();
    if (timer == NULL)
        return -EAGAIN;
    id = timer->id;
    if (arg[1] == 0)
        event.value = (uint64_t)id;
    error = clock_set(timer, (int)arg[0]);
    if (error == 0)
        error = event_set(timer, &event);
    if (error == 0 && user_put(arg[2], id))
        error = -EFAULT;
    if (error != 0 && find(id) == timer) /* that may have waited, and another thread guessed the number */
        destroy(timer);
    return error;
}

int64_t sys_timer_delete(const uint64_t arg[6])
{
    struct posix_timer *timer = find((int)arg[0]);

    if (timer == NULL)
        return -EINVAL;
    destroy(timer);
    return 0;
}

int64_t sys_timer_getoverrun(const uint64_t arg[6])
{
    const struct posix_timer *timer = find((int)arg[0]);

    if (timer == NULL)
        return -EINVAL;
    return timer->overrun_last > INT32_MAX ? INT32_MAX : timer->overrun_last;
}

/* 0 or -EINVAL. Too long a time is cut. */
static int ns_of(const struct timespec_user *time, uint64_t *ns)
{
    if (time->sec < 0 || time->nsec < 0 || time->nsec >= NS_PER_SEC)
        return -EINVAL;
    *ns = time->sec >= INT64_MAX / NS_PER_SEC ? TIMEOUT_LONGEST : (uint64_t)(time->sec * NS_PER_SEC + time->nsec);
    return 0;
}

static void look(struct posix_timer *timer, struct itimerspec_user *out)
{
    bool is_quiet = timer->notify == SIGEV_NONE;
    int64_t now_ns;

    *out = (struct itimerspec_user){.interval = timespec_of(timer->interval_ns)};
    if (!timer->is_active)
        return;
    if (timer->interval_ns != 0 && (is_quiet || timer->entry.queue != NULL))
        timer->overrun += forward(timer);
    now_ns = now_of(timer);
    if (timer->expires_ns > now_ns)
        out->value = timespec_of((uint64_t)(timer->expires_ns - now_ns));
    else if (!is_quiet)
        out->value = timespec_of(1); /* due, but not told yet */
}

int64_t sys_timer_gettime(const uint64_t arg[6])
{
    struct posix_timer *timer = find((int)arg[0]);
    struct itimerspec_user user;

    if (timer == NULL)
        return -EINVAL;
    look(timer, &user);
    return timespecs_to_user(arg[1], &user.interval, 2);
}

/* When a time of the timer's clock is, in the time that counts. */
static int64_t expiry_of(const struct posix_timer *timer, uint64_t ns, bool is_absolute)
{
    int64_t now_ns = now_of(timer);

    if (!is_absolute)
        return ns >= TIMEOUT_LONGEST - (uint64_t)now_ns ? INT64_MAX : now_ns + (int64_t)ns;
    if (timer->clock == CLOCK_REALTIME || timer->clock == CLOCK_TAI)
        return (int64_t)ns - (int64_t)(clock_realtime_ns() - clock_monotonic_ns());
    return (int64_t)ns;
}

static void set(struct posix_timer *timer, uint64_t value_ns, uint64_t interval_ns, bool is_absolute)
{
    disarm(timer);
    timer->overrun = -1;
    timer->overrun_last = 0;
    timer->interval_ns = 0;
    if (value_ns == 0)
        return;
    timer->interval_ns = interval_ns;
    timer->is_active = true;
    timer->expires_ns = expiry_of(timer, value_ns, is_absolute);
    if (timer->expires_ns <= now_of(timer) && timer->notify != SIGEV_NONE)
        expire(timer);
    else
        arm(timer, timer->expires_ns);
}

int64_t sys_timer_settime(const uint64_t arg[6])
{
    struct posix_timer *timer;
    struct itimerspec_user user, old;
    uint64_t value_ns, interval_ns;

    if (arg[2] == 0)
        return -EINVAL;
    if (timespecs_from_user(&user.interval, 2, arg[2]))
        return -EFAULT;
    if (ns_of(&user.interval, &interval_ns) != 0 || ns_of(&user.value, &value_ns) != 0)
        return -EINVAL;
    timer = find((int)arg[0]);
    if (timer == NULL)
        return -EINVAL;
    look(timer, &old);
    set(timer, value_ns, interval_ns, (int)arg[1] & TIMER_ABSTIME);
    return arg[3] != 0 ? timespecs_to_user(arg[3], &old.interval, 2) : 0;
}
