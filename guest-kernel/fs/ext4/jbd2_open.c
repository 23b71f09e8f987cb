/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_open.c - a journal begins to be written to, and ends: closed, or given up after an error. */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/jbd2_internal.h"

/* Features as they are to be from now on: what we write, and no more. The superblock gets them with the first commit,
 * in one sector with the log's beginning. */
static void features_choose(struct jbd2 *journal, unsigned with)
{
    struct jbd2_super *super = jbd2_super_of(journal);
    uint32_t incompat = journal->incompat | JBD2_INCOMPAT_REVOKE;

    incompat &= ~(JBD2_INCOMPAT_ASYNC_COMMIT | JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3);
    if ((with & JBD2_WITH_CSUM) != 0) {
        incompat |= JBD2_INCOMPAT_CSUM_V3;
        super->checksum_type = JBD2_CRC32C;
    }
    if ((with & JBD2_WITH_64BIT) != 0 || journal->home_blocks > 1ull << 32) /* else numbers would be cut */
        incompat |= JBD2_INCOMPAT_64BIT;
    jbd2_features_set(journal, journal->compat & ~JBD2_COMPAT_CHECKSUM, incompat);
    be32_put(&super->compat, journal->compat);
    be32_put(&super->incompat, journal->incompat);
}

/* How much a transaction may have, so that with descriptors, revoke blocks and commit block it is in a quarter of the
 * log; or in all of it, if it is the only one. */
static void limits_set(struct jbd2 *journal)
{
    uint32_t room = journal->block_size - journal->tail_size - JBD2_UUID_SIZE - sizeof(struct jbd2_revoke_header);
    uint32_t entries = room / (journal->tag_size > sizeof(struct be64) ? journal->tag_size : sizeof(struct be64));

    if (entries > journal->commit_batch.room - 1) /* descriptors end with their batch */
        entries = journal->commit_batch.room - 1;
    journal->free = journal->last - journal->first;
    journal->log_most = journal->is_held ? journal->free : journal->free / 4;
    /* n blocks or revoked ones, with n/entries + 2 descriptors, as many revoke blocks, and a commit block */
    journal->credits_most = (uint32_t)((uint64_t)(journal->log_most - 5) * entries / (entries + 2));
    if (!journal->is_held && journal->credits_wanted != 0 && journal->credits_wanted < journal->credits_most)
        journal->credits_most = journal->credits_wanted;
}

int jbd2_open_check(const struct jbd2 *journal)
{
    if (journal->format != 2)
        return -EOPNOTSUPP;
    if (jbd2_is_dirty(journal) && !journal->has_fast_commits)
        return -EUCLEAN;
    if (journal->last - journal->first + 1 < JBD2_LENGTH_MIN) {
        log_error("%s: jbd2: the journal's log is too short: %u blocks", journal->name, journal->last - journal->first);
        return -EINVAL;
    }
    return 0;
}

/* Where the first transaction begins, and its number. With fast commits both are on the disk already, so that its
 * commit doesn't write the superblock: features come now. */
static int begin(struct jbd2 *journal)
{
    uint32_t tid = be32_get(&jbd2_super_of(journal)->sequence);

    if (!journal->is_held) {
        journal->head = journal->first;
        tid++; /* some leave the number of the last transaction there */
    }
    journal->next_tid = tid;
    journal->committed_tid = tid - 1;
    return journal->is_held ? jbd2_super_write(journal, tid, journal->head, true) : 0;
}

int jbd2_open(struct jbd2 *journal, unsigned with)
{
    int error = jbd2_open_check(journal);

    if (error == 0)
        error = jbd2_batch_init(journal, &journal->commit_batch);
    if (error == 0)
        error = jbd2_batch_init(journal, &journal->home_batch);
    if (error != 0) {
        jbd2_batch_fini(&journal->commit_batch);
        return error;
    }
    features_choose(journal, with);
    journal->is_held = journal->has_fast_commits;
    limits_set(journal);
    error = begin(journal);
    if (error != 0) {
        jbd2_batch_fini(&journal->commit_batch);
        jbd2_batch_fini(&journal->home_batch);
    }
    return error;
}

void jbd2_release(struct jbd2 *journal)
{
    journal->is_held = journal->has_fast_commits = false;
}

int jbd2_close(struct jbd2 *journal)
{
    int error = journal->is_held ? 0 : jbd2_flush(journal);

    jbd2_drop_all(journal); /* there are some only after an error, or if they are held */
    jbd2_batch_fini(&journal->commit_batch);
    jbd2_batch_fini(&journal->home_batch);
    return error;
}
