/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_work.h - somebody who changes blocks by chance through a journal, and knows for each transaction what the blocks
 * are after it.
 *
 * A block is a file system's metadata (changed by jbd2_write), free, or a file's data, which is written to its place
 * before its transaction's commit block. One becomes free by jbd2_revoke, and data at the earliest when that is
 * committed. While the journal writes, others may run: they change blocks that are being committed.
 */
#ifndef TESTS_JBD2_WORK_H
#define TESTS_JBD2_WORK_H

#include "jbd2_disk.h"

#define WORK_BLOCKS 200u
#define WORK_TRANSACTIONS 4096u

enum work_kind { WORK_AS_BEFORE, WORK_META, WORK_FREE, WORK_DATA };

struct work_state { /* of a block */
    enum work_kind kind;
    uint32_t version; /* of its contents */
};

struct work_block {
    struct jbd2_block block;
    struct work_state state;
    uint32_t freed_by; /* transaction, if it is free */
    uint32_t data_tid; /* whose commit writes it, if it is data */
    bool is_data_due;
    bool is_free_stable; /* that is committed */
};

struct work {
    struct jdisk *disk;
    struct jbd2 journal;
    struct work_block blocks[WORK_BLOCKS];
    uint64_t seed;
    uint32_t version;
    uint32_t first_tid, last_tid;            /* transactions that were closed */
    struct work_state (*after)[WORK_BLOCKS]; /* each transaction: by tid - first_tid */
    unsigned interruptions, freezes;         /* operations while the journal writes; blocks that they found in commit */
    bool is_interrupted, interrupts;
    void (*pause)(void); /* between the blocks of an operation. May be NULL */
};

/* Begins on the disk, whose journal is empty. One at a time. */
void work_begin(struct work *work, struct jdisk *disk, unsigned with, uint64_t seed);
/* Some operations on up to `most` blocks each, and perhaps a commit or a checkpoint. 0, or the first error. *committed:
 * the last transaction that was reported as stable. */
int work_step(struct work *work, unsigned most, uint32_t *committed);
/* One operation. *tid: its transaction. */
int work_operate(struct work *work, unsigned most, uint32_t *tid);
/* Closes the journal, and checks that it holds nothing any more. */
int work_end(struct work *work);

/* The last transaction from `from` up to the newest after which blocks are as they are on the disk; from - 1: none. */
uint32_t work_find(const struct work *work, const struct jdisk *disk, uint32_t from);
void work_free(struct work *work);

#endif
