/* SPDX-License-Identifier: Apache-2.0 */
/* open_file.c - open files: tree.h's share_open, share_read and what else is done with their contents. */
#include "vmm/share/open_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/caller.h"
#include "vmm/share/handles.h"
#include "vmm/share/lookup.h"
#include "vmm/share/raise.h"

#define SET_ID_BITS (S_ISUID | S_ISGID)
#define OPEN_FLAGS (O_ACCMODE | O_APPEND | O_TRUNC | O_SYNC | O_DSYNC)

static bool is_for_writing(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

static unsigned bits_for(int flags)
{
    unsigned bits = (flags & O_ACCMODE) == O_WRONLY ? 0 : 04;

    return is_for_writing(flags) ? bits | 02 : bits;
}

/* Its owner opens a file whatever its mode says. */
static int open_as_owner(struct share_tree *tree, int path, int flags, const struct statx *st)
{
    char text[BENEATH_NUMBER];
    int fd = beneath_reopen(tree->proc, path, flags);

    if (fd != -EACCES)
        return fd;
    beneath_number(path, text);
    if (fchmodat(tree->proc, text, (st->stx_mode & 07777) | S_IRUSR | S_IWUSR, 0) < 0)
        return -EACCES;
    fd = beneath_reopen(tree->proc, path, flags);
    if (fchmodat(tree->proc, text, st->stx_mode & 07777, 0) < 0 && fd >= 0) {
        close(fd);
        return -EACCES;
    }
    return fd;
}

/* In `upper` a file is the guest's, which has asked its own kernel whether it may. */
static int open_upper(struct share_tree *tree, const struct share_node *node, int path, int flags,
                      const struct statx *st)
{
    const struct share_caller owner = {.uid = st->stx_uid, .gid = st->stx_gid};
    int fd = beneath_reopen(tree->proc, path, flags);

    if (fd != -EACCES || (st->stx_uid != tree->uid && !node->share->is.own))
        return fd;
    if (caller_begin(tree, node->share, &owner) < 0)
        return -EACCES;
    fd = open_as_owner(tree, path, flags, st);
    caller_end(tree, node->share);
    return fd;
}

/* Opens the node's upper-most layer, which is a regular file: nothing else is ever opened. */
static int open_layer(struct share_tree *tree, struct share_node *node, int flags, struct statx *st)
{
    int path = node_top_fd(tree, node);
    int error = path < 0 ? path : beneath_stat(path, st);

    if (error == 0 && !S_ISREG(st->stx_mode))
        error = S_ISDIR(st->stx_mode) ? -EISDIR : -ENXIO;
    if (error == 0)
        error = node->barred ? -EACCES : lookup_may(node, st, bits_for(flags));
    if (error < 0)
        return error;
    if (node->share->is.mode == SHARE_COW && node->has[UPPER])
        return open_upper(tree, node, path, flags, st);
    return beneath_reopen(tree->proc, path, flags);
}

int file_open_node(struct share_tree *tree, struct share_node *node, int flags)
{
    struct statx st;

    return open_layer(tree, node, flags, &st);
}

int file_flags(uint32_t flags)
{
    return (flags & O_ACCMODE) == O_ACCMODE ? -EINVAL : (int)flags & OPEN_FLAGS;
}

int file_adopt(struct share_tree *tree, struct share_node *node, int fd, int flags, uint32_t mode,
               struct fuse_open_out *out)
{
    struct share_handle *handle;
    int error = handle_create(tree, node, fd, flags & ~O_TRUNC, &handle);

    if (error < 0)
        return error;
    handle->drops_bits = !node->share->is.own && is_for_writing(flags) && (mode & SET_ID_BITS);
    memset(out, 0, sizeof(*out));
    out->fh = handle->id;
    return 0;
}

int file_open(struct share_tree *tree, struct share_node *node, uint32_t asked_for, struct fuse_open_out *out)
{
    int flags = file_flags(asked_for), error = flags < 0 ? flags : 0;
    struct statx st;

    if (node->share == NULL)
        return -EISDIR;
    if (node->is[node_top(node)].type != S_IFREG)
        return node->is[node_top(node)].type == S_IFDIR ? -EISDIR : -ENXIO;
    if (error == 0 && is_for_writing(flags))
        error = raise_node(tree, node, flags & O_TRUNC ? 0 : UINT64_MAX);
    if (error < 0)
        return error;
    int fd = open_layer(tree, node, flags, &st);
    return fd < 0 ? fd : file_adopt(tree, node, fd, flags, st.stx_mode, out);
}

int share_open(struct share_tree *tree, uint64_t id, uint32_t flags, struct fuse_open_out *out)
{
    struct share_node *node;
    int error = node_find(tree, id, &node);

    return error < 0 ? error : file_open(tree, node, flags, out);
}

/* A file that was opened to be read, and copied up since, is read from its copy. */
int file_fd(struct share_tree *tree, struct share_handle *handle)
{
    struct statx st;

    if (handle->layer != node_top(handle->node)) {
        int fd = open_layer(tree, handle->node, handle->flags, &st);

        if (fd < 0)
            return fd;
        close(handle->fd); /* as many are open as before */
        handle->fd = fd;
        handle->layer = UPPER;
    }
    return handle->fd;
}

int file_of(struct share_tree *tree, uint64_t id, struct share_handle **out)
{
    int error = handle_find(tree, id, false, out);

    return error < 0 ? error : file_fd(tree, *out);
}

/* The descriptor of an open file that is written to. A file's setuid and setgid bits go with the first write. */
static int file_to_write(struct share_tree *tree, uint64_t id)
{
    struct share_handle *handle;
    struct stat st;
    int fd = file_of(tree, id, &handle);

    if (fd < 0)
        return fd;
    if ((handle->flags & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    if (handle->drops_bits) {
        if (fstat(fd, &st) < 0 || ((st.st_mode & SET_ID_BITS) && fchmod(fd, st.st_mode & 07777 & ~SET_ID_BITS) < 0))
            return -errno;
        handle->drops_bits = false;
    }
    return fd;
}

/* ---- contents ---- */

static ssize_t count_of(ssize_t n)
{
    return n < 0 ? -errno : n;
}

ssize_t share_read(struct share_tree *tree, uint64_t id, const struct iovec *to, unsigned count, uint64_t offset)
{
    struct share_handle *handle;
    int fd = file_of(tree, id, &handle);

    if (fd < 0)
        return fd;
    return offset > INT64_MAX ? -EINVAL : count_of(preadv(fd, to, (int)count, (off_t)offset));
}

ssize_t share_write(struct share_tree *tree, uint64_t id, const struct iovec *from, unsigned count, uint64_t offset)
{
    int fd = file_to_write(tree, id);

    if (fd < 0)
        return fd;
    return offset > INT64_MAX ? -EINVAL : count_of(pwritev(fd, from, (int)count, (off_t)offset));
}

int share_fsync(struct share_tree *tree, uint64_t id, bool data_only)
{
    struct share_handle *handle;
    bool is_folder = handle_find(tree, id, true, &handle) == 0;
    int fd = is_folder ? handle->fd : file_of(tree, id, &handle);

    if (fd < 0)
        return is_folder ? 0 : fd; /* the root of all is in memory */
    return beneath_result(data_only ? fdatasync(fd) : fsync(fd));
}

int share_fallocate(struct share_tree *tree, uint64_t id, uint64_t offset, uint64_t length, uint32_t mode)
{
    int fd = file_to_write(tree, id);

    if (fd < 0)
        return fd;
    if (offset > INT64_MAX || length > INT64_MAX || mode > INT_MAX)
        return -EINVAL;
    return beneath_result(fallocate(fd, (int)mode, (off_t)offset, (off_t)length));
}

int64_t share_lseek(struct share_tree *tree, uint64_t id, int64_t offset, uint32_t whence)
{
    struct share_handle *handle;
    int fd = file_of(tree, id, &handle);

    if (fd < 0)
        return fd;
    return whence != SEEK_DATA && whence != SEEK_HOLE ? -EINVAL : count_of(lseek(fd, offset, (int)whence));
}

ssize_t share_copy_range(struct share_tree *tree, uint64_t from, uint64_t from_offset, uint64_t to, uint64_t to_offset,
                         uint64_t length, uint32_t flags)
{
    struct share_handle *handle;
    int in = file_of(tree, from, &handle), out = in < 0 ? in : file_to_write(tree, to);
    off_t at = (off_t)from_offset, to_at = (off_t)to_offset;

    if (out < 0)
        return out;
    if ((handle->flags & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    if (from_offset > INT64_MAX || to_offset > INT64_MAX)
        return -EINVAL;
    return count_of(copy_file_range(in, &at, out, &to_at, length > SSIZE_MAX ? SSIZE_MAX : (size_t)length, flags));
}

int share_descriptor(struct share_tree *tree, uint64_t id, bool writable)
{
    struct share_handle *handle;
    int fd = file_of(tree, id, &handle);

    if (fd < 0)
        return fd;
    if ((handle->flags & O_ACCMODE) == O_WRONLY || (writable && (handle->flags & O_ACCMODE) != O_RDWR))
        return -EACCES;
    return fd;
}
