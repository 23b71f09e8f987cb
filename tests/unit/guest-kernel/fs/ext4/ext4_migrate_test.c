/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_migrate_test.c - files with block numbers get extents and the other way round (chattr +e, -e): their bytes, what
 * e2fsck says, what is refused, and what is left when memory or room is short. */
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
#include "ext4_setup.h"
#include "fs/ext4/ext4_change.h"
#include "vfs/inode_flags.h"

#define SIZE (700u * 1024)
#define HOLES 600u /* blocks of a file of which each second one is one */
#define MAPPED "-t ext4 -b 1024 -I 256 -O ^extents,^64bit"
#define WITH_EXTENTS "tune2fs -O extents $IMAGE >/dev/null"

static uint8_t bytes[SIZE], got[SIZE];
static const char *const paths[] = {"/size-0", "/size-100", "/size-12289", "/whole", "/holes", "/dir"};

static struct inode *inode_at(const char *path)
{
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), path, 0, &inode), 0);
    return inode;
}

static void check_clean(void)
{
    int status = ext4_image_shell(&disk, "e2fsck -fn $IMAGE >log 2>&1 || { cat log; false; }");

    ck_assert_msg(status == 0, "e2fsck: %d", status);
}

static void contents_make(unsigned seed)
{
    for (uint32_t at = 0; at < SIZE; at++)
        bytes[at] = (uint8_t)(at * 7 + at / 1024 + seed);
}

/* One with double indirect blocks; one of which each second block is there: more extents than fit in an inode; and an
 * indexed directory. */
static void fill(void)
{
    struct inode *dir;
    struct file *file;
    char path[32];

    contents_make(1);
    ck_assert_int_eq(put_file("/whole", bytes, SIZE), SIZE);
    ck_assert_int_eq(open_path("/holes", O_RDWR | O_CREAT, &file), 0);
    for (uint32_t block = 0; block < HOLES; block += 2)
        ck_assert_int_eq(put_bytes(file, (uint64_t)block * 1024, bytes + (size_t)block * 1024, 1024), 1024);
    file_put(file);
    dir = inode_at("/");
    struct inode *made;
    ck_assert_int_eq(dir->ops->create(dir, "dir", 3, S_IFDIR | 0755, 0, &made), 0);
    inode_put(made);
    inode_put(dir);
    for (unsigned n = 0; n < 200; n++) {
        snprintf(path, sizeof(path), "/dir/some longer name %u", n);
        ck_assert_int_eq(put_file(path, "x", 1), 1);
    }
}

static void check_contents(void)
{
    contents_make(1);
    ck_assert_int_eq(get_file("/whole", got, SIZE), SIZE);
    ck_assert_int_eq(memcmp(got, bytes, SIZE), 0);
    for (uint32_t block = 1; block < SIZE / 1024; block += 2)
        memset(bytes + (size_t)block * 1024, 0, 1024);
    int64_t size = get_file("/holes", got, SIZE);
    ck_assert_int_eq(size, (HOLES - 1) * 1024);
    ck_assert_int_eq(memcmp(got, bytes, (size_t)size), 0);
    ck_assert_int_eq(size_of("/dir/some longer name 77"), 1);
    ck_assert_int_eq(size_of("/dir/some longer name 199"), 1);
}

static int extents_set(const char *path, bool on)
{
    struct inode *inode = inode_at(path);
    uint32_t flags = on ? inode->flags | EXT4_EXTENTS_FL : inode->flags & ~(uint32_t)EXT4_EXTENTS_FL;
    int error = inode->ops->set_flags(inode, flags);

    if (error == 0)
        ck_assert(((inode->flags & EXT4_EXTENTS_FL) != 0) == on);
    inode_put(inode);
    return error;
}

static void make(const char *size, const char *options, const char *after)
{
    ext4_image_make(&disk, size, options, after);
    mount();
    ck_assert(!mounted()->fs.read_only);
}

START_TEST(there_and_back)
{
    make("24M", MAPPED, WITH_EXTENTS);
    unmount();
    mount();
    mounted()->incompat &= ~(uint32_t)EXT4_INCOMPAT_EXTENTS; /* new files get numbers */
    fill();
    ck_assert_int_eq(extents_set("/whole", true), -EINVAL);
    mounted()->incompat |= EXT4_INCOMPAT_EXTENTS;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) /* some have no place yet */
        ck_assert_int_eq(extents_set(paths[i], true), 0);
    check_contents();
    unmount();
    check_clean();
    mount();
    check_contents();
    ck_assert_int_eq(put_file("/size-100", bytes, 3000), 3000);
    ck_assert_int_eq(extents_set("/size-100", false), -EOPNOTSUPP); /* its new data had no place until now */
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        int error = extents_set(paths[i], false);
        ck_assert_msg(error == (i < 2 || i == 5 ? 0 : -EOPNOTSUPP), "%s: %d", paths[i], error);
    }
    ck_assert_int_eq(get_file("/size-100", got, SIZE), 3000);
    ck_assert_int_eq(memcmp(got, bytes, 3000), 0);
    unmount();
    check_clean();
    mount();
    ck_assert_int_eq(get_file("/size-100", got, SIZE), 3000);
    ck_assert_int_eq(memcmp(got, bytes, 3000), 0);
    check_contents();
    unmount();
}
END_TEST

/* As Linux: other marks are set though this one is refused. */
START_TEST(refused)
{
    make("8M", _i == 0 ? "-t ext4 -b 1024 -O ^extents,^64bit" : "-t ext4 -b 1024 -O inline_data", "");
    struct inode *inode = inode_at("/size-100");
    uint32_t nodump = 0x40;
    ck_assert_int_eq(inode->ops->set_flags(inode, inode->flags | EXT4_EXTENTS_FL | nodump), -EINVAL);
    ck_assert(inode->flags & nodump);
    ck_assert(!(inode->flags & EXT4_EXTENTS_FL));
    inode_put(inode);
    unmount();
    check_clean();
}
END_TEST

/* What fails leaves all as it was. */
START_TEST(short_of)
{
    bool failed = true;

    make("8M", MAPPED, WITH_EXTENTS);
    mounted()->incompat &= ~(uint32_t)EXT4_INCOMPAT_EXTENTS;
    fill();
    mounted()->incompat |= EXT4_INCOMPAT_EXTENTS;
    ck_assert_int_eq(vfs_sync_all(), 0);
    for (unsigned n = 1; failed && n < 500; n++) {
        stub_fail_at = n;
        int error = extents_set("/holes", true);
        failed = error != 0;
        stub_fail_at = 0;
        ck_assert(error == 0 || error == -ENOMEM);
        ck_assert(!mounted()->is_dead);
        ck_assert_int_eq(vfs_sync_all(), 0);
        check_contents();
    }
    ck_assert(!failed);
    unmount();
    check_clean();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_migrate");
    TCase *tcase = tcase_create("maps");
    SRunner *runner = srunner_create(suite);

    ext4_folder_make();
    ext4_folder_fill(20);
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, there_and_back);
    tcase_add_loop_test(tcase, refused, 0, 2);
    tcase_add_test(tcase, short_of);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    ext4_folder_remove();
    return failed != 0;
}
