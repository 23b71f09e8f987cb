/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_bfree.c - blocks are given back. */
#include "fs/ext4/ext4_alloc.h"

/* How many of the blocks lie in the first one's group. */
static uint32_t piece_of(const struct ext4_fs *e4, uint64_t block, uint32_t count)
{
    uint32_t left = e4->group_blocks - ext4_group_index(e4, block);

    return count < left ? count : left;
}

/* A piece that lies in one group: its bitmap, if all of it is in use. */
static int open_used(struct ext4_fs *e4, uint64_t block, uint32_t count, struct ext4_bitmap *out)
{
    uint32_t number = ext4_group_of(e4, block);
    uint32_t start = ext4_group_index(e4, block);
    int error = ext4_bitmap_open(e4, number, EXT4_BUFFER_BLOCK_BITMAP, false, out);

    if (error != 0)
        return error;
    out->bits.kept = NULL; /* those are free, too */
    if (!ext4_blocks_are_free_to_use(ext4_window_find(e4, number), block, count))
        error = ext4_damaged(e4, "blocks %llu-%llu are freed, which are the file system's own",
                             (unsigned long long)block, (unsigned long long)(block + count - 1));
    else if (ext4_bits_free(&out->bits, start, start + count) != start + count)
        error = ext4_damaged(e4, "blocks %llu-%llu are freed, which aren't in use", (unsigned long long)block,
                             (unsigned long long)(block + count - 1));
    if (error != 0)
        ext4_bitmap_close(e4, out);
    return error;
}

/* More than one group: all are looked at before the first one is changed. */
static int check_all(struct ext4_fs *e4, uint64_t block, uint32_t count)
{
    struct ext4_bitmap bitmap;
    uint32_t piece;

    for (uint32_t at = 0; at < count; at += piece) {
        piece = piece_of(e4, block + at, count - at);
        int error = open_used(e4, block + at, piece, &bitmap);
        if (error != 0)
            return error;
        ext4_bitmap_close(e4, &bitmap);
    }
    return 0;
}

/* All that may fail, but to forget them. Those that nobody used needn't be kept for anybody. */
static int declare(struct ext4_handle *handle, const struct ext4_bitmap *bitmap, unsigned flags)
{
    int error = ext4_bitmap_change(handle, bitmap);

    if (error == 0)
        error = ext4_change_super(handle);
    if (error == 0 && !(flags & EXT4_BLOCKS_UNUSED))
        error = ext4_freed_prepare(handle->e4, bitmap->group.number);
    return error;
}

static void give_back(struct ext4_handle *handle, struct ext4_bitmap *bitmap, const struct ext4_span *span,
                      unsigned flags)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_desc *desc = bitmap->group.desc;

    if (!(flags & EXT4_BLOCKS_UNUSED))
        ext4_freed_add(handle, bitmap->group.number, span);
    ext4_bits_clear(bitmap->bits.words, span->start, span->count);
    ext4_desc_set(e4, desc, EXT4_FREE_BLOCKS, ext4_desc_count(e4, desc, EXT4_FREE_BLOCKS) + span->count);
    ext4_free_blocks_add(e4, span->count);
    bitmap->bits.kept = bitmap->info->kept;
    if (e4->journal == NULL || (flags & EXT4_BLOCKS_UNUSED))
        ext4_group_gained(e4, bitmap->group.number, &bitmap->bits, span->start, span->count);
}

static int forget(struct ext4_handle *handle, uint64_t block, uint32_t count)
{
    int error = 0;

    for (uint32_t i = 0; error == 0 && i < count; i++)
        error = ext4_forget(handle, block + i);
    return error;
}

/* To forget comes last: what is in a block that stays in use must not be lost. */
static int free_piece(struct ext4_handle *handle, uint64_t block, uint32_t count, unsigned flags)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_span span = {ext4_group_index(e4, block), count};
    struct ext4_bitmap bitmap;
    int error = open_used(e4, block, count, &bitmap);

    if (error != 0)
        return error;
    error = declare(handle, &bitmap, flags);
    if (error == 0 && (flags & EXT4_BLOCKS_META))
        error = forget(handle, block, count);
    if (error == 0)
        give_back(handle, &bitmap, &span, flags);
    ext4_bitmap_close(e4, &bitmap);
    return error;
}

static int free_later(struct ext4_handle *handle, uint64_t block, uint32_t count, unsigned flags)
{
    int error = ext4_later_add(handle->e4->later, block, count);

    return error == 0 && (flags & EXT4_BLOCKS_META) ? forget(handle, block, count) : error;
}

int ext4_blocks_free(struct ext4_handle *handle, uint64_t block, uint32_t count, unsigned flags)
{
    struct ext4_fs *e4 = handle->e4;
    uint32_t piece;
    int error = 0;

    if (!ext4_blocks_are_valid(e4, block, count))
        return ext4_damaged(e4, "blocks from %llu on are freed, which aren't there", (unsigned long long)block);
    if (e4->later != NULL && !(flags & EXT4_BLOCKS_UNUSED))
        return free_later(handle, block, count, flags);
    if (piece_of(e4, block, count) != count)
        error = check_all(e4, block, count);
    for (uint32_t at = 0; error == 0 && at < count; at += piece) {
        piece = piece_of(e4, block + at, count - at);
        error = free_piece(handle, block + at, piece, flags);
    }
    return error;
}
