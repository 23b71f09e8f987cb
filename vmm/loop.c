/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c - epoll, level-triggered. */
#include "vmm/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/process.h"

#define LOOP_BATCH 16

struct loop {
    pthread_mutex_t lock; /* guards what is up to `tasks`; not held while handlers run */
    int epoll_fd;         /* -1: there was no watch yet */
    int wake_fd;          /* an eventfd: loop_stop wakes epoll_wait */
    bool started;         /* loop_start was called */
    bool has_thread;
    const struct sandbox_list *list;
    pthread_t thread;
    struct loop_task *tasks, **tasks_end; /* posted */
    atomic_bool stop;
    struct loop_task *turn; /* those that are being run. Only the loop's thread touches it */
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
    struct loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return -ENOMEM;
    pthread_mutex_init(&loop->lock, NULL);
    loop->epoll_fd = loop->wake_fd = -1;
    loop->tasks_end = &loop->tasks;
    *out = loop;
    return 0;
}

static void loop_close(struct loop *loop)
{
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    loop->epoll_fd = loop->wake_fd = -1;
}

void loop_destroy(struct loop *loop)
{
    if (loop == NULL)
        return;
    loop_close(loop);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

/* Lock held. */
static int loop_open(struct loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = loop};

    if (loop->epoll_fd >= 0)
        return 0;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll_fd >= 0 && loop->wake_fd >= 0 &&
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) == 0)
        return 0;
    int error = -errno;
    loop_close(loop);
    return error;
}

static void *loop_thread(void *loop)
{
    loop_run(loop);
    return NULL;
}

/* Lock held, and there is a watch or was one. */
static int loop_need_thread(struct loop *loop)
{
    if (!loop->started || loop->has_thread)
        return 0;
    int error = process_thread(&loop->thread, loop->list, loop_thread, loop);
    loop->has_thread = error == 0;
    return error;
}

int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    pthread_mutex_lock(&loop->lock);
    int error = loop_open(loop);
    if (error == 0)
        error = loop_control(loop, EPOLL_CTL_ADD, watch, events);
    if (error == 0) {
        error = loop_need_thread(loop);
        if (error < 0)
            loop_control(loop, EPOLL_CTL_DEL, watch, 0);
    }
    pthread_mutex_unlock(&loop->lock);
    return error;
}

void loop_remove(struct loop *loop, struct loop_watch *watch)
{
    loop_control(loop, EPOLL_CTL_DEL, watch, 0);
    /* epoll_wait may have reported it already: its owner can be gone when its turn would come. */
    for (int i = loop->batch_next; i < loop->batch_count; i++)
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
}

/* ---- tasks ---- */

/* Lock held, and open. */
static void loop_wake(struct loop *loop)
{
    const uint64_t one = 1;

    while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

int loop_post(struct loop *loop, struct loop_task *task)
{
    int error = 0;

    pthread_mutex_lock(&loop->lock);
    if (!task->posted) {
        error = loop_open(loop);
        if (error == 0)
            error = loop_need_thread(loop);
        if (error == 0) {
            task->posted = true;
            task->next = NULL;
            *loop->tasks_end = task;
            loop->tasks_end = &task->next;
            loop_wake(loop);
        }
    }
    pthread_mutex_unlock(&loop->lock);
    return error;
}

/* Takes the task out of a list, if it is in it. Returns the pointer that pointed to it, which is NULL now if it was the
 * last, and then the list's new end. */
static struct loop_task **task_unlink(struct loop_task **list, const struct loop_task *task)
{
    while (*list != NULL && *list != task)
        list = &(*list)->next;
    if (*list != NULL)
        *list = task->next;
    return list;
}

void loop_cancel(struct loop *loop, struct loop_task *task)
{
    pthread_mutex_lock(&loop->lock);
    if (task->posted) {
        struct loop_task **at = task_unlink(&loop->tasks, task);

        if (*at == NULL)
            loop->tasks_end = at;
        task_unlink(&loop->turn, task);
        task->posted = false;
    }
    pthread_mutex_unlock(&loop->lock);
}

/* Takes the next task of this turn. Once taken it may be posted again: it then runs in the next turn. */
static struct loop_task *next_task(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct loop_task *task = loop->turn;
    if (task != NULL) {
        loop->turn = task->next;
        task->posted = false;
    }
    pthread_mutex_unlock(&loop->lock);
    return task;
}

static void loop_run_tasks(struct loop *loop)
{
    struct loop_task *task;

    pthread_mutex_lock(&loop->lock);
    loop->turn = loop->tasks;
    loop->tasks = NULL;
    loop->tasks_end = &loop->tasks;
    pthread_mutex_unlock(&loop->lock);
    while (!atomic_load(&loop->stop) && (task = next_task(loop)) != NULL)
        task->run(task->owner);
}

/* ---- the loop ---- */

/* Empties wake_fd. There is nothing to learn of it: stop and tasks are looked at after each wait anyway. */
static void loop_woken(const struct loop *loop)
{
    uint64_t count;

    (void)(read(loop->wake_fd, &count, sizeof(count)) == 0);
}

static void loop_dispatch(struct loop *loop)
{
    while (loop->batch_next < loop->batch_count && !atomic_load(&loop->stop)) {
        struct epoll_event *event = &loop->batch[loop->batch_next++];
        struct loop_watch *watch = event->data.ptr; /* or the loop itself: wake_fd */

        if (event->data.ptr == loop)
            loop_woken(loop);
        else if (watch != NULL)
            watch->ready(watch->owner, event->events);
    }
    loop->batch_next = loop->batch_count = 0;
}

/* A stopped loop stays stopped: a stop that comes before the run must not be lost. */
int loop_run(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    int error = loop_open(loop);
    pthread_mutex_unlock(&loop->lock);
    while (error == 0 && !atomic_load(&loop->stop)) {
        int n = epoll_wait(loop->epoll_fd, loop->batch, LOOP_BATCH, -1);

        if (n < 0 && errno != EINTR)
            error = -errno;
        loop->batch_count = n > 0 ? n : 0;
        loop_dispatch(loop);
        loop_run_tasks(loop);
    }
    return error;
}

void loop_stop(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    atomic_store(&loop->stop, true);
    if (loop->wake_fd >= 0)
        loop_wake(loop);
    pthread_mutex_unlock(&loop->lock);
}

int loop_start(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->started = true;
    int error = loop->epoll_fd >= 0 ? loop_need_thread(loop) : 0;
    pthread_mutex_unlock(&loop->lock);
    return error;
}

void loop_set_list(struct loop *loop, const struct sandbox_list *list)
{
    loop->list = list;
}

void loop_finish(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    bool has_thread = loop->has_thread;
    loop->started = loop->has_thread = false;
    pthread_mutex_unlock(&loop->lock);
    if (!has_thread)
        return;
    loop_stop(loop);
    pthread_join(loop->thread, NULL);
}
