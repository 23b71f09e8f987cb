/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_alloc_setup.h - for the suites that take and give back blocks and inodes of an image, on which e2fsck then
 * looks.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_ALLOC_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_ALLOC_SETUP_H

#include "ext4_setup.h"
#include "fs/ext4/ext4_alloc.h"
#include "lib/crc.h"

static struct ext4_fs *e4;
static uint32_t seed;

/* Check notes each assertion that holds, which is slow when there are a million. */
#define SURE(holds) ((holds) ? (void)0 : ck_abort_msg("it isn't so: %s", #holds))

static inline uint32_t any(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* An image without a journal, to be written to. */
static inline void mount_image(const char *size, const char *options)
{
    ext4_image_make(&disk, size, options, "");
    mount();
    e4 = mounted();
    e4->fs.read_only = e4->fs.device_read_only = false;
}

/* All is written, and nothing is left behind. */
static inline void finish(void)
{
    ck_assert_int_eq(ext4_buffers_write(e4), 0);
    ext4_alloc_fini(e4);
    e4->fs.read_only = true;
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static inline void fsck(const char *options)
{
    int status = ext4_image_shell(&disk, "e2fsck -fn $IMAGE >fsck.log 2>&1");

    if (status != 0)
        ext4_folder_shell("cat fsck.log");
    ck_assert_msg(status == 0, "e2fsck of %s: %d", options, status);
}

/* ---- until they are there ---- */

__attribute__((weak)) uint64_t ext4_free_blocks_count(const struct ext4_fs *fs)
{
    return (fs->incompat & EXT4_INCOMPAT_64BIT ? (uint64_t)fs->super.free_blocks_count_hi << 32 : 0) |
           fs->super.free_blocks_count_lo;
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

#endif
