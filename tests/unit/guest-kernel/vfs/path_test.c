/* SPDX-License-Identifier: Apache-2.0 */
/* path_test.c - paths and open(2)'s flags, on the root that is there without a disk. */
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
// sources: guest-kernel/drv/mem_devices.c tests/unit/guest-kernel/disk.c
// sources: tests/unit/guest-kernel/no_async.c
#include <check.h>
#include <string.h>

#include "../files.h"
#include "../stubs.h"
#include "abi/errno.h"
#include "drv/mem_devices.h"

static void setup(void)
{
    mem_devices_register();
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
    ck_assert_int_eq(put_file("/dir/file", "content", 7), 7);
}

static int look(const char *base, const char *path, unsigned flags)
{
    struct inode *inode;
    struct path dir;

    ck_assert_int_eq(path_lookup(vfs_root(), base, 0, &dir), 0);
    int error = vfs_lookup(&dir, path, flags, &inode);
    path_put(&dir);
    if (error == 0)
        inode_put(inode);
    return error;
}

START_TEST(walks)
{
    ck_assert_int_eq(look("/", "/dir/file", 0), 0);
    ck_assert_int_eq(look("/dir", "file", 0), 0);
    ck_assert_int_eq(look("/dir", "./file", 0), 0);
    ck_assert_int_eq(look("/dir", "../dir//file", 0), 0);
    ck_assert_int_eq(look("/dir", "../../../..", 0), 0);
    ck_assert_int_eq(look("/dir", "/", 0), 0);
    ck_assert_int_eq(look("/", "///dir///", 0), 0);
    ck_assert_int_eq(look("/", "dev/../dir/file", 0), 0);
    ck_assert_int_eq(look("/dev", "../dir/file", 0), 0);
    ck_assert_int_eq(look("/", "", 0), -ENOENT);
    ck_assert_int_eq(look("/", "dir/file/", 0), -ENOTDIR);
    ck_assert_int_eq(look("/", "dir/file/..", 0), -ENOTDIR);
    ck_assert_int_eq(look("/", "dir/none", 0), -ENOENT);
    ck_assert_int_eq(look("/", "none/file", 0), -ENOENT);
    ck_assert_int_eq(look("/", "dir/file", LOOKUP_DIRECTORY), -ENOTDIR);
}
END_TEST

/* The file that stands there keeps its references: it can be used, and all is freed at the end. */
START_TEST(a_directory_is_not_renamed_to_a_file_with_a_slash)
{
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/other", 0755), 0);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vfs_rename(vfs_root(), "/other", vfs_root(), "/dir/file/", false), -ENOTDIR);
    ck_assert_int_eq(size_of("/dir/file"), 7);
}
END_TEST

START_TEST(a_path_through_a_file)
{
    ck_assert_int_eq(look("/", "dir/file/x", 0), -ENOTDIR);
    ck_assert_int_eq(look("/", "dev/null/x", 0), -ENOTDIR); /* its inode has no other reference */
}
END_TEST

START_TEST(running_files_are_not_written)
{
    struct file *file;
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), "/dir/file", 0, &inode), 0);
    ck_assert_int_eq(open_path("/dir/file", O_WRONLY, &file), 0);
    ck_assert_int_eq(inode_run_get(inode), -ETXTBSY);
    file_put(file);
    ck_assert_int_eq(inode_run_get(inode), 0);
    ck_assert_int_eq(inode_run_get(inode), 0);
    ck_assert_int_eq(open_path("/dir/file", O_WRONLY, &file), -ETXTBSY);
    ck_assert_int_eq(open_path("/dir/file", O_RDONLY | O_TRUNC, &file), -ETXTBSY);
    ck_assert_int_eq(truncate_path("/dir/file", 1), -ETXTBSY);
    inode_run_put(inode);
    ck_assert_int_eq(open_path("/dir/file", O_RDWR, &file), -ETXTBSY);
    inode_run_put(inode);
    ck_assert_int_eq(open_path("/dir/file", O_RDWR, &file), 0);
    file_put(file);
    inode_put(inode);
    ck_assert_int_eq(size_of("/dir/file"), 7);
}
END_TEST

START_TEST(a_long_write_can_be_interrupted)
{
    static char bytes[1 << 20];
    struct file *file;

    ck_assert_int_eq(open_path("/dir/file", O_RDWR, &file), 0);
    stub_loop_ends = true;
    ck_assert_int_eq(put_bytes(file, 0, bytes, sizeof(bytes)), 256 << 10);
    ck_assert_int_eq(put_bytes(file, 256 << 10, bytes, 256 << 10), 256 << 10);
    ck_assert_int_eq(get_bytes(file, 0, bytes, sizeof(bytes)), 256 << 10);
    stub_loop_ends = false;
    ck_assert_int_eq(get_bytes(file, 0, bytes, sizeof(bytes)), 512 << 10);
    file_put(file);
    ck_assert_int_eq(open_path("/dev/zero", O_RDWR, &file), 0);
    stub_loop_ends = true;
    ck_assert_int_eq(get_bytes(file, 0, bytes, sizeof(bytes)), 256 << 10);
    stub_loop_ends = false;
    ck_assert_int_eq(get_bytes(file, 0, bytes, sizeof(bytes)), sizeof(bytes));
    file_put(file);
    ck_assert_int_eq(open_path("/dev/urandom", O_RDWR, &file), 0);
    stub_loop_ends = true;
    ck_assert_int_eq(get_bytes(file, 0, bytes, sizeof(bytes)), 16 << 10);
    stub_loop_ends = false;
    file_put(file);
}
END_TEST

START_TEST(long_names)
{
    char path[NAME_MAX + 3] = "/";

    memset(path + 1, 'a', NAME_MAX);
    ck_assert_int_eq(look("/", path, 0), -ENOENT);
    ck_assert_int_eq(put_file(path, "", 0), 0);
    ck_assert_int_eq(look("/", path, 0), 0);
    path[NAME_MAX + 1] = 'a';
    ck_assert_int_eq(look("/", path, 0), -ENAMETOOLONG);
    ck_assert_int_eq(put_file(path, "", 0), -ENAMETOOLONG);
}
END_TEST

START_TEST(opens)
{
    struct file *file;

    ck_assert_int_eq(open_path("/dir/file", O_RDWR | O_CREAT | O_EXCL, &file), -EEXIST);
    ck_assert_int_eq(open_path("/dir", O_RDWR, &file), -EISDIR);
    ck_assert_int_eq(open_path("/dir", O_RDONLY | O_CREAT, &file), -EISDIR);
    ck_assert_int_eq(open_path("/new/", O_RDWR | O_CREAT, &file), -EISDIR);
    ck_assert_int_eq(open_path("/dir/file", O_RDONLY | O_DIRECTORY, &file), -ENOTDIR);
    ck_assert_int_eq(open_path("/dir/file/x", O_RDONLY | O_CREAT, &file), -ENOTDIR);
    ck_assert_int_eq(open_path("/none", O_RDONLY, &file), -ENOENT);
    ck_assert_int_eq(open_path("/none/x", O_RDWR | O_CREAT, &file), -ENOENT);
    ck_assert_int_eq(open_path("/dir", O_RDWR | O_TMPFILE, &file), 0);
    file_put(file);
    ck_assert_int_eq(open_path("/dir/file", O_RDONLY, &file), 0);
    ck_assert_int_eq(put_bytes(file, 0, "x", 1), -EBADF);
    file_put(file);
    ck_assert_int_eq(open_path("/dir/file", O_WRONLY, &file), 0);
    ck_assert_int_eq(get_bytes(file, 0, &(char){0}, 1), -EBADF);
    file_put(file);
    ck_assert_int_eq(open_path("/dir", O_RDONLY, &file), 0);
    ck_assert_int_eq(get_bytes(file, 0, &(char){0}, 1), -EISDIR);
    file_put(file);
    ck_assert_int_eq(open_path("/dir/file", O_PATH, &file), 0);
    ck_assert_int_eq(get_bytes(file, 0, &(char){0}, 1), -EBADF);
    ck_assert_int_eq(file_sync(file, false), -EBADF);
    file_put(file);
    ck_assert_int_eq(open_path("/dir/file", O_RDWR | O_TRUNC, &file), 0);
    file_put(file);
    ck_assert_int_eq(size_of("/dir/file"), 0);
}
END_TEST

START_TEST(appends_and_seeks)
{
    struct file *file;

    ck_assert_int_eq(open_path("/dir/file", O_RDWR | O_APPEND, &file), 0);
    ck_assert_int_eq(put_bytes(file, 0, "!!", 2), 2);
    ck_assert_int_eq(size_of("/dir/file"), 9);
    ck_assert_int_eq(file_seek(file, -2, SEEK_END), 7);
    ck_assert_int_eq(file_seek(file, 1, SEEK_CUR), 8);
    ck_assert_int_eq(file_seek(file, -1, SEEK_SET), -EINVAL);
    ck_assert_int_eq(file_seek(file, INT64_MAX, SEEK_CUR), -EINVAL);
    ck_assert_int_eq(file_seek(file, 3, SEEK_DATA), 3);
    ck_assert_int_eq(file_seek(file, 3, SEEK_HOLE), 9);
    ck_assert_int_eq(file_seek(file, 9, SEEK_DATA), -ENXIO);
    ck_assert_int_eq(file_seek(file, 0, 9), -EINVAL);
    ck_assert_int_eq(file_ioctl(file, 1, 2), -ENOTTY);
    file_put(file);
}
END_TEST

START_TEST(working_directory)
{
    struct path dir;
    char text[20];

    ck_assert_int_eq(place_of(vfs_root(), text, sizeof(text)), 1);
    ck_assert_str_eq(text, "/");
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir/sub", 0755), 0);
    ck_assert_int_eq(path_lookup(vfs_root(), "/dir/sub", 0, &dir), 0);
    ck_assert_int_eq(place_of(&dir, text, sizeof(text)), 8);
    ck_assert_str_eq(text, "/dir/sub");
    ck_assert_int_eq(place_of(&dir, text, 9), 8);
    ck_assert_int_eq(place_of(&dir, text, 8), -ENAMETOOLONG);
    path_put(&dir);
    ck_assert_int_eq(path_lookup(vfs_root(), "/dev", 0, &dir), 0);
    ck_assert_int_eq(place_of(&dir, text, sizeof(text)), 4);
    ck_assert_str_eq(text, "/dev");
    path_put(&dir);
}
END_TEST

START_TEST(changes)
{
    char names[100];

    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/", 0755), -EEXIST);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir/file", 0755), -EEXIST);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dir", true), -ENOTEMPTY);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dir/.", true), -EINVAL);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dir/..", true), -ENOTEMPTY);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/", true), -EBUSY);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dev", true), -EBUSY);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dev/shm", true), -EBUSY);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dir/file/", false), -ENOTDIR);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dir/file", vfs_root(), "/dir", false), -ENOTEMPTY);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dir", vfs_root(), "/dir/file", false), -EINVAL + 0);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dir/.", vfs_root(), "/x", false), -EBUSY);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dir/file", vfs_root(), "/x/", false), -ENOTDIR);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/dir/file", vfs_root(), "/file", false), 0);
    ck_assert_int_eq(put_file("/other", "2", 1), 1);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/other", vfs_root(), "/file", false), 0);
    ck_assert_int_eq(size_of("/file"), 1);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dir", true), 0);
    ck_assert_int_eq(list_path("/", names, sizeof(names)), 0);
    ck_assert_str_eq(names, "dev file ");
}
END_TEST

START_TEST(sparse_and_large_files)
{
    struct file *file;
    char bytes[3];

    ck_assert_int_eq(open_path("/sparse", O_RDWR | O_CREAT, &file), 0);
    for (uint64_t pos = 1; pos < 1ull << 42; pos *= 8) /* every height of the index */
        ck_assert_int_eq(put_bytes(file, pos, "abc", 3), 3);
    for (uint64_t pos = 1; pos < 1ull << 42; pos *= 8) {
        ck_assert_int_eq(get_bytes(file, pos - 1, bytes, 3), 3);
        ck_assert_mem_eq(bytes + 1, "ab", 2);
    }
    ck_assert_int_eq(truncate_path("/sparse", 8), 0);
    ck_assert_int_eq(truncate_path("/sparse", 1ull << 42), 0);
    ck_assert_int_eq(get_bytes(file, 1ull << 39, bytes, 3), 3);
    ck_assert_mem_eq(bytes, "\0\0\0", 3);
    file_put(file);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/sparse", false), 0);
    ck_assert_uint_le(stub_pages_used, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("path");
    TCase *tc = tcase_create("path");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, walks);
    tcase_add_test(tc, a_directory_is_not_renamed_to_a_file_with_a_slash);
    tcase_add_test(tc, a_path_through_a_file);
    tcase_add_test(tc, running_files_are_not_written);
    tcase_add_test(tc, a_long_write_can_be_interrupted);
    tcase_add_test(tc, long_names);
    tcase_add_test(tc, opens);
    tcase_add_test(tc, appends_and_seeks);
    tcase_add_test(tc, working_directory);
    tcase_add_test(tc, changes);
    tcase_add_test(tc, sparse_and_large_files);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
