/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_peers.h - how mounts and unmounts spread (mount_namespaces(7), "SHARED SUBTREES"): for vfs/mount*.c alone.
 *
 * Shared mounts of a group are each other's peers: what is mounted in one is mounted in all. A slave has that from its
 * master's group, and gives nothing back; it can be shared itself, with slaves of its own.
 */
#ifndef GK_VFS_MOUNT_PEERS_H
#define GK_VFS_MOUNT_PEERS_H

#include "vfs/mount.h"

enum mount_copy {
    COPY_ALIKE,       /* a peer of what is shared, a slave of the same master */
    COPY_SLAVE,       /* a slave of it, */
    COPY_SLAVE_SHARED /* which is shared with those that will be copied of it */
};
/* A copy of `from->mount` with `from->dentry` as its root and, if `all`, of what is mounted below that, but for what
 * can't be bound. All get into `copied`, the first one first. 0 or -ENOMEM: `copied` has what there is so far. */
int mount_copy_tree(const struct path *from, bool all, enum mount_copy kind, struct list *copied);
/* What is left in `copied` goes. */
void mount_copies_drop(struct list *copied);

/* `source`, a tree that isn't attached, is about to be mounted at `at`: makes it shared, and the copies of it that the
 * peers and slaves of at->mount are to have, if that is shared. 0 or -ENOMEM, as mount_copy_tree. */
int mount_propagate(struct mount *source, const struct path *at, struct list *copied);
/* Puts those copies in their places: under what is mounted there. */
void mount_copies_attach(struct list *copied, struct dentry *point);

/* Calls visit for each mount on mount->point that came by propagation as `mount` did, and that nothing is mounted in.
 * visit may detach it. */
void mount_twins_visit(const struct mount *mount, void (*visit)(struct mount *twin, void *arg), void *arg);

#endif
