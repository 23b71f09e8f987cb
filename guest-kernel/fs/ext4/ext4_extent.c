/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_extent.c - trees of extents (ext4 layout, "Extent Tree"). Each node has its depth, which gets less on the way
 * down or the node is refused, so that no way is longer than the root says; and each node begins where the entry that
 * leads to it says, so that none can be in two places.
 */
#include "fs/ext4/ext4_extent.h"
#include "lib/crc.h"

/* Entries are in order, don't overlap and lie on the disk. What is wrong, or NULL. */
static const char *entries_fault(const struct ext4_fs *e4, const struct ext4_extent_header *header)
{
    uint64_t end = 0; /* of the one before */

    for (unsigned n = 0; n < header->entries; n++) {
        const struct ext4_extent *extent = ext4_extent_at(header, n);
        uint64_t start = extent->block;
        uint32_t length = header->depth == 0 ? ext4_extent_length(extent) : 1;
        if (start < end)
            return "extents that overlap";
        if (length == 0 || start + length > 1ull << 32)
            return "an extent of no length, or too long";
        if (header->depth == 0 ? !ext4_blocks_are_valid(e4, ext4_extent_start(extent), length)
                               : !ext4_blocks_are_valid(e4, ext4_extent_leaf(ext4_extent_index_at(header, n)), 1))
            return "an extent that is elsewhere than on the disk";
        end = start + length;
    }
    return NULL;
}

/* So that nothing outside of it is looked at. */
static const char *header_fault(const struct ext4_extent_header *header, size_t size, unsigned depth)
{
    if (header->magic != EXT4_EXTENT_MAGIC)
        return "no node of an extent tree";
    if (header->depth != depth || depth > EXT4_EXTENT_DEPTH_MAX)
        return "a node of an extent tree in the wrong depth";
    if (header->max == 0 || header->max > ext4_extent_room(size) || header->entries > header->max)
        return "a node of an extent tree with too many entries";
    if (header->entries == 0 && depth != 0)
        return "an empty node of an extent tree";
    return NULL;
}

static const char *node_fault(const struct ext4_fs *e4, const struct ext4_extent_header *header, size_t size,
                              unsigned depth)
{
    const char *fault = header_fault(header, size, depth);

    return fault != NULL ? fault : entries_fault(e4, header);
}

int ext4_extent_check_root(const struct ext4_inode *ei)
{
    const struct ext4_extent_header *root = ext4_extent_root(ei);
    const char *fault = node_fault(ext4_of(&ei->inode), root, sizeof(ei->block), root->depth);

    return fault == NULL ? 0 : ext4_inode_damaged(ei, 0, fault);
}

static int check_sum(const struct ext4_inode *ei, const struct ext4_buffer *buffer)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    const struct ext4_extent_header *header = buffer->data;
    size_t covered = EXT4_EXTENT_HEADER_SIZE + header->max * EXT4_EXTENT_ENTRY_SIZE;
    const uint32_t *sum = (const uint32_t *)(const void *)((const char *)buffer->data + covered);

    if (!e4->has_checksums || covered + sizeof(*sum) > e4->block_size)
        return 0;
    return crc32c(ei->seed, header, covered) == *sum ? 0 : ext4_sum_wrong(e4, "extents at block", buffer->block);
}

int ext4_extent_node(struct ext4_inode *ei, const struct ext4_extent_header *parent, unsigned n,
                     struct ext4_buffer **out)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    const struct ext4_extent_index *index = ext4_extent_index_at(parent, n);
    uint32_t first = index->block;
    unsigned depth = parent->depth - 1u;
    int error = ext4_buffer_get(&e4->buffers, ext4_extent_leaf(index), out);

    if (error != 0)
        return error;
    const struct ext4_extent_header *header = (*out)->data;
    bool is_checked = ext4_buffer_is_checked(*out, EXT4_BUFFER_EXTENTS, ext4_number(ei));
    const char *fault =
        is_checked ? header_fault(header, e4->block_size, depth) : node_fault(e4, header, e4->block_size, depth);
    if (fault == NULL && header->entries != 0 && ext4_extent_block(header, 0) != first)
        fault = "a node of an extent tree that begins elsewhere than its index says";
    if (fault != NULL)
        error = ext4_inode_damaged(ei, (*out)->block, fault);
    else if (!is_checked && ext4_buffer_is_sealed(*out))
        error = check_sum(ei, *out);
    if (error != 0) {
        ext4_buffer_put(&e4->buffers, *out);
        return error;
    }
    ext4_buffer_checked(*out, EXT4_BUFFER_EXTENTS, ext4_number(ei));
    return 0;
}

int ext4_extent_search(const struct ext4_extent_header *header, uint32_t block)
{
    int low = 0, high = header->entries;

    while (low < high) {
        int middle = (low + high) / 2;
        if (ext4_extent_block(header, (unsigned)middle) <= block)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* In a leaf. next: the first block of the file that is known to be mapped behind it. */
static void leaf_find(const struct ext4_extent_header *leaf, uint32_t block, uint64_t next, uint32_t most,
                      struct ext4_run *out)
{
    int n = ext4_extent_search(leaf, block);
    uint64_t count;

    *out = (struct ext4_run){.start = block};
    if (n + 1 < leaf->entries)
        next = ext4_extent_block(leaf, (unsigned)(n + 1));
    count = next - block;
    if (n >= 0) {
        const struct ext4_extent *extent = ext4_extent_at(leaf, (unsigned)n);
        uint32_t within = block - extent->block, length = ext4_extent_length(extent);
        if (within < length) {
            count = length - within;
            out->unwritten = ext4_extent_is_unwritten(extent);
            out->room = ext4_extent_start(extent) + within;
            out->disk = out->unwritten ? 0 : out->room;
        }
    }
    out->count = count < most ? (uint32_t)count : most;
}

int ext4_extent_find(struct ext4_inode *ei, uint32_t block, uint32_t most, struct ext4_run *out)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    const struct ext4_extent_header *header = ext4_extent_root(ei);
    struct ext4_buffer *buffer = NULL, *child;
    uint64_t next = 1ull << 32;

    while (header->depth != 0) {
        int n = ext4_extent_search(header, block);
        if (n + 1 < header->entries)
            next = ext4_extent_block(header, (unsigned)(n + 1));
        if (n < 0) { /* before the first: a hole */
            *out = (struct ext4_run){.start = block, .count = next - block < most ? (uint32_t)(next - block) : most};
            break;
        }
        int error = ext4_extent_node(ei, header, (unsigned)n, &child);
        ext4_buffer_put(&e4->buffers, buffer);
        if (error != 0)
            return error;
        buffer = child;
        header = buffer->data;
    }
    if (header->depth == 0)
        leaf_find(header, block, next, most, out);
    ext4_buffer_put(&e4->buffers, buffer);
    return 0;
}
