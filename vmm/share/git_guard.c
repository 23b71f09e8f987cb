/* SPDX-License-Identifier: Apache-2.0 */
/* git_guard.c - see git_guard.h. */
#include "vmm/share/git_guard.h"

#include <string.h>
#include <strings.h>

/* Some file systems take upper case for the same, and FAT has a short name of it. */
static bool is_git_name(const char *name)
{
    return strcasecmp(name, ".git") == 0 || strcasecmp(name, "git~1") == 0;
}

/* The share's .git, whatever it is. */
static bool is_git(const struct share_node *node)
{
    return node->parent != NULL && node->parent == node->share->root && node->name != NULL && is_git_name(node->name);
}

/* commondir says where the settings are instead, of other worktrees as well. A .lock becomes the file itself, by git on
 * the host: who has it open, or has given it another name, would have the file then. */
static bool is_guarded(const char *name)
{
    static const char *const guarded[] = {
        "hooks", "config", "config.lock", "config.worktree", "config.worktree.lock", "commondir", "worktrees"};

    for (unsigned i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
        if (strcasecmp(name, guarded[i]) == 0)
            return true;
    return false;
}

bool git_guard_has_node(const struct share_node *node)
{
    if (node->share == NULL || !node->share->is.keeps_git)
        return false;
    if (is_git(node))
        return node->is[node_top(node)].type != S_IFDIR;
    for (; node->parent != NULL; node = node->parent)
        if (is_git(node->parent))
            return node->name == NULL || is_guarded(node->name);
    return false;
}

bool git_guard_has_name(const struct share_node *folder, const char *name)
{
    if (folder->share == NULL || !folder->share->is.keeps_git)
        return false;
    if (folder == folder->share->root)
        return is_git_name(name);
    return is_git(folder) ? is_guarded(name) : git_guard_has_node(folder);
}
