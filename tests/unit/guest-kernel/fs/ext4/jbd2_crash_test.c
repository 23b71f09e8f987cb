/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_crash_test.c - the power goes after each request of somebody who works through a journal; then a replay must
 * give the blocks as they were after some whole transaction, none before the last that was reported as stable.
 *
 * Of what was written since the last flush all has arrived, or nothing, or some sectors. e2fsck replays some of these
 * disks as well, and must come to the same. CRASH_SEEDS=n has more work (a number by itself), CRASH_FIRST=n other.
 */
// sources: guest-kernel/fs/ext4/jbd2_*.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/fs/ext4/jbd2_disk.c tests/unit/guest-kernel/fs/ext4/jbd2_work.c
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/ext4/jbd2_internal.h"
#include "jbd2_work.h"

#define STEPS 40u
#define E2FSCK_EVERY 97u
#define REPLAY_CUT_EVERY 7u

static const struct format {
    const char *options;
    unsigned with;
    bool has_fua;
} formats[] = {
    {"-b 1024 -N 16 -J size=1 -O ^64bit,^metadata_csum,^resize_inode", 0, false},
    {"-b 1024 -N 16 -J size=1 -O 64bit,metadata_csum,^resize_inode", JBD2_WITH_CSUM | JBD2_WITH_64BIT, true},
    {"-b 1024 -N 16 -J size=1 -O 64bit,metadata_csum,^resize_inode", JBD2_WITH_CSUM, false},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static struct {
    unsigned cuts, e2fscks, replay_cuts, torn_commits, transactions, freezes, rounds;
} sum;

/* The power goes in the replay, too. */
static void replay_with_cut(const struct jdisk *crashed, const struct jdisk *replayed, uint64_t *seed)
{
    struct jdisk first, durable, again;
    size_t done = 0;

    jdisk_copy(&first, crashed);
    jdisk_copy(&durable, crashed);
    jdisk_copy(&again, crashed);
    first.is_recording = true;
    ck_assert_int_eq(jdisk_replay(&first, NULL), 0);
    jdisk_cut(&again, &durable, &done, &first, jdisk_random(seed) % (first.event_count + 1), JDISK_SOME, seed);
    ck_assert_int_eq(jdisk_replay(&again, NULL), 0);
    ck_assert_uint_eq(jdisk_difference(&again, replayed), again.blocks);
    jdisk_free(&first);
    jdisk_free(&durable);
    jdisk_free(&again);
    sum.replay_cuts++;
}

/* It knows no commit blocks of which only the first sector has arrived, and then ends one transaction earlier. */
static void replay_by_e2fsck(const struct work *work, struct jdisk *crashed, const struct jdisk *replayed, uint32_t tid,
                             uint32_t done)
{
    ck_assert_int_le(jdisk_e2fsck(crashed), 1);
    sum.e2fscks++;
    if (jdisk_difference(crashed, replayed) == crashed->blocks)
        return;
    sum.torn_commits++;
    ck_assert_msg(tid != done && work_find(work, crashed, done) == tid - 1, "e2fsck has other blocks than %u", tid);
}

static void cut_check(const struct work *work, struct jdisk *disk, uint32_t done, uint64_t *seed)
{
    bool again = ++sum.cuts % REPLAY_CUT_EVERY == 0, by_e2fsck = sum.cuts % E2FSCK_EVERY == 0;
    struct jdisk crashed = {0};
    uint32_t tid;

    if (again || by_e2fsck)
        jdisk_copy(&crashed, disk);
    ck_assert_int_eq(jdisk_replay(disk, NULL), 0);
    tid = work_find(work, disk, done);
    ck_assert_msg(!jbd2_tid_before(tid, done), "blocks are as after no transaction from %u on", done);
    if (again)
        replay_with_cut(&crashed, disk, seed);
    if (by_e2fsck)
        replay_by_e2fsck(work, &crashed, disk, tid, done);
    jdisk_free(&crashed);
}

static void all_cuts(const struct work *work, const struct jdisk *base, const struct jdisk *disk, uint64_t *seed)
{
    struct jdisk durable, scratch;
    uint32_t done = work->first_tid;
    size_t durable_count = 0;

    jdisk_copy(&durable, base);
    jdisk_copy(&scratch, base);
    for (size_t count = 0; count <= disk->event_count; count++) {
        if (count != 0 && disk->events[count - 1].kind == JDISK_MARK) {
            done = disk->events[count - 1].mark;
            continue;
        }
        bool is_flushed = count != 0 && disk->events[count - 1].kind == JDISK_FLUSH; /* then nothing can be lost */
        for (unsigned how = JDISK_ALL; how <= (is_flushed ? JDISK_ALL : JDISK_SOME); how++) {
            jdisk_cut(&scratch, &durable, &durable_count, disk, count, (enum jdisk_cut)how, seed);
            cut_check(work, &scratch, done, seed);
        }
    }
    jdisk_free(&durable);
    jdisk_free(&scratch);
}

static void one_work(const struct jdisk *made, const struct format *format, uint64_t seed)
{
    struct jdisk base, disk;
    struct work work;
    uint32_t done, marked, head = 0;

    jdisk_copy(&base, made);
    jdisk_copy(&disk, made);
    disk.ops.has_fua = base.ops.has_fua = format->has_fua;
    work_begin(&work, &disk, format->with, seed);
    memcpy(base.image.bytes, disk.image.bytes, disk.image.size);
    marked = work.first_tid;
    disk.is_recording = true;
    for (unsigned i = 0; i < STEPS; i++) {
        ck_assert_int_eq(work_step(&work, i % 8 == 7 ? 190 : 6, &done), 0);
        if (done != marked)
            jdisk_mark(&disk, done);
        marked = done;
        sum.rounds += work.journal.head < head;
        head = work.journal.head;
    }
    ck_assert_int_eq(work_end(&work), 0);
    jdisk_mark(&disk, work.last_tid);
    sum.transactions += work.last_tid - work.first_tid;
    sum.freezes += work.freezes;
    all_cuts(&work, &base, &disk, &seed);
    work_free(&work);
    jdisk_free(&base);
    jdisk_free(&disk);
}

START_TEST(every_cut)
{
    const char *text = getenv("CRASH_SEEDS"), *first = getenv("CRASH_FIRST");
    unsigned long seeds = text != NULL ? strtoul(text, NULL, 10) : 1,
                  from = first != NULL ? strtoul(first, NULL, 10) : 1;
    struct jdisk made;

    jdisk_make(&made, 2100, formats[_i].options, JDISK_NEEDS_RECOVERY);
    for (unsigned long seed = from; seed < from + seeds; seed++)
        one_work(&made, &formats[_i], seed * 7919);
    jdisk_free(&made);
    fprintf(stderr,
            "%u cuts, %u of replays; %u times e2fsck, %u with a torn commit block; %u transactions, %u times around "
            "the log, "
            "%u blocks frozen\n",
            sum.cuts, sum.replay_cuts, sum.e2fscks, sum.torn_commits, sum.transactions, sum.rounds, sum.freezes);
    ck_assert_uint_gt(sum.cuts, 500);
    ck_assert_uint_gt(sum.e2fscks, 5);
    ck_assert_uint_gt(sum.freezes, 5);
    ck_assert_uint_gt(sum.rounds, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jbd2 after a crash");
    TCase *tcase = tcase_create("crash");

    tcase_set_timeout(tcase, 3600);
    tcase_add_loop_test(tcase, every_cut, 0, FORMATS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
