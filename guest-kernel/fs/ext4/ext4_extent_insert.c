/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_extent_insert.c - entries come into a tree of extents: a node that is full splits, and where the root is full
 * the tree becomes deeper. First all is reserved that this takes, then nothing can fail.
 */
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_grow.h"
#include "lib/string.h"

static bool is_full(const struct ext4_extent_level *level, unsigned count)
{
    return level->header->entries + count > level->header->max;
}

/* A node that has less room than its block would have to split more often than was reckoned with. */
static int check_room(const struct ext4_extent_tree *tree, const struct ext4_extent_level *level)
{
    if (level->buffer == NULL || level->header->max == ext4_extent_room(ext4_of(&tree->ei->inode)->block_size))
        return 0;
    return ext4_inode_damaged(tree->ei, level->buffer->block, "a node of an extent tree that is too small");
}

static int fresh_add(struct ext4_extent_tree *tree)
{
    struct ext4_handle *handle = tree->handle;
    struct ext4_buffer *near = ext4_extent_leaf_level(tree)->buffer, *buffer;
    uint64_t goal = near != NULL ? near->block : ext4_blocks_goal(tree->ei), block;
    unsigned flags = EXT4_MAP_META | tree->flags;
    uint32_t count = 1;
    int error = ext4_grow_alloc(handle, goal, flags, &count, &block);

    if (error != 0)
        return error;
    error = ext4_change_new(handle, block, ext4_extent_seal, tree->ei->seed, &buffer);
    if (error != 0) {
        ext4_grow_undo(handle, tree->flags, 1, block);
        return error;
    }
    ext4_buffer_checked(buffer, EXT4_BUFFER_EXTENTS, ext4_number(tree->ei));
    tree->fresh[tree->fresh_count++] = buffer;
    return 0;
}

int ext4_extent_reserve(struct ext4_extent_tree *tree, unsigned count)
{
    unsigned level = tree->depth, fresh = 0;
    int error = 0;

    while (error == 0 && is_full(&tree->levels[level], count)) {
        error = check_room(tree, &tree->levels[level]);
        fresh++;
        if (level == 0)
            break;
        if (error == 0)
            error = ext4_extent_declare(tree, level);
        level--;
        count = 1;
    }
    if (error == 0 && fresh > tree->depth && tree->depth == EXT4_EXTENT_DEPTH_MAX)
        error = ext4_inode_damaged(tree->ei, 0, "a tree of extents that is too deep");
    if (error == 0 && tree->needs_credits)
        error = ext4_extend(tree->handle, fresh * (1 + EXT4_CREDITS_ALLOC) + tree->depth);
    if (error == 0)
        error = ext4_extent_declare(tree, level);
    if (error == 0 && ext4_extent_leaf_level(tree)->at < 0)
        error = ext4_extent_declare_keys(tree, tree->depth);
    while (error == 0 && tree->fresh_count < fresh)
        error = fresh_add(tree);
    return error;
}

static void node_insert(struct ext4_extent_header *header, unsigned at, const struct ext4_extent *entry)
{
    struct ext4_extent *place = ext4_extent_at(header, at);

    memmove(place + 1, place, (header->entries - at) * sizeof(*place));
    *place = *entry;
    header->entries++;
}

void ext4_extent_take_out(struct ext4_extent_header *header, unsigned first, unsigned count)
{
    struct ext4_extent *place = ext4_extent_at(header, first);

    memmove(place, place + count, (header->entries - first - count) * sizeof(*place));
    header->entries = (uint16_t)(header->entries - count);
}

/* A new node with the entries from `first` on of another. */
static struct ext4_buffer *fresh_fill(struct ext4_extent_tree *tree, struct ext4_extent_header *from, unsigned first)
{
    struct ext4_fs *e4 = ext4_of(&tree->ei->inode);
    struct ext4_buffer *buffer = tree->fresh[--tree->fresh_count];
    struct ext4_extent_header *header = buffer->data;

    *header = (struct ext4_extent_header){.magic = EXT4_EXTENT_MAGIC,
                                          .entries = (uint16_t)(from->entries - first),
                                          .max = (uint16_t)ext4_extent_room(e4->block_size),
                                          .depth = from->depth};
    memcpy(ext4_extent_at(header, 0), ext4_extent_at(from, first), header->entries * EXT4_EXTENT_ENTRY_SIZE);
    from->entries = (uint16_t)first;
    ext4_sectors_add(tree->ei, 1);
    return buffer;
}

/* The entry that leads to a node. */
static struct ext4_extent index_of(const struct ext4_buffer *buffer)
{
    struct ext4_extent_index index = {ext4_extent_block(buffer->data, 0), (uint32_t)buffer->block,
                                      (uint16_t)(buffer->block >> 32), 0};
    struct ext4_extent entry;

    memcpy(&entry, &index, sizeof(entry));
    return entry;
}

/* All that was in the root comes into a node of its own, and the entry to it. */
static void grow(struct ext4_extent_tree *tree, unsigned at, const struct ext4_extent *entry)
{
    struct ext4_extent_header *root = tree->levels[0].header;
    struct ext4_buffer *buffer = fresh_fill(tree, root, 0);

    node_insert(buffer->data, at, entry);
    root->max = (uint16_t)ext4_extent_room(sizeof(tree->ei->block));
    root->depth++;
    *ext4_extent_at(root, 0) = index_of(buffer);
    root->entries = 1;
    ext4_buffer_put(&ext4_of(&tree->ei->inode)->buffers, buffer);
}

/* One half goes, or nothing where the entry comes last, as files mostly grow at their end: nodes stay full then. The
 * entry becomes the one that leads to the new node. */
static void split(struct ext4_extent_tree *tree, unsigned level, unsigned at, struct ext4_extent *entry)
{
    struct ext4_extent_header *header = tree->levels[level].header;
    unsigned middle = at == header->entries ? at : (header->entries + 1u) / 2;
    struct ext4_buffer *buffer = fresh_fill(tree, header, middle);

    if (at < middle)
        node_insert(header, at, entry);
    else
        node_insert(buffer->data, at - middle, entry);
    if (at == 0)
        ext4_extent_set_keys(tree, level);
    *entry = index_of(buffer);
    ext4_buffer_put(&ext4_of(&tree->ei->inode)->buffers, buffer);
}

void ext4_extent_insert(struct ext4_extent_tree *tree, unsigned count, const struct ext4_extent *extent)
{
    struct ext4_extent entry = *extent;
    unsigned level = tree->depth;

    while (is_full(&tree->levels[level], count)) {
        if (level == 0) {
            grow(tree, (unsigned)(tree->levels[0].at + 1), &entry);
            return;
        }
        split(tree, level, (unsigned)(tree->levels[level].at + 1), &entry);
        level--;
        count = 1;
    }
    unsigned at = (unsigned)(tree->levels[level].at + 1);
    node_insert(tree->levels[level].header, at, &entry);
    if (at == 0)
        ext4_extent_set_keys(tree, level);
}

int ext4_extent_divide(struct ext4_extent_tree *tree, struct ext4_extent *here, uint32_t block)
{
    uint64_t end = ext4_extent_end(here);
    struct ext4_extent rest = *here;
    int error = ext4_extent_reserve(tree, 1);

    if (error != 0)
        return error;
    ext4_extent_clip(&rest, block, end);
    ext4_extent_clip(here, here->block, block);
    ext4_extent_insert(tree, 1, &rest);
    return 0;
}
