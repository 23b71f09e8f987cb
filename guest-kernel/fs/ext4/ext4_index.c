/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_index.c - the index of a directory (ext4 layout, "Hash Tree Directories"): blocks of hashes in order, up to
 * three deep, that lead to a block of entries; and finding names by it. Names with one hash may fill several blocks of
 * entries: then the hash of the following ones is odd.
 */
#include "fs/ext4/ext4_dir.h"

static int damaged(const struct ext4_way *way, const char *what)
{
    ext4_inode_damaged(way->dir, way->used != 0 ? way->frames[way->used - 1].buffer->block : 0, what);
    return EXT4_INDEX_DAMAGED;
}

static void way_cut(struct ext4_way *way, unsigned used)
{
    while (way->used > used)
        ext4_buffer_put(&ext4_of(&way->dir->inode)->buffers, way->frames[--way->used].buffer);
}

void ext4_way_end(struct ext4_way *way)
{
    way_cut(way, 0);
}

/* The last entry whose hash isn't above that of the name. */
static unsigned entry_find(const struct ext4_frame *frame, uint32_t hash)
{
    unsigned low = 1, high = frame->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (frame->entries[middle].hash <= hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

static uint32_t child_of(const struct ext4_frame *frame)
{
    return frame->entries[frame->at].block & EXT4_DX_BLOCK_MASK;
}

unsigned ext4_index_limit(const struct ext4_fs *e4, bool is_root)
{
    size_t offset = is_root ? EXT4_DX_ROOT_ENTRIES : EXT4_DX_NODE_ENTRIES;
    size_t tail = e4->has_checksums ? sizeof(struct ext4_dx_tail) : 0;

    return (unsigned)((e4->block_size - offset - tail) / sizeof(struct ext4_dx_entry));
}

/* Goes to a block of the index; which entry of it, is the caller's to say. */
static int way_step(struct ext4_way *way, uint32_t block)
{
    struct ext4_fs *e4 = ext4_of(&way->dir->inode);
    bool is_root = way->used == 0;
    size_t offset = is_root ? EXT4_DX_ROOT_ENTRIES : EXT4_DX_NODE_ENTRIES;
    struct ext4_frame *frame = &way->frames[way->used];

    for (unsigned i = 0; i < way->used; i++)
        if (way->frames[i].block == block)
            return damaged(way, "an index that leads in a circle");
    int error = ext4_dir_block(way->dir, block, EXT4_BUFFER_INDEX, &frame->buffer);
    if (error != 0)
        return error;
    if (frame->buffer == NULL)
        return ext4_inode_damaged(way->dir, 0, "an index with a hole");
    way->used++;
    const uint16_t *limit_count = (const uint16_t *)(const void *)((const char *)frame->buffer->data + offset);
    if (limit_count[0] != ext4_index_limit(e4, is_root))
        return damaged(way, "an index with a wrong limit");
    if (limit_count[1] == 0 || limit_count[1] > limit_count[0])
        return damaged(way, "an index with a wrong number of entries");
    frame->entries = (const struct ext4_dx_entry *)(const void *)limit_count;
    frame->limit = limit_count[0];
    frame->count = limit_count[1];
    frame->at = 0;
    frame->block = block;
    return 0;
}

unsigned ext4_index_version(const struct ext4_fs *e4, unsigned on_disk)
{
    return on_disk <= EXT4_HASH_TEA ? on_disk + e4->hash_unsigned : on_disk;
}

int ext4_way_begin(struct ext4_way *way)
{
    struct ext4_fs *e4 = ext4_of(&way->dir->inode);
    int error = way_step(way, 0);

    if (error != 0)
        return error;
    const struct ext4_dx_info *info =
        (const struct ext4_dx_info *)(const void *)((const char *)way->frames[0].buffer->data + EXT4_DX_ROOT_OFFSET);
    if (info->info_length != sizeof(*info))
        return damaged(way, "an index with a wrong header");
    way->version = ext4_index_version(e4, info->hash_version);
    if (!ext4_hash_is_known(way->version))
        return damaged(way, "an index by a hash that isn't known");
    if ((info->unused_flags & 1) || info->indirect_levels >= ext4_index_levels(e4))
        return damaged(way, "an index that is too deep");
    way->levels = info->indirect_levels + 1u;
    return 0;
}

int ext4_way_down(struct ext4_way *way, uint32_t hash)
{
    int error = 0;

    way->hash = hash;
    way->frames[0].at = entry_find(&way->frames[0], hash);
    while (error == 0 && way->used < way->levels) {
        error = way_step(way, child_of(&way->frames[way->used - 1]));
        if (error == 0)
            way->frames[way->used - 1].at = entry_find(&way->frames[way->used - 1], hash);
    }
    return error;
}

/* How many blocks of the index are on the way to the last one that goes on behind where the way is; 0: none does. */
static unsigned level_that_goes_on(const struct ext4_way *way)
{
    unsigned level = way->used;

    while (level != 0 && way->frames[level - 1].at + 1 == way->frames[level - 1].count)
        level--;
    return level;
}

bool ext4_way_peek(const struct ext4_way *way, uint32_t *hash)
{
    unsigned level = level_that_goes_on(way);

    if (level == 0)
        return false;
    *hash = way->frames[level - 1].entries[way->frames[level - 1].at + 1].hash;
    return true;
}

int ext4_way_next(struct ext4_way *way)
{
    unsigned level = level_that_goes_on(way);
    int error = 0;

    way->frames[level - 1].at++;
    way_cut(way, level);
    while (error == 0 && way->used < way->levels) /* the first of each */
        error = way_step(way, child_of(&way->frames[way->used - 1]));
    return error;
}

uint32_t ext4_way_leaf(const struct ext4_way *way)
{
    return child_of(&way->frames[way->used - 1]);
}

int ext4_way_block(struct ext4_way *way, struct ext4_buffer **out)
{
    struct ext4_fs *e4 = ext4_of(&way->dir->inode);

    *out = NULL;
    if (way->leaves++ > way->dir->inode.size >> e4->block_shift)
        return damaged(way, "an index that leads to a block more than once");
    int error = ext4_dir_block(way->dir, ext4_way_leaf(way), EXT4_BUFFER_DIRECTORY, out);
    if (error == 0 && *out == NULL)
        error = ext4_inode_damaged(way->dir, 0, "an index that leads to a hole");
    return error;
}

/* ---- finding names ---- */

static int leaf_search(struct ext4_way *way, const char *name, size_t length, struct ext4_scan *out)
{
    struct ext4_fs *e4 = ext4_of(&way->dir->inode);
    struct ext4_buffer *buffer;
    int error = ext4_way_block(way, &buffer);

    if (error != 0)
        return error;
    error = ext4_dir_search(way->dir, buffer->data, e4->block_size, buffer->block, name, length, out);
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

/* In the blocks of entries that may have the hash, each further on in the index. Room counts in the first. */
static int way_search(struct ext4_way *way, const char *name, size_t length, uint32_t *out)
{
    struct ext4_inode *dir = way->dir;
    struct ext4_scan scan = {.number = 0};
    uint32_t next;
    int error = leaf_search(way, name, length, &scan);

    if (error == 0)
        ext4_slot_keep(dir, ext4_way_leaf(way), way->hash, &scan);
    while (error == 0 && scan.number == 0 && ext4_way_peek(way, &next) && (next & ~1u) == way->hash) {
        error = ext4_way_next(way);
        if (error == 0)
            error = leaf_search(way, name, length, &scan);
        if (error == 0 && scan.number != 0)
            ext4_slot_keep(dir, ext4_way_leaf(way), way->hash, &scan);
    }
    *out = scan.number;
    return error;
}

int ext4_index_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    struct ext4_way way = {.dir = dir};
    int error = ext4_way_begin(&way);

    *out = 0;
    if (error == 0)
        error = ext4_way_down(&way, ext4_hash(ext4_of(&dir->inode), way.version, name, length));
    if (error == 0)
        error = way_search(&way, name, length, out);
    ext4_way_end(&way);
    if (error != 0)
        dir->slot.is_valid = false;
    return error;
}
