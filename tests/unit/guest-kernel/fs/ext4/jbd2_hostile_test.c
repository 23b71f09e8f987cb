/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_hostile_test.c - logs that nobody writes: without an end, with more revoked blocks than are kept at a time. */
// sources: guest-kernel/fs/ext4/jbd2_*.c guest-kernel/lib/crc*.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/fs/ext4/jbd2_disk.c
#include <check.h>
#include <string.h>

#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"
#include "jbd2_disk.h"

#define OPTIONS "-b 1024 -N 16 -J size=1 -O ^64bit,^metadata_csum,^resize_inode"

/* A transaction, and the next one's blocks all around the log: without a commit block, the log ends before it. A
 * descriptor of which only some sectors have arrived may look like that. */
START_TEST(transaction_without_end_is_dropped)
{
    struct jdisk disk;
    struct jbd2_recovery result;

    jdisk_make(&disk, 2100, OPTIONS, JDISK_NO_MORE);
    struct jbd2_super *super = jdisk_super(&disk);
    struct jbd2 journal = {.block_size = disk.block_size, .tag_size = 8, .super = (uint8_t *)super};
    struct jbd2_tag tag = {.block = disk.free_at[0], .flags = JBD2_TAG_SAME_UUID | JBD2_TAG_LAST};
    uint32_t offset = sizeof(struct jbd2_header);
    be32_put(&super->start, 1);
    be32_put(&super->sequence, 9);
    jbd2_header_put(jdisk_at(&disk, disk.log_map[1]), JBD2_DESCRIPTOR, 9);
    jbd2_tag_put(&journal, jdisk_at(&disk, disk.log_map[1]), &offset, &tag);
    memset(jdisk_at(&disk, disk.log_map[2]), 7, disk.block_size);
    jbd2_header_put(jdisk_at(&disk, disk.log_map[3]), JBD2_COMMIT, 9);
    for (uint32_t at = 4; at < disk.log_blocks; at++)
        jbd2_header_put(jdisk_at(&disk, disk.log_map[at]), JBD2_REVOKE, 10);
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_eq(result.transactions, 1);
    ck_assert_uint_eq(*jdisk_at(&disk, disk.free_at[0]), 7);
    ck_assert_uint_lt(disk.reads, 100);
    jdisk_free(&disk);
}
END_TEST

static uint64_t kmallocs_most;

static void note_kmallocs(enum jbd2_space space)
{
    (void)space;
    if (kmallocs_most < stub_kmallocs)
        kmallocs_most = stub_kmallocs;
}

/* More than are kept at a time: that takes rounds, and nothing is written that is revoked. */
START_TEST(many_revoked_blocks)
{
    struct jdisk disk;
    struct jbd2_recovery result;

    jdisk_make(&disk, 102400, OPTIONS, JDISK_NEEDS_RECOVERY);
    struct jbd2_super *super = jdisk_super(&disk);
    uint32_t at = 1, number = 0;
    be32_put(&super->start, 1);
    be32_put(&super->sequence, 9);
    be32_put(&super->incompat, JBD2_INCOMPAT_REVOKE);
    uint8_t *descriptor = jdisk_at(&disk, disk.log_map[at++]);
    memset(descriptor, 0, disk.block_size);
    jbd2_header_put(descriptor, JBD2_DESCRIPTOR, 9);
    struct jbd2 journal = {.block_size = disk.block_size, .tag_size = 8, .super = (uint8_t *)super};
    uint32_t offset = sizeof(struct jbd2_header);
    for (unsigned i = 0; i < 100; i++) {
        struct jbd2_tag tag = {.block = (i < 50 ? 40000 : 97000) + i,
                               .flags = JBD2_TAG_SAME_UUID | (i == 99 ? JBD2_TAG_LAST : 0)};
        jbd2_tag_put(&journal, descriptor, &offset, &tag);
        memset(jdisk_at(&disk, disk.log_map[at++]), (int)(1 + i), disk.block_size);
    }
    for (unsigned i = 0; i < 300; i++) {
        struct jbd2_revoke_header *revoke = (void *)jdisk_at(&disk, disk.log_map[at++]);
        jbd2_header_put(revoke, JBD2_REVOKE, 9);
        be32_put(&revoke->size, 1024);
        for (unsigned n = 0; n < 252; n++, number++) /* all but those that 4 divides */
            be32_put((struct be32 *)(revoke + 1) + n, number / 3 * 4 + number % 3 + 1);
    }
    uint8_t *commit = jdisk_at(&disk, disk.log_map[at++]);
    memset(commit, 0, disk.block_size);
    jbd2_header_put(commit, JBD2_COMMIT, 9);
    struct jdisk other;
    jdisk_copy(&other, &disk);
    ck_assert_int_eq(jdisk_e2fsck(&other), 0);
    disk.on_write = note_kmallocs;
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_gt(kmallocs_most, 65536);
    ck_assert_uint_lt(kmallocs_most, 65536 + 10);
    ck_assert_uint_eq(result.revoke_records, 300 * 252);
    ck_assert_uint_eq(result.blocks, 25);
    ck_assert_uint_eq(result.revoked_blocks, 75);
    ck_assert_uint_eq(jdisk_difference(&disk, &other), disk.blocks);
    jdisk_free(&other);
    jdisk_free(&disk);
}
END_TEST

/* A log of few blocks, which one descriptor would go around many times. */
START_TEST(more_tags_than_blocks)
{
    struct jdisk disk;
    struct jbd2_recovery result;

    jdisk_make(&disk, 9000, "-b 4096 -N 16 -J size=4 -O ^64bit,^metadata_csum,^resize_inode", JDISK_NO_MORE);
    struct jbd2_super *super = jdisk_super(&disk);
    struct jbd2 journal = {.block_size = disk.block_size, .tag_size = 8, .super = (uint8_t *)super};
    uint8_t *descriptor = jdisk_at(&disk, disk.log_map[1]);
    uint32_t offset = sizeof(struct jbd2_header), tags = 0;
    be32_put(&super->length, 5);
    be32_put(&super->start, 1);
    be32_put(&super->sequence, 9);
    jbd2_header_put(descriptor, JBD2_DESCRIPTOR, 9);
    for (uint64_t block = 0; tags < 401; block++) {
        struct jbd2_tag tag = {.block = block, .flags = JBD2_TAG_SAME_UUID | (tags == 400 ? JBD2_TAG_LAST : 0)};
        if (jdisk_is_log(&disk, block))
            continue;
        jbd2_tag_put(&journal, descriptor, &offset, &tag);
        tags++;
    }
    jbd2_header_put(jdisk_at(&disk, disk.log_map[3]), JBD2_COMMIT, 9); /* where 401 blocks further on is */
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_eq(result.transactions, 0);
    ck_assert_uint_lt(disk.reads, 1000);
    jdisk_free(&disk);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jbd2_hostile");
    TCase *tcase = tcase_create("hostile");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, transaction_without_end_is_dropped);
    tcase_add_test(tcase, many_revoked_blocks);
    tcase_add_test(tcase, more_tags_than_blocks);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
