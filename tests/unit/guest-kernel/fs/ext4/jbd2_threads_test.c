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

/* Whether it went well. Only where the disk fails it may not. */
static bool is_well(int error)
{
    ck_assert(error == 0 || work.journal.error != 0);
    ck_assert(work.journal.error == 0 || disk.fail_after != 0);
    return error == 0;
}

static bool fsync(uint32_t tid)
{
    if (!is_well(jbd2_commit(&work.journal, tid)))
        return false;
    ck_assert(jbd2_is_committed(&work.journal, tid));
    jdisk_mark(&disk, work.journal.committed_tid);
    commits++;
    return true;
}

/* Marks the log as empty while others go on. */
static bool flush(void)
{
    if (!is_well(jbd2_flush(&work.journal)))
        return false;
    jdisk_mark(&disk, work.journal.committed_tid);
    return true;
}

static bool one_round(unsigned i)
{
    uint32_t tid;

    if (!is_well(work_operate(&work, i % 10 == 9 ? 100 : 8, &tid)))
        return false;
    if (jdisk_random(&turn_seed) % 2 == 0 && !fsync(tid))
        return false;
    if (jdisk_random(&turn_seed) % 32 == 0 && !is_well(jbd2_checkpoint(&work.journal, UINT32_MAX)))
        return false;
    if (jdisk_random(&turn_seed) % 16 == 0 && !flush())
        return false;
    others();
    return true;
}

static void thread(void)
{
    for (unsigned i = 0; i < ROUNDS && one_round(i); i++)
        ;
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

static void begin(const struct jdisk *base, bool has_fua)
{
    jdisk_copy(&disk, base);
    disk.ops.has_fua = has_fua;
    work_begin(&work, &disk, JBD2_WITH_CSUM | JBD2_WITH_64BIT, turn_seed);
    disk.on_write = on_write;
    disk.ops.wait = wait;
    disk.ops.wake = wake;
    work.interrupts = false; /* there are others */
    work.pause = others;
}

START_TEST(all_cuts_with_threads)
{
    struct cuts sum = {0};
    struct jdisk base;

    turn_seed = 1000003u * (uint64_t)(_i + 1);
    jdisk_make(&base, 2100, OPTIONS, JDISK_NEEDS_RECOVERY);
    begin(&base, _i % 2 != 0);
    memcpy(base.image.bytes, disk.image.bytes, disk.image.size);
    disk.is_recording = true;
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

/* The disk fails some day: nobody waits for ever, and what was reported as stable is there after a replay. */
START_TEST(errors_with_threads)
{
    struct jdisk base;
    unsigned failed = 0;

    stub_quiet = true;
    jdisk_make(&base, 2100, OPTIONS, JDISK_NEEDS_RECOVERY);
    for (unsigned n = 2; n < 400; n += 1 + n / 8) {
        uint32_t done;

        turn_seed = 1000003u * n;
        begin(&base, n % 2 != 0);
        disk.fail_after = n;
        threads_run();
        done = work.journal.committed_tid;
        failed += work.journal.error != 0;
        ck_assert_int_eq(work_end(&work), work.journal.error);
        disk.fail_after = 0;
        ck_assert_int_eq(jdisk_replay(&disk, NULL), 0);
        ck_assert(!jbd2_tid_before(work_find(&work, &disk, done), done));
        work_free(&work);
        jdisk_free(&disk);
    }
    ck_assert_uint_gt(failed, 15);
    jdisk_free(&base);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jbd2 with threads");
    TCase *tcase = tcase_create("threads");

    tcase_set_timeout(tcase, 600);
    tcase_add_loop_test(tcase, all_cuts_with_threads, 0, 2);
    tcase_add_test(tcase, errors_with_threads);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
