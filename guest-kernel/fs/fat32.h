/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32.h - what the files of the FAT32 implementation share. "FAT spec" is Microsoft's "FAT: General Overview of
 * On-Disk Format", version 1.03. The disk is hostile: whatever is read from it is checked where it is used.
 *
 * Sectors are 512 bytes here, whatever the volume's own are; fields on the disk and our ISAs are little-endian.
 *
 *   fat32.c        mount, sync, statfs        fat32_chain.c  clusters of a file, growing and shrinking
 *   fat32_bpb.c    the boot sector            fat32_io.c     pages to sectors
 *   fat32_table.c  entries of the FAT         fat32_name.c   names, long and short
 *   fat32_alloc.c  free clusters              fat32_dir.c    looking into directories
 *   fat32_time.c   dates                      fat32_slots.c  changing them
 *   fat32_inode.c  files in memory            fat32_namei.c  create, unlink, rename
 *   fat32_order.c  what is written when       fat32_check.c  after a crash; its parts: fat32_check.h
 *   fat32_lock.c   the volume's mutex         fat32_trim.c   free clusters go back to the disk
 */
#ifndef GK_FS_FAT32_H
#define GK_FS_FAT32_H

#include "lib/list.h"
#include "vfs/blk.h"
#include "vfs/fstype.h"
#include "vfs/icache.h"
#include "vfs/pagecache.h"
#include "vfs/vfs.h"

#define FAT_FIRST_CLUSTER 2u
#define FAT_MASK 0x0fffffffu /* the upper four bits of an entry are reserved and stay */
#define FAT_FREE 0u
#define FAT_END_MIN 0x0ffffff8u /* this and above: the last of a chain */
#define FAT_END 0x0fffffffu
#define FAT_UNMOUNTED 0x08000000u /* in entry 1: it was unmounted properly */
#define FAT_UNKNOWN 0xffffffffu   /* FSInfo: free count or hint not known */
#define FAT_ENTRIES_PER_PAGE (PAGE_SIZE / 4)

#define FAT_SLOT_SIZE 32u /* a directory entry */
#define FAT_SLOTS_PER_PAGE (PAGE_SIZE / FAT_SLOT_SIZE)
#define FAT_DIR_SIZE_MAX (65536u * FAT_SLOT_SIZE) /* FAT spec, "FAT Directory Structure" */
#define FAT_FILE_SIZE_MAX 0xffffffffull
#define FAT_RUNS_MAX (PAGE_SIZE / sizeof(struct fat_run))

enum { /* DIR_Attr */
       FAT_READ_ONLY = 0x01,
       FAT_VOLUME_ID = 0x08,
       FAT_DIRECTORY = 0x10,
       FAT_ARCHIVE = 0x20,
       FAT_LONG_NAME = 0x0f,
       FAT_LONG_NAME_MASK = 0x3f,
};
#define FAT_DELETED 0xe5 /* DIR_Name[0] */
#define FAT_LONG_LAST 0x40u
#define FAT_PIECE_UNITS 13u /* of UTF-16, in a long-name slot */
/* In DIR_NTRes, whose other bits are reserved, and only while a rename is on its way to the disk: this is the new
 * place, and there may be an old one that leads to the same clusters (fat32_order.c). */
#define FAT_NT_MOVED 0x80u

struct fat_slot { /* a short directory entry; every field is naturally aligned */
    uint8_t name[11];
    uint8_t attributes, nt_case, create_hundredths;
    uint16_t create_time, create_date, access_date, cluster_high, write_time, write_date, cluster_low;
    uint32_t size;
};
_Static_assert(sizeof(struct fat_slot) == FAT_SLOT_SIZE, "FAT spec, directory entry");

struct fat_run { /* clusters in a row */
    uint32_t file, disk, count;
};

struct fat_unused { /* a chain that nothing in memory leads to */
    struct fat_unused *next;
    uint32_t start;
};

struct fat_fs {
    struct filesystem fs;
    struct blk_device *dev;
    const struct inode_ops *dir_ops, *file_ops; /* fat_dir_ops ...: what their functions need lies below them */
    unsigned cluster_shift;                     /* log2 of a cluster's bytes */
    uint32_t cluster_sectors;
    uint32_t cluster_end; /* clusters are numbered 2 .. cluster_end - 1 */
    uint32_t root_cluster;
    uint64_t data_sector; /* of cluster 2 */
    uint32_t fat_sector, fat_sectors, fat_count;
    int only_fat;          /* the one FAT in use, or -1: all are kept the same */
    struct inode table;    /* the FAT's pages */
    uint32_t free_count;   /* or FAT_UNKNOWN */
    uint32_t next_free;    /* where to look first */
    struct page *boot;     /* the volume's first sectors, for FSInfo and the dirty mark */
    struct page *info;     /* where FSInfo is: that page, or another */
    uint64_t info_sector;  /* 0: none that we could use */
    struct page *zero;     /* for filling gaps */
    bool info_dirty;       /* free_count or next_free are not on the disk yet */
    bool info_written;     /* since the last flush */
    bool was_dirty;        /* marked so when we came */
    bool stays_dirty;      /* there is something left that only a check can mend */
    bool marked_dirty;     /* by us */
    bool complained;       /* about damage */
    struct list displaced; /* inodes whose number is not their place's */
    uint64_t last_number;  /* for those */
    /* fat32_order.c */
    struct list grown;            /* directories with clusters whose contents aren't on the disk yet */
    struct fat_removal *removals; /* renamed entries whose old place is still on the disk; one page, or NULL */
    uint32_t removal_count;
    struct fat_unused *unused; /* chains that are taken until nothing on the disk leads to them */
    uint32_t unused_count;
    bool unordered;  /* something was written since the last flush that the next step must not overtake */
    bool committing; /* a commit is under way */
    int files_error; /* the first file's in the last commit that could not be stored */
};

struct fat_inode {
    struct inode inode;
    struct inode *dir;            /* of its entry, with a reference; NULL: the root's, which has none */
    struct fat_inode *dying_next; /* fat_release's */
    uint32_t start;               /* first cluster; 0: none */
    uint32_t slot;                /* of the short entry in the parent */
    uint32_t first_room;          /* directories: no slot below is free */
    uint8_t attributes;
    uint64_t valid; /* bytes on the disk that are the file's; up to its size the rest reads as zeros */
    /* The chain as far as it was walked: runs in order. When the array is full its last element moves along. */
    struct fat_run *runs;
    uint32_t run_count, run_slots;
    uint32_t walked; /* clusters of the file that were walked; the last is `last` */
    uint32_t last;
    bool chain_ended; /* and that was all */
    struct list displaced;
    struct list grown; /* directories: in fat_fs.grown */
    bool fresh;        /* directories: nothing on the disk leads here yet */
    uint32_t links;    /* directories: st_nlink; 0: not known */
    uint32_t removals; /* directories: of fat_fs.removals, those that are in here */
};

struct fat_name {                 /* a name as a user gives it */
    uint16_t units[NAME_MAX + 1]; /* UTF-16 */
    unsigned length;              /* in units */
    unsigned pieces;              /* long-name slots that it takes */
    uint8_t alias[11];            /* as a short name, if has_alias */
    bool has_alias;               /* it is a short name but for case */
    bool is_short;                /* it is one as it stands: no long-name slots */
    bool wide;                    /* not ASCII throughout */
};

struct fat_found {        /* a directory entry */
    uint32_t slot, first; /* of the short entry, and the first of its long-name slots (or the same) */
    struct fat_slot entry;
};

static inline struct fat_fs *fat_of(const struct inode *inode)
{
    return container_of(inode->fs, struct fat_fs, fs);
}

static inline struct fat_inode *fat_inode_of(struct inode *inode)
{
    return container_of(inode, struct fat_inode, inode);
}

static inline bool fat_is_cluster(const struct fat_fs *fat, uint32_t cluster)
{
    return cluster >= FAT_FIRST_CLUSTER && cluster < fat->cluster_end;
}

extern const struct fs_type fat32_type;
extern const struct inode_ops fat_dir_ops, fat_file_ops; /* fat32_lock.c */

/* What fat_entry_remove took away: enough to put it back. */
struct fat_removed {
    uint8_t first_byte; /* of the short name */
    uint8_t pieces;     /* long-name slots before it */
};

/* ---- fat32_bpb.c: 0, -EINVAL (not FAT32), -EIO ---- */
int fat_boot_read(struct fat_fs *fat);
int fat_info_write(struct fat_fs *fat); /* FSInfo, if it changed */
/* Sets and clears the mark that says that the volume is in use. */
int fat_mark_dirty(struct fat_fs *fat);
int fat_mark_clean(struct fat_fs *fat);
/* Says once what is wrong with the volume. Returns -EIO. */
int fat_damaged(struct fat_fs *fat, const char *what);

/* ---- fat32_table.c ---- */
int fat_table_page(struct fat_fs *fat, uint32_t cluster, struct page **out);
int fat_table_get(struct fat_fs *fat, uint32_t cluster, uint32_t *out);
int fat_table_set(struct fat_fs *fat, uint32_t cluster, uint32_t value);
void fat_table_changed(struct fat_fs *fat, uint32_t cluster, struct page *page);

/* ---- fat32_alloc.c ---- */
/* Takes up to `want` free clusters in a row, from `hint` on if they are free there, linked and ended. -ENOSPC. */
int fat_alloc(struct fat_fs *fat, uint32_t hint, uint32_t want, uint32_t *start, uint32_t *count);
/* Frees a chain from `cluster` on. */
int fat_free_chain(struct fat_fs *fat, uint32_t cluster);
int fat_count_free(struct fat_fs *fat); /* sets free_count if it is unknown */

/* ---- fat32_chain.c ---- */
/* Where the file's n-th cluster lies, and how many from there on are in a row, up to max. -ENODATA: beyond the end. */
int fat_chain_map(struct fat_inode *fi, uint32_t n, uint32_t max, uint32_t *disk, uint32_t *count);
/* The same, if it is known without a look at the FAT: needs no lock. */
bool fat_chain_recall(const struct fat_inode *fi, uint32_t n, uint32_t max, uint32_t *disk, uint32_t *count);
/* Whether it is known, without a look at the FAT, that the file has room for `size` bytes: needs no lock. */
bool fat_chain_has(const struct fat_inode *fi, uint64_t size);
int fat_chain_length(struct fat_inode *fi, uint32_t limit, uint32_t *out); /* -EIO if it is above limit */
int fat_chain_grow(struct fat_inode *fi, uint32_t clusters);               /* all or nothing: -ENOSPC */
/* The rest is free once nothing on the disk leads there any more. */
int fat_chain_cut(struct fat_inode *fi, uint32_t clusters);
void fat_chain_forget(struct fat_inode *fi);
uint32_t fat_clusters_for(const struct fat_fs *fat, uint64_t size);

/* ---- fat32_io.c ---- */
int fat_map(struct inode *inode, bool write, uint64_t pos, uint64_t size, struct blk_extent *out);
int fat_read_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
int fat_write_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
int fat_table_read(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
int fat_table_write(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
int fat_zero_until(struct fat_inode *fi, uint64_t end); /* the disk has zeros from `valid` to there */

/* ---- fat32_name.c ---- */
int fat_name_parse(struct fat_name *name, const char *bytes, size_t length);
/* The i-th unit of a long-name slot, below FAT_PIECE_UNITS. */
unsigned fat_piece_unit(const uint8_t *slot, unsigned i);
bool fat_name_is_piece(const struct fat_name *name, unsigned piece, const uint8_t *slot);
bool fat_name_is_short(const struct fat_name *name, const struct fat_slot *slot);
void fat_name_make_piece(const struct fat_name *name, unsigned piece, uint8_t checksum, uint8_t *slot);
/* The n-th guess at a short name for a long one. */
void fat_name_make_alias(const struct fat_name *name, unsigned n, uint8_t alias[11]);
uint8_t fat_checksum(const uint8_t short_name[11]);
/* UTF-8 into dst, which has room for NAME_MAX bytes. The length; 0: nothing that may be shown. */
size_t fat_name_from_units(const uint16_t *units, unsigned count, char *dst);
size_t fat_name_from_short(const struct fat_slot *slot, char *dst);

/* ---- fat32_dir.c ---- */
struct fat_cursor { /* walks a directory's slots */
    struct inode *dir;
    struct page *page; /* the `index`-th, or NULL */
    uint32_t index;
};
/* The slot at `n`, good until the next call; NULL at the end of the directory. */
int fat_cursor_at(struct fat_cursor *cursor, uint32_t n, struct fat_slot **out);
void fat_cursor_done(struct fat_cursor *cursor);
void fat_cursor_changed(struct fat_cursor *cursor, uint32_t n);

/* Long-name slots come last piece first, right before their short entry, and carry its checksum. */
struct fat_long {
    uint32_t first; /* slot of the first of them */
    uint8_t pieces; /* in all */
    uint8_t left;   /* that are still to come; 0 with pieces > 0: complete */
    uint8_t checksum;
};
/* Takes in the next long-name slot. Its piece's number, or -1: it is out of order. */
int fat_long_step(struct fat_long *state, const uint8_t *slot, uint32_t n);
bool fat_long_belongs(const struct fat_long *state, const struct fat_slot *slot);

int fat_dir_find(struct inode *dir, const struct fat_name *name, struct fat_found *out); /* -ENOENT */
/* 1, 0, -errno. *ghost: the free slot that last held this name; FAT_UNKNOWN: there is none; or FAT_MANY. NULL: don't
 * care. */
#define FAT_MANY 0xfffffffeu
int fat_dir_has_alias(struct inode *dir, const uint8_t alias[11], uint32_t except, uint32_t *ghost);
int fat_count_links(struct inode *dir, uint32_t *out);
int fat_dir_is_empty(struct inode *dir); /* 1, 0, -errno */
/* What tells a file, as FAT has no inodes: where its entry stands. st_ino, as a rule. */
uint64_t fat_place_number(const struct inode *dir, uint32_t slot);
/* inode_ops.read_dir. A position is a slot's number; what has no name that may be shown is left out. */
int fat_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg);

/* ---- fat32_slots.c ---- */
/* Adds an entry with this name and the rest of `entry`. except: a slot that is about to go (or FAT_UNKNOWN). */
int fat_entry_add(struct inode *dir, const struct fat_name *name, const struct fat_slot *entry, uint32_t except,
                  uint32_t *slot);
/* Removes the entry whose short slot is given, and its long-name slots. */
int fat_entry_remove(struct inode *dir, uint32_t n, struct fat_removed *was);

/* ---- fat32_order.c ---- */

/* Writes all that changed, in an order that a crash can't hurt. 0 or the first error; then the rest stays dirty. A file
 * that can't be stored stays as it is on the disk, and the others aren't kept from it: fat_fs.files_error. */
int fat_commit(struct fat_fs *fat);

/* ---- fat32_trim.c ---- */
/* filesystem_ops.trim. Enters the volume. */
int fat_trim(struct filesystem *fs, uint64_t start, uint64_t size, uint64_t least, uint64_t *done);
/* The chain from `start` on, which nothing in memory leads to any more, is free after the next commit. */
void fat_free_later(struct fat_fs *fat, uint32_t start);
/* The disk is full: has what was given up free at once. 0: try again; -ENOSPC: there is nothing; or an error. */
int fat_give_back(struct fat_fs *fat);
/* Before an operation on names: commits if there is much to remember. */
int fat_keep_pace(struct fat_fs *fat);
/* Before a rename of what is at `slot`: room for one fat_removal_add. */
int fat_removal_prepare(struct inode *dir, uint32_t slot);
/* The entry that was taken away from `slot` is at new_slot now: on the disk it leaves the old place after it has
 * arrived at the new one. replaced: there was another entry there. */
void fat_removal_add(struct inode *dir, uint32_t slot, const struct fat_removed *was, struct inode *new_dir,
                     uint32_t new_slot, bool replaced);
/* Whether the slot, which looks free, is still needed for that. */
bool fat_removal_covers(struct inode *dir, uint32_t slot);
void fat_removals_forget(struct fat_fs *fat);
/* The directory has clusters that the disk doesn't know yet: all of them (whole), or some at its end. */
void fat_dir_is_new(struct fat_inode *fi, bool whole);

/* ---- fat32_check.c ---- */

/* Looks over a volume that was not unmounted, and makes it consistent (unless it is read-only: then it only reports).
 * What can't be followed is cut off, with a line on the log for each of the first few; clusters that nothing leads to
 * are freed. Bounded by the size of the volume, whatever it holds. 0; -EIO or -ENOMEM: it isn't done. */
int fat_check(struct fat_fs *fat);

/* ---- fat32_inode.c ---- */
/* A directory that isn't in the inode cache, by its first cluster. */
int fat_inode_dir(struct fat_fs *fat, uint32_t start, struct inode **out);
/* The inode of a directory entry, with a reference. */
int fat_inode_get(struct inode *dir, uint32_t slot, const struct fat_slot *entry, struct inode **out);
int fat_inode_root(struct fat_fs *fat, struct inode **out);
void fat_inode_move(struct fat_inode *fi, struct inode *dir, uint32_t slot);
void fat_inode_detach(struct fat_inode *fi); /* its entry is gone */
int fat_write_inode(struct inode *inode);
int fat_set_attr(struct inode *inode, struct attr_change *change);
int fat_truncate(struct inode *inode, uint64_t size);
int fat_allocate(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size);
int fat_reserve(struct inode *inode, uint64_t size);
void fat_release(struct inode *inode);

/* ---- fat32_namei.c ---- */
int fat_lookup(struct inode *dir, const char *bytes, size_t length, struct inode **out);
int fat_create(struct inode *dir, const char *bytes, size_t length, uint32_t mode, uint64_t rdev, struct inode **out);
int fat_unlink(struct inode *dir, const char *bytes, size_t length, struct inode *victim);
int fat_rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
               const char *new_name, size_t new_length, struct inode *victim, unsigned flags);

/* ---- fat32_time.c: ns since 1970 and the FAT's two words (local time is taken as UTC) ---- */
int64_t fat_time_read(uint16_t date, uint16_t time, uint8_t hundredths);
void fat_time_write(int64_t ns, uint16_t *date, uint16_t *time, uint8_t *hundredths);

#endif
