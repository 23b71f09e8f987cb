/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_extent_shift.c - what a file has from some block on comes earlier or later in it. A leaf in each operation,
 * those first to whose new place the others won't come, so that extents are in order at any time.
 */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/ext4/ext4_extent.h"

#define FILE_END (1ull << 32)

struct shift {
    struct ext4_inode *ei;
    uint32_t first; /* extents from there on are shifted */
    uint32_t by;
    bool up;
    uint64_t at; /* what is behind it has been shifted, or before it if they come earlier */
};

/* The leaf's extents [from, end) are shifted, which changes no other. */
static int shift_extents(struct ext4_extent_tree *tree, const struct shift *shift, unsigned from, unsigned end)
{
    const struct ext4_extent_header *leaf = ext4_extent_leaf_level(tree)->header;
    int error = ext4_extent_declare_inode(tree);

    if (error == 0)
        error = ext4_extent_declare(tree, tree->depth);
    if (error == 0 && from == 0)
        error = ext4_extent_declare_keys(tree, tree->depth);
    if (error != 0)
        return error;
    for (unsigned n = from; n < end; n++) {
        struct ext4_extent *extent = ext4_extent_at(leaf, n);
        extent->block += shift->up ? shift->by : 0 - shift->by;
    }
    if (from == 0)
        ext4_extent_set_keys(tree, tree->depth);
    else
        ext4_extent_join(tree, (int)from - 1);
    ext4_extent_store(tree);
    return 0;
}

/* The last leaf before shift->at that has some; shift->at is 0 when none does. */
static int shift_up(struct ext4_extent_tree *tree, struct shift *shift)
{
    const struct ext4_extent_header *leaf = ext4_extent_leaf_level(tree)->header;
    unsigned end = (unsigned)(ext4_extent_leaf_level(tree)->at + 1), from = end;

    while (from > 0 && ext4_extent_block(leaf, from - 1) >= shift->first)
        from--;
    if (from == end) {
        shift->at = 0;
        return 0;
    }
    if (shift->at == FILE_END && ext4_extent_end(ext4_extent_at(leaf, end - 1)) + shift->by > FILE_END - 1)
        return -EINVAL;
    shift->at = ext4_extent_block(leaf, from);
    return shift_extents(tree, shift, from, end);
}

/* The first leaf from shift->at on that has some, or the way to the next one is known. */
static int shift_down(struct ext4_extent_tree *tree, struct shift *shift)
{
    const struct ext4_extent_header *leaf = ext4_extent_leaf_level(tree)->header;
    unsigned from = (unsigned)(ext4_extent_leaf_level(tree)->at + 1), end = leaf->entries;

    if (from > 0 && ext4_extent_block(leaf, from - 1) >= shift->at)
        from--;
    if (from == end) {
        shift->at = tree->next;
        return 0;
    }
    shift->at = ext4_extent_end(ext4_extent_at(leaf, end - 1));
    return shift_extents(tree, shift, from, end);
}

/* An extent that reaches from before `first` beyond it becomes two. */
static int divide(struct ext4_extent_tree *tree, struct shift *shift)
{
    const struct ext4_extent_level *leaf = ext4_extent_leaf_level(tree);
    struct ext4_extent *here = leaf->at < 0 ? NULL : ext4_extent_at(leaf->header, (unsigned)leaf->at);

    if (here == NULL || here->block >= shift->first || ext4_extent_end(here) <= shift->first)
        return 0;
    int error = ext4_extent_declare_inode(tree);
    if (error == 0)
        error = ext4_extent_divide(tree, here, shift->first);
    if (error == 0)
        ext4_extent_store(tree);
    return error;
}

/* In an operation of its own. What has begun goes on to its end, giving way now and then. */
static int step(struct shift *shift, uint64_t block, int (*change)(struct ext4_extent_tree *, struct shift *))
{
    struct ext4_handle handle;
    struct ext4_extent_tree tree;
    int error = ext4_begin(ext4_of(&shift->ei->inode), &handle, EXT4_CREDITS_MAP);

    if (error != 0)
        return error;
    error = ext4_extent_open(&tree, &handle, shift->ei, (uint32_t)block);
    if (error == 0)
        error = change(&tree, shift);
    ext4_extent_close(&tree);
    shift->ei->data_tid = ext4_tid(&handle);
    ext4_end(&handle);
    shift->ei->last.count = 0;
    (void)wait_loop_ends(false);
    return error;
}

/* [from, end) is a hole. */
static int check_hole(struct ext4_inode *ei, uint32_t from, uint32_t end)
{
    struct ext4_run run;

    while (from < end) {
        int error = ext4_map_find(ei, from, end - from, &run);
        ei->last.count = 0; /* or who wants a page would not wait for the volume */
        if (error != 0)
            return error;
        if (run.room != 0)
            return -EINVAL;
        from += run.count;
    }
    return 0;
}

int ext4_extent_shift(struct ext4_inode *ei, uint32_t first, uint32_t by, bool up)
{
    struct shift shift = {ei, first, by, up, up ? FILE_END : first};
    int error;

    if (up)
        error = step(&shift, first, divide);
    else
        error = by <= first ? check_hole(ei, first - by, first) : -EINVAL;
    while (error == 0 && up && shift.at > first)
        error = step(&shift, shift.at - 1, shift_up);
    while (error == 0 && !up && shift.at < FILE_END)
        error = step(&shift, shift.at, shift_down);
    return error;
}
