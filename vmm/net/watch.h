/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - waits for the helper's descriptors and for time. vmm/loop.h is for threads, and for few descriptors; here
 * is one thread, which has thousands, and each of them is told of by its edges.
 */
#ifndef LVMM_NET_WATCH_H
#define LVMM_NET_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* What is told of a descriptor. Its owner may free it when its own turn is over (net_watches_bury). */
struct net_watch {
    int fd;
    void (*ready)(void *owner, uint32_t events); /* EPOLLIN ...; NULL: nothing is to be told any more */
    void *owner;
};

/* Called once, a while from now. */
struct net_timer {
    void (*expired)(void *owner);
    void *owner;
    uint64_t at_ms; /* 0: isn't set */
    struct net_timer *next;
};

/* The first member of something that is to be freed. */
struct net_grave {
    struct net_grave *next;
};

struct net_watches {
    bool more;        /* events than one run has taken, perhaps */
    int epoll, clock; /* a timerfd */
    struct net_watch clock_watch;
    struct net_timer *timers; /* that are set; few */
    struct net_grave *graves;
};

/* 0 or -errno; net_watches_fini either way. Watches are their owners'. */
int net_watches_init(struct net_watches *watches);
void net_watches_fini(struct net_watches *watches);

/* Tells of each change from now on (EPOLLET): of data, room, urgent data, errors. 0 or -errno. */
int net_watches_add(struct net_watches *watches, struct net_watch *watch);
/* Tells no more. The descriptor is closed. */
void net_watches_close(struct net_watch *watch);
/* free(), once nobody can be about to tell of a watch that is in it. */
void net_watches_bury(struct net_watches *watches, struct net_grave *grave);

/* Sets it, or sets it anew. */
void net_timer_set(struct net_watches *watches, struct net_timer *timer, uint32_t after_ms);
void net_timer_clear(struct net_watches *watches, struct net_timer *timer); /* nothing, if it isn't set */

/* Waits, calls who has something, frees what is buried. 0 or -errno. */
int net_watches_run(struct net_watches *watches, int timeout_ms);

#endif
