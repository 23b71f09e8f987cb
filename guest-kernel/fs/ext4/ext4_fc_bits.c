/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fc_bits.c - fast commits say nothing of bitmaps. Blocks that a file is to have may still be another's, of which
 * a later record takes them, so bits can't follow each change; they are set right at the end, by what files have then.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_fc.h"
#include "fs/ext4/ext4_journal.h"

/* How many of the blocks lie in the first one's group. */
static uint32_t piece_of(const struct ext4_fs *e4, uint64_t block, uint32_t count)
{
    uint32_t left = e4->group_blocks - ext4_group_index(e4, block);

    return count < left ? count : left;
}

int ext4_fc_blocks_check(struct ext4_fs *e4, uint64_t block, uint32_t count)
{
    uint32_t piece;

    if (!ext4_blocks_are_valid(e4, block, count))
        return ext4_damaged(e4, "a fast commit has blocks from %llu on, which aren't there", (unsigned long long)block);
    for (uint32_t at = 0; at < count; at += piece) {
        struct ext4_group_info *info;
        uint32_t group = ext4_group_of(e4, block + at);
        int error = ext4_group_info_get(e4, group, &info);
        if (error != 0)
            return error;
        piece = piece_of(e4, block + at, count - at);
        if (!ext4_blocks_are_free_to_use(ext4_window_find(e4, group), block + at, piece) ||
            ext4_journal_meets(e4->journal, block + at, piece))
            return ext4_damaged(e4, "a fast commit has blocks from %llu on, which are the file system's own",
                                (unsigned long long)block);
    }
    return 0;
}

/* ---- bits ---- */

/* Free bits of the span are used, or the other way round; from the first one behind `at` on. count 0: there is none. */
static struct ext4_span wrong_run(const struct ext4_bits *bits, uint32_t at, uint32_t end, bool used)
{
    uint32_t from = used ? ext4_bits_free(bits, at, end) : ext4_bits_used(bits, at, end);
    uint32_t to = used ? ext4_bits_used(bits, from, end) : ext4_bits_free(bits, from, end);

    return (struct ext4_span){from, from < end ? to - from : 0};
}

static int run_put(struct ext4_handle *handle, struct ext4_bitmap *bitmap, const struct ext4_span *run, bool used,
                   struct list *changed)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_desc *desc = bitmap->group.desc;
    uint32_t free = ext4_desc_count(e4, desc, EXT4_FREE_BLOCKS);
    int error = changed == NULL
                    ? 0
                    : ext4_later_add(changed, ext4_group_first(e4, bitmap->group.number) + run->start, run->count);

    if (error != 0)
        return error;
    if (used && free < run->count)
        return ext4_damaged(e4, "group %u: more blocks are free than it says", bitmap->group.number);
    if (used)
        ext4_bits_set(bitmap->bits.words, run->start, run->count);
    else
        ext4_bits_clear(bitmap->bits.words, run->start, run->count);
    ext4_desc_set(e4, desc, EXT4_FREE_BLOCKS, used ? free - run->count : free + run->count);
    ext4_free_blocks_add(e4, used ? -(int64_t)run->count : (int64_t)run->count);
    return 0;
}

static int span_put(struct ext4_handle *handle, struct ext4_bitmap *bitmap, struct ext4_span span, bool used,
                    struct list *changed)
{
    uint32_t end = span.start + span.count;
    struct ext4_span run = wrong_run(&bitmap->bits, span.start, end, used);
    int error = 0;

    if (run.count == 0)
        return 0;
    error = ext4_bitmap_change(handle, bitmap);
    if (error == 0)
        error = ext4_change_super(handle);
    while (error == 0 && run.count != 0) {
        error = run_put(handle, bitmap, &run, used, changed);
        run = wrong_run(&bitmap->bits, run.start + run.count, end, used);
    }
    return error;
}

static int piece_put(struct ext4_fs *e4, uint64_t block, uint32_t count, bool used, struct list *changed)
{
    struct ext4_span span = {ext4_group_index(e4, block), count};
    struct ext4_handle handle;
    struct ext4_bitmap bitmap;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_ALLOC);

    if (error != 0)
        return error;
    error = ext4_bitmap_open(e4, ext4_group_of(e4, block), EXT4_BUFFER_BLOCK_BITMAP, false, &bitmap);
    if (error == 0) {
        bitmap.bits.kept = NULL;
        error = span_put(&handle, &bitmap, span, used, changed);
        ext4_bitmap_close(e4, &bitmap);
    }
    ext4_end(&handle);
    return error;
}

int ext4_fc_bits_put(struct ext4_fs *e4, uint64_t block, uint32_t count, bool used, struct list *changed)
{
    uint32_t piece;
    int error = 0;

    for (uint32_t at = 0; error == 0 && at < count; at += piece) {
        piece = piece_of(e4, block + at, count - at);
        error = piece_put(e4, block + at, piece, used, changed);
    }
    return error;
}

/* ---- what a file has ---- */

static int used(struct ext4_fs *e4, uint64_t block, uint32_t count)
{
    int error = ext4_fc_blocks_check(e4, block, count);

    return error == 0 ? ext4_fc_bits_put(e4, block, count, true, NULL) : error;
}

/* The nodes on the way, but for the root, and what the leaf has. */
static int leaf_used(struct ext4_extent_tree *tree)
{
    struct ext4_fs *e4 = ext4_of(&tree->ei->inode);
    const struct ext4_extent_header *leaf = ext4_extent_leaf_level(tree)->header;
    int error = 0;

    for (unsigned n = 1; error == 0 && n <= tree->depth; n++)
        error = used(e4, tree->levels[n].buffer->block, 1);
    for (unsigned n = 0; error == 0 && n < leaf->entries; n++) {
        const struct ext4_extent *extent = ext4_extent_at(leaf, n);
        error = used(e4, ext4_extent_start(extent), ext4_extent_length(extent));
    }
    return error;
}

/* The first block of the file that is in the next leaf, or 2^32. */
static uint64_t next_leaf(const struct ext4_extent_tree *tree)
{
    for (unsigned level = tree->depth; level-- > 0;) {
        const struct ext4_extent_level *above = &tree->levels[level];
        if (above->at + 1 < above->header->entries)
            return ext4_extent_block(above->header, (unsigned)(above->at + 1));
    }
    return 1ull << 32;
}

static int map_used(struct ext4_fc *fc, struct ext4_inode *ei)
{
    int error = 0;

    for (uint64_t block = 0; error == 0 && block < 1ull << 32;) {
        struct ext4_extent_tree tree;
        error = ext4_extent_open(&tree, NULL, ei, (uint32_t)block);
        if (error == 0)
            error = leaf_used(&tree);
        if (error == 0)
            error = ext4_fc_step(fc);
        block = next_leaf(&tree);
        ext4_extent_close(&tree);
    }
    return error;
}

static int inode_used(struct ext4_fc *fc, uint32_t number)
{
    struct inode *inode;
    int error = ext4_fc_inode_get(fc, number, &inode);

    if (error != 0) /* it went, or is of no use: then it is as it was before */
        return error == -ENOMEM || error == -EIO ? error : 0;
    if ((ext4_inode_of(inode)->flags & EXT4_EXTENTS_FL) && ext4_inode_has_map(ext4_inode_of(inode)))
        error = map_used(fc, ext4_inode_of(inode));
    inode_put(inode);
    return error;
}

/* ---- all of it ---- */

int ext4_fc_bits_finish(struct ext4_fc *fc)
{
    struct ext4_fs *e4 = fc->e4;
    int error = 0;

    for (struct list *at = e4->later->next; error == 0 && at != e4->later; at = at->next) {
        const struct ext4_later *later = container_of(at, struct ext4_later, link);
        error = ext4_fc_blocks_check(e4, later->block, later->count);
        if (error == 0)
            error = ext4_fc_bits_put(e4, later->block, later->count, false, NULL);
        if (error == 0)
            error = ext4_fc_step(fc);
    }
    for (struct tree_node *node = tree_first(&fc->notes); error == 0 && node != NULL; node = tree_next(node))
        error = inode_used(fc, container_of(node, struct ext4_fc_note, node)->number);
    return error;
}
