/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_dir.h - what the files share that find, list and change the names in a directory.
 *
 * A directory is blocks of entries, each of which reaches up to the next one and so has the room behind its name. With
 * an index ("htree") some blocks, the first of them block 0, have hashes in place of entries, and say in which block
 * of entries a name with such a hash is: a way leads from block 0 down to there.
 *
 *   ext4_dirblock.c      blocks of both kinds, checked    ext4_dir.c          names are found
 *   ext4_index.c         ways, and names found by them    ext4_list.c         names are listed, from end to end
 *   ext4_index_list.c    or in the order of hashes        ext4_order.c        the first few of some
 *   ext4_spot.c          entries that are changed         ext4_dir_change.c   names come, go and lead elsewhere
 *   ext4_index_change.c  an index gets room               ext4_index_split.c  or begins; its blocks become two
 *   ext4_index_entries.c the hashes of a block           ext4_dir_grow.c     a directory gets blocks
 *   ext4_list_entry.c    one name is listed              ext4_links.c        how many names inodes have
 */
#ifndef GK_FS_EXT4_EXT4_DIR_H
#define GK_FS_EXT4_EXT4_DIR_H

#include "fs/ext4/ext4_change.h"

/* ---- ext4_dirblock.c: blocks of entries ---- */

#define EXT4_NOWHERE UINT32_MAX

struct ext4_scan {                 /* what was looked for in a block, in bytes from its beginning */
    uint32_t number;               /* of the inode of the name; 0: it isn't here */
    uint32_t at, before;           /* the name's entry, and the one before it (the same: it is the first) */
    uint32_t room_at, room_before; /* the same of the first one with room for the name; EXT4_NOWHERE: none has */
};

/* How many bytes an entry with a name of that length takes. */
static inline uint32_t ext4_dirent_size(size_t length)
{
    return (uint32_t)(EXT4_DIRENT_SIZE + length + 3) & ~3u;
}

/* How many bytes of it a further entry could have. */
static inline uint32_t ext4_dirent_room(const struct ext4_dirent *entry)
{
    return entry->rec_len - (entry->inode != 0 ? ext4_dirent_size(entry->name_len) : 0);
}

/* How many bytes of a block are entries: the others are its checksum. */
static inline uint32_t ext4_dir_limit(const struct ext4_fs *e4)
{
    return e4->block_size - (e4->has_checksums ? (uint32_t)sizeof(struct ext4_dir_tail) : 0);
}

static inline struct ext4_dirent *ext4_dirent_at(void *data, size_t offset)
{
    return (struct ext4_dirent *)(void *)((char *)data + offset);
}

static inline bool ext4_dirent_is_dots(const struct ext4_dirent *entry)
{
    return entry->name[0] == '.' && (entry->name_len == 1 || (entry->name_len == 2 && entry->name[1] == '.'));
}

/* The entry at `offset` of `size` bytes, all of which is there. NULL: it is damaged; block is where, for the log. */
const struct ext4_dirent *ext4_dir_entry(const struct ext4_inode *dir, const void *data, size_t size, size_t offset,
                                         uint64_t block);
/* Looks for a name among these entries, which all are checked if it isn't there. */
int ext4_dir_search(const struct ext4_inode *dir, const void *data, size_t size, uint64_t block, const char *name,
                    size_t length, struct ext4_scan *out);
/* A block of a directory, its checksum right; kind: what it has to be, or EXT4_BUFFER_UNCHECKED: that is seen from it.
 * *out: NULL in a hole. -EINTR: a signal is about to end the process. */
int ext4_dir_block(struct ext4_inode *dir, uint32_t block, enum ext4_buffer_kind kind, struct ext4_buffer **out);
/* Of a block of the index: where its limit, count and entries are; 0: it is none. */
size_t ext4_dir_index_offset(const struct ext4_fs *e4, const void *data);
/* Declares a block of entries, or one of the index, to be changed: ext4_change with the seal for it. */
int ext4_dir_declare(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_buffer *buffer);
int ext4_dir_declare_index(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_buffer *buffer);

/* ---- ext4_index.c: ways ---- */

#define EXT4_INDEX_LEVELS 3u /* of blocks with hashes: two without large_dir, as on Linux */
#define EXT4_INDEX_DAMAGED 1 /* the index is of no use: look into all blocks */

struct ext4_frame { /* a block of the index on the way down */
    struct ext4_buffer *buffer;
    const struct ext4_dx_entry *entries; /* the first without a hash */
    unsigned count, limit, at;
    uint32_t block;
};

struct ext4_way { /* all zero but for dir: it hasn't begun */
    struct ext4_inode *dir;
    struct ext4_frame frames[EXT4_INDEX_LEVELS];
    unsigned levels, used; /* how many there are in this index; and of those that have a block */
    unsigned version;      /* of the hash: as ext4_hash has it */
    uint32_t hash;
    uint64_t leaves; /* blocks of entries that were looked into: an index has each once */
};

/* Reads the root: version and levels are known. Each of these returns 0, -errno or EXT4_INDEX_DAMAGED; in any case the
 * caller ends the way. */
int ext4_way_begin(struct ext4_way *way);
/* Down to above the first block of entries that a name with the hash can be in. */
int ext4_way_down(struct ext4_way *way, uint32_t hash);
/* Whether there is another block of entries in the index, and the hash from which on it has names; odd: the one before
 * may have some with the same hash. */
bool ext4_way_peek(const struct ext4_way *way, uint32_t *hash);
/* To that one. */
int ext4_way_next(struct ext4_way *way);
/* The block of entries itself: its number, and with a reference. */
uint32_t ext4_way_leaf(const struct ext4_way *way);
int ext4_way_block(struct ext4_way *way, struct ext4_buffer **out);
void ext4_way_end(struct ext4_way *way);
/* How many levels an index may have. */
static inline unsigned ext4_index_levels(const struct ext4_fs *e4)
{
    return e4->incompat & EXT4_INCOMPAT_LARGE_DIR ? EXT4_INDEX_LEVELS : EXT4_INDEX_LEVELS - 1;
}
/* How many entries a block of the index has room for. */
unsigned ext4_index_limit(const struct ext4_fs *e4, bool is_root);
/* The version of hashes on the disk, and those that ext4_hash knows. */
unsigned ext4_index_version(const struct ext4_fs *e4, unsigned on_disk);

/* The number of the inode of that name, by the index: 0: there is none. Keeps what it found in dir->slot. */
int ext4_index_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out);

/* ---- ext4_dir.c ---- */
/* What was found in a block, or `room` for it, is dir->slot from now on. */
void ext4_slot_keep(struct ext4_inode *dir, uint32_t block, uint32_t hash, const struct ext4_scan *scan);

/* ---- ext4_list.c, ext4_index_list.c ---- */
struct ext4_listing {
    struct ext4_inode *dir;
    uint64_t pos; /* entries before it are passed over */
    dir_emit *emit;
    void *arg;
    bool full;
};

/* One entry, whose successor is at `next`; block: where, for the log. -EIO, as on Linux: a name that is none. */
int ext4_list_entry(struct ext4_listing *listing, const struct ext4_dirent *entry, uint64_t next, uint64_t block);
/* Whether its names are listed by their hashes. */
bool ext4_dir_is_ordered(const struct ext4_inode *dir);
/* By hash from listing->pos on. EXT4_INDEX_DAMAGED: that can't be. */
int ext4_index_list(struct ext4_listing *listing);

/* ---- ext4_order.c: the smallest of some entries, in order ---- */
#define EXT4_ORDER_MOST 512u /* more than a block has */

struct ext4_order_item {
    uint64_t key;
    uint32_t block; /* of the directory */
    uint16_t at, size;
};

struct ext4_order {
    unsigned count;
    bool is_cut; /* there were more, whose keys are larger */
    struct ext4_order_item items[EXT4_ORDER_MOST];
};

/* One more; of too many the one with the largest key is left out. */
void ext4_order_add(struct ext4_order *order, const struct ext4_order_item *item);
/* Ascending. Afterwards nothing can be added, until count is 0 again. */
void ext4_order_sort(struct ext4_order *order);

/* ---- ext4_spot.c, ext4_dir_change.c ---- */
struct ext4_spot {              /* an entry, in a block that is declared to be changed */
    struct ext4_buffer *buffer; /* with a reference */
    uint32_t block;             /* of the directory */
    uint32_t hash;              /* for which it is, where there is an index */
    uint32_t at, before;        /* as in struct ext4_scan */
};

static inline struct ext4_dirent *ext4_spot_entry(const struct ext4_spot *spot)
{
    return ext4_dirent_at(spot->buffer->data, spot->at);
}

/* Gives its buffer back. */
void ext4_spot_put(struct ext4_handle *handle, struct ext4_spot *spot);
/* Room for a name that isn't there; what it takes to make some has happened. The directory isn't within its inode any
 * more. EXT4_CREDITS_DIR. -ENOSPC: there is none, and the directory is as good as before. */
int ext4_dir_room(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length,
                  struct ext4_spot *out);
/* The remembered slot, if it has room for a name of that length, and where there is an index the hash is the name's. 1:
 * it hasn't. */
int ext4_dir_room_recall(struct ext4_handle *handle, struct ext4_inode *dir, size_t length, struct ext4_spot *out);
/* The entry of a name. 1 credit, EXT4_CREDITS_MAP more where names are in the inode. -ENOENT. */
int ext4_dir_spot(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length,
                  struct ext4_spot *out);
/* A name comes, to where there is room for it, goes, or leads to another inode. These don't fail, but where a damaged
 * disk has the block as something else, too, which was changed meanwhile: then nothing is written any more. */
void ext4_spot_fill(struct ext4_inode *dir, struct ext4_spot *spot, const char *name, size_t length, uint32_t number,
                    uint32_t type);
void ext4_spot_clear(struct ext4_inode *dir, struct ext4_spot *spot);
void ext4_spot_set(struct ext4_inode *dir, struct ext4_spot *spot, uint32_t number, uint32_t type);
/* An entry before it came or went, in the same block. */
void ext4_spot_refresh(struct ext4_spot *spot);
/* Where ".." is of a directory; -EUCLEAN: it isn't there. 1 credit, as ext4_dir_spot. */
int ext4_dir_dotdot(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_spot *out);
/* One block more: *block and, with a reference, declared, zeroed, *out. The inode is stored. */
int ext4_dir_grow(struct ext4_handle *handle, struct ext4_inode *dir, bool is_index, uint32_t *block,
                  struct ext4_buffer **out);
/* Makes the block one without a name. */
void ext4_dir_block_init(const struct ext4_fs *e4, void *data);

/* ---- ext4_index_change.c, ext4_index_split.c ---- */
/* Room for a name in a directory with an index: as ext4_dir_room. */
int ext4_index_room(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length,
                    struct ext4_spot *out);
/* A directory of one block gets an index. */
int ext4_index_make(struct ext4_handle *handle, struct ext4_inode *dir);
/* The block of entries at the way's end becomes two, for which the block of the index above it has room. */
int ext4_index_split_leaf(struct ext4_handle *handle, struct ext4_way *way, struct ext4_buffer *leaf);
/* The frame's entries, to be changed: its block is declared. */
struct ext4_dx_entry *ext4_index_entries(struct ext4_frame *frame);
/* How many entries there are, of at most `limit`. */
void ext4_index_count(struct ext4_dx_entry *entries, unsigned limit, unsigned count);
/* Behind frame->at; its count is less than its limit, and it is declared. */
void ext4_index_insert(struct ext4_frame *frame, uint32_t hash, uint32_t block);

/* ---- ext4_links.c ---- */
/* Whether no further directory can be in this one: -EMLINK. */
bool ext4_links_are_full(const struct inode *dir);
/* A directory came into this one, or left it. */
void ext4_links_add(struct inode *dir);
void ext4_links_drop(struct inode *dir);

#define EXT4_UNDO_MOST 4u

struct ext4_undo { /* what an operation changes of inodes; all zero: nothing yet */
    unsigned count;
    struct {
        struct ext4_inode *ei;
        uint32_t links;
        int64_t mtime, ctime;
    } inodes[EXT4_UNDO_MOST];
};

/* The inode is about to be changed. Once is enough. */
void ext4_undo_keep(struct ext4_undo *undo, struct inode *inode);
/* All of them are stored; or, when that fails, are as they were. */
int ext4_undo_store(struct ext4_undo *undo, struct ext4_handle *handle);
/* All are as they were. */
void ext4_undo_all(const struct ext4_undo *undo, struct ext4_handle *handle);
/* A name of the inode goes, at that time: it has a link less, and is an orphan if that was the last one. To be called
 * when all else is stored. -errno: it has as many as before. */
int ext4_links_victim(struct ext4_handle *handle, struct inode *victim, int64_t now);

#endif
