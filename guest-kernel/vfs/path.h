/* SPDX-License-Identifier: Apache-2.0 */
/* path.h - walking paths; within vfs/ only. */
#ifndef GK_VFS_PATH_H
#define GK_VFS_PATH_H

#include "vfs/vfs.h"

struct walk { /* where a path leads to, but for its last component */
    struct inode *dir;
    const char *name; /* length 0: the path is "/" and the like, and leads to dir itself */
    size_t length;
    bool must_be_dir; /* a slash follows the name */
};

/* Walks to the directory of the last component; walk->dir has a reference on success. */
int path_walk(struct inode *base, const char *path, struct walk *walk);
/* The last component itself: "." and ".." and mounts included. -ENOENT, -ENOTDIR ... */
int path_last(const struct walk *walk, struct inode **out);

/* Whether the name is "." or "..", which stand for directories rather than name entries. */
bool name_is_dot(const char *name, size_t length);
bool name_is_dotdot(const char *name, size_t length);

/* What is mounted on dir/name where the disk need not have such a directory, or NULL. */
struct filesystem *mount_find(const struct inode *dir, const char *name, size_t length);
/* The n-th mount on a name in `dir`, or NULL. */
struct filesystem *mount_in(const struct inode *dir, unsigned n);

/* The directory /dev/shm, borrowed; NULL: nothing is mounted. */
struct inode *mount_memory(void);

#endif
