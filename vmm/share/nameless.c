/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nameless.c - files that have no name (O_TMPFILE) and may get one by share_link: tree.h's share_tmpfile. In a cow
 * share they are made in the work folder, so that the guest's folder needn't be copied up for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/caller.h"
#include "vmm/share/lookup.h"
#include "vmm/share/open_file.h"
#include "vmm/share/upper.h"

/* Where it is made, as the guest may make files in the folder: a descriptor that isn't the caller's, or -errno. */
static int place_of(struct share_tree *tree, struct share_node *folder)
{
    struct statx st;
    int fd = node_top_fd(tree, folder), error = fd < 0 ? fd : beneath_stat(fd, &st);

    if (error == 0)
        error = lookup_may(folder, &st, 03);
    if (error < 0)
        return error;
    return folder->share->is.mode == SHARE_COW ? upper_work(folder->share) : fd;
}

static int make(struct share_tree *tree, const struct share_caller *caller, struct share_node *folder, int flags,
                uint32_t mode)
{
    const struct tree_share *share = folder->share;
    int dir = place_of(tree, folder), error = dir < 0 ? dir : caller_begin(tree, share, caller);

    if (error < 0)
        return error;
    int fd = openat(dir, ".", flags | O_TMPFILE | O_CLOEXEC, caller_mode(share, mode));
    error = fd < 0 ? -errno : fd;
    caller_end(tree, share);
    return error;
}

/* The node of the file, whose descriptors stay: there is no name to open them by. */
static int give_node(struct share_tree *tree, struct share_node *folder, int fd, struct fuse_entry_out *entry,
                     struct share_node **out)
{
    struct share_found found = {.fd = {beneath_reopen(tree->proc, fd, O_PATH), -1}};
    int error = found.fd[UPPER] < 0 ? found.fd[UPPER] : beneath_stat(found.fd[UPPER], &found.st[UPPER]);

    if (error < 0) {
        found_drop(&found);
        return error;
    }
    error = lookup_give(tree, folder, "", &found, entry);
    if (error == 0)
        error = node_find(tree, entry->nodeid, out);
    if (error == 0)
        error = node_keep(tree, *out);
    if (error == 0)
        error = node_rename(tree, *out, folder, NULL);
    return error;
}

int share_tmpfile(struct share_tree *tree, const struct share_caller *caller, uint64_t parent,
                  const struct fuse_create_in *in, struct fuse_entry_out *entry, struct fuse_open_out *open)
{
    struct share_node *folder, *node;
    int flags = file_flags(in->flags), error = flags < 0 ? flags : lookup_folder(tree, parent, "", &folder);

    if (error == 0 && (flags & O_ACCMODE) == O_RDONLY)
        error = -EINVAL;
    int fd = error < 0 ? error : make(tree, caller, folder, flags, in->mode);
    if (fd < 0)
        return fd;
    entry->nodeid = 0;
    error = give_node(tree, folder, fd, entry, &node);
    if (error == 0)
        error = file_adopt(tree, node, fd, flags, entry->attr.mode, open);
    else
        close(fd);
    if (error < 0 && entry->nodeid != 0)
        share_forget(tree, entry->nodeid, 1);
    return error;
}
