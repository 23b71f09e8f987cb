/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - see watch.h. */
#include "vmm/net/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 64

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* For the earliest of them. */
static void set_clock(struct net_watches *watches)
{
    struct itimerspec when = {.it_value = {0, 0}};
    uint64_t first = 0;

    for (const struct net_timer *timer = watches->timers; timer != NULL; timer = timer->next)
        if (first == 0 || timer->at_ms < first)
            first = timer->at_ms;
    when.it_value.tv_sec = (time_t)(first / 1000);
    when.it_value.tv_nsec = (long)(first % 1000) * 1000000;
    timerfd_settime(watches->clock, TFD_TIMER_ABSTIME, &when, NULL);
}

void net_timer_clear(struct net_watches *watches, struct net_timer *timer)
{
    struct net_timer **at = &watches->timers;

    if (timer->at_ms == 0)
        return;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->at_ms = 0;
}

void net_timer_set(struct net_watches *watches, struct net_timer *timer, uint32_t after_ms)
{
    net_timer_clear(watches, timer);
    timer->at_ms = now_ms() + after_ms;
    timer->next = watches->timers;
    watches->timers = timer;
    set_clock(watches);
}

/* One that expires may set and clear others: each time the list is looked at from its beginning. */
static void expire(void *owner, uint32_t events)
{
    struct net_watches *watches = owner;
    uint64_t now = now_ms(), count;
    struct net_timer *timer;

    (void)events;
    if (read(watches->clock, &count, sizeof(count)) != sizeof(count))
        return;
    do {
        for (timer = watches->timers; timer != NULL && timer->at_ms > now; timer = timer->next)
            ;
        if (timer != NULL) {
            net_timer_clear(watches, timer);
            timer->expired(timer->owner);
        }
    } while (timer != NULL);
    set_clock(watches);
}

int net_watches_init(struct net_watches *watches)
{
    *watches = (struct net_watches){.epoll = epoll_create1(EPOLL_CLOEXEC),
                                    .clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    watches->clock_watch = (struct net_watch){watches->clock, expire, watches};
    if (watches->epoll < 0 || watches->clock < 0)
        return -errno;
    return net_watches_add(watches, &watches->clock_watch);
}

static void free_graves(struct net_watches *watches)
{
    while (watches->graves != NULL) {
        struct net_grave *grave = watches->graves;

        watches->graves = grave->next;
        free(grave);
    }
}

void net_watches_fini(struct net_watches *watches)
{
    free_graves(watches);
    if (watches->clock >= 0)
        close(watches->clock);
    if (watches->epoll >= 0)
        close(watches->epoll);
}

int net_watches_add(struct net_watches *watches, struct net_watch *watch)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET, .data.ptr = watch};

    return epoll_ctl(watches->epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

void net_watches_close(struct net_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
    watch->ready = NULL;
}

void net_watches_bury(struct net_watches *watches, struct net_grave *grave)
{
    grave->next = watches->graves;
    watches->graves = grave;
}

int net_watches_run(struct net_watches *watches, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(watches->epoll, events, EVENTS, timeout_ms);

    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    watches->more = count == EVENTS;
    for (int i = 0; i < count; i++) {
        const struct net_watch *watch = events[i].data.ptr;

        if (watch->ready != NULL)
            watch->ready(watch->owner, events[i].events);
    }
    free_graves(watches);
    return 0;
}
