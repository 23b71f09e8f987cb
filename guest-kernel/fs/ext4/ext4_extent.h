/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_extent.h - trees of extents, for those that read and change them: what is in a node, and the way from the root
 * down to a block of the file.
 *
 *   ext4_extent.c         nodes are checked and searched      ext4_extent_path.c    the way down
 *   ext4_extent_insert.c  an entry comes, nodes split         ext4_extent_change.c  a file gets blocks
 *   ext4_extent_cut.c     and loses them                      ext4_extent_shift.c   or has them elsewhere
 */
#ifndef GK_FS_EXT4_EXT4_EXTENT_H
#define GK_FS_EXT4_EXT4_EXTENT_H

#include "fs/ext4/ext4_change.h"

#define EXT4_EXTENT_ENTRY_SIZE sizeof(struct ext4_extent)
#define EXT4_EXTENT_HEADER_SIZE sizeof(struct ext4_extent_header)

/* ---- entries: extents in a leaf, elsewhere indexes, which have the file's block at the same place ---- */

static inline struct ext4_extent *ext4_extent_at(const struct ext4_extent_header *header, unsigned n)
{
    return (struct ext4_extent *)(uintptr_t)(header + 1) + n;
}

static inline struct ext4_extent_index *ext4_extent_index_at(const struct ext4_extent_header *header, unsigned n)
{
    return (struct ext4_extent_index *)(uintptr_t)(header + 1) + n;
}

/* The block of the file with which the n-th entry begins. */
static inline uint32_t ext4_extent_block(const struct ext4_extent_header *header, unsigned n)
{
    return ext4_extent_at(header, n)->block;
}

static inline uint64_t ext4_extent_start(const struct ext4_extent *extent)
{
    return (uint64_t)extent->start_hi << 32 | extent->start_lo;
}

static inline uint64_t ext4_extent_leaf(const struct ext4_extent_index *index)
{
    return (uint64_t)index->leaf_hi << 32 | index->leaf_lo;
}

static inline bool ext4_extent_is_unwritten(const struct ext4_extent *extent)
{
    return extent->length > EXT4_EXTENT_LENGTH_MAX;
}

static inline uint32_t ext4_extent_length(const struct ext4_extent *extent)
{
    return ext4_extent_is_unwritten(extent) ? extent->length - EXT4_EXTENT_LENGTH_MAX : extent->length;
}

/* The first block of the file behind it. */
static inline uint64_t ext4_extent_end(const struct ext4_extent *extent)
{
    return (uint64_t)extent->block + ext4_extent_length(extent);
}

/* How many blocks one can have. */
static inline uint32_t ext4_extent_most(bool unwritten)
{
    return unwritten ? EXT4_EXTENT_LENGTH_MAX - 1 : EXT4_EXTENT_LENGTH_MAX;
}

static inline struct ext4_extent ext4_extent_of(uint32_t block, uint64_t start, uint32_t length, bool unwritten)
{
    return (struct ext4_extent){block, (uint16_t)(unwritten ? length + EXT4_EXTENT_LENGTH_MAX : length),
                                (uint16_t)(start >> 32), (uint32_t)start};
}

/* It has blocks [block, end) of those that it had. */
static inline void ext4_extent_clip(struct ext4_extent *extent, uint32_t block, uint64_t end)
{
    *extent = ext4_extent_of(block, ext4_extent_start(extent) + (block - extent->block), (uint32_t)(end - block),
                             ext4_extent_is_unwritten(extent));
}

/* ---- nodes ---- */

static inline struct ext4_extent_header *ext4_extent_root(const struct ext4_inode *ei)
{
    return (struct ext4_extent_header *)(uintptr_t)ei->block;
}

/* How many entries a node in a block has room for, or one of `size` bytes. */
static inline unsigned ext4_extent_room(size_t size)
{
    return (unsigned)((size - EXT4_EXTENT_HEADER_SIZE) / EXT4_EXTENT_ENTRY_SIZE);
}

/* ext4_extent.c: the node that entry `n` of `parent` leads to, checked. */
int ext4_extent_node(struct ext4_inode *ei, const struct ext4_extent_header *parent, unsigned n,
                     struct ext4_buffer **out);
/* The last entry that doesn't begin behind `block`; -1: all do. */
int ext4_extent_search(const struct ext4_extent_header *header, uint32_t block);

/* ---- ext4_extent_path.c ---- */

struct ext4_extent_level {
    struct ext4_buffer *buffer; /* NULL: the root, in the inode */
    struct ext4_extent_header *header;
    int at; /* entry by which the way leads on; in a leaf the last that doesn't begin behind the block, or -1 */
};

struct ext4_extent_tree { /* of a file, that is being changed at one place */
    struct ext4_handle *handle;
    struct ext4_inode *ei;
    unsigned depth; /* levels[depth] is a leaf */
    struct ext4_extent_level levels[EXT4_EXTENT_DEPTH_MAX + 1];
    uint64_t next;                                        /* where the first extent behind the block begins, or 2^32 */
    struct ext4_buffer *fresh[EXT4_EXTENT_DEPTH_MAX + 1]; /* nodes, empty, for those that split */
    unsigned fresh_count;
    unsigned flags;             /* EXT4_MAP_PROMISED: so are they. 0 at first */
    bool needs_credits;         /* the operation's are used up: false at first */
    struct ext4_buffer *table;  /* the inode's, declared, so that it can be stored; NULL: not yet */
    struct ext4_raw_inode *raw; /* in there */
};

/* The way to `block`. Whatever the answer is, ext4_extent_close is called afterwards. */
int ext4_extent_open(struct ext4_extent_tree *tree, struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block);
/* Puts all, and gives nodes back that weren't used. */
void ext4_extent_close(struct ext4_extent_tree *tree);
static inline struct ext4_extent_level *ext4_extent_leaf_level(struct ext4_extent_tree *tree)
{
    return &tree->levels[tree->depth];
}

/* The inode's place in its table is declared; and then it is stored there. */
int ext4_extent_declare_inode(struct ext4_extent_tree *tree);
void ext4_extent_store(struct ext4_extent_tree *tree);
/* The node of that level is declared; and those above it whose entries change if its first one does. */
int ext4_extent_declare(struct ext4_extent_tree *tree, unsigned level);
int ext4_extent_declare_keys(struct ext4_extent_tree *tree, unsigned level);
/* They say where it begins now. */
void ext4_extent_set_keys(struct ext4_extent_tree *tree, unsigned level);
/* ext4_seal; seal_arg: the inode's seed. */
void ext4_extent_seal(struct ext4_fs *e4, struct ext4_buffer *buffer);

/* ---- ext4_extent_insert.c ---- */
/* Declares and allocates what is needed for `count` (1 or 2) more entries behind the leaf's `at`. -ENOSPC, and nothing
 * has changed. */
int ext4_extent_reserve(struct ext4_extent_tree *tree, unsigned count);
/* The first of the `count` that were reserved comes there. The way isn't right any more. */
void ext4_extent_insert(struct ext4_extent_tree *tree, unsigned count, const struct ext4_extent *extent);
/* The leaf's `at`, which is `here`, becomes two, of which the second begins with `block`. The inode isn't stored. */
int ext4_extent_divide(struct ext4_extent_tree *tree, struct ext4_extent *here, uint32_t block);
/* ext4_extent_change.c: the leaf's n-th extent and the next one become one, if they can. */
void ext4_extent_join(struct ext4_extent_tree *tree, int n);
/* Takes entries [first, first + count) out of a node. */
void ext4_extent_take_out(struct ext4_extent_header *header, unsigned first, unsigned count);

/* ---- for ext4_grow.c and ext4_cut.c, as ext4_map_* ---- */
int ext4_extent_create(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t most, unsigned flags,
                       struct ext4_fill *fill, struct ext4_run *out);
/* These blocks, which are in use, are the file's from now on, where it has a hole as large. EXT4_CREDITS_MAP. */
int ext4_extent_place(struct ext4_handle *handle, struct ext4_inode *ei, const struct ext4_extent *extent);
int ext4_extent_written(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t count);
/* One operation's share of ext4_map_remove, of [first, stop), from the back: what is left is in [first, *end). */
int ext4_extent_cut(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t first, uint64_t stop, uint64_t *end);
int ext4_extent_shift(struct ext4_inode *ei, uint32_t first, uint32_t by, bool up);

#endif
