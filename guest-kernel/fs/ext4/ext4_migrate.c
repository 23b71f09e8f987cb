/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_migrate.c - a file keeps in another way where its blocks lie: by extents rather than block numbers, or the other
 * way round (FS_IOC_SETFLAGS with FS_EXTENT_FL changed). The blocks stay where they are.
 *
 * It is one operation: first all is looked at that there is and counted, then the new leaves get their blocks, are
 * filled, and the inode leads to them; last the blocks with numbers are free.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "core/wait.h"
#include "fs/ext4/ext4_alloc.h"
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_grow.h"
#include "fs/ext4/ext4_indirect.h"
#include "lib/string.h"

#define ROOT_ENTRIES 4u  /* of a tree of extents, in the inode */
#define NODES_MAX 1024u  /* blocks with numbers that one operation frees */
#define STEPS_A_TURN 16u /* before others run */

struct migration {
    struct ext4_inode *ei;
    struct ext4_handle *handle;
    uint32_t per_leaf;            /* extents */
    uint32_t extents, most;       /* those that were seen so far, and that there may be */
    struct ext4_extent last;      /* which may become longer; length 0: none */
    uint32_t root[EXT4_POINTERS]; /* i_block as it is going to be */
    struct ext4_buffer *leaves[ROOT_ENTRIES];
    unsigned leaf_count;
    struct list nodes; /* ext4_later: blocks with numbers */
    uint32_t node_count;
    bool fills; /* the extents are put where they belong, not only counted */
};

/* ---- what there is ---- */

static struct ext4_extent_header *root_of(struct migration *migration)
{
    return (void *)migration->root;
}

/* -ENOSPC: there are too many. */
static int extent_put(struct migration *migration)
{
    uint32_t n = migration->extents++;

    if (n >= migration->most)
        return -ENOSPC;
    if (!migration->fills)
        return 0;
    struct ext4_extent_header *header = root_of(migration);
    if (migration->leaf_count != 0) {
        header = migration->leaves[n / migration->per_leaf]->data;
        if (n % migration->per_leaf == 0) /* its number in the root, which has been there since it got its block */
            ext4_extent_index_at(root_of(migration), n / migration->per_leaf)->block = migration->last.block;
    }
    *ext4_extent_at(header, header->entries++) = migration->last;
    return 0;
}

static int run_add(struct migration *migration, const struct ext4_run *run)
{
    struct ext4_extent *last = &migration->last;
    uint32_t length = last->length;
    int error = 0;

    if (length != 0 && ext4_extent_end(last) == run->start && ext4_extent_start(last) + length == run->disk &&
        length + run->count <= ext4_extent_most(false)) {
        last->length = (uint16_t)(length + run->count);
        return 0;
    }
    if (length != 0)
        error = extent_put(migration);
    *last = ext4_extent_of(run->start, run->disk, run->count, false);
    return error;
}

/* All that has a place. */
static int runs_walk(struct migration *migration)
{
    struct ext4_inode *ei = migration->ei;
    uint64_t end = ext4_size_most(&ei->inode) >> ext4_of(&ei->inode)->block_shift;
    unsigned steps = 0;
    int error = 0;

    migration->extents = 0;
    migration->last.length = 0;
    for (uint64_t block = 0; error == 0 && block < end;) {
        struct ext4_run run;
        uint64_t most = end - block < ext4_extent_most(false) ? end - block : UINT32_MAX;
        error = ext4_indirect_find(ei, (uint32_t)block, (uint32_t)most, &run);
        if (error == 0 && run.disk != 0)
            error = run_add(migration, &run);
        block += run.count;
        if (error == 0 && ++steps % STEPS_A_TURN == 0 && wait_loop_ends(true))
            error = -EINTR;
    }
    if (error == 0 && migration->last.length != 0)
        error = extent_put(migration);
    return error;
}

/* The block with numbers, and those that it leads to: depth of them. */
static int nodes_add(struct migration *migration, uint32_t block, int depth)
{
    struct ext4_inode *ei = migration->ei;
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_buffer *buffer;

    if (block == 0)
        return 0;
    int error = migration->node_count++ < NODES_MAX ? ext4_grow_check_node(ei, block) : -ENOSPC;
    if (error == 0)
        error = ext4_later_add(&migration->nodes, block, 1);
    if (error != 0 || depth == 1)
        return error;
    error = ext4_buffer_get(&e4->buffers, block, &buffer);
    if (error != 0)
        return error;
    const uint32_t *numbers = buffer->data;
    for (uint32_t n = 0; error == 0 && n < e4->block_size / sizeof(*numbers); n++)
        error = nodes_add(migration, numbers[n], depth - 1);
    ext4_buffer_put(&e4->buffers, buffer);
    if (error == 0 && wait_loop_ends(true)) /* all of them, and most may be 0 */
        error = -EINTR;
    return error;
}

/* What it is going to change: -ENOSPC, if that is more than fits into a transaction. */
static int look(struct migration *migration)
{
    const struct ext4_fs *e4 = ext4_of(&migration->ei->inode);
    int error = runs_walk(migration);

    for (int depth = 1; error == 0 && depth <= EXT4_INDIRECT_DEPTH; depth++)
        error = nodes_add(migration, migration->ei->block[EXT4_DIRECT + (unsigned)depth - 1], depth);
    if (error != 0)
        return error;
    if (migration->extents > ROOT_ENTRIES)
        migration->leaf_count = (migration->extents + migration->per_leaf - 1) / migration->per_leaf;
    uint32_t groups = migration->node_count < e4->groups ? migration->node_count : e4->groups;
    return ext4_extend(migration->handle, EXT4_CREDITS_INODE + migration->leaf_count * (1 + EXT4_CREDITS_ALLOC) +
                                              migration->node_count + 2 * groups + EXT4_CREDITS_SUPER);
}

/* ---- the new tree ---- */

static struct ext4_extent_header empty_node(size_t size, uint16_t depth)
{
    return (struct ext4_extent_header){
        .magic = EXT4_EXTENT_MAGIC, .max = (uint16_t)ext4_extent_room(size), .depth = depth};
}

static int leaf_make(struct migration *migration, unsigned n)
{
    struct ext4_inode *ei = migration->ei;
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint32_t count = 1;
    uint64_t block;
    int error = ext4_grow_alloc(migration->handle, ext4_blocks_goal(ei), EXT4_MAP_META, &count, &block);

    if (error != 0)
        return error;
    error = ext4_change_new(migration->handle, block, ext4_extent_seal, ei->seed, &migration->leaves[n]);
    if (error != 0) {
        migration->leaves[n] = NULL;
        ext4_grow_undo(migration->handle, 0, 1, block);
        return error;
    }
    *(struct ext4_extent_header *)migration->leaves[n]->data = empty_node(e4->block_size, 0);
    struct ext4_extent_index *index = ext4_extent_index_at(root_of(migration), n);
    *index = (struct ext4_extent_index){.leaf_lo = (uint32_t)block, .leaf_hi = (uint16_t)(block >> 32)};
    root_of(migration)->entries++;
    return 0;
}

static int tree_make(struct migration *migration)
{
    int error = 0;

    memset(migration->root, 0, sizeof(migration->root));
    *root_of(migration) = empty_node(sizeof(migration->root), migration->leaf_count != 0);
    for (unsigned n = 0; error == 0 && n < migration->leaf_count; n++)
        error = leaf_make(migration, n);
    migration->fills = true;
    migration->most = migration->extents; /* more or fewer, if the disk says something else now */
    if (error == 0)
        error = runs_walk(migration);
    return error == 0 && migration->extents != migration->most
               ? ext4_inode_damaged(migration->ei, 0, "block numbers that change")
               : error;
}

static void leaves_put(struct migration *migration, bool undo)
{
    for (unsigned n = 0; n < migration->leaf_count && migration->leaves[n] != NULL; n++) {
        uint64_t block = migration->leaves[n]->block;
        ext4_buffer_put(&migration->handle->e4->buffers, migration->leaves[n]);
        if (undo)
            ext4_grow_undo(migration->handle, EXT4_MAP_META, 1, block);
    }
}

/* ---- from one to the other ---- */

/* Nobody has the blocks with numbers any more. What can't be freed, for want of memory, is nobody's until e2fsck. */
static void nodes_free(struct migration *migration)
{
    unsigned steps = 0;

    for (const struct list *at = migration->nodes.next; at != &migration->nodes; at = at->next) {
        const struct ext4_later *later = container_of(at, struct ext4_later, link);
        int error = ext4_blocks_free(migration->handle, later->block, later->count, EXT4_BLOCKS_META);
        if (error != 0)
            log_error("%s: ext4: blocks from %llu on stay in use, which had block numbers: error %d",
                      migration->handle->e4->dev->name, (unsigned long long)later->block, -error);
        if (++steps % STEPS_A_TURN == 0)
            (void)wait_loop_ends(true);
    }
}

/* The inode has that map from now on, and is stored: else all is as it was. `blocks`: how many more it has. */
static int map_set(struct ext4_handle *handle, struct ext4_inode *ei, const uint32_t *map, bool by_extents,
                   int64_t blocks)
{
    uint32_t was[EXT4_POINTERS], flags = ei->flags;
    uint64_t sectors = ei->sectors;

    memcpy(was, ei->block, sizeof(was));
    memcpy(ei->block, map, sizeof(was));
    ei->flags = by_extents ? flags | EXT4_EXTENTS_FL : flags & ~(uint32_t)EXT4_EXTENTS_FL;
    ei->last.count = 0;
    ext4_sectors_add(ei, blocks);
    int error = ext4_inode_store(handle, ei);
    if (error != 0) {
        memcpy(ei->block, was, sizeof(was));
        ei->flags = flags;
        ei->sectors = sectors;
    }
    ei->data_tid = ext4_tid(handle);
    return error;
}

static int to_extents(struct ext4_handle *handle, struct ext4_inode *ei)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct migration migration = {.ei = ei, .handle = handle, .per_leaf = ext4_extent_room(e4->block_size)};

    if (!(e4->incompat & EXT4_INCOMPAT_EXTENTS) || ext4_inode_is_inline(ei))
        return -EINVAL;
    migration.most = ROOT_ENTRIES * migration.per_leaf;
    list_init(&migration.nodes);
    int error = look(&migration);
    if (error == 0) {
        error = tree_make(&migration);
        if (error == 0)
            error = map_set(handle, ei, migration.root, true,
                            (int64_t)migration.leaf_count - (int64_t)migration.node_count);
        if (error == 0)
            nodes_free(&migration);
        leaves_put(&migration, error != 0);
    }
    ext4_later_drop(&migration.nodes);
    return error;
}

/* As on Linux only one extent, among the blocks whose numbers are in the inode. */
static int to_numbers(struct ext4_handle *handle, struct ext4_inode *ei)
{
    const struct ext4_fs *e4 = ext4_of(&ei->inode);
    const struct ext4_extent_header *root = ext4_extent_root(ei);
    uint32_t numbers[EXT4_POINTERS] = {0};

    if (e4->blocks > UINT32_MAX || root->depth != 0 || root->entries > 1)
        return -EOPNOTSUPP;
    if (root->entries == 1) {
        const struct ext4_extent *extent = ext4_extent_at(root, 0);
        if (extent->block + (uint64_t)extent->length > EXT4_DIRECT)
            return -EOPNOTSUPP;
        for (uint32_t n = 0; n < extent->length; n++)
            numbers[extent->block + n] = (uint32_t)ext4_extent_start(extent) + n;
    }
    return map_set(handle, ei, numbers, false, 0);
}

int ext4_migrate(struct ext4_inode *ei)
{
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(&ei->inode), &handle, EXT4_CREDITS_INODE);

    if (error != 0)
        return error;
    error = ei->flags & EXT4_EXTENTS_FL ? to_numbers(&handle, ei) : to_extents(&handle, ei);
    ext4_end(&handle);
    if (error == 0)
        ext4_delayed_drop(ei, 0, 0); /* what is promised for its tree follows */
    return error;
}
