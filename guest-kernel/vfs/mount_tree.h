/* SPDX-License-Identifier: Apache-2.0 */
/* mount_tree.h - how mounts are made and put into their tree: vfs/mount*.c alone. */
#ifndef GK_VFS_MOUNT_TREE_H
#define GK_VFS_MOUNT_TREE_H

#include "vfs/vfs.h"

struct fs_type;

#define MOUNTS_MAX 100000u /* Linux's fs.mount-max */

extern struct tree mount_ids; /* all mounts that there are, in a place or not, by unique_id */

/* A file system with its root's dentry, of which nothing is mounted yet. */
int filesystem_make(const struct fs_type *type, struct blk_device *dev, const char *options, struct filesystem **out);
/* For those that make one: it is among all, with its root's dentry. 0 or -ENOMEM, and it has ended. */
int filesystem_add(const struct fs_type *type, struct blk_device *dev, struct filesystem *fs, struct filesystem **out);
/* Nothing is mounted of it (any more). False: something of it is in use all the same; it goes when that does. */
bool filesystem_end(struct filesystem *fs);
/* The file system that mount(2) would mount, with one more in its count of mounts: it stays until filesystem_put. 0 or
 * -errno. */
int filesystem_get(const struct fs_type *type, const char *source, const char *options, bool read_only,
                   struct filesystem **out);
/* Mounts it, from that directory or file of its down, on top of what is at `at`. 0 or -errno. */
int filesystem_place(struct filesystem *fs, struct dentry *part, const struct path *at, const char *source,
                     uint32_t flags);
/* May wait for a disk, if nothing is mounted of it. */
void filesystem_put(struct filesystem *fs);
/* MS_REMOUNT of the file system alone: 0 or -errno. The caller keeps it. */
int filesystem_reconfigure(struct filesystem *fs, bool read_only, const char *options);
/* mount_create; nobody else runs meanwhile, to be out of memory rather than to look for some. */
struct mount *mount_create_now(struct filesystem *fs, struct dentry *top, const char *source, uint32_t flags);
/* All of a tree of mounts goes; with_twins: and of each those that came with it in peers and slaves. */
void mounts_remove(struct mount *top, bool with_twins);
/* A mount with one reference, the tree's. NULL: no memory, or there are too many. */
struct mount *mount_create(struct filesystem *fs, struct dentry *root, const char *source, uint32_t flags);
void mount_attach(struct mount *mount, const struct path *at);
void mount_publish(struct mount *mount); /* it is among all, as its last */
/* What was mounted on that dentry of that mount last; NULL: nothing. */
struct mount *mount_above(const struct path *path);
/* Takes it, and with it what is mounted in it, from its place. */
void mount_detach(struct mount *mount);
void mount_forget(struct mount *mount); /* it is not among all mounts any more */
/* The mount and what is mounted in it come last among all, since they moved: a mount stands after what it lies in. */
void mounts_reorder(struct mount *top);
/* The mount that comes after `mount` among `top` and all that is mounted in it: each before what lies in it. NULL: that
 * was the last. */
struct mount *mount_tree_next(const struct mount *top, struct mount *mount);
/* `top` of the file system is the root of all from now on. 0 or -ENOMEM. */
int mount_root_set(struct filesystem *fs, struct dentry *top, const char *source, uint32_t flags);
/* `new` takes the place of `old` as the root, or where that is mounted, and `old` gets to `put_old`. */
void mount_swap_root(struct mount *old, struct mount *new, const struct path *put_old);

/* ---- to whom mounts pass on what is mounted in them (vfs/mount_group.c): groups of peers, slaves, masters ---- */

/* A mount begins as a private one. */
void mount_group_init(struct mount *mount);
/* At its end it is nobody's peer, slave or master any more: those it had are another peer's, or its own master's. */
void mount_group_leave(struct mount *mount);
/* It is alone in a new group of peers. */
void mount_group_begin(struct mount *mount);
/* It is a slave of that one; NULL: of nobody. */
void mount_group_set_master(struct mount *mount, struct mount *master);
/* MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, as mount(2). */
void mount_group_set_type(struct mount *mount, uint32_t type);
/* It, which is private, becomes a peer of `model` if that is shared, and a slave of model's master. */
void mount_group_join(struct mount *mount, struct mount *model);
/* The next one in the circle of its group: itself, if it is alone. */
struct mount *mount_group_next(const struct mount *mount);

#endif
