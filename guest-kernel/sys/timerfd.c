/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timerfd.c - timers whose expirations are read from a file (timerfd_create(2)).
 *
 * A periodic timer isn't set anew when it expires but when somebody looks at it, as on Linux: what expired meanwhile is
 * counted then, so that the shortest of periods costs nothing. Nobody sets the clocks, so that TFD_TIMER_CANCEL_ON_SET
 * never has an effect.
 */
#include "abi/poll.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/news.h"
#include "core/timer.h"
#include "core/wait.h"
#include "lib/printf.h"
#include "mm/kmalloc.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"
#include "vfs/anon.h"

#define TFD_TIMER_ABSTIME 1u
#define TFD_TIMER_CANCEL_ON_SET 2u
#define TFD_IOC_SET_TICKS 0x40085400u

struct timerfd {
    struct timer timer;
    int clock;
    uint64_t deadline_ns; /* of the monotonic clock; TIMER_NEVER: it is not set */
    uint64_t interval_ns; /* 0: once */
    uint64_t ticks;       /* expirations that nobody has read */
    bool is_over;         /* it has expired at deadline_ns, and is not set to the next time yet */
    struct wait_queue changed;
};

static void expired(struct timer *timer)
{
    struct timerfd *timerfd = container_of(timer, struct timerfd, timer);

    news_came();
    timerfd->is_over = true;
    timerfd->ticks++;
    wait_wake_all(&timerfd->changed, POLLIN);
}

/* Has it expire if it is time, whether or not the interrupt has come. */
static void bring_up_to_date(struct timerfd *timerfd)
{
    if (!timerfd->timer.is_set || timerfd->deadline_ns > clock_monotonic_ns())
        return;
    timer_cancel(&timerfd->timer);
    expired(&timerfd->timer);
}

static void go_on(struct timerfd *timerfd)
{
    uint64_t periods;

    if (!timerfd->is_over || timerfd->interval_ns == 0)
        return;
    periods = (clock_monotonic_ns() - timerfd->deadline_ns) / timerfd->interval_ns + 1;
    timerfd->is_over = false;
    timerfd->ticks += periods - 1;
    timerfd->deadline_ns += periods * timerfd->interval_ns;
    timer_set(&timerfd->timer, timerfd->deadline_ns);
}

/* ---- the file ---- */

static int64_t timerfd_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct timerfd *timerfd = file->owner;
    uint64_t ticks;
    int error = 0;

    (void)pos;
    if (iter->left < sizeof(ticks))
        return -EINVAL;
    for (;;) {
        bring_up_to_date(timerfd);
        if (timerfd->ticks != 0 || error != 0)
            break;
        error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&timerfd->changed, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    }
    if (timerfd->ticks == 0)
        return error;
    go_on(timerfd);
    ticks = timerfd->ticks;
    timerfd->ticks = 0;
    return iter_fill(iter, &ticks, sizeof(ticks)) == sizeof(ticks) ? (int64_t)sizeof(ticks) : -EFAULT;
}

static uint32_t timerfd_poll(struct file *file, struct poll_table *table)
{
    struct timerfd *timerfd = file->owner;

    poll_hook(table, &timerfd->changed);
    bring_up_to_date(timerfd);
    return timerfd->ticks != 0 ? POLLIN : 0;
}

static int64_t timerfd_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    struct timerfd *timerfd = file->owner;
    uint64_t ticks;

    if (request != TFD_IOC_SET_TICKS)
        return -ENOTTY;
    if (user_get(ticks, arg))
        return -EFAULT;
    if (ticks == 0)
        return -EINVAL;
    timerfd->ticks = ticks;
    wait_wake_all(&timerfd->changed, POLLIN);
    return 0;
}

static void timerfd_release(struct file *file)
{
    struct timerfd *timerfd = file->owner;

    timer_cancel(&timerfd->timer);
    kfree(timerfd);
}

static int timerfd_describe(struct file *file, char *buf, size_t size)
{
    const struct timerfd *timerfd = file->owner;
    uint64_t now_ns = clock_monotonic_ns(), interval_ns = timerfd->interval_ns;
    uint64_t left_ns =
        timerfd->deadline_ns != TIMER_NEVER && timerfd->deadline_ns > now_ns ? timerfd->deadline_ns - now_ns : 0;

    return snprintf(buf, size,
                    "clockid: %d\nticks: %lu\nsettime flags: 00\nit_value: (%lu, %lu)\nit_interval: (%lu, %lu)\n",
                    timerfd->clock, (unsigned long)timerfd->ticks, (unsigned long)(left_ns / NS_PER_SEC),
                    (unsigned long)(left_ns % NS_PER_SEC), (unsigned long)(interval_ns / NS_PER_SEC),
                    (unsigned long)(interval_ns % NS_PER_SEC));
}

static const struct file_ops timerfd_ops = {.describe = timerfd_describe,
                                            .name = "anon_inode:[timerfd]",
                                            .read = timerfd_read,
                                            .takes_nowait = true,
                                            .poll = timerfd_poll,
                                            .ioctl = timerfd_ioctl,
                                            .release = timerfd_release};

/* ---- the calls ---- */

static bool is_known(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

/* Nothing here sleeps so deeply that an alarm's clock would differ. */
static int clock_without_alarm(int clock)
{
    return clock == CLOCK_REALTIME_ALARM ? CLOCK_REALTIME : clock == CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME : clock;
}

int64_t sys_timerfd_create(const uint64_t arg[6])
{
    int clock = (int)arg[0], error;
    uint32_t flags = (uint32_t)arg[1];
    struct timerfd *timerfd;
    struct file *file;

    if ((flags & ~(uint32_t)(O_NONBLOCK | O_CLOEXEC)) || !is_known(clock))
        return -EINVAL;
    if (clock != clock_without_alarm(clock) && !cred_has(&current_thread()->cred, CAP_WAKE_ALARM))
        return -EPERM;
    timerfd = kmalloc(sizeof(*timerfd));
    if (timerfd == NULL)
        return -ENOMEM;
    timerfd->clock = clock_without_alarm(clock);
    timerfd->deadline_ns = TIMER_NEVER;
    timerfd->timer.expired = expired;
    error = anon_file_new(&timerfd_ops, O_RDWR | flags, timerfd, &file);
    if (error != 0) {
        kfree(timerfd);
        return error;
    }
    return fd_install(current_thread()->files, file, 0, flags & O_CLOEXEC);
}

static int timerfd_of(uint64_t fd, struct timerfd **out)
{
    const struct file *file = user_file(fd);

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    *out = file->owner;
    return file->ops == &timerfd_ops ? 0 : -EINVAL;
}

/* What is left, and the period. */
static void setting_get(const struct timerfd *timerfd, struct timespec_user out[2])
{
    uint64_t now = clock_monotonic_ns(), deadline = timerfd->deadline_ns;

    out[0] = timespec_of(timerfd->interval_ns);
    out[1] = timespec_of(deadline != TIMER_NEVER && deadline > now ? deadline - now : 0);
}

static void setting_set(struct timerfd *timerfd, bool absolute, const struct timespec_user setting[2])
{
    uint64_t value = timeout_ns_of(&setting[1]);

    timer_cancel(&timerfd->timer);
    timerfd->ticks = 0;
    timerfd->is_over = false;
    timerfd->interval_ns = timeout_ns_of(&setting[0]);
    timerfd->deadline_ns = value == 0 ? TIMER_NEVER
                           : absolute ? deadline_at(timerfd->clock, value)
                                      : deadline_after(value);
    timer_set(&timerfd->timer, timerfd->deadline_ns);
    bring_up_to_date(timerfd);
}

int64_t sys_timerfd_settime(const uint64_t arg[6])
{
    unsigned flags = (unsigned)arg[1];
    struct timespec_user setting[2], old[2];
    struct timerfd *timerfd;
    int error;

    if (timespecs_from_user(setting, 2, arg[2]) != 0)
        return -EFAULT;
    if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) || !timespec_is_valid(&setting[0]) ||
        !timespec_is_valid(&setting[1]))
        return -EINVAL;
    error = timerfd_of(arg[0], &timerfd);
    if (error != 0)
        return error;
    bring_up_to_date(timerfd);
    go_on(timerfd);
    setting_get(timerfd, old);
    setting_set(timerfd, flags & TFD_TIMER_ABSTIME, setting);
    return arg[3] != 0 ? timespecs_to_user(arg[3], old, 2) : 0;
}

int64_t sys_timerfd_gettime(const uint64_t arg[6])
{
    struct timespec_user setting[2];
    struct timerfd *timerfd;
    int error = timerfd_of(arg[0], &timerfd);

    if (error != 0)
        return error;
    bring_up_to_date(timerfd);
    go_on(timerfd);
    setting_get(timerfd, setting);
    return timespecs_to_user(arg[1], setting, 2);
}
