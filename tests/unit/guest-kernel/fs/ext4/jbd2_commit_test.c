/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_commit_test.c - transactions: what a commit costs, what is in the log after it, room, revoked blocks, errors. */
// sources: guest-kernel/fs/ext4/jbd2_*.c guest-kernel/lib/crc*.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/fs/ext4/jbd2_disk.c tests/unit/guest-kernel/fs/ext4/jbd2_work.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"
#include "jbd2_work.h"

#define OPTIONS "-b 1024 -N 16 -J size=1 -O 64bit,metadata_csum,^resize_inode"
#define BLOCKS 8u

static struct jdisk base, disk;
static struct jbd2 journal;
static struct jbd2_block blocks[BLOCKS];
static uint8_t data[BLOCKS][1024];
static unsigned released, aborted;

static void base_make(void)
{
    jdisk_make(&base, 2100, OPTIONS, JDISK_NEEDS_RECOVERY);
}

static void base_free(void)
{
    jdisk_free(&base);
}

static void note_released(void *ctx, struct jbd2_block *block)
{
    (void)ctx, (void)block;
    released++;
}

static void note_aborted(void *ctx, int error)
{
    (void)ctx, (void)error;
    aborted++;
}

static void setup_with(unsigned with, uint32_t credits)
{
    jdisk_copy(&disk, &base);
    disk.ops.released = note_released;
    disk.ops.aborted = note_aborted;
    struct jbd2_setup setup = jdisk_setup(&disk);
    setup.credits_most = credits;
    for (unsigned i = 0; i < BLOCKS; i++)
        blocks[i] = (struct jbd2_block){.number = disk.free_at[i], .data = data[i]};
    ck_assert_int_eq(jbd2_load(&journal, &setup), 0);
    ck_assert_int_eq(jbd2_open(&journal, with), 0);
}

static void setup(void)
{
    setup_with(JBD2_WITH_CSUM | JBD2_WITH_64BIT, 0);
}

static void teardown(void)
{
    jbd2_unload(&journal);
    jdisk_free(&disk);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

/* One operation that makes the whole block this byte. */
static uint32_t change(unsigned i, uint8_t byte)
{
    struct jbd2_handle handle;

    ck_assert_int_eq(jbd2_start(&journal, &handle, 1), 0);
    ck_assert_int_eq(jbd2_write(&handle, &blocks[i]), 0);
    memset(data[i], byte, sizeof(data[i]));
    return jbd2_stop(&handle);
}

static uint32_t revoke(unsigned i)
{
    struct jbd2_handle handle;

    ck_assert_int_eq(jbd2_start(&journal, &handle, 1), 0);
    ck_assert_int_eq(jbd2_revoke(&handle, blocks[i].number, &blocks[i]), 0);
    return jbd2_stop(&handle);
}

/* The block's first byte after a crash now, by this code and by e2fsck. */
static unsigned after_crash(unsigned i)
{
    struct jdisk crashed, other;

    jdisk_copy(&crashed, &disk);
    jdisk_copy(&other, &disk);
    ck_assert_int_eq(jdisk_replay(&crashed, NULL), 0);
    ck_assert_int_eq(jdisk_e2fsck(&other), 0);
    ck_assert_uint_eq(jdisk_difference(&crashed, &other), disk.blocks);
    unsigned byte = *jdisk_at(&crashed, blocks[i].number);
    jdisk_free(&crashed);
    jdisk_free(&other);
    return byte;
}

/* ---- what it costs ---- */

static int write_page(void *ctx, uint32_t tid)
{
    struct jdisk *to = ctx;
    struct jbd2_io io = {to->free_at[100], data[7]};

    (void)tid;
    return to->ops.transfer(to, JBD2_HOME, JBD2_WRITE, &io, 1);
}

START_TEST(fsync_costs_three_writes_and_two_flushes)
{
    setup();
    disk.ops.write_ordered = write_page;
    disk.ops.has_fua = _i != 0;
    ck_assert_int_eq(jbd2_commit(&journal, change(0, 1)), 0); /* the first marks the log as not empty */
    disk.writes = disk.flushes = disk.fuas = 0;
    change(0, 2);
    change(1, 3);
    ck_assert_int_eq(jbd2_commit(&journal, change(2, 4)), 0);
    ck_assert_uint_eq(disk.writes, 3);
    ck_assert_uint_eq(disk.flushes + disk.fuas, 2);
    ck_assert_uint_eq(disk.fuas, _i);
    disk.writes = disk.flushes = disk.fuas = 0;
    ck_assert_int_eq(jbd2_commit_all(&journal), 0); /* nothing to do */
    ck_assert_uint_eq(disk.writes + disk.flushes, 0);
    ck_assert_int_eq(jbd2_close(&journal), 0);
    teardown();
}
END_TEST

/* ---- what is in it ---- */

START_TEST(commit_survives_a_crash)
{
    setup_with(_i == 0 ? 0 : JBD2_WITH_CSUM | JBD2_WITH_64BIT, 0);
    uint32_t tid = change(0, 7);
    ck_assert(!jbd2_is_committed(&journal, tid));
    ck_assert_uint_eq(after_crash(0), 0);
    ck_assert_int_eq(jbd2_commit(&journal, tid), 0);
    ck_assert(jbd2_is_committed(&journal, tid));
    ck_assert_uint_eq(*jdisk_at(&disk, blocks[0].number), 0); /* not at its place */
    ck_assert_uint_eq(after_crash(0), 7);
    change(0, 8);
    ck_assert_uint_eq(after_crash(0), 7);
    ck_assert_int_eq(jbd2_close(&journal), 0);
    ck_assert_uint_eq(*jdisk_at(&disk, blocks[0].number), 8);
    ck_assert_uint_eq(released, 1);
    ck_assert(!jbd2_is_dirty(&journal));
    teardown();
}
END_TEST

START_TEST(magic_number_is_escaped)
{
    setup();
    change(1, 9);
    be32_put((struct be32 *)(void *)data[1], JBD2_MAGIC);
    uint32_t tid = change(2, 1);
    ck_assert_int_eq(jbd2_commit(&journal, tid), 0);
    ck_assert_uint_eq(after_crash(1), JBD2_MAGIC >> 24);
    ck_assert_uint_eq(be32_get((struct be32 *)(void *)data[1]), JBD2_MAGIC);
    ck_assert_int_eq(jbd2_close(&journal), 0);
    teardown();
}
END_TEST

static bool is_inside;
static unsigned freezes;

/* Somebody changes block 0 while its last state isn't yet in the log: that is what happens before the first request. */
static int change_meanwhile(void *ctx, uint32_t tid)
{
    (void)ctx, (void)tid;
    if (is_inside)
        return 0;
    is_inside = true;
    change(0, 22);
    freezes += blocks[0].frozen != NULL;
    revoke(1);
    return 0;
}

START_TEST(commit_has_what_was_when_it_began)
{
    setup();
    disk.ops.write_ordered = change_meanwhile;
    change(1, 5);
    uint32_t tid = change(0, 21);
    ck_assert_int_eq(jbd2_commit(&journal, tid), 0);
    ck_assert_uint_eq(freezes, 1);
    ck_assert_uint_eq(after_crash(0), 21);
    ck_assert_uint_eq(after_crash(1), 5);
    ck_assert_int_eq(jbd2_commit_all(&journal), 0);
    ck_assert_uint_eq(after_crash(0), 22);
    ck_assert_int_eq(jbd2_close(&journal), 0);
    ck_assert_uint_eq(*jdisk_at(&disk, blocks[1].number), 0); /* freed, it never got there */
    ck_assert_uint_eq(released, 2);
    teardown();
}
END_TEST

/* ---- revoked blocks ---- */

START_TEST(revoked_block_is_not_replayed)
{
    setup();
    change(1, 1);
    ck_assert_int_eq(jbd2_commit(&journal, change(0, 5)), 0);
    uint32_t tid = revoke(0);
    ck_assert(jbd2_block_is_busy(&blocks[0])); /* until it is certain */
    ck_assert_int_eq(jbd2_commit(&journal, tid), 0);
    ck_assert(!jbd2_block_is_busy(&blocks[0]));
    *jdisk_at(&disk, blocks[0].number) = 77; /* a file's data by now */
    ck_assert_uint_eq(after_crash(0), 77);
    ck_assert_uint_eq(after_crash(1), 1);
    ck_assert_int_eq(jbd2_commit(&journal, change(0, 6)), 0); /* and once more metadata */
    ck_assert_uint_eq(after_crash(0), 6);
    ck_assert_int_eq(jbd2_close(&journal), 0);
    teardown();
}
END_TEST

static unsigned waits;

static void wait_for_landing(void *ctx)
{
    (void)ctx;
    waits++;
    journal.is_writing_home = false; /* as whoever writes them does in the end */
}

static void revoke_on_the_way(enum jbd2_space space)
{
    if (space != JBD2_HOME || waits != 0)
        return;
    ck_assert_int_eq(jbd2_commit(&journal, revoke(0)), 0);
}

/* Else an old copy might get there when the block is a file's already. */
START_TEST(commit_waits_for_blocks_on_their_way)
{
    setup();
    ck_assert_int_eq(jbd2_commit(&journal, change(0, 5)), 0);
    disk.on_write = revoke_on_the_way;
    disk.ops.wait = wait_for_landing;
    ck_assert_int_eq(jbd2_checkpoint(&journal, UINT32_MAX), 0);
    ck_assert_uint_eq(waits, 1);
    ck_assert(!jbd2_block_is_busy(&blocks[0]));
    ck_assert_int_eq(jbd2_close(&journal), 0);
    teardown();
}
END_TEST

START_TEST(block_in_use_again_is_not_revoked)
{
    setup();
    ck_assert_int_eq(jbd2_commit(&journal, change(0, 5)), 0);
    revoke(0);
    ck_assert_int_eq(jbd2_commit(&journal, change(0, 6)), 0);
    ck_assert_uint_eq(after_crash(0), 6);
    ck_assert_int_eq(jbd2_close(&journal), 0);
    ck_assert_uint_eq(*jdisk_at(&disk, blocks[0].number), 6);
    teardown();
}
END_TEST

/* ---- room ---- */

START_TEST(credits_are_counted)
{
    struct jbd2_handle handle;

    setup_with(JBD2_WITH_CSUM, 3);
    ck_assert_uint_eq(journal.credits_most, 3);
    ck_assert_int_eq(jbd2_start(&journal, &handle, 4), -ENOSPC);
    ck_assert_int_eq(jbd2_start(&journal, &handle, 2), 0);
    ck_assert_int_eq(jbd2_write(&handle, &blocks[0]), 0);
    ck_assert_int_eq(jbd2_write(&handle, &blocks[0]), 0); /* once a transaction */
    ck_assert_int_eq(jbd2_write(&handle, &blocks[1]), 0);
    ck_assert_int_eq(jbd2_write(&handle, &blocks[2]), -ENOSPC);
    ck_assert_int_eq(jbd2_revoke(&handle, 99, NULL), -ENOSPC);
    ck_assert_int_eq(jbd2_extend(&handle, 2), -ENOSPC);
    ck_assert_int_eq(jbd2_extend(&handle, 1), 0);
    ck_assert_int_eq(jbd2_write(&handle, &blocks[2]), 0);
    uint32_t tid = jbd2_stop(&handle);
    ck_assert_int_eq(jbd2_start(&journal, &handle, 1), 0); /* the first is full, and is committed for that */
    ck_assert(jbd2_is_committed(&journal, tid));
    ck_assert_uint_ne(jbd2_stop(&handle), tid);
    ck_assert_int_eq(jbd2_start(&journal, &handle, 3), 0); /* what wasn't used is there again */
    jbd2_stop(&handle);
    ck_assert_int_eq(jbd2_close(&journal), 0);
    teardown();
}
END_TEST

/* What a superblock gives up is used again only when that is on stable storage. */
static void expect_flush_after_superblock(void)
{
    bool is_first = true; /* that marks the log as not empty, and gives nothing up */

    for (size_t i = 0; i < disk.event_count; i++) {
        const struct jdisk_event *event = &disk.events[i];

        if (event->kind != JDISK_WRITE || event->block != disk.log_map[0])
            continue;
        ck_assert(is_first || disk.events[i + 1].kind == JDISK_FLUSH);
        ck_assert(is_first || disk.events[i - 1].kind == JDISK_FLUSH);
        is_first = false;
    }
}

/* The log goes round many times. Blocks get to their places, and no transaction is larger than its promise. */
START_TEST(log_goes_round)
{
    struct work work;
    uint32_t done;
    unsigned rounds = 0, before = 0;

    jdisk_copy(&disk, &base);
    work_begin(&work, &disk, JBD2_WITH_CSUM | JBD2_WITH_64BIT, 4711);
    disk.is_recording = true;
    for (unsigned i = 0; i < 400; i++) {
        ck_assert_int_eq(work_step(&work, i % 5 == 0 ? 120 : 10, &done), 0);
        ck_assert_uint_le(work.journal.promised, work.journal.free);
        rounds += work.journal.head < before;
        before = work.journal.head;
    }
    ck_assert_uint_gt(rounds, 3);
    ck_assert_int_eq(work_end(&work), 0);
    ck_assert_uint_eq(work_find(&work, &disk, work.first_tid), work.last_tid);
    expect_flush_after_superblock();
    work_free(&work);
    jdisk_free(&disk);
}
END_TEST

START_TEST(largest_transaction_fits)
{
    struct jbd2_handle handle;
    struct jbd2_block *many;

    setup_with(_i == 0 ? 0 : JBD2_WITH_CSUM | JBD2_WITH_64BIT, 0);
    many = calloc(journal.credits_most, sizeof(*many));
    for (unsigned round = 0; round < 3; round++) {
        ck_assert_int_eq(jbd2_start(&journal, &handle, journal.credits_most), 0);
        for (uint32_t i = 0; handle.credits != 0; i++) {
            many[i].number = 1000 + i;
            many[i].data = data[0];
            ck_assert_int_eq(jbd2_write(&handle, &many[i]), 0);
            if (round != 0 && handle.credits != 0)
                ck_assert_int_eq(jbd2_revoke(&handle, 500 + i, NULL), 0);
        }
        ck_assert_int_eq(jbd2_commit(&journal, jbd2_stop(&handle)), 0);
        const struct jbd2_transaction *last = container_of(journal.checkpoints.prev, struct jbd2_transaction, link);
        ck_assert_uint_le(last->log_blocks, journal.log_most);
        ck_assert(round != 0 || last->log_blocks * 10 >= journal.log_most * 9);
    }
    ck_assert_int_eq(jbd2_close(&journal), 0);
    free(many);
    teardown();
}
END_TEST

/* ---- errors ---- */

/* At each request: the journal ends, nothing more is written, and what was committed is there after a replay. */
START_TEST(errors_end_the_journal)
{
    unsigned n = 1;

    stub_quiet = true;
    for (bool over = false; !over; n += 1 + n / 16) {
        struct work work;
        struct jbd2_handle handle;
        uint32_t done = 0;
        int error = 0;

        jdisk_copy(&disk, &base);
        work_begin(&work, &disk, JBD2_WITH_CSUM, 99);
        work.interrupts = _i == 0;
        disk.fail_after = n;
        for (unsigned i = 0; error == 0 && i < 60; i++)
            error = work_step(&work, 60, &done);
        over = error == 0;
        if (!over) {
            ck_assert_int_eq(error, -EIO);
            ck_assert_int_eq(jbd2_start(&work.journal, &handle, 1), -EROFS);
            ck_assert_int_eq(jbd2_commit_all(&work.journal), -EIO);
        }
        disk.fail_after = 0;
        ck_assert_int_eq(work_end(&work), error);
        struct jbd2_setup how = jdisk_setup(&disk);
        ck_assert_int_eq(jbd2_load(&journal, &how), 0);
        ck_assert_int_eq(jbd2_recover(&journal, NULL), 0);
        ck_assert_uint_le(done, work_find(&work, &disk, done));
        teardown();
        work_free(&work);
    }
    ck_assert_uint_gt(n, 100);
}
END_TEST

START_TEST(abort_is_recorded)
{
    struct jbd2_handle handle;

    setup();
    stub_quiet = true;
    ck_assert_int_eq(jbd2_commit(&journal, change(0, 1)), 0);
    change(1, 2);
    ck_assert_int_eq(jbd2_start(&journal, &handle, 2), 0);
    jbd2_abort(&journal, -EUCLEAN);
    ck_assert_uint_eq(aborted, 1);
    ck_assert_int_eq(jbd2_write(&handle, &blocks[2]), -EROFS);
    ck_assert_int_eq(jbd2_revoke(&handle, 5, NULL), -EROFS);
    ck_assert_int_eq(jbd2_extend(&handle, 1), -EROFS);
    jbd2_stop(&handle);
    ck_assert_int_eq(jbd2_commit_all(&journal), -EUCLEAN);
    ck_assert_int_eq(jbd2_close(&journal), -EUCLEAN);
    ck_assert_uint_eq(released, 2);
    jbd2_unload(&journal);
    struct jbd2_setup how = jdisk_setup(&disk);
    ck_assert_int_eq(jbd2_load(&journal, &how), 0);
    ck_assert_int_eq(jbd2_recorded_error(&journal), EUCLEAN);
    ck_assert(jbd2_is_dirty(&journal));
    ck_assert_int_eq(jbd2_recover(&journal, NULL), 0);
    ck_assert_uint_eq(*jdisk_at(&disk, blocks[0].number), 1);
    ck_assert_int_eq(jbd2_clear_recorded_error(&journal), 0);
    ck_assert_int_eq(jbd2_recorded_error(&journal), 0);
    teardown();
}
END_TEST

/* Whoever gets -ENOMEM has changed nothing; all else goes on. */
START_TEST(memory_may_be_short)
{
    unsigned failures = 0;

    for (unsigned n = 1; n < 400; n += 3) {
        struct work work;
        uint32_t done;

        jdisk_copy(&disk, &base);
        work_begin(&work, &disk, JBD2_WITH_CSUM, n);
        for (unsigned i = 0; i < 12; i++) {
            stub_fail_at = i == 5 ? n / 10 + 1 : 0;
            int error = work_step(&work, 30, &done);
            ck_assert(error == 0 || error == -ENOMEM);
            failures += error != 0;
        }
        stub_fail_at = 0;
        ck_assert_int_eq(work_end(&work), 0);
        ck_assert_uint_eq(work_find(&work, &disk, work.first_tid), work.last_tid);
        work_free(&work);
        jdisk_free(&disk);
    }
    ck_assert_uint_gt(failures, 5);
}
END_TEST

/* Also where nobody asks for it. */
START_TEST(large_file_system_has_64bit)
{
    jdisk_copy(&disk, &base);
    struct jbd2_setup how = jdisk_setup(&disk);
    for (unsigned more = 0; more < 2; more++) {
        how.home_blocks = (1ull << 32) + more;
        ck_assert_int_eq(jbd2_load(&journal, &how), 0);
        ck_assert_int_eq(jbd2_open(&journal, 0), 0);
        ck_assert_uint_eq(journal.incompat & JBD2_INCOMPAT_64BIT, more * JBD2_INCOMPAT_64BIT);
        ck_assert_int_eq(jbd2_close(&journal), 0);
        jbd2_unload(&journal);
    }
    jdisk_free(&disk);
}
END_TEST

START_TEST(open_refuses)
{
    struct jbd2_super *super;

    stub_quiet = true;
    jdisk_copy(&disk, &base);
    struct jbd2_setup how = jdisk_setup(&disk);
    super = (void *)jdisk_at(&disk, disk.log_map[0]);
    be32_put(&super->header.type, JBD2_SUPER_V1);
    ck_assert_int_eq(jbd2_load(&journal, &how), 0);
    ck_assert_int_eq(jbd2_open(&journal, 0), -EOPNOTSUPP);
    jbd2_unload(&journal);
    be32_put(&super->header.type, JBD2_SUPER_V2);
    be32_put(&super->start, 1);
    ck_assert_int_eq(jbd2_load(&journal, &how), 0);
    ck_assert_int_eq(jbd2_open(&journal, 0), -EUCLEAN);
    jbd2_unload(&journal);
    be32_put(&super->start, 0);
    be32_put(&super->length, 1000);
    ck_assert_int_eq(jbd2_load(&journal, &how), 0);
    ck_assert_int_eq(jbd2_open(&journal, 0), -EINVAL);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jbd2_commit");
    TCase *tcase = tcase_create("commit");

    tcase_add_unchecked_fixture(tcase, base_make, base_free);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, fsync_costs_three_writes_and_two_flushes, 0, 2);
    tcase_add_loop_test(tcase, commit_survives_a_crash, 0, 2);
    tcase_add_test(tcase, magic_number_is_escaped);
    tcase_add_test(tcase, commit_has_what_was_when_it_began);
    tcase_add_test(tcase, revoked_block_is_not_replayed);
    tcase_add_test(tcase, commit_waits_for_blocks_on_their_way);
    tcase_add_test(tcase, block_in_use_again_is_not_revoked);
    tcase_add_test(tcase, credits_are_counted);
    tcase_add_test(tcase, log_goes_round);
    tcase_add_loop_test(tcase, largest_transaction_fits, 0, 2);
    tcase_add_loop_test(tcase, errors_end_the_journal, 0, 2);
    tcase_add_test(tcase, abort_is_recorded);
    tcase_add_test(tcase, memory_may_be_short);
    tcase_add_test(tcase, large_file_system_has_64bit);
    tcase_add_test(tcase, open_refuses);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
