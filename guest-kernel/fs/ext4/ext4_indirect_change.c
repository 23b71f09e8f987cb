/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_indirect_change.c - a file without extents gets blocks, and blocks for their numbers. These are chained to each
 * other first, and to the file last, when nothing can fail any more. */
#include "abi/errno.h"
#include "fs/ext4/ext4_grow.h"
#include "fs/ext4/ext4_indirect.h"

struct way { /* to a number that is 0 */
    struct ext4_handle *handle;
    struct ext4_inode *ei;
    struct ext4_buffer *table;  /* the inode's, declared */
    struct ext4_raw_inode *raw; /* in there */
    unsigned n;                 /* where the tree's first number is, in the inode */
    int depth;                  /* how many blocks of numbers there are on it: buffers[0] is the first */
    int known;                  /* of those, there are already */
    uint32_t at[EXT4_INDIRECT_DEPTH];
    struct ext4_buffer *buffers[EXT4_INDIRECT_DEPTH];
};

static uint32_t *numbers_of(const struct ext4_buffer *buffer)
{
    return buffer->data;
}

/* Down what there is. */
static int way_find(struct way *way, uint64_t within)
{
    struct ext4_fs *e4 = ext4_of(&way->ei->inode);
    unsigned bits = ext4_indirect_bits(e4);
    uint32_t pointer = way->ei->block[way->n];
    uint64_t from = 0; /* where it is */
    int error = 0;

    for (int i = 0; i < way->depth; i++)
        way->at[i] = (uint32_t)(within >> (bits * (unsigned)(way->depth - 1 - i))) & ((1u << bits) - 1);
    for (; error == 0 && way->known < way->depth && pointer != 0; way->known++) {
        if (!ext4_indirect_is_valid(e4, pointer))
            return ext4_indirect_damaged(way->ei, from, pointer);
        error = ext4_buffer_get(&e4->buffers, pointer, &way->buffers[way->known]);
        if (error != 0)
            break;
        pointer = numbers_of(way->buffers[way->known])[way->at[way->known]];
        from = way->buffers[way->known]->block;
    }
    return error;
}

static int way_open(struct way *way, struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block)
{
    uint64_t within = block;

    *way = (struct way){.handle = handle, .ei = ei};
    way->depth = ext4_indirect_depth(ext4_of(&ei->inode), &within);
    if (way->depth < 0)
        return -EFBIG;
    way->n = way->depth == 0 ? block : EXT4_DIRECT + (unsigned)way->depth - 1;
    int error = way_find(way, within);
    if (error == 0)
        error = ext4_itable_change(handle, ext4_number(ei), &way->table, &way->raw);
    if (error != 0)
        way->table = NULL;
    return error;
}

static void way_close(struct way *way)
{
    struct ext4_buffers *buffers = &ext4_of(&way->ei->inode)->buffers;

    for (int i = 0; i < way->depth; i++)
        ext4_buffer_put(buffers, way->buffers[i]);
    ext4_buffer_put(buffers, way->table);
}

/* Where the numbers of the blocks are, and how many there are from there on. */
static uint32_t *way_numbers(const struct way *way, uint32_t *room)
{
    if (way->depth == 0) {
        *room = EXT4_DIRECT - way->n;
        return way->ei->block + way->n;
    }
    uint32_t at = way->at[way->depth - 1];
    *room = (1u << ext4_indirect_bits(ext4_of(&way->ei->inode))) - at;
    return numbers_of(way->buffers[way->depth - 1]) + at;
}

/* A block for numbers, empty. */
static int fresh_add(struct way *way, uint64_t goal, unsigned flags, struct ext4_buffer **out)
{
    uint32_t count = 1;
    uint64_t block;
    unsigned how = EXT4_MAP_META | (flags & EXT4_MAP_PROMISED);
    int error = ext4_grow_alloc(way->handle, goal, how, &count, &block);

    if (error != 0)
        return error;
    error = block <= UINT32_MAX ? ext4_change_new(way->handle, block, NULL, 0, out) : -ENOSPC;
    if (error != 0) {
        *out = NULL;
        ext4_grow_undo(way->handle, flags & EXT4_MAP_PROMISED, 1, block);
    }
    return error;
}

static void fresh_undo(struct way *way, unsigned flags)
{
    for (int i = way->known; i < way->depth; i++) {
        struct ext4_buffer *buffer = way->buffers[i];
        if (buffer == NULL)
            continue;
        ext4_grow_undo(way->handle, EXT4_MAP_META | (flags & EXT4_MAP_PROMISED), 1, buffer->block);
    }
}

/* Right behind the block before, if that is known without a look elsewhere. */
static uint64_t goal_of(const struct way *way)
{
    const struct ext4_run *last = &way->ei->last;
    uint32_t room;

    if (way->known == way->depth && (way->depth == 0 ? way->n : way->at[way->depth - 1]) != 0) {
        uint32_t before = way_numbers(way, &room)[-1];
        if (before != 0 && ext4_blocks_are_valid(ext4_of(&way->ei->inode), before + 1ull, 1))
            return before + 1ull;
    }
    if (last->count != 0 && last->disk != 0)
        return last->disk + last->count;
    return ext4_blocks_goal(way->ei);
}

/* How many of the numbers are 0, from the first on. */
static uint32_t holes(const uint32_t *numbers, uint32_t most)
{
    uint32_t count = 0;

    while (count < most && numbers[count] == 0)
        count++;
    return count;
}

static int reserve(struct way *way, unsigned flags, uint32_t *count, uint64_t *disk)
{
    struct ext4_inode *ei = way->ei;
    uint64_t goal = goal_of(way);
    int error = 0;

    if (way->known > 0)
        error = ext4_grow_check_node(ei, way->buffers[way->known - 1]->block);
    if (error == 0 && way->known > 0)
        error = ext4_change(way->handle, way->buffers[way->known - 1], NULL, 0);
    for (int i = way->known; error == 0 && i < way->depth; i++) {
        error = fresh_add(way, goal, flags, &way->buffers[i]);
        if (error == 0)
            goal = way->buffers[i]->block + 1;
    }
    if (error == 0) {
        uint32_t room;
        const uint32_t *numbers = way_numbers(way, &room);
        *count = holes(numbers, *count < room ? *count : room);
        if (*count == 0)
            error = ext4_inode_damaged(ei, 0, "blocks that are to be new are there already");
    }
    if (error == 0)
        error = ext4_grow_alloc(way->handle, goal, flags, count, disk);
    if (error == 0 && *disk + *count > UINT32_MAX) {
        ext4_grow_undo(way->handle, flags & EXT4_MAP_PROMISED, *count, *disk);
        error = -ENOSPC;
    }
    if (error != 0)
        fresh_undo(way, flags);
    return error;
}

static void apply(struct way *way, uint32_t count, uint64_t disk)
{
    struct ext4_inode *ei = way->ei;
    uint32_t room, *numbers = way_numbers(way, &room);

    for (uint32_t n = 0; n < count; n++)
        numbers[n] = (uint32_t)(disk + n);
    for (int i = way->depth - 1; i >= way->known; i--) {
        uint32_t *above = i == 0 ? ei->block + way->n : numbers_of(way->buffers[i - 1]) + way->at[i - 1];
        *above = (uint32_t)way->buffers[i]->block;
    }
    ext4_sectors_add(ei, (int64_t)count + way->depth - way->known);
}

/* The run's data come to it; else it is given back. */
static int run_fill(struct way *way, unsigned flags, struct ext4_fill *fill, const struct ext4_run *run)
{
    int error = fill != NULL ? fill->put(fill, run) : 0;

    if (error == 0)
        return 0;
    ext4_grow_undo(way->handle, flags & EXT4_MAP_PROMISED, run->count, run->disk);
    fresh_undo(way, flags);
    return error;
}

int ext4_indirect_create(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t most,
                         unsigned flags, struct ext4_fill *fill, struct ext4_run *out)
{
    struct way way;
    uint64_t disk = 0;
    int error = way_open(&way, handle, ei, block);

    if (error == 0)
        error = reserve(&way, flags, &most, &disk);
    struct ext4_run run = {block, most, disk, false, disk};
    if (error == 0)
        error = run_fill(&way, flags, fill, &run);
    if (error == 0) {
        apply(&way, most, disk);
        *out = run;
        ei->last = *out;
        ext4_inode_put_fields(handle, ei, way.raw);
    }
    way_close(&way);
    return error;
}
