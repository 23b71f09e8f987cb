/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_attr_test.c - what FAT32 keeps of times, owners, permissions and extended attributes: little. */
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
// sources: guest-kernel/drv/mem_devices.c tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/no_async.c
#include <check.h>

#include "drv/mem_devices.h"
#include "fat32_setup.h"
#include "vfs/dentry.h"
#include "vfs/inode_attr.h"
#include "vfs/inode_xattr.h"

START_TEST(times)
{
    struct inode *inode;

    stub_clock_ns = 1709210097ull * 1000000000; /* 2024-02-29 12:34:57 */
    put_file("/now", "", 0);
    remount();
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/now", 0, &inode), 0);
    ck_assert_int_eq(inode->mtime / 1000000000, 1709210096); /* in steps of two seconds */
    ck_assert_int_eq(inode->atime / 1000000000, 1709164800);
    inode->mtime = -5; /* before 1980: the nearest that there is */
    inode_mark_dirty(inode);
    inode_put(inode);
    remount();
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/now", 0, &inode), 0);
    ck_assert_int_eq(inode->mtime / 1000000000, 315532800);
    inode_put(inode);
}
END_TEST

static int change(const char *path, struct attr_change change)
{
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, 0, &inode);

    if (error != 0)
        return error;
    error = vfs_set_attr(inode, &change);
    inode_put(inode);
    return error;
}

#define NS_PER_DAY 86400000000000ull
#define A_DAY (19800 * NS_PER_DAY) /* in 2024 */
#define NOON (NS_PER_DAY / 2)

static uint64_t atime(const char *path)
{
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), path, 0, &inode), 0);
    uint64_t ns = (uint64_t)inode->atime;
    inode_put(inode);
    return ns;
}

static void look(void)
{
    ck_assert_int_eq(get_file("/f", text, sizeof(text)), 1);
    ck_assert_int_eq(list_path("/d", text, sizeof(text)), 0);
    ck_assert_int_eq(list_path("/", text, sizeof(text)), 0);
}

/* On another day, with all of it stored. */
static void begin_looks(void)
{
    stub_clock_ns = A_DAY + NOON;
    ck_assert_int_eq(put_file("/f", "x", 1), 1);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/d", 0755), 0);
    remount();
    stub_clock_ns += 3 * NS_PER_DAY;
    disk.writes = 0;
}

/* A look sets the day. The root has no entry, and keeps what it has. */
START_TEST(looks)
{
    begin_looks();
    uint64_t root = atime("/");
    look();
    ck_assert_uint_eq(atime("/f"), A_DAY + 3 * NS_PER_DAY);
    ck_assert_uint_eq(atime("/d"), A_DAY + 3 * NS_PER_DAY);
    ck_assert_uint_eq(atime("/"), root);
}
END_TEST

/* Who only looks leaves the disk as it is. */
START_TEST(looks_are_not_stored_at_the_end)
{
    begin_looks();
    look();
    remount();
    ck_assert_uint_eq(disk.writes, 0);
    ck_assert_uint_eq(atime("/f"), A_DAY);
    ck_assert_uint_eq(atime("/d"), A_DAY);
}
END_TEST

/* But sync(2) stores them, and what else changes of the file takes them along. Once a day is enough. */
START_TEST(looks_are_stored)
{
    begin_looks();
    look();
    if (_i == 0)
        ck_assert_int_eq(vfs_sync_all(), 0);
    else
        ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_MTIME, .mtime = A_DAY}) |
                             change("/d", (struct attr_change){.which = ATTR_MTIME, .mtime = A_DAY}),
                         0);
    remount();
    ck_assert_uint_eq(atime("/f"), A_DAY + 3 * NS_PER_DAY);
    ck_assert_uint_eq(atime("/d"), A_DAY + 3 * NS_PER_DAY);
    disk.writes = 0;
    stub_clock_ns += NOON - 1;
    look();
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_uint_eq(disk.writes, 0);
    stub_clock_ns += 1;
    look();
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_uint_ne(disk.writes, 0);
}
END_TEST

/* What fsync is asked for alone; fdatasync can do without. */
START_TEST(looks_are_stored_by_fsync)
{
    struct file *file;

    begin_looks();
    look();
    ck_assert_int_eq(open_path("/f", O_RDONLY, &file), 0);
    ck_assert_int_eq(file_sync(file, true), 0);
    ck_assert_uint_eq(disk.writes, 0);
    ck_assert_int_eq(file_sync(file, false), 0);
    file_put(file);
    remount();
    ck_assert_uint_eq(atime("/f"), A_DAY + 3 * NS_PER_DAY);
    ck_assert_uint_eq(atime("/d"), A_DAY);
}
END_TEST

#define MANY 700u /* more than are kept in memory without use */

/* An inode that leaves memory takes its day to the disk. */
START_TEST(looks_that_are_forgotten)
{
    char path[20];

    begin_looks();
    for (unsigned i = 0; i < 2 * MANY; i++) {
        if (i == MANY) {
            remount();
            stub_clock_ns += NS_PER_DAY;
        }
        snprintf(path, sizeof(path), "/many%u", i % MANY);
        ck_assert_int_eq(i < MANY ? put_file(path, "x", 1) : get_file(path, text, sizeof(text)), 1);
    }
    dentry_shrink(vfs_root()->mount->fs, UINT64_MAX);
    ck_assert_uint_eq(atime("/many0"), A_DAY + 4 * NS_PER_DAY);
}
END_TEST

/* Who looks at many files doesn't have their inodes stay: all are dirty by the next round of the flusher, and then go.
 */
START_TEST(looks_that_make_room)
{
    struct filesystem *fs;
    char path[20];

    begin_looks();
    for (unsigned i = 0; i < 2 * MANY; i++) {
        if (i == MANY) {
            remount();
            stub_clock_ns += NS_PER_DAY;
        }
        snprintf(path, sizeof(path), "/many%u", i % MANY);
        ck_assert_int_eq(i < MANY ? put_file(path, "x", 1) : get_file(path, text, sizeof(text)), 1);
    }
    fs = vfs_root()->mount->fs;
    dentry_shrink(fs, UINT64_MAX);
    ck_assert_int_eq(fs->ops->sync(fs, false), 0);
    ck_assert_int_eq(get_file("/f", text, sizeof(text)), 1);
    dentry_shrink(fs, UINT64_MAX);
    ck_assert_uint_lt(fs->inodes, MANY - 100);
}
END_TEST

/* Nobody can store it there. */
START_TEST(looks_at_a_read_only_volume)
{
    begin_looks();
    unmount();
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, true)), 0);
    look();
    ck_assert_uint_eq(atime("/f"), A_DAY);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_uint_eq(disk.writes, 0);
}
END_TEST

START_TEST(set_times)
{
    begin_looks();
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_ATIME, .atime = A_DAY + NOON}), 0);
    ck_assert_uint_eq(atime("/f"), A_DAY);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_ATIME | ATTR_MTIME | ATTR_NOW}), 0);
    ck_assert_uint_eq(atime("/f"), A_DAY + 3 * NS_PER_DAY);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_ATIME, .atime = -1}), 0);
    ck_assert_uint_eq(atime("/f"), (uint64_t)-(int64_t)NS_PER_DAY);
}
END_TEST

/* What a mapping writes after the file system was unmounted (MNT_DETACH) is stored all the same. */
START_TEST(changes_after_the_unmount)
{
    struct inode *inode;
    struct page *page;

    ck_assert_int_eq(put_file("/f", "before", 6), 6);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/f", 0, &inode), 0);
    ck_assert_int_eq(vfs_unmount_all(), -EBUSY);
    ck_assert_int_eq(pagecache_get(inode, 0, 1, &page), 0);
    memcpy(page_data(page), "after!", 6);
    pagecache_mark_dirty(inode, 0, page);
    page_put(page);
    inode_put(inode);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), 0);
    ck_assert_int_eq(get_file("/f", text, sizeof(text)), 6);
    ck_assert_mem_eq(text, "after!", 6);
}
END_TEST

/* A pipe is in no file system. */
START_TEST(set_times_of_a_pipe)
{
    static const struct inode_ops ops;
    static struct inode inode;

    inode_init(&inode, NULL, &ops, 1, S_IFIFO | 0600);
    ck_assert_int_eq(vfs_set_attr(&inode, &(struct attr_change){.which = ATTR_ATIME, .atime = A_DAY + NOON}), 0);
    ck_assert_uint_eq((uint64_t)inode.atime, A_DAY + NOON);
}
END_TEST

static uint32_t mode_of(const char *path)
{
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), path, 0, &inode), 0);
    uint32_t mode = inode->mode;
    inode_put(inode);
    return mode;
}

/* As Linux's vfat with its default options: everything is root's, and a file can be read-only. */
START_TEST(owner_and_mode)
{
    ck_assert_int_eq(put_file("/f", "x", 1), 1);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/d", 0755), 0);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_UID, .uid = 1000}), -EPERM);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_GID, .gid = 1000}), -EPERM);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_UID | ATTR_GID | ATTR_DROP_IDS}), 0);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_MODE, .mode = 04755}), -EPERM);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_MODE, .mode = 0600}), 0);
    ck_assert_uint_eq(mode_of("/f"), S_IFREG | 0755);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_MODE, .mode = 0555}), 0);
    ck_assert_int_eq(change("/d", (struct attr_change){.which = ATTR_MODE, .mode = 0555}), 0);
    ck_assert_uint_eq(mode_of("/f"), S_IFREG | 0555);
    ck_assert_uint_eq(mode_of("/d"), S_IFDIR | 0755);
    remount();
    ck_assert_uint_eq(mode_of("/f"), S_IFREG | 0555);
    ck_assert_int_eq(change("/f", (struct attr_change){.which = ATTR_MODE, .mode = 0777}), 0);
    ck_assert_uint_eq(mode_of("/f"), S_IFREG | 0755);
    remount();
    ck_assert_uint_eq(mode_of("/f"), S_IFREG | 0755);
}
END_TEST

START_TEST(extended_attributes)
{
    struct inode *inode;
    char list[10];

    ck_assert_int_eq(put_file("/f", "x", 1), 1);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/f", 0, &inode), 0);
    ck_assert_int_eq(vfs_set_xattr(inode, "user.a", "x", 1, 0), -EOPNOTSUPP);
    ck_assert_int_eq(vfs_get_xattr(inode, "user.a", list, sizeof(list)), -EOPNOTSUPP);
    ck_assert_int_eq(vfs_remove_xattr(inode, "user.a"), -EOPNOTSUPP);
    ck_assert_int_eq(vfs_list_xattr(inode, list, sizeof(list)), 0); /* as Linux has it */
    inode_put(inode);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32, attributes");
    TCase *tcase = tcase_create("attributes");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, times);
    tcase_add_test(tcase, looks);
    tcase_add_test(tcase, looks_are_not_stored_at_the_end);
    tcase_add_loop_test(tcase, looks_are_stored, 0, 2);
    tcase_add_test(tcase, looks_are_stored_by_fsync);
    tcase_add_test(tcase, looks_that_are_forgotten);
    tcase_add_test(tcase, looks_that_make_room);
    tcase_add_test(tcase, looks_at_a_read_only_volume);
    tcase_add_test(tcase, set_times);
    tcase_add_test(tcase, set_times_of_a_pipe);
    tcase_add_test(tcase, changes_after_the_unmount);
    tcase_add_test(tcase, owner_and_mode);
    tcase_add_test(tcase, extended_attributes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
