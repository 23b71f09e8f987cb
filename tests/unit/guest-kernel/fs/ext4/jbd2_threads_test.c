/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_threads_test.c - several threads work through one journal, and change places wherever it waits: for a request,
 * for a commit, for room, and in the middle of operations. Nobody waits for ever, and after a power cut all is as it
 * must be.
 */
// sources: guest-kernel/fs/ext4/jbd2_*.c guest-kernel/lib/crc*.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/image.c tests/unit/guest-kernel/turns.c
// sources: tests/unit/guest-kernel/fs/ext4/jbd2_disk.c tests/unit/guest-kernel/fs/ext4/jbd2_work.c
// sources: tests/unit/guest-kernel/fs/ext4/jbd2_cuts.c
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "../../turns.h"
#include "fs/ext4/jbd2_internal.h"
#include "jbd2_cuts.h"

#define OPTIONS "-b 1024 -N 16 -J size=1 -O 64bit,metadata_csum,^resize_inode"
#define THREADS 5u /* context 0 starts them, and is none */
#define ROUNDS 25u

static struct work work;
static struct jdisk disk;
static enum { ENDED, READY, WAITING } state[THREADS + 1];
static unsigned self, waits, commits;
static uint64_t turn_seed;

/* ---- who runs ---- */

static void pass_to(unsigned next)
{
    unsigned from = self;

    if (next == from)
        return;
    self = next;
    turn_pass(from, next);
}

/* Anybody who can run, or 0. */
static unsigned ready_one(void)
{
    unsigned first = jdisk_random(&turn_seed) % THREADS;

    for (unsigned i = 0; i < THREADS; i++)
        if (state[1 + (first + i) % THREADS] == READY)
            return 1 + (first + i) % THREADS;
    return 0;
}

static void others(void)
{
    if (self != 0 && jdisk_random(&turn_seed) % 2 == 0)
        pass_to(ready_one());
}

static void on_write(enum jbd2_space space)
{
    (void)space;
    others();
}

static void wait(void *ctx)
{
    unsigned next;

    (void)ctx;
    ck_assert_uint_ne(self, 0);
    state[self] = WAITING;
    next = ready_one();
    ck_assert_msg(next != 0, "all threads wait");
    waits++;
    pass_to(next);
}

static void wake(void *ctx)
{
    (void)ctx;
    for (unsigned i = 1; i <= THREADS; i++)
        if (state[i] == WAITING)
            state[i] = READY;
}

/* ---- what they do ---- */

static void fsync(uint32_t tid)
{
    ck_assert_int_eq(jbd2_commit(&work.journal, tid), 0);
    ck_assert(jbd2_is_committed(&work.journal, tid));
    jdisk_mark(&disk, work.journal.committed_tid);
    commits++;
}

/* Marks the log as empty while others go on. */
static void flush(struct jbd2 *journal)
{
    ck_assert_int_eq(jbd2_flush(journal), 0);
    jdisk_mark(&disk, journal->committed_tid);
}

static void thread(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t tid;

        ck_assert_int_eq(work_operate(&work, i % 10 == 9 ? 100 : 8, &tid), 0);
        if (jdisk_random(&turn_seed) % 2 == 0)
            fsync(tid);
        if (jdisk_random(&turn_seed) % 32 == 0)
            ck_assert_int_eq(jbd2_checkpoint(&work.journal, UINT32_MAX), 0);
        if (jdisk_random(&turn_seed) % 16 == 0)
            flush(&work.journal);
        others();
    }
    state[self] = ENDED;
    pass_to(ready_one());
}

static void threads_run(void)
{
    turns_init(0);
    for (unsigned i = 1; i <= THREADS; i++) {
        turn_make(i, thread);
        state[i] = READY;
    }
    pass_to(1);
    for (unsigned i = 1; i <= THREADS; i++)
        ck_assert_int_eq(state[i], ENDED);
}

START_TEST(all_cuts_with_threads)
{
    struct cuts sum = {0};
    struct jdisk base;

    turn_seed = 1000003u * (uint64_t)(_i + 1);
    jdisk_make(&base, 2100, OPTIONS, JDISK_NEEDS_RECOVERY);
    jdisk_copy(&disk, &base);
    disk.ops.has_fua = _i % 2 != 0;
    work_begin(&work, &disk, JBD2_WITH_CSUM | JBD2_WITH_64BIT, turn_seed);
    memcpy(base.image.bytes, disk.image.bytes, disk.image.size);
    disk.is_recording = true;
    disk.on_write = on_write;
    disk.ops.wait = wait;
    disk.ops.wake = wake;
    work.interrupts = false; /* there are others */
    work.pause = others;
    threads_run();
    ck_assert_int_eq(work_end(&work), 0);
    jdisk_mark(&disk, work.last_tid);
    fprintf(stderr, "%u transactions, %u commits asked for, %u waits, %u blocks frozen\n",
            work.last_tid - work.first_tid, commits, waits, work.freezes);
    ck_assert_uint_gt(waits, 20);
    ck_assert_uint_gt(commits, work.last_tid - work.first_tid); /* one does for several */
    ck_assert_uint_gt(work.freezes, 5);
    cuts_check(&sum, &work, &base, &disk, &turn_seed);
    fprintf(stderr, "%u cuts\n", sum.cuts);
    work_free(&work);
    jdisk_free(&base);
    jdisk_free(&disk);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jbd2 with threads");
    TCase *tcase = tcase_create("threads");

    tcase_set_timeout(tcase, 600);
    tcase_add_loop_test(tcase, all_cuts_with_threads, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
