/* SPDX-License-Identifier: Apache-2.0 */
/* caller.h - with whose rights a guest's requests are done, and whose files are that it makes. */
#ifndef LVMM_SHARE_CALLER_H
#define LVMM_SHARE_CALLER_H

#include "vmm/share/nodes.h"

/* Between the two, files that are made belong to the caller, in shares that have owners of their own (`own`); whether
 * modes bind us stays the same. -EPERM. Nothing has to be ended after an error. */
int caller_begin(struct share_tree *tree, const struct tree_share *share, const struct share_caller *caller);
void caller_end(struct share_tree *tree, const struct tree_share *share);

/* The mode that a file may have which is made or changed with this one. */
uint32_t caller_mode(const struct tree_share *share, uint32_t mode);

#endif
