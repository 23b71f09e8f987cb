/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_weak.c - for suites of ext4 until the superblock and the journal are written: what there is of them. */
#include "fs/ext4/ext4_change.h"
#include "lib/crc.h"
#include "lib/string.h"

__attribute__((weak)) uint64_t ext4_free_blocks_count(const struct ext4_fs *e4)
{
    return (e4->incompat & EXT4_INCOMPAT_64BIT ? (uint64_t)e4->super.free_blocks_count_hi << 32 : 0) |
           e4->super.free_blocks_count_lo;
}

__attribute__((weak)) void ext4_free_blocks_add(struct ext4_fs *e4, int64_t blocks)
{
    e4->super.free_blocks_count_lo += (uint32_t)blocks;
}

static void super_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    size_t at = e4->super_kib * EXT4_SUPER_SIZE & (e4->block_size - 1);

    if (e4->has_checksums)
        e4->super.checksum = crc32c(~0u, &e4->super, offsetof(struct ext4_super, checksum));
    memcpy((char *)buffer->data + at, &e4->super, sizeof(e4->super));
}

__attribute__((weak)) int ext4_change_super(struct ext4_handle *handle)
{
    struct ext4_buffer *buffer;
    int error = ext4_buffer_get(&handle->e4->buffers, handle->e4->super_block, &buffer);

    if (error != 0)
        return error;
    error = ext4_change(handle, buffer, super_seal, 0);
    ext4_buffer_put(&handle->e4->buffers, buffer);
    return error;
}

__attribute__((weak)) int ext4_commit_all(struct ext4_fs *e4)
{
    (void)e4;
    return 0;
}

__attribute__((weak)) int ext4_orphan_add(struct ext4_handle *handle, struct ext4_inode *ei)
{
    (void)handle, (void)ei;
    return 0;
}

__attribute__((weak)) int ext4_orphan_remove(struct ext4_handle *handle, struct ext4_inode *ei)
{
    (void)handle;
    ei->next_orphan = 0;
    return 0;
}
