/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h - a name in a directory that is about to be made, removed or moved: within vfs/ only. */
#ifndef GK_VFS_ENTRY_H
#define GK_VFS_ENTRY_H

#include "vfs/path.h"

/* The directory is locked from entry_begin to entry_end, so that the name stays what it is. */
struct entry {
    struct walk walk;
    struct dentry *dir;    /* of walk.at */
    struct dentry *dentry; /* with a reference; NULL: the last component isn't a name (is_name) */
};

/* 0 or -errno; then there is nothing to end. The name may be a negative dentry. */
int entry_begin(struct entry *entry, const struct path *base, const char *name);
void entry_end(struct entry *entry);
/* Whether the last component is a name: not "/", ".", "..". */
bool walk_is_name(const struct walk *walk);
/* Whether the current thread may make the name: 0, -ENOENT (the directory was removed), -EROFS, -EACCES. */
int entry_may_create(const struct entry *entry);
/* Whether it may remove it. directory: by rmdir(2), or in place of one. */
int entry_may_delete(const struct dentry *dir, const struct dentry *dentry, bool directory);
/* A name of the directory has come or gone: its times. */
void entry_touch(struct inode *dir);
/* The permissions that something new in `dir` is made with: the umask takes some, unless the directory says what new
 * files get (vfs/acl.h). */
uint32_t entry_mode(const struct inode *dir, uint32_t mode);
/* `inode`, whose reference is taken over, has the name now. */
void entry_made(struct entry *entry, struct inode *inode);

#endif
