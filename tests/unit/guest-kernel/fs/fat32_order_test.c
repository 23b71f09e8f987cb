/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_order_test.c - what is written when: flushes, room that removed files leave, and errors of the disk. */
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
// sources: tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/image.c
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../files.h"
#include "../stubs.h"
#include "abi/errno.h"
#include "fs/fat32.h"

static struct stub_disk disk;
static char text[65536];

static void mount(void)
{
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), 0);
}

static void unmount(void)
{
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_int_eq(image_check(&disk), 0);
}

static void remount(void)
{
    unmount();
    mount();
}

static void setup(void)
{
    image_make(&disk, 4096, 1, "");
    mount();
}

static void teardown(void)
{
    unmount();
    free(disk.bytes);
}

/* A file with one of the short names that the long name could get. */
static void take_alias(const struct fat_name *name, unsigned n)
{
    uint8_t alias[11];
    char path[32] = "/dir/";
    size_t length = strlen(path);
    struct file *file;

    fat_name_make_alias(name, n, alias);
    for (unsigned i = 0; i < 8 && alias[i] != ' '; i++)
        path[length++] = (char)alias[i];
    ck_assert_int_eq(alias[8], ' ');
    ck_assert_int_eq(open_path(path, O_RDWR | O_CREAT, &file), 0);
    file_put(file);
}

/* Then creating itself says that it exists, and there is no inode to be put. */
START_TEST(all_short_names_of_a_long_one_are_taken)
{
    static const char long_name[] = "a+long+name";
    struct fat_name name;

    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
    ck_assert_int_eq(fat_name_parse(&name, long_name, strlen(long_name)), 0);
    for (unsigned n = 1; n < 4096; n++)
        take_alias(&name, n);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir/a+long+name", 0755), -EEXIST);
    ck_assert_int_eq(open_path("/dir/a+long+name", O_RDWR | O_CREAT, &(struct file *){NULL}), -EEXIST);
    ck_assert_int_eq(size_of("/dir/a+long+name"), -ENOENT);
}
END_TEST

/* A disk that fails: every sync says so, what couldn't be stored is kept, and the last sync tells of it too. */
START_TEST(a_failing_disk_is_told)
{
    struct file *file;
    char back[8];

    put_file("/kept", "before", 6);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(open_path("/file", O_RDWR | O_CREAT, &file), 0);
    disk.fail_after = 1;
    ck_assert_int_eq(put_bytes(file, 0, "content", 7), 7);
    ck_assert_int_eq(file_sync(file, false), -EIO);
    ck_assert_int_eq(file_sync(file, false), -EIO);
    file_put(file); /* close doesn't tell, and nothing is forgotten */
    ck_assert_int_eq(vfs_sync_all(), -EIO);
    ck_assert_int_eq(vfs_sync_all(), -EIO);
    disk.fail_after = 0;
    ck_assert_int_eq(vfs_sync_all(), 0);
    remount();
    ck_assert_int_eq(get_file("/file", back, sizeof(back)), 7);
    ck_assert_int_eq(get_file("/kept", back, sizeof(back)), 6);
}
END_TEST

static size_t place_on_disk(const char *bytes, size_t size)
{
    const uint8_t *at = memmem(disk.bytes, disk.size, bytes, size);

    return at != NULL ? (size_t)(at - disk.bytes) : 0;
}

/* Whether the disk, as it is now, has an entry of this short name that says so many bytes. */
static bool has_entry(const char *short_name, uint32_t size)
{
    size_t at = place_on_disk(short_name, 11);

    return at != 0 && memcmp(disk.bytes + at + 28, &size, sizeof(size)) == 0;
}

/* A file that can't be stored keeps no other from the disk; who syncs it is told, once for each open file. */
START_TEST(a_bad_place_is_one_files_trouble)
{
    struct file *bad, *same, *good;

    ck_assert_int_eq(open_path("/BAD", O_RDWR | O_CREAT, &bad), 0);
    ck_assert_int_eq(put_bytes(bad, 0, "on a bad place", 14), 14);
    ck_assert_int_eq(file_sync(bad, false), 0);
    put_file("/OLD", "old", 3);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(open_path("/BAD", O_RDWR, &same), 0);
    disk.bad_from = place_on_disk("on a bad place", 14);
    disk.bad_to = disk.bad_from + 1;
    ck_assert_uint_ne(disk.bad_from, 0);
    ck_assert_int_eq(put_bytes(bad, 0, "O", 1), 1);
    ck_assert_int_eq(open_path("/GOOD", O_RDWR | O_CREAT, &good), 0);
    ck_assert_int_eq(put_bytes(good, 0, "in a good place", 15), 15);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/OLD", vfs_root(), "/NEW", 0), 0);
    ck_assert_int_eq(file_sync(good, false), 0);
    ck_assert_uint_ne(place_on_disk("in a good place", 15), 0);
    ck_assert(has_entry("GOOD       ", 15) && has_entry("NEW        ", 3) && !has_entry("OLD        ", 3));
    ck_assert_int_eq(file_sync(bad, false), -EIO);
    ck_assert_int_eq(file_sync(good, false), 0);
    ck_assert_int_eq(vfs_sync_all(), -EIO);
    disk.bad_to = 0;
    ck_assert_int_eq(file_sync(bad, false), -EIO); /* what came behind its back */
    ck_assert_int_eq(file_sync(bad, false), 0);
    ck_assert_int_eq(file_sync(same, false), -EIO);
    ck_assert_int_eq(file_sync(same, false), 0);
    ck_assert_uint_ne(place_on_disk("On a bad place", 14), 0);
    file_put(same);
    ck_assert_int_eq(open_path("/BAD", O_RDWR, &same), 0); /* nothing is left to be told */
    ck_assert_int_eq(file_sync(same, false), 0);
    file_put(same);
    file_put(bad);
    file_put(good);
}
END_TEST

/* Clusters of what was removed have no new owner before the disk knows; but they are to be had when the disk is full.
 */
START_TEST(removed_files_make_room)
{
    static char large[1 << 20];
    struct vfs_statfs before, after;

    vfs_root()->mount->fs->ops->statfs(vfs_root()->mount->fs, &before);
    for (unsigned i = 0; i < 12; i++) { /* of 4 MiB */
        ck_assert_int_eq(put_file("/large", large, sizeof(large)), sizeof(large));
        ck_assert_int_eq(vfs_unlink(vfs_root(), "/large", false), 0);
    }
    vfs_root()->mount->fs->ops->statfs(vfs_root()->mount->fs, &after);
    ck_assert_uint_eq(before.blocks_free, after.blocks_free);
}
END_TEST

/* fsync of a file that grows: a flush after the FAT, and one at the end; when only bytes change, one. */
START_TEST(few_flushes)
{
    struct file *file;

    ck_assert_int_eq(open_path("/file", O_RDWR | O_CREAT, &file), 0);
    ck_assert_int_eq(put_bytes(file, 0, text, 3000), 3000);
    ck_assert_int_eq(file_sync(file, false), 0);
    disk.flushes = 0;
    ck_assert_int_eq(put_bytes(file, 3000, text, 3000), 3000);
    ck_assert_int_eq(file_sync(file, false), 0);
    ck_assert_uint_eq(disk.flushes, 2);
    disk.flushes = 0;
    ck_assert_int_eq(put_bytes(file, 10, text, 3000), 3000);
    ck_assert_int_eq(file_sync(file, false), 0);
    ck_assert_uint_eq(disk.flushes, 1);
    file_put(file);
    disk.flushes = 0;
    for (unsigned i = 0; i < 100; i++) { /* nothing of this waits for the disk */
        char name[2][16];
        snprintf(name[0], sizeof(name[0]), "/N%u", i);
        snprintf(name[1], sizeof(name[1]), "/M%u", i);
        put_file(name[0], "x", 1);
        ck_assert_int_eq(vfs_rename(vfs_root(), name[0], vfs_root(), name[1], false), 0);
        ck_assert_int_eq(vfs_unlink(vfs_root(), name[1], false), 0);
    }
    ck_assert_uint_le(disk.flushes, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32, order of writes");
    TCase *tc = tcase_create("order");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, all_short_names_of_a_long_one_are_taken);
    tcase_add_test(tc, a_failing_disk_is_told);
    tcase_add_test(tc, a_bad_place_is_one_files_trouble);
    tcase_add_test(tc, removed_files_make_room);
    tcase_add_test(tc, few_flushes);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
