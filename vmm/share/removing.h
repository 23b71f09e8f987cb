/* SPDX-License-Identifier: Apache-2.0 */
/* removing.h - names that go, for share_rename as well. */
#ifndef LVMM_SHARE_REMOVING_H
#define LVMM_SHARE_REMOVING_H

#include "vmm/share/nodes.h"

/* -ENOTEMPTY: there is something in the folder, whiteouts aside. */
int removing_is_empty(struct share_tree *tree, struct share_node *folder);
/* -EACCES, -EPERM: a stranger on the host may not change the names of this folder, and the share is public. */
int removing_may(struct share_tree *tree, struct share_node *folder);
/* The file of the node (NULL is fine) has lost this name, and is kept by its descriptor alone if it had no other. */
void removing_note(struct share_tree *tree, struct share_node *node, const struct share_node *parent, const char *name);

#endif
