/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_journal_io.c - what the journal asks for (struct jbd2_ops): blocks to and from the disk, buffers that are sealed
 * and given back, and what follows from a commit or from its end.
 *
 * Who calls the journal has the volume, so there is nobody else whom it could wait for.
 */
#include "abi/errno.h"
#include "core/clock.h"
#include "core/log.h"
#include "fs/ext4/ext4_journal.h"
#include "fs/ext4/jbd2_layout.h"

#define NS_PER_S 1000000000ull

/* ---- blocks ---- */

struct moving { /* requests under way, in slots that are used one after the other, round and round */
    struct ext4_journal *journal;
    enum blk_op op;
    unsigned first, count; /* of those that have begun */
    bool is_filling;       /* the slot behind them has segments */
    uint64_t next;         /* sector behind those */
    int result;            /* the first error */
};

static struct ext4_journal_slot *slot_at(const struct moving *moving, unsigned n)
{
    return &moving->journal->slots[(moving->first + n) % EXT4_JOURNAL_SLOTS];
}

static void moving_finish_first(struct moving *moving)
{
    int error = blk_finish(moving->journal->e4->dev, &slot_at(moving, 0)->request);

    moving->first++;
    moving->count--;
    if (error != 0 && moving->result == 0)
        moving->result = error;
}

/* Starts what was filled; then there is a free slot. */
static void moving_start(struct moving *moving)
{
    if (!moving->is_filling)
        return;
    blk_start(moving->journal->e4->dev, &slot_at(moving, moving->count)->request);
    moving->is_filling = false;
    if (++moving->count == EXT4_JOURNAL_SLOTS)
        moving_finish_first(moving);
}

static void segment_add(struct moving *moving, uint64_t sector, paddr_t addr, uint32_t size)
{
    struct ext4_journal_slot *slot = slot_at(moving, moving->count);
    unsigned count = moving->is_filling ? slot->request.count : 0;
    const struct blk_segment *last = count != 0 ? &slot->segments[count - 1] : NULL;
    bool is_next = last != NULL && sector == moving->next;

    if (is_next && last->addr + last->size == addr) {
        slot->segments[count - 1].size += size;
    } else if (is_next && count < EXT4_JOURNAL_SEGMENTS) {
        slot->segments[slot->request.count++] = (struct blk_segment){addr, size};
    } else {
        moving_start(moving);
        slot = slot_at(moving, moving->count);
        slot->segments[0] = (struct blk_segment){addr, size};
        slot->request =
            (struct blk_request){.op = moving->op, .count = 1, .sector = sector, .segments = slot->segments};
        moving->is_filling = true;
    }
    moving->next = sector + size / SECTOR_SIZE;
}

/* Where the journal's block is; 0: nowhere. */
static uint64_t log_block(const struct ext4_journal *journal, uint64_t block)
{
    unsigned low = 0, high = journal->run_count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const struct ext4_journal_run *run = &journal->runs[middle];
        if (block < run->start)
            high = middle;
        else if (block - run->start >= run->count)
            low = middle + 1;
        else
            return run->disk + (block - run->start);
    }
    return 0;
}

static int transfer(void *ctx, enum jbd2_space space, enum jbd2_transfer how, const struct jbd2_io *io, unsigned count)
{
    struct ext4_journal *journal = ctx;
    struct ext4_fs *e4 = journal->e4;
    struct moving moving = {.journal = journal, .op = how == JBD2_READ ? BLK_READ : BLK_WRITE};
    uint64_t sectors = e4->block_size / SECTOR_SIZE;

    for (unsigned i = 0; i < count; i++) {
        uint64_t block = space == JBD2_LOG ? log_block(journal, io[i].block) : io[i].block;
        if (block >= e4->blocks || (space == JBD2_LOG && block == 0)) {
            moving.result = -EUCLEAN;
            break;
        }
        segment_add(&moving, block * sectors, virt_to_phys(io[i].data), e4->block_size);
    }
    moving_start(&moving);
    blk_kick(e4->dev);
    while (moving.count != 0)
        moving_finish_first(&moving);
    return moving.result;
}

static int flush(void *ctx)
{
    const struct ext4_journal *journal = ctx;

    return ext4_option_is_set(&journal->e4->options, EXT4_NO_BARRIER) ? 0 : blk_flush(journal->e4->dev);
}

/* ---- fast commits ---- */

static int fast_commit(void *ctx, const void *data, uint32_t index, uint32_t tid, bool *found)
{
    struct ext4_journal *journal = ctx;

    return ext4_fc_scan_block(journal->e4, &journal->fast, data, index, tid, found);
}

int ext4_journal_read_fast(struct ext4_journal *journal, uint32_t index, void *data)
{
    struct jbd2_io io = {(uint64_t)journal->jbd2.fast_first + index, data};

    return transfer(journal, JBD2_LOG, JBD2_READ, &io, 1);
}

/* ---- buffers ---- */

static struct ext4_buffer *buffer_of(struct jbd2_block *block)
{
    return container_of(block, struct ext4_buffer, logged);
}

static void closing(void *ctx, struct jbd2_block *block)
{
    const struct ext4_journal *journal = ctx;

    ext4_buffer_seal(journal->e4, buffer_of(block));
}

static void committed(void *ctx, uint32_t tid)
{
    const struct ext4_journal *journal = ctx;

    ext4_blocks_committed(journal->e4, tid);
}

static void released(void *ctx, struct jbd2_block *block)
{
    const struct ext4_journal *journal = ctx;

    ext4_buffer_clean(&journal->e4->buffers, buffer_of(block));
}

/* ---- what happens ---- */

static void aborted(void *ctx, int error)
{
    const struct ext4_journal *journal = ctx;

    (void)ext4_fail(journal->e4, "writing its journal", error);
}

static void now(void *ctx, uint64_t *seconds, uint32_t *nanoseconds)
{
    uint64_t ns = clock_realtime_ns();

    (void)ctx;
    *seconds = ns / NS_PER_S;
    *nanoseconds = (uint32_t)(ns % NS_PER_S);
}

/* Nobody else is in the journal. */
static void wait(void *ctx)
{
    const struct ext4_journal *journal = ctx;

    panic("%s: ext4: the journal waits for nobody", journal->e4->dev->name);
}

const struct jbd2_ops ext4_journal_ops = {
    .transfer = transfer,
    .flush = flush,
    .fast_commit = fast_commit,
    .closing = closing,
    .committed = committed,
    .released = released,
    .aborted = aborted,
    .now = now,
    .wait = wait,
};
