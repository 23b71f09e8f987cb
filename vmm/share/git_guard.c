/* SPDX-License-Identifier: Apache-2.0 */
/* git_guard.c - see git_guard.h. */
#include "vmm/share/git_guard.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/git_names.h"

static bool is_kept(const struct share_node *node)
{
    return node->share != NULL && node->share->is.keeps_git;
}

static bool is_guests(const struct share_tree *tree, const struct share_identity *identity)
{
    for (unsigned i = 0; i < tree->git_made_n; i++)
        if (node_is_same(&tree->git_made[i], identity))
            return true;
    return false;
}

/* A .git of the host's, whatever it is. */
static bool is_git(const struct share_tree *tree, const struct share_node *node)
{
    return node->parent != NULL && node->name != NULL && git_name_is_repository(node->name) &&
           !is_guests(tree, &node->is[node_top(node)]);
}

bool git_guard_is_there(int fd)
{
    int git = beneath_open(fd, ".git");

    if (git >= 0)
        close(git);
    return git >= 0;
}

/* The .git that the node lies in, or NULL. *first: what lies right in that, on the way to the node. *is_command: there
 * is a name on the way, the node's included, that is one of those. */
static const struct share_node *git_above(const struct share_tree *tree, const struct share_node *node,
                                          const struct share_node **first, bool *is_command)
{
    *is_command = false;
    for (; node->parent != NULL; node = node->parent) {
        *is_command = *is_command || node->name == NULL || git_name_is_command(node->name);
        *first = node;
        if (is_git(tree, node->parent))
            return node->parent;
    }
    return NULL;
}

bool git_guard_has_node(const struct share_tree *tree, const struct share_node *node)
{
    const struct share_node *first = NULL;
    bool is_command;

    if (!is_kept(node))
        return false;
    if (is_git(tree, node))
        return node->is[node_top(node)].type != S_IFDIR;
    if (git_above(tree, node, &first, &is_command) == NULL)
        return false;
    return is_command && (first->name == NULL || !git_name_is_plain(first->name));
}

/* The folder's .git, which is there and isn't the guest's; one that can't be looked at is neither. */
static bool has_git(struct share_tree *tree, struct share_node *folder, const char *name)
{
    struct share_identity identity;
    struct statx st;

    if (folder == folder->share->root && folder->share->has_git)
        return true;
    int dir = node_fd(tree, folder, UPPER), git = dir < 0 ? dir : beneath_open(dir, name);
    if (git < 0)
        return git != -ENOENT;
    int error = beneath_stat(git, &st);
    close(git);
    if (error < 0)
        return true;
    node_identify(&st, &identity);
    return !is_guests(tree, &identity);
}

bool git_guard_has_name(struct share_tree *tree, struct share_node *folder, const char *name)
{
    const struct share_node *first = NULL;
    bool is_command;

    if (!is_kept(folder))
        return false;
    if (git_name_is_repository(name) && has_git(tree, folder, name))
        return true;
    if (is_git(tree, folder))
        return git_name_is_command(name);
    if (git_above(tree, folder, &first, &is_command) == NULL || (first->name != NULL && git_name_is_plain(first->name)))
        return false;
    return is_command || git_name_is_command(name);
}

void git_guard_made(struct share_tree *tree, const struct share_node *node)
{
    if (!is_kept(node) || node->name == NULL || !git_name_is_repository(node->name) || tree->git_made_n == GIT_MADE_MAX)
        return;
    if (tree->git_made == NULL)
        tree->git_made = calloc(GIT_MADE_MAX, sizeof(tree->git_made[0]));
    if (tree->git_made != NULL) /* else it is kept as if it were the host's */
        tree->git_made[tree->git_made_n++] = node->is[node_top(node)];
}
