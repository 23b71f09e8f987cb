/* SPDX-License-Identifier: Apache-2.0 */
/* raise.h - copying up: a file of a cow share gets its own copy in `upper` before anything of it is changed. */
#ifndef LVMM_SHARE_RAISE_H
#define LVMM_SHARE_RAISE_H

#include "vmm/share/nodes.h"

/* Sees to it that the node has its upper layer, and so have all folders above it. Of a regular file's data, `bytes` are
 * copied at most. An rw share's nodes have nothing else. -EROFS: a ro share, the root of all. */
int raise_node(struct share_tree *tree, struct share_node *node, uint64_t bytes);
/* The descriptor of the upper layer after that, good until another node is used. */
int raise_fd(struct share_tree *tree, struct share_node *node);

#endif
