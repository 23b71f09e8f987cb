/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_index_change.c - room for names in a directory with an index (ext4 layout, "Hash Tree Directories").
 *
 * A block that is full becomes two, which needs a place in the one above it; where that is full it becomes two first.
 * Each such step takes one new block, and leaves an index that is right: so when there is no block for the next one,
 * nothing needs to be taken back.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "lib/string.h"

#define STEPS_MOST (2 * EXT4_INDEX_LEVELS + 4)
#define STEPS_PAID 2u /* new blocks that are in EXT4_CREDITS_DIR */
#define STEP_CREDITS (EXT4_CREDITS_MAP + 4)

/* A block of the index that isn't the root: behind an entry without a name that takes all of it. */
static struct ext4_dx_entry *node_init(const struct ext4_fs *e4, void *data, const struct ext4_dx_entry *from,
                                       unsigned count)
{
    struct ext4_dirent *all = data;
    struct ext4_dx_entry *entries = (struct ext4_dx_entry *)(void *)((char *)data + EXT4_DX_NODE_ENTRIES);

    all->rec_len = (uint16_t)e4->block_size;
    memcpy(entries, from, count * sizeof(*from));
    ext4_index_count(entries, ext4_index_limit(e4, false), count);
    return entries;
}

/* The full block of the index at `level`, which isn't the root, becomes two. */
static int split_node(struct ext4_handle *handle, struct ext4_way *way, unsigned level)
{
    struct ext4_frame *above = &way->frames[level - 1], *frame = &way->frames[level];
    struct ext4_buffer *buffer;
    uint32_t block;
    unsigned stay = frame->count / 2;
    int error = ext4_dir_declare_index(handle, way->dir, above->buffer);

    if (error == 0)
        error = ext4_dir_declare_index(handle, way->dir, frame->buffer);
    if (error == 0)
        error = ext4_dir_grow(handle, way->dir, true, &block, &buffer);
    if (error != 0)
        return error;
    node_init(handle->e4, buffer->data, frame->entries + stay, frame->count - stay);
    ext4_index_insert(above, frame->entries[stay].hash, block);
    ext4_index_count(ext4_index_entries(frame), frame->limit, stay);
    ext4_buffer_put(&handle->e4->buffers, buffer);
    return 0;
}

/* The full root gets a block below it, with what it had. */
static int deepen(struct ext4_handle *handle, struct ext4_way *way)
{
    struct ext4_frame *root = &way->frames[0];
    struct ext4_buffer *buffer;
    uint32_t block;
    int error = ext4_dir_declare_index(handle, way->dir, root->buffer);

    if (error == 0)
        error = ext4_dir_grow(handle, way->dir, true, &block, &buffer);
    if (error != 0)
        return error;
    struct ext4_dx_info *info = (struct ext4_dx_info *)(void *)((char *)root->buffer->data + EXT4_DX_ROOT_OFFSET);
    node_init(handle->e4, buffer->data, root->entries, root->count);
    info->indirect_levels++;
    ext4_index_entries(root)[0].block = block;
    ext4_index_count(ext4_index_entries(root), root->limit, 1);
    ext4_buffer_put(&handle->e4->buffers, buffer);
    return 0;
}

/* One step towards room for another block of entries. */
static int widen(struct ext4_handle *handle, struct ext4_way *way, struct ext4_buffer *leaf)
{
    unsigned level = way->used;

    while (level != 0 && way->frames[level - 1].count == way->frames[level - 1].limit)
        level--;
    if (level == way->used)
        return ext4_index_split_leaf(handle, way, leaf);
    if (level != 0)
        return split_node(handle, way, level);
    return way->levels < ext4_index_levels(handle->e4) ? deepen(handle, way) : -ENOSPC;
}

/* ---- room ---- */

/* The block of entries is one of the index, as no name may come to. */
static bool leaf_is_index(const struct ext4_way *way)
{
    bool found = false;

    for (unsigned i = 0; i < way->used; i++)
        found = found || way->frames[i].block == ext4_way_leaf(way);
    return found;
}

/* In the block of entries, or once there is more room; *done tells. */
static int leaf_try(struct ext4_handle *handle, struct ext4_way *way, const char *name, size_t length, bool *done,
                    struct ext4_spot *out)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_inode *dir = way->dir;
    struct ext4_scan scan;
    struct ext4_buffer *buffer;

    if (leaf_is_index(way)) {
        ext4_inode_damaged(dir, 0, "an index that leads to itself");
        return -EUCLEAN;
    }
    int error = ext4_way_block(way, &buffer);
    if (error != 0)
        return error;
    error = ext4_dir_search(dir, buffer->data, e4->block_size, buffer->block, name, length, &scan);
    if (error == 0 && scan.number != 0)
        error = -EEXIST;
    if (error == 0) {
        ext4_slot_keep(dir, ext4_way_leaf(way), way->hash, &scan);
        *done = dir->slot.is_valid;
        error = *done ? ext4_dir_room_recall(handle, dir, length, out) : widen(handle, way, buffer);
    }
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

static int step(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length, bool *done,
                struct ext4_spot *out)
{
    struct ext4_way way = {.dir = dir};
    int error = ext4_way_begin(&way);
    uint32_t hash = error == 0 ? ext4_hash(handle->e4, way.version, name, length) : 0;

    *done = false;
    if (error == 0 && dir->slot.is_valid && dir->slot.hash == hash) {
        error = ext4_dir_room_recall(handle, dir, length, out);
        *done = error == 0;
        error = error == 1 ? 0 : error;
    }
    if (error == 0 && !*done)
        error = ext4_way_down(&way, hash);
    if (error == 0 && !*done)
        error = leaf_try(handle, &way, name, length, done, out);
    ext4_way_end(&way);
    return error == EXT4_INDEX_DAMAGED ? -EUCLEAN : error;
}

int ext4_index_room(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length,
                    struct ext4_spot *out)
{
    bool done = false;
    int error = 0;

    for (unsigned steps = 0; error == 0 && !done && steps < STEPS_MOST; steps++) {
        if (steps >= STEPS_PAID)
            error = ext4_extend(handle, STEP_CREDITS);
        if (error == 0)
            error = step(handle, dir, name, length, &done, out);
    }
    return error == 0 && !done ? ext4_inode_damaged(dir, 0, "a directory that has no room when it should") : error;
}
