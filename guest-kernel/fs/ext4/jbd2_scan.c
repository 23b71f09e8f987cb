/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_scan.c - where the log ends, by its commit blocks and checksums.
 *
 * A transaction that was being written when the power went lacks its commit block: the walk finds something else there,
 * and the log ends without further ado. A wrong checksum says one of two things. The block was there once and is
 * damaged now: that must not be passed over. Or the log is at an end, and what lies behind is from an earlier time (of
 * a journal that was made anew at the same place, whose transactions had the same numbers). The time in the commit
 * block tells: it only grows within one journal.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/jbd2_crc.h"
#include "fs/ext4/jbd2_recover.h"

static bool has_old_checksum(const struct jbd2_replay *replay)
{
    return (replay->journal->compat & JBD2_COMPAT_CHECKSUM) != 0;
}

/* The checksum of compat checksum goes over descriptors and data. */
static int old_checksum_add(struct jbd2_replay *replay, const uint8_t *block, uint32_t count)
{
    const struct jbd2 *journal = replay->journal;
    int error = 0;

    replay->crc = jbd2_crc32_be(replay->crc, block, journal->block_size);
    while (error == 0 && count-- != 0) {
        uint8_t *data;

        error = jbd2_replay_read(replay, jbd2_replay_take(replay), &data);
        if (error == 0)
            replay->crc = jbd2_crc32_be(replay->crc, data, journal->block_size);
    }
    return error;
}

int jbd2_scan_descriptor(struct jbd2_replay *replay, uint8_t *block)
{
    uint32_t count = jbd2_tag_count(replay->journal, block);

    if (!jbd2_tail_is_right(replay->journal, block))
        replay->is_suspicious = true;
    if (has_old_checksum(replay) && !replay->is_suspicious && !replay->has_end)
        return old_checksum_add(replay, block, count);
    while (count-- != 0)
        (void)jbd2_replay_take(replay);
    return 0;
}

void jbd2_scan_revoke_block(struct jbd2_replay *replay, uint8_t *block)
{
    if (!jbd2_tail_is_right(replay->journal, block))
        replay->is_suspicious = true;
}

/* The log ends before this transaction. */
static int end_here(struct jbd2_replay *replay)
{
    if (!replay->has_end)
        replay->end_tid = replay->tid;
    replay->has_end = true;
    replay->ended = true;
    return 0;
}

static bool old_checksum_is_right(const struct jbd2_replay *replay, const struct jbd2_commit *commit)
{
    uint32_t found = be32_get(&commit->checksum[0]);

    if (commit->checksum_type == JBD2_CRC32 && commit->checksum_size == JBD2_CRC32_SIZE && found == replay->crc)
        return true;
    return commit->checksum_type == 0 && commit->checksum_size == 0 && found == 0; /* it has none */
}

/* With async_commit the commit block may arrive before the others: then the transaction isn't there, unless another
 * one follows. */
static int wrong_checksum(struct jbd2_replay *replay, uint64_t time)
{
    if (time < replay->last_time)
        return end_here(replay);
    if (!replay->has_end)
        replay->end_tid = replay->tid;
    replay->has_end = true;
    if ((replay->journal->incompat & JBD2_INCOMPAT_ASYNC_COMMIT) != 0)
        return 0;
    replay->has_failed = true;
    replay->failed_tid = replay->tid;
    return end_here(replay);
}

int jbd2_scan_commit(struct jbd2_replay *replay, uint8_t *block)
{
    const struct jbd2_commit *commit = (const void *)block;
    uint64_t time = be64_get(&commit->seconds);
    int error = 0;

    if (replay->is_suspicious) {
        if (time < replay->last_time)
            return end_here(replay);
        log_error("%s: jbd2: a checksum in transaction %u of the log is wrong", replay->journal->name, replay->tid);
        return -EBADMSG;
    }
    if (has_old_checksum(replay) && replay->has_end) { /* something complete behind what wasn't */
        replay->has_failed = true;
        replay->failed_tid = replay->end_tid;
        return end_here(replay);
    }
    if ((has_old_checksum(replay) && !old_checksum_is_right(replay, commit)) ||
        !jbd2_commit_is_right(replay->journal, block))
        error = wrong_checksum(replay, time);
    if (error != 0 || replay->ended)
        return error;
    replay->crc = ~0u;
    replay->last_time = time;
    replay->tid++;
    if (!replay->has_end)
        replay->end = replay->next;
    return 0;
}
