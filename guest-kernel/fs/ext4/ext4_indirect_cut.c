/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_indirect_cut.c - a file without extents loses blocks: of one block of numbers in each operation. Those that
 * become empty go. */
#include "fs/ext4/ext4_cut.h"
#include "fs/ext4/ext4_grow.h"
#include "fs/ext4/ext4_indirect.h"

#define CUT_CREDITS 36 /* for blocks of the file */
_Static_assert(EXT4_CREDITS_INODE + (EXT4_CREDITS_ALLOC + 2) * EXT4_INDIRECT_DEPTH - 1 + CUT_CREDITS <=
                   EXT4_CREDITS_MAP,
               "what an operation changes was declared");

struct numbers {                /* in a row, of which each stands for `span` blocks of the file from `start` on */
    struct ext4_buffer *buffer; /* NULL: in the inode */
    uint32_t *at;
    uint32_t count;
    uint64_t start, span;
    uint32_t chosen;
};

struct way {
    struct ext4_cut cut;
    uint64_t first, end; /* of what goes, as far as it is within the tree */
    int depth;           /* levels[depth] are the file's blocks */
    int last;            /* levels[last] is the lowest that there is */
    bool is_found;       /* and its chosen number leads to the last block of the file that goes */
    struct numbers levels[EXT4_INDIRECT_DEPTH + 1];
};

/* The tree, or the inode's own numbers, that the last block before `end` is in. */
static void way_begin(struct way *way, uint64_t first, uint64_t end)
{
    struct ext4_inode *ei = way->cut.ei;
    unsigned bits = ext4_indirect_bits(ext4_of(&ei->inode));
    uint64_t within = end - 1;
    int depth = ext4_indirect_depth(ext4_of(&ei->inode), &within);
    struct numbers *root = &way->levels[0];

    way->first = first;
    way->end = end;
    if (depth < 0) { /* behind all */
        depth = EXT4_INDIRECT_DEPTH;
        way->end = EXT4_DIRECT;
        for (unsigned i = 1; i <= EXT4_INDIRECT_DEPTH; i++)
            way->end += 1ull << (bits * i);
        within = (1ull << (bits * EXT4_INDIRECT_DEPTH)) - 1;
    }
    way->depth = depth;
    *root = (struct numbers){.at = ei->block, .count = EXT4_DIRECT, .span = 1};
    if (depth != 0) {
        root->at = ei->block + EXT4_DIRECT + depth - 1;
        root->count = 1;
        root->start = way->end - 1 - within;
        root->span = 1ull << (bits * (unsigned)depth);
    }
    if (way->first < root->start)
        way->first = root->start;
}

/* The last number that isn't 0 of those that stand for what goes. */
static bool choose(const struct way *way, struct numbers *numbers)
{
    uint64_t low = way->first > numbers->start ? (way->first - numbers->start) / numbers->span : 0;
    uint64_t n = (way->end - 1 - numbers->start) / numbers->span + 1;

    if (n > numbers->count)
        n = numbers->count;
    while (n > low && numbers->at[n - 1] == 0)
        n--;
    numbers->chosen = (uint32_t)(n - 1);
    return n > low;
}

/* The block of the disk that they are in; 0: the inode has them. */
static uint64_t place_of(const struct numbers *numbers)
{
    return numbers->buffer != NULL ? numbers->buffer->block : 0;
}

/* Down to the last block of the file that goes, or as far as there is something. way->end becomes less where nothing
 * is. */
static int way_find(struct way *way)
{
    struct ext4_inode *ei = way->cut.ei;
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    unsigned bits = ext4_indirect_bits(e4);

    for (way->last = 0;; way->last++) {
        struct numbers *numbers = &way->levels[way->last], *below = numbers + 1;
        if (!choose(way, numbers)) {
            way->end = way->first > numbers->start ? way->first : numbers->start;
            return 0;
        }
        uint64_t start = numbers->start + numbers->chosen * numbers->span;
        if (way->end > start + numbers->span)
            way->end = start + numbers->span;
        if (way->last == way->depth) {
            way->is_found = true;
            return 0;
        }
        uint32_t pointer = numbers->at[numbers->chosen];
        if (!ext4_indirect_is_valid(e4, pointer))
            return ext4_indirect_damaged(ei, place_of(numbers), pointer);
        int error = ext4_buffer_get(&e4->buffers, pointer, &below->buffer);
        if (error != 0)
            return error;
        below->at = below->buffer->data;
        below->count = 1u << bits;
        below->start = start;
        below->span = numbers->span >> bits;
    }
}

static int declare(struct way *way, const struct numbers *numbers)
{
    int error;

    if (numbers->buffer == NULL)
        return 0;
    error = ext4_grow_check_node(way->cut.ei, numbers->buffer->block);
    return error != 0 ? error : ext4_change(way->cut.handle, numbers->buffer, NULL, 0);
}

/* From number n on downwards, not below `low`: how many lead to blocks in a row. */
static uint32_t row_of(const struct numbers *numbers, uint32_t n, uint32_t low)
{
    uint32_t count = 1;

    while (count <= n - low && numbers->at[n - count] != 0 && numbers->at[n - count] + count == numbers->at[n])
        count++;
    return count;
}

/* Blocks of the file. */
static int cut_blocks(struct way *way)
{
    struct numbers *numbers = &way->levels[way->depth];
    uint32_t low = way->first > numbers->start ? (uint32_t)(way->first - numbers->start) : 0;
    uint32_t n = numbers->chosen + 1;
    int error = declare(way, numbers);

    while (error == 0 && n > low) {
        uint32_t number = numbers->at[n - 1];
        if (number == 0) {
            n--;
            continue;
        }
        uint32_t row = row_of(numbers, n - 1, low);
        if (!ext4_blocks_are_valid(ext4_of(&way->cut.ei->inode), number - (row - 1), row))
            return ext4_indirect_damaged(way->cut.ei, place_of(numbers), number - (row - 1));
        int64_t count = ext4_cut_free(&way->cut, number - (row - 1), row, false);
        if (count <= 0) {
            error = (int)count;
            break;
        }
        for (int64_t i = 0; i < count; i++)
            numbers->at[--n] = 0;
    }
    way->end = numbers->start + n;
    return error;
}

static bool is_empty(const struct numbers *numbers)
{
    for (uint32_t n = 0; n < numbers->count; n++)
        if (numbers->at[n] != 0)
            return false;
    return true;
}

/* Blocks of numbers that are empty now, from the lowest up. */
static int prune(struct way *way)
{
    for (int level = way->last; level > 0 && is_empty(&way->levels[level]); level--) {
        struct numbers *above = &way->levels[level - 1];
        int error = declare(way, above);
        if (error == 0)
            error = ext4_cut_node(&way->cut, way->levels[level].buffer->block);
        if (error != 0) /* it stays, empty */
            return error;
        above->at[above->chosen] = 0;
    }
    return 0;
}

int ext4_indirect_cut(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t first, uint64_t *end)
{
    struct way way = {.cut = {handle, ei, CUT_CREDITS, UINT32_MAX}};
    int error;

    way_begin(&way, first, *end);
    error = way_find(&way);
    if (error == 0 && way.is_found)
        error = cut_blocks(&way);
    if (error == 0)
        error = prune(&way);
    *end = way.end;
    for (int level = 1; level <= EXT4_INDIRECT_DEPTH; level++)
        ext4_buffer_put(&handle->e4->buffers, way.levels[level].buffer);
    return error;
}
