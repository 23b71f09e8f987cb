/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_inline_leave_test.c - data within inodes go to blocks, and are the same there. */
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
#include "ext4_alloc_setup.h"
#include "fs/ext4/ext4_change.h"
#include "vfs/icache.h"

static const char *const layouts[] = {
    "-t ext4 -b 4096 -O inline_data",
    "-t ext4 -b 1024 -I 1024 -O inline_data",
    "-t ext4 -b 4096 -O inline_data,^metadata_csum",
    "-t ext4 -b 1024 -O inline_data,^has_journal",
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

static const char *const files[] = {"/size-0", "/size-1", "/size-59", "/size-60", "/size-61", "/size-100"};
static const char *const dirs[] = {"/empty", "/a", "/a/d0"};
/* mke2fs 1.47 loses the hole at the end of a file where data may be in inodes. */
#define HOLE "debugfs -w -R 'sif /far-away size 70000000' $IMAGE"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct inode *find(const char *path)
{
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), path, 0, &inode), 0);
    return inode;
}

static int leave(struct inode *inode)
{
    struct ext4_handle handle;

    ck_assert_int_eq(ext4_begin(e4, &handle, EXT4_CREDITS_MAP), 0);
    int error = ext4_inline_leave(&handle, ext4_inode_of(inode));
    ext4_end(&handle);
    return error;
}

/* Was inline, and is no more, if `error` is 0. */
static void leave_path(const char *path, int error)
{
    struct inode *inode = find(path);

    ck_assert_msg(ext4_inode_is_inline(ext4_inode_of(inode)), "%s has a block", path);
    int result = leave(inode);
    ck_assert_msg(result == error, "%s: error %d", path, result);
    ck_assert_int_eq(ext4_inode_is_inline(ext4_inode_of(inode)), error != 0);
    inode_put(inode);
}

static void compare(const char *when)
{
    const char *fault = ext4_folder_compare();

    ck_assert_msg(fault == NULL, "%s: %s", when, fault);
}

START_TEST(all)
{
    mount_image("24M", layouts[_i], HOLE " && debugfs -w -R 'ea_set /size-59 user.x y' $IMAGE");
    for (size_t i = 0; i < COUNT(files); i++)
        leave_path(files[i], 0);
    for (size_t i = 0; i < COUNT(dirs); i++)
        leave_path(dirs[i], 0);
    compare("at once");
    ck_assert_msg(*stub_last_error == 0, "%s", stub_last_error);
    finish();
    fsck(layouts[_i]);
    mount();
    compare("from the disk");
    struct inode *inode = find("/size-59");
    char value[4];
    ck_assert_int_eq(ext4_get_xattr(inode, "user.x", value, sizeof(value)), 1);
    ck_assert_int_eq(ext4_get_xattr(inode, "system.data", NULL, 0), -EOPNOTSUPP);
    inode_put(inode);
    e4 = mounted();
    finish();
}
END_TEST

/* Without memory all stays where it is. */
START_TEST(no_memory)
{
    mount_image("24M", layouts[_i], HOLE);
    for (unsigned which = 0; which < 2; which++) {
        const char *path = which == 0 ? "/size-100" : "/a/d0";
        struct inode *inode = find(path);
        int error = -ENOMEM;
        for (uint64_t at = 1; error != 0; at++) {
            uint64_t size = inode->size, sectors = ext4_inode_of(inode)->sectors, free = ext4_free_blocks_count(e4);
            ck_assert_int_eq(ext4_commit_all(e4), 0);
            ext4_buffers_shrink(&e4->buffers);
            stub_fail_at = at;
            error = leave(inode);
            ck_assert(error == 0 || error == -ENOMEM);
            ck_assert(error == 0 || stub_fail_at == 0);
            stub_fail_at = 0;
            if (error != 0) {
                ck_assert(ext4_inode_is_inline(ext4_inode_of(inode)));
                ck_assert_uint_eq(inode->size, size);
                ck_assert_uint_eq(ext4_inode_of(inode)->sectors, sectors);
                ck_assert_uint_eq(ext4_free_blocks_count(e4), free);
            }
        }
        inode_put(inode);
    }
    ck_assert(!e4->is_dead);
    compare("after failures");
    *stub_last_error = 0;
    finish();
    fsck(layouts[_i]);
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(10);
}

int main(void)
{
    Suite *suite = suite_create("ext4_inline_leave");
    TCase *tcase = tcase_create("leave");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, all, 0, LAYOUTS);
    tcase_add_loop_test(tcase, no_memory, 0, LAYOUTS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
