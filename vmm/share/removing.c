/* SPDX-License-Identifier: Apache-2.0 */
/* removing.c - tree.h's share_unlink and share_rmdir. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/listing.h"
#include "vmm/share/lookup.h"
#include "vmm/share/raise.h"
#include "vmm/share/removing.h"
#include "vmm/share/upper.h"

int removing_is_empty(struct share_tree *tree, struct share_node *folder)
{
    struct share_listing *listing;
    int error = listing_create(tree, folder, &listing);

    if (error < 0)
        return error;
    error = listing->names_n == 0 ? 0 : -ENOTEMPTY;
    listing_destroy(tree, listing);
    return error;
}

void removing_note(struct share_tree *tree, struct share_node *node, const struct share_node *parent, const char *name)
{
    if (node == NULL || node->parent != parent || node->name == NULL || strcmp(node->name, name) != 0)
        return;
    if (node->is[node_top(node)].type == S_IFDIR)
        node_bury(tree, node);
    node_rename(tree, node, node->parent, NULL);
}

/* The name goes from a folder whose upper layer is there. */
static int remove_upper(struct share_tree *tree, struct share_node *folder, const char *name, bool is_folder)
{
    int below = upper_is_below(tree, folder, name);

    if (below < 0)
        return below;
    if (below > 0)
        return upper_whiteout(tree, folder, name);
    if (is_folder)
        return upper_remove(tree, folder, name);
    int dir = node_fd(tree, folder, UPPER);
    return dir < 0 ? dir : upper_unlink(tree, dir, name);
}

static int remove_cow(struct share_tree *tree, struct share_node *folder, const char *name, bool is_folder)
{
    struct fuse_entry_out entry;
    struct share_node *node;
    int error = lookup_entry(tree, folder, name, &entry);

    if (error < 0)
        return error;
    error = node_find(tree, entry.nodeid, &node);
    if (error == 0 && S_ISDIR(entry.attr.mode) != is_folder)
        error = is_folder ? -ENOTDIR : -EISDIR;
    if (error == 0 && is_folder)
        error = removing_is_empty(tree, node);
    if (error == 0)
        error = raise_node(tree, folder, UINT64_MAX);
    if (error == 0)
        error = node_keep(tree, node);
    if (error == 0)
        error = remove_upper(tree, folder, name, is_folder);
    if (error == 0)
        removing_note(tree, node, folder, name);
    share_forget(tree, entry.nodeid, 1);
    return error;
}

/* A node that the guest has keeps its file. */
static int remove_rw(struct share_tree *tree, struct share_node *folder, const char *name, bool is_folder)
{
    struct share_found found;
    struct share_node *node = NULL;
    int error = lookup_find(tree, folder, name, &found);

    if (error < 0)
        return error;
    node = node_known(tree, folder->share, &found);
    found_drop(&found);
    if (node != NULL)
        node_keep(tree, node);
    int dir = node_fd(tree, folder, UPPER);
    error = dir < 0 ? dir : beneath_result(unlinkat(dir, name, is_folder ? AT_REMOVEDIR : 0));
    if (error == 0)
        removing_note(tree, node, folder, name);
    return error;
}

int removing_may(struct share_tree *tree, struct share_node *folder)
{
    struct statx st;
    int fd = node_top_fd(tree, folder), error = fd < 0 ? fd : beneath_stat(fd, &st);

    if (error == 0 && folder->share->is.mode == SHARE_RW)
        error = lookup_may(folder, &st, 03);
    /* A stranger may remove only what is his own there. */
    return error == 0 && folder->share->is.mode == SHARE_RW && folder->share->is.public && (st.stx_mode & S_ISVTX)
               ? -EPERM
               : error;
}

static int remove_name(struct share_tree *tree, uint64_t parent, const char *name, bool is_folder)
{
    struct share_node *folder;
    int error = beneath_name_is_good(name) ? lookup_folder(tree, parent, name, &folder) : -EINVAL;

    if (error == 0)
        error = removing_may(tree, folder);
    if (error < 0)
        return error;
    return folder->share->is.mode == SHARE_COW ? remove_cow(tree, folder, name, is_folder)
                                               : remove_rw(tree, folder, name, is_folder);
}

int share_unlink(struct share_tree *tree, uint64_t parent, const char *name)
{
    return remove_name(tree, parent, name, false);
}

int share_rmdir(struct share_tree *tree, uint64_t parent, const char *name)
{
    return remove_name(tree, parent, name, true);
}
