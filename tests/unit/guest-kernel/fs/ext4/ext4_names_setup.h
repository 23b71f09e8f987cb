/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_names_setup.h - for suites of ext4 that change names: a mount that writes, and e2fsck afterwards. */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_NAMES_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_NAMES_SETUP_H

#include "ext4_setup.h"
#include "fs/ext4/ext4_change.h"
#include "lib/crc.h"

/* ---- until they are there ---- */

__attribute__((weak)) uint64_t ext4_free_blocks_count(const struct ext4_fs *fs)
{
    return fs->super.free_blocks_count_lo;
}

__attribute__((weak)) void ext4_free_blocks_add(struct ext4_fs *fs, int64_t blocks)
{
    fs->super.free_blocks_count_lo += (uint32_t)blocks;
}

static inline void stub_super_seal(struct ext4_fs *fs, struct ext4_buffer *buffer)
{
    size_t at = fs->super_kib * EXT4_SUPER_SIZE & (fs->block_size - 1);

    if (fs->has_checksums)
        fs->super.checksum = crc32c(~0u, &fs->super, offsetof(struct ext4_super, checksum));
    memcpy((char *)buffer->data + at, &fs->super, sizeof(fs->super));
}

__attribute__((weak)) int ext4_change_super(struct ext4_handle *handle)
{
    struct ext4_buffer *buffer;

    ck_assert_int_eq(ext4_buffer_get(&handle->e4->buffers, handle->e4->super_block, &buffer), 0);
    int error = ext4_change(handle, buffer, stub_super_seal, 0);
    ext4_buffer_put(&handle->e4->buffers, buffer);
    return error;
}

__attribute__((weak)) int ext4_commit_all(struct ext4_fs *fs)
{
    (void)fs;
    return 0;
}

__attribute__((weak)) int ext4_orphan_add(struct ext4_handle *handle, struct ext4_inode *ei)
{
    (void)handle;
    ei->is_orphan = true;
    return 0;
}

__attribute__((weak)) int ext4_orphan_remove(struct ext4_handle *handle, struct ext4_inode *ei)
{
    (void)handle;
    ei->is_orphan = false;
    return 0;
}

/* ---- mount ---- */

static inline void mount_to_write(void)
{
    mount();
    mounted()->fs.read_only = mounted()->fs.device_read_only = false;
}

/* All is written; who lost his last name is gone. */
static inline void unmount_written(void)
{
    ext4_reap(mounted());
    ck_assert_int_eq(ext4_buffers_write(mounted()), 0);
    ext4_alloc_fini(mounted());
    mounted()->fs.read_only = true;
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static inline void check_image(const char *what)
{
    int status = ext4_image_shell(&disk, "e2fsck -fn $IMAGE >check 2>&1 || { head -30 check; false; }");

    ck_assert_msg(status == 0, "e2fsck of %s: status %d", what, status);
}

#endif
