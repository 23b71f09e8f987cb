/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git_guard.h - what of repositories a guest may not change in a share with `keeps_git`, though it may change all else:
 * hooks, settings, and what says that these lie elsewhere (git_names.h), as git runs what they say, outside the VM.
 *
 * It is about each .git that lies in the share, at any depth, and that this run's guest hasn't made: a folder .git
 * can't be moved away, removed or put in another one's place, nor can one that is a file, as submodules and worktrees
 * have it, and that is not written either. In what .git has of submodules (modules) and worktrees the same names
 * can't be made, changed or removed; but the folders that they lie in may be moved, and others be made in their place,
 * without such names. Where the share itself has a .git, no other spelling of it is made there.
 *
 * The guest may make repositories, which git on the host will trust when it comes upon them, in the place of a folder
 * that it has moved, too: it is a guard, no wall.
 */
#ifndef LVMM_SHARE_GIT_GUARD_H
#define LVMM_SHARE_GIT_GUARD_H

#include "vmm/share/nodes.h"

/* Whether the share's top has a .git, from which on tree_share.has_git is kept. fd: of the top. */
bool git_guard_is_there(int fd);
/* Whether the node is one of these, or lies in one. */
bool git_guard_has_node(const struct share_tree *tree, const struct share_node *node);
/* Whether the name in this folder leads to one: then it can't be made, removed or moved. */
bool git_guard_has_name(struct share_tree *tree, struct share_node *folder, const char *name);
/* The guest has just made this node: if it is a repository, it is the guest's own. So many of them; others are kept. */
void git_guard_made(struct share_tree *tree, const struct share_node *node);
#define GIT_MADE_MAX 1024u

#endif
