/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_buffer.h - blocks of a file system's own in memory: descriptors, bitmaps, inode tables, directories, nodes of
 * extent trees, attributes. All of them come and go through here, by their number, whatever the size of a page.
 *
 * Those without references stay for a while, at most `idle_most`, the one used longest ago goes first. Whoever calls
 * has the volume (vfs/volume.h): reading one is to wait.
 */
#ifndef GK_FS_EXT4_BUFFER_H
#define GK_FS_EXT4_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/ext4/jbd2.h"
#include "lib/list.h"
#include "vfs/pagecache.h"

struct blk_device;
struct ext4_buffer;
struct ext4_fs;

#define EXT4_BUFFER_SLOTS 64u

/* As what a block has been looked over since it was read. */
enum ext4_buffer_kind {
    EXT4_BUFFER_UNCHECKED,
    EXT4_BUFFER_DIRECTORY, /* entries */
    EXT4_BUFFER_INDEX,     /* of a directory */
    EXT4_BUFFER_EXTENTS,
    EXT4_BUFFER_XATTR,
    EXT4_BUFFER_DESCS,        /* of groups */
    EXT4_BUFFER_BLOCK_BITMAP, /* owner: the group */
    EXT4_BUFFER_INODE_BITMAP,
};

/* Brings what depends on a buffer's bytes up to date: ext4_change.h. */
typedef void ext4_seal(struct ext4_fs *e4, struct ext4_buffer *buffer);

struct ext4_buffer {
    void *data; /* block_size bytes */
    uint64_t block;
    uint32_t refs;
    enum ext4_buffer_kind kind; /* with whose it was when it was checked: an inode, as that is in the checksum */
    uint32_t owner;
    struct page *page; /* data is this one's; NULL: kmalloc's */
    struct ext4_buffer *hash_next;
    struct list idle;
    ext4_seal *seal;   /* due before it is written: until then its checksum is old. NULL: none */
    uint32_t seal_arg; /* its own: a checksum's seed, or the first thing in it */
    uint64_t parts[2]; /* of a table, of descriptors: which things in it were changed, a bit each */
    bool is_dirty;     /* not at its place: it has a reference by that */
    bool is_useless;   /* the block was freed: it goes with its last reference */
    struct list dirty; /* without a journal */
    struct jbd2_block logged;
};

/* Whether that thing in it was changed since it was sealed. */
static inline bool ext4_buffer_part_is_changed(const struct ext4_buffer *buffer, uint32_t part)
{
    return buffer->parts[part / 64] >> part % 64 & 1;
}
static inline void ext4_buffer_part_changed(struct ext4_buffer *buffer, uint32_t part)
{
    buffer->parts[part / 64] |= 1ull << part % 64;
}

/* Its checksum can be looked at. */
static inline bool ext4_buffer_is_sealed(const struct ext4_buffer *buffer)
{
    return buffer->seal == NULL;
}

struct ext4_buffers {
    struct blk_device *dev;
    unsigned block_shift;
    uint64_t blocks; /* there are these: 0 .. blocks - 1 */
    unsigned count, idle_count, idle_most;
    unsigned dirty_count, dirty_most; /* what isn't at its place; with more, all is brought there first */
    uint64_t reads;                   /* from the disk: requests */
    uint64_t row;                     /* of a table, of which blocks were missing last, */
    unsigned row_missing;             /* so many one after the other */
    struct list idle, dirty;
    struct shrinker shrinker; /* when memory runs out, those that are idle go */
    struct ext4_buffer *slots[EXT4_BUFFER_SLOTS];
};

/* `buffers` is zero. */
void ext4_buffers_init(struct ext4_buffers *buffers, struct blk_device *dev, unsigned block_shift, uint64_t blocks);
/* Frees all; none has a reference but by being dirty: those could not be written, and are lost. */
void ext4_buffers_fini(struct ext4_buffers *buffers);
/* Frees those that nobody has: how many. */
unsigned ext4_buffers_shrink(struct ext4_buffers *buffers);

/* The block as it is on the disk, with a reference. 0; -EIO; -ENOMEM; -EUCLEAN: there is no such block. */
int ext4_buffer_get(struct ext4_buffers *buffers, uint64_t block, struct ext4_buffer **out);
/* The same for a block of a table, which has the blocks from `first` up to `end`: where others near it were missing
 * just before, all of its row comes with it by one request. */
int ext4_buffer_get_of_table(struct ext4_buffers *buffers, uint64_t block, uint64_t first, uint64_t end,
                             struct ext4_buffer **out);
/* The same for a block whose old bytes don't matter: zeros, not read. */
int ext4_buffer_get_new(struct ext4_buffers *buffers, uint64_t block, struct ext4_buffer **out);
/* The one in memory, with a reference; NULL: it isn't. */
struct ext4_buffer *ext4_buffer_find(struct ext4_buffers *buffers, uint64_t block);
/* It is going to be changed, which keeps it in memory. */
void ext4_buffer_dirty(struct ext4_buffers *buffers, struct ext4_buffer *buffer);
/* The same where a journal has it: then it isn't among those that ext4_buffers_write writes. */
void ext4_buffer_log(struct ext4_buffers *buffers, struct ext4_buffer *buffer);
/* Has what depends on its bytes brought up to date, if that is due. */
void ext4_buffer_seal(struct ext4_fs *e4, struct ext4_buffer *buffer);
/* It is at its place, or doesn't matter any more: puts the reference that it has by being dirty. */
void ext4_buffer_clean(struct ext4_buffers *buffers, struct ext4_buffer *buffer);
/* NULL is allowed. */
void ext4_buffer_put(struct ext4_buffers *buffers, struct ext4_buffer *buffer);

/* Whether it has been checked as that, and says that it was. */
static inline bool ext4_buffer_is_checked(const struct ext4_buffer *buffer, enum ext4_buffer_kind kind, uint32_t owner)
{
    return buffer->kind == kind && buffer->owner == owner;
}
static inline void ext4_buffer_checked(struct ext4_buffer *buffer, enum ext4_buffer_kind kind, uint32_t owner)
{
    buffer->kind = kind;
    buffer->owner = owner;
}

#endif
