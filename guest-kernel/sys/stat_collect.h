/* SPDX-License-Identifier: Apache-2.0 */
/* stat_collect.h - what the stat calls share. */
#ifndef GK_SYS_STAT_COLLECT_H
#define GK_SYS_STAT_COLLECT_H

#include "abi/stat.h"
#include "arch/arch.h"
#include "sys/user.h"

#ifdef ISA_STAT_IS_X86
#define stat_user stat_x86_64
#else
#define stat_user stat_generic

#endif

struct inode;

/* Fills the ISA's struct stat. NULL: of a stream without an inode. 0 or -errno. */
int stat_collect(struct inode *inode, struct stat_user *out);

/* Looks a path up and has `put` write what there is to know of it, in the caller's form. 0 or -errno. Inlined, so that
 * the form costs nothing to choose. */
static inline __attribute__((always_inline)) int64_t stat_at(int dirfd, uaddr_t path, uaddr_t address, unsigned flags,
                                                             int64_t (*put)(struct inode *inode, uaddr_t address))
{
    struct inode *inode;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
        return -EINVAL;
    int64_t error = user_lookup(dirfd, path, flags, &inode);
    if (error != 0)
        return error;
    error = put(inode, address);
    if (inode != NULL)
        inode_put(inode);
    return error;
}

/* The same of what is open as `fd`: fstat(2). */
static inline __attribute__((always_inline)) int64_t stat_of_fd(uint64_t fd, uaddr_t address,
                                                                int64_t (*put)(struct inode *inode, uaddr_t address))
{
    struct file *file = user_file(fd);

    if (file == NULL)
        return -EBADF;
    file_get(file);
    int64_t result = put(file->inode, address);
    file_put(file);
    return result;
}

/* Writes a file system's numbers to the program, in the form that it has for them: 0 or -EFAULT. */
typedef int64_t statfs_put_as(uaddr_t address, const struct statfs_user *stat);
/* statfs(2), by name, and fstatfs(2). */
int64_t statfs_of_path(uaddr_t name, uaddr_t address, statfs_put_as *put_as);
int64_t statfs_of_fd(uint64_t fd, uaddr_t address, statfs_put_as *put_as);

#endif
