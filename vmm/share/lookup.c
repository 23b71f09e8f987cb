/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - see lookup.h. */
#include "vmm/share/lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot/abi_share.h"
#include "vmm/share/attributes.h"
#include "vmm/share/git_guard.h"
#include "vmm/share/beneath.h"
#include "vmm/share/layers.h"
#include "vmm/share/numbers.h"
#include "vmm/share/upper.h"
#include "vmm/share/watches.h"

void found_drop(struct share_found *found)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        if (found->fd[layer] >= 0)
            close(found->fd[layer]);
        found->fd[layer] = -1;
    }
}

int lookup_may(const struct share_node *node, const struct statx *st, unsigned bits)
{
    bool is_public = node->share->is.public && !node_is_guests(node, node_top(node));

    return is_public && (st->stx_mode & bits) != bits ? -EACCES : 0;
}

/* 0 as well where there is nothing, or where nothing can be as the folder's layer isn't one: fd is -1 then. */
static int find_in_layer(struct share_tree *tree, struct share_node *parent, const char *name, int layer,
                         struct share_found *found)
{
    int dir = parent->has[layer] ? node_fd(tree, parent, layer) : -ENOENT;

    if (dir < 0)
        return parent->has[layer] ? dir : 0;
    int fd = node_is_guests(parent, layer) ? rights_open(&tree->rights, dir, name) : beneath_open(dir, name);
    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return fd;
    found->fd[layer] = fd;
    return beneath_stat(fd, &found->st[layer]);
}

/* The number of a file that was copied up stays the one that it had. */
static uint64_t origin(struct share_tree *tree, const struct tree_share *share, const struct share_found *found)
{
    uint64_t dev, ino;

    if (!S_ISREG(found->st[UPPER].stx_mode) || layer_origin(tree->proc, found->fd[UPPER], &dev, &ino) < 0)
        return 0;
    return number_of(&tree->numbers, share->index, dev, ino);
}

/* What is said of a file of the upper layer in its attributes, which not everybody may read. -ENOENT: it is a whiteout.
 * Else whether the lower layer counts as well. */
static int look_at_upper(struct share_tree *tree, const struct tree_share *share, struct share_found *found)
{
    const struct statx *st = &found->st[UPPER];
    struct rights_of before;
    bool is_owner =
        !(st->stx_mode & S_IROTH) && st->stx_uid != tree->uid && rights_take_owner(&tree->rights, st, &before);
    int result = -ENOENT;

    if (!layer_is_whiteout(tree->proc, found->fd[UPPER], st)) {
        found->origin = origin(tree, share, found);
        result = S_ISDIR(st->stx_mode) && !layer_is_opaque(tree->proc, found->fd[UPPER]);
    }
    if (is_owner)
        rights_take(&tree->rights, &before);
    return result;
}

/* Both layers of a cow share. */
static int find_merged(struct share_tree *tree, struct share_node *parent, const char *name, struct share_found *found)
{
    int error = find_in_layer(tree, parent, name, UPPER, found);

    if (error < 0)
        return error;
    if (found->fd[UPPER] >= 0) {
        int is_merged = look_at_upper(tree, parent->share, found);
        if (is_merged <= 0)
            return is_merged;
    }
    error = find_in_layer(tree, parent, name, LOWER, found);
    if (error == 0 && found->fd[UPPER] >= 0 && found->fd[LOWER] >= 0 && !S_ISDIR(found->st[LOWER].stx_mode)) {
        close(found->fd[LOWER]);
        found->fd[LOWER] = -1;
    }
    return error;
}

int lookup_may_folder(struct share_tree *tree, struct share_node *folder, unsigned bits)
{
    int layer = folder->share->is.mode == SHARE_RW ? UPPER : LOWER, fd, error;
    struct statx st;

    if (!folder->share->is.public || !folder->has[layer])
        return 0;
    fd = node_fd(tree, folder, layer);
    error = fd < 0 ? fd : beneath_stat(fd, &st);
    return error < 0 ? error : (st.stx_mode & bits) != bits ? -EACCES : 0;
}

int lookup_find(struct share_tree *tree, struct share_node *parent, const char *name, struct share_found *found)
{
    const struct tree_share *share = parent->share;
    int error = lookup_may_folder(tree, parent, 01);

    *found = (struct share_found){.fd = {-1, -1}};
    if (error == 0 &&
        (parent->barred || (share->is.mode == SHARE_COW && parent == share->root && strcmp(name, LAYER_WORK) == 0)))
        error = -ENOENT;
    if (error == 0 && share->is.mode == SHARE_COW)
        error = find_merged(tree, parent, name, found);
    else if (error == 0)
        error = find_in_layer(tree, parent, name, node_top(parent), found);
    if (error == 0 && found->fd[UPPER] < 0 && found->fd[LOWER] < 0)
        error = -ENOENT;
    if (error < 0)
        found_drop(found);
    return error;
}

int lookup_give(struct share_tree *tree, struct share_node *parent, const char *name, struct share_found *found,
                struct fuse_entry_out *out)
{
    struct statx st = found->st[found_has(found, UPPER) ? UPPER : LOWER];
    struct share_node *node;
    int error = node_take(tree, parent->share, parent, name, found, &node);

    if (error < 0)
        return error;
    if (node->barred && !S_ISDIR(st.stx_mode)) { /* a file of /proc that is mounted elsewhere */
        node_forget(tree, node, 0);
        return -EACCES;
    }
    node->lookups++;
    memset(out, 0, sizeof(*out));
    out->nodeid = node->id;
    attributes_fill(tree, node, &st, &out->attr);
    out->entry_valid = watches_has(tree, parent) ? LVMM_FUSE_TOLD : 0;
    out->attr_valid = watches_attributes(tree, node, &st) ? LVMM_FUSE_TOLD : 0;
    return 0;
}

int lookup_entry(struct share_tree *tree, struct share_node *parent, const char *name, struct fuse_entry_out *out)
{
    struct share_found found;
    int error = lookup_find(tree, parent, name, &found);

    return error < 0 ? error : lookup_give(tree, parent, name, &found, out);
}

int lookup_listed(struct share_tree *tree, struct share_node *folder, const char *name, struct fuse_entry_out *out)
{
    int layer = folder->share->is.mode == SHARE_RW ? UPPER : LOWER, dir, error = lookup_may_folder(tree, folder, 01);
    struct share_found found = {.fd = {-1, -1}, .only_stated = true};
    struct statx *st = &found.st[layer], above;

    if (error < 0)
        return error;
    if (!folder->has[layer] || folder->barred)
        return lookup_entry(tree, folder, name, out);
    if (folder->share->is.mode == SHARE_COW && folder->has[UPPER]) {
        dir = node_fd(tree, folder, UPPER);
        if (dir < 0 || beneath_stat_name(dir, name, &above) != -ENOENT)
            return lookup_entry(tree, folder, name, out);
    }
    dir = node_fd(tree, folder, layer);
    error = dir < 0 ? dir : beneath_stat_name(dir, name, st);
    if (error < 0)
        return error;
    if (node_dev(st) != folder->is[layer].dev || st->stx_mnt_id != folder->is[layer].mount)
        return lookup_entry(tree, folder, name, out);
    return lookup_give(tree, folder, name, &found, out);
}

int lookup_folder(struct share_tree *tree, uint64_t id, const char *changed, struct share_node **out)
{
    int error = node_find(tree, id, out);

    if (error < 0)
        return error;
    if ((*out)->share == NULL)
        return changed != NULL ? -EROFS : 0;
    if ((*out)->is[node_top(*out)].type != S_IFDIR)
        return -ENOTDIR;
    if (changed == NULL)
        return 0;
    return (*out)->share->is.mode == SHARE_RO || (*out)->barred || git_guard_has_name(tree, *out, changed) ? -EROFS : 0;
}

/* ---- for the guest ---- */

/* An entry of the root: the share's number as the command line has it. */
static int lookup_share(struct share_tree *tree, const char *name, struct fuse_entry_out *out)
{
    char *end;
    unsigned long i = strtoul(name, &end, 10);
    struct statx st;

    if (name[0] < '0' || name[0] > '9' || (name[0] == '0' && name[1] != 0) || *end != 0 || i >= tree->shares_n)
        return -ENOENT;
    struct share_node *root = tree->shares[i].root;
    node_take_rights(tree, root->share);
    int fd = node_top_fd(tree, root), error = fd < 0 ? fd : beneath_stat(fd, &st);
    if (error < 0)
        return error;
    root->lookups++;
    memset(out, 0, sizeof(*out));
    out->nodeid = root->id;
    attributes_fill(tree, root, &st, &out->attr);
    out->entry_valid = tree->tells ? LVMM_FUSE_TOLD : 0;
    out->attr_valid = watches_attributes(tree, root, &st) ? LVMM_FUSE_TOLD : 0;
    return 0;
}

void share_asks(struct share_tree *tree, const struct share_caller *caller)
{
    tree->asks = *caller;
}

int share_lookup(struct share_tree *tree, uint64_t parent, const char *name, struct fuse_entry_out *out)
{
    struct share_node *folder;
    int error = lookup_folder(tree, parent, NULL, &folder);

    if (error < 0)
        return error;
    if (folder->share == NULL)
        return lookup_share(tree, name, out);
    if (!beneath_name_is_good(name))
        return -EINVAL;
    const bool is_told = watches_names(tree, folder);
    error = lookup_entry(tree, folder, name, out);
    if (error != -ENOENT || !is_told || !watches_has(tree, folder))
        return error;
    memset(out, 0, sizeof(*out)); /* there is none, and that holds */
    out->entry_valid = LVMM_FUSE_TOLD;
    return 0;
}

void share_forget(struct share_tree *tree, uint64_t id, uint64_t lookups)
{
    struct share_node *node;

    if (node_find(tree, id, &node) == 0)
        node_forget(tree, node, lookups);
}
