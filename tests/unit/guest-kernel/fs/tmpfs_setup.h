/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_setup.h - for the tests of tmpfs: one that is mounted, its inode_ops by short names, and who calls. */
#ifndef TESTS_GUEST_KERNEL_FS_TMPFS_SETUP_H
#define TESTS_GUEST_KERNEL_FS_TMPFS_SETUP_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "abi/xattr.h"
#include "core/thread.h"
#include "fs/diskless.h"
#include "fs/tmpfs.h"
#include "mm/page.h"
#include "fs/diskless.h"
#include "vfs/pagecache.h"
#include "vfs/seal.h"

static struct filesystem *fs;
static struct inode *root;
static uint64_t pages_before, kmallocs_before; /* what the tests' own state takes */

static void mount_with(const char *options)
{
    pages_before = stub_pages_used;
    kmallocs_before = stub_kmallocs;
    ck_assert_int_eq(tmpfs_type.mount(NULL, options, &fs), 0);
    root = fs->root;
}

/* Everything is given back, whatever is still there by name. */
static void unmount(void)
{
    fs->ops->let_go(fs);
    ck_assert_uint_eq(root->refs, 1);
    inode_put(root);
    fs->ops->unmount(fs);
    ck_assert_uint_eq(stub_kmallocs, kmallocs_before);
    ck_assert_uint_eq(stub_pages_used, pages_before);
}

static void setup(void)
{
    mount_with("size=64k,nr_inodes=100,mode=755");
}

static inline struct cred *cred(void)
{
    return &current_thread()->cred;
}

/* What make() made is there by its name alone. */
static inline int make_node(struct inode *dir, const char *name, uint32_t mode, uint64_t rdev)
{
    struct inode *inode;
    int error = dir->ops->create(dir, name, strlen(name), mode, rdev, &inode);

    if (error == 0)
        inode_put(inode);
    return error;
}

static inline int make(struct inode *dir, const char *name, uint32_t mode)
{
    return make_node(dir, name, mode, 0);
}

/* The inode with a reference, or NULL. */
static inline struct inode *look(struct inode *dir, const char *name)
{
    struct inode *inode;

    return dir->ops->lookup(dir, name, strlen(name), &inode) == 0 ? inode : NULL;
}

/* The same without one: it is kept by its name. */
static inline struct inode *peek(struct inode *dir, const char *name)
{
    struct inode *inode = look(dir, name);

    if (inode != NULL)
        inode_put(inode);
    return inode;
}

/* As the VFS does. */
static inline int link_to(struct inode *dir, const char *name, struct inode *inode)
{
    int error = dir->ops->link(dir, name, strlen(name), inode);

    inode->links += error == 0;
    return error;
}

static inline int drop(struct inode *dir, const char *name)
{
    struct inode *victim = look(dir, name);
    int error = dir->ops->unlink(dir, name, strlen(name), victim);

    inode_put(victim);
    return error;
}

static inline int move(struct inode *from, const char *old, struct inode *to, const char *new, unsigned flags)
{
    struct inode *victim = look(to, new);
    int error = from->ops->rename(from, old, strlen(old), to, new, strlen(new), victim, flags);

    inode_put(victim);
    return error;
}

static inline struct file *open_inode(struct inode *inode)
{
    struct file *file;

    ck_assert_int_eq(file_new(inode, &file_ops_regular, O_RDWR | O_LARGEFILE, NULL, &file), 0);
    return file;
}

static inline int64_t put_bytes(struct file *file, uint64_t pos, const void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter;

    iter_init(&iter, &segment, 1, true);
    return file_pwrite(file, &iter, pos);
}

static inline int64_t get_bytes(struct file *file, uint64_t pos, void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter;

    iter_init(&iter, &segment, 1, true);
    return file_pread(file, &iter, pos);
}

static inline struct vfs_statfs figures(void)
{
    struct vfs_statfs out;

    fs->ops->statfs(fs, &out);
    return out;
}

#endif
