/* SPDX-License-Identifier: Apache-2.0 */
/* flock.h - what fcntl does for record locks, leases and the one who is signalled; and the end of a lease. */
#ifndef GK_SYS_FLOCK_H
#define GK_SYS_FLOCK_H

#include <stdint.h>

#include "lib/types.h"

struct file;
struct inode;

/* F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ kin, of a file that is not O_PATH; of 32-bit programs those with 64 at
 * the end of their names as well. */
int64_t lock_fcntl(struct file *file, int command, uaddr_t address);

/* F_SETLEASE, by a descriptor, and F_GETLEASE. */
int64_t lease_set(struct file *file, int fd, uint64_t type);
int64_t lease_get(const struct file *file);

/* F_SETOWN, F_GETOWN, F_SETOWN_EX, F_GETOWN_EX, F_SETSIG, F_GETSIG and F_GETOWNER_UIDS: sys/fowner.c. */
int64_t owner_fcntl(struct file *file, int command, uint64_t arg);

/*
 * The inode is about to be opened with these flags, or truncated (O_WRONLY): signals the holder of a lease that is in
 * the way, and waits until it is given up, for at most 45 seconds, after which it is taken. 0, -EWOULDBLOCK
 * (O_NONBLOCK) or -EINTR.
 */
int lease_break(struct inode *inode, uint32_t flags);

#endif
