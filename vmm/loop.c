/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - epoll, level-triggered. */
#include "vmm/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOP_BATCH 16

struct loop {
    int epoll_fd;
    int wake_fd; /* an eventfd: loop_stop wakes epoll_wait */
    atomic_bool stop;
    /* The batch that is being handled: loop_remove takes its watch out of it. Only the loop's thread touches these. */
    struct epoll_event batch[LOOP_BATCH];
    int batch_next, batch_count;
};

static int loop_control(struct loop *loop, int op, struct loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    return epoll_ctl(loop->epoll_fd, op, watch->fd, &event) < 0 ? -errno : 0;
}

int loop_create(struct loop **out)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    struct loop *loop = calloc(1, sizeof(*loop));
    int rc;

    if (!loop)
        return -ENOMEM;
    loop->wake_fd = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        goto fail;
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake_fd < 0)
        goto fail;
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) < 0)
        goto fail;
    *out = loop;
    return 0;
fail:
    rc = -errno;
    loop_destroy(loop);
    return rc;
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    free(loop);
}

int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    return loop_control(loop, EPOLL_CTL_ADD, watch, events);
}

int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    return loop_control(loop, EPOLL_CTL_MOD, watch, events);
}

void loop_remove(struct loop *loop, struct loop_watch *watch)
{
    loop_control(loop, EPOLL_CTL_DEL, watch, 0);
    /* epoll_wait may have reported it already: its owner can be gone when its turn would come. */
    for (int i = loop->batch_next; i < loop->batch_count; i++)
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
}

static void loop_dispatch(struct loop *loop)
{
    while (loop->batch_next < loop->batch_count && !atomic_load(&loop->stop)) {
        struct epoll_event *event = &loop->batch[loop->batch_next++];
        struct loop_watch *watch = event->data.ptr;

        if (watch)
            watch->ready(watch->owner, event->events);
    }
    loop->batch_next = loop->batch_count = 0;
}

/* A stopped loop stays stopped: a stop that comes before the run must not be lost. */
int loop_run(struct loop *loop)
{
    while (!atomic_load(&loop->stop)) {
        int n = epoll_wait(loop->epoll_fd, loop->batch, LOOP_BATCH, -1);

        if (n < 0 && errno != EINTR)
            return -errno;
        loop->batch_count = n > 0 ? n : 0;
        loop_dispatch(loop);
    }
    return 0;
}

void loop_stop(struct loop *loop)
{
    const uint64_t one = 1;

    atomic_store(&loop->stop, true);
    while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}
