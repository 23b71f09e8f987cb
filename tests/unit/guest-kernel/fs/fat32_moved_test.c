/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_moved_test.c - what a crash left at two places, as the check at the next mount sees to it, on volumes on which
 * no rename of ours can have left it so: whatever the entries say, all that was there before can be reached afterwards,
 * and the volume is sound.
 */
// sources: guest-kernel/vfs/pagewait.c
// sources: guest-kernel/fs/fat32*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c
// guest-kernel/vfs/pagecache.c sources: guest-kernel/vfs/pageindex.c guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c
// guest-kernel/vfs/path_print.c sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c
// guest-kernel/vfs/readdir.c sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c
// guest-kernel/vfs/sparse.c sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/fat_image.c tests/unit/guest-kernel/image.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../files.h"
#include "../stubs.h"
#include "abi/errno.h"
#include "fat32_in_use.h"

#define FILE_SIZE 5000
#define MOVED 0x80 /* FAT_NT_MOVED */
#define FILE_KIND 0x20
#define DIR_KIND 0x10
#define DEEP 5000u /* directories in each other: more than a check follows upwards */
#define DEEP_FIRST 200u

static char bytes[FILE_SIZE];

/* A volume with /FILE, /ONE/TWO/INNER and /DIR/INSIDE, all well, and marked as in use. */
static void setup(void)
{
    image_make(&disk, 4096, 1, "");
    ck_assert_int_eq(mount(), 0);
    memset(bytes, 'b', sizeof(bytes));
    ck_assert_int_eq(put_file("/FILE", bytes, FILE_SIZE), FILE_SIZE);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/ONE", 0755), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/ONE/TWO", 0755), 0);
    ck_assert_int_eq(put_file("/ONE/TWO/INNER", "inner", 5), 5);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/DIR", 0755), 0);
    ck_assert_int_eq(put_file("/DIR/INSIDE", "inside", 6), 6);
    unmount();
    put_dirty();
    stub_quiet = true;
}

static void teardown(void)
{
    free(disk.bytes);
}

static uint32_t start_in(uint32_t dir, const char *name)
{
    return get_le(entry_in(dir, name) + 26, 2);
}

static uint32_t two(void)
{
    return start_in(start_of("ONE        "), "TWO        ");
}

/* A new place, in a directory of one cluster. */
static void put_new_place(uint32_t dir, const char *name, uint8_t kind, uint32_t start, uint32_t size)
{
    size_t at = cluster_offset(dir);

    while (disk.bytes[at] != 0)
        at += 32;
    memcpy(disk.bytes + at, name, 11);
    disk.bytes[at + 11] = kind;
    disk.bytes[at + 12] = MOVED;
    put_le(at + 26, start, 2);
    put_le(at + 28, size, 4);
}

static void expect_all(const char *file, const char *inner, const char *inside)
{
    char back[FILE_SIZE];

    ck_assert_int_eq(get_file(file, back, sizeof(back)), FILE_SIZE);
    ck_assert_mem_eq(back, bytes, FILE_SIZE);
    ck_assert_int_eq(get_file(inner, back, sizeof(back)), 5);
    ck_assert_mem_eq(back, "inner", 5);
    ck_assert_int_eq(get_file(inside, back, sizeof(back)), 6);
    ck_assert_mem_eq(back, "inside", 6);
}

static void expect_as_before(void)
{
    expect_all("/FILE", "/ONE/TWO/INNER", "/DIR/INSIDE");
}

/* What renames leave: the new places stay, the file as long as the old one says, the directory with its new parent. */
START_TEST(new_places_stay)
{
    put_new_place(2, "NEW        ", FILE_KIND, start_of("FILE       "), 512);
    put_new_place(start_of("DIR        "), "NEW        ", DIR_KIND, two(), 0);
    ck_assert_int_eq(mount(), 0);
    expect_all("/NEW", "/DIR/NEW/INNER", "/DIR/INSIDE");
    expect_all("/NEW", "/DIR/NEW/../NEW/INNER", "/DIR/INSIDE");
    ck_assert_int_eq(size_of("/FILE"), -ENOENT);
    ck_assert_int_eq(size_of("/ONE/TWO"), -ENOENT);
    unmount_sound();
    ck_assert_uint_eq(start_in(start_in(start_of("DIR        "), "NEW        "), "..         "),
                      start_of("DIR        "));
}
END_TEST

START_TEST(a_file_that_was_a_directory)
{
    put_new_place(2, "NEW        ", FILE_KIND, start_of("ONE        "), 512);
    ck_assert_int_eq(mount(), 0);
    expect_as_before();
    ck_assert_int_eq(size_of("/NEW"), -ENOENT);
    unmount_sound();
}
END_TEST

START_TEST(a_directory_that_was_a_file)
{
    put_new_place(2, "NEW        ", DIR_KIND, start_of("FILE       "), 0);
    ck_assert_int_eq(mount(), 0);
    expect_as_before();
    ck_assert_int_eq(size_of("/NEW"), -ENOENT);
    unmount_sound();
}
END_TEST

START_TEST(into_itself)
{
    put_new_place(start_of("ONE        "), "NEW        ", DIR_KIND, start_of("ONE        "), 0);
    ck_assert_int_eq(mount(), 0);
    expect_as_before();
    ck_assert_int_eq(size_of("/ONE/NEW"), -ENOENT);
    unmount_sound();
}
END_TEST

START_TEST(into_a_directory_in_itself)
{
    put_new_place(two(), "NEW        ", DIR_KIND, start_of("ONE        "), 0);
    ck_assert_int_eq(mount(), 0);
    expect_as_before();
    ck_assert_int_eq(size_of("/ONE/TWO/NEW"), -ENOENT);
    unmount_sound();
}
END_TEST

START_TEST(the_root_into_a_directory)
{
    put_new_place(two(), "NEW        ", DIR_KIND, 2, 0);
    ck_assert_int_eq(mount(), 0);
    expect_as_before();
    ck_assert_int_eq(size_of("/ONE/TWO/NEW"), -ENOENT);
    unmount_sound();
}
END_TEST

/* One of the two renames is done, and then the other can't be. */
START_TEST(two_directories_into_each_other)
{
    put_new_place(two(), "NEW        ", DIR_KIND, start_of("DIR        "), 0);
    put_new_place(start_of("DIR        "), "NEW        ", DIR_KIND, start_of("ONE        "), 0);
    ck_assert_int_eq(mount(), 0);
    if (size_of("/ONE") >= 0)
        expect_all("/FILE", "/ONE/TWO/INNER", "/ONE/TWO/NEW/INSIDE");
    else
        expect_all("/FILE", "/DIR/NEW/TWO/INNER", "/DIR/INSIDE");
    unmount_sound();
}
END_TEST

/* A directory's new place is in itself, and on the way up from there is one that a file claims to have been. */
START_TEST(a_file_on_the_way_up)
{
    put_new_place(2, "AFILE      ", FILE_KIND, two(), 512);
    put_new_place(two(), "NEW        ", DIR_KIND, start_of("ONE        "), 0);
    ck_assert_int_eq(mount(), 0);
    expect_as_before();
    ck_assert_int_eq(size_of("/AFILE"), -ENOENT);
    ck_assert_int_eq(size_of("/ONE/TWO/NEW"), -ENOENT);
    unmount_sound();
}
END_TEST

/* Directories in each other from DEEP_FIRST on, each of one cluster. */
static void put_deep(void)
{
    for (uint32_t i = 0; i < DEEP; i++) {
        uint32_t at = DEEP_FIRST + i, up = i == 0 ? start_of("DIR        ") : at - 1;
        put_fat(at, 0x0fffffff);
        put_new_place(at, ".          ", DIR_KIND, at, 0);
        put_new_place(at, "..         ", DIR_KIND, up, 0);
        put_new_place(up, "D          ", DIR_KIND, at, 0);
        disk.bytes[entry_in(up, "D          ") + 12] = 0;
    }
}

/* So deep that it isn't looked into whether the new place is in itself: the old one stays. */
START_TEST(deeper_than_is_looked)
{
    put_deep();
    put_new_place(DEEP_FIRST + DEEP - 1, "NEW        ", DIR_KIND, start_of("ONE        "), 0);
    ck_assert_int_eq(mount(), 0);
    expect_as_before();
    unmount();
    ck_assert_ptr_null(fat_image_fault(disk.bytes, disk.size));
    ck_assert_uint_eq(disk.bytes[entry_in(DEEP_FIRST + DEEP - 1, "\xe5"
                                                                 "EW        ")],
                      0xe5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32, what was being renamed");
    TCase *tc = tcase_create("moved");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, new_places_stay);
    tcase_add_test(tc, a_file_that_was_a_directory);
    tcase_add_test(tc, a_directory_that_was_a_file);
    tcase_add_test(tc, into_itself);
    tcase_add_test(tc, into_a_directory_in_itself);
    tcase_add_test(tc, the_root_into_a_directory);
    tcase_add_test(tc, two_directories_into_each_other);
    tcase_add_test(tc, a_file_on_the_way_up);
    tcase_add_test(tc, deeper_than_is_looked);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
