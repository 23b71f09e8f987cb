/* SPDX-License-Identifier: Apache-2.0 */
/* renaming.c - tree.h's share_rename. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/layers.h"
#include "vmm/share/lookup.h"
#include "vmm/share/raise.h"
#include "vmm/share/removing.h"
#include "vmm/share/upper.h"

/* One of the two names. */
struct end {
    struct share_node *folder;
    const char *name;
    struct share_node *node; /* what has the name, if the guest knows it (rw) or in any case (cow); may be NULL */
    uint64_t id;             /* cow: of a lookup that has to be forgotten, 0: none */
    bool is_folder;
    int below; /* cow: whether the host has something with this name */
};

struct renaming {
    struct share_tree *tree;
    struct end from, to;
    bool exchange;
};

/* Both folders' upper layers at once. */
static int folders(struct renaming *renaming, int *from, int *to)
{
    *from = node_fd(renaming->tree, renaming->from.folder, UPPER);
    *to = *from < 0 ? *from : node_fd(renaming->tree, renaming->to.folder, UPPER);
    if (*to < 0)
        return *to;
    return renaming->from.folder->fd[UPPER] == *from ? 0 : -EMFILE;
}

/* The guest's nodes have their new names. */
static void note(struct renaming *renaming)
{
    struct share_node *from = renaming->from.node, *to = renaming->to.node;

    if (from == to && from != NULL) /* two names of one file: both are there still */
        return;
    if (renaming->exchange) {
        if (to != NULL)
            node_rename(renaming->tree, to, renaming->from.folder, renaming->from.name);
    } else {
        removing_note(renaming->tree, to, renaming->to.folder, renaming->to.name);
    }
    if (from != NULL)
        node_rename(renaming->tree, from, renaming->to.folder, renaming->to.name);
}

/* ---- rw: the host's kernel does it ---- */

static int find_known(struct share_tree *tree, struct end *end)
{
    struct share_found found;
    int error = lookup_find(tree, end->folder, end->name, &found);

    if (error < 0)
        return error == -ENOENT ? 0 : error;
    end->node = node_known(tree, end->folder->share, &found);
    found_drop(&found);
    if (end->node != NULL)
        node_keep(tree, end->node);
    return 0;
}

static int rename_rw(struct renaming *renaming, uint32_t flags)
{
    int error = find_known(renaming->tree, &renaming->from), from, to;

    if (error == 0)
        error = find_known(renaming->tree, &renaming->to);
    if (error == 0)
        error = folders(renaming, &from, &to);
    if (error == 0)
        error = beneath_result(renameat2(from, renaming->from.name, to, renaming->to.name, flags));
    if (error == 0)
        note(renaming);
    return error;
}

/* ---- cow ---- */

static int find_end(struct share_tree *tree, struct end *end)
{
    struct fuse_entry_out entry;
    int error = upper_is_hidden(end->folder, end->name) ? -EPERM : lookup_entry(tree, end->folder, end->name, &entry);

    if (error < 0)
        return error;
    end->id = entry.nodeid;
    end->is_folder = S_ISDIR(entry.attr.mode);
    return node_find(tree, entry.nodeid, &end->node);
}

static bool is_above(const struct share_node *node, const struct share_node *folder)
{
    for (unsigned depth = 0; folder != NULL && depth < 1000; depth++, folder = folder->parent)
        if (folder == node)
            return true;
    return false;
}

/* What rename(2) says of the two places and kinds. */
static int check(const struct renaming *renaming, uint32_t flags)
{
    const struct end *from = &renaming->from, *to = &renaming->to;

    if (to->node == NULL && renaming->exchange)
        return -ENOENT;
    if (to->node != NULL && (flags & RENAME_NOREPLACE))
        return -EEXIST;
    if (is_above(from->node, to->folder))
        return -EINVAL;
    if (to->node == NULL)
        return 0;
    if (is_above(to->node, from->folder))
        return renaming->exchange ? -EINVAL : -ENOTEMPTY;
    if (from->node == to->node || renaming->exchange)
        return 0;
    if (from->is_folder && !to->is_folder)
        return -ENOTDIR;
    if (!from->is_folder && to->is_folder)
        return -EISDIR;
    return from->is_folder ? removing_is_empty(renaming->tree, to->node) : 0;
}

/* A folder of the host can't move: its names are in the layer below. One that can must hide what it comes to lie on. */
static int prepare(struct renaming *renaming, struct end *end, const struct end *other)
{
    struct share_tree *tree = renaming->tree;
    int fd;

    if (end->is_folder && end->node->has[LOWER])
        return -EXDEV;
    fd = raise_fd(tree, end->node);
    if (fd < 0)
        return fd;
    return end->is_folder && other->folder->has[LOWER] ? upper_set_opaque(tree, fd) : 0;
}

/* A name that isn't the guest's any more, but the host's still, is a whiteout. */
static int hide(struct renaming *renaming)
{
    struct end *from = &renaming->from;
    int dir = node_fd(renaming->tree, from->folder, UPPER);
    int there = dir < 0 ? dir : rights_open(&renaming->tree->rights, dir, from->name);

    if (there >= 0) { /* two names of one file: nothing was done */
        close(there);
        return 0;
    }
    if (there != -ENOENT)
        return there;
    return from->below ? upper_whiteout(renaming->tree, from->folder, from->name) : 0;
}

/* What is at the new name in the upper layer, a whiteout or an empty folder of whiteouts too, goes out of the way of a
 * folder, which the kernel wouldn't put there: the two change places, and what was there is cleared. */
static int put_folder(struct renaming *renaming, int from, int to)
{
    const char *name = renaming->from.name, *new_name = renaming->to.name;

    int error = upper_move(renaming->tree, from, name, to, new_name, RENAME_NOREPLACE);
    if (error == -EEXIST) {
        error = upper_move(renaming->tree, from, name, to, new_name, RENAME_EXCHANGE);
        error = error < 0 ? error : upper_remove(renaming->tree, renaming->from.folder, name);
    }
    return error;
}

static int move(struct renaming *renaming)
{
    int from, to, error = folders(renaming, &from, &to);

    if (error < 0)
        return error;
    if (renaming->exchange)
        return upper_move(renaming->tree, from, renaming->from.name, to, renaming->to.name, RENAME_EXCHANGE);
    if (renaming->from.is_folder)
        error = put_folder(renaming, from, to);
    else if (renaming->to.is_folder)
        error = -EISDIR;
    else
        error = upper_move(renaming->tree, from, renaming->from.name, to, renaming->to.name, 0);
    return error < 0 ? error : hide(renaming);
}

static int look_at_both(struct renaming *renaming, uint32_t flags)
{
    struct share_tree *tree = renaming->tree;
    struct end *from = &renaming->from, *to = &renaming->to;
    int error = find_end(tree, from);

    if (error < 0)
        return error;
    error = find_end(tree, to);
    error = error == -ENOENT ? 0 : error;
    if (error == 0)
        error = check(renaming, flags);
    if (error == 0 && (from->below = upper_is_below(tree, from->folder, from->name)) < 0)
        error = from->below;
    return error;
}

static int rename_cow(struct renaming *renaming, uint32_t flags)
{
    struct share_tree *tree = renaming->tree;
    struct end *from = &renaming->from, *to = &renaming->to;
    int error = look_at_both(renaming, flags);

    if (error == 0 && from->node == to->node)
        return 0;
    if (error == 0)
        error = prepare(renaming, from, to);
    if (error == 0 && renaming->exchange)
        error = prepare(renaming, to, from);
    if (error == 0)
        error = raise_node(tree, from->folder, UINT64_MAX);
    if (error == 0)
        error = raise_node(tree, to->folder, UINT64_MAX);
    if (error == 0 && to->node != NULL)
        error = node_keep(tree, to->node);
    if (error == 0)
        error = move(renaming);
    if (error == 0)
        note(renaming);
    return error;
}

static void forget(const struct renaming *renaming)
{
    if (renaming->from.id != 0)
        share_forget(renaming->tree, renaming->from.id, 1);
    if (renaming->to.id != 0)
        share_forget(renaming->tree, renaming->to.id, 1);
}

int share_rename(struct share_tree *tree, uint64_t parent, const char *name, uint64_t new_parent, const char *new_name,
                 uint32_t flags)
{
    struct renaming renaming = {
        .tree = tree, .from = {.name = name}, .to = {.name = new_name}, .exchange = flags & RENAME_EXCHANGE};
    int error = beneath_name_is_good(name) && beneath_name_is_good(new_name) ? 0 : -EINVAL;

    if (error == 0 &&
        ((flags & ~(RENAME_EXCHANGE | RENAME_NOREPLACE)) || flags == (RENAME_EXCHANGE | RENAME_NOREPLACE)))
        error = -EINVAL;
    if (error == 0)
        error = lookup_folder(tree, parent, name, &renaming.from.folder);
    if (error == 0)
        error = lookup_folder(tree, new_parent, new_name, &renaming.to.folder);
    if (error == 0 && renaming.from.folder->share != renaming.to.folder->share)
        error = -EXDEV;
    if (error == 0)
        error = removing_may(tree, renaming.from.folder);
    if (error == 0)
        error = removing_may(tree, renaming.to.folder);
    if (error < 0)
        return error;
    node_hold(renaming.from.folder);
    node_hold(renaming.to.folder);
    if (renaming.from.folder->share->is.mode == SHARE_COW)
        error = rename_cow(&renaming, flags);
    else
        error = rename_rw(&renaming, flags);
    forget(&renaming);
    node_let_go(tree, renaming.from.folder);
    node_let_go(tree, renaming.to.folder);
    return error;
}
