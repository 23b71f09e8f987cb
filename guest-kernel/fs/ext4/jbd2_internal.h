/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_internal.h - what the files of the journal share: blocks of the log, batches, revoked blocks, transactions. */
#ifndef GK_FS_EXT4_JBD2_INTERNAL_H
#define GK_FS_EXT4_JBD2_INTERNAL_H

#include "fs/ext4/jbd2.h"
#include "fs/ext4/jbd2_layout.h"

/* ---- jbd2_super.c ---- */

static inline struct jbd2_super *jbd2_super_of(const struct jbd2 *journal)
{
    return (struct jbd2_super *)(void *)journal->super;
}

/* Takes over features, and what follows from them: sizes of tags and tails, the seed of checksums. */
void jbd2_features_set(struct jbd2 *journal, uint32_t compat, uint32_t incompat);
static inline bool jbd2_has_csum(const struct jbd2 *journal)
{
    return (journal->incompat & (JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_CSUM_V3)) != 0;
}
static inline bool jbd2_has_64bit(const struct jbd2 *journal)
{
    return (journal->incompat & JBD2_INCOMPAT_64BIT) != 0;
}

/* Waits until nobody else writes the superblock. What it is to say is decided after that. */
void jbd2_super_wait(struct jbd2 *journal);
/* Writes the superblock, after jbd2_super_wait, which says from now on that the log begins with transaction `tid` in
 * block `start`, or with 0 that it is empty. `stable`: and it is on stable storage. */
int jbd2_super_write(struct jbd2 *journal, uint32_t tid, uint32_t start, bool stable);

/* ---- jbd2_format.c: blocks of the log ---- */

struct jbd2_tag {
    uint64_t block;
    uint32_t flags;
    uint32_t checksum;
};

static inline uint32_t jbd2_log_next(const struct jbd2 *journal, uint32_t block)
{
    return block + 1 < journal->last ? block + 1 : journal->first;
}

/* Makes it one of the journal's own blocks. */
void jbd2_header_put(void *block, enum jbd2_block_type type, uint32_t tid);
/* Its type if the block is one of transaction `tid`, else 0. */
uint32_t jbd2_header_type(const void *block, uint32_t tid);

/* Reads the tag at *offset of a descriptor, and moves on to the next. Whether there was room for one. */
bool jbd2_tag_get(const struct jbd2 *journal, const uint8_t *descriptor, uint32_t *offset, struct jbd2_tag *tag);
/* How many tags there are. */
uint32_t jbd2_tag_count(const struct jbd2 *journal, const uint8_t *descriptor);
/* Writes one there. There is room. */
void jbd2_tag_put(const struct jbd2 *journal, uint8_t *descriptor, uint32_t *offset, const struct jbd2_tag *tag);

/* Of a block as it is in the log; as a tag has it. 0 without checksums. */
uint32_t jbd2_data_checksum(const struct jbd2 *journal, uint32_t tid, const void *data);
/* Descriptors and revoke blocks. Always right without checksums. */
void jbd2_tail_put(const struct jbd2 *journal, uint8_t *block);
bool jbd2_tail_is_right(const struct jbd2 *journal, uint8_t *block);
/* Commit blocks. */
void jbd2_commit_sign(const struct jbd2 *journal, uint8_t *block);
bool jbd2_commit_is_right(const struct jbd2 *journal, uint8_t *block);

/* ---- jbd2_batch.c ---- */

/* Room for some blocks side by side, fewer where memory is short. -ENOMEM */
int jbd2_batch_init(struct jbd2 *journal, struct jbd2_batch *batch);
void jbd2_batch_fini(struct jbd2_batch *batch);
/* The memory of the batch's next block, which gets this number. There is room. */
void *jbd2_batch_add(const struct jbd2 *journal, struct jbd2_batch *batch, uint64_t block);
/* Writes them; then it is empty, also after an error. */
int jbd2_batch_write(struct jbd2 *journal, struct jbd2_batch *batch, enum jbd2_space space);
/* Writes one block so that it is on stable storage. */
int jbd2_write_stable(struct jbd2 *journal, enum jbd2_space space, uint64_t block, void *data);

/* ---- jbd2_revoke.c: sets of revoked blocks ---- */

struct jbd2_revoked {
    struct tree_node node; /* by block */
    uint64_t block;
    uint32_t tid; /* the last that revoked it */
};

/* The block is revoked by `tid`. *count, unless that is NULL: one more if it wasn't there. -ENOMEM */
int jbd2_revoked_add(struct tree *revoked, uint64_t block, uint32_t tid, uint32_t *count);
/* Whether what transaction `tid` wrote of it is revoked. */
bool jbd2_revoked_has(const struct tree *revoked, uint64_t block, uint32_t tid);
/* It is not, after all. Whether it was there. */
bool jbd2_revoked_remove(struct tree *revoked, uint64_t block);
void jbd2_revoked_clear(struct tree *revoked);
static inline struct jbd2_revoked *jbd2_revoked_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct jbd2_revoked, node) : NULL;
}

/* ---- transactions: jbd2_handle.c, jbd2_commit.c, jbd2_checkpoint.c ---- */

struct jbd2_transaction {
    uint32_t tid;
    bool is_locked;         /* no new handles: it is about to commit */
    uint32_t handles;       /* that are open */
    uint32_t credits;       /* used, or promised to open handles */
    struct list blocks;     /* by link; while an older one commits not those that it has as well */
    struct tree revoked;    /* struct jbd2_revoked */
    struct list checkpoint; /* by checkpoint_link: blocks that have to get to their places */
    struct list link;       /* journal->checkpoints */
    uint32_t log_start;     /* its first block in the log, once it commits */
    uint32_t log_blocks;    /* how many it has there */
};

/* The block's data is in the hands of `transaction` no longer. Releases it when nobody has it. */
void jbd2_block_leave(struct jbd2 *journal, struct jbd2_block *block);
/* Frees one that has no blocks. */
void jbd2_transaction_free(struct jbd2_transaction *transaction);
/* Waits until somebody has come further: what was waited for must be looked at again. */
void jbd2_wait(struct jbd2 *journal);
void jbd2_wake(struct jbd2 *journal);
/* Brings blocks of the oldest transactions to their places until `want` blocks of the log are free beside those
 * promised, or nothing is left to do. If others are at it, waits for them and returns. */
int jbd2_checkpoint(struct jbd2 *journal, uint32_t want);
/* Drops all blocks, after an abort. */
void jbd2_drop_all(struct jbd2 *journal);

#endif
