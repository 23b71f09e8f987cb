/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_alloc.h - what the files share that take and give back blocks and inodes. ext4_change.h has what others call.
 *
 *   ext4_descs.c    descriptors of groups        ext4_bitmap.c  their bitmaps
 *   ext4_window.c   what is known of groups      ext4_bits.c    runs of bits
 *   ext4_balloc.c   blocks are taken             ext4_bfree.c   and given back
 *   ext4_room.c     how many may be taken        ext4_freed.c   those that nobody may have until a commit
 *   ext4_ialloc.c   inodes                       ext4_group_pick.c  in which group a new one is
 *   ext4_counts.c   how many are free            ext4_orphan.c  those without a name
 *   ext4_later.c    blocks freed by a replay
 *
 * A group is looked at when something in it is taken or given back for the first time; mounting reads none. What was
 * learnt then is kept in memory, for a window of groups at a time.
 */
#ifndef GK_FS_EXT4_EXT4_ALLOC_H
#define GK_FS_EXT4_EXT4_ALLOC_H

#include "fs/ext4/ext4_change.h"

/* ---- ext4_descs.c ---- */

struct ext4_group { /* a descriptor, where it lies */
    uint32_t number;
    struct ext4_buffer *buffer;
    struct ext4_desc *desc;
};

/* Checked, with a reference. */
int ext4_desc_get(struct ext4_fs *e4, uint32_t number, struct ext4_group *out);
static inline void ext4_desc_put(struct ext4_fs *e4, const struct ext4_group *group)
{
    ext4_buffer_put(&e4->buffers, group->buffer);
}
/* It is about to be changed: as ext4_change. */
int ext4_desc_change(struct ext4_handle *handle, const struct ext4_group *group);
/* A bitmap's checksum goes into its group's descriptor, which was declared in the same operation. */
void ext4_desc_put_sum(struct ext4_fs *e4, uint32_t number, enum ext4_buffer_kind kind, uint32_t sum);

/* Fields with two halves. */
uint64_t ext4_desc_place(const struct ext4_fs *e4, const struct ext4_desc *desc, enum ext4_buffer_kind kind);
uint32_t ext4_desc_sum(const struct ext4_fs *e4, const struct ext4_desc *desc, enum ext4_buffer_kind kind);
enum ext4_count { /* where the lower half is; the upper one is there with 64bit alone */
                  EXT4_FREE_BLOCKS = offsetof(struct ext4_desc, free_blocks_count_lo),
                  EXT4_FREE_INODES = offsetof(struct ext4_desc, free_inodes_count_lo),
                  EXT4_USED_DIRS = offsetof(struct ext4_desc, used_dirs_count_lo),
                  EXT4_UNUSED_INODES = offsetof(struct ext4_desc, itable_unused_lo),
};
static inline uint16_t *ext4_desc_half(struct ext4_desc *desc, enum ext4_count which, bool is_upper)
{
    bool is_unused = which == EXT4_UNUSED_INODES; /* the others lie in the same order */
    size_t upper = is_unused ? offsetof(struct ext4_desc, itable_unused_hi)
                             : which - EXT4_FREE_BLOCKS + offsetof(struct ext4_desc, free_blocks_count_hi);

    return (uint16_t *)(void *)((char *)desc + (is_upper ? upper : which));
}
static inline uint32_t ext4_desc_count(const struct ext4_fs *e4, const struct ext4_desc *desc, enum ext4_count which)
{
    struct ext4_desc *at = (struct ext4_desc *)(uintptr_t)desc;
    uint32_t upper = e4->desc_size >= EXT4_DESC_SIZE_64BIT ? *ext4_desc_half(at, which, true) : 0;

    return upper << 16 | *ext4_desc_half(at, which, false);
}
static inline void ext4_desc_set(const struct ext4_fs *e4, struct ext4_desc *desc, enum ext4_count which,
                                 uint32_t value)
{
    *ext4_desc_half(desc, which, false) = (uint16_t)value;
    if (e4->desc_size >= EXT4_DESC_SIZE_64BIT)
        *ext4_desc_half(desc, which, true) = (uint16_t)(value >> 16);
}
/* EXT4_GROUP_*, where the file system has such flags. */
static inline bool ext4_desc_has(const struct ext4_fs *e4, const struct ext4_desc *desc, uint16_t flag)
{
    return ext4_groups_have_sums(e4) && (desc->flags & flag);
}

/* ---- ext4_bits.c ---- */

struct ext4_bits { /* bit n is word n / 64's bit n % 64: set if it isn't free */
    uint64_t *words;
    const uint64_t *kept; /* as many: those that aren't to be had either; NULL: none */
    uint32_t count;
};

struct ext4_span {
    uint32_t start, count;
};

/* The first one from `from` on that is free, or isn't; `end` if none is before it. */
uint32_t ext4_bits_free(const struct ext4_bits *bits, uint32_t from, uint32_t end);
uint32_t ext4_bits_used(const struct ext4_bits *bits, uint32_t from, uint32_t end);
/* The beginning of the free ones that end before `end`. */
uint32_t ext4_bits_free_before(const struct ext4_bits *bits, uint32_t end);
/* A run of `want` that begins in [from, end), the first one; else the longest one, if it is longer than *best. */
void ext4_bits_search(const struct ext4_bits *bits, uint32_t from, uint32_t end, uint32_t want, struct ext4_span *best);
void ext4_bits_set(uint64_t *words, uint32_t start, uint32_t count);
void ext4_bits_clear(uint64_t *words, uint32_t start, uint32_t count);
uint32_t ext4_bits_count_free(const struct ext4_bits *bits);

/* ---- ext4_window.c ---- */

struct ext4_group_info {
    bool blocks_known, inodes_known; /* its bitmap was looked at, and is as its descriptor says */
    bool blocks_bad, inodes_bad;     /* or it isn't: nothing is taken or given back */
    uint32_t longest;                /* no free run of blocks is longer */
    uint32_t first_block;            /* none before it is free */
    uint32_t first_inode;
    uint32_t next_group; /* where inodes go when this group has no more: 0: not known */
    uint64_t *kept;      /* its blocks that an uncommitted transaction freed; NULL: none */
    uint32_t kept_count;
};

struct ext4_range { /* blocks [start, end) */
    uint64_t start, end;
};

struct ext4_window { /* some groups in a row */
    uint32_t first, count;
    uint32_t longest; /* of its groups */
    bool is_bad;      /* what is fixed in its groups lies one upon the other */
    uint32_t fixed_count, fixed_room;
    struct ext4_range *fixed; /* superblocks, descriptors, bitmaps, tables of its groups: ascending, apart */
    struct ext4_group_info groups[];
};

struct ext4_alloc {
    unsigned window_shift;
    uint32_t windows;
    struct ext4_window **window; /* NULL: not looked at */
    uint32_t last_group;         /* in which blocks were taken last */
    struct list freed;           /* ext4_freed.c: oldest first */
    struct ext4_freed *spare;    /* for the next one; NULL: none */
    uint64_t kept;               /* blocks of these */
};

/* Makes e4->alloc, if there is none. -ENOMEM. */
int ext4_alloc_start(struct ext4_fs *e4);
/* The window of a group, which is read if it has to be: all fixed things of its groups. */
int ext4_window_get(struct ext4_fs *e4, uint32_t group, struct ext4_window **out);
/* What was known before; NULL: nothing. */
static inline struct ext4_window *ext4_window_find(const struct ext4_fs *e4, uint32_t group)
{
    return e4->alloc != NULL ? e4->alloc->window[group >> e4->alloc->window_shift] : NULL;
}
/* Makes what there isn't yet. */
int ext4_group_info_make(struct ext4_fs *e4, uint32_t group, struct ext4_group_info **out);
static inline int ext4_group_info_get(struct ext4_fs *e4, uint32_t group, struct ext4_group_info **out)
{
    struct ext4_window *window = ext4_window_find(e4, group);

    if (window == NULL)
        return ext4_group_info_make(e4, group, out);
    *out = &window->groups[group - window->first];
    return 0;
}
/* Whether none of these blocks, all of one group, is fixed. */
bool ext4_blocks_are_free_to_use(const struct ext4_window *window, uint64_t block, uint64_t count);
void ext4_windows_fini(struct ext4_alloc *alloc);
/* How many blocks the group has. */
uint32_t ext4_group_size(const struct ext4_fs *e4, uint32_t group);

/* ---- ext4_bitmap.c ---- */

struct ext4_bitmap { /* of a group, with its descriptor */
    struct ext4_group group;
    struct ext4_group_info *info;
    struct ext4_buffer *buffer;
    enum ext4_buffer_kind kind; /* EXT4_BUFFER_BLOCK_BITMAP or EXT4_BUFFER_INODE_BITMAP */
    struct ext4_bits bits;      /* with what isn't to be had */
};

/* The group's bitmap, checked, or made if it was never used; with references until ext4_bitmap_close. to_take: -ENOSPC
 * where the descriptor says that nothing is free, without a look at it. -EUCLEAN, -EBADMSG: it is damaged, of which a
 * line tells once. */
int ext4_bitmap_open(struct ext4_fs *e4, uint32_t number, enum ext4_buffer_kind kind, bool to_take,
                     struct ext4_bitmap *out);
void ext4_bitmap_close(struct ext4_fs *e4, const struct ext4_bitmap *bitmap);
/* It and the descriptor are about to be changed, and are in use from now on. */
int ext4_bitmap_change(struct ext4_handle *handle, const struct ext4_bitmap *bitmap);

/* ---- ext4_freed.c ---- */

/* Memory for one ext4_freed_add in the group: -ENOMEM, -EIO. */
int ext4_freed_prepare(struct ext4_fs *e4, uint32_t group);
/* Blocks that are given back by this operation aren't to be had before its transaction is committed; without a journal:
 * nothing. Before their bits are cleared, and behind ext4_freed_prepare. */
void ext4_freed_add(struct ext4_handle *handle, uint32_t group, const struct ext4_span *span);
/* A run in the group can be had: what is known of it. */
void ext4_group_gained(struct ext4_fs *e4, uint32_t group, const struct ext4_bits *bits, uint32_t start,
                       uint32_t count);

/* ---- ext4_later.c ---- */

struct ext4_later { /* blocks in a row that are to be free at the end */
    struct list link;
    uint64_t block;
    uint32_t count;
};

/* -ENOMEM. */
int ext4_later_add(struct list *later, uint64_t block, uint32_t count);
void ext4_later_drop(struct list *later);

/* ---- ext4_orphan.c ---- */

/* The number that follows it in the list on the disk. */
int ext4_orphan_next(struct ext4_fs *e4, uint32_t number, uint32_t *next);

/* ---- ext4_room.c ---- */

/* How many blocks may be taken by the caller, who wants that many, with these flags (EXT4_BLOCKS_*). */
uint64_t ext4_blocks_room(const struct ext4_fs *e4, unsigned flags, uint64_t want);

/* ---- ext4_group_pick.c ---- */

/* The group in which to look first for a new inode's number. */
uint32_t ext4_group_pick(struct ext4_fs *e4, const struct ext4_inode *dir, uint32_t mode);

#endif
