/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_index.c - finds names by the index of a directory (ext4 layout, "Hash Tree Directories"): blocks of hashes in
 * order, up to four deep, that lead to a block of entries. Names with one hash may fill several of those: then the hash
 * of the following ones is odd.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4.h"

#define LEVELS_MAX 4u /* of blocks with hashes: three without large_dir */

struct frame { /* a block of the index on the way down */
    struct ext4_buffer *buffer;
    const struct ext4_dx_entry *entries; /* the first without a hash */
    unsigned count, at;
    uint32_t block;
};

struct way {
    struct ext4_inode *dir;
    struct frame frames[LEVELS_MAX];
    unsigned levels, used; /* how many there are in this index; and of those that have a block */
    uint32_t hash;
    uint64_t leaves; /* blocks of entries that were looked into: an index has each once */
};

static int damaged(const struct way *way, const char *what)
{
    ext4_inode_damaged(way->dir, way->used != 0 ? way->frames[way->used - 1].buffer->block : 0, what);
    return EXT4_INDEX_DAMAGED;
}

static void way_cut(struct way *way, unsigned used)
{
    while (way->used > used)
        ext4_buffer_put(&ext4_of(&way->dir->inode)->buffers, way->frames[--way->used].buffer);
}

/* The last entry whose hash isn't above that of the name. */
static unsigned entry_find(const struct frame *frame, uint32_t hash)
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

static uint32_t child_of(const struct frame *frame)
{
    return frame->entries[frame->at].block & EXT4_DX_BLOCK_MASK;
}

/* How many entries there is room for in a block whose entries begin at `offset`. */
static unsigned limit_of(const struct ext4_fs *e4, size_t offset)
{
    size_t tail = e4->has_checksums ? sizeof(struct ext4_dx_tail) : 0;

    return (unsigned)((e4->block_size - offset - tail) / sizeof(struct ext4_dx_entry));
}

/* Goes to a block of the index; which entry of it, is the caller's to say. */
static int way_step(struct way *way, uint32_t block)
{
    struct ext4_fs *e4 = ext4_of(&way->dir->inode);
    size_t offset = way->used == 0 ? EXT4_DX_ROOT_ENTRIES : EXT4_DX_NODE_ENTRIES;
    struct frame *frame = &way->frames[way->used];

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
    if (limit_count[0] != limit_of(e4, offset))
        return damaged(way, "an index with a wrong limit");
    if (limit_count[1] == 0 || limit_count[1] > limit_count[0])
        return damaged(way, "an index with a wrong number of entries");
    frame->entries = (const struct ext4_dx_entry *)(const void *)limit_count;
    frame->count = limit_count[1];
    frame->at = 0;
    frame->block = block;
    return 0;
}

/* The root, from which the hash and the depth are known. */
static int way_begin(struct way *way, const char *name, size_t length)
{
    struct ext4_fs *e4 = ext4_of(&way->dir->inode);
    unsigned deepest = e4->incompat & EXT4_INCOMPAT_LARGE_DIR ? LEVELS_MAX - 1 : LEVELS_MAX - 2;
    int error = way_step(way, 0);

    if (error != 0)
        return error;
    const struct ext4_dx_info *info =
        (const struct ext4_dx_info *)(const void *)((const char *)way->frames[0].buffer->data + EXT4_DX_ROOT_OFFSET);
    unsigned version = info->hash_version;
    if (info->info_length != sizeof(*info))
        return damaged(way, "an index with a wrong header");
    if (version <= EXT4_HASH_TEA)
        version += e4->hash_unsigned;
    if (!ext4_hash_is_known(version))
        return damaged(way, "an index by a hash that isn't known");
    if ((info->unused_flags & 1) || info->indirect_levels > deepest)
        return damaged(way, "an index that is too deep");
    way->levels = info->indirect_levels + 1u;
    way->hash = ext4_hash(e4, version, name, length);
    way->frames[0].at = entry_find(&way->frames[0], way->hash);
    return 0;
}

/* From the last frame down to the one above the entries. */
static int way_down(struct way *way)
{
    int error = 0;

    while (error == 0 && way->used < way->levels) {
        error = way_step(way, child_of(&way->frames[way->used - 1]));
        if (error == 0)
            way->frames[way->used - 1].at = entry_find(&way->frames[way->used - 1], way->hash);
    }
    return error;
}

/* To the next block of entries, if it goes on with the same hash: 0; -ENOENT: it doesn't. */
static int way_next(struct way *way)
{
    unsigned level = way->used;

    while (level != 0 && way->frames[level - 1].at + 1 == way->frames[level - 1].count)
        level--;
    if (level == 0)
        return -ENOENT;
    struct frame *frame = &way->frames[level - 1];
    if ((frame->entries[frame->at + 1].hash & ~1u) != way->hash)
        return -ENOENT;
    frame->at++;
    way_cut(way, level);
    int error = 0;
    while (error == 0 && way->used < way->levels) /* the first of each */
        error = way_step(way, child_of(&way->frames[way->used - 1]));
    return error;
}

static int leaf_search(struct way *way, const char *name, size_t length, uint32_t *out)
{
    struct ext4_fs *e4 = ext4_of(&way->dir->inode);
    struct ext4_buffer *buffer;
    if (way->leaves++ > way->dir->inode.size >> e4->block_shift)
        return damaged(way, "an index that leads to a block more than once");
    int error = ext4_dir_block(way->dir, child_of(&way->frames[way->used - 1]), EXT4_BUFFER_DIRECTORY, &buffer);
    if (error != 0)
        return error;
    if (buffer == NULL)
        return ext4_inode_damaged(way->dir, 0, "an index that leads to a hole");
    error = ext4_dir_search(way->dir, buffer->data, e4->block_size, buffer->block, name, length, out);
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

int ext4_index_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    struct way way = {.dir = dir};
    int error = way_begin(&way, name, length);

    *out = 0;
    if (error == 0)
        error = way_down(&way);
    while (error == 0) { /* each time further on in the index */
        error = leaf_search(&way, name, length, out);
        if (error != 0 || *out != 0)
            break;
        error = way_next(&way);
    }
    way_cut(&way, 0);
    return error;
}
