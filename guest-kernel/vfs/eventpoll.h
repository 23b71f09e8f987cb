/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eventpoll.h - epoll(7): a file that has a set of others (items), and a list of those of them that may be ready.
 *
 * An item belongs to an open file and the descriptor that it was added by; it goes when the open file does. Items are
 * hooked into their files' queues for as long as they are there: who wakes one puts it on the list, so that a wait
 * costs what is ready and not what there is.
 */
#ifndef GK_VFS_EVENTPOLL_H
#define GK_VFS_EVENTPOLL_H

#include "vfs/vfs.h"

/* A new one, with one reference; flags: O_CLOEXEC. 0 or -ENOMEM. */
int eventpoll_create(uint32_t flags, struct file **out);
bool file_is_eventpoll(const struct file *file);

/* epoll_ctl(2), of which the caller has checked the flags; `events` has POLLERR and POLLHUP. Errors: -EEXIST, -ELOOP
 * (a cycle, or more than five in a row), -EINVAL (too many ways for an event to be told), -ENOMEM, -ENOSPC; -ENOENT,
 * -EINVAL (EPOLLEXCLUSIVE). */
int eventpoll_add(struct file *file, struct file *target, int fd, uint32_t events, uint64_t data);
int eventpoll_modify(struct file *file, struct file *target, int fd, uint32_t events, uint64_t data);
int eventpoll_remove(struct file *file, struct file *target, int fd);

/* The file of item number `skip` (the first is 0) of those that were added as `fd`, in the order of the set. 0;
 * -EINVAL: not an epoll; -ENOENT. *target is borrowed: it holds until the next wait. */
int eventpoll_target(const struct file *file, int fd, uint32_t skip, const struct file **target);

/* Hands out what is ready, at most `most` events, to emit(), which may wait (false: it can't take it); if nothing is,
 * waits until the deadline (0: not at all). The count; -EFAULT if emit didn't take the first; -EINTR. The caller keeps
 * the file. */
int64_t eventpoll_wait(struct file *file, unsigned most, uint64_t deadline_ns,
                       bool (*emit)(void *arg, uint32_t events, uint64_t data), void *arg);

#endif
