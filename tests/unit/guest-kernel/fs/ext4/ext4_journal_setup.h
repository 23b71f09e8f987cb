/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal_setup.h - for the suites of file systems with a journal: files that change, crashes, what e2fsck says.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_JOURNAL_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_JOURNAL_SETUP_H

#include "ext4_setup.h"
#include "fs/ext4/ext4_journal.h"
#include "fs/ext4/jbd2_layout.h"
#include "vfs/icache.h"
#include "vfs/mount.h"

#define CLEAN "e2fsck -fn $IMAGE >log 2>&1 || { cat log; false; }"
#define FILES 20u

static inline void check_clean(void)
{
    ck_assert_int_eq(ext4_image_shell(&disk, CLEAN), 0);
}

static inline uint32_t super_field(size_t offset, unsigned size)
{
    uint32_t value = 0;

    memcpy(&value, disk.bytes + 1024 + offset, size);
    return value;
}

static inline bool needs_recovery(void)
{
    return super_field(offsetof(struct ext4_super, feature_incompat), 4) & EXT4_INCOMPAT_RECOVER;
}

static inline struct inode *inode_at(const char *path)
{
    struct inode *inode = NULL;
    int error = vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode);

    ck_assert_msg(error == 0, "%s: error %d", path, error);
    return inode;
}

/* An operation: the owner of the n-th file becomes `uid`. */
static inline uint32_t change(unsigned n, uint32_t uid)
{
    struct ext4_fs *e4 = mounted();
    struct ext4_handle handle;
    char path[32];

    snprintf(path, sizeof(path), "/file-%u", n);
    struct inode *inode = inode_at(path);
    ck_assert_int_eq(ext4_begin(e4, &handle, EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER), 0);
    inode->uid = uid;
    ck_assert_int_eq(ext4_inode_store(&handle, ext4_inode_of(inode)), 0);
    ck_assert_int_eq(ext4_change_super(&handle), 0);
    uint32_t tid = ext4_tid(&handle);
    ext4_end(&handle);
    inode_put(inode);
    return tid;
}

static inline uint32_t uid_of(unsigned n)
{
    char path[32];

    snprintf(path, sizeof(path), "/file-%u", n);
    struct inode *inode = inode_at(path);
    uint32_t uid = inode->uid;
    inode_put(inode);
    return uid;
}

/* The power goes: what is in memory is lost, and the disk stays as it is now. */
static inline void crash(void)
{
    struct stub_disk then = disk;

    then.bytes = malloc(disk.size);
    memcpy(then.bytes, disk.bytes, disk.size);
    ck_assert_int_eq(vfs_unmount_all(), 0);
    memcpy(disk.bytes, then.bytes, disk.size);
    free(then.bytes);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static inline void folder(void)
{
    ext4_folder_make();
    ck_assert_int_eq(ext4_folder_shell("for i in $(seq 0 19); do echo $i >tree/file-$i; done"), 0);
}

#endif
