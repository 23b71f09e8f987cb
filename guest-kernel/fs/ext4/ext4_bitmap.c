/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_bitmap.c - a group's bitmaps: checked when they come from the disk, made when they were never used, sealed (ext4
 * layout, "Block and Inode Bitmaps"). */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"
#include "lib/crc.h"
#include "lib/string.h"

static uint32_t sum_of(const struct ext4_fs *e4, enum ext4_buffer_kind kind, const void *data)
{
    uint32_t bits = kind == EXT4_BUFFER_BLOCK_BITMAP ? e4->group_blocks : e4->group_inodes;

    return crc32c(e4->seed, data, bits / 8);
}

/* seal_arg: the group. */
static void blocks_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    ext4_desc_put_sum(e4, buffer->seal_arg, EXT4_BUFFER_BLOCK_BITMAP,
                      sum_of(e4, EXT4_BUFFER_BLOCK_BITMAP, buffer->data));
}

static void inodes_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    ext4_desc_put_sum(e4, buffer->seal_arg, EXT4_BUFFER_INODE_BITMAP,
                      sum_of(e4, EXT4_BUFFER_INODE_BITMAP, buffer->data));
}

/* ---- one that comes ---- */

/* The parts of the window's fixed ranges that lie in the group. What it finds is set; `make`: is set by it. */
static bool fixed_are_set(const struct ext4_fs *e4, uint32_t group, const struct ext4_bits *bits, bool make)
{
    const struct ext4_window *window = ext4_window_find(e4, group);
    uint64_t first = ext4_group_first(e4, group), end = first + bits->count;

    for (uint32_t i = 0; i < window->fixed_count; i++) {
        uint64_t from = window->fixed[i].start, to = window->fixed[i].end;
        from = from < first ? first : from;
        to = to > end ? end : to;
        if (from >= to)
            continue;
        if (make)
            ext4_bits_set(bits->words, (uint32_t)(from - first), (uint32_t)(to - from));
        else if (ext4_bits_free(bits, (uint32_t)(from - first), (uint32_t)(to - first)) != to - first)
            return false;
    }
    return true;
}

/* A bitmap of a group in which nothing was used: what is fixed is, and what is behind its end. */
static void make(const struct ext4_fs *e4, uint32_t group, enum ext4_buffer_kind kind, const struct ext4_bits *bits)
{
    ext4_bits_set(bits->words, bits->count, e4->block_size * 8 - bits->count);
    if (kind == EXT4_BUFFER_BLOCK_BITMAP)
        fixed_are_set(e4, group, bits, true);
}

/* The first look at the group's bitmap: whether it is as others say. */
static int look_over(struct ext4_fs *e4, const struct ext4_group *group, enum ext4_buffer_kind kind,
                     const struct ext4_bits *bits)
{
    bool of_blocks = kind == EXT4_BUFFER_BLOCK_BITMAP;
    uint32_t free = ext4_bits_count_free(bits);
    uint32_t said = ext4_desc_count(e4, group->desc, of_blocks ? EXT4_FREE_BLOCKS : EXT4_FREE_INODES);

    if (of_blocks && !fixed_are_set(e4, group->number, bits, false))
        return ext4_damaged(e4, "group %u: its bitmap has the file system's own blocks as free", group->number);
    if (free != said)
        return ext4_damaged(e4, "group %u: %u %s are free in its bitmap, %u in its descriptor", group->number, free,
                            of_blocks ? "blocks" : "inodes", said);
    return 0;
}

static int load(struct ext4_fs *e4, const struct ext4_group *group, enum ext4_buffer_kind kind,
                struct ext4_buffer **buffer, struct ext4_bits *bits)
{
    uint64_t block = ext4_desc_place(e4, group->desc, kind);
    bool of_blocks = kind == EXT4_BUFFER_BLOCK_BITMAP;
    bool is_made = ext4_desc_has(e4, group->desc, of_blocks ? EXT4_GROUP_BLOCK_UNINIT : EXT4_GROUP_INODE_UNINIT);
    int error;

    *buffer = ext4_buffer_find(&e4->buffers, block);
    if (*buffer == NULL || !ext4_buffer_is_checked(*buffer, kind, group->number)) {
        ext4_buffer_put(&e4->buffers, *buffer);
        error =
            is_made ? ext4_buffer_get_new(&e4->buffers, block, buffer) : ext4_buffer_get(&e4->buffers, block, buffer);
        if (error != 0)
            return error;
    }
    bits->words = (*buffer)->data;
    if (ext4_buffer_is_checked(*buffer, kind, group->number))
        return 0;
    if (is_made)
        make(e4, group->number, kind, bits);
    error = 0;
    if (!is_made && e4->has_checksums) {
        uint32_t sum = sum_of(e4, kind, bits->words), mask = e4->desc_size >= EXT4_DESC_SIZE_64BIT ? ~0u : 0xffff;
        if ((sum & mask) != ext4_desc_sum(e4, group->desc, kind))
            error = ext4_sum_wrong(e4, of_blocks ? "the bitmap of blocks of group" : "the bitmap of inodes of group",
                                   group->number);
    }
    if (error == 0)
        ext4_buffer_checked(*buffer, kind, group->number);
    else
        ext4_buffer_put(&e4->buffers, *buffer);
    return error;
}

static void set_known(struct ext4_group_info *info, bool of_blocks, int error)
{
    bool is_bad = error == -EUCLEAN || error == -EBADMSG;

    if (error != 0 && !is_bad)
        return;
    if (of_blocks) {
        info->blocks_known = !is_bad;
        info->blocks_bad = is_bad;
        if (is_bad)
            info->longest = 0;
    } else {
        info->inodes_known = !is_bad;
        info->inodes_bad = is_bad;
    }
}

/* The bitmap, when there is the descriptor. */
static int bitmap_get(struct ext4_fs *e4, bool of_blocks, struct ext4_bitmap *out)
{
    uint32_t number = out->group.number;
    int error = ext4_group_info_get(e4, number, &out->info);

    if (error != 0)
        return error;
    struct ext4_group_info *info = out->info;
    if (of_blocks ? info->blocks_bad : info->inodes_bad)
        return -EUCLEAN;
    out->bits.count = of_blocks ? ext4_group_size(e4, number) : e4->group_inodes;
    out->bits.kept = NULL;
    error = load(e4, &out->group, out->kind, &out->buffer, &out->bits);
    if (error == 0 && !(of_blocks ? info->blocks_known : info->inodes_known)) {
        error = look_over(e4, &out->group, out->kind, &out->bits);
        if (error != 0)
            ext4_buffer_put(&e4->buffers, out->buffer);
    }
    set_known(info, of_blocks, error);
    if (of_blocks)
        out->bits.kept = info->kept;
    return error;
}

int ext4_bitmap_open(struct ext4_fs *e4, uint32_t number, enum ext4_buffer_kind kind, bool to_take,
                     struct ext4_bitmap *out)
{
    bool of_blocks = kind == EXT4_BUFFER_BLOCK_BITMAP;
    enum ext4_count free = of_blocks ? EXT4_FREE_BLOCKS : EXT4_FREE_INODES;
    int error = ext4_desc_get(e4, number, &out->group);

    if (error != 0)
        return error;
    out->kind = kind;
    if (to_take && ext4_desc_count(e4, out->group.desc, free) == 0)
        error = -ENOSPC;
    else
        error = bitmap_get(e4, of_blocks, out);
    if (error != 0)
        ext4_desc_put(e4, &out->group);
    return error;
}

void ext4_bitmap_close(struct ext4_fs *e4, const struct ext4_bitmap *bitmap)
{
    ext4_buffer_put(&e4->buffers, bitmap->buffer);
    ext4_desc_put(e4, &bitmap->group);
}

int ext4_bitmap_change(struct ext4_handle *handle, const struct ext4_bitmap *bitmap)
{
    bool of_blocks = bitmap->kind == EXT4_BUFFER_BLOCK_BITMAP;
    ext4_seal *seal = !handle->e4->has_checksums ? NULL : of_blocks ? blocks_seal : inodes_seal;
    int error = ext4_desc_change(handle, &bitmap->group);

    if (error == 0)
        error = ext4_change_as(handle, bitmap->buffer, bitmap->kind, seal, bitmap->group.number);
    if (error == 0 && ext4_groups_have_sums(handle->e4))
        bitmap->group.desc->flags &= (uint16_t)~(of_blocks ? EXT4_GROUP_BLOCK_UNINIT : EXT4_GROUP_INODE_UNINIT);
    return error;
}
