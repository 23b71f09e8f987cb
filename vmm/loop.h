/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - the event loop (epoll): one thread runs it; handlers run on that thread, one at a time.
 *
 * A watch is embedded in its owner. loop_add and loop_stop may be called from any thread; loop_remove only
 * from the loop's own thread or when the loop isn't running.
 *
 * Nothing is asked of the system before the first watch, and loop_start makes no thread before that either: a guest
 * that waits for nothing of the host's costs neither.
 */
#ifndef LVMM_LOOP_H
#define LVMM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct sandbox_list;

struct loop_watch {
    int fd;
    void (*ready)(void *owner, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLHUP ... */
    void *owner;
};

/* Work that is to be gone on with. Embedded in its owner. */
struct loop_task {
    void (*run)(void *owner);
    void *owner;
    struct loop_task *next; /* the loop's */
    bool posted;            /* the loop's */
};

int loop_create(struct loop **out); /* 0 or -errno */
/* It doesn't run, and its thread is finished. Watches stay their owners'. NULL: nothing. */
void loop_destroy(struct loop *loop);

/* Starts to watch for `events` (0: only errors and hang-up). 0 or -errno; -EPERM: an ordinary file, always ready. */
int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events);
/* Its handler isn't called any more. The descriptor must still be open. */
void loop_remove(struct loop *loop, struct loop_watch *watch);

/* Has the loop run the task once, after what is ready then: work that is cut into pieces lets everybody have a turn in
 * between. Any thread; once more is no more than once. 0 or -errno. */
int loop_post(struct loop *loop, struct loop_task *task);
/* Only from the loop's own thread or when the loop isn't running. */
void loop_cancel(struct loop *loop, struct loop_task *task);

/* Runs handlers until loop_stop. 0 or -errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* From now on a thread of the loop's own runs it, as soon as there has been a watch. 0 or -errno. */
int loop_start(struct loop *loop);
/* The system calls that are left to that thread, if there isn't one yet; NULL: those of who makes it. */
void loop_set_list(struct loop *loop, const struct sandbox_list *list);
/* Stops the loop and waits for that thread, if there is one. */
void loop_finish(struct loop *loop);

#endif
