/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_check.h - what the two halves of the check after a crash share: entries (fat32_check.c), clusters
 * (fat32_claim.c). */
#ifndef GK_FS_FAT32_CHECK_H
#define GK_FS_FAT32_CHECK_H

#include "fs/fat32.h"

struct fat_check {
    struct fat_fs *fat;
    bool repair;          /* else the volume is read-only */
    struct inode claimed; /* a bit for each cluster: some chain has it */
    struct inode queue;   /* directories to be looked at */
    uint32_t queue_head, queue_tail;
    struct fat_moved *moved; /* entries with FAT_NT_MOVED; one page */
    uint32_t moved_count;
    uint32_t lines;                                       /* said so far */
    uint32_t files_cut, entries_removed, renames, mended; /* mended: what costs nobody anything */
    uint32_t clusters_freed;
};

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

#endif
