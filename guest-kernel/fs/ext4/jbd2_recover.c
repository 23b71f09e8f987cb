/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_recover.c - what was committed gets to its place: the log is walked three times, to find its end, to gather
 * what is revoked, and to write the blocks.
 *
 * The log is hostile. No walk goes round it more than once. What is gathered of revoked blocks is bounded: where a log
 * revokes more than REVOKED_MOST, several rounds each gather and write the blocks of a range of numbers, as many as
 * have no more than that; what becomes of one block doesn't depend on others.
 */
#include "fs/ext4/jbd2_recover.h"

#include "abi/errno.h"
#include "core/log.h"
#include "mm/kmalloc.h"

#define REVOKED_MOST (64u << 10)

/* ---- the walk ---- */

/* If it is one of this round. That ends before the highest number where there are too many. */
static int revoked_keep(struct jbd2_replay *replay, uint64_t number)
{
    struct jbd2_revoked *highest;
    int error;

    if (number < replay->low || number > replay->high)
        return 0;
    error = jbd2_revoked_add(&replay->revoked, number, replay->tid, &replay->revoked_count);
    if (error != 0 || replay->revoked_count <= REVOKED_MOST)
        return error;
    highest = jbd2_revoked_of(tree_last(&replay->revoked));
    replay->high = highest->block - 1;
    (void)jbd2_revoked_remove(&replay->revoked, highest->block);
    replay->revoked_count--;
    return 0;
}

static int revoke_block_read(struct jbd2_replay *replay, const uint8_t *block)
{
    const struct jbd2 *journal = replay->journal;
    uint32_t used = be32_get(&((const struct jbd2_revoke_header *)(const void *)block)->size);
    uint32_t step = jbd2_has_64bit(journal) ? sizeof(struct be64) : sizeof(struct be32);
    int error = 0;

    if (used > journal->block_size - journal->tail_size) {
        log_error("%s: jbd2: a revoke block of transaction %u says that it has %u bytes", replay->journal->name,
                  replay->tid, used);
        return -EINVAL;
    }
    for (uint32_t at = sizeof(struct jbd2_revoke_header); error == 0 && at + step <= used; at += step) {
        uint64_t number = step == sizeof(struct be64) ? be64_get((const struct be64 *)(const void *)(block + at))
                                                      : be32_get((const struct be32 *)(const void *)(block + at));
        if (number < journal->home_blocks)
            error = revoked_keep(replay, number);
        replay->result.revoke_records += replay->low == 0;
    }
    return error;
}

static int descriptor_visit(struct jbd2_replay *replay, enum jbd2_pass pass, uint8_t *block)
{
    if (pass == JBD2_PASS_SCAN)
        return jbd2_scan_descriptor(replay, block);
    if (!jbd2_tail_is_right(replay->journal, block)) {
        log_error("%s: jbd2: a descriptor of transaction %u has a wrong checksum", replay->journal->name, replay->tid);
        return -EBADMSG;
    }
    if (pass == JBD2_PASS_WRITE)
        return jbd2_replay_descriptor(replay, block);
    jbd2_replay_advance(replay, jbd2_tag_count(replay->journal, block));
    return 0;
}

static int revoke_block_visit(struct jbd2_replay *replay, enum jbd2_pass pass, uint8_t *block)
{
    if (pass == JBD2_PASS_SCAN) {
        jbd2_scan_revoke_block(replay, block);
        return 0;
    }
    return pass == JBD2_PASS_REVOKE ? revoke_block_read(replay, block) : 0;
}

static int commit_visit(struct jbd2_replay *replay, enum jbd2_pass pass, uint8_t *block)
{
    if (pass == JBD2_PASS_SCAN)
        return jbd2_scan_commit(replay, block);
    replay->tid++;
    return 0;
}

/* One block of the log that isn't data. *more: whether the walk goes on. */
static int block_visit(struct jbd2_replay *replay, enum jbd2_pass pass, bool *more)
{
    const struct jbd2 *journal = replay->journal;
    uint8_t *block;
    int error;

    /* Once around: the log may be just full. Or a transaction has no end, as of its last descriptor only some sectors
     * have arrived and what was there before counts as tags: then it isn't there, as without its commit block. */
    if (replay->walked >= journal->last - journal->first) {
        *more = false;
        return 0;
    }
    error = jbd2_replay_read(replay, jbd2_replay_take(replay), &block);
    if (error != 0)
        return error;
    switch (jbd2_header_type(block, replay->tid)) {
    case JBD2_DESCRIPTOR:
        return descriptor_visit(replay, pass, block);
    case JBD2_REVOKE:
        return revoke_block_visit(replay, pass, block);
    case JBD2_COMMIT:
        error = commit_visit(replay, pass, block);
        *more = !replay->ended;
        return error;
    default:
        *more = false;
        return 0;
    }
}

static int walk(struct jbd2_replay *replay, enum jbd2_pass pass)
{
    const struct jbd2_super *super = jbd2_super_of(replay->journal);
    bool more = true;
    int error = 0;

    replay->next = be32_get(&super->start);
    replay->tid = be32_get(&super->sequence);
    replay->walked = 0;
    replay->ended = false;
    replay->window.count = 0; /* its blocks may have got their magic number back */
    while (error == 0 && more && (pass == JBD2_PASS_SCAN || replay->tid != replay->end_tid))
        error = block_visit(replay, pass, &more);
    if (error == 0 && pass != JBD2_PASS_SCAN && replay->tid != replay->end_tid) {
        log_error("%s: jbd2: the log ended at transaction %u, and before at %u", replay->journal->name, replay->tid,
                  replay->end_tid);
        error = -EIO;
    }
    return error;
}

/* ---- fast commits, in an area of their own behind the log ---- */

static bool has_fast_commits(struct jbd2_replay *replay)
{
    const struct jbd2_fast_head *head;
    uint8_t *block;

    if (replay->journal->fast_first >= replay->journal->length ||
        jbd2_replay_read(replay, replay->journal->fast_first, &block) != 0)
        return false;
    head = (const void *)block;
    return (head->tag[0] | (uint32_t)head->tag[1] << 8) == JBD2_FAST_TAG_HEAD &&
           (head->sequence[0] | (uint32_t)head->sequence[1] << 8 | (uint32_t)head->sequence[2] << 16 |
            (uint32_t)head->sequence[3] << 24) == replay->end_tid;
}

static int fast_commits_scan(struct jbd2_replay *replay)
{
    struct jbd2 *journal = replay->journal;
    int error = 0;

    if (journal->ops->fast_commit == NULL) {
        replay->result.fast_commits_skipped = has_fast_commits(replay);
        return 0;
    }
    for (uint32_t at = journal->fast_first; error == 0 && at < journal->length; at++) {
        uint8_t *block;

        error = jbd2_replay_read(replay, at, &block);
        if (error == 0)
            error = journal->ops->fast_commit(journal->ctx, block, at - journal->fast_first, replay->end_tid,
                                              &journal->has_fast_commits);
    }
    return error > 0 ? 0 : error;
}

/* ---- all of it ---- */

static int scan(struct jbd2_replay *replay)
{
    int error;

    replay->crc = ~0u;
    replay->end = be32_get(&jbd2_super_of(replay->journal)->start);
    error = walk(replay, JBD2_PASS_SCAN);
    if (!replay->has_end)
        replay->end_tid = replay->tid;
    return error;
}

/* The log is empty. The number is that behind the one that was dropped: what is there of that will never fit. */
static int log_end(struct jbd2_replay *replay)
{
    return jbd2_super_write(replay->journal, replay->end_tid + 1, 0, true);
}

/* The same, but that fast commits still count. Where the transaction after them would begin may be some of one that has
 * no end: a scan that begins there must not take it for more. */
static int log_end_before_fast_commits(struct jbd2_replay *replay)
{
    struct jbd2 *journal = replay->journal;
    int error;

    memset(replay->descriptor, 0, journal->block_size);
    error = jbd2_write_stable(journal, JBD2_LOG, replay->end, replay->descriptor);
    journal->head = replay->end;
    return error == 0 ? jbd2_super_write(journal, replay->end_tid, replay->end, true) : error;
}

/* Blocks from `low` up to a number that comes of it. Errors that leave the rest worth replaying are in replay->damage.
 */
static int replay_round(struct jbd2_replay *replay)
{
    int error;

    replay->high = UINT64_MAX;
    replay->revoked_count = 0;
    error = walk(replay, JBD2_PASS_REVOKE);
    if (error == 0)
        error = walk(replay, JBD2_PASS_WRITE);
    if (error == 0)
        error = jbd2_replay_write_out(replay);
    jbd2_revoked_clear(&replay->revoked);
    return error;
}

static int replay_run(struct jbd2_replay *replay)
{
    const struct jbd2_super *super = jbd2_super_of(replay->journal);
    struct jbd2 *journal = replay->journal;
    int error = scan(replay), flushed;

    replay->result.first_tid = be32_get(&super->sequence);
    replay->result.end_tid = replay->end_tid;
    journal->has_fast_commits = false;
    if (error == 0)
        error = fast_commits_scan(replay);
    while (error == 0 && replay->high != UINT64_MAX) {
        error = replay_round(replay);
        replay->low = replay->high + 1;
    }
    if (error == 0)
        error = replay->damage;
    if (error == 0 && replay->has_failed) {
        log_error("%s: jbd2: the commit block of transaction %u is damaged", replay->journal->name, replay->failed_tid);
        error = -EUCLEAN;
    }
    flushed = journal->ops->flush(journal->ctx);
    if (error != 0 || flushed != 0)
        return error != 0 ? error : flushed;
    return journal->has_fast_commits ? log_end_before_fast_commits(replay) : log_end(replay);
}

static int replay_init(struct jbd2_replay *replay, struct jbd2 *journal)
{
    int error = jbd2_batch_init(journal, &replay->window);

    replay->journal = journal;
    if (error != 0)
        return error;
    replay->writes = kmalloc_array(replay->window.room, sizeof(*replay->writes));
    replay->descriptor = kmalloc(journal->block_size);
    return replay->writes == NULL || replay->descriptor == NULL ? -ENOMEM : 0;
}

static void replay_fini(struct jbd2_replay *replay)
{
    jbd2_revoked_clear(&replay->revoked);
    kfree(replay->descriptor);
    kfree(replay->writes);
    jbd2_batch_fini(&replay->window);
}

/* What is to be done with the log, if there is something in it. */
static int log_use(struct jbd2 *journal, struct jbd2_replay *replay, int (*use)(struct jbd2_replay *replay))
{
    uint32_t start = be32_get(&jbd2_super_of(journal)->start);

    if (start == 0)
        return 0;
    if (start < journal->first || start >= journal->last) {
        log_error("%s: jbd2: the log can't begin at block %u", journal->name, start);
        return -EUCLEAN;
    }
    int error = replay_init(replay, journal);
    if (error == 0)
        error = use(replay);
    replay_fini(replay);
    return error;
}

static int wipe_run(struct jbd2_replay *replay)
{
    int error = scan(replay);

    return error == 0 ? log_end(replay) : error;
}

int jbd2_wipe(struct jbd2 *journal)
{
    struct jbd2_replay replay = {0};

    return log_use(journal, &replay, wipe_run);
}

int jbd2_recover(struct jbd2 *journal, struct jbd2_recovery *result)
{
    struct jbd2_replay replay = {0};
    int error = log_use(journal, &replay, replay_run);

    replay.result.transactions = replay.result.end_tid - replay.result.first_tid;
    if (result != NULL)
        *result = replay.result;
    return error;
}
