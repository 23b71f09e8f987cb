/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_crash_test.c - the power goes after each request of somebody who works through a journal; then a replay must
 * give the blocks as they were after some whole transaction, none before the last that was reported as stable.
 *
 * Of what was written since the last flush all has arrived, or nothing, or some sectors. e2fsck replays some of these
 * disks as well, and must come to the same. CRASH_SEEDS=n has more work (a number by itself), CRASH_FIRST=n other.
 */
// sources: guest-kernel/fs/ext4/jbd2_*.c guest-kernel/lib/crc*.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/fs/ext4/jbd2_disk.c tests/unit/guest-kernel/fs/ext4/jbd2_work.c
// sources: tests/unit/guest-kernel/fs/ext4/jbd2_cuts.c
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/ext4/jbd2_internal.h"
#include "jbd2_cuts.h"

#define STEPS 32u

static const struct format {
    const char *options;
    unsigned with;
    bool has_fua;
} formats[] = {
    {"-b 1024 -N 16 -J size=1 -O ^64bit,^metadata_csum,^resize_inode", 0, false},
    {"-b 1024 -N 16 -J size=1 -O 64bit,metadata_csum,^resize_inode", JBD2_WITH_CSUM | JBD2_WITH_64BIT, true},
    {"-b 1024 -N 16 -J size=1 -O 64bit,metadata_csum,^resize_inode", JBD2_WITH_CSUM, false},
};
static struct cuts sum;
static unsigned transactions, freezes, rounds;

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

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
        rounds += work.journal.head < head;
        head = work.journal.head;
    }
    ck_assert_int_eq(work_end(&work), 0);
    jdisk_mark(&disk, work.last_tid);
    transactions += work.last_tid - work.first_tid;
    freezes += work.freezes;
    cuts_check(&sum, &work, &base, &disk, &seed);
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
            sum.cuts, sum.replay_cuts, sum.e2fscks, sum.torn_commits, transactions, rounds, freezes);
    ck_assert_uint_gt(sum.cuts, 500);
    ck_assert_uint_gt(sum.e2fscks, 5);
    ck_assert_uint_gt(freezes, 0);
    ck_assert_uint_gt(rounds, 0);
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
