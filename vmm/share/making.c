/* SPDX-License-Identifier: Apache-2.0 */
/* making.c - new files and names: tree.h's share_create and its kin. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/caller.h"
#include "vmm/share/git_guard.h"
#include "vmm/share/handles.h"
#include "vmm/share/open_file.h"
#include "vmm/share/layers.h"
#include "vmm/share/lookup.h"
#include "vmm/share/raise.h"
#include "vmm/share/upper.h"
#include "vmm/share/watches.h"

/* Where a new file is made: at its place, or, where a whiteout is there or the folder isn't for its maker to write, in
 * the work folder first. */
struct making {
    struct share_node *folder;
    const char *name; /* in the end */
    int dir;          /* the folder's or the work folder's */
    const char *made; /* the name in it */
    bool is_moved;
    const struct share_caller *caller; /* whose it is; NULL: its own owner's, as it has another name already */
    char text[UPPER_NAME];
};

/* Whether the name is free for the guest. A cow share's whiteout is noted. */
static int look_at_place(struct share_tree *tree, struct making *making)
{
    struct share_node *folder = making->folder;
    struct share_found found;

    if (upper_is_hidden(folder, making->name))
        return -EPERM;
    if (folder->share->is.mode != SHARE_COW) /* the host's kernel will tell */
        return 0;
    int error = lookup_find(tree, folder, making->name, &found);
    if (error == 0)
        found_drop(&found);
    return error == 0 ? -EEXIST : error == -ENOENT ? 0 : error;
}

/* Whether the one who makes it may do so in the folder, by its owner and by what all others may. */
static bool is_open_to(const struct share_tree *tree, const struct making *making)
{
    const struct share *share = &making->folder->share->is;
    uint32_t uid = share->own && making->caller != NULL ? making->caller->uid : tree->uid;
    struct statx st;

    if (share->all_rights)
        return true;
    if (beneath_stat(making->dir, &st) < 0)
        return false;
    const unsigned bits = st.stx_uid == uid ? st.stx_mode >> 6 : st.stx_mode;
    return (bits & 03) == 03 && (st.stx_uid == tree->uid || (st.stx_mode & 01));
}

static int begin(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                 struct making *making)
{
    struct statx st;
    int error = beneath_name_is_good(name) ? lookup_folder(tree, parent, name, &making->folder) : -EINVAL;

    if (error < 0)
        return error;
    making->made = making->name = name;
    making->is_moved = false;
    making->caller = caller;
    error = look_at_place(tree, making);
    making->dir = error < 0 ? error : raise_fd(tree, making->folder);
    if (making->dir < 0)
        return making->dir;
    if (making->folder->share->is.public) {
        error = beneath_stat(making->dir, &st);
        if (error == 0)
            error = lookup_may(making->folder, &st, 03);
    }
    if (error < 0 || making->folder->share->is.mode != SHARE_COW)
        return error;
    if (is_open_to(tree, making)) {
        int whiteout = beneath_open(making->dir, name);
        if (whiteout == -ENOENT)
            return 0;
        if (whiteout < 0)
            return whiteout;
        close(whiteout);
    }
    making->dir = upper_work(making->folder->share);
    if (making->dir < 0)
        return making->dir;
    making->is_moved = true;
    making->made = upper_new_name(tree, making->text);
    return 0;
}

/* The folder's modes are for the caller; the work folder is ours, and what was made in it is given away. */
static int act_as_caller(struct share_tree *tree, const struct making *making)
{
    return making->is_moved ? 0 : caller_begin(tree, making->folder->share, making->caller);
}

static int give_away(struct share_tree *tree, const struct making *making, int fd, const struct statx *st)
{
    const struct share_caller *caller = making->caller;
    int dir = node_fd(tree, making->folder, UPPER);
    mode_t mode = st->stx_mode & 07777;
    char text[BENEATH_NUMBER];
    struct statx folder;

    if (caller == NULL || !making->folder->share->is.own)
        return 0;
    int error = dir < 0 ? dir : beneath_stat(dir, &folder);
    bool is_grouped = error == 0 && (folder.stx_mode & S_ISGID);
    if (is_grouped && S_ISDIR(st->stx_mode))
        mode |= S_ISGID;
    if (error == 0)
        error = beneath_result(fchownat(fd, "", caller->uid, is_grouped ? folder.stx_gid : caller->gid, AT_EMPTY_PATH));
    if (error == 0 && !S_ISLNK(st->stx_mode) && (mode & (S_ISUID | S_ISGID))) /* which went */
        error = beneath_result(fchmodat(tree->proc, beneath_number(fd, text), mode, 0));
    if (error < 0)
        upper_whiteout(tree, making->folder, making->name);
    return error;
}

/* After it was made, with the result of that. A folder takes the place of one of the host: they aren't to be merged. */
static int put(struct share_tree *tree, const struct making *making, int error)
{
    struct statx st;
    int fd = -1;

    if (error < 0 || making->folder->share->is.mode != SHARE_COW)
        return error;
    fd = beneath_open(making->dir, making->made);
    error = fd < 0 ? fd : beneath_stat(fd, &st);
    if (error == 0 && S_ISDIR(st.stx_mode) && making->folder->has[LOWER])
        error = layer_set_opaque(tree->proc, fd);
    if (error == 0 && making->is_moved) {
        error = upper_put(tree, making->folder, making->made, making->name);
        if (error == 0) /* only now, as a folder that isn't ours doesn't move */
            error = give_away(tree, making, fd, &st);
    }
    if (fd >= 0)
        close(fd);
    if (error < 0)
        layer_clear(making->dir, making->made);
    return error;
}

/* As act_as_caller's caller, who may change and remove what it has made. */
static int end(struct share_tree *tree, const struct making *making, int error)
{
    error = put(tree, making, error);
    if (!making->is_moved)
        caller_end(tree, making->folder->share);
    return error;
}

/* ---- without contents ---- */

int share_mknod(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                uint32_t mode, uint32_t rdev, struct fuse_entry_out *out)
{
    dev_t device = makedev(rdev >> 8 & 0xfff, (rdev & 0xff) | (rdev >> 12 & 0xfff00));
    bool is_device = S_ISCHR(mode) || S_ISBLK(mode);
    struct making making;
    int error = begin(tree, caller, parent, name, &making);

    if (error < 0)
        return error;
    const struct tree_share *share = making.folder->share;
    if (!is_device && !S_ISREG(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode))
        return -EINVAL;
    if (is_device && (!share->is.own || device == 0)) /* 0:0 is a whiteout, here or wherever the folder is shown */
        return -EPERM;
    error = act_as_caller(tree, &making);
    if (error < 0)
        return error;
    mode = (mode & S_IFMT) | caller_mode(share, mode);
    error = beneath_result(mknodat(making.dir, making.made, mode, is_device ? device : 0));
    error = end(tree, &making, error);
    return error < 0 ? error : lookup_entry(tree, making.folder, name, out);
}

int share_mkdir(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                uint32_t mode, struct fuse_entry_out *out)
{
    struct making making;
    struct share_node *node;
    int error = begin(tree, caller, parent, name, &making);

    if (error < 0)
        return error;
    const struct tree_share *share = making.folder->share;
    error = act_as_caller(tree, &making);
    if (error < 0)
        return error;
    error = beneath_result(mkdirat(making.dir, making.made, caller_mode(share, mode)));
    error = end(tree, &making, error);
    if (error == 0)
        error = lookup_entry(tree, making.folder, name, out);
    if (error == 0 && node_find(tree, out->nodeid, &node) == 0)
        git_guard_made(tree, node);
    return error;
}

int share_symlink(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                  const char *target, struct fuse_entry_out *out)
{
    struct making making;
    int error = begin(tree, caller, parent, name, &making);

    if (error < 0)
        return error;
    error = act_as_caller(tree, &making);
    if (error < 0)
        return error;
    error = beneath_result(symlinkat(target, making.dir, making.made));
    error = end(tree, &making, error);
    return error < 0 ? error : lookup_entry(tree, making.folder, name, out);
}

/* A link to what a descriptor is of: through /proc/self/fd, as AT_EMPTY_PATH wants a capability. */
int share_link(struct share_tree *tree, uint64_t id, uint64_t parent, const char *name, struct fuse_entry_out *out)
{
    struct making making;
    struct share_node *node;
    char text[BENEATH_NUMBER];
    int error = node_find(tree, id, &node);

    if (error == 0)
        error = lookup_folder(tree, parent, name, &making.folder);
    if (error == 0 && node->share != making.folder->share)
        error = -EXDEV;
    if (error == 0)
        error = begin(tree, NULL, parent, name, &making);
    if (error != 0)
        return error;
    if (node->share->is.mode == SHARE_COW && node->is[node_top(node)].type == S_IFDIR)
        return -EPERM; /* as the host's kernel says, but nothing is copied up for it */
    error = raise_node(tree, node, UINT64_MAX);
    int fd = error < 0 ? error : node_fd(tree, node, UPPER);
    if (fd < 0)
        return fd;
    if (!making.is_moved) /* the node's descriptor may have taken the folder's place */
        making.dir = node_fd(tree, making.folder, UPPER);
    if (making.dir < 0 || node->fd[UPPER] != fd)
        return making.dir < 0 ? making.dir : -EMFILE;
    error = beneath_result(linkat(tree->proc, beneath_number(fd, text), making.dir, making.made, AT_SYMLINK_FOLLOW));
    error = put(tree, &making, error);
    return error < 0 ? error : lookup_entry(tree, making.folder, name, out);
}

/* ---- a file that is opened at once ---- */

static int open_there(struct share_tree *tree, uint64_t parent, const char *name, const struct fuse_create_in *in,
                      struct fuse_entry_out *entry, struct fuse_open_out *open)
{
    int error = share_lookup(tree, parent, name, entry);

    if (error == 0 && entry->nodeid == 0)
        error = -ENOENT;
    if (error < 0)
        return error;
    error = share_open(tree, entry->nodeid, in->flags & ~(uint32_t)O_CREAT, open);
    if (error < 0)
        share_forget(tree, entry->nodeid, 1);
    return error;
}

/* The entry is that of the descriptor: by now the host may have something else with this name. The node has none of its
 * own, as most files are done with by the time that they are closed. */
static int give(struct share_tree *tree, const struct making *making, int fd, int flags, struct fuse_entry_out *entry,
                struct fuse_open_out *open)
{
    struct share_found found = {.fd = {-1, -1}, .only_stated = true};
    struct share_node *node;
    int error = beneath_stat(fd, &found.st[UPPER]);
    const uint32_t mode = found.st[UPPER].stx_mode;

    if (error == 0)
        error = lookup_give(tree, making->folder, making->name, &found, entry);
    if (error < 0) {
        close(fd);
        return error;
    }
    error = node_find(tree, entry->nodeid, &node);
    if (error == 0)
        git_guard_made(tree, node);
    error = error < 0 ? error : file_adopt(tree, node, fd, flags, mode, open);
    if (error < 0)
        share_forget(tree, entry->nodeid, 1);
    return error;
}

int share_create(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                 const struct fuse_create_in *in, struct fuse_entry_out *entry, struct fuse_open_out *open)
{
    struct making making;
    int flags = file_flags(in->flags), error = flags < 0 ? flags : begin(tree, caller, parent, name, &making), fd = -1;

    if (error == 0 && !handle_has_room(tree)) /* else it would be made, and be there when it is looked for after all */
        error = -EMFILE;
    if (error == 0)
        (void)watches_names(tree, making.folder); /* who makes a file needn't have looked for one before */
    if (error == 0)
        error = act_as_caller(tree, &making);
    if (error == 0) {
        fd = openat(making.dir, making.made, flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                    caller_mode(making.folder->share, in->mode));
        error = fd < 0 ? -errno : 0;
        error = end(tree, &making, error);
    }
    if (error == 0)
        return give(tree, &making, fd, flags, entry, open);
    if (fd >= 0)
        close(fd);
    return error == -EEXIST && !(in->flags & O_EXCL) ? open_there(tree, parent, name, in, entry, open) : error;
}
