/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_extent_change.c - a file with extents gets blocks, or what was room alone is written. Extents that follow each
 * other, in the file and on the disk, become one. */
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_grow.h"

/* ---- neighbours ---- */

static bool follows(const struct ext4_extent *a, const struct ext4_extent *b, uint64_t length)
{
    bool unwritten = ext4_extent_is_unwritten(a);

    return unwritten == ext4_extent_is_unwritten(b) && ext4_extent_end(a) == b->block &&
           ext4_extent_start(a) + ext4_extent_length(a) == ext4_extent_start(b) &&
           length <= ext4_extent_most(unwritten);
}

/* Whether `b` can be joined to `a`, which is before it. NULL: there is none. */
static bool can_join(const struct ext4_extent *a, const struct ext4_extent *b)
{
    return a != NULL && b != NULL && follows(a, b, (uint64_t)ext4_extent_length(a) + ext4_extent_length(b));
}

static void join(struct ext4_extent *a, const struct ext4_extent *b)
{
    a->length = (uint16_t)(a->length + ext4_extent_length(b));
}

/* The leaf's n-th extent, if there is one. */
static struct ext4_extent *neighbour(struct ext4_extent_tree *tree, int n)
{
    const struct ext4_extent_header *leaf = ext4_extent_leaf_level(tree)->header;

    return n >= 0 && n < leaf->entries ? ext4_extent_at(leaf, (unsigned)n) : NULL;
}

void ext4_extent_join(struct ext4_extent_tree *tree, int n)
{
    struct ext4_extent *a = neighbour(tree, n), *b = neighbour(tree, n + 1);

    if (!can_join(a, b))
        return;
    join(a, b);
    ext4_extent_take_out(ext4_extent_leaf_level(tree)->header, (unsigned)(n + 1), 1);
}

/* ---- new ones ---- */

/* Comes behind the leaf's `at`. *extent becomes the one that it is in. */
static int add(struct ext4_extent_tree *tree, struct ext4_extent *extent)
{
    int at = ext4_extent_leaf_level(tree)->at;
    struct ext4_extent *before = neighbour(tree, at), *behind = neighbour(tree, at + 1);
    int error = 0;

    if (can_join(before, extent)) {
        error = ext4_extent_declare(tree, tree->depth);
        if (error == 0) {
            join(before, extent);
            ext4_extent_join(tree, at);
            *extent = *before;
        }
    } else if (can_join(extent, behind)) {
        error = ext4_extent_declare(tree, tree->depth);
        if (error == 0 && at < 0)
            error = ext4_extent_declare_keys(tree, tree->depth);
        if (error == 0) {
            join(extent, behind);
            *behind = *extent;
            if (at < 0)
                ext4_extent_set_keys(tree, tree->depth);
        }
    } else {
        error = ext4_extent_reserve(tree, 1);
        if (error == 0)
            ext4_extent_insert(tree, 1, extent);
    }
    return error;
}

/* As far from the file's nearest block as it is in the file: what is between may be filled later. */
static uint64_t goal_of(struct ext4_extent_tree *tree, uint32_t block)
{
    int at = ext4_extent_leaf_level(tree)->at;
    const struct ext4_extent *before = neighbour(tree, at), *behind = neighbour(tree, at + 1);
    const struct ext4_fs *e4 = ext4_of(&tree->ei->inode);
    uint64_t goal = 0;

    if (before != NULL)
        goal = ext4_extent_start(before) + (block - before->block);
    else if (behind != NULL && ext4_extent_start(behind) > behind->block - block)
        goal = ext4_extent_start(behind) - (behind->block - block);
    return ext4_blocks_are_valid(e4, goal, 1) ? goal : ext4_blocks_goal(tree->ei);
}

static void run_set(struct ext4_run *run, const struct ext4_extent *extent)
{
    bool unwritten = ext4_extent_is_unwritten(extent);
    uint64_t start = ext4_extent_start(extent);

    *run = (struct ext4_run){extent->block, ext4_extent_length(extent), unwritten ? 0 : start, unwritten, start};
}

/* An extent comes into the tree, where there is none: the inode is declared. */
static int put(struct ext4_extent_tree *tree, struct ext4_extent *extent)
{
    struct ext4_inode *ei = tree->ei;
    uint32_t length = ext4_extent_length(extent);
    int error = add(tree, extent);

    if (error != 0)
        return error;
    ext4_sectors_add(ei, length);
    run_set(&ei->last, extent);
    ext4_extent_store(tree);
    return 0;
}

static bool is_hole(struct ext4_extent_tree *tree, uint32_t block)
{
    const struct ext4_extent *before = neighbour(tree, ext4_extent_leaf_level(tree)->at);

    return before == NULL || ext4_extent_end(before) <= block;
}

static int place(struct ext4_extent_tree *tree, const struct ext4_extent *extent)
{
    struct ext4_extent copy = *extent;

    if (!is_hole(tree, extent->block) || ext4_extent_end(extent) > tree->next)
        return ext4_inode_damaged(tree->ei, 0, "blocks that are to be placed are there already");
    int error = ext4_extent_declare_inode(tree);
    return error == 0 ? put(tree, &copy) : error;
}

int ext4_extent_place(struct ext4_handle *handle, struct ext4_inode *ei, const struct ext4_extent *extent)
{
    struct ext4_extent_tree tree;
    int error = ext4_extent_open(&tree, handle, ei, extent->block);

    if (error == 0)
        error = place(&tree, extent);
    ext4_extent_close(&tree);
    return error;
}

static int create(struct ext4_extent_tree *tree, uint32_t block, uint32_t most, unsigned flags, struct ext4_fill *fill,
                  struct ext4_run *out)
{
    struct ext4_inode *ei = tree->ei;
    bool unwritten = flags & EXT4_MAP_UNWRITTEN;
    uint32_t count = most < ext4_extent_most(unwritten) ? most : ext4_extent_most(unwritten);
    uint64_t disk;

    if (!is_hole(tree, block))
        return ext4_inode_damaged(ei, 0, "blocks that are to be new are there already");
    if (count > tree->next - block)
        count = (uint32_t)(tree->next - block);
    int error = ext4_extent_declare_inode(tree);
    if (error == 0)
        error = ext4_grow_alloc(tree->handle, goal_of(tree, block), flags, &count, &disk);
    if (error != 0)
        return error;
    struct ext4_extent extent = ext4_extent_of(block, disk, count, unwritten);
    struct ext4_run run = {block, count, unwritten ? 0 : disk, unwritten, disk};
    tree->flags = flags & EXT4_MAP_PROMISED;
    if (fill != NULL)
        error = fill->put(fill, &run);
    if (error == 0)
        error = put(tree, &extent);
    if (error != 0) {
        ext4_grow_undo(tree->handle, tree->flags, count, disk);
        return error;
    }
    *out = run;
    return 0;
}

int ext4_extent_create(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t most, unsigned flags,
                       struct ext4_fill *fill, struct ext4_run *out)
{
    struct ext4_extent_tree tree;
    int error = ext4_extent_open(&tree, handle, ei, block);

    if (error == 0)
        error = create(&tree, block, most, flags, fill, out);
    ext4_extent_close(&tree);
    return error;
}

/* ---- what was unwritten ---- */

/* The first blocks of `here` go to the extent before it. */
static void pass_down(struct ext4_extent_tree *tree, int at, struct ext4_extent *here, uint32_t count)
{
    struct ext4_extent *before = neighbour(tree, at - 1);
    uint64_t end = ext4_extent_end(here);

    before->length = (uint16_t)(before->length + count);
    if (ext4_extent_length(here) == count) {
        ext4_extent_take_out(ext4_extent_leaf_level(tree)->header, (unsigned)at, 1);
        ext4_extent_join(tree, at - 1);
    } else {
        ext4_extent_clip(here, here->block + count, end);
    }
}

/* Its last blocks go to the one behind it. */
static void pass_up(struct ext4_extent *here, struct ext4_extent *behind, uint32_t count)
{
    *behind = ext4_extent_of(behind->block - count, ext4_extent_start(behind) - count,
                             ext4_extent_length(behind) + count, false);
    ext4_extent_clip(here, here->block, ext4_extent_end(here) - count);
}

/* It becomes up to three, of which [block, end) is written. */
static int divide(struct ext4_extent_tree *tree, struct ext4_extent *here, uint32_t block, uint64_t end)
{
    struct ext4_extent parts[2];
    unsigned count = 0;
    uint64_t here_end = ext4_extent_end(here), start = ext4_extent_start(here);
    bool has_head = here->block < block;
    int error;

    if (has_head)
        parts[count++] = ext4_extent_of(block, start + (block - here->block), (uint32_t)(end - block), false);
    if (end < here_end)
        parts[count++] = ext4_extent_of((uint32_t)end, start + (end - here->block), (uint32_t)(here_end - end), true);
    error = count != 0 ? ext4_extent_reserve(tree, count) : ext4_extent_declare(tree, tree->depth);
    if (error != 0)
        return error;
    *here = ext4_extent_of(here->block, start, (uint32_t)((has_head ? block : end) - here->block), has_head);
    if (count == 0) {
        int at = ext4_extent_leaf_level(tree)->at;
        ext4_extent_join(tree, at);
        ext4_extent_join(tree, at - 1);
    }
    for (unsigned n = 0; n < count; n++) {
        if (n != 0) { /* what was declared and has room is in memory: it is found again */
            struct ext4_buffer *table = tree->table;
            tree->table = NULL;
            ext4_extent_close(tree);
            error = ext4_extent_open(tree, tree->handle, tree->ei, parts[0].block);
            tree->table = table;
            if (error != 0)
                return ext4_fail(tree->handle->e4, "writing an extent", error);
        }
        ext4_extent_insert(tree, count - n, &parts[n]);
    }
    return 0;
}

/* [block, end) of the leaf's `at`. */
static int convert(struct ext4_extent_tree *tree, uint32_t block, uint64_t end)
{
    int at = ext4_extent_leaf_level(tree)->at;
    struct ext4_extent *here = neighbour(tree, at), *before = neighbour(tree, at - 1);
    struct ext4_extent *behind = neighbour(tree, at + 1);
    struct ext4_extent part =
        ext4_extent_of(block, ext4_extent_start(here) + (block - here->block), (uint32_t)(end - block), false);
    bool down = can_join(before, &part), up = can_join(&part, behind) && here->block < block;
    int error;

    if (!down && !up)
        return divide(tree, here, block, end);
    error = ext4_extent_declare(tree, tree->depth);
    if (error == 0 && down)
        pass_down(tree, at, here, (uint32_t)(end - block));
    else if (error == 0)
        pass_up(here, behind, (uint32_t)(end - block));
    return error;
}

/* The first extent from *block on, as far as it is before `end`; *block: behind it. */
static int written_step(struct ext4_extent_tree *tree, uint64_t *block, uint64_t end)
{
    const struct ext4_extent *here = neighbour(tree, ext4_extent_leaf_level(tree)->at);
    uint32_t from = (uint32_t)*block;
    uint64_t here_end = here != NULL ? ext4_extent_end(here) : 0;

    if (here_end <= *block) { /* a hole */
        *block = tree->next;
        return 0;
    }
    *block = here_end < end ? here_end : end;
    if (!ext4_extent_is_unwritten(here))
        return 0;
    int error = ext4_extent_declare_inode(tree);
    if (error == 0)
        error = convert(tree, from, *block);
    if (error == 0)
        ext4_extent_store(tree);
    return error;
}

int ext4_extent_written(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t count)
{
    struct ext4_extent_tree tree;
    uint64_t at = block, end = (uint64_t)block + count;
    int error = 0;

    ei->last.count = 0;
    for (bool is_first = true; error == 0 && at < end; is_first = false) {
        error = ext4_extent_open(&tree, handle, ei, (uint32_t)at);
        tree.needs_credits = !is_first;
        if (error == 0)
            error = written_step(&tree, &at, end);
        ext4_extent_close(&tree);
    }
    return error;
}
