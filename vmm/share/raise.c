/* SPDX-License-Identifier: Apache-2.0 */
/* raise.c - see raise.h. */
#include "vmm/share/raise.h"

#include <errno.h>

int raise_node(struct share_tree *tree, struct share_node *node, uint64_t bytes)
{
    (void)tree;
    (void)bytes;
    if (node->share == NULL || node->share->is.mode == SHARE_RO)
        return -EROFS;
    return node->has[UPPER] ? 0 : -EROFS;
}

int raise_fd(struct share_tree *tree, struct share_node *node)
{
    int error = raise_node(tree, node, UINT64_MAX);

    return error < 0 ? error : node_fd(tree, node, UPPER);
}
