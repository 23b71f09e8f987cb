/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_extent_cut.c - a file with extents loses blocks: of one leaf in each operation. Nodes that become empty go. */
#include "fs/ext4/ext4_cut.h"
#include "fs/ext4/ext4_extent.h"

#define CUT_CREDITS 24 /* for blocks of the file; EXT4_CREDITS_MAP has more than those and a tree's nodes */
_Static_assert(EXT4_CREDITS_INODE + (EXT4_CREDITS_ALLOC + 2) * EXT4_EXTENT_DEPTH_MAX + CUT_CREDITS <= EXT4_CREDITS_MAP,
               "what an operation changes was declared");

/* The leaf is going to be changed, and those above it if it may lose the first of its entries. */
static int declare(struct ext4_extent_tree *tree, uint32_t first)
{
    unsigned level = tree->depth;
    int error = ext4_extent_declare(tree, level);

    if (first > ext4_extent_block(tree->levels[level].header, 0))
        return error;
    while (error == 0 && level > 0) {
        const struct ext4_extent_level *above = &tree->levels[--level];
        error = ext4_extent_declare(tree, level);
        if (above->at != 0) /* it has others, and the first stays */
            break;
    }
    return error;
}

/* The leaf may be empty now, and then so may be those above. One that can't be freed stays, which only a leaf may. */
static int prune(struct ext4_extent_tree *tree, struct ext4_cut *cut)
{
    struct ext4_extent_header *root = tree->levels[0].header;
    unsigned level = tree->depth;

    while (level > 0 && tree->levels[level].header->entries == 0) {
        int error = ext4_cut_node(cut, tree->levels[level].buffer->block);
        if (error != 0)
            return level == tree->depth ? error : ext4_fail(tree->handle->e4, "freeing a node of extents", error);
        level--;
        ext4_extent_take_out(tree->levels[level].header, (unsigned)tree->levels[level].at, 1);
    }
    if (root->entries == 0)
        root->depth = 0;
    else if (tree->levels[level].header->entries != 0)
        ext4_extent_set_keys(tree, level);
    return 0;
}

/* A leaf with nothing in it, which only others make. */
static int drop_empty(struct ext4_extent_tree *tree, struct ext4_cut *cut, uint64_t *end)
{
    const struct ext4_extent_level *above = &tree->levels[tree->depth - 1];
    int error = declare(tree, 0);

    *end = ext4_extent_block(above->header, (unsigned)above->at);
    return error == 0 ? prune(tree, cut) : error;
}

/* The first blocks of an extent go, up to `end`. */
static int behead(struct ext4_extent_tree *tree, struct ext4_cut *cut, struct ext4_extent *here, uint64_t *end)
{
    uint32_t block = here->block;
    int error = declare(tree, block);
    int64_t count = 0;

    while (error == 0 && here->block < *end) {
        count = ext4_cut_free(cut, ext4_extent_start(here), (uint32_t)(*end - here->block), true);
        if (count <= 0)
            break;
        ext4_extent_clip(here, here->block + (uint32_t)count, ext4_extent_end(here));
    }
    if (error != 0)
        return error;
    if (ext4_extent_leaf_level(tree)->at == 0)
        ext4_extent_set_keys(tree, tree->depth);
    if (here->block == *end)
        *end = block;
    return count < 0 ? (int)count : 0;
}

/* The last blocks of an extent from `first` on. Whether all went that had to is to be seen from it. -errno. */
static int shorten(struct ext4_cut *cut, struct ext4_extent *here, uint32_t first)
{
    uint32_t keep = first > here->block ? first - here->block : 0;

    while (ext4_extent_length(here) > keep) {
        uint32_t length = ext4_extent_length(here) - keep;
        int64_t count = ext4_cut_free(cut, ext4_extent_start(here) + keep, length, false);
        if (count <= 0)
            return (int)count;
        if (ext4_extent_length(here) == count)
            here->length = 0;
        else
            ext4_extent_clip(here, here->block, ext4_extent_end(here) - (uint64_t)count);
    }
    return 0;
}

/* Whole extents of the leaf, from `at` on downwards, and the end of one. */
static int strip(struct ext4_extent_tree *tree, struct ext4_cut *cut, uint32_t first, uint64_t *end)
{
    struct ext4_extent_header *leaf = ext4_extent_leaf_level(tree)->header;
    unsigned behind = (unsigned)ext4_extent_leaf_level(tree)->at + 1, at = behind;
    int error = declare(tree, first);

    if (error != 0)
        return error;
    while (at > 0) {
        struct ext4_extent *here = ext4_extent_at(leaf, at - 1);
        if (ext4_extent_end(here) <= first) {
            *end = first;
            break;
        }
        uint32_t block = here->block;
        error = shorten(cut, here, first);
        *end = block + (uint64_t)ext4_extent_length(here);
        if (here->length != 0)
            break;
        at--;
    }
    ext4_extent_take_out(leaf, at, behind - at);
    int pruned = prune(tree, cut);
    return error != 0 ? error : pruned;
}

static int cut(struct ext4_extent_tree *tree, uint32_t first, uint64_t stop, uint64_t *end)
{
    struct ext4_cut cut = {tree->handle, tree->ei, CUT_CREDITS, UINT32_MAX};
    const struct ext4_extent_level *leaf = ext4_extent_leaf_level(tree);

    if (leaf->header->entries == 0 && tree->depth != 0)
        return drop_empty(tree, &cut, end);
    if (leaf->at < 0) { /* before the first one of the file */
        *end = first;
        return 0;
    }
    struct ext4_extent *here = ext4_extent_at(leaf->header, (unsigned)leaf->at);
    if (ext4_extent_end(here) <= *end)
        return strip(tree, &cut, first, end);
    if (*end != stop) /* what it overlapped is gone already */
        return ext4_inode_damaged(tree->ei, leaf->buffer != NULL ? leaf->buffer->block : 0, "extents that overlap");
    if (here->block < first)
        return ext4_extent_divide(tree, here, (uint32_t)*end); /* its end is left alone from now on */
    return behead(tree, &cut, here, end);
}

int ext4_extent_cut(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t first, uint64_t stop, uint64_t *end)
{
    struct ext4_extent_tree tree;
    int error = ext4_extent_open(&tree, handle, ei, (uint32_t)(*end - 1));

    if (error == 0)
        error = cut(&tree, first, stop, end);
    ext4_extent_close(&tree);
    return error;
}
