/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_recover.h - what the parts of a replay share: the walk along the log (jbd2_recover.c), the search for its end
 * (jbd2_scan.c), the writing of blocks (jbd2_replay.c). */
#ifndef GK_FS_EXT4_JBD2_RECOVER_H
#define GK_FS_EXT4_JBD2_RECOVER_H

#include "fs/ext4/jbd2_internal.h"

enum jbd2_pass { JBD2_PASS_SCAN, JBD2_PASS_REVOKE, JBD2_PASS_WRITE };

struct jbd2_replay {
    struct jbd2 *journal;
    struct jbd2_recovery result;

    /* Where the walk is. */
    uint32_t next;   /* block of the log */
    uint32_t walked; /* blocks, in this walk */
    uint32_t tid;    /* of the transaction that is expected there */
    struct jbd2_batch window;
    uint32_t window_start;

    /* What the scan found. */
    bool has_end, ended; /* end_tid is known; the walk is to end */
    uint32_t end_tid;    /* of the first transaction that isn't there, */
    uint32_t end;        /* and the block where it would begin */
    bool has_failed;     /* the commit block of failed_tid is damaged */
    uint32_t failed_tid;
    bool is_suspicious; /* a checksum of this transaction was wrong */
    uint64_t last_time; /* of the last commit block */
    uint32_t crc;       /* of compat checksum, so far */

    /* What the writing needs. */
    uint64_t low, high; /* of this round: numbers of blocks, up to and with `high` */
    struct tree revoked;
    uint32_t revoked_count; /* of them */
    uint8_t *descriptor;    /* a copy, while the window moves on */
    struct jbd2_io *writes; /* for blocks in the window */
    unsigned write_count;
    int damage; /* -errno of blocks that couldn't be replayed */
};

/* jbd2_window.c: a block of the log, until the next call; NULL after an error. What is to be written is written first
 * if the window moves. */
int jbd2_replay_read(struct jbd2_replay *replay, uint32_t block, uint8_t **data);
/* Writes what was gathered of the window's blocks. */
int jbd2_replay_write_out(struct jbd2_replay *replay);
/* The walk goes on, so many blocks further. */
static inline void jbd2_replay_advance(struct jbd2_replay *replay, uint32_t count)
{
    const struct jbd2 *journal = replay->journal;
    uint32_t size = journal->last - journal->first;

    replay->next = journal->first + (replay->next - journal->first + count % size) % size;
    replay->walked += count;
}
/* The number of the next block of the log; the walk goes on behind it. */
static inline uint32_t jbd2_replay_take(struct jbd2_replay *replay)
{
    uint32_t block = replay->next;

    jbd2_replay_advance(replay, 1);
    return block;
}

/* jbd2_scan.c: the blocks that may be found. */
int jbd2_scan_descriptor(struct jbd2_replay *replay, uint8_t *block);
void jbd2_scan_revoke_block(struct jbd2_replay *replay, uint8_t *block);
int jbd2_scan_commit(struct jbd2_replay *replay, uint8_t *block);

/* jbd2_replay.c: writes what a descriptor tells of; later, when there is enough of it. */
int jbd2_replay_descriptor(struct jbd2_replay *replay, const uint8_t *block);

#endif
