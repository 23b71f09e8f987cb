/* SPDX-License-Identifier: Apache-2.0 */
/* user.h - what many handlers do with their arguments: descriptors to files, user paths to inodes. */
#ifndef GK_SYS_USER_H
#define GK_SYS_USER_H

#include <stdbool.h>

#include "abi/errno.h"
#include "core/process.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "vfs/fdtable.h"
#include "vfs/fs_context.h"
#include "vfs/path.h"
#include "vfs/vfs.h"

/* A path copied from user memory, NUL-terminated, in a page of its own. */
struct user_path {
    struct page *page;
    const char *name;
};

/* 0; -ENOENT for the empty path; -ENAMETOOLONG, -EFAULT, -ENOMEM: then there is nothing to put. */
int user_path_get(struct user_path *path, uaddr_t address);
/* The same, but the empty path is allowed. */
int user_path_get_any(struct user_path *path, uaddr_t address);
void user_path_put(struct user_path *path);

/* Where `path` starts, given a directory descriptor or AT_FDCWD: borrowed, until the caller waits. 0, -EBADF, -ENOTDIR.
 */
int user_base(int dirfd, const char *path, struct path *out);

/* Both at once, for the calls that take a directory descriptor and a path. 0 or -errno; then there is nothing to put.
 */
int user_path_at(struct user_path *path, int dirfd, uaddr_t address, struct path *base);

/* Looks up a user's path. at_flags: AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH are honoured, others are the caller's.
 * With AT_EMPTY_PATH the result can be NULL: a stream without an inode. */
int user_lookup(int dirfd, uaddr_t address, unsigned at_flags, struct inode **out);
/* The same with a path that is already here. */
int user_lookup_name(int dirfd, const char *name, unsigned at_flags, struct inode **out);
/* The same, and where it was found, with references of its own; mount NULL: what has no place. */
int user_lookup_both(int dirfd, uaddr_t address, unsigned at_flags, struct inode **out, struct path *place);
/* The same, as a place; mount NULL: what has none. */
int user_lookup_path(int dirfd, uaddr_t address, unsigned at_flags, struct path *out);
/* The same, but -EINVAL for what has none. */
int user_lookup_place(int dirfd, uaddr_t address, unsigned at_flags, struct path *out);
int user_lookup_path_name(int dirfd, const char *name, unsigned at_flags, struct path *out);

/* The same by who shares the kernel lock: borrowed until it gives its share up; *error: 0, or as path_lookup. False:
 * this name takes the usual way. */
bool user_look_shared(int dirfd, uaddr_t address, struct path *out, int *error);

/* The open file `fd`, borrowed, or NULL. Another thread may close it while this one waits: who may wait for anything, a
 * disk or an inode's lock too, takes a reference. */
static inline struct file *user_file(uint64_t fd)
{
    return fd_get(current_thread()->files, (int)fd);
}

/* Copies a result to the user; 0 or -EFAULT. */
#define user_put(address, object) copy_to_user(address, &(object), sizeof(object))
#define user_get(object, address) copy_from_user(&(object), address, sizeof(object))
/* A word of the caller's, who may be a 32-bit program (call_is_32bit): an address, a size. 0 or -EFAULT. */
int user_get_word(uint64_t *word, uaddr_t address);
int user_put_word(uaddr_t address, uint64_t word);
/* A structure of `size` bytes, of which the caller knows the first `known`; fewer: the rest is zero. 0, -EFAULT,
 * -E2BIG: something that it doesn't know of isn't zero. The caller bounds size. */
int user_get_longer(void *out, size_t known, uaddr_t address, uint64_t size);

#endif
