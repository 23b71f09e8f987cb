/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_work.c - see jbd2_work.h. */
#include "jbd2_work.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"

#define OTHERS_MOST 12u

static struct work *current;

/* ---- contents ---- */

/* Says which block and version it is; some begin as the journal's own blocks do. */
static void contents_make(uint8_t *data, uint32_t size, uint64_t number, uint32_t version)
{
    uint64_t seed = number << 32 | (version + 1);
    uint32_t words[4] = {version % 7 == 0 ? __builtin_bswap32(JBD2_MAGIC) : (uint32_t)number, (uint32_t)number,
                         version};

    memcpy(data, words, sizeof(words));
    for (uint32_t at = sizeof(words); at < size; at += sizeof(seed)) {
        (void)jdisk_random(&seed);
        memcpy(data + at, &seed, sizeof(seed));
    }
}

/* The version that is there; 0: as at first; UINT32_MAX: nothing whole. */
static uint32_t contents_version(const struct jdisk *disk, uint64_t number)
{
    uint8_t *at = jdisk_at(disk, number), want[4096];
    uint32_t words[4];

    memcpy(words, at, sizeof(words));
    contents_make(want, disk->block_size, number, words[2]);
    if (memcmp(at, want, disk->block_size) == 0)
        return words[2];
    for (uint32_t i = 0; i < disk->block_size; i++)
        if (at[i] != 0)
            return UINT32_MAX;
    return 0;
}

/* ---- hooks ---- */

static void after_note(struct work *work, uint32_t tid)
{
    ck_assert_uint_lt(tid - work->first_tid, WORK_TRANSACTIONS);
    for (unsigned i = 0; i < WORK_BLOCKS; i++)
        work->after[tid - work->first_tid][i] = work->blocks[i].state;
    work->last_tid = tid;
}

static void committed(void *ctx, uint32_t tid)
{
    (void)ctx;
    for (unsigned i = 0; i < WORK_BLOCKS; i++)
        if (current->blocks[i].state.kind == WORK_FREE && current->blocks[i].freed_by == tid)
            current->blocks[i].is_free_stable = true;
}

/* ---- operations ---- */

static int block_write(struct jbd2_handle *handle, struct work_block *work_block)
{
    const struct jbd2_block *block = &work_block->block;
    bool is_committing = block->transaction != NULL && block->transaction != handle->transaction;
    int error = jbd2_write(handle, &work_block->block);

    if (error != 0)
        return error;
    current->freezes += is_committing && block->frozen != NULL;
    work_block->state = (struct work_state){WORK_META, ++current->version};
    work_block->is_free_stable = false;
    contents_make(block->data, current->disk->block_size, block->number, work_block->state.version);
    return 0;
}

static int block_free(struct jbd2_handle *handle, struct work_block *work_block)
{
    int error = 0;

    if (work_block->state.kind == WORK_META)
        error = jbd2_revoke(handle, work_block->block.number, &work_block->block);
    if (error != 0)
        return error;
    work_block->state = (struct work_state){.kind = WORK_FREE};
    work_block->freed_by = handle->transaction->tid;
    work_block->is_free_stable = work_block->is_data_due = false;
    return 0;
}

/* A block that leads to it would be changed by the same handle. */
static int block_make_data(const struct jbd2_handle *handle, struct work_block *work_block)
{
    work_block->state = (struct work_state){WORK_DATA, ++current->version};
    work_block->data_tid = handle->transaction->tid;
    work_block->is_data_due = true;
    work_block->is_free_stable = false;
    return 0;
}

static int block_operate(struct jbd2_handle *handle, struct work_block *work_block)
{
    uint32_t chance = jdisk_random(&current->seed) % 8;

    switch (work_block->state.kind) {
    case WORK_FREE:
        if (work_block->is_free_stable && chance < 5)
            return block_make_data(handle, work_block);
        return block_write(handle, work_block);
    case WORK_DATA:
        return chance < 4 ? block_free(handle, work_block) : 0;
    case WORK_META:
        return chance < 2 ? block_free(handle, work_block) : block_write(handle, work_block);
    default:
        return block_write(handle, work_block);
    }
}

/* Large ones take blocks that lie side by side, so that each is another one. */
int work_operate(struct work *work, unsigned most, uint32_t *tid)
{
    unsigned count = 1 + jdisk_random(&work->seed) % most, first = jdisk_random(&work->seed);
    struct jbd2_handle handle;
    int error = jbd2_start(&work->journal, &handle, count);

    if (error != 0)
        return error;
    for (unsigned i = 0; error == 0 && i < count; i++) {
        unsigned number = count > 20 ? first + i : jdisk_random(&work->seed);
        error = block_operate(&handle, &work->blocks[number % WORK_BLOCKS]);
        if (work->pause != NULL)
            work->pause();
    }
    *tid = jbd2_stop(&handle);
    return error;
}

/* Somebody else gets to run, if that one needn't wait. */
static void others_run(struct work *work)
{
    const struct jbd2 *journal = &work->journal;
    bool has_room = journal->running == NULL ? journal->free - journal->promised >= journal->log_most
                                             : journal->running->credits + OTHERS_MOST <= journal->credits_most &&
                                                   !journal->running->is_locked;

    if (!work->interrupts || work->is_interrupted || journal->error != 0 || !has_room ||
        jdisk_random(&work->seed) % 2 != 0)
        return;
    work->is_interrupted = true;
    uint32_t tid;
    int error = work_operate(work, OTHERS_MOST, &tid);
    ck_assert(error == 0 || error == -ENOMEM);
    work->is_interrupted = false;
    work->interruptions++;
}

/* While a request is under way. */
static void on_write(enum jbd2_space space)
{
    if (space == JBD2_LOG || current->journal.is_writing_home)
        others_run(current);
}

/* The transaction is closed; nobody has changed anything since. While its data is written that ends. */
static int write_ordered(void *ctx, uint32_t tid)
{
    struct jdisk *disk = ctx;
    struct work_state due[WORK_BLOCKS] = {0};
    uint8_t *data = malloc(disk->block_size);
    int error = 0;

    after_note(current, tid);
    for (unsigned i = 0; i < WORK_BLOCKS; i++) {
        if (!current->blocks[i].is_data_due || current->blocks[i].data_tid != tid)
            continue;
        due[i] = current->blocks[i].state;
        current->blocks[i].is_data_due = false;
    }
    for (unsigned i = 0; error == 0 && i < WORK_BLOCKS; i++) {
        struct jbd2_io io = {current->blocks[i].block.number, data};

        if (due[i].kind != WORK_DATA)
            continue;
        contents_make(data, disk->block_size, io.block, due[i].version);
        error = disk->ops.transfer(disk, JBD2_HOME, JBD2_WRITE, &io, 1);
    }
    free(data);
    if (error == 0)
        others_run(current); /* nothing of the transaction is in the log yet */
    return error;
}

void work_begin(struct work *work, struct jdisk *disk, unsigned with, uint64_t seed)
{
    struct jbd2_setup setup = jdisk_setup(disk);

    *work = (struct work){.disk = disk, .seed = seed, .interrupts = true};
    current = work;
    disk->ops.write_ordered = write_ordered;
    disk->ops.committed = committed;
    ck_assert_uint_ge(disk->free_count, WORK_BLOCKS);
    work->after = calloc(WORK_TRANSACTIONS, sizeof(*work->after));
    for (unsigned i = 0; i < WORK_BLOCKS; i++) {
        work->blocks[i].block.number = disk->free_at[i];
        work->blocks[i].block.data = calloc(1, disk->block_size);
    }
    ck_assert_int_eq(jbd2_load(&work->journal, &setup), 0);
    ck_assert_int_eq(jbd2_recover(&work->journal, NULL), 0);
    ck_assert_int_eq(jbd2_open(&work->journal, with), 0);
    work->first_tid = work->journal.committed_tid;
    after_note(work, work->first_tid); /* as it was */
    disk->on_write = on_write;
}

int work_step(struct work *work, unsigned most, uint32_t *done)
{
    uint32_t tid;
    int error = 0;

    for (unsigned count = 1 + jdisk_random(&work->seed) % 4; error == 0 && count != 0; count--)
        error = work_operate(work, most, &tid);
    if (error == 0 && jdisk_random(&work->seed) % 4 != 0 && work->journal.running != NULL)
        error = jbd2_commit(&work->journal, work->journal.running->tid);
    if (error == 0 && jdisk_random(&work->seed) % 16 == 0)
        error = jbd2_checkpoint(&work->journal, UINT32_MAX);
    *done = work->journal.committed_tid;
    return error;
}

int work_end(struct work *work)
{
    int error;

    work->interrupts = false;
    error = jbd2_close(&work->journal);
    for (unsigned i = 0; i < WORK_BLOCKS; i++)
        ck_assert(!jbd2_block_is_busy(&work->blocks[i].block));
    jbd2_unload(&work->journal);
    ck_assert_uint_eq(stub_kmallocs, 0);
    return error;
}

void work_free(struct work *work)
{
    for (unsigned i = 0; i < WORK_BLOCKS; i++)
        free(work->blocks[i].block.data);
    free(work->after);
}

/* ---- what is on a disk ---- */

static bool is_after(const struct work_state *want, const uint32_t *versions)
{
    for (unsigned i = 0; i < WORK_BLOCKS; i++)
        if (want[i].kind != WORK_FREE && want[i].version != versions[i])
            return false;
    return true;
}

uint32_t work_find(const struct work *work, const struct jdisk *disk, uint32_t from)
{
    uint32_t versions[WORK_BLOCKS], tid = work->last_tid;

    for (unsigned i = 0; i < WORK_BLOCKS; i++)
        versions[i] = contents_version(disk, disk->free_at[i]);
    while (!jbd2_tid_before(tid, from) && !is_after(work->after[tid - work->first_tid], versions))
        tid--;
    return tid;
}
