/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4.h - what the files of the implementation of ext2, ext3 and ext4 share. The disk is hostile: whatever is read
 * from it is checked where it is used. What changes it is in ext4_change.h.
 *
 *   ext4_disk.h     what is on the disk           ext4_buffer.c   blocks of it in memory
 *   ext4_mount.c    mount, statfs, remount        ext4_options.c  the options of it
 *   ext4_damage.c   what is wrong, on the log
 *   ext4_super.c    the superblock                ext4_feature.c  its features
 *   ext4_group.c    block groups                  ext4_itable.c   inodes on the disk
 *   ext4_inode.c    inodes in memory              ext4_map.c      where a file's blocks lie, by
 *   ext4_extent.c   extent trees, or              ext4_indirect.c ext2's block numbers
 *   ext4_io.c       pages to sectors              ext4_inline.c   data within inodes
 *   ext4_fiemap.c   where a file lies, for who asks
 *   ext4_dir.h      what these share:             ext4_dirblock.c blocks of directories
 *   ext4_index.c    their index                   ext4_hash.c     hashes of names
 *   ext4_dir.c      finding names                 ext4_list.c     listing them, from end to end
 *   ext4_order.c    a few in order                ext4_index_list.c  and in the order of their hashes:
 *   ext4_list_entry.c  one of them
 *   ext4_symlink.c  symbolic links
 *   ext4_xattr.c    extended attributes           ext4_xattr_value.c  their values
 *   ext4_acl.c      POSIX ACLs                    ext4_acl_load.c ... when an inode comes into memory
 *   ext4_lock.c     the volume's mutex, and what the VFS calls
 *
 * Each lies below those that use it. Functions return 0 or -errno; -EUCLEAN (Linux's EFSCORRUPTED) is damage and
 * -EBADMSG (EFSBADCRC) a wrong checksum, of which ext4_damage.c has told. Whoever calls has the volume, unless it says
 * otherwise.
 */
#ifndef GK_FS_EXT4_EXT4_H
#define GK_FS_EXT4_EXT4_H

#include "fs/ext4/ext4_buffer.h"
#include "fs/ext4/ext4_disk.h"
#include "fs/ext4/ext4_options.h"
#include "lib/printf.h"
#include "vfs/blk.h"
#include "vfs/fstype.h"
#include "vfs/vfs.h"

struct ext4_ops { /* what the VFS calls for each kind of inode (ext4_lock.c): it lies above those who make inodes */
    const struct inode_ops *dir, *file, *symlink, *other;
};

struct ext4_journal; /* ext4_journal.c */
struct ext4_alloc;   /* ext4_balloc.c */

struct ext4_fs {
    struct filesystem fs;
    struct blk_device *dev;
    const struct ext4_ops *ops;
    struct ext4_super super; /* as it is on the disk */
    struct ext4_buffers buffers;
    uint32_t compat, incompat, ro_compat; /* features */
    unsigned block_shift;
    uint32_t block_size;
    uint64_t blocks; /* numbered first_block .. blocks - 1 */
    uint64_t first_block;
    uint64_t super_block; /* in which the superblock is that was read */
    uint32_t groups, group_blocks, group_inodes, group_table_blocks;
    uint32_t inodes, first_inode; /* numbered 1 .. inodes; those below first_inode but the root aren't files */
    uint32_t inode_size, desc_size;
    unsigned cluster_shift; /* log2 of a cluster's blocks */
    uint32_t seed;          /* of checksums */
    bool has_checksums;     /* metadata_csum */
    uint32_t hash_unsigned; /* what is added to the version of a hash on the disk */
    uint32_t table_group;   /* whose inode table begins at `table`; 0 there: none */
    uint64_t table;
    uint64_t super_kib;   /* where the superblock is: 1, or what sb= says */
    unsigned damage_told; /* lines */
    uint32_t damage_last; /* of the last one: its checksum */
    unsigned dir_blocks;  /* of directories, that were looked at: every so often interrupts are */
    uint64_t order_seed;  /* of the order of names with the same hash: ext4_index_list.c. 0: none yet */
    struct ext4_options options;
    bool goes_on;  /* option errors=continue: damage that is found doesn't end writing */
    bool discards; /* option discard: what a transaction freed goes back to the disk */
    bool panics;   /* option errors=panic: it ends the machine */

    /* What is written: */
    struct ext4_journal *journal;          /* NULL: none */
    unsigned credits_unsaid;               /* how often one changed more blocks than it said: estimates are wrong */
    bool is_dead;                          /* something failed: nothing is written any more */
    bool was_valid;                        /* the superblock said so when it was mounted, and will again */
    void (*on_damage)(struct ext4_fs *e4); /* called for each; NULL: nothing is written, or not yet */
    uint64_t promised;                     /* blocks that are kept for delayed data, and for their trees */
    uint64_t promises_kept;                /* of these that were taken, ever: by who has the volume */
    struct ext4_alloc *alloc;
    struct list *later;   /* ext4_later: what is freed while fast commits are replayed; NULL: they aren't */
    struct list dying;    /* ext4_inode.end: inodes that nobody has any more, and that have no name */
    struct list orphans;  /* ext4_inode.link: in memory, and listed on the disk */
    uint32_t orphans_out; /* how often one has left memory, as it has a name, and is still listed */
};

struct ext4_run { /* blocks of a file in a row */
    uint32_t start, count;
    uint64_t disk;  /* 0: a hole, or nothing was written there: zeros */
    bool unwritten; /* the latter: there is room, of which `room` is the place */
    uint64_t room;
};

struct ext4_delayed; /* ext4_delayed.c */

struct ext4_slot { /* of a directory: the entry that was found last, or one that has room for the name looked for */
    uint32_t block, hash; /* hash: the name's, where there is an index */
    uint16_t at, before;  /* bytes in the block: the entry, and the one before it (the same: it is the first) */
    bool is_valid;
};

struct ext4_inode {
    struct inode inode;
    uint32_t flags, generation;
    uint32_t seed; /* of the checksums of what belongs to it */
    uint32_t extra_isize;
    uint32_t block[EXT4_POINTERS]; /* i_block: the root of its tree, pointers, data, a symbolic link or a device */
    uint64_t xattr_block;          /* 0: none */
    uint64_t sectors;              /* st_blocks */
    uint32_t value_hash;           /* of an attribute's value, if this is one */
    struct ext4_run last;          /* what was found last; count 0: nothing */
    uint64_t disk_size;            /* as the inode in its table says: it follows the data. Directories: inode.size */
    int64_t birth;                 /* when it was made, in ns since 1970 */
    uint32_t tid, data_tid;        /* transactions that last changed it; and where its data lie, or its size */
    uint32_t next_orphan;          /* in the list on the disk */
    bool is_orphan;
    bool flush_at_close; /* it was cut to nothing: its new data are written by the last close, not later */
    bool is_uncut;       /* it got shorter, but for want of memory not all that was behind the end is gone */
    struct list link;    /* ext4_fs.orphans */
    struct list end;     /* ext4_fs.dying */
    bool is_lost;        /* it can't be freed: e2fsck does that */
    struct tree delayed; /* ext4_delayed.c's: blocks of the file for which room is promised */
    struct ext4_delayed *delayed_last, *delayed_spare;
    uint64_t delayed_count; /* of these; and all that is promised, for their tree too */
    uint64_t promised;
    struct ext4_slot slot; /* dropped whenever a name comes or goes */
    bool lists_linear;     /* its index is damaged: it is listed from end to end */
};

static inline struct ext4_fs *ext4_of(const struct inode *inode)
{
    return container_of(inode->fs, struct ext4_fs, fs);
}

static inline struct ext4_inode *ext4_inode_of(const struct inode *inode)
{
    return container_of((struct inode *)(uintptr_t)inode, struct ext4_inode, inode);
}

static inline uint32_t ext4_number(const struct ext4_inode *ei)
{
    return (uint32_t)ei->inode.number;
}

/* Whether these blocks can be a file's. */
static inline bool ext4_blocks_are_valid(const struct ext4_fs *e4, uint64_t block, uint64_t count)
{
    return block > e4->first_block && block < e4->blocks && count <= e4->blocks - block;
}

extern const struct fs_type ext2_type, ext3_type, ext4_type;
extern const struct ext4_ops ext4_lock_ops; /* ext4_lock.c */

/* ---- ext4_damage.c: a line on the log with the file system and what is wrong, unless there were many. ---- */
/* -EUCLEAN. */
int ext4_damaged(struct ext4_fs *e4, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same of something of an inode's, at a block of the disk (0: in the inode). */
int ext4_inode_damaged(const struct ext4_inode *ei, uint64_t block, const char *what);
/* Its checksum is wrong: -EBADMSG. */
int ext4_sum_wrong(struct ext4_fs *e4, const char *what, uint64_t number);
/* Something was found wrong, which has been recorded: with errors=panic that is the end. */
void ext4_panic_if_asked(const struct ext4_fs *e4);

/* ---- ext4_feature.c ---- */
/* Whether it can be read: 0, or -EINVAL and a line with the names of what can't. Sets fs.read_only, with a line, where
 * it can't be written. */
int ext4_features_check(struct ext4_fs *e4);
/* Whether ext2, or ext3 (journal), may mount it, of which more may be unknown if nothing is written. */
bool ext4_features_are_old(const struct ext4_fs *e4, bool journal);

/* ---- ext4_super.c ---- */
/* Reads the superblock, checks every field that is used, and fills the geometry in. -EINVAL: there is none, silently;
 * or one that can't be used, with a line. */
int ext4_super_read(struct ext4_fs *e4);
int ext4_super_check(struct ext4_fs *e4);

/* ---- ext4_group.c ---- */
/* The group has a copy of the superblock, and of descriptors. */
bool ext4_group_has_super(const struct ext4_fs *e4, uint32_t group);
/* Descriptors have checksums, and flags that say what of a group was never used. */
static inline bool ext4_groups_have_sums(const struct ext4_fs *e4)
{
    return (e4->ro_compat & (EXT4_RO_METADATA_CSUM | EXT4_RO_GDT_CSUM)) != 0;
}
static inline uint64_t ext4_group_first(const struct ext4_fs *e4, uint32_t group) /* its first block */
{
    return (uint64_t)group * e4->group_blocks + e4->first_block;
}
static inline uint32_t ext4_group_of(const struct ext4_fs *e4, uint64_t block) /* the one that the block is in, */
{
    return (uint32_t)((block - e4->first_block) / e4->group_blocks);
}
static inline uint32_t ext4_group_index(const struct ext4_fs *e4, uint64_t block) /* and which of its blocks it is */
{
    return (uint32_t)((block - e4->first_block) % e4->group_blocks);
}
static inline uint32_t ext4_inode_group(const struct ext4_fs *e4, uint32_t number) /* the same of an inode, */
{
    return (number - 1) / e4->group_inodes;
}
static inline uint32_t ext4_inode_index(const struct ext4_fs *e4, uint32_t number) /* by its number */
{
    return (number - 1) % e4->group_inodes;
}
/* How many blocks at its beginning are a copy of the superblock, descriptors, and room for more of them. */
uint32_t ext4_group_base(const struct ext4_fs *e4, uint32_t group);
/* The descriptor where it lies, checked, with its block; of desc_size bytes. */
int ext4_group_desc(struct ext4_fs *e4, uint32_t group, struct ext4_buffer **buffer, struct ext4_desc **out);
uint16_t ext4_group_sum(const struct ext4_fs *e4, uint32_t group, const struct ext4_desc *raw);
/* Its descriptor, checked, the second half 0 where there is none. */
int ext4_group_read(struct ext4_fs *e4, uint32_t group, struct ext4_desc *out);
/* Where its inode table begins: all of it lies on the disk. */
int ext4_group_table(struct ext4_fs *e4, uint32_t group, uint64_t *out);
/* Blocks that hold no files' data: f_blocks is without them. */
uint64_t ext4_overhead(const struct ext4_fs *e4);

/* ---- ext4_itable.c ---- */
/* Whether an inode in its table has that field, which is behind the first 128 bytes. */
#define EXT4_HAS_FIELD(e4, raw, field)         \
    ((e4)->inode_size > EXT4_OLD_INODE_SIZE && \
     EXT4_OLD_INODE_SIZE + (raw)->extra_isize >= offsetof(struct ext4_raw_inode, field) + sizeof((raw)->field))
/* The inode in its table, with the block that it is in; its checksum is right, and extra_isize may be used. */
int ext4_itable_get(struct ext4_fs *e4, uint32_t number, struct ext4_buffer **buffer, struct ext4_raw_inode **out);
/* The bytes behind its fields, where attributes are: *size may be 0. */
void *ext4_itable_room(const struct ext4_fs *e4, struct ext4_raw_inode *raw, size_t *size);
/* Of the checksums of what belongs to an inode. */
uint32_t ext4_itable_seed(const struct ext4_fs *e4, uint32_t number, uint32_t generation);

/* ---- ext4_extent.c, ext4_indirect.c, ext4_map.c ---- */
/* Where the file's block `block` lies, and how many from there on are in a row, up to `most`. A hole is as long as
 * that is known without much ado. */
int ext4_extent_find(struct ext4_inode *ei, uint32_t block, uint32_t most, struct ext4_run *out);
int ext4_indirect_find(struct ext4_inode *ei, uint32_t block, uint32_t most, struct ext4_run *out);
int ext4_map_find(struct ext4_inode *ei, uint32_t block, uint32_t most, struct ext4_run *out);
/* The same, if it is known without a look at the disk: needs no volume. */
bool ext4_map_recall(const struct ext4_inode *ei, uint32_t block, uint32_t most, struct ext4_run *out);
/* What is in the inode itself makes sense. */
int ext4_extent_check_root(const struct ext4_inode *ei);
int ext4_indirect_check_root(const struct ext4_inode *ei);
/* A block of the file's that is the file system's own. *out: NULL in a hole. */
int ext4_map_buffer(struct ext4_inode *ei, uint32_t block, struct ext4_buffer **out);

/* ---- ext4_sync.c ---- */
/* Of the running transaction, 0: there is none. An inode that is read from its table may have been changed by it, and
 * have left memory since, so that who syncs it has to wait for that. */
uint32_t ext4_running_tid(const struct ext4_fs *e4);

/* ---- ext4_inode.c ---- */
enum ext4_inode_use {
    EXT4_FOR_FILES,   /* what a name leads to */
    EXT4_FOR_VALUES,  /* values of attributes */
    EXT4_FOR_ORPHANS, /* any, which may have no name any more */
};
/* What the table has as that number, checked, with a reference, and not in the cache: for what no name leads to. */
int ext4_inode_read(struct ext4_fs *e4, uint32_t number, enum ext4_inode_use use, struct inode **out);
/* The inode with that number. -EUCLEAN: it isn't one for that. */
int ext4_inode_get(struct ext4_fs *e4, uint32_t number, enum ext4_inode_use use, struct inode **out);
bool ext4_inode_is_inline(const struct ext4_inode *ei);
/* It is a symbolic link whose text is in i_block. */
bool ext4_inode_is_fast_link(const struct ext4_inode *ei);
/* What is in i_block tells where its blocks lie. */
bool ext4_inode_has_map(const struct ext4_inode *ei);
void ext4_inode_release(struct inode *inode); /* ext4_birth.c */
/* What the VFS calls for inodes of that mode's type; NULL: it is none. */
const struct inode_ops *ext4_inode_ops(const struct ext4_fs *e4, uint32_t mode);
uint64_t ext4_inode_blocks(const struct inode *inode);

/* ---- ext4_xattr.c, ext4_xattr_value.c, ext4_acl.c: inode_ops, but for the lock ---- */
struct ext4_xattr_found {
    struct ext4_buffer *buffer; /* that has the entry */
    const struct ext4_xattr_entry *entry;
    const char *values, *end; /* value_offs counts from there; nothing lies behind `end` */
};
/* The attribute of that kind and name, in the inode or its block: -ENODATA. Then found->buffer is the caller's to put.
 */
int ext4_xattr_find(struct ext4_inode *ei, unsigned index, const char *name, size_t length,
                    struct ext4_xattr_found *found);
/* Calls for each one, until it doesn't return 0. */
typedef int ext4_xattr_visit(void *arg, const struct ext4_xattr_entry *entry);
int ext4_xattr_each(struct ext4_inode *ei, ext4_xattr_visit *visit, void *arg);
/* Its bytes, if they fit: the size, or -ERANGE; size 0: just the size. */
int64_t ext4_xattr_value(struct ext4_inode *ei, const struct ext4_xattr_found *found, void *value, size_t size);
int64_t ext4_get_xattr(struct inode *inode, const char *name, void *value, size_t size);
int64_t ext4_list_xattr(struct inode *inode, char *list, size_t size);
/* What the VFS keeps with an inode in memory: its lists, and whether it has security.capability. Damage makes it one
 * that nobody but its owner may use (vfs/acl.h), and is no error. -ENOMEM. */
int ext4_attributes_load(struct ext4_inode *ei);
/* An ACL as the disk has it becomes what system.posix_acl_* gives: its size; -ERANGE; size 0: just the size. */
int64_t ext4_acl_convert(const void *disk, size_t disk_size, void *value, size_t size);

/* ---- ext4_inline.c ---- */
#define EXT4_INLINE_NAME "data" /* of the attribute with the second part: behind "system." */
/* Data within the inode: `size` bytes from `pos` on, zeros behind what there is. */
int ext4_inline_read(struct ext4_inode *ei, uint64_t pos, void *dst, size_t size);
#define EXT4_INLINE_PARTS 2u
/* The parts of a directory's entries: *count bytes into `dst`, which has a block's size. */
int ext4_inline_part(struct ext4_inode *ei, unsigned part, void *dst, size_t *count);

/* ---- ext4_io.c: for who doesn't have the volume. inode_ops ---- */
int ext4_read_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
int ext4_map(struct inode *inode, bool write, uint64_t pos, uint64_t size, struct blk_extent *out);
int64_t ext4_seek_data(struct inode *inode, uint64_t pos, bool hole);

/* ---- ext4_fiemap.c: the same. inode_ops ---- */
int ext4_find_extent(struct inode *inode, uint64_t pos, uint64_t end, bool attributes, struct file_extent *out);

/* ---- ext4_hash.c ---- */
/* A version that is known, of the unsigned ones too. */
bool ext4_hash_is_known(unsigned version);
uint32_t ext4_hash(const struct ext4_fs *e4, unsigned version, const char *name, size_t length);

/* ---- ext4_dirblock.c ---- */
/* Whether names are found by their hash. */
bool ext4_dir_has_index(const struct ext4_inode *dir);

/* ---- ext4_dir.c ---- */
/* The number of the inode of that name: -ENOENT. */
int ext4_dir_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out);

/* ---- ext4_list.c ---- */
/* inode_ops.read_dir. Where there may be an index a position is a hash (ext4_index_list.c), as blocks are split while
 * somebody lists; else it is a byte of the directory's, at or behind which the next entry begins. */
int ext4_read_dir(struct inode *inode, uint64_t pos, dir_emit *emit, void *arg);

/* ---- ext4_symlink.c ---- */
int64_t ext4_read_link(struct inode *inode, char *buf);

#endif
