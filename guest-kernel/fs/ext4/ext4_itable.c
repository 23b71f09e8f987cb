/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_itable.c - inodes as they are on the disk (ext4 layout, "Inode Table"). */
#include "fs/ext4/ext4_change.h"
#include "lib/crc.h"
#include "lib/string.h"

#define EXTRA_ISIZE (sizeof(struct ext4_raw_inode) - EXT4_OLD_INODE_SIZE) /* all fields */
#define SUM_LO_END (offsetof(struct ext4_raw_inode, checksum_lo) + 2)
#define SUM_HI offsetof(struct ext4_raw_inode, checksum_hi)

uint32_t ext4_itable_seed(const struct ext4_fs *e4, uint32_t number, uint32_t generation)
{
    if (!e4->has_checksums)
        return 0;
    return crc32c(crc32c(e4->seed, &number, sizeof(number)), &generation, sizeof(generation));
}

static bool has_high_sum(const struct ext4_fs *e4, const struct ext4_raw_inode *raw)
{
    return e4->inode_size > EXT4_OLD_INODE_SIZE && raw->extra_isize >= SUM_HI + 2 - EXT4_OLD_INODE_SIZE;
}

/* Over the whole inode, with zeros where the sum itself is. */
static uint32_t sum_of(const struct ext4_fs *e4, uint32_t number, const struct ext4_raw_inode *raw)
{
    static const uint8_t none[2];
    const uint8_t *bytes = (const uint8_t *)raw;
    uint32_t sum = ext4_itable_seed(e4, number, raw->generation);

    sum = crc32c(sum, bytes, SUM_LO_END - 2);
    sum = crc32c(sum, none, sizeof(none));
    if (!has_high_sum(e4, raw))
        return crc32c(sum, bytes + SUM_LO_END, e4->inode_size - SUM_LO_END);
    sum = crc32c(sum, bytes + SUM_LO_END, SUM_HI - SUM_LO_END);
    sum = crc32c(sum, none, sizeof(none));
    return crc32c(sum, bytes + SUM_HI + 2, e4->inode_size - (SUM_HI + 2));
}

static int check(struct ext4_fs *e4, uint32_t number, const struct ext4_raw_inode *raw, bool is_sealed)
{
    if (e4->inode_size > EXT4_OLD_INODE_SIZE &&
        ((raw->extra_isize & 3) || raw->extra_isize > e4->inode_size - EXT4_OLD_INODE_SIZE))
        return ext4_damaged(e4, "inode %u: its fields take %u bytes more", number, raw->extra_isize);
    if (!e4->has_checksums || !is_sealed)
        return 0;
    uint32_t sum = sum_of(e4, number, raw);
    bool is_right = (uint16_t)sum == raw->checksum_lo && (!has_high_sum(e4, raw) || sum >> 16 == raw->checksum_hi);
    return is_right ? 0 : ext4_sum_wrong(e4, "inode", number);
}

/* ---- changing them ---- */

static void sum_set(const struct ext4_fs *e4, uint32_t number, struct ext4_raw_inode *raw)
{
    uint32_t sum = sum_of(e4, number, raw);

    raw->checksum_lo = (uint16_t)sum;
    if (has_high_sum(e4, raw))
        raw->checksum_hi = (uint16_t)(sum >> 16);
}

/* seal_arg: the number of the block's first inode. */
static void itable_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    uint32_t in_block = e4->block_size / e4->inode_size;

    for (uint32_t slot = 0; e4->has_checksums && slot < in_block; slot++) {
        void *at = (char *)buffer->data + (size_t)slot * e4->inode_size;
        if (ext4_buffer_part_is_changed(buffer, slot))
            sum_set(e4, buffer->seal_arg + slot, at);
    }
}

int ext4_itable_change(struct ext4_handle *handle, uint32_t number, struct ext4_buffer **buffer,
                       struct ext4_raw_inode **out)
{
    struct ext4_fs *e4 = handle->e4;
    uint32_t in_block = e4->block_size / e4->inode_size;
    int error = ext4_itable_get(e4, number, buffer, out);

    if (error != 0)
        return error;
    uint32_t slot = ext4_inode_index(e4, number) % in_block;
    error = ext4_change(handle, *buffer, itable_seal, number - slot);
    if (error != 0)
        ext4_buffer_put(&e4->buffers, *buffer);
    else
        ext4_buffer_part_changed(*buffer, slot);
    return error;
}

int ext4_itable_get(struct ext4_fs *e4, uint32_t number, struct ext4_buffer **buffer, struct ext4_raw_inode **out)
{
    uint32_t in_block = e4->block_size / e4->inode_size;
    uint64_t table;

    if (number == 0 || number > e4->inodes)
        return ext4_damaged(e4, "there is no inode %u", number);
    uint32_t index = ext4_inode_index(e4, number);
    int error = ext4_group_table(e4, ext4_inode_group(e4, number), &table);
    if (error == 0)
        error = ext4_buffer_get_of_table(&e4->buffers, table + index / in_block, table,
                                         table + (e4->group_inodes + in_block - 1) / in_block, buffer);
    if (error != 0)
        return error;
    *out = (struct ext4_raw_inode *)(void *)((char *)(*buffer)->data + (size_t)(index % in_block) * e4->inode_size);
    error = check(e4, number, *out, !ext4_buffer_part_is_changed(*buffer, index % in_block));
    if (error != 0)
        ext4_buffer_put(&e4->buffers, *buffer);
    return error;
}

/* What follows the first 128 bytes, as the superblock asks for it. */
static uint16_t extra_isize_of(const struct ext4_fs *e4)
{
    uint32_t most = e4->inode_size - EXT4_OLD_INODE_SIZE, extra = (uint32_t)EXTRA_ISIZE;

    if (e4->inode_size <= EXT4_OLD_INODE_SIZE)
        return 0;
    if (e4->ro_compat & EXT4_RO_EXTRA_ISIZE) {
        extra = e4->super.want_extra_isize > extra ? e4->super.want_extra_isize : extra;
        extra = e4->super.min_extra_isize > extra ? e4->super.min_extra_isize : extra;
    }
    return (uint16_t)((extra & 3) || extra > most ? EXTRA_ISIZE : extra);
}

int ext4_itable_new(struct ext4_handle *handle, uint32_t number, bool fresh)
{
    struct ext4_fs *e4 = handle->e4;
    uint32_t in_block = e4->block_size / e4->inode_size, index = ext4_inode_index(e4, number);
    uint32_t slot = index % in_block;
    struct ext4_buffer *buffer;
    uint64_t table;
    int error = ext4_group_table(e4, ext4_inode_group(e4, number), &table);

    if (error == 0 && fresh) {
        error = ext4_change_new(handle, table + index / in_block, itable_seal, number - slot, &buffer);
    } else if (error == 0) {
        error = ext4_buffer_get(&e4->buffers, table + index / in_block, &buffer);
        if (error != 0)
            return error;
        error = ext4_change(handle, buffer, itable_seal, number - slot);
        if (error != 0)
            ext4_buffer_put(&e4->buffers, buffer);
    }
    if (error != 0)
        return error;
    struct ext4_raw_inode *raw = (void *)((char *)buffer->data + (size_t)slot * e4->inode_size);
    memset(raw, 0, e4->inode_size);
    if (e4->inode_size > EXT4_OLD_INODE_SIZE)
        raw->extra_isize = extra_isize_of(e4);
    ext4_buffer_part_changed(buffer, slot);
    ext4_buffer_put(&e4->buffers, buffer);
    return 0;
}

void *ext4_itable_room(const struct ext4_fs *e4, struct ext4_raw_inode *raw, size_t *size)
{
    uint32_t used = EXT4_OLD_INODE_SIZE;

    if (e4->inode_size > EXT4_OLD_INODE_SIZE)
        used += raw->extra_isize;
    *size = e4->inode_size - used;
    return (char *)raw + used;
}
