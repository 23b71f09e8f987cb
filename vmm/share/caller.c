/* SPDX-License-Identifier: Apache-2.0 */
/* caller.c - see caller.h. */
#include "vmm/share/caller.h"

#include <sys/stat.h>

uint32_t caller_mode(const struct tree_share *share, uint32_t mode)
{
    return mode & (share->is.own ? 07777 : 07777 & ~(uint32_t)(S_ISUID | S_ISGID));
}

int caller_begin(struct share_tree *tree, const struct tree_share *share, const struct share_caller *caller)
{
    const struct rights_of wanted = node_rights_of(caller, share->is.all_rights);

    if (!share->is.own)
        return 0;
    int error = rights_take(&tree->rights, &wanted);
    if (error < 0)
        caller_end(tree, share);
    return error;
}

void caller_end(struct share_tree *tree, const struct tree_share *share)
{
    node_take_rights(tree, share);
}
