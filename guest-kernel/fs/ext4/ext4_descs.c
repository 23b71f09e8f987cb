/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_descs.c - descriptors of groups are changed, where they lie (ext4 layout, "Block Group Descriptors"). */
#include "fs/ext4/ext4_alloc.h"

int ext4_desc_get(struct ext4_fs *e4, uint32_t number, struct ext4_group *out)
{
    out->number = number;
    return ext4_group_desc(e4, number, &out->buffer, &out->desc);
}

/* seal_arg: the group of the block's first descriptor. Its bitmaps' checksums may come before this one or after it:
 * then this is done again for the one descriptor. */
static void descs_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    uint32_t in_block = e4->block_size / e4->desc_size;

    for (uint32_t slot = 0; slot < in_block; slot++) {
        struct ext4_desc *desc = (struct ext4_desc *)(void *)((char *)buffer->data + (size_t)slot * e4->desc_size);
        if (ext4_buffer_part_is_changed(buffer, slot))
            desc->checksum = ext4_group_sum(e4, buffer->seal_arg + slot, desc);
    }
}

int ext4_desc_change(struct ext4_handle *handle, const struct ext4_group *group)
{
    struct ext4_fs *e4 = handle->e4;
    uint32_t slot = group->number % (e4->block_size / e4->desc_size);
    int error = ext4_change_as(handle, group->buffer, EXT4_BUFFER_DESCS, ext4_groups_have_sums(e4) ? descs_seal : NULL,
                               group->number - slot);

    if (error == 0)
        ext4_buffer_part_changed(group->buffer, slot);
    return error;
}

void ext4_desc_put_sum(struct ext4_fs *e4, uint32_t number, enum ext4_buffer_kind kind, uint32_t sum)
{
    struct ext4_group group;

    if (ext4_desc_get(e4, number, &group) != 0) /* it was changed, so it is in memory */
        return;
    struct ext4_desc *desc = group.desc;
    bool is_long = e4->desc_size >= EXT4_DESC_SIZE_64BIT;
    if (kind == EXT4_BUFFER_BLOCK_BITMAP) {
        desc->block_bitmap_csum_lo = (uint16_t)sum;
        if (is_long)
            desc->block_bitmap_csum_hi = (uint16_t)(sum >> 16);
    } else {
        desc->inode_bitmap_csum_lo = (uint16_t)sum;
        if (is_long)
            desc->inode_bitmap_csum_hi = (uint16_t)(sum >> 16);
    }
    desc->checksum = ext4_group_sum(e4, number, desc);
    ext4_desc_put(e4, &group);
}

uint64_t ext4_desc_place(const struct ext4_fs *e4, const struct ext4_desc *desc, enum ext4_buffer_kind kind)
{
    bool is_long = e4->desc_size >= EXT4_DESC_SIZE_64BIT;

    if (kind == EXT4_BUFFER_BLOCK_BITMAP)
        return desc->block_bitmap_lo | (is_long ? (uint64_t)desc->block_bitmap_hi << 32 : 0);
    return desc->inode_bitmap_lo | (is_long ? (uint64_t)desc->inode_bitmap_hi << 32 : 0);
}

uint32_t ext4_desc_sum(const struct ext4_fs *e4, const struct ext4_desc *desc, enum ext4_buffer_kind kind)
{
    bool is_long = e4->desc_size >= EXT4_DESC_SIZE_64BIT;

    if (kind == EXT4_BUFFER_BLOCK_BITMAP)
        return desc->block_bitmap_csum_lo | (is_long ? (uint32_t)desc->block_bitmap_csum_hi << 16 : 0);
    return desc->inode_bitmap_csum_lo | (is_long ? (uint32_t)desc->inode_bitmap_csum_hi << 16 : 0);
}
