/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git_guard.h - what of a repository a guest may not change in a share with `keeps_git`, though it may change all
 * else: .git/hooks, the settings, and what says that these lie elsewhere (commondir, also that of other worktrees), as
 * git runs what they say, outside the VM. The folder .git itself, at the share's top, can't be made, moved away or put
 * in another one's place; one that is a file, as worktrees have it, stays as it is.
 *
 * It keeps this repository alone. The guest may still make others in the share, in a folder below or as submodules, of
 * which git on the host takes the settings when it comes upon them: whoever doesn't want that has no rw share.
 */
#ifndef LVMM_SHARE_GIT_GUARD_H
#define LVMM_SHARE_GIT_GUARD_H

#include "vmm/share/nodes.h"

/* Whether the node is one of these, or lies in one. */
bool git_guard_has_node(const struct share_node *node);
/* Whether the name in this folder leads to one: then it can't be made, removed or moved. */
bool git_guard_has_name(const struct share_node *folder, const char *name);

#endif
