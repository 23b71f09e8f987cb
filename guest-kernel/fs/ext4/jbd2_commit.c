/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_commit.c - a transaction is written into the log. jbd2.h says in which order, and why.
 *
 * Blocks are copied into a batch and written from there: one request for a small transaction. A block that was copied
 * may be changed by the next transaction at once; one that wasn't yet is copied when that comes (block_freeze).
 * Descriptors end with their batch, as they have the checksums of what follows them.
 */
#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"
#include "mm/kmalloc.h"

struct commit {
    struct jbd2 *journal;
    struct jbd2_transaction *transaction;
    uint8_t *head_block; /* the descriptor or revoke block that is being filled, or NULL */
    uint32_t offset;     /* of its next entry */
    uint32_t last_offset;
    struct jbd2_tag last; /* the tag there */
};

/* ---- the log ---- */

/* Memory for the log's next block. There is room in the batch. */
static uint8_t *log_block_add(struct commit *commit)
{
    struct jbd2 *journal = commit->journal;
    uint32_t block = journal->head;

    journal->head = jbd2_log_next(journal, block);
    commit->transaction->log_blocks++;
    return jbd2_batch_add(journal, &journal->commit_batch, block);
}

static int log_write(struct commit *commit)
{
    int error = jbd2_batch_write(commit->journal, &commit->journal->commit_batch, JBD2_LOG);

    return error != 0 ? error : commit->journal->error;
}

/* Begins a descriptor or revoke block, behind which `more` blocks fit. */
static int head_block_begin(struct commit *commit, enum jbd2_block_type type, unsigned more)
{
    const struct jbd2_batch *batch = &commit->journal->commit_batch;
    int error = batch->room - batch->count < 1 + more ? log_write(commit) : 0;

    if (error != 0)
        return error;
    commit->head_block = log_block_add(commit);
    memset(commit->head_block, 0, commit->journal->block_size);
    jbd2_header_put(commit->head_block, type, commit->transaction->tid);
    commit->offset = type == JBD2_REVOKE ? sizeof(struct jbd2_revoke_header) : sizeof(struct jbd2_header);
    return 0;
}

static bool head_block_has_room(const struct commit *commit, uint32_t size)
{
    return commit->offset + size <= commit->journal->block_size - commit->journal->tail_size;
}

/* ---- revoke blocks ---- */

static void revoke_block_end(struct commit *commit)
{
    if (commit->head_block == NULL)
        return;
    be32_put(&((struct jbd2_revoke_header *)(void *)commit->head_block)->size, commit->offset);
    jbd2_tail_put(commit->journal, commit->head_block);
    commit->head_block = NULL;
}

static int revoked_put(struct commit *commit, uint64_t number)
{
    uint32_t size = jbd2_has_64bit(commit->journal) ? sizeof(struct be64) : sizeof(struct be32);
    int error = 0;

    if (commit->head_block != NULL && !head_block_has_room(commit, size))
        revoke_block_end(commit);
    if (commit->head_block == NULL)
        error = head_block_begin(commit, JBD2_REVOKE, 0);
    if (error != 0)
        return error;
    if (size == sizeof(struct be64))
        be64_put((struct be64 *)(void *)(commit->head_block + commit->offset), number);
    else
        be32_put((struct be32 *)(void *)(commit->head_block + commit->offset), (uint32_t)number);
    commit->offset += size;
    return 0;
}

static int revoked_write(struct commit *commit)
{
    int error = 0;

    for (struct tree_node *node = tree_first(&commit->transaction->revoked); error == 0 && node != NULL;
         node = tree_next(node))
        error = revoked_put(commit, jbd2_revoked_of(node)->block);
    revoke_block_end(commit);
    return error;
}

/* ---- descriptors and blocks ---- */

static void descriptor_end(struct commit *commit)
{
    if (commit->head_block == NULL)
        return;
    commit->last.flags |= JBD2_TAG_LAST;
    jbd2_tag_put(commit->journal, commit->head_block, &commit->last_offset, &commit->last);
    jbd2_tail_put(commit->journal, commit->head_block);
    commit->head_block = NULL;
}

/* Into the log goes what it was when its transaction was closed. From then on it may be changed. */
static void block_copy(struct commit *commit, struct jbd2_block *block, uint8_t *data)
{
    const void *from = block->frozen != NULL ? block->frozen : block->data;

    memcpy(data, from, commit->journal->block_size);
    kfree(block->frozen);
    block->frozen = NULL;
    block->is_logged = true;
}

static void tag_put(struct commit *commit, uint64_t number, uint8_t *data)
{
    const struct jbd2 *journal = commit->journal;
    struct be32 *magic = (struct be32 *)(void *)data;
    bool is_first = commit->offset == sizeof(struct jbd2_header);

    commit->last = (struct jbd2_tag){.block = number, .flags = is_first ? 0 : JBD2_TAG_SAME_UUID};
    if (be32_get(magic) == JBD2_MAGIC) { /* a walk along the log would take it for one of the journal's own */
        be32_put(magic, 0);
        commit->last.flags |= JBD2_TAG_ESCAPED;
    }
    commit->last.checksum = jbd2_data_checksum(journal, commit->transaction->tid, data);
    commit->last_offset = commit->offset;
    jbd2_tag_put(journal, commit->head_block, &commit->offset, &commit->last);
}

static int block_put(struct commit *commit, struct jbd2_block *block)
{
    const struct jbd2_batch *batch = &commit->journal->commit_batch;
    uint8_t *data;
    int error = 0;

    if (commit->head_block == NULL)
        error = head_block_begin(commit, JBD2_DESCRIPTOR, 1);
    if (error != 0)
        return error;
    data = log_block_add(commit);
    block_copy(commit, block, data);
    tag_put(commit, block->number, data);
    if (batch->count == batch->room || !head_block_has_room(commit, commit->journal->tag_size))
        descriptor_end(commit);
    return 0;
}

static int blocks_write(struct commit *commit)
{
    struct list *blocks = &commit->transaction->blocks;
    int error = 0;

    for (struct list *at = blocks->next; error == 0 && at != blocks; at = at->next) {
        struct jbd2_block *block = container_of(at, struct jbd2_block, link);
        if (!block->is_forgotten)
            error = block_put(commit, block);
    }
    descriptor_end(commit);
    return error != 0 ? error : log_write(commit);
}

/* ---- the commit block ---- */

static int commit_block_write(struct commit *commit)
{
    struct jbd2 *journal = commit->journal;
    uint32_t number = journal->head, nanoseconds;
    uint8_t *block = log_block_add(commit);
    struct jbd2_commit *fields = (void *)block;
    uint64_t seconds;

    memset(block, 0, journal->block_size);
    jbd2_header_put(block, JBD2_COMMIT, commit->transaction->tid);
    journal->ops->now(journal->ctx, &seconds, &nanoseconds);
    be64_put(&fields->seconds, seconds);
    be32_put(&fields->nanoseconds, nanoseconds);
    jbd2_commit_sign(journal, block);
    journal->commit_batch.count = 0;
    return jbd2_write_stable(journal, JBD2_LOG, number, block);
}

/* ---- all of it ---- */

static int transaction_write(struct commit *commit)
{
    struct jbd2 *journal = commit->journal;
    const struct jbd2_transaction *transaction = commit->transaction;
    int error = journal->error;

    if (error == 0 && journal->ops->write_ordered != NULL)
        error = journal->ops->write_ordered(journal->ctx, transaction->tid);
    if (error == 0)
        error = revoked_write(commit);
    if (error == 0)
        error = blocks_write(commit);
    if (error == 0 && !jbd2_is_dirty(journal)) /* that may be on its way to the disk, and counts after this only */
        jbd2_super_wait(journal);
    /* If this arrives first: there is no block of the transaction yet, and the log is as empty as before. */
    if (error == 0 && !jbd2_is_dirty(journal))
        error = jbd2_super_write(journal, transaction->tid, transaction->log_start, false);
    if (error == 0)
        error = journal->ops->flush(journal->ctx);
    if (error == 0)
        error = journal->error;
    return error == 0 ? commit_block_write(commit) : error;
}

/* The copy in the log counts now, and no older one: those needn't get to their places. */
static void block_committed(struct jbd2 *journal, struct jbd2_transaction *transaction, struct jbd2_block *block)
{
    if (block->checkpoint != NULL)
        list_remove(&block->checkpoint_link);
    block->checkpoint = NULL;
    if (!block->is_forgotten) {
        block->checkpoint = transaction;
        list_insert(&transaction->checkpoint, &block->checkpoint_link);
    }
    jbd2_block_leave(journal, block);
}

static void transaction_end(struct jbd2 *journal, struct jbd2_transaction *transaction, bool committed)
{
    while (!list_is_empty(&transaction->blocks)) {
        struct jbd2_block *block = container_of(transaction->blocks.next, struct jbd2_block, link);

        if (committed)
            block_committed(journal, transaction, block);
        else
            jbd2_block_leave(journal, block);
    }
    jbd2_revoked_clear(&transaction->revoked);
    journal->committing = NULL;
    journal->promised -= journal->log_most;
    if (committed) {
        journal->free -= transaction->log_blocks;
        journal->committed_tid = transaction->tid;
        list_insert(&journal->checkpoints, &transaction->link);
    } else {
        jbd2_transaction_free(transaction);
    }
}

/* No older one commits, so that all of its blocks are in its list. */
static void blocks_close(struct jbd2 *journal, struct jbd2_transaction *transaction)
{
    if (journal->ops->closing == NULL)
        return;
    for (struct list *at = transaction->blocks.next; at != &transaction->blocks; at = at->next) {
        struct jbd2_block *block = container_of(at, struct jbd2_block, link);

        if (!block->is_forgotten)
            journal->ops->closing(journal->ctx, block);
    }
}

/* Closes the running transaction and writes it. Nobody else commits. */
static void commit_running(struct jbd2 *journal)
{
    struct commit commit = {.journal = journal, .transaction = journal->running};
    struct jbd2_transaction *transaction = journal->running;
    uint32_t tid = transaction->tid;
    int error;

    transaction->is_locked = true;
    while (transaction->handles != 0)
        jbd2_wait(journal);
    blocks_close(journal, transaction);
    transaction->log_start = journal->head;
    journal->committing = transaction;
    journal->running = NULL;
    jbd2_wake(journal);
    error = transaction_write(&commit);
    journal->commit_batch.count = 0;
    /* A block that this transaction freed may be used as soon as it has ended: nothing older may reach it after that.
     */
    while (journal->is_writing_home)
        jbd2_wait(journal);
    if (error != 0)
        jbd2_abort(journal, error);
    transaction_end(journal, transaction, error == 0);
    if (error == 0 && journal->ops->committed != NULL)
        journal->ops->committed(journal->ctx, tid);
    jbd2_wake(journal);
}

bool jbd2_is_committed(const struct jbd2 *journal, uint32_t tid)
{
    return !jbd2_tid_before(journal->committed_tid, tid);
}

int jbd2_commit(struct jbd2 *journal, uint32_t tid)
{
    while (!jbd2_is_committed(journal, tid)) {
        const struct jbd2_transaction *running = journal->running;

        if (journal->error != 0)
            return journal->error;
        if (journal->is_held)
            return -ENOSPC;
        if (journal->committing != NULL || (running != NULL && running->is_locked))
            jbd2_wait(journal);
        else if (running == NULL || running->tid != tid)
            return -EINVAL; /* there never was such a one */
        else
            commit_running(journal);
    }
    return 0;
}

int jbd2_commit_all(struct jbd2 *journal)
{
    if (journal->running != NULL)
        return jbd2_commit(journal, journal->running->tid);
    if (journal->committing != NULL)
        return jbd2_commit(journal, journal->committing->tid);
    return journal->error;
}
