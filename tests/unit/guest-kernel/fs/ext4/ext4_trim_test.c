/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_trim_test.c - free blocks go back to the disk, and no others: what is discarded is spoilt (0xdd) here. */
// sources: guest-kernel/vfs/pagewait.c guest-kernel/lib/crc*.c
// sources: guest-kernel/fs/ext4/*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/pageindex.c
// sources: guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c guest-kernel/vfs/path_print.c
// sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c guest-kernel/vfs/readdir.c
// sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c guest-kernel/vfs/sparse.c
// sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/ext4_registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: tests/unit/guest-kernel/ext4_folder.c tests/unit/guest-kernel/ext4_compare.c
// sources: tests/unit/guest-kernel/disk.c
#include "ext4_journal_setup.h"
#include "fs/ext4/ext4_alloc.h"
#include "vfs/volume.h"

#define SIZE 200000u

static uint8_t bytes[SIZE], got[SIZE];

static const char *const layouts[] = {"-t ext4 -b 4096", "-t ext4 -b 1024 -g 2048", "-t ext3 -b 4096 -g 1024",
                                      "-t ext4 -b 1024 -O ^has_journal", "-t ext2 -b 2048"};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))
#define JOURNALED 3

static void start(const char *options)
{
    ext4_image_make(&disk, "24M", options, "");
    disk.clears = true;
    mount();
    for (unsigned i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(1 + i * 7 % 251);
}

static int sync_all(void)
{
    struct filesystem *fs = &mounted()->fs;

    return fs->ops->sync(fs, true);
}

/* Its blocks are free, in the running transaction. */
static void remove_file(const char *path)
{
    struct ext4_fs *e4 = mounted();

    ck_assert_int_eq(vfs_unlink(vfs_root(), path, false), 0);
    bool entered = volume_enter(&e4->fs);
    ext4_reap(e4);
    volume_leave(&e4->fs, entered);
}

static uint64_t free_bytes(void)
{
    struct filesystem *fs = &mounted()->fs;
    struct vfs_statfs about = {0};

    fs->ops->statfs(fs, &about);
    return about.blocks_free * about.block_size;
}

static uint64_t trim(uint64_t from, uint64_t size, uint64_t least, int error)
{
    struct filesystem *fs = &mounted()->fs;
    uint64_t done = 77, before = disk.discarded;

    ck_assert_int_eq(fs->ops->trim(fs, from, size, least, &done), error);
    if (error == 0)
        ck_assert_uint_eq(done, (disk.discarded - before) * SECTOR_SIZE);
    return done;
}

static void expect_file(const char *path)
{
    ck_assert_int_eq(get_file(path, got, SIZE), (int64_t)SIZE);
    ck_assert_mem_eq(got, bytes, SIZE);
}

static void end(void)
{
    unmount();
    check_clean();
    mount();
    expect_file("/kept");
    unmount();
}

/* All that is free, once; and what is freed after that. */
START_TEST(all)
{
    start(layouts[_i]);
    if (_i >= JOURNALED) /* the option changes nothing there: there are no commits */
        ck_assert_int_eq(mount_remount(vfs_root(), 0, "discard", false), 0);
    ck_assert_int_eq(put_file("/kept", bytes, SIZE), SIZE);
    ck_assert_int_eq(put_file("/gone", bytes, SIZE), SIZE);
    ck_assert_int_eq(sync_all(), 0);
    ck_assert_uint_eq(trim(0, UINT64_MAX, 0, 0), free_bytes());
    ck_assert_uint_eq(trim(0, UINT64_MAX, 0, 0), 0);
    remove_file("/gone");
    ck_assert_int_eq(sync_all(), 0);
    ck_assert_uint_ge(trim(0, UINT64_MAX, 0, 0), SIZE);
    ck_assert_uint_eq(trim(0, UINT64_MAX, 0, 0), 0);
    ck_assert_int_eq(put_file("/more", bytes, SIZE), SIZE);
    ck_assert_int_eq(sync_all(), 0);
    expect_file("/more");
    end();
}
END_TEST

/* Without a flag from before: each whole pass gives all of it. Runs that are too short stay. */
START_TEST(runs_that_are_long_enough)
{
    const uint64_t least = 1u << 20;

    start(layouts[_i]);
    ck_assert_int_eq(put_file("/gone", bytes, SIZE), SIZE);
    ck_assert_int_eq(sync_all(), 0);
    ck_assert_int_eq(put_file("/kept", bytes, SIZE), SIZE);
    ck_assert_int_eq(sync_all(), 0);
    remove_file("/gone");
    ck_assert_int_eq(sync_all(), 0);
    uint64_t some = trim(0, UINT64_MAX, least, 0);
    ck_assert_uint_gt(some, 0);
    ck_assert_uint_lt(some, free_bytes());
    ck_assert_uint_ge(disk.discarded * SECTOR_SIZE, disk.discards * least);
    ck_assert_uint_eq(trim(0, UINT64_MAX, least, 0), 0);
    ck_assert_uint_eq(trim(0, UINT64_MAX, 2 * least, 0), 0);
    ck_assert_uint_eq(trim(0, UINT64_MAX, 0, 0), free_bytes());
    ck_assert_uint_eq(trim(0, UINT64_MAX, 0, 0), 0);
    end();
}
END_TEST

/* Nothing outside of it. */
START_TEST(a_part)
{
    const uint64_t from = 9u << 20, size = (5u << 20) + 4096;

    start(layouts[_i]);
    ck_assert_int_eq(put_file("/kept", bytes, SIZE), SIZE);
    ck_assert_int_eq(sync_all(), 0);
    uint8_t *before = malloc(disk.size);
    memcpy(before, disk.bytes, disk.size);
    uint64_t done = trim(from, size, 0, 0);
    ck_assert_uint_gt(done, 1u << 20);
    ck_assert_uint_le(done, size);
    ck_assert(memcmp(before, disk.bytes, from) == 0);
    ck_assert(memcmp(before + from + size, disk.bytes + from + size, disk.size - from - size) == 0);
    free(before);
    ck_assert_uint_eq(trim(disk.size - 4096, 4096, 0, 0) % 4096, 0);
    ck_assert_uint_eq(trim(0, mounted()->block_size, 0, 0), 0); /* the superblock */
    end();
}
END_TEST

START_TEST(impossible)
{
    start(layouts[_i]);
    ck_assert_int_eq(put_file("/kept", bytes, SIZE), SIZE);
    uint64_t block = mounted()->block_size, group = (uint64_t)mounted()->group_blocks * block;
    trim(disk.size, block, 0, -EINVAL);
    trim(UINT64_MAX, UINT64_MAX, 0, -EINVAL);
    trim(0, block - 1, 0, -EINVAL);
    trim(0, 0, 0, -EINVAL);
    trim(0, UINT64_MAX, group + block, -EINVAL);
    trim(0, UINT64_MAX, UINT64_MAX, -EINVAL);
    ck_assert_uint_eq(trim(0, UINT64_MAX, group, 0) % group, 0);
    ck_assert_int_eq(sync_all(), 0);
    disk.clear_fails = true;
    trim(0, UINT64_MAX, 0, -EIO);
    disk.clear_fails = false;
    stub_loop_ends = true; /* a signal that ends the process */
    uint64_t some = trim(0, UINT64_MAX, 0, 0);
    stub_loop_ends = false;
    ck_assert_uint_le(some, free_bytes());
    ck_assert_uint_ge(trim(0, UINT64_MAX, 0, 0) + some, free_bytes());
    end();
}
END_TEST

/* What isn't committed may come back. */
START_TEST(freed_and_not_committed)
{
    start(layouts[_i]);
    ck_assert_int_eq(put_file("/kept", bytes, SIZE), SIZE);
    ck_assert_int_eq(sync_all(), 0);
    if (_i == 1)
        ck_assert_int_eq(mount_remount(vfs_root(), 0, "discard", false), 0);
    remove_file("/kept");
    ck_assert_uint_eq(disk.discards, 0);
    ck_assert_uint_gt(mounted()->alloc->kept, 0);
    ck_assert_uint_gt(trim(0, UINT64_MAX, 0, 0), 0);
    crash();
    mount();
    expect_file("/kept");
    end();
}
END_TEST

/* With the option each commit gives back what it freed, and no more. */
START_TEST(at_commits)
{
    start(layouts[_i]);
    ck_assert_int_eq(put_file("/kept", bytes, SIZE), SIZE);
    ck_assert_int_eq(put_file("/gone", bytes, SIZE), SIZE);
    ck_assert_int_eq(put_file("/late", bytes, SIZE), SIZE);
    ck_assert_int_eq(put_file("/last", bytes, SIZE), SIZE);
    ck_assert_int_eq(mount_remount(vfs_root(), 0, "discard", false), 0);
    ck_assert_int_eq(sync_all(), 0);
    ck_assert_uint_eq(disk.discards, 0);
    uint64_t before = free_bytes();
    remove_file("/gone");
    ck_assert_uint_eq(disk.discards, 0);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    ck_assert_uint_ge(disk.discarded * SECTOR_SIZE, SIZE);
    ck_assert_uint_eq(disk.discarded * SECTOR_SIZE, free_bytes() - before);
    uint64_t then = disk.discarded;
    ck_assert_int_eq(put_file("/more", bytes, SIZE), SIZE);
    ck_assert_int_eq(sync_all(), 0);
    ck_assert_uint_eq(disk.discarded, then);
    expect_file("/more");
    disk.clear_fails = true; /* it is told of, and costs nothing else */
    remove_file("/late");
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    ck_assert_ptr_nonnull(strstr(stub_last_error, "discard"));
    disk.clear_fails = false;
    ck_assert_int_eq(mount_remount(vfs_root(), 0, "nodiscard", false), 0);
    remove_file("/last");
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    ck_assert_uint_eq(disk.discarded, then);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_trim");
    TCase *tc = tcase_create("trim");
    SRunner *runner = srunner_create(suite);

    tcase_add_unchecked_fixture(tc, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, all, 0, LAYOUTS);
    tcase_add_loop_test(tc, runs_that_are_long_enough, 0, LAYOUTS);
    tcase_add_loop_test(tc, a_part, 0, LAYOUTS);
    tcase_add_loop_test(tc, impossible, 0, LAYOUTS);
    tcase_add_loop_test(tc, freed_and_not_committed, 0, JOURNALED);
    tcase_add_loop_test(tc, at_commits, 0, JOURNALED);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
