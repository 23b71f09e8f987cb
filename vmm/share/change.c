/* SPDX-License-Identifier: Apache-2.0 */
/* change.c - a file's attributes, read and changed: tree.h's share_getattr, share_setattr, and what links and file
 * systems say of themselves. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "boot/abi_share.h"
#include "vmm/share/attributes.h"
#include "vmm/share/beneath.h"
#include "vmm/share/open_file.h"
#include "vmm/share/lookup.h"
#include "vmm/share/raise.h"
#include "vmm/share/watches.h"

#define SET_ID_BITS (S_ISUID | S_ISGID)

/* Of a node whose descriptor may be gone as its name is, while the guest has it open. What has no descriptor at the
 * moment doesn't get one for that. */
static int stat_node(struct share_tree *tree, struct share_node *node, const uint64_t *handle_id, struct statx *out)
{
    struct share_handle *handle = NULL;
    int fd = -ESTALE;

    if (handle_id != NULL && handle_find(tree, *handle_id, false, &handle) < 0)
        (void)handle_find(tree, *handle_id, true, &handle);
    if (handle != NULL && handle->node != node)
        handle = NULL;
    if (handle == NULL || handle->is_folder)
        fd = node_top_fd(tree, node);
    if (fd == -ESTALE && handle != NULL)
        fd = handle->is_folder ? handle->fd : file_fd(tree, handle);
    return fd < 0 ? fd : beneath_stat(fd, out);
}

static int getattr(struct share_tree *tree, struct share_node *node, const uint64_t *handle, struct fuse_attr_out *out)
{
    struct statx st;
    int error = 0;

    memset(out, 0, sizeof(*out));
    if (node->share == NULL) {
        attributes_of_root(tree, &out->attr);
        out->attr_valid = tree->tells ? LVMM_FUSE_TOLD : 0;
        return 0;
    }
    if (node->is[node_top(node)].type == S_IFDIR)
        (void)watches_names(tree, node); /* who asks for it goes through it next, and need not ask again */
    error = stat_node(tree, node, handle, &st);
    if (error == 0) {
        attributes_fill(tree, node, &st, &out->attr);
        out->attr_valid = watches_attributes(tree, node, &st) ? LVMM_FUSE_TOLD : 0;
    }
    return error;
}

int share_getattr(struct share_tree *tree, uint64_t id, const uint64_t *handle, struct fuse_attr_out *out)
{
    struct share_node *node;
    int error = node_find(tree, id, &node);

    return error < 0 ? error : getattr(tree, node, handle, out);
}

ssize_t share_readlink(struct share_tree *tree, uint64_t id, char *buffer, size_t size)
{
    struct share_node *node;
    int error = node_find(tree, id, &node);

    if (error < 0)
        return error;
    if (node->share == NULL || node->is[node_top(node)].type != S_IFLNK || size == 0)
        return -EINVAL;
    int fd = node_top_fd(tree, node);
    ssize_t n = fd < 0 ? fd : readlinkat(fd, "", buffer, size);
    return fd >= 0 && n < 0 ? -errno : n;
}

int share_statfs(struct share_tree *tree, uint64_t id, struct fuse_statfs_out *out)
{
    struct share_node *node;
    struct statvfs host;
    int error = node_find(tree, id, &node), fd;

    if (error < 0)
        return error;
    memset(out, 0, sizeof(*out));
    out->st.bsize = out->st.frsize = 4096;
    out->st.namelen = 255;
    if (node->share == NULL)
        return 0;
    fd = node->share->is.mode == SHARE_COW ? node->share->is.upper : node_top_fd(tree, node);
    if (fd < 0)
        return fd;
    if (fstatvfs(fd, &host) < 0)
        return -errno;
    out->st = (struct fuse_kstatfs){.blocks = host.f_blocks,
                                    .bfree = host.f_bfree,
                                    .bavail = host.f_bavail,
                                    .files = host.f_files,
                                    .ffree = host.f_ffree,
                                    .bsize = (uint32_t)host.f_bsize,
                                    .frsize = (uint32_t)host.f_frsize,
                                    .namelen = (uint32_t)host.f_namemax};
    return 0;
}

/* ---- changes ---- */

/* Without `own` there is nothing to change: only what the guest sees already may be asked for. */
static int change_owner(const struct share_tree *tree, const struct share_node *node, int fd,
                        const struct fuse_setattr_in *in)
{
    struct fuse_attr now;
    struct statx st;
    uid_t uid = in->valid & FATTR_UID ? in->uid : (uid_t)-1;
    gid_t gid = in->valid & FATTR_GID ? in->gid : (gid_t)-1;

    if (node->share->is.own)
        return beneath_result(fchownat(fd, "", uid, gid, AT_EMPTY_PATH));
    int error = beneath_stat(fd, &st);
    if (error < 0)
        return error;
    attributes_fill(tree, node, &st, &now);
    bool is_same = (uid == (uid_t)-1 || uid == now.uid) && (gid == (gid_t)-1 || gid == now.gid);
    return is_same ? 0 : -EPERM;
}

/* What is to be changed: the node, by a descriptor that may be of O_PATH, or what the guest has open of it, which needs
 * no way through /proc. */
struct target {
    struct share_node *node;
    int fd;
    bool is_open;
};

static int target_find(struct share_tree *tree, struct share_node *node, const struct fuse_setattr_in *in,
                       struct target *out)
{
    struct share_handle *handle;

    *out = (struct target){.node = node};
    out->is_open = (in->valid & FATTR_FH) && handle_find(tree, in->fh, false, &handle) == 0 && handle->node == node;
    out->fd = out->is_open ? file_fd(tree, handle) : node_fd(tree, node, UPPER);
    return out->fd < 0 ? out->fd : 0;
}

static int change_mode(const struct share_tree *tree, const struct target *target, uint32_t mode)
{
    const struct share_node *node = target->node;
    char text[BENEATH_NUMBER];

    if (node->is[UPPER].type == S_IFLNK)
        return -EOPNOTSUPP;
    mode &= node->share->is.own ? 07777 : 07777 & ~SET_ID_BITS;
    if (target->is_open)
        return beneath_result(fchmod(target->fd, mode));
    return beneath_result(fchmodat(tree->proc, beneath_number(target->fd, text), mode, 0));
}

/* A truncated file loses its setuid and setgid bits, as one that is written. */
static int truncate_open(const struct share_node *node, int fd, uint64_t size)
{
    struct stat st;

    if (ftruncate(fd, (off_t)size) < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (node->share->is.own || !(st.st_mode & SET_ID_BITS))
        return 0;
    return beneath_result(fchmod(fd, st.st_mode & 07777 & ~SET_ID_BITS));
}

static int change_size(struct share_tree *tree, struct share_node *node, const struct fuse_setattr_in *in)
{
    struct share_handle *handle;
    int fd, error;

    if (in->size > INT64_MAX)
        return -EFBIG;
    if ((in->valid & FATTR_FH) && handle_find(tree, in->fh, false, &handle) == 0 && handle->node == node &&
        (handle->flags & O_ACCMODE) != O_RDONLY) {
        fd = file_fd(tree, handle);
        return fd < 0 ? fd : truncate_open(node, fd, in->size);
    }
    fd = file_open_node(tree, node, O_WRONLY);
    if (fd < 0)
        return fd;
    error = truncate_open(node, fd, in->size);
    close(fd);
    return error;
}

static struct timespec time_of(uint32_t valid, uint32_t given, uint32_t now, uint64_t s, uint32_t ns)
{
    struct timespec time = {.tv_nsec = UTIME_OMIT};

    if (valid & now)
        time.tv_nsec = UTIME_NOW;
    else if (valid & given)
        time = (struct timespec){.tv_sec = (time_t)s, .tv_nsec = ns};
    return time;
}

static int change_times(const struct share_tree *tree, const struct target *target, const struct fuse_setattr_in *in)
{
    struct timespec times[2] = {time_of(in->valid, FATTR_ATIME, FATTR_ATIME_NOW, in->atime, in->atimensec),
                                time_of(in->valid, FATTR_MTIME, FATTR_MTIME_NOW, in->mtime, in->mtimensec)};
    char text[BENEATH_NUMBER];

    if (in->atimensec > 999999999 || in->mtimensec > 999999999)
        return -EINVAL;
    if (target->is_open)
        return beneath_result(futimens(target->fd, times));
    return beneath_result(utimensat(tree->proc, beneath_number(target->fd, text), times, 0));
}

/* The owner first, as that may take bits of the mode, then the mode; times last, as a new size changes them. */
static int change(struct share_tree *tree, struct share_node *node, const struct fuse_setattr_in *in)
{
    struct target target;
    int error = raise_node(tree, node, in->valid & FATTR_SIZE ? in->size : UINT64_MAX);

    if (error == 0)
        error = target_find(tree, node, in, &target);
    if (error == 0 && (in->valid & (FATTR_UID | FATTR_GID)))
        error = change_owner(tree, node, target.fd, in);
    if (error == 0 && (in->valid & FATTR_SIZE))
        error = change_size(tree, node, in);
    if (error == 0 && (in->valid & FATTR_MODE))
        error = change_mode(tree, &target, in->mode);
    if (error == 0 && (in->valid & (FATTR_ATIME | FATTR_MTIME | FATTR_ATIME_NOW | FATTR_MTIME_NOW)))
        error = change_times(tree, &target, in);
    return error;
}

int share_setattr(struct share_tree *tree, uint64_t id, const struct fuse_setattr_in *in, struct fuse_attr_out *out)
{
    const uint32_t owners_only = FATTR_MODE | FATTR_UID | FATTR_GID | FATTR_ATIME | FATTR_MTIME;
    struct share_node *node;
    int error = node_find(tree, id, &node);

    if (error < 0)
        return error;
    if (node->share == NULL || node->share->is.mode == SHARE_RO || node->barred)
        return -EROFS;
    if (node->share->is.mode == SHARE_RW && node->share->is.public && (in->valid & owners_only))
        return -EPERM;
    error = change(tree, node, in);
    if (error < 0)
        return error;
    if (tree->tells && !(in->valid & FATTR_SIZE)) { /* nobody looks at them: boot/abi_share.h */
        memset(out, 0, sizeof(*out));
        return 0;
    }
    return getattr(tree, node, in->valid & FATTR_FH ? &in->fh : NULL, out);
}
