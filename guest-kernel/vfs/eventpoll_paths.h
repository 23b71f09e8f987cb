/* SPDX-License-Identifier: Apache-2.0 */
/* eventpoll_paths.h - what an epoll is made of, and how epolls may be in each other. */
#ifndef GK_VFS_EVENTPOLL_PATHS_H
#define GK_VFS_EVENTPOLL_PATHS_H

#include "core/wait.h"
#include "lib/tree.h"
#include "vfs/vfs.h"

struct eventpoll_item;

struct eventpoll_hook {
    struct waiter waiter;
    struct eventpoll_item *item; /* NULL: not in use */
    struct eventpoll_hook *next;
};

struct eventpoll_item {
    struct tree_node node;
    struct eventpoll *eventpoll;
    struct file *file; /* no reference: the item goes with it */
    int fd;
    uint32_t refs;   /* the set's, and of who looks at it */
    uint32_t events; /* 0 but for EPOLL's flags: has been told once (EPOLLONESHOT) */
    uint64_t data;
    bool is_ready;      /* on the list */
    bool is_gone;       /* not in the set any more */
    struct list ready;  /* of the epoll */
    struct list nested; /* of the epoll, if its file is one too */
    struct file_watcher watcher;
    struct eventpoll_hook first; /* most files have one queue */
};

struct eventpoll {
    struct file *file; /* its own, no reference */
    struct tree items;
    struct list ready; /* eventpoll_item.ready, in the order in which they came */
    unsigned ready_count;
    struct list nested;        /* eventpoll_item.nested */
    struct wait_queue waiters; /* epoll_wait */
    struct wait_queue polled;  /* who polls its file, other epolls too */
    uint64_t seen;             /* the walk through nested ones that came here last, and how deep it went from here */
    unsigned depth;
};

/* Whether `outer` may have `inner`: no epoll would have itself by any way, and no more than five would be in a row. */
bool eventpoll_may_nest(struct eventpoll *outer, struct eventpoll *inner);
/* Whether an event of the file, or if it is an epoll (else NULL) of those that this has by any way, is told to as many
 * epolls as there may be: Linux bounds the ways of each length. */
bool eventpoll_paths_are_few(const struct file *file, struct eventpoll *eventpoll);

#endif
