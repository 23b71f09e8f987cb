/* SPDX-License-Identifier: Apache-2.0 */
/* upper.h - the work folder of a cow share's changes: what is made there comes to its place whole. */
#ifndef LVMM_SHARE_UPPER_H
#define LVMM_SHARE_UPPER_H

#include "vmm/share/nodes.h"

#define UPPER_NAME 24 /* bytes for a name in the work folder */

/* Whether a name of a folder isn't the guest's to see or to use. */
bool upper_is_hidden(const struct share_node *folder, const char *name);
/* The work folder's descriptor, the share's own, or -errno. It is made when something is made in it: most runs change
 * nothing, and a folder that comes and goes costs ext4 some 200,000 instructions. Not as the caller (caller_begin). */
int upper_work(struct tree_share *share);
/* Removes the work folder, and what a killed run has left there. 0 or -errno; -ENOENT: there was none. */
int upper_clear_work(const struct tree_share *share);
/* A name in the work folder that nothing has. */
const char *upper_new_name(struct share_tree *tree, char name[UPPER_NAME]);
/* Whether the host has something with this name, in the folder's lower layer. 1, 0 or -errno. */
int upper_is_below(struct share_tree *tree, struct share_node *folder, const char *name);
/* renameat2 and unlinkat of names in the upper layer, and layer_set_opaque. A folder that is a user's of the guest, or
 * that nobody may write, is ours meanwhile, if it has to be: the guest's kernel has said who may. A lvmm that is killed
 * in just that moment leaves it to us. */
int upper_move(const struct share_tree *tree, int from, const char *name, int to, const char *new_name, unsigned flags);
int upper_unlink(const struct share_tree *tree, int dir, const char *name);
int upper_set_opaque(const struct share_tree *tree, int folder);
/* Moves what was made in the work folder to a name in the folder's upper layer. What has this name there is cleared. */
int upper_put(struct share_tree *tree, struct share_node *folder, const char *made, const char *name);
/* Makes the folder's upper layer say that the name is gone; what has it there is cleared. */
int upper_whiteout(struct share_tree *tree, struct share_node *folder, const char *name);
/* Clears a name in the folder's upper layer, a folder of whiteouts as well. */
int upper_remove(struct share_tree *tree, struct share_node *folder, const char *name);

#endif
