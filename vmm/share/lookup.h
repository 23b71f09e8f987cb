/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h - names of a shared folder: what is there in which layer, and the entries that the guest gets of it. */
#ifndef LVMM_SHARE_LOOKUP_H
#define LVMM_SHARE_LOOKUP_H

#include "vmm/share/nodes.h"

/* What a name in a folder is, in each layer. Of another kind than -ENOENT are errors that say nothing. Descriptors of
 * success are the caller's: found_drop. */
int lookup_find(struct share_tree *tree, struct share_node *parent, const char *name, struct share_found *found);
void found_drop(struct share_found *found);
/* A folder in which names are looked up, or one that this name is made in, removed or moved (changed, else NULL): of a
 * share, no barred one. -ENOTDIR, -EROFS for changes to the root of all, to a ro share, to what git_guard.h keeps. */
int lookup_folder(struct share_tree *tree, uint64_t id, const char *changed, struct share_node **out);
/* The entry of a name, whose node counts a lookup. */
int lookup_entry(struct share_tree *tree, struct share_node *parent, const char *name, struct fuse_entry_out *out);
/* The same of a name that a listing of the folder has just had: at less cost, where it is simple. */
int lookup_listed(struct share_tree *tree, struct share_node *folder, const char *name, struct fuse_entry_out *out);
/* As lookup_entry, of what was found, whose descriptors it takes. */
int lookup_give(struct share_tree *tree, struct share_node *parent, const char *name, struct share_found *found,
                struct fuse_entry_out *out);
/* -EACCES: a stranger on the host may not do this (bits: of 07) to the node's upper-most layer, and the share is
 * public. What lies in `upper` is the guest's. */
int lookup_may(const struct share_node *node, const struct statx *st, unsigned bits);
/* The same of the host's layer of a folder, which what the guest has changed of the folder opens no further. */
int lookup_may_folder(struct share_tree *tree, struct share_node *folder, unsigned bits);

#endif
