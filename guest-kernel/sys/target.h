/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - the file that a system call on its attributes is about, by path or descriptor, and its mount. */
#ifndef GK_SYS_TARGET_H
#define GK_SYS_TARGET_H

#include "mm/usercopy.h"
#include "vfs/path.h"

struct target {
    struct path path;    /* with references; mount NULL: it has no name */
    struct inode *inode; /* with a reference; NULL: a stream without one */
};

/* By a user's path, as user_lookup has it: 0 or -errno; then there is nothing to put. */
int target_at(struct target *target, int dirfd, uaddr_t address, unsigned at_flags);
/* By descriptor: 0 or -EBADF, also for one that was opened with O_PATH. */
int target_of_fd(struct target *target, uint64_t fd);
void target_put(struct target *target);
/* Whether something of it may be changed, as far as its mount goes: 0 or -EROFS. */
int target_may_change(const struct target *target);

#endif
