/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd.h - counters that are files (eventfd(2)). */
#ifndef GK_VFS_EVENTFD_H
#define GK_VFS_EVENTFD_H

#include "vfs/vfs.h"

/* A counter with this value. semaphore: a read takes 1, not all. flags: O_NONBLOCK. 0 or -ENOMEM. */
int eventfd_create(uint64_t count, bool semaphore, uint32_t flags, struct file **out);
/* Whether an open file is one. */
bool eventfd_is(const struct file *file);
/* The kernel's own: adds 1, without waiting; at UINT64_MAX the counter has overflowed (POLLERR). */
void eventfd_signal(struct file *file);

#endif
