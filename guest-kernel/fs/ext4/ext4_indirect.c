/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_indirect.c - where the blocks of a file lie that has no extents: 12 block numbers in the inode, then blocks of
 * block numbers, up to three deep (ext4 layout, "Direct/Indirect Block Addressing"). */
#include "fs/ext4/ext4_indirect.h"

#include "lib/printf.h"

int ext4_indirect_damaged(const struct ext4_inode *ei, uint64_t from, uint64_t number)
{
    char what[80];

    snprintf(what, sizeof(what), "the number %llu of a block that isn't on the disk", (unsigned long long)number);
    return ext4_inode_damaged(ei, from, what);
}

int ext4_indirect_check_root(const struct ext4_inode *ei)
{
    for (unsigned n = 0; n < EXT4_POINTERS; n++)
        if (!ext4_indirect_is_valid(ext4_of(&ei->inode), ei->block[n]))
            return ext4_indirect_damaged(ei, 0, ei->block[n]);
    return 0;
}

/* From pointers[n] on: blocks in a row, or holes. */
static int run_take(const struct ext4_inode *ei, const uint32_t *pointers, uint32_t left, uint32_t most, uint64_t from,
                    struct ext4_run *out)
{
    const struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint32_t first = pointers[0], count = 1;

    if (!ext4_indirect_is_valid(e4, first))
        return ext4_indirect_damaged(ei, from, first);
    if (left > most)
        left = most;
    while (count < left && pointers[count] == (first != 0 ? (uint64_t)first + count : 0) &&
           ext4_indirect_is_valid(e4, pointers[count]))
        count++;
    out->disk = out->room = first;
    out->count = count;
    return 0;
}

int ext4_indirect_depth(const struct ext4_fs *e4, uint64_t *block)
{
    unsigned bits = ext4_indirect_bits(e4);

    if (*block < EXT4_DIRECT)
        return 0;
    *block -= EXT4_DIRECT;
    for (int depth = 1; depth <= EXT4_INDIRECT_DEPTH; depth++) {
        if (*block < 1ull << (bits * (unsigned)depth))
            return depth;
        *block -= 1ull << (bits * (unsigned)depth);
    }
    return -1;
}

static void hole_take(uint64_t size, uint32_t most, struct ext4_run *out)
{
    out->disk = out->room = 0;
    out->count = size < most ? (uint32_t)size : most;
}

/* Down a tree whose root is `pointer`. Each block of it is looked at as numbers only, which are checked when used. */
static int tree_find(struct ext4_inode *ei, uint32_t pointer, int depth, uint64_t within, uint32_t most,
                     struct ext4_run *out)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    unsigned bits = ext4_indirect_bits(e4);
    struct ext4_buffer *buffer;
    uint64_t from = 0; /* where `pointer` is */

    for (;; depth--) {
        uint64_t below = 1ull << (bits * (unsigned)(depth - 1)); /* blocks that one number here stands for */
        if (pointer == 0) {
            hole_take((below << bits) - within, most, out);
            return 0;
        }
        if (!ext4_indirect_is_valid(e4, pointer))
            return ext4_indirect_damaged(ei, from, pointer);
        int error = ext4_buffer_get(&e4->buffers, pointer, &buffer);
        if (error != 0)
            return error;
        const uint32_t *pointers = buffer->data;
        uint32_t n = (uint32_t)(within / below);
        if (depth == 1)
            error = run_take(ei, pointers + n, (1u << bits) - n, most, buffer->block, out);
        pointer = pointers[n];
        from = buffer->block;
        within %= below;
        ext4_buffer_put(&e4->buffers, buffer);
        if (depth == 1)
            return error;
    }
}

int ext4_indirect_find(struct ext4_inode *ei, uint32_t block, uint32_t most, struct ext4_run *out)
{
    uint64_t within = block;
    int depth = ext4_indirect_depth(ext4_of(&ei->inode), &within);

    *out = (struct ext4_run){.start = block};
    if (depth == 0)
        return run_take(ei, ei->block + block, EXT4_DIRECT - block, most, 0, out);
    if (depth < 0) {
        hole_take(UINT32_MAX, most, out);
        return 0;
    }
    return tree_find(ei, ei->block[EXT4_DIRECT + (unsigned)depth - 1], depth, within, most, out);
}
