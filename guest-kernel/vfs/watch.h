/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - who watches files, and what they are to be told (inotify(7)): groups of watches, each with a queue of
 * events.
 *
 * A watch belongs to a group (an inotify descriptor) and an inode, to which it has a reference; a group has one watch
 * of an inode at most. Those of vfs/dnotify.h are of no group, have no reference and are told by a function. To tell
 * waits for nothing, so that it can be done with any lock; to end a watch may be the end of its inode, which may wait
 * for a disk. Groups are counted by user, as are their watches and the memory of their events.
 */
#ifndef GK_VFS_WATCH_H
#define GK_VFS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/inotify.h"
#include "core/wait_queue.h"
#include "lib/list.h"
#include "lib/tree.h"

struct filesystem;
struct inode;
struct watch_news;
struct watch_user; /* vfs/watch.c */

struct watch {
    struct watch *next, **at; /* of the same inode: there may be as many as files that are open */
    struct inode *inode;
    struct watch_group *group;
    struct tree_node node; /* of group->watches */
    int32_t wd;
    uint32_t mask; /* which of IN_ALL_EVENTS; IN_EXCL_UNLINK, IN_ONESHOT */
    /* NULL: it is of a group. Called for all news; it doesn't wait, and may detach this watch, but no other. */
    void (*tell)(struct watch *watch, const struct watch_news *news);
};

#define WATCH_RENAMED 0x20000u /* a file got another name in the directory: told to those without a group alone */

struct watch_event {
    struct watch_event *next;
    int32_t wd;
    uint32_t mask, cookie;
    uint32_t length; /* of the name; 0: it has none */
    char name[];
};

struct watch_group {
    struct watch_user *user;
    struct list all;
    struct tree watches; /* by wd */
    int32_t last_wd;
    struct watch_event *first, *last;
    uint32_t count, most;         /* events; when there are `most`, all that comes is that some were lost */
    struct watch_event *overflow; /* which tells that; it needs no memory then */
    bool overflows;               /* it is queued */
    struct wait_queue changed;    /* for who waits until there are events */
    struct fasync *owners;        /* who is signalled of each: vfs/fasync.h */
};

/* What is told. */
struct watch_news {
    uint32_t mask, cookie;
    const char *name; /* in the directory that is watched; NULL: none */
    size_t length;
    bool of_unlinked; /* it happens to an open file that has no name any more: nothing for IN_EXCL_UNLINK */
};

extern uint32_t watch_count; /* of all: 0: there is nobody to be told of anything */
/* What /proc/sys/fs/inotify has: events of a group, groups and watches of a user. */
extern int watch_events_max, watch_groups_max, watch_watches_max;
/* The last one's default, as much as Linux takes from the size of memory. */
void watch_init(void);

/* 0, -EMFILE: the user has too many; -ENOMEM. */
int watch_group_create(uint32_t uid, struct watch_group **out);
void watch_group_destroy(struct watch_group *group);

/* Watches an inode, or changes how the group does. mask: some of IN_ALL_EVENTS and of how to watch. The watch's number;
 * -EEXIST: IN_MASK_CREATE, and there is one; -ENOSPC: the user has too many; -ENOMEM. */
int watch_add(struct watch_group *group, struct inode *inode, uint32_t mask);
/* The watch ends, which is an event. 0, -EINVAL: there is none by that number. */
int watch_remove(struct watch_group *group, int32_t wd);
/* The watch that was made before `watch`, or (NULL) the one with the highest number; NULL: there is none. Borrowed. */
struct watch *watch_previous(const struct watch_group *group, const struct watch *watch);

/* A watch of no group, the caller's, with `tell`: it is told of the inode from now on, until it is detached, which must
 * be before the inode goes. */
void watch_attach(struct watch *watch, struct inode *inode);
void watch_detach(struct watch *watch);

/* Somebody watches the directory, or a file in it: who else than this machine may change what is there is asked to
 * tell. The caller has a reference to it. May wait. */
void watch_others(struct inode *dir);

/* Tells who watches the inode and wants to know of that. */
void watch_tell(struct inode *inode, const struct watch_news *news);
/* An inode without links is to go, as far as names keep it: its watches end. The caller has a reference to it. */
void watch_inode_gone(struct inode *inode);
/* Something of what others have done there is lost: who watches any of it is told that (IN_Q_OVERFLOW). */
void watch_fs_lost(const struct filesystem *fs);
/* Nothing is mounted of it any more: all watches in it end. */
void watch_fs_gone(const struct filesystem *fs);

/* The first event, which then isn't in the queue any more but the caller's; NULL: there is none. */
struct watch_event *watch_event_take(struct watch_group *group);
void watch_event_free(struct watch_group *group, struct watch_event *event);

#endif
