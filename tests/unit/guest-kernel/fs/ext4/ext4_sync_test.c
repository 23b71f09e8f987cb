/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_sync_test.c - files that are written, synced and found again after a crash, and how many requests that costs. */
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
#include "fs/ext4/ext4_journal.h"
#include "vfs/dentry.h"
#include "vfs/icache.h"
#include "vfs/volume.h"

#define CLEAN "e2fsck -fn $IMAGE >log 2>&1 || { cat log; false; }"
#define SIZE 20000u

static uint8_t bytes[SIZE], got[SIZE];

static void check_clean(void)
{
    ck_assert_int_eq(ext4_image_shell(&disk, CLEAN), 0);
}

static struct counts {
    unsigned writes, flushes;
} before;

static void count_begin(void)
{
    before = (struct counts){disk.writes, disk.flushes};
}

static void expect_counts(unsigned writes, unsigned flushes)
{
    ck_assert_msg(disk.writes - before.writes == writes && disk.flushes - before.flushes == flushes,
                  "%u writes and %u flushes, and not %u and %u", disk.writes - before.writes,
                  disk.flushes - before.flushes, writes, flushes);
}

static void fill(unsigned seed)
{
    for (unsigned i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(1 + (i * 7 + seed) % 251);
}

/* The power goes: what is in memory is lost, and the disk stays as it is now. */
static void crash(struct file *file)
{
    uint8_t *then = malloc(disk.size);

    memcpy(then, disk.bytes, disk.size);
    if (file != NULL)
        file_put(file);
    ck_assert_int_eq(vfs_unmount_all(), 0);
    memcpy(disk.bytes, then, disk.size);
    free(then);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static void expect_file(const char *path, size_t size)
{
    ck_assert_int_eq(get_file(path, got, sizeof(got)), (int64_t)size);
    ck_assert_mem_eq(got, bytes, size);
}

/* The journal's first blocks lie in pieces; and the first commit marks the log. */
static void warm_up(void)
{
    struct file *file;

    ck_assert_int_eq(open_path("/warm", O_RDWR | O_CREAT, &file), 0);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert_int_eq(put_bytes(file, i, "x", 1), 1);
        ck_assert_int_eq(file_sync(file, false), 0);
    }
    file_put(file);
}

static const char *const layouts[] = {"-t ext4 -b 4096", "-t ext4 -b 1024", "-t ext3 -b 4096"};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

#define DAY_NS 86400000000000ull

static uint64_t atime(const char *path)
{
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), path, 0, &inode), 0);
    uint64_t ns = (uint64_t)inode->atime;
    inode_put(inode);
    return ns;
}

/* An inode without room for more has whole seconds. */
static uint64_t step(void)
{
    return mounted()->inode_size > 128 ? 1 : 1000000000;
}

/* ---- what it costs ---- */

START_TEST(costs)
{
    struct file *file;

    ext4_image_make(&disk, "24M", layouts[_i], "");
    mount();
    warm_up();
    fill(1);
    ck_assert_int_eq(put_file("/file", bytes, 4096), 4096);
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), 0);
    ck_assert_int_eq(file_sync(file, false), 0);
    /* Nothing changed since: what was written could still be in the disk's cache. */
    count_begin();
    ck_assert_int_eq(file_sync(file, false), 0);
    expect_counts(0, 1);
    /* A page that has its place, and a time. */
    stub_clock_ns += 1000000000;
    ck_assert_int_eq(put_bytes(file, 0, bytes + 1, 4096), 4096);
    count_begin();
    ck_assert_int_eq(file_sync(file, false), 0);
    expect_counts(3, 2);
    /* The data alone. */
    stub_clock_ns += 1000000000;
    ck_assert_int_eq(put_bytes(file, 0, bytes + 2, 4096), 4096);
    count_begin();
    ck_assert_int_eq(file_sync(file, true), 0);
    expect_counts(1, 1);
    /* Where the file grows, the size is needed. */
    ck_assert_int_eq(put_bytes(file, 4096, bytes, 4096), 4096);
    count_begin();
    ck_assert_int_eq(file_sync(file, true), 0);
    expect_counts(3, 2);
    file_put(file);
    unmount();
    check_clean();
}
END_TEST

static unsigned writes_of_a_mount(bool looks)
{
    unsigned writes = disk.writes;

    mount();
    for (unsigned i = 0; looks && i < 2; i++) {
        stub_clock_ns += 3 * DAY_NS;
        ck_assert_int_eq(get_file("/warm", got, sizeof(got)), 20);
        ck_assert_uint_eq(atime("/warm"), stub_clock_ns);
        stub_clock_ns += DAY_NS - 1;
        ck_assert_int_eq(get_file("/warm", got, sizeof(got)), 20);
        ck_assert_uint_eq(atime("/warm"), stub_clock_ns - DAY_NS + 1);
    }
    unmount();
    return disk.writes - writes;
}

/* Who only reads writes nothing, at the end either; and who looks again within a day changes nothing. */
START_TEST(looks_cost_nothing)
{
    ext4_image_make(&disk, "24M", layouts[_i], "");
    mount();
    warm_up();
    unmount();
    unsigned writes = writes_of_a_mount(false);
    ck_assert_uint_eq(writes_of_a_mount(true), writes);
    check_clean();
}
END_TEST

/* ---- what is there after a crash ---- */

START_TEST(synced_looks_are_there)
{
    struct file *file;
    uint64_t then;

    ext4_image_make(&disk, "24M", layouts[_i], "");
    mount();
    warm_up();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
    ck_assert_int_eq(vfs_sync_all(), 0);
    then = stub_clock_ns += 3 * DAY_NS;
    ck_assert_int_eq(get_file("/warm", got, sizeof(got)), 20);
    ck_assert_int_eq(list_path("/dir", (char *)got, sizeof(got)), 0);
    ck_assert_int_eq(open_path("/warm", O_RDONLY, &file), 0);
    ck_assert_int_eq(file_sync(file, false), 0);
    crash(file);
    mount();
    ck_assert_uint_eq(atime("/warm"), then / step() * step());
    ck_assert_uint_lt(atime("/dir"), then - DAY_NS);
    ck_assert_int_eq(list_path("/dir", (char *)got, sizeof(got)), 0);
    ck_assert_int_eq(vfs_sync_all(), 0);
    crash(NULL);
    mount();
    ck_assert_uint_eq(atime("/dir"), then / step() * step());
    unmount();
    check_clean();
}
END_TEST

START_TEST(synced_is_there)
{
    struct file *file, *dir;

    ext4_image_make(&disk, "24M", layouts[_i], "");
    mount();
    fill(5);
    ck_assert_int_eq(put_file("/a", bytes, SIZE), SIZE);
    ck_assert_int_eq(open_path("/a", O_RDWR, &file), 0);
    ck_assert_int_eq(file_sync(file, _i % 2 == 0), 0);
    crash(file);
    mount();
    expect_file("/a", SIZE);
    /* A name is there when its directory was synced. */
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dir", 0755), 0);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a", vfs_root(), "/dir/b", 0), 0);
    ck_assert_int_eq(open_path("/dir", O_RDONLY | O_DIRECTORY, &dir), 0);
    ck_assert_int_eq(file_sync(dir, false), 0);
    crash(dir);
    mount();
    expect_file("/dir/b", SIZE);
    ck_assert_int_eq(size_of("/a"), -ENOENT);
    unmount();
    check_clean();
}
END_TEST

/* Who opens a file anew and syncs it has what others changed: the inode may have left memory meanwhile. */
START_TEST(read_anew_is_synced)
{
    struct file *file;

    ext4_image_make(&disk, "24M", layouts[_i], "");
    mount();
    fill(5);
    ck_assert_int_eq(put_file("/a", bytes, SIZE), SIZE);
    struct filesystem *fs = &mounted()->fs;
    bool entered = volume_enter(fs);
    ck_assert_int_eq(writeback_inodes(fs, S_IFREG), 0);
    volume_leave(fs, entered);
    dentry_shrink(fs, UINT64_MAX);
    icache_drop_idle(fs);
    ck_assert_int_eq(open_path("/a", O_RDWR, &file), 0);
    ck_assert_int_eq(file_sync(file, _i % 2 == 0), 0);
    crash(file);
    mount();
    expect_file("/a", SIZE);
    unmount();
    check_clean();
}
END_TEST

/* fdatasync(2) of a file that was just made, as on Linux: that it is there counts as a change of its data. */
START_TEST(new_is_synced)
{
    struct file *file;

    ext4_image_make(&disk, "24M", layouts[_i], "");
    mount();
    ck_assert_int_eq(open_path("/new", O_RDWR | O_CREAT, &file), 0);
    ck_assert_int_eq(file_sync(file, true), 0);
    crash(file);
    mount();
    ck_assert_int_eq(size_of("/new"), 0);
    unmount();
    check_clean();
}
END_TEST

/* What the flusher does, every few seconds. */
START_TEST(flusher_commits)
{
    ext4_image_make(&disk, "24M", layouts[_i], "");
    mount();
    fill(9);
    ck_assert_int_eq(put_file("/a", bytes, SIZE), SIZE);
    ck_assert_int_eq(put_file("/gone", bytes, SIZE), SIZE);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/gone", false), 0);
    struct filesystem *fs = &mounted()->fs;
    ck_assert_int_eq(fs->ops->sync(fs, false), 0);
    ck_assert_ptr_null(fs->dirty.next);
    crash(NULL);
    mount();
    expect_file("/a", SIZE);
    ck_assert_int_eq(size_of("/gone"), -ENOENT);
    unmount();
    check_clean();
}
END_TEST

/* A file that was unlinked while it was open goes after the crash. */
START_TEST(nameless_goes)
{
    struct file *file;

    ext4_image_make(&disk, "24M", layouts[_i], "");
    mount();
    fill(9);
    uint64_t free_blocks = ext4_free_blocks_count(mounted());
    ck_assert_int_eq(put_file("/a", bytes, SIZE), SIZE);
    ck_assert_int_eq(open_path("/a", O_RDWR, &file), 0);
    ck_assert_int_eq(file_sync(file, false), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/a", false), 0);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    crash(file);
    mount();
    ck_assert_uint_eq(ext4_free_blocks_count(mounted()), free_blocks);
    unmount();
    check_clean();
}
END_TEST

/* ---- others, while this waits for the disk ---- */

static unsigned promises;

static void promise(void)
{
    if (ext4_blocks_promise(mounted(), 100) == 0)
        promises += 100;
}

/* What is promised to others while a file gets its place stays theirs. */
START_TEST(promised_meanwhile)
{
    struct file *file;

    ext4_image_make(&disk, "24M", layouts[0], "");
    mount();
    ck_assert_int_eq(open_path("/file", O_RDWR | O_CREAT, &file), 0);
    ck_assert_int_eq(put_bytes(file, 0, bytes, SIZE), SIZE);
    promises = 0;
    disk.meanwhile = promise;
    ck_assert_int_eq(file_sync(file, false), 0);
    disk.meanwhile = NULL;
    ck_assert_uint_ne(promises, 0);
    ck_assert_uint_eq(mounted()->promised, promises);
    ext4_blocks_unpromise(mounted(), promises);
    file_put(file);
    unmount();
    check_clean();
}
END_TEST

/* ---- a disk that fails ---- */

/* At each request in turn: an error is told, all that is in memory goes, and what was synced before is there. */
START_TEST(disk_fails)
{
    stub_quiet = true;
    ext4_image_make(&disk, "24M", layouts[_i], "");
    uint8_t *first = malloc(disk.size);
    memcpy(first, disk.bytes, disk.size);
    unsigned n = 1;
    for (bool over = false; !over; n++) {
        struct file *file;
        memcpy(disk.bytes, first, disk.size);
        mount();
        fill(3);
        ck_assert_int_eq(put_file("/kept", bytes, SIZE), SIZE);
        ck_assert_int_eq(vfs_sync_all(), 0);
        ck_assert_int_eq(put_file("/new", bytes, SIZE), SIZE);
        ck_assert_int_eq(open_path("/new", O_RDWR, &file), 0);
        disk.fail_after = n;
        over = file_sync(file, false) == 0;
        int again = put_bytes(file, 0, bytes, SIZE) == SIZE ? file_sync(file, false) : -EIO;
        over = over && again == 0;
        file_put(file);
        disk.fail_after = 0;
        (void)vfs_unmount_all();
        ck_assert_uint_eq(stub_pages_used, 0);
        ck_assert_uint_eq(stub_kmallocs, 0);
        mount();
        expect_file("/kept", SIZE);
        unmount();
        if (n % 4 == 1)
            ck_assert_int_eq(ext4_image_shell(&disk, "e2fsck -fy $IMAGE >log 2>&1; e2fsck -fn $IMAGE >log 2>&1"), 0);
    }
    ck_assert_uint_gt(n, 6);
    free(first);
}
END_TEST

/* Without a journal a sync writes all. */
START_TEST(no_journal)
{
    struct file *file;

    ext4_image_make(&disk, "24M", _i == 0 ? "-t ext2 -b 1024" : "-t ext4 -b 4096 -O ^has_journal", "");
    mount();
    fill(5);
    ck_assert_int_eq(put_file("/a", bytes, SIZE), SIZE);
    ck_assert_int_eq(open_path("/a", O_RDWR, &file), 0);
    ck_assert_int_eq(file_sync(file, false), 0);
    crash(file);
    stub_quiet = true; /* it wasn't unmounted properly, of which a line tells */
    mount();
    stub_quiet = false;
    expect_file("/a", SIZE);
    unmount();
    ck_assert_int_eq(ext4_image_shell(&disk, "e2fsck -fy $IMAGE >log 2>&1; test $? -le 1"), 0);
    check_clean();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_sync");
    TCase *tcase = tcase_create("sync");

    tcase_add_unchecked_fixture(tcase, ext4_folder_make, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, costs, 0, LAYOUTS);
    tcase_add_loop_test(tcase, looks_cost_nothing, 0, LAYOUTS);
    tcase_add_loop_test(tcase, synced_looks_are_there, 0, LAYOUTS);
    tcase_add_loop_test(tcase, synced_is_there, 0, LAYOUTS);
    tcase_add_loop_test(tcase, read_anew_is_synced, 0, LAYOUTS);
    tcase_add_loop_test(tcase, new_is_synced, 0, LAYOUTS);
    tcase_add_loop_test(tcase, flusher_commits, 0, LAYOUTS);
    tcase_add_loop_test(tcase, nameless_goes, 0, LAYOUTS);
    tcase_add_test(tcase, promised_meanwhile);
    tcase_add_loop_test(tcase, disk_fails, 0, LAYOUTS);
    tcase_add_loop_test(tcase, no_journal, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
