/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_check.h - what the parts of the check after a crash share. Each uses those below it:
 *
 *   fat32_check.c  all of it: its order, what is stored and said at its end
 *   fat32_moved.c  what was being renamed
 *   fat32_scan.c   directories, entries
 *   fat32_claim.c  clusters
 */
#ifndef GK_FS_FAT32_CHECK_H
#define GK_FS_FAT32_CHECK_H

#include "fs/fat32.h"

#define FAT_CHECK_LINES_MAX 10u /* entries that are named on the log */

struct fat_check {
    struct fat_fs *fat;
    bool repair;          /* else the volume is read-only */
    struct inode claimed; /* a bit for each cluster: some chain has it */
    struct inode queue;   /* struct fat_queued: directories that were found */
    uint32_t queue_head, queue_tail;
    struct fat_moved *moved; /* entries with FAT_NT_MOVED; one page */
    uint32_t moved_count;
    uint32_t lines;                                       /* said so far */
    uint32_t files_cut, entries_removed, renames, mended; /* mended: what costs nobody anything */
    uint32_t clusters_freed;
};

struct fat_queued { /* a directory to be looked at; as many as fit fill a page of the queue */
    uint32_t start;
    uint32_t above; /* its parent's place in the queue */
};

struct fat_place { /* of a directory */
    uint32_t start, parent;
};

struct fat_moved { /* an entry with FAT_NT_MOVED */
    uint32_t start, dir, slot;
    uint32_t index;     /* the directory's place in the queue */
    bool is_dir, whole; /* whole: its long name is there */
    bool waits, found;  /* somebody has its clusters; that is its old place, which is gone */
};

#define FAT_MOVED_MAX (PAGE_SIZE / sizeof(struct fat_moved))

struct fat_scan { /* one directory */
    struct fat_check *check;
    struct inode *dir;
    uint32_t start, parent;
    uint32_t index; /* its place in the queue, where entries are claimed */
    struct fat_cursor cursor;
    struct fat_long state;
    uint32_t pieces_from; /* long-name slots without their entry so far begin here; or FAT_UNKNOWN */
};

/* ---- fat32_claim.c ---- */

/* How a chain ends. */
enum fat_chain_end {
    FAT_CHAIN_SOUND,
    FAT_CHAIN_LONG,    /* it goes on beyond the limit */
    FAT_CHAIN_FREE,    /* in a cluster that is free */
    FAT_CHAIN_OUTSIDE, /* in no cluster at all */
    FAT_CHAIN_CROSSED, /* in a cluster that somebody has, perhaps itself */
};

/* Claims up to `limit` clusters of the chain from `start` on, and has it end with the last one. *count: how many. */
int fat_claim_chain(struct fat_check *check, uint32_t start, uint32_t limit, uint32_t *count, enum fat_chain_end *end);
/* Whether somebody has the cluster: 1, 0 or -errno. */
int fat_claim_test(struct fat_check *check, uint32_t cluster);
/* Frees what nobody claimed, counts what is free, and makes all copies of the FAT the same. */
int fat_claim_finish(struct fat_check *check);

/* The place of the n-th thing of `size` bytes (a power of two) in one of the two; *page: to be put afterwards. */
int fat_check_at(struct inode *scratch, uint64_t n, unsigned size, struct page **page, void **out);

/* ---- fat32_scan.c ---- */

/* A directory to be looked at, its place in the queue, its parent's cluster. The index is below queue_tail. */
int fat_queue_add(struct fat_check *check, struct fat_queued directory);
int fat_queue_at(struct fat_check *check, uint32_t index, struct fat_queued *out);
int fat_queue_place(struct fat_check *check, uint32_t index, struct fat_place *out);
/* Looks at the directories in the queue, and at those that are found in them. */
int fat_queue_run(struct fat_check *check);

/* Opens a directory, has `work` done in it, and stores what that changed. */
int fat_scan_in(struct fat_check *check, struct fat_place at, int (*work)(struct fat_scan *scan, void *arg), void *arg);
/* Has `action` done with each entry of the directory but "." and "..". *slot: good until the cursor moves. */
typedef int fat_entry_action(struct fat_scan *scan, struct fat_slot *slot, uint32_t n);
int fat_scan_slots(struct fat_scan *scan, fat_entry_action *action);
/* The entry claims its clusters; what it can't have is cut off, and a directory without any goes. */
int fat_scan_entry(struct fat_scan *scan, struct fat_slot *slot, uint32_t n);
/* "." and "..", where they are, lead where they should. */
void fat_scan_dots(struct fat_scan *scan, struct fat_slot *slot, uint32_t n);

/* ---- fat32_moved.c ---- */

/* Decides for each entry of check->moved whether it or its old place stays. */
int fat_moved_finish(struct fat_check *check);

static inline uint32_t fat_slot_start(const struct fat_slot *slot)
{
    return ((uint32_t)slot->cluster_high << 16 | slot->cluster_low) & FAT_MASK;
}

#endif
