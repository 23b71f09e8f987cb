/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_delayed.c - blocks of a file that have data in memory and no place on the disk yet. Room for them, and for what
 * its tree may need, is promised when they are written to; the place is chosen when the data go to the disk
 * (ext4_write.c), as many at once as there are.
 *
 * The intervals are in a tree, in order; neighbours are one. The one that was looked at last is remembered.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_change.h"
#include "mm/kmalloc.h"
#include "vfs/volume.h"

struct ext4_delayed { /* [first, end) */
    struct tree_node node;
    uint32_t first, end;
};

static struct ext4_delayed *of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct ext4_delayed, node) : NULL;
}

/* The last one that begins at the block or before it. */
static struct ext4_delayed *last_before(const struct ext4_inode *ei, uint32_t block)
{
    struct tree_node *at = ei->delayed.root;
    struct ext4_delayed *found = NULL;

    while (at != NULL) {
        struct ext4_delayed *delayed = of(at);
        if (delayed->first <= block)
            found = delayed;
        at = at->child[delayed->first <= block];
    }
    return found;
}

static struct ext4_delayed *next_of(const struct ext4_inode *ei, const struct ext4_delayed *delayed)
{
    return of(delayed != NULL ? tree_next(&delayed->node) : tree_first(&ei->delayed));
}

static void insert(struct ext4_inode *ei, struct ext4_delayed *delayed)
{
    struct tree_node *parent = NULL, *at = ei->delayed.root;
    unsigned side = 0;

    while (at != NULL) {
        parent = at;
        side = of(at)->first < delayed->first;
        at = at->child[side];
    }
    tree_insert(&ei->delayed, parent, side, &delayed->node, tree_no_bound);
}

static void interval_free(struct ext4_inode *ei, struct ext4_delayed *delayed)
{
    if (ei->delayed_last == delayed)
        ei->delayed_last = NULL;
    tree_remove(&ei->delayed, &delayed->node, tree_no_bound);
    kfree(delayed);
}

bool ext4_delayed_at(const struct ext4_inode *ei, uint32_t block, uint32_t *count)
{
    const struct ext4_delayed *at = last_before(ei, block), *next;

    if (at != NULL && block < at->end) {
        *count = at->end - block;
        return true;
    }
    next = next_of(ei, at);
    *count = (next != NULL ? next->first : UINT32_MAX) - block;
    return false;
}

/* ---- how much is promised ---- */

/* Extents that fit in a node, or pointers. */
static uint32_t in_node(const struct ext4_inode *ei)
{
    uint32_t size = ext4_of(&ei->inode)->block_size;

    return ei->flags & EXT4_EXTENTS_FL ? (size - sizeof(struct ext4_extent_header)) / sizeof(struct ext4_extent) - 1
                                       : size / sizeof(uint32_t);
}

/* What the tree may grow by when so many blocks get a place. Extents: at worst each block is one, in nodes that are
 * half full; as long as they fit in the inode there are no nodes. Pointers: 12 are in the inode. */
static uint64_t room_for_tree(const struct ext4_inode *ei, uint64_t count)
{
    const struct ext4_extent_header *root = (const void *)ei->block;

    if (count == 0)
        return 0;
    if (!(ei->flags & EXT4_EXTENTS_FL))
        return last_before(ei, UINT32_MAX)->end <= EXT4_DIRECT ? 0 : 3 + 2 * (count / in_node(ei));
    if (root->depth == 0 && root->entries + count <= root->max)
        return 0;
    return root->depth + 1 + 2 * (count / in_node(ei));
}

/* The blocks that are delayed have changed: promises follow them. */
static int promises_follow(struct ext4_inode *ei)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t due = ei->delayed_count + room_for_tree(ei, ei->delayed_count);
    int error = 0;

    if (due > ei->promised)
        error = ext4_blocks_promise(e4, due - ei->promised);
    else if (due < ei->promised)
        ext4_blocks_unpromise(e4, ei->promised - due);
    if (error == 0)
        ei->promised = due;
    return error;
}

/* ---- they come ---- */

/* None of [first, end) is delayed. */
static int add(struct ext4_inode *ei, uint32_t first, uint32_t end)
{
    struct ext4_delayed *before = last_before(ei, first), *after = next_of(ei, before);
    bool joins_before = before != NULL && before->end == first, joins_after = after != NULL && after->first == end;

    ei->delayed_count += end - first;
    if (joins_before && joins_after) {
        uint32_t far = after->end;
        interval_free(ei, after);
        before->end = far;
        ei->delayed_last = before;
    } else if (joins_before) {
        before->end = end;
        ei->delayed_last = before;
    } else if (joins_after) {
        after->first = first;
        ei->delayed_last = after;
    } else {
        struct ext4_delayed *delayed = kmalloc(sizeof(*delayed));
        if (delayed == NULL) {
            ei->delayed_count -= end - first;
            return -ENOMEM;
        }
        delayed->first = first;
        delayed->end = end;
        insert(ei, delayed);
        ei->delayed_last = delayed;
    }
    return 0;
}

/* ---- they go ---- */

/* Whether to take [first, end) away leaves two intervals of one. */
static bool splits(const struct ext4_inode *ei, uint32_t first, uint32_t end)
{
    const struct ext4_delayed *at = last_before(ei, first);

    return at != NULL && at->first < first && end < at->end;
}

int ext4_delayed_prepare(struct ext4_inode *ei, uint32_t first, uint32_t end)
{
    if (ei->delayed_spare == NULL && splits(ei, first, end))
        ei->delayed_spare = kmalloc(sizeof(struct ext4_delayed));
    return ei->delayed_spare != NULL || !splits(ei, first, end) ? 0 : -ENOMEM;
}

/* The part behind `end` becomes an interval of its own. False: there is no memory. */
static bool split(struct ext4_inode *ei, struct ext4_delayed *delayed, uint32_t first, uint32_t end)
{
    struct ext4_delayed *rest = ei->delayed_spare != NULL ? ei->delayed_spare : kmalloc(sizeof(*rest));

    ei->delayed_spare = NULL;
    if (rest == NULL)
        return false;
    rest->first = end;
    rest->end = delayed->end;
    delayed->end = first;
    insert(ei, rest);
    return true;
}

/* The part of [first, end) that is in this interval, if any, goes. */
static void cut(struct ext4_inode *ei, struct ext4_delayed *delayed, uint32_t first, uint32_t end)
{
    uint32_t from = first > delayed->first ? first : delayed->first, to = end < delayed->end ? end : delayed->end;

    if (from >= to)
        return;
    if (from > delayed->first && to < delayed->end) {
        if (split(ei, delayed, from, to)) /* else they stay promised, until the file goes */
            ei->delayed_count -= to - from;
        return;
    }
    ei->delayed_count -= to - from;
    if (from == delayed->first && to == delayed->end)
        interval_free(ei, delayed);
    else if (from == delayed->first)
        delayed->first = to;
    else
        delayed->end = from;
}

static void take(struct ext4_inode *ei, uint32_t first, uint32_t end)
{
    struct ext4_delayed *at = last_before(ei, first), *next;

    if (at == NULL)
        at = next_of(ei, NULL);
    for (; at != NULL && at->first < end; at = next) {
        next = next_of(ei, at);
        cut(ei, at, first, end);
    }
}

void ext4_delayed_drop(struct ext4_inode *ei, uint32_t first, uint32_t end)
{
    if (ei->delayed.root != NULL) {
        take(ei, first, end);
        (void)promises_follow(ei); /* it isn't more */
    }
    if (ei->delayed.root == NULL) {
        kfree(ei->delayed_spare);
        ei->delayed_spare = NULL;
    }
}

void ext4_delayed_placed(struct ext4_inode *ei, uint32_t first, uint32_t end, uint64_t taken)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);

    if (taken > ei->promised) { /* some of it was others' */
        e4->promised += taken - ei->promised;
        taken = ei->promised;
    }
    ei->promised -= taken;
    take(ei, first, end);
    (void)promises_follow(ei); /* should it be more, for the tree, there is what is kept for trees */
}

/* ---- before a write ---- */

/* Without huge_file a size in sectors has 32 bits. */
static uint64_t blocks_most(const struct ext4_inode *ei)
{
    const struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t pointers = e4->block_size / sizeof(uint32_t), most;
    uint64_t limit = e4->ro_compat & EXT4_RO_HUGE_FILE ? UINT32_MAX : UINT32_MAX >> (e4->block_shift - 9);

    if (ei->flags & EXT4_EXTENTS_FL)
        return limit;
    most = EXT4_DIRECT + pointers + pointers * pointers + pointers * pointers * pointers;
    return most < limit ? most : limit;
}

uint64_t ext4_size_most(const struct inode *inode)
{
    return blocks_most(ext4_inode_of(inode)) << ext4_of(inode)->block_shift;
}

/* Whether the file's block has no place on the disk, and for how many that is so, or not. */
static int is_hole(struct ext4_inode *ei, uint32_t block, uint32_t most, bool *hole, uint32_t *count)
{
    struct ext4_run run;
    int error = 0;

    if (!ext4_map_recall(ei, block, most, &run)) {
        bool entered = volume_enter(ei->inode.fs);
        error = ext4_map_find(ei, block, most, &run);
        volume_leave(ei->inode.fs, entered);
    }
    *hole = error == 0 && run.disk == 0 && !run.unwritten;
    *count = run.count;
    return error;
}

/* To ask where they lie may be to wait: others may have come first. */
static int promise_next(struct ext4_inode *ei, uint32_t block, uint32_t end, uint32_t *count)
{
    uint32_t others;
    bool hole;
    int error;

    *count = end - block;
    if (ext4_delayed_at(ei, block, &others)) {
        *count = others < *count ? others : *count;
        return 0;
    }
    error = is_hole(ei, block, *count, &hole, count);
    if (error != 0 || !hole)
        return error;
    if (ext4_delayed_at(ei, block, &others)) {
        *count = others < *count ? others : *count;
        return 0;
    }
    *count = others < *count ? others : *count;
    error = add(ei, block, block + *count);
    if (error != 0)
        return error;
    error = promises_follow(ei);
    if (error != 0) {
        take(ei, block, block + *count);
        (void)promises_follow(ei);
    }
    return error;
}

bool ext4_delayed_covers(const struct ext4_inode *ei, uint64_t first, uint64_t end)
{
    const struct ext4_delayed *last = ei->delayed_last;

    return last != NULL && first >= last->first && end <= last->end;
}

int ext4_delayed_add(struct ext4_inode *ei, uint32_t first, uint32_t end)
{
    int error = 0;

    while (error == 0 && first < end) {
        uint32_t count;
        error = promise_next(ei, first, end, &count);
        first += count;
    }
    return error;
}

/* Data within the inode get a block first, as no page is written to the inode. */
int ext4_leave_inode(struct ext4_inode *ei)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_handle handle;
    unsigned tries = 0;
    bool entered;
    int error;

    if (!ext4_inode_is_inline(ei))
        return 0;
    entered = volume_enter(&e4->fs);
    do {
        error = ext4_begin(e4, &handle, EXT4_CREDITS_MAP);
        if (error != 0)
            break;
        if (ext4_inode_is_inline(ei))
            error = ext4_inline_leave(&handle, ei);
        ext4_end(&handle);
    } while (ext4_blocks_retry(e4, error, &tries));
    volume_leave(&e4->fs, entered);
    return error;
}
