/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_tree.h - a tree of shares for tests: it has no files, writes down what it was asked, and returns what the test
 * says. What it gives is as large as a tree may give.
 */
#ifndef LVMM_TESTS_FAKE_TREE_H
#define LVMM_TESTS_FAKE_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/share/tree.h"

#define FAKE_LOCKS 8

struct share_tree {
    char said[512];              /* what it was asked */
    ssize_t result;              /* what the next functions return; of those that give bytes: how many, at most */
    uint8_t data[256];           /* of the only file, which is repeated without end */
    uint64_t locked[FAKE_LOCKS]; /* owners whose lock isn't free; 0: none */
    unsigned forgotten;
    size_t events; /* bytes of them that there are */
    unsigned own_changes;
    struct share_caller asks;
};

static struct share_tree fake;

__attribute__((format(printf, 1, 2))) static inline ssize_t fake_said(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(fake.said, sizeof(fake.said), format, args);
    va_end(args);
    return fake.result;
}

/* What the tree may take for granted. */
static inline void fake_name(const char *name)
{
    if (name[0] == 0 || strlen(name) > 255 || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0)
        abort();
}

static inline int fake_entry(ssize_t result, struct fuse_entry_out *out)
{
    memset(out, 0, sizeof(*out));
    out->nodeid = 33;
    return result < 0 ? (int)result : 0;
}

int share_watch(struct share_tree *tree, uint64_t id)
{
    (void)tree;
    return (int)fake_said("watch %d", (int)id);
}

void share_own_change(struct share_tree *tree, uint64_t id, const char *name, uint32_t mask, bool quiet)
{
    (void)mask, (void)quiet, (void)id;
    if (name != NULL)
        fake_name(name);
    tree->own_changes++;
}

ssize_t share_events(struct share_tree *tree, void *buffer, size_t size)
{
    size_t given = tree->events < size ? tree->events : size;

    memset(buffer, 0x66, given);
    tree->events = 0;
    return (ssize_t)given;
}

void share_tree_reset(struct share_tree *tree)
{
    (void)tree;
    fake_said("reset");
}

int share_lookup(struct share_tree *tree, uint64_t parent, const char *name, struct fuse_entry_out *out)
{
    (void)tree;
    fake_name(name);
    return fake_entry(fake_said("lookup %lu %s", parent, name), out);
}

void share_asks(struct share_tree *tree, const struct share_caller *caller)
{
    tree->asks = *caller;
}

void share_forget(struct share_tree *tree, uint64_t node, uint64_t lookups)
{
    tree->forgotten++;
    fake_said("forget %lu %lu", node, lookups);
}

int share_getattr(struct share_tree *tree, uint64_t node, const uint64_t *handle, struct fuse_attr_out *out)
{
    (void)tree;
    memset(out, 0, sizeof(*out));
    out->attr.ino = node;
    return (int)fake_said("getattr %lu %ld", node, handle != NULL ? (long)*handle : -1L);
}

int share_setattr(struct share_tree *tree, uint64_t node, const struct fuse_setattr_in *in, struct fuse_attr_out *out)
{
    (void)tree;
    memset(out, 0, sizeof(*out));
    return (int)fake_said("setattr %lu %x %lu", node, in->valid, in->size);
}

/* As many bytes as the test wants, but no more than there is room for. */
static inline ssize_t fake_bytes(ssize_t result, void *to, size_t size)
{
    if (result > 0 && (size_t)result > size)
        result = size == 0 ? result : (ssize_t)size;
    if (result > 0 && size != 0)
        memset(to, 'b', (size_t)result);
    return result;
}

ssize_t share_readlink(struct share_tree *tree, uint64_t node, char *buffer, size_t size)
{
    (void)tree;
    return fake_bytes(fake_said("readlink %lu %zu", node, size), buffer, size);
}

int share_statfs(struct share_tree *tree, uint64_t node, struct fuse_statfs_out *out)
{
    (void)tree;
    memset(out, 0, sizeof(*out));
    return (int)fake_said("statfs %lu", node);
}

int share_create(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                 const struct fuse_create_in *in, struct fuse_entry_out *entry, struct fuse_open_out *open)
{
    (void)tree;
    fake_name(name);
    open->fh = 44;
    return fake_entry(fake_said("create %u:%u:%u %lu %s %x %o", caller->uid, caller->gid, caller->pid, parent, name,
                                in->flags, in->mode),
                      entry);
}

int share_tmpfile(struct share_tree *tree, const struct share_caller *caller, uint64_t parent,
                  const struct fuse_create_in *in, struct fuse_entry_out *entry, struct fuse_open_out *open)
{
    (void)tree;
    open->fh = 45;
    return fake_entry(
        fake_said("tmpfile %u:%u:%u %lu %x %o", caller->uid, caller->gid, caller->pid, parent, in->flags, in->mode),
        entry);
}

int share_mknod(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                uint32_t mode, uint32_t rdev, struct fuse_entry_out *out)
{
    (void)tree;
    fake_name(name);
    return fake_entry(fake_said("mknod %u %lu %s %o %u", caller->uid, parent, name, mode, rdev), out);
}

int share_mkdir(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                uint32_t mode, struct fuse_entry_out *out)
{
    (void)tree;
    fake_name(name);
    return fake_entry(fake_said("mkdir %u %lu %s %o", caller->uid, parent, name, mode), out);
}

int share_symlink(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                  const char *target, struct fuse_entry_out *out)
{
    (void)tree;
    fake_name(name);
    return fake_entry(fake_said("symlink %u %lu %s %.100s", caller->uid, parent, name, target), out);
}

int share_link(struct share_tree *tree, uint64_t node, uint64_t parent, const char *name, struct fuse_entry_out *out)
{
    (void)tree;
    fake_name(name);
    return fake_entry(fake_said("link %lu %lu %s", node, parent, name), out);
}

int share_unlink(struct share_tree *tree, uint64_t parent, const char *name)
{
    (void)tree;
    fake_name(name);
    return (int)fake_said("unlink %lu %s", parent, name);
}

int share_rmdir(struct share_tree *tree, uint64_t parent, const char *name)
{
    (void)tree;
    fake_name(name);
    return (int)fake_said("rmdir %lu %s", parent, name);
}

int share_rename(struct share_tree *tree, uint64_t parent, const char *name, uint64_t new_parent, const char *new_name,
                 uint32_t flags)
{
    (void)tree;
    fake_name(name);
    fake_name(new_name);
    return (int)fake_said("rename %lu %s %lu %s %u", parent, name, new_parent, new_name, flags);
}

int share_open(struct share_tree *tree, uint64_t node, uint32_t flags, struct fuse_open_out *out)
{
    (void)tree;
    *out = (struct fuse_open_out){.fh = 44};
    return (int)fake_said("open %lu %x", node, flags);
}

int share_opendir(struct share_tree *tree, uint64_t node, uint32_t flags, struct fuse_open_out *out)
{
    (void)tree;
    *out = (struct fuse_open_out){.fh = 45};
    return (int)fake_said("opendir %lu %x", node, flags);
}

void share_release(struct share_tree *tree, uint64_t handle)
{
    (void)tree;
    fake_said("release %lu", handle);
}

static inline size_t fake_size(const struct iovec *iov, unsigned count)
{
    size_t size = 0;

    for (unsigned i = 0; i < count; i++)
        size += iov[i].iov_len;
    return size;
}

ssize_t share_read(struct share_tree *tree, uint64_t handle, const struct iovec *to, unsigned count, uint64_t offset)
{
    size_t size = fake_size(to, count), done = 0;
    ssize_t result = fake_said("read %lu %zu %lu", handle, size, offset);

    if (result < 0)
        return result;
    for (unsigned i = 0; i < count; i++)
        for (size_t at = 0; at < to[i].iov_len && done < (size_t)result; at++, done++)
            ((uint8_t *)to[i].iov_base)[at] = tree->data[(offset + done) % sizeof(tree->data)];
    return (ssize_t)done;
}

ssize_t share_write(struct share_tree *tree, uint64_t handle, const struct iovec *from, unsigned count, uint64_t offset)
{
    size_t size = fake_size(from, count), done = 0;
    ssize_t result = fake_said("write %lu %zu %lu", handle, size, offset);

    if (result < 0)
        return result;
    for (unsigned i = 0; i < count; i++)
        for (size_t at = 0; at < from[i].iov_len && done < (size_t)result; at++, done++)
            tree->data[(offset + done) % sizeof(tree->data)] = ((const uint8_t *)from[i].iov_base)[at];
    return (ssize_t)done;
}

ssize_t share_readdir(struct share_tree *tree, uint64_t handle, uint64_t offset, bool plus, void *buffer, size_t size)
{
    (void)tree;
    return fake_bytes(fake_said("readdir%s %lu %lu %zu", plus ? "plus" : "", handle, offset, size), buffer, size);
}

ssize_t share_list(struct share_tree *tree, uint64_t node, bool plus, void *buffer, size_t size)
{
    (void)tree;
    return fake_bytes(fake_said("readdir%s of %lu %zu", plus ? "plus" : "", node, size), buffer, size);
}

int share_fsync(struct share_tree *tree, uint64_t handle, bool data_only)
{
    (void)tree;
    return (int)fake_said("fsync %lu %d", handle, data_only);
}

int share_fallocate(struct share_tree *tree, uint64_t handle, uint64_t offset, uint64_t length, uint32_t mode)
{
    (void)tree;
    return (int)fake_said("fallocate %lu %lu %lu %u", handle, offset, length, mode);
}

int64_t share_lseek(struct share_tree *tree, uint64_t handle, int64_t offset, uint32_t whence)
{
    (void)tree;
    return fake_said("lseek %lu %ld %u", handle, (long)offset, whence);
}

ssize_t share_copy_range(struct share_tree *tree, uint64_t from, uint64_t from_offset, uint64_t to, uint64_t to_offset,
                         uint64_t length, uint32_t flags)
{
    (void)tree;
    return fake_said("copy %lu %lu %lu %lu %lu %u", from, from_offset, to, to_offset, length, flags);
}

int share_getlk(struct share_tree *tree, const struct fuse_lk_in *in, struct fuse_lk_out *out)
{
    (void)tree;
    *out = (struct fuse_lk_out){.lk = in->lk};
    return (int)fake_said("getlk %lu %lu %lu", in->fh, in->owner, in->lk.start);
}

/* -EAGAIN for the owners of fake.locked. */
int share_setlk(struct share_tree *tree, const struct fuse_lk_in *in)
{
    ssize_t result = fake_said("setlk %lu %lu %u %u", in->fh, in->owner, in->lk.type, in->lk_flags);

    for (unsigned i = 0; i < FAKE_LOCKS; i++)
        if (tree->locked[i] != 0 && tree->locked[i] == in->owner && in->lk.type != F_UNLCK)
            return -EAGAIN;
    return (int)result;
}

int share_flush(struct share_tree *tree, uint64_t handle, uint64_t lock_owner)
{
    (void)tree;
    return (int)fake_said("flush %lu %lu", handle, lock_owner);
}

ssize_t share_getxattr(struct share_tree *tree, uint64_t node, const char *name, void *value, size_t size)
{
    (void)tree;
    return fake_bytes(fake_said("getxattr %lu %s %zu", node, name, size), value, size);
}

ssize_t share_listxattr(struct share_tree *tree, uint64_t node, char *list, size_t size)
{
    (void)tree;
    return fake_bytes(fake_said("listxattr %lu %zu", node, size), list, size);
}

int share_setxattr(struct share_tree *tree, uint64_t node, const char *name, const void *value, size_t size,
                   uint32_t flags)
{
    (void)tree;
    return (int)fake_said("setxattr %lu %s %.*s %zu %u", node, name, (int)(size < 50 ? size : 50), (const char *)value,
                          size, flags);
}

int share_removexattr(struct share_tree *tree, uint64_t node, const char *name)
{
    (void)tree;
    return (int)fake_said("removexattr %lu %s", node, name);
}

int share_map_open(struct share_tree *tree, uint64_t node, bool writable)
{
    (void)tree;
    return (int)fake_said("map %lu %d", node, writable);
}

void share_on_raise(struct share_tree *tree, void (*raised)(void *owner, uint64_t id), void *owner)
{
    (void)tree, (void)raised, (void)owner;
}

#endif
