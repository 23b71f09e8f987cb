/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_recover_test.c - journals that debugfs has written, in each format, are replayed here and by e2fsck: the file
 * systems must be the same, byte by byte. And what damage to a journal gives.
 */
// sources: guest-kernel/fs/ext4/jbd2_*.c guest-kernel/lib/crc*.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/fs/ext4/jbd2_disk.c
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"
#include "jbd2_disk.h"

#define CLASSIC "-b 1024 -N 16 -J size=1 -O ^64bit,^metadata_csum,^resize_inode"
#define WIDE "-b 1024 -N 16 -J size=1 -O 64bit,^metadata_csum,^resize_inode"
#define SUMS "-b 1024 -N 16 -J size=1 -O ^64bit,metadata_csum,^resize_inode"
#define WIDE_SUMS "-b 1024 -N 16 -J size=1 -O 64bit,metadata_csum,^resize_inode"
#define LARGE "-b 4096 -N 16 -J size=4 -O 64bit,metadata_csum,^resize_inode"

static const struct format {
    const char *name, *options, *open; /* of mke2fs; debugfs' journal_open */
    unsigned size_kib;
    uint32_t incompat, compat, tag_size; /* what must come of it */
} formats[] = {
    {"plain", CLASSIC, "jo", 2100, JBD2_INCOMPAT_REVOKE, 0, 8},
    {"64bit", WIDE, "jo", 2100, JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_64BIT, 0, 12},
    {"checksum", CLASSIC, "jo -c", 2100, 0, JBD2_COMPAT_CHECKSUM, 8},
    {"csum_v2", SUMS, "jo -c -v 2", 2100, JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_CSUM_V2, 0, 10},
    {"csum_v2, 64bit", WIDE_SUMS, "jo -c -v 2", 2100,
     JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_CSUM_V2 | JBD2_INCOMPAT_64BIT, 0, 14},
    {"csum_v3", SUMS, "jo -c -v 3", 2100, JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_CSUM_V3, 0, 16},
    {"csum_v3, 64bit", WIDE_SUMS, "jo -c -v 3", 2100,
     JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_64BIT, 0, 16},
    {"csum_v3, 64bit, 4 KiB", LARGE, "jo -c -v 3", 9000,
     JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_CSUM_V3 | JBD2_INCOMPAT_64BIT, 0, 16},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static char folder[] = "/tmp/lvmm-jbd2-XXXXXX";

/* ---- what debugfs writes ---- */

static FILE *file_make(const char *name)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    return file;
}

/* Blocks for one transaction; the third begins as the journal's own do. */
static void data_make(const char *name, uint32_t block_size, unsigned count, uint64_t *seed)
{
    FILE *file = file_make(name);

    for (unsigned i = 0; i < count; i++) {
        struct be32 magic;

        be32_put(&magic, i == 2 ? JBD2_MAGIC : jdisk_random(seed));
        fwrite(&magic, sizeof(magic), 1, file);
        for (uint32_t at = sizeof(magic); at < block_size; at++)
            fputc((int)(jdisk_random(seed) & 0xff), file);
    }
    fclose(file);
}

static void numbers_put(FILE *script, const struct jdisk *disk, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fprintf(script, "%s%lu", i == 0 ? "" : ",", (unsigned long)disk->free_at[(first + i) % disk->free_count]);
}

static void journal_write(FILE *script, const struct jdisk *disk, const char *open, const char *options,
                          const char *data, unsigned first, unsigned count, bool revoke)
{
    fprintf(script, "%s\njw %s %s ", open, options, revoke ? "-r" : "-b");
    numbers_put(script, disk, first, count);
    if (!revoke)
        fprintf(script, " %s/%s", folder, data);
    fprintf(script, "\njc\n");
}

/* Some blocks, of which others are written anew or revoked, and then some of these once more; many in one, so that
 * there are several descriptors; and one that isn't committed. With compat checksum debugfs counts revoke blocks in,
 * which neither e2fsck nor Linux does: there are none then. */
static void script_make(const struct jdisk *disk, const char *open, uint64_t seed)
{
    FILE *script = file_make("script");
    bool revokes = strcmp(open, "jo -c") != 0;

    data_make("five", disk->block_size, 5, &seed);
    data_make("eight", disk->block_size, 8, &seed);
    data_make("many", disk->block_size, 200, &seed);
    journal_write(script, disk, open, "", "five", 0, 5, false);
    journal_write(script, disk, open, "", "eight", 3, 8, false);
    if (revokes)
        journal_write(script, disk, open, "", "", 2, 4, true);
    journal_write(script, disk, open, "", "five", 4, 5, false);
    journal_write(script, disk, open, "", "many", 20, 200, false);
    if (revokes)
        journal_write(script, disk, open, "", "", 100, 20, true);
    journal_write(script, disk, open, "-c", "eight", 0, 8, false);
    fclose(script);
}

static int shell(struct jdisk *disk, const char *command)
{
    char whole[600];

    snprintf(whole, sizeof(whole), "D=%s; %s", folder, command);
    return image_shell(&disk->image, whole);
}

static void journal_fill(struct jdisk *disk, const char *open, uint64_t seed)
{
    script_make(disk, open, seed);
    ck_assert_int_eq(shell(disk, "debugfs -w -f $D/script $IMAGE >log 2>&1 || { cat log; false; }"), 0);
}

/* ---- replays ---- */

static int load(struct jdisk *disk, struct jbd2 *journal)
{
    struct jbd2_setup setup = jdisk_setup(disk);

    return jbd2_load(journal, &setup);
}

/* The journal is empty then, and the next transaction's number fits nothing that is in the log. */
static void expect_empty(struct jdisk *disk, uint32_t end_tid)
{
    struct jbd2 journal;

    ck_assert_int_eq(load(disk, &journal), 0);
    ck_assert(!jbd2_is_dirty(&journal));
    ck_assert(jbd2_tid_before(end_tid, be32_get(&jbd2_super_of(&journal)->sequence)));
    jbd2_unload(&journal);
}

static void journal_expect(struct jdisk *disk, const struct format *format)
{
    struct jbd2 journal;

    ck_assert_int_eq(load(disk, &journal), 0);
    ck_assert(jbd2_is_dirty(&journal));
    ck_assert_uint_eq(journal.incompat, format->incompat);
    ck_assert_uint_eq(journal.compat, format->compat);
    ck_assert_uint_eq(journal.tag_size, format->tag_size);
    jbd2_unload(&journal);
}

START_TEST(is_as_e2fsck)
{
    const struct format *format = &formats[_i];
    struct jdisk disk, e2fsck, debugfs;
    struct jbd2_recovery result;

    jdisk_make(&disk, format->size_kib, format->options, JDISK_NO_MORE);
    ck_assert_uint_ge(disk.free_count, 230);
    journal_fill(&disk, format->open, 12345 + (uint64_t)_i);
    journal_expect(&disk, format);
    jdisk_copy(&e2fsck, &disk);
    jdisk_copy(&debugfs, &disk);
    ck_assert_int_eq(jdisk_e2fsck(&e2fsck), 0);
    ck_assert_int_eq(shell(&debugfs, "debugfs -w -R jr $IMAGE >log 2>&1"), 0);
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_eq(result.transactions, (format->incompat & JBD2_INCOMPAT_REVOKE) != 0 ? 6 : 4);
    ck_assert_uint_eq(result.revoke_records, (format->incompat & JBD2_INCOMPAT_REVOKE) != 0 ? 24 : 0);
    ck_assert(result.revoked_blocks > 20 || result.revoke_records == 0);
    ck_assert_uint_eq(result.blocks + result.revoked_blocks, 218);
    ck_assert_uint_eq(jdisk_difference(&disk, &e2fsck), disk.blocks);
    ck_assert_uint_eq(jdisk_difference(&disk, &debugfs), disk.blocks);
    expect_empty(&disk, result.end_tid);
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0); /* nothing is left to do */
    ck_assert_uint_eq(result.transactions, 0);
    jdisk_free(&disk);
    jdisk_free(&e2fsck);
    jdisk_free(&debugfs);
}
END_TEST

/* ---- one journal, and what may be wrong with it ---- */

static struct jdisk sample;

static void sample_make(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    jdisk_make(&sample, 2100, WIDE_SUMS, JDISK_NO_MORE);
    journal_fill(&sample, "jo -c -v 3", 99);
}

static void sample_free(void)
{
    char command[100];

    jdisk_free(&sample);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* Where the n-th block of this type is in the log, from its beginning. */
static uint32_t log_find(const struct jdisk *disk, uint32_t type, unsigned n)
{
    for (uint32_t at = be32_get(&jdisk_super(disk)->first); at < disk->log_blocks; at++) {
        const struct jbd2_header *header = (const void *)jdisk_at(disk, disk->log_map[at]);

        if (be32_get(&header->magic) == JBD2_MAGIC && be32_get(&header->type) == type && n-- == 0)
            return at;
    }
    ck_abort_msg("no such block");
}

static uint8_t *log_at(const struct jdisk *disk, uint32_t type, unsigned n)
{
    return jdisk_at(disk, disk->log_map[log_find(disk, type, n)]);
}

/* The superblock with these changes gets its checksum. */
static void super_sign(struct jdisk *disk)
{
    struct jbd2 journal = {.ops = &disk->ops, .ctx = disk, .block_size = disk->block_size};
    struct jbd2_super *super = jdisk_super(disk);

    journal.super = (uint8_t *)super;
    jbd2_features_set(&journal, be32_get(&super->compat), be32_get(&super->incompat));
    ck_assert_int_eq(jbd2_super_write(&journal, be32_get(&super->sequence), be32_get(&super->start), false), 0);
}

static void commit_sign(struct jdisk *disk, struct jbd2_commit *commit)
{
    struct jbd2_setup how = jdisk_setup(disk);
    struct jbd2 journal;

    ck_assert_int_eq(jbd2_load(&journal, &how), 0);
    jbd2_commit_sign(&journal, (uint8_t *)commit);
    jbd2_unload(&journal);
}

static void expect_replay(struct jdisk *disk, int want, uint32_t transactions)
{
    struct jbd2_recovery result;

    stub_quiet = true;
    ck_assert_int_eq(jdisk_replay(disk, &result), want);
    ck_assert_uint_eq(result.transactions, transactions);
}

START_TEST(super_is_checked)
{
    static const struct {
        size_t offset;
        uint32_t value;
        bool sign;
        int error;
    } cases[] = {
        {offsetof(struct jbd2_super, header.magic), 1, true, -EINVAL},
        {offsetof(struct jbd2_super, header.type), 5, true, -EINVAL},
        {offsetof(struct jbd2_super, block_size), 4096, true, -EINVAL},
        {offsetof(struct jbd2_super, length), 1025, true, -EINVAL},
        {offsetof(struct jbd2_super, first), 0, true, -EINVAL},
        {offsetof(struct jbd2_super, first), 1024, true, -EINVAL},
        {offsetof(struct jbd2_super, incompat), 0x53, true, -EINVAL},
        {offsetof(struct jbd2_super, ro_compat), 1, true, -EINVAL},
        {offsetof(struct jbd2_super, incompat), 0x1b, true, -EINVAL},
        {offsetof(struct jbd2_super, compat), 1, true, -EINVAL},
        {offsetof(struct jbd2_super, checksum_type), 1, true, -EINVAL},
        {offsetof(struct jbd2_super, sequence), 77, false, -EBADMSG},
        {offsetof(struct jbd2_super, start), 1024, true, -EUCLEAN},
    };
    struct jdisk disk;

    jdisk_copy(&disk, &sample);
    be32_put((struct be32 *)((uint8_t *)jdisk_super(&disk) + cases[_i].offset), cases[_i].value);
    if (cases[_i].sign)
        super_sign(&disk);
    expect_replay(&disk, cases[_i].error, 0);
    jdisk_free(&disk);
}
END_TEST

START_TEST(unknown_features_are_named)
{
    struct jdisk disk;

    jdisk_copy(&disk, &sample);
    be32_put(&jdisk_super(&disk)->incompat, 0x80000053u);
    super_sign(&disk);
    expect_replay(&disk, -EINVAL, 0);
    ck_assert_ptr_nonnull(strstr(stub_last_error, "FEATURE_I6 FEATURE_I31"));
    jdisk_free(&disk);
}
END_TEST

/* What was in block `home` before all that; and e2fsck agrees where it can. */
START_TEST(damage_in_the_middle_is_told)
{
    static const struct {
        uint32_t type;
        unsigned n;
        uint32_t offset;
        int error;
        uint32_t transactions;
    } cases[] = {
        {JBD2_DESCRIPTOR, 1, 40, -EBADMSG, 0}, /* found when its commit block is */
        {JBD2_REVOKE, 0, 24, -EBADMSG, 0},
        {JBD2_COMMIT, 5, 52, -EUCLEAN, 5}, /* the last one */
    };
    struct jdisk disk;

    jdisk_copy(&disk, &sample);
    log_at(&disk, cases[_i].type, cases[_i].n)[cases[_i].offset] ^= 0x10;
    stub_quiet = true;
    struct jbd2_recovery result;
    ck_assert_int_eq(jdisk_replay(&disk, &result), cases[_i].error);
    if (cases[_i].transactions != 0)
        ck_assert_uint_eq(result.transactions, cases[_i].transactions);
    struct jbd2 journal;
    ck_assert_int_eq(load(&disk, &journal), 0);
    ck_assert(jbd2_is_dirty(&journal));
    jbd2_unload(&journal);
    jdisk_free(&disk);
}
END_TEST

/* All others are replayed, and the log stays. */
START_TEST(damaged_data_is_not_written)
{
    uint32_t at = log_find(&sample, JBD2_DESCRIPTOR, 0) + 1;
    uint64_t home = sample.free_at[0], other = sample.free_at[1];
    struct jdisk disk;

    jdisk_copy(&disk, &sample);
    jdisk_at(&disk, disk.log_map[at])[500] ^= 1;
    expect_replay(&disk, -EBADMSG, 6);
    ck_assert_mem_eq(jdisk_at(&disk, home), jdisk_at(&sample, home), disk.block_size);
    ck_assert_mem_eq(jdisk_at(&disk, other), jdisk_at(&sample, sample.log_map[at + 1]), disk.block_size);
    jdisk_free(&disk);
}
END_TEST

/* The log ends where a transaction isn't complete, without further ado. */
START_TEST(log_ends_without_commit_block)
{
    struct jdisk disk;

    jdisk_copy(&disk, &sample);
    memset(log_at(&disk, JBD2_COMMIT, 2), 0, disk.block_size);
    struct jbd2_recovery result;
    struct jdisk other;
    jdisk_copy(&other, &disk);
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_eq(result.transactions, 2);
    ck_assert_int_eq(jdisk_e2fsck(&other), 0);
    ck_assert_uint_eq(jdisk_difference(&disk, &other), disk.blocks);
    jdisk_free(&other);
    jdisk_free(&disk);
}
END_TEST

/* A commit block of which only the first sector has arrived is one. */
START_TEST(commit_block_may_be_torn)
{
    struct jdisk disk;

    jdisk_copy(&disk, &sample);
    memset(log_at(&disk, JBD2_COMMIT, 5) + 512, 0x77, 512);
    expect_replay(&disk, 0, 6);
    jdisk_free(&disk);
}
END_TEST

/* With async_commit the commit block may arrive before what it commits: a wrong one is no damage. */
START_TEST(async_commit_ends_at_a_wrong_checksum)
{
    struct jdisk disk, other;
    struct jbd2_recovery result;

    jdisk_copy(&disk, &sample);
    struct jbd2_super *super = jdisk_super(&disk);
    be32_put(&super->incompat, be32_get(&super->incompat) | JBD2_INCOMPAT_ASYNC_COMMIT);
    super_sign(&disk);
    log_at(&disk, JBD2_COMMIT, 4)[52] ^= 0x10;
    jdisk_copy(&other, &disk);
    ck_assert_int_eq(jdisk_e2fsck(&other), 0);
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_eq(result.transactions, 4);
    ck_assert_uint_eq(jdisk_difference(&disk, &other), disk.blocks);
    jdisk_free(&other);
    jdisk_free(&disk);
}
END_TEST

/* Blocks of another journal, with the next numbers and an earlier time, are none of ours. */
START_TEST(older_journal_behind_the_end_is_ignored)
{
    static const uint32_t damaged[] = {JBD2_COMMIT, JBD2_REVOKE};
    struct jdisk disk;

    jdisk_copy(&disk, &sample);
    struct jbd2_commit *commit = (void *)log_at(&disk, JBD2_COMMIT, 5);
    log_at(&disk, damaged[_i], damaged[_i] == JBD2_COMMIT ? 5 : 1)[100] ^= 1;
    be64_put(&commit->seconds, 5);
    if (damaged[_i] == JBD2_REVOKE)
        commit_sign(&disk, commit);
    expect_replay(&disk, 0, 5);
    jdisk_free(&disk);
}
END_TEST

START_TEST(numbers_go_round)
{
    struct jdisk disk;
    struct jbd2_recovery result;

    jdisk_make(&disk, 2100, WIDE_SUMS, JDISK_NO_MORE);
    be32_put(&jdisk_super(&disk)->sequence, 0xfffffffd);
    super_sign(&disk);
    journal_fill(&disk, "jo -c -v 3", 5);
    struct jdisk other;
    jdisk_copy(&other, &disk);
    ck_assert_int_eq(jdisk_e2fsck(&other), 0);
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_eq(result.transactions, 6);
    ck_assert_uint_eq(result.end_tid, 3);
    ck_assert_uint_eq(jdisk_difference(&disk, &other), disk.blocks);
    jdisk_free(&other);
    jdisk_free(&disk);
}
END_TEST

/* ---- fast commits ---- */

static unsigned fast_scanned;
static uint32_t fast_tid;

static int fast_commit(void *ctx, const void *data, uint32_t index, uint32_t tid, bool *found)
{
    (void)ctx;
    ck_assert_uint_eq(tid, fast_tid);
    ck_assert_uint_eq(((const uint8_t *)data)[100], index);
    fast_scanned++;
    *found = index == 2;
    return index == 2;
}

/* The area is no part of the log; what is in it goes to the hook. */
START_TEST(fast_commits_are_handed_over)
{
    struct jdisk disk;
    struct jbd2_recovery result;

    jdisk_make(&disk, 5120, "-b 1024 -N 16 -J size=2 -O ^64bit,^metadata_csum,^resize_inode,fast_commit",
               JDISK_NO_MORE);
    journal_fill(&disk, "jo", 7);
    struct jbd2_super *super = jdisk_super(&disk);
    be32_put(&super->incompat, be32_get(&super->incompat) | JBD2_INCOMPAT_FAST_COMMIT);
    uint32_t first_tid = be32_get(&super->sequence), fast = be32_get(&super->fast_commit_blocks);
    uint32_t first = disk.log_blocks - (fast != 0 ? fast : 256) + 1;
    for (unsigned i = 0; i < 4; i++)
        jdisk_at(&disk, disk.log_map[first + i])[100] = (uint8_t)i;
    jdisk_at(&disk, disk.log_map[first])[0] = JBD2_FAST_TAG_HEAD;
    jdisk_at(&disk, disk.log_map[first])[8] = (uint8_t)(first_tid + 6);
    struct jdisk other;
    jdisk_copy(&other, &disk);
    ck_assert_int_eq(jdisk_replay(&other, &result), 0);
    ck_assert_uint_eq(result.transactions, 6);
    ck_assert(result.fast_commits_skipped);
    jdisk_free(&other);

    disk.ops.fast_commit = fast_commit;
    fast_tid = first_tid + 6;
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert(!result.fast_commits_skipped);
    ck_assert_uint_eq(fast_scanned, 3);
    /* They count until a transaction of that number is there: so the log begins with it, and has nothing. */
    super = jdisk_super(&disk);
    ck_assert_uint_eq(be32_get(&super->sequence), fast_tid);
    ck_assert_uint_ne(be32_get(&super->start), 0);
    fast_scanned = 0;
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_eq(result.transactions, 0);
    ck_assert_uint_eq(fast_scanned, 3);
    disk.ops.fast_commit = NULL;
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    ck_assert_uint_eq(be32_get(&jdisk_super(&disk)->start), 0);
    jdisk_free(&disk);
}
END_TEST

/* ---- errors of the disk, and of memory ---- */

/* Whatever fails: it is told, and a second replay brings about the same. */
START_TEST(failures_can_be_repeated)
{
    struct jdisk good, disk;
    struct jbd2_recovery result;
    unsigned failed = 0;

    stub_quiet = true;
    jdisk_copy(&good, &sample);
    ck_assert_int_eq(jdisk_replay(&good, &result), 0);
    for (unsigned n = 1;; n++) {
        jdisk_copy(&disk, &sample);
        disk.fail_after = _i == 0 ? n : 0;
        stub_fail_at = _i == 0 ? 0 : n;
        int error = jdisk_replay(&disk, &result);
        bool is_over = _i == 0 ? error == 0 : stub_fail_at != 0;
        disk.fail_after = 0;
        stub_fail_at = 0;
        if (is_over)
            break;
        if (_i == 0 || error != 0) /* batches may be smaller */
            ck_assert_int_eq(error, _i == 0 ? -EIO : -ENOMEM);
        ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
        ck_assert_uint_eq(jdisk_difference(&disk, &good), disk.blocks);
        jdisk_free(&disk);
        failed++;
    }
    ck_assert_uint_gt(failed, 10);
    ck_assert_uint_eq(jdisk_difference(&disk, &good), disk.blocks);
    jdisk_free(&disk);
    jdisk_free(&good);
}
END_TEST

/* Blocks, flush, superblock, flush: in that order. */
START_TEST(superblock_comes_last)
{
    struct jdisk disk;
    struct jbd2_recovery result;

    jdisk_copy(&disk, &sample);
    disk.is_recording = true;
    ck_assert_int_eq(jdisk_replay(&disk, &result), 0);
    size_t count = disk.event_count;
    ck_assert_uint_gt(count, 4);
    ck_assert_int_eq(disk.events[count - 1].kind, JDISK_FLUSH);
    ck_assert_int_eq(disk.events[count - 2].kind, JDISK_WRITE);
    ck_assert_uint_eq(disk.events[count - 2].block, disk.log_map[0]);
    ck_assert_int_eq(disk.events[count - 3].kind, JDISK_FLUSH);
    for (size_t i = 0; i < count - 3; i++)
        ck_assert(disk.events[i].kind == JDISK_WRITE && !jdisk_is_log(&disk, disk.events[i].block));
    ck_assert_uint_eq(disk.flushes, 2);
    jdisk_free(&disk);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jbd2_recover");
    TCase *tcase = tcase_create("recover");

    tcase_add_unchecked_fixture(tcase, sample_make, sample_free);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, is_as_e2fsck, 0, FORMATS);
    tcase_add_loop_test(tcase, super_is_checked, 0, 13);
    tcase_add_test(tcase, unknown_features_are_named);
    tcase_add_loop_test(tcase, damage_in_the_middle_is_told, 0, 3);
    tcase_add_test(tcase, damaged_data_is_not_written);
    tcase_add_test(tcase, log_ends_without_commit_block);
    tcase_add_test(tcase, commit_block_may_be_torn);
    tcase_add_test(tcase, async_commit_ends_at_a_wrong_checksum);
    tcase_add_loop_test(tcase, older_journal_behind_the_end_is_ignored, 0, 2);
    tcase_add_test(tcase, numbers_go_round);
    tcase_add_test(tcase, fast_commits_are_handed_over);
    tcase_add_loop_test(tcase, failures_can_be_repeated, 0, 2);
    tcase_add_test(tcase, superblock_comes_last);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
