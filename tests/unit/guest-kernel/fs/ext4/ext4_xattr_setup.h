/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_setup.h - for the suite of extended attributes: they are set, read and removed by a file's path. */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_XATTR_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_XATTR_SETUP_H

#include "ext4_setup.h"
#include "fs/ext4/ext4_change.h"
#include "vfs/inode_xattr.h"

static char got[70000];

/* ---- mounted to be written ---- */

static inline void mount_writable(void)
{
    mount();
    ck_assert(!mounted()->fs.read_only);
}

static inline void unmount_written(void)
{
    credits_were_enough();
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    int status = ext4_image_shell(&disk, "e2fsck -fn $IMAGE >log 2>&1 || { cat log; false; }");
    ck_assert_msg(status == 0, "e2fsck: %d", status);
}

static inline struct inode *inode_at(const char *path)
{
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode);

    ck_assert_msg(error == 0, "%s: error %d", path, error);
    return inode;
}

static inline int set(const char *path, const char *name, const void *value, size_t size, unsigned flags)
{
    struct inode *inode = inode_at(path);
    int error = vfs_set_xattr(inode, name, value, size, flags);

    inode_put(inode);
    return error;
}

static inline int set_text(const char *path, const char *name, const char *text)
{
    return set(path, name, text, strlen(text), 0);
}

static inline int64_t get(const char *path, const char *name)
{
    struct inode *inode = inode_at(path);
    int64_t size = vfs_get_xattr(inode, name, got, sizeof(got));

    inode_put(inode);
    return size;
}

static inline void expect_text(const char *path, const char *name, const char *text)
{
    ck_assert_int_eq(get(path, name), (int64_t)strlen(text));
    ck_assert_mem_eq(got, text, strlen(text));
}

static inline int remove_name(const char *path, const char *name)
{
    struct inode *inode = inode_at(path);
    int error = vfs_remove_xattr(inode, name);

    inode_put(inode);
    return error;
}

#endif
