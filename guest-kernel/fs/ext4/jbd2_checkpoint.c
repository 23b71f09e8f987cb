/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_checkpoint.c - committed blocks get to their places, and the log's beginning is given up. jbd2.h says in which
 * order, and why.
 *
 * What is written is what was committed. A block that the running transaction has changed since must wait until that
 * commits, which is therefore done here; it is in the log then once more, and belongs to the newer transaction.
 */
#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"

/* ---- blocks ---- */

static void batch_sort(struct jbd2_batch *batch)
{
    for (unsigned i = 1; i < batch->count; i++) {
        struct jbd2_io io = batch->io[i];
        unsigned at = i;

        for (; at > 0 && batch->io[at - 1].block > io.block; at--)
            batch->io[at] = batch->io[at - 1];
        batch->io[at] = io;
    }
}

/* Copies blocks that nobody has changed since, as many as fit, and moves them to `flying`. If there are none: *tid is a
 * transaction that has one of the others. */
static void batch_gather(struct jbd2 *journal, struct jbd2_transaction *transaction, struct list *flying, uint32_t *tid)
{
    struct jbd2_batch *batch = &journal->home_batch;
    struct list *at = transaction->checkpoint.next;

    while (at != &transaction->checkpoint && batch->count < batch->room) {
        struct jbd2_block *block = container_of(at, struct jbd2_block, checkpoint_link);

        at = at->next;
        if (block->transaction != NULL) {
            *tid = block->transaction->tid;
            continue;
        }
        memcpy(jbd2_batch_add(journal, batch, block->number), block->data, journal->block_size);
        list_remove(&block->checkpoint_link);
        list_insert(flying, &block->checkpoint_link);
    }
    batch_sort(batch);
}

/* They are at their places, or the journal ends and they stay its. */
static void flying_land(struct jbd2 *journal, struct jbd2_transaction *transaction, struct list *flying, bool written)
{
    while (!list_is_empty(flying)) {
        struct jbd2_block *block = container_of(flying->next, struct jbd2_block, checkpoint_link);

        list_remove(&block->checkpoint_link);
        if (!written) {
            list_insert(&transaction->checkpoint, &block->checkpoint_link);
            continue;
        }
        block->checkpoint = NULL;
        if (block->transaction == NULL && journal->ops->released != NULL)
            journal->ops->released(journal->ctx, block);
    }
}

static int transaction_write_home(struct jbd2 *journal, struct jbd2_transaction *transaction)
{
    int error = journal->error;

    while (error == 0 && !list_is_empty(&transaction->checkpoint)) {
        struct list flying;
        uint32_t tid = 0;

        list_init(&flying);
        batch_gather(journal, transaction, &flying, &tid);
        if (list_is_empty(&flying)) {
            error = jbd2_commit(journal, tid);
        } else {
            journal->is_writing_home = true;
            error = jbd2_batch_write(journal, &journal->home_batch, JBD2_HOME);
            journal->is_writing_home = false;
            flying_land(journal, transaction, &flying, error == 0);
            jbd2_wake(journal);
        }
        if (error == 0) /* after an abort blocks have changes that were never committed */
            error = journal->error;
    }
    return error;
}

/* ---- the log's beginning ---- */

/* It is the oldest transaction that is there, or the place of the next one. */
static int tail_write(struct jbd2 *journal)
{
    const struct jbd2_transaction *oldest;
    uint32_t tid, start;

    jbd2_super_wait(journal);
    oldest = journal->committing;
    tid = journal->running != NULL ? journal->running->tid : journal->next_tid;
    start = journal->head;
    if (!list_is_empty(&journal->checkpoints))
        oldest = container_of(journal->checkpoints.next, struct jbd2_transaction, link);
    if (oldest != NULL) {
        tid = oldest->tid;
        start = oldest->log_start;
    }
    return jbd2_super_write(journal, tid, start, true);
}

static bool wants_more(const struct jbd2 *journal, uint32_t freed, uint32_t want)
{
    return !list_is_empty(&journal->checkpoints) && journal->free - journal->promised + freed < want;
}

static int checkpoint_run(struct jbd2 *journal, uint32_t want)
{
    uint32_t freed = 0;
    int error = 0;

    while (error == 0 && wants_more(journal, freed, want)) {
        struct jbd2_transaction *oldest = container_of(journal->checkpoints.next, struct jbd2_transaction, link);

        error = transaction_write_home(journal, oldest);
        if (error != 0)
            break;
        freed += oldest->log_blocks;
        list_remove(&oldest->link);
        jbd2_transaction_free(oldest);
    }
    if (error == 0 && freed != 0)
        error = journal->ops->flush(journal->ctx);
    if (error == 0 && freed != 0)
        error = tail_write(journal);
    if (error == 0)
        journal->free += freed;
    return error;
}

int jbd2_checkpoint(struct jbd2 *journal, uint32_t want)
{
    int error;

    if (journal->is_checkpointing) {
        jbd2_wait(journal);
        return journal->error;
    }
    journal->is_checkpointing = true;
    error = checkpoint_run(journal, want);
    journal->is_checkpointing = false;
    if (error != 0)
        jbd2_abort(journal, error);
    jbd2_wake(journal);
    return error;
}

/* Brings the oldest of what is in the log a step further. *more: there was something. What is no longer among
 * `checkpoints` may still be in the disk's cache; what is being committed counts on the log being marked as it is. */
static int flush_step(struct jbd2 *journal, bool *more)
{
    if (journal->committing != NULL)
        return jbd2_commit(journal, journal->committing->tid);
    if (journal->is_checkpointing || journal->is_writing_super) {
        jbd2_wait(journal);
        return journal->error;
    }
    *more = !list_is_empty(&journal->checkpoints);
    return *more ? jbd2_checkpoint(journal, UINT32_MAX) : 0;
}

int jbd2_flush(struct jbd2 *journal)
{
    bool more = true;
    int error = jbd2_commit_all(journal);

    while (error == 0 && more)
        error = flush_step(journal, &more);
    if (error == 0 && jbd2_is_dirty(journal)) {
        error = jbd2_super_write(journal, journal->next_tid, 0, true);
        if (error != 0)
            jbd2_abort(journal, error);
    }
    return error;
}

/* ---- after an abort ---- */

static void checkpoint_drop(struct jbd2 *journal, struct jbd2_transaction *transaction)
{
    while (!list_is_empty(&transaction->checkpoint)) {
        struct jbd2_block *block = container_of(transaction->checkpoint.next, struct jbd2_block, checkpoint_link);

        list_remove(&block->checkpoint_link);
        block->checkpoint = NULL;
        if (block->transaction == NULL && journal->ops->released != NULL)
            journal->ops->released(journal->ctx, block);
    }
    list_remove(&transaction->link);
    jbd2_transaction_free(transaction);
}

void jbd2_drop_all(struct jbd2 *journal)
{
    struct jbd2_transaction *running = journal->running;

    while (!list_is_empty(&journal->checkpoints))
        checkpoint_drop(journal, container_of(journal->checkpoints.next, struct jbd2_transaction, link));
    journal->running = NULL;
    if (running == NULL)
        return;
    while (!list_is_empty(&running->blocks))
        jbd2_block_leave(journal, container_of(running->blocks.next, struct jbd2_block, link));
    jbd2_transaction_free(running);
}
