/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_transaction.c - which blocks a transaction has, and waiting for what others do with it. */
#include "fs/ext4/jbd2_internal.h"
#include "mm/kmalloc.h"

void jbd2_transaction_free(struct jbd2_transaction *transaction)
{
    jbd2_revoked_clear(&transaction->revoked);
    kfree(transaction);
}

void jbd2_block_join(struct jbd2_transaction *transaction, struct jbd2_block *block, bool forgotten)
{
    if (block->transaction != NULL) {
        block->next = transaction;
        block->is_forgotten_next = forgotten;
        return;
    }
    block->transaction = transaction;
    block->is_forgotten = forgotten;
    block->is_logged = false;
    list_insert(&transaction->blocks, &block->link);
}

void jbd2_block_leave(struct jbd2 *journal, struct jbd2_block *block)
{
    struct jbd2_transaction *next = block->next;
    bool forgotten = block->is_forgotten_next;

    list_remove(&block->link);
    kfree(block->frozen);
    block->frozen = NULL;
    block->transaction = block->next = NULL;
    block->is_forgotten = block->is_forgotten_next = block->is_logged = false;
    if (next != NULL)
        jbd2_block_join(next, block, forgotten);
    else if (block->checkpoint == NULL && journal->ops->released != NULL)
        journal->ops->released(journal->ctx, block);
}

/* ---- waiting ---- */

void jbd2_wait(struct jbd2 *journal)
{
    journal->ops->wait(journal->ctx);
}

void jbd2_wake(struct jbd2 *journal)
{
    if (journal->ops->wake != NULL)
        journal->ops->wake(journal->ctx);
}
