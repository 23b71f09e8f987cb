/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal.h - the journal of a file system that is mounted: ext4_journal.c, ext4_journal_io.c, ext4_handle.c. */
#ifndef GK_FS_EXT4_JOURNAL_H
#define GK_FS_EXT4_JOURNAL_H

#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_fc_scan.h"

#define EXT4_JOURNAL_SLOTS 16u    /* requests that are under way at a time */
#define EXT4_JOURNAL_SEGMENTS 16u /* of one */

struct ext4_journal_run { /* blocks of the journal in a row */
    uint32_t start, count;
    uint64_t disk;
};

struct ext4_journal_slot {
    struct blk_request request;
    struct blk_segment segments[EXT4_JOURNAL_SEGMENTS];
};

struct ext4_journal {
    struct jbd2 jbd2;
    struct ext4_fs *e4;
    bool is_open;                  /* it is written to */
    uint32_t blocks;               /* of it */
    struct ext4_journal_run *runs; /* by `start` */
    unsigned run_count, run_room;
    struct ext4_fc_scan fast;                           /* jbd2.has_fast_commits: those that are to be replayed */
    struct ext4_journal_slot slots[EXT4_JOURNAL_SLOTS]; /* here, as a write must not need memory */
};

/* Before the first operation: memory for writing, which who only reads doesn't need. -ENOMEM. */
int ext4_journal_ready(struct ext4_journal *journal);
/* What is held until fast commits are replayed is committed and brought to its place; then it isn't open any more. */
int ext4_journal_release(struct ext4_journal *journal);
/* Whether some of these blocks are its own. */
bool ext4_journal_meets(const struct ext4_journal *journal, uint64_t block, uint64_t count);
/* ext4_journal_io.c. A block of the area for fast commits, of which `index` 0 is the first. */
int ext4_journal_read_fast(struct ext4_journal *journal, uint32_t index, void *data);
/* ctx: struct ext4_journal. */
extern const struct jbd2_ops ext4_journal_ops;

/* Whether what changes goes through a journal. */
static inline bool ext4_is_logged(const struct ext4_fs *e4)
{
    return e4->journal != NULL;
}

#endif
