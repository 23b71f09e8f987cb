/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_handle.c - operations and the blocks that they change.
 *
 * Room is promised before it is needed, as an operation that has begun must be able to end: a handle gets its credits
 * of what the transaction may still hold; a transaction begins when the log has room for as much as the largest one
 * takes. That is a quarter of the log, so that there is always one to run while another one commits, and two quarters
 * of the log that a checkpoint can free.
 */
#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"
#include "mm/kmalloc.h"

/* ---- transactions ---- */

static void transaction_begin(struct jbd2 *journal, struct jbd2_transaction *transaction)
{
    transaction->tid = journal->next_tid++;
    list_init(&transaction->blocks);
    list_init(&transaction->checkpoint);
    list_init(&transaction->link);
    journal->promised += journal->log_most;
    journal->running = transaction;
}

static bool has_room(const struct jbd2 *journal)
{
    return journal->free - journal->promised >= journal->log_most;
}

/* There is none: makes room in the log for one, and begins it. Others may have done so meanwhile. */
static int transaction_make(struct jbd2 *journal)
{
    struct jbd2_transaction *transaction;

    if (!has_room(journal)) { /* some more than needed, as a checkpoint costs two flushes */
        if (list_is_empty(&journal->checkpoints) && journal->committing != NULL) {
            jbd2_wait(journal);
            return 0;
        }
        return jbd2_checkpoint(journal, 2 * journal->log_most);
    }
    transaction = kmalloc(sizeof(*transaction));
    if (transaction == NULL)
        return -ENOMEM;
    transaction_begin(journal, transaction);
    return 0;
}

uint32_t jbd2_running_tid(const struct jbd2 *journal)
{
    return journal->running != NULL ? journal->running->tid : 0;
}

/* ---- handles ---- */

int jbd2_start(struct jbd2 *journal, struct jbd2_handle *handle, uint32_t credits)
{
    int error = 0;

    *handle = (struct jbd2_handle){.journal = journal};
    if (credits > journal->credits_most)
        return -ENOSPC;
    while (error == 0) {
        struct jbd2_transaction *running = journal->running;

        if (journal->error != 0)
            return -EROFS;
        if (running == NULL) {
            error = transaction_make(journal);
        } else if (running->is_locked) {
            jbd2_wait(journal);
        } else if (running->credits + credits > journal->credits_most) {
            error = jbd2_commit(journal, running->tid);
        } else {
            running->credits += credits;
            running->handles++;
            handle->transaction = running;
            handle->credits = credits;
            return 0;
        }
    }
    return error;
}

int jbd2_extend(struct jbd2_handle *handle, uint32_t credits)
{
    struct jbd2_transaction *transaction = handle->transaction;

    if (handle->journal->error != 0)
        return -EROFS;
    if (credits > handle->journal->credits_most - transaction->credits)
        return -ENOSPC;
    transaction->credits += credits;
    handle->credits += credits;
    return 0;
}

uint32_t jbd2_stop(struct jbd2_handle *handle)
{
    struct jbd2_transaction *transaction = handle->transaction;
    uint32_t tid = transaction->tid;

    transaction->credits -= handle->credits;
    handle->credits = 0;
    handle->transaction = NULL;
    if (--transaction->handles == 0 && transaction->is_locked)
        jbd2_wake(handle->journal);
    return tid;
}

/* ---- blocks ---- */

/* The committing transaction gets the block as it is now, if it hasn't yet put it into the log. */
static int block_freeze(const struct jbd2 *journal, struct jbd2_block *block)
{
    if (block->is_logged || block->is_forgotten || block->frozen != NULL)
        return 0;
    block->frozen = kmalloc(journal->block_size);
    if (block->frozen == NULL)
        return -ENOMEM;
    memcpy(block->frozen, block->data, journal->block_size);
    return 0;
}

/* Whether the transaction has it; then it is changed, or freed, as said. */
static bool block_mark(const struct jbd2_transaction *transaction, struct jbd2_block *block, bool forgotten)
{
    if (block->transaction == transaction)
        block->is_forgotten = forgotten;
    else if (block->next == transaction)
        block->is_forgotten_next = forgotten;
    else
        return false;
    return true;
}

static bool is_marked_forgotten(const struct jbd2_transaction *transaction, const struct jbd2_block *block)
{
    return block->transaction == transaction ? block->is_forgotten : block->is_forgotten_next;
}

static bool has_block(const struct jbd2_transaction *transaction, const struct jbd2_block *block)
{
    return block->transaction == transaction || block->next == transaction;
}

static int handle_check(const struct jbd2_handle *handle)
{
    if (handle->journal->error != 0)
        return -EROFS;
    return handle->credits == 0 ? -ENOSPC : 0;
}

int jbd2_write(struct jbd2_handle *handle, struct jbd2_block *block)
{
    struct jbd2_transaction *transaction = handle->transaction;
    int error;

    if (has_block(transaction, block) && !is_marked_forgotten(transaction, block))
        return handle->journal->error != 0 ? -EROFS : 0;
    error = handle_check(handle);
    if (error == 0 && block->transaction != NULL && block->transaction != transaction)
        error = block_freeze(handle->journal, block);
    if (error != 0)
        return error;
    handle->credits--;
    /* If it was freed, it is in use again: its last state counts. */
    (void)jbd2_revoked_remove(&transaction->revoked, block->number);
    if (!block_mark(transaction, block, false))
        jbd2_block_join(transaction, block, false);
    return 0;
}

int jbd2_revoke(struct jbd2_handle *handle, uint64_t number, struct jbd2_block *block)
{
    struct jbd2_transaction *transaction = handle->transaction;
    int error = handle_check(handle);

    if (error == 0)
        error = jbd2_revoked_add(&transaction->revoked, number, transaction->tid, NULL);
    if (error != 0)
        return error;
    handle->credits--;
    /* Until the commit, a crash leaves it in use: older transactions keep the block until then. */
    if (block != NULL && !block_mark(transaction, block, true) && jbd2_block_is_busy(block))
        jbd2_block_join(transaction, block, true);
    return 0;
}
