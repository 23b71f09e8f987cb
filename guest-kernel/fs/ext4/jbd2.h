/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2.h - a journal: groups of changed blocks get to the disk whole or not at all, whenever the power goes.
 *
 * It knows nothing of files. Its user has blocks of a file system in memory, says which ones it changes together, and
 * lets the journal write them. A disk has a cache: what was written arrives there in any order, or not at all, until a
 * flush; of one block, some sectors may arrive. The journal makes of this what the user needs:
 *
 *     handle      the blocks of one operation (jbd2_start, jbd2_write, jbd2_stop); several at a time share a
 *     transaction which is running, until it is closed by jbd2_commit or because it is full. Its blocks are then
 *     committed   written one after the other into the log, with a commit block at the end, and later
 *     checkpoint  written to their places, after which the log's beginning is given up.
 *
 * A commit of transaction T is, in this order (jbd2_commit.c):
 *
 *   1  file data that T's blocks lead to, to its place (hook write_ordered)
 *   2  revoke blocks, descriptors and T's blocks into the log; if the log was marked as empty: its superblock
 *   3  flush
 *   4  commit block
 *   5  flush, or 4 with FUA
 *
 * The flush 3 is there as the commit block says that all before it has arrived. Without it a disk could store the
 * commit block first; if the power goes then, old bytes in the log would be taken for T's blocks, and T's blocks could
 * lead to data that never came. The flush 5 is there as who waits for the commit (fsync) is told that it can't be lost
 * any more; and as blocks that T freed may be used again from then on.
 * fsync of one page of a file is the page, the log up to there, the commit block: 3 writes and 2 flushes.
 *
 * A checkpoint is (jbd2_checkpoint.c):
 *
 *   1  blocks of the oldest transactions, as committed, to their places
 *   2  flush
 *   3  the superblock, which says that the log begins later
 *   4  flush, or 3 with FUA; then only the log's freed blocks are written to
 *
 * The flush 2: if the superblock arrived first, the log would be given up before its blocks are at their places. The
 * flush 4: if the log's old beginning were written over first, a replay would look there, find nothing that fits, and
 * take the log for empty, with all transactions that are in it.
 *
 * A replay (jbd2_recover.c) after a crash is:
 *
 *   1  blocks of all committed transactions to their places, but for those revoked later
 *   2  flush
 *   3  the superblock: empty
 *   4  flush, or 3 with FUA
 *
 * The flush 2 is there for the same reason as a checkpoint's. The flush 4 is there as the file system goes on after it:
 * it writes data to places that are free now; a second replay would write over them.
 * If the power goes meanwhile, it begins anew, and writes the same.
 *
 * A block that was freed and is used for a file's data is written by no journal. If an older copy of it were in the
 * log, a replay would write that over the data: hence revoke blocks. "Don't write copies of block N from me or before."
 *
 * Who calls is alone, but for what the hooks wait for (transfer, flush, wait): then others may call. No locks are
 * taken.
 */
#ifndef GK_FS_EXT4_JBD2_H
#define GK_FS_EXT4_JBD2_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/tree.h"

/* ---- what the user has to offer ---- */

enum jbd2_space {
    JBD2_LOG, /* block numbers are those of the journal */
    JBD2_HOME /* block numbers are those of the file system */
};

enum jbd2_transfer { JBD2_READ, JBD2_WRITE, JBD2_WRITE_FUA };

struct jbd2_io { /* one block */
    uint64_t block;
    void *data;
};

struct jbd2_block;

/* Each returns 0 or -errno. What is marked with (*) only journals need that are written to (jbd2_open). */
struct jbd2_ops {
    /* Moves blocks, in any order, and waits for them; no block comes twice. Those whose numbers follow each other
     * should make one request. FUA: when it returns they are on stable storage. After jbd2_open an error of it, or of
     * flush, ends the journal: for want of memory neither should fail. */
    int (*transfer)(void *ctx, enum jbd2_space space, enum jbd2_transfer how, const struct jbd2_io *io, unsigned count);
    /* What was written so far, in both spaces, is on stable storage. */
    int (*flush)(void *ctx);
    bool has_fua; /* else a write with FUA is asked for as a write and a flush */

    /* A block of the area for fast commits, of which `index` 0 is the first: whether it belongs to what was committed
     * after transaction `tid` - 1. *found: something did, of this block or of those before. 0: and the next one; 1: no
     * more is needed; or -errno. NULL: they are skipped, and jbd2_recovery says so. */
    int (*fast_commit)(void *ctx, const void *data, uint32_t index, uint32_t tid, bool *found);

    /* (*) Writes the file data that blocks of this transaction lead to, and waits; no flush. It must not start handles.
     * An error ends the journal: where the file alone is to have it, return 0. May be NULL. */
    int (*write_ordered)(void *ctx, uint32_t tid);
    /* (*) The block's transaction closes: nothing of it has been copied or written yet, and what is changed in its
     * blocks now belongs to it. Here checksums are set, once, rather than with each change. Called for each block but
     * those that are freed, in no order; it must not wait, nor start handles. May be NULL. */
    void (*closing)(void *ctx, struct jbd2_block *block);
    /* (*) The transaction is on stable storage. Blocks freed by it may be used again. It may wait; then it is the
     * user's to see that nobody else commits meanwhile. May be NULL. */
    void (*committed)(void *ctx, uint32_t tid);
    /* (*) The journal is done with the block, and holds no pointer to it any more. May be NULL. */
    void (*released)(void *ctx, struct jbd2_block *block);
    /* (*) Waits until `wake` was called: at once if nobody else can call that, which then must not be. */
    void (*wait)(void *ctx);
    void (*wake)(void *ctx);
    /* (*) The time of day, for commit blocks. */
    void (*now)(void *ctx, uint64_t *seconds, uint32_t *nanoseconds);
    /* (*) The journal has ended (jbd2_abort). May be NULL. */
    void (*aborted)(void *ctx, int error);
};

/* ---- a journal ---- */

struct jbd2_setup {
    const struct jbd2_ops *ops;
    void *ctx;
    const char *name;      /* of its device, for lines on the log: borrowed */
    uint32_t block_size;   /* a power of two from 1,024 to 65,536 */
    uint32_t log_blocks;   /* of the journal's file or device */
    uint64_t home_blocks;  /* of the file system */
    uint32_t credits_most; /* blocks that a transaction may have, as they stay in memory; 0: a quarter of the log */
};

struct jbd2_batch { /* blocks side by side in memory */
    uint8_t *data;
    struct jbd2_io *io;
    unsigned room, count;
};

struct jbd2_transaction;

/* Whoever uses it sets it up with zeros. Fields are the journal's. */
struct jbd2 {
    const struct jbd2_ops *ops;
    void *ctx;
    const char *name;
    uint32_t block_size;
    uint64_t home_blocks;
    uint8_t *super;              /* block 0, as it is on the disk, or is to be next */
    uint32_t format;             /* of the superblock: 1 or 2 */
    uint32_t compat, incompat;   /* features */
    uint32_t first, last;        /* of the log; last: one beyond */
    uint32_t fast_first, length; /* the area for fast commits goes to the journal's end; both the same: there is none */
    uint32_t csum_seed;
    uint32_t tag_size, tail_size;
    bool has_fast_commits; /* jbd2_recover: some are to be replayed; the log is empty, and begins at `head` */

    /* What is written: */
    int error;                              /* why it was aborted, or 0 */
    struct jbd2_transaction *running;       /* or NULL */
    struct jbd2_transaction *committing;    /* or NULL */
    struct list checkpoints;                /* committed ones with blocks that aren't at their places, oldest first */
    bool is_checkpointing, is_writing_home; /* somebody is at it; blocks are on their way */
    bool is_writing_super;                  /* so is the superblock */
    bool is_held;                           /* what runs isn't committed: jbd2_release */
    uint32_t next_tid, committed_tid;       /* of the next transaction; of the last one that is on stable storage */
    uint32_t head;                          /* block of the log that is written next */
    uint32_t free, promised;                /* blocks of the log: not in use; of these, for running and committing */
    uint32_t log_most, credits_most;        /* of a transaction: blocks in the log; those it may change */
    uint32_t credits_wanted;
    struct jbd2_batch commit_batch, home_batch;
};

/*
 * Reads the superblock. 0; -EINVAL where it isn't one, its numbers make no sense, or it has features that nobody here
 * knows, which are named on the log; -EBADMSG when its checksum is wrong; -ENOMEM, -EIO.
 * A walk along the log may take as long as log_blocks reads: it is for the user to know that there are that many.
 */
int jbd2_load(struct jbd2 *journal, const struct jbd2_setup *setup);
void jbd2_unload(struct jbd2 *journal); /* of one that isn't open. Nothing is written */

/* Whether a replay is due. */
bool jbd2_is_dirty(const struct jbd2 *journal);
/* The errno, above 0, with which a journal was aborted some day, or 0: the file system needs a check. Clearing
 * writes the superblock, before the journal is opened: 0 or -errno. */
int jbd2_recorded_error(const struct jbd2 *journal);
int jbd2_clear_recorded_error(struct jbd2 *journal);

struct jbd2_recovery {
    uint32_t transactions; /* that were replayed */
    uint32_t first_tid, end_tid;
    uint64_t blocks, revoked_blocks, revoke_records;
    bool fast_commits_skipped; /* there were some, and no hook for them */
};

/*
 * Brings what was committed to its places, and leaves the log empty. result: what was done; may be NULL.
 *
 * Where there are fast commits, has_fast_commits: those are the user's to replay. They count as long as the superblock
 * says that the log begins with the transaction that they belong to, which it does afterwards. So jbd2_open then opens
 * the journal for one transaction alone, as large as the log, which gets that number: with its commit what was replayed
 * is there, and the fast commits aren't any more; before, it is the other way round.
 *
 * The log ends where no block of the next transaction is, or before one that goes around it without an end: that one
 * was being written, and is dropped. It also ends, with checksums, at a wrong one whose transaction's time is before
 * that of the one ahead: something older.
 *
 * -EUCLEAN: the commit block at the end is damaged, or the log makes no sense, or leads beyond the file system.
 * -EBADMSG: a checksum in the middle is wrong. What could be replayed was, as with Linux, but for the first error of
 * the kinds that the scan finds. -EIO, -ENOMEM. With each error the log stays as it was.
 */
int jbd2_recover(struct jbd2 *journal, struct jbd2_recovery *result);
/* What is in the log doesn't count: it is given up. Errors as of jbd2_recover's scan. */
int jbd2_wipe(struct jbd2 *journal);

/* ---- writing ---- */

/* A block of the file system in memory; part of the user's structure for it. The user fills in number and data, the
 * rest are zeros. From jbd2_write to `released` it stays where it is, and nobody else writes it to its place. */
struct jbd2_block {
    uint64_t number;
    void *data;                           /* as the user sees it, with all changes */
    struct jbd2_transaction *transaction; /* running or committing, that has it; or NULL */
    struct jbd2_transaction *next;        /* the running one that has it as well while `transaction` commits */
    struct jbd2_transaction *checkpoint;  /* committed, of which it has to get to its place */
    void *frozen;                         /* data as it was when `next` came and it wasn't yet in the log */
    bool is_logged;                       /* `transaction` needs the data no more */
    bool is_forgotten, is_forgotten_next; /* freed in `transaction`, in `next` */
    struct list link, checkpoint_link;
};

struct jbd2_handle { /* the user's, on the stack */
    struct jbd2 *journal;
    struct jbd2_transaction *transaction;
    uint32_t credits; /* blocks that it may still take */
};

enum {                     /* features that a journal is to have, jbd2_open */
       JBD2_WITH_CSUM = 1, /* csum_v3; else no checksums */
       JBD2_WITH_64BIT = 2,
};

/* Whether jbd2_open will be able to: one of its errors but -ENOMEM, or 0. */
int jbd2_open_check(const struct jbd2 *journal);
/* Begins to write, when the log is empty (jbd2_recover); with has_fast_commits what is written is held. `with`: what
 * there is to be of features; 64bit also where it was before, or where the file system's size asks for it. The
 * superblock is written with the first commit. -EOPNOTSUPP: version 1; -EINVAL: shorter than JBD2_LENGTH_MIN; -EUCLEAN:
 * not empty; -ENOMEM. */
int jbd2_open(struct jbd2 *journal, unsigned with);
/* What is held may be committed from now on: the fast commits were replayed. Until then, what needs a commit gives
 * -ENOSPC, and jbd2_close drops it. */
void jbd2_release(struct jbd2 *journal);
/* Commits, brings all to its place, marks the log as empty. No handles are open. Also after an abort. What fails is
 * returned; it is closed all the same. */
int jbd2_close(struct jbd2 *journal);

/* An operation begins that changes up to `credits` blocks. May commit, checkpoint and wait. -ENOSPC: more than a
 * transaction holds; -EROFS: aborted; -ENOMEM, -EIO. The caller has no other handle open. */
int jbd2_start(struct jbd2 *journal, struct jbd2_handle *handle, uint32_t credits);
/* It is going to change more. -ENOSPC: there is no room in the transaction; stop and start anew. */
int jbd2_extend(struct jbd2_handle *handle, uint32_t credits);
/* The operation is complete. Its transaction: for jbd2_commit. */
uint32_t jbd2_stop(struct jbd2_handle *handle);

/* The block is going to be changed, before the handle is stopped. Costs a credit once a transaction. After it, changes
 * need no more calls. -ENOMEM, -ENOSPC (credits), -EROFS: it isn't in the transaction, and must not be changed. */
int jbd2_write(struct jbd2_handle *handle, struct jbd2_block *block);
/* The block, which was one for jbd2_write, is free: no copy of it will be replayed. Costs a credit. `block`: if it is
 * in memory, else NULL; it may be kept by the journal until `released`, or not. Errors as jbd2_write. */
int jbd2_revoke(struct jbd2_handle *handle, uint64_t number, struct jbd2_block *block);
/* Whether the journal has it; else it may go. */
static inline bool jbd2_block_is_busy(const struct jbd2_block *block)
{
    return block->transaction != NULL || block->checkpoint != NULL;
}

/* Returns when the transaction is on stable storage: commits it if it is still running. The caller has no handle open.
 * 0, also if it is long since; -EIO or with what else the journal was aborted. */
int jbd2_commit(struct jbd2 *journal, uint32_t tid);
/* The same with the one that is running, or committing. */
int jbd2_commit_all(struct jbd2 *journal);
bool jbd2_is_committed(const struct jbd2 *journal, uint32_t tid);
/* The number of the one that is running; 0: none is. */
uint32_t jbd2_running_tid(const struct jbd2 *journal);
/* Commits, and brings all to its place; the log is marked as empty (freeze, remount read-only). What others commit
 * meanwhile goes there, too: it may take as long as they do. */
int jbd2_flush(struct jbd2 *journal);

/* Nothing can be written any more: no commit is made from now on. The superblock gets `error`, below 0, for which it
 * may wait: not to be called in the hooks for transfer and flush, nor for released. */
void jbd2_abort(struct jbd2 *journal, int error);

/* Of two transactions, whose numbers go round: whether a is before b. */
static inline bool jbd2_tid_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

#endif
