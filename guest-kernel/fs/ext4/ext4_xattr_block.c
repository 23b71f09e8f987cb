/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_block.c - blocks of extended attributes, which several inodes may share: who changes one that others have
 * gets one of his own (ext4 layout, "Extended Attributes"). */
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"

static void xattr_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    struct ext4_xattr_header *header = buffer->data;

    if (e4->has_checksums)
        header->checksum = ext4_xattr_sum(e4, buffer);
}

static void block_fill(struct ext4_fs *e4, struct ext4_buffer *buffer, const void *data)
{
    struct ext4_xattr_header *header = buffer->data;

    memcpy(buffer->data, data, e4->block_size);
    header->magic = EXT4_XATTR_MAGIC;
    header->refcount = header->blocks = 1;
    ext4_xattr_block_checked(buffer);
}

/* Allocates one and fills it. Nothing is changed by an error. */
static int block_make(struct ext4_handle *handle, const struct ext4_inode *ei, const void *data, uint64_t *out)
{
    struct ext4_buffer *buffer;
    uint32_t count = 1;
    int error = ext4_blocks_alloc(handle, ext4_blocks_goal(ei), EXT4_BLOCKS_META, &count, out);

    if (error != 0)
        return error;
    error = ext4_change_new(handle, *out, xattr_seal, 0, &buffer);
    if (error != 0)
        return ext4_blocks_free(handle, *out, 1, EXT4_BLOCKS_META) == 0
                   ? error
                   : ext4_fail(handle->e4, "giving a block of attributes back", error);
    block_fill(handle->e4, buffer, data);
    ext4_buffer_put(&handle->e4->buffers, buffer);
    return 0;
}

/* The first one of an inode. */
static int block_come(struct ext4_handle *handle, struct ext4_inode *ei, const void *data)
{
    uint64_t block;
    int error = block_make(handle, ei, data, &block);

    if (error != 0)
        return error;
    ei->xattr_block = block;
    ext4_sectors_add(ei, 1);
    return 0;
}

static int block_go(struct ext4_handle *handle, struct ext4_inode *ei, struct ext4_buffer *old)
{
    struct ext4_xattr_header *header = old->data;
    bool is_shared = header->refcount > 1;
    int error = is_shared ? ext4_change_as(handle, old, EXT4_BUFFER_XATTR, xattr_seal, 0)
                          : ext4_blocks_free(handle, ei->xattr_block, 1, EXT4_BLOCKS_META);

    if (error != 0)
        return error;
    if (is_shared)
        header->refcount--;
    ei->xattr_block = 0;
    ext4_sectors_add(ei, -1);
    return 0;
}

/* The others keep the old one. */
static int block_copy(struct ext4_handle *handle, struct ext4_inode *ei, struct ext4_buffer *old, const void *data)
{
    struct ext4_xattr_header *header = old->data;
    uint64_t block;
    int error = ext4_change_as(handle, old, EXT4_BUFFER_XATTR, xattr_seal, 0);

    if (error == 0)
        error = block_make(handle, ei, data, &block);
    if (error != 0)
        return error;
    header->refcount--;
    ei->xattr_block = block;
    return 0;
}

int ext4_xattr_block_replace(struct ext4_handle *handle, struct ext4_inode *ei, struct ext4_buffer *old,
                             const void *data)
{
    if (old == NULL)
        return data != NULL ? block_come(handle, ei, data) : 0;
    if (data == NULL)
        return block_go(handle, ei, old);
    if (((const struct ext4_xattr_header *)old->data)->refcount > 1)
        return block_copy(handle, ei, old, data);
    int error = ext4_change_as(handle, old, EXT4_BUFFER_XATTR, xattr_seal, 0);
    if (error == 0)
        block_fill(handle->e4, old, data);
    return error;
}
