/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_extent_path.c - the way down a tree of extents that is going to be changed. All nodes on it are checked, also
 * against what is behind them, and stay in memory until ext4_extent_close.
 */
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_grow.h"
#include "lib/crc.h"

/* No node reaches beyond where the next one begins. */
static int check_end(const struct ext4_extent_tree *tree, const struct ext4_extent_level *level)
{
    const struct ext4_extent_header *header = level->header;

    if (header->entries == 0)
        return 0;
    unsigned last = header->entries - 1u;
    uint64_t end = header->depth == 0 ? ext4_extent_end(ext4_extent_at(header, last))
                                      : (uint64_t)ext4_extent_block(header, last) + 1;
    if (end <= tree->next)
        return 0;
    return ext4_inode_damaged(tree->ei, level->buffer != NULL ? level->buffer->block : 0,
                              "a node of an extent tree that reaches into the next one");
}

int ext4_extent_open(struct ext4_extent_tree *tree, struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block)
{
    struct ext4_extent_level *level = &tree->levels[0];
    int error = 0;

    tree->handle = handle;
    tree->ei = ei;
    tree->depth = 0;
    tree->next = 1ull << 32;
    tree->fresh_count = 0;
    tree->flags = 0;
    tree->needs_credits = false;
    tree->table = NULL;
    level->buffer = NULL;
    level->header = ext4_extent_root(ei);
    for (;; level++) {
        error = check_end(tree, level);
        level->at = ext4_extent_search(level->header, block);
        if (level->header->depth != 0 && level->at < 0)
            level->at = 0;
        if (level->at + 1 < level->header->entries)
            tree->next = ext4_extent_block(level->header, (unsigned)(level->at + 1));
        if (error != 0 || level->header->depth == 0)
            return error;
        error = ext4_extent_node(ei, level->header, (unsigned)level->at, &level[1].buffer);
        if (error != 0)
            return error;
        tree->depth++;
        level[1].header = level[1].buffer->data;
    }
}

void ext4_extent_close(struct ext4_extent_tree *tree)
{
    struct ext4_buffers *buffers = &ext4_of(&tree->ei->inode)->buffers;

    for (unsigned n = 0; n < tree->fresh_count; n++) {
        ext4_grow_undo(tree->handle, EXT4_MAP_META | tree->flags, 1, tree->fresh[n]->block);
        ext4_buffer_put(buffers, tree->fresh[n]);
    }
    tree->fresh_count = 0;
    for (unsigned n = 1; n <= tree->depth; n++)
        ext4_buffer_put(buffers, tree->levels[n].buffer);
    tree->depth = 0;
    ext4_buffer_put(buffers, tree->table);
    tree->table = NULL;
}

/* ---- what is going to be changed ---- */

int ext4_extent_declare_inode(struct ext4_extent_tree *tree)
{
    int error = 0;

    if (tree->table == NULL)
        error = ext4_itable_change(tree->handle, ext4_number(tree->ei), &tree->table, &tree->raw);
    if (error != 0)
        tree->table = NULL;
    return error;
}

void ext4_extent_store(struct ext4_extent_tree *tree)
{
    ext4_inode_put_fields(tree->handle, tree->ei, tree->raw);
}

void ext4_extent_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    const struct ext4_extent_header *header = buffer->data;
    size_t covered = EXT4_EXTENT_HEADER_SIZE + header->max * EXT4_EXTENT_ENTRY_SIZE;
    uint32_t *sum = (uint32_t *)(void *)((char *)buffer->data + covered);

    if (e4->has_checksums && covered + sizeof(*sum) <= e4->block_size)
        *sum = crc32c(buffer->seal_arg, header, covered);
}

int ext4_extent_declare(struct ext4_extent_tree *tree, unsigned level)
{
    struct ext4_buffer *buffer = tree->levels[level].buffer;
    int error;

    if (buffer == NULL)
        return 0;
    error = ext4_grow_check_node(tree->ei, buffer->block);
    return error != 0 ? error
                      : ext4_change_as(tree->handle, buffer, EXT4_BUFFER_EXTENTS, ext4_extent_seal, tree->ei->seed);
}

int ext4_extent_declare_keys(struct ext4_extent_tree *tree, unsigned level)
{
    int error = 0;

    while (error == 0 && level > 0) {
        error = ext4_extent_declare(tree, --level);
        if (tree->levels[level].at != 0)
            break;
    }
    return error;
}

void ext4_extent_set_keys(struct ext4_extent_tree *tree, unsigned level)
{
    uint32_t block = ext4_extent_block(tree->levels[level].header, 0);

    while (level > 0) {
        const struct ext4_extent_level *above = &tree->levels[--level];
        ext4_extent_index_at(above->header, (unsigned)above->at)->block = block;
        if (above->at != 0)
            break;
    }
}
