/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.h - a file's attributes as FUSE has them. */
#ifndef LVMM_SHARE_ATTRIBUTES_H
#define LVMM_SHARE_ATTRIBUTES_H

#include "vmm/share/nodes.h"

/* Fills in out from what the host says of the node's upper-most layer. */
void attributes_fill(const struct share_tree *tree, const struct share_node *node, const struct statx *st,
                     struct fuse_attr *out);
/* Those of the root of all, a folder of this server's own. */
void attributes_of_root(const struct share_tree *tree, struct fuse_attr *out);

#endif
