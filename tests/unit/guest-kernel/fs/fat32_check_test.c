/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_check_test.c - the check at the mount of a volume that is marked as in use: whatever it finds, it ends, says
 * what it cuts, and leaves a volume that fsck.fat and this tree's own checker find consistent; files that were sound
 * stay.
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
#define FILE_CLUSTERS 10
#define END 0x0fffffffu

static char bytes[FILE_SIZE];

static uint32_t get_fat(uint32_t cluster)
{
    return get_le(512 * get_le(14, 2) + (size_t)4 * cluster, 4) & END;
}

/* A volume with /FILE, /OTHER and /SUB/INNER, all well, and marked as in use. */
static void setup(void)
{
    image_make(&disk, 1024, 1, "");
    ck_assert_int_eq(mount(), 0);
    memset(bytes, 'b', sizeof(bytes));
    ck_assert_int_eq(put_file("/FILE", bytes, FILE_SIZE), FILE_SIZE);
    ck_assert_int_eq(put_file("/OTHER", bytes, FILE_SIZE), FILE_SIZE);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/SUB", 0755), 0);
    ck_assert_int_eq(put_file("/SUB/INNER", "inner", 5), 5);
    unmount();
    put_dirty();
    stub_quiet = true;
    stub_last_error[0] = '\0';
}

static void teardown(void)
{
    free(disk.bytes);
}

static void expect_whole(const char *path)
{
    char back[FILE_SIZE];

    ck_assert_int_eq(get_file(path, back, sizeof(back)), FILE_SIZE);
    ck_assert_mem_eq(back, bytes, FILE_SIZE);
}

START_TEST(nothing_is_wrong)
{
    ck_assert_int_eq(mount(), 0);
    ck_assert_str_eq(stub_last_error, "");
    ck_assert_uint_eq(disk.bytes[65] & 1, 0);
    expect_whole("/FILE");
    expect_whole("/OTHER");
    ck_assert_int_eq(size_of("/SUB/INNER"), 5);
    unmount_sound();
}
END_TEST

START_TEST(the_other_mark)
{
    disk.bytes[65] &= (uint8_t)~1;
    put_fat(1, 0x07ffffff); /* only the FAT says that it was in use */
    put_fat(600, END);
    ck_assert_int_eq(mount(), 0);
    ck_assert_uint_eq(get_fat(600), 0);
    ck_assert_uint_eq(get_fat(1), END);
    unmount_sound();
}
END_TEST

/* /FILE's fifth cluster leads nowhere. */
START_TEST(chains_are_cut)
{
    static const uint32_t ends[] = {950, 1, 0x0ffffff0, 0x0ffffff7, 60000, END};

    put_fat(start_of("FILE       ") + 4, ends[_i]);
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(size_of("/FILE"), 5 * 512);
    ck_assert_str_ne(stub_last_error, "");
    expect_whole("/OTHER");
    ck_assert_int_eq(put_file("/new", bytes, FILE_SIZE), FILE_SIZE);
    expect_whole("/OTHER");
    unmount_sound();
}
END_TEST

START_TEST(loops_are_cut)
{
    uint32_t start = start_of("FILE       ");

    put_le(entry_offset("FILE       ") + 28, 0x40000000, 4); /* for ever, as far as its size goes */
    put_fat(start + FILE_CLUSTERS - 1, start + (uint32_t)_i);
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(size_of("/FILE"), FILE_CLUSTERS * 512);
    unmount_sound();
}
END_TEST

START_TEST(crossed_chains)
{
    uint32_t start = start_of("FILE       "), other = start_of("OTHER      ");

    put_fat(other + 3, start + 2);
    ck_assert_int_eq(mount(), 0);
    expect_whole("/FILE");
    ck_assert_int_eq(size_of("/OTHER"), 4 * 512);
    unmount_sound();
}
END_TEST

START_TEST(starts_outside)
{
    static const uint32_t starts[] = {1, 60000, 800, 0};

    put_le(entry_offset("FILE       ") + 26, starts[_i], 2);
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(size_of("/FILE"), 0);
    expect_whole("/OTHER");
    unmount_sound();
}
END_TEST

START_TEST(directories_that_contain_themselves)
{
    uint32_t sub = start_of("SUB        ");
    size_t inner = entry_in(sub, "INNER      ");

    put_le(inner + 26, sub, 2);
    disk.bytes[inner + 11] = 0x10;
    put_le(inner + 28, 0, 4);
    put_fat(sub, sub); /* and a loop as well */
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(size_of("/SUB/INNER"), -ENOENT);
    ck_assert_int_eq(size_of("/SUB"), 512);
    unmount_sound();
}
END_TEST

START_TEST(the_root_as_a_directory_in_it)
{
    put_le(entry_offset("SUB        ") + 26, 2, 2);
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(size_of("/SUB"), -ENOENT);
    unmount_sound();
}
END_TEST

/* Every slot of the root is a directory that is the root, or a file with all clusters there are. */
START_TEST(many_entries_with_the_same_clusters)
{
    size_t root = cluster_offset(2);

    for (uint32_t i = 3; i < 1500; i++) /* one chain of everything */
        put_fat(i, i == 1499 ? END : i + 1);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(disk.bytes + root + (size_t)i * 32, "ENTRY      ", 11);
        disk.bytes[root + (size_t)i * 32 + 5] = (uint8_t)('A' + i);
        disk.bytes[root + (size_t)i * 32 + 11] = i % 2 != 0 ? 0x10 : 0x20;
        disk.bytes[root + (size_t)i * 32 + 12] = (uint8_t)(_i != 0 ? 0x80 : 0);
        put_le(root + (size_t)i * 32 + 26, i % 4 == 1 ? 2 : 3, 2);
        put_le(root + (size_t)i * 32 + 28, i % 2 != 0 ? 0 : 0xffffffff, 4);
    }
    disk.reads = 0;
    ck_assert_int_eq(mount(), 0);
    ck_assert_uint_lt(disk.reads, 500);
    unmount_sound();
}
END_TEST

START_TEST(copies_of_the_fat_that_differ)
{
    put_le(512 * (get_le(14, 2) + get_le(36, 4)) + 4 * 9, 12345, 4);
    put_fat(700, 701);
    put_fat(701, END);
    ck_assert_int_eq(mount(), 0);
    ck_assert_uint_eq(get_fat(700), 0);
    expect_whole("/FILE");
    unmount_sound();
}
END_TEST

START_TEST(names_without_entries)
{
    size_t at = entry_offset("SUB        ");

    memmove(disk.bytes + at + 64, disk.bytes + at, 32);
    for (unsigned i = 0; i < 2; i++) {
        memset(disk.bytes + at + (size_t)i * 32, 'x', 32);
        disk.bytes[at + (size_t)i * 32] = (uint8_t)(i != 0 ? 1 : 0x42);
        disk.bytes[at + (size_t)i * 32 + 11] = 0x0f;
    }
    ck_assert_int_eq(mount(), 0);
    ck_assert_int_eq(size_of("/SUB/INNER"), 5);
    unmount_sound();
}
END_TEST

/* Not a byte is written, whatever is wrong. */
START_TEST(read_only)
{
    uint8_t *before;

    put_fat(start_of("FILE       ") + 4, 0);
    put_fat(start_of("SUB        "), start_of("SUB        "));
    before = malloc(disk.size);
    memcpy(before, disk.bytes, disk.size);
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, true)), 0);
    ck_assert_str_ne(stub_last_error, "");
    expect_whole("/OTHER");
    unmount();
    ck_assert_mem_eq(before, disk.bytes, disk.size);
    free(before);
}
END_TEST

/* Without memory or disk for the check nothing may be written. */
START_TEST(a_check_that_fails)
{
    struct file *file;

    disk.fail_after = 5; /* the boot sector and the FAT can be read */
    if (mount() == 0) {
        disk.fail_after = 0;
        ck_assert_int_eq(open_path("/FILE", O_RDWR, &file), -EROFS);
        expect_whole("/FILE");
        unmount();
    }
    disk.fail_after = 0;
    ck_assert_uint_eq(disk.bytes[65] & 1, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32, checked");
    TCase *tc = tcase_create("check");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, nothing_is_wrong);
    tcase_add_test(tc, the_other_mark);
    tcase_add_loop_test(tc, chains_are_cut, 0, 6);
    tcase_add_loop_test(tc, loops_are_cut, 0, FILE_CLUSTERS);
    tcase_add_test(tc, crossed_chains);
    tcase_add_loop_test(tc, starts_outside, 0, 4);
    tcase_add_test(tc, directories_that_contain_themselves);
    tcase_add_test(tc, the_root_as_a_directory_in_it);
    tcase_add_loop_test(tc, many_entries_with_the_same_clusters, 0, 2);
    tcase_add_test(tc, copies_of_the_fat_that_differ);
    tcase_add_test(tc, names_without_entries);
    tcase_add_test(tc, read_only);
    tcase_add_test(tc, a_check_that_fails);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
