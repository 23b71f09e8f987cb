/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_names_fail_test.c - operations on names when memory, the disk or its room runs out, when links do, and on
 * damaged directories: an error, and a file system that makes sense.
 */
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
#include "ext4_names_setup.h"
#include "fs/ext4/ext4_dir.h"
#include "vfs/icache.h"

#define DIR "/many"
#define PATH_SIZE 400
#define PLAIN "-t ext4 -b 1024 -O ^has_journal"

static void name_make(unsigned n, char *path)
{
    size_t length = (size_t)sprintf(path, DIR "/%u-", n), more = 30 + n * 53 % 200;

    memset(path + length, 'x', more);
    path[length + more] = 0;
}

static bool is_there(const char *path)
{
    return size_of(path) >= 0;
}

/* ---- all that changes names, one after the other ---- */

static char long_text[201];

static int one(unsigned n)
{
    char path[PATH_SIZE], other[PATH_SIZE];
    struct path source;

    name_make(n, path);
    name_make(n / 6 * 6, other);
    switch (n % 6) {
    case 0:
        return vfs_mknod(vfs_root(), path, S_IFREG | 0600, 0);
    case 1:
        return vfs_mkdir(vfs_root(), path, 0700);
    case 2:
        memset(long_text, 't', sizeof(long_text) - 1);
        return vfs_symlink(vfs_root(), path, long_text);
    case 3: {
        int error = path_lookup(vfs_root(), other, LOOKUP_NOFOLLOW, &source);
        if (error != 0)
            return error;
        error = vfs_link(&source, vfs_root(), path);
        path_put(&source);
        return error;
    }
    case 4: /* the link gets another name */
        name_make(n - 1, other);
        return vfs_rename(vfs_root(), other, vfs_root(), path, 0);
    default: /* and replaces the symbolic link */
        name_make(n - 1, other);
        name_make(n - 3, path);
        return vfs_rename(vfs_root(), other, vfs_root(), path, 0);
    }
}

static int undo(unsigned n)
{
    char path[PATH_SIZE];

    name_make(n, path);
    return vfs_unlink(vfs_root(), path, n % 6 == 1);
}

static bool is_left(unsigned n)
{
    return n % 6 != 3 && n % 6 != 4 && n % 6 != 5;
}

#define MANY 240u

/* What failed for want of memory can be done later, and nothing is lost meanwhile. */
static void until_done(unsigned n, int (*what)(unsigned n))
{
    int error = -ENOMEM;

    for (unsigned at = 1; error != 0; at++) {
        ck_assert_uint_lt(at, 500);
        stub_fail_at = at;
        error = what(n);
        ck_assert_msg(error == 0 || error == -ENOMEM, "%u, allocation %u: %d", n, at, error);
        if (error != 0)
            ck_assert_uint_eq(stub_fail_at, 0);
    }
    stub_fail_at = 0;
}

START_TEST(memory_short)
{
    char path[PATH_SIZE];

    image_make_seeded("16M", PLAIN, "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned n = 0; n < MANY; n++) {
        until_done(n, one);
        if (n % 20 == 0)
            ext4_buffers_shrink(&mounted()->buffers);
    }
    for (unsigned n = 0; n < MANY; n++) {
        name_make(n, path);
        ck_assert_int_eq(is_there(path), is_left(n));
    }
    ck_assert(!mounted()->is_dead);
    unmount_written();
    check_image("what was made without memory");
    mount_to_write();
    for (unsigned n = 0; n < MANY; n++)
        if (is_left(n))
            until_done(n, undo);
    ck_assert_int_eq(vfs_unlink(vfs_root(), DIR, true), 0);
    unmount_written();
    check_image("what was removed without memory");
}
END_TEST

/* ---- a disk that can't be read for a while ---- */

START_TEST(disk_fails)
{
    int error = -EIO;
    uint8_t *before;

    stub_quiet = true;
    image_make_seeded("16M", PLAIN, "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned n = 0; n < MANY / 2; n++)
        ck_assert_int_eq(one(n), 0);
    unmount_written();
    before = malloc(disk.size);
    memcpy(before, disk.bytes, disk.size);
    for (unsigned at = 1; error != 0; at++) {
        memcpy(disk.bytes, before, disk.size);
        mount_to_write();
        disk.fail_after = at;
        error = 0;
        for (unsigned n = MANY / 2; n < MANY / 2 + 12 && error == 0; n++)
            error = one(n);
        for (unsigned n = 0; n < 12 && error == 0; n++)
            error = is_left(n) ? undo(n) : 0;
        ck_assert_msg(error == 0 || error == -EIO, "request %u: %d", at, error);
        disk.fail_after = 0;
        unmount_written();
        check_image("what was made on a disk that fails");
    }
    free(before);
}
END_TEST

/* ---- no room ---- */

/* Until the disk is full, or there are no inodes any more: the last one isn't there, and all others are. */
START_TEST(disk_full)
{
    char path[PATH_SIZE];
    unsigned n = 0;
    int error;

    image_make_seeded("2M", _i == 0 ? PLAIN " -N 5000 -m 0" : PLAIN " -N 128", "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    do
        error = one(n++ * 6);
    while (error == 0);
    ck_assert_int_eq(error, -ENOSPC);
    name_make(--n * 6, path);
    ck_assert(!is_there(path));
    unmount_written();
    check_image("a full disk");
    mount_to_write();
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(undo(i * 6), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), DIR, true), 0);
    unmount_written();
    check_image("a disk that was full");
}
END_TEST

/* The index has two levels at most, or three with large_dir. */
START_TEST(index_full)
{
    char path[PATH_SIZE];
    struct path source;
    struct inode *inode;
    int error = 0;
    unsigned n = 0, most = _i == 0 ? 60000 : 45000;

    image_make_seeded("64M", _i == 0 ? PLAIN : PLAIN ",large_dir", "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    ck_assert_int_eq(put_file("/one", "", 0), 0);
    ck_assert_int_eq(path_lookup(vfs_root(), "/one", 0, &source), 0);
    while (error == 0 && n < most) {
        memset(path, 'x', sizeof(path));
        size_t length = (size_t)sprintf(path, DIR "/%u-", n);
        path[length] = 'x';
        path[sizeof(DIR) + 255] = 0;
        error = vfs_link(&source, vfs_root(), path);
        n += error == 0;
    }
    path_put(&source);
    ck_assert_int_eq(error, _i == 0 ? -ENOSPC : 0);
    ck_assert_uint_gt(n, 15000);
    ck_assert_int_eq(vfs_lookup(vfs_root(), DIR, 0, &inode), 0);
    struct ext4_way way = {.dir = ext4_inode_of(inode)};
    ck_assert_int_eq(ext4_way_begin(&way), 0);
    ck_assert_uint_eq(way.levels, _i == 0 ? 2 : 3);
    ext4_way_end(&way);
    inode_put(inode);
    unmount_written();
    check_image("a full index");
}
END_TEST

static void short_make(unsigned n, char *path)
{
    sprintf(path, DIR "/%u", n);
}

/* What goes makes room for what comes: many short names for some long ones. */
START_TEST(room_is_used_again)
{
    struct inode *inode;
    char path[PATH_SIZE];

    image_make_seeded("16M", _i == 0 ? PLAIN : PLAIN ",^dir_index", "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned n = 0; n < 200; n++) {
        short_make(n, path);
        ck_assert_int_eq(vfs_mknod(vfs_root(), path, S_IFREG | 0600, 0), 0);
    }
    ck_assert_int_eq(vfs_lookup(vfs_root(), DIR, 0, &inode), 0);
    uint64_t size = inode->size;
    ck_assert_uint_gt(size, 2048);
    for (unsigned n = 0; n < 200; n++) {
        short_make(n * 7 % 200, path);
        ck_assert_int_eq(vfs_unlink(vfs_root(), path, false), 0);
    }
    for (unsigned n = 0; n < 9; n++)
        ck_assert_int_eq(one(n * 6), 0);
    ck_assert_uint_eq(inode->size, size);
    inode_put(inode);
    unmount_written();
    check_image("a directory that was in use");
}
END_TEST

/* ---- what a rename replaces ---- */

static struct inode *inode_of(const char *path)
{
    struct inode *inode;

    ck_assert_int_eq(vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode), 0);
    return inode;
}

/* Data of a file that replaces another one are on the disk with the new name; of one that doesn't, they can wait. */
START_TEST(data_come_first)
{
    char bytes[5000];

    memset(bytes, 'b', sizeof(bytes));
    image_make_seeded("16M", "-t ext4", "");
    mount_to_write();
    ck_assert_int_eq(put_file("/old", "a", 1), 1);
    ck_assert_int_eq(put_file("/new", bytes, sizeof(bytes)), sizeof(bytes));
    ck_assert_int_eq(put_file("/other", bytes, sizeof(bytes)), sizeof(bytes));
    struct inode *new = inode_of("/new"), *other = inode_of("/other");
    ck_assert_int_eq(vfs_rename(vfs_root(), "/other", vfs_root(), "/another", 0), 0);
    ck_assert(other->dirty);
    ck_assert(new->dirty);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/new", vfs_root(), "/old", 0), 0);
    ck_assert(!new->dirty);
    ck_assert_uint_eq(ext4_inode_of(new)->disk_size, sizeof(bytes));
    inode_put(new);
    inode_put(other);
    unmount_written();
    check_image("a file that was replaced");
}
END_TEST

/* ---- times ---- */

#define SECOND 1000000000ull

static struct times {
    int64_t mtime, ctime;
} times_of(const char *path)
{
    struct inode *inode = inode_of(path);
    struct times times = {inode->mtime, inode->ctime};

    inode_put(inode);
    return times;
}

static uint64_t now; /* of the last operation */

static void next_second(void)
{
    now = stub_clock_ns += SECOND + 7;
}

static void check_times(const char *path, uint64_t mtime, uint64_t ctime)
{
    struct times times = times_of(path);

    ck_assert_msg((uint64_t)times.mtime == mtime && (uint64_t)times.ctime == ctime, "%s: %llu, %llu", path,
                  (unsigned long long)times.mtime, (unsigned long long)times.ctime);
}

/* As on Linux, and the same when they are read from the disk. */
START_TEST(times)
{
    stub_clock_ns = 1700000000 * SECOND;
    image_make_seeded("16M", "-t ext4", "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a", 0755), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/b", 0755), 0);
    next_second();
    uint64_t made = now;
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a/moved", 0755), 0);
    check_times("/a", now, now);
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/a/file", S_IFREG | 0600, 0), 0);
    next_second();
    struct path source;
    ck_assert_int_eq(path_lookup(vfs_root(), "/a/file", 0, &source), 0);
    ck_assert_int_eq(vfs_link(&source, vfs_root(), "/b/link"), 0);
    path_put(&source);
    check_times("/b", now, now);
    check_times("/a", made, made);
    check_times("/b/link", made, now);
    next_second();
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a/moved", vfs_root(), "/b/moved", 0), 0);
    uint64_t moved = now;
    check_times("/a", now, now);
    check_times("/b", now, now);
    check_times("/b/moved", made, now);
    next_second();
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/a/file", false), 0);
    check_times("/a", now, now);
    check_times("/b/link", made, now);
    unmount_written();
    mount_to_write();
    check_times("/a", now, now);
    check_times("/b", moved, moved);
    check_times("/b/moved", made, moved);
    check_times("/b/link", made, now);
    unmount_written();
}
END_TEST

/* ---- links ---- */

static uint32_t stored_links(const struct inode *inode)
{
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;

    ck_assert_int_eq(ext4_itable_get(mounted(), (uint32_t)inode->number, &buffer, &raw), 0);
    uint32_t links = raw->links_count;
    ext4_buffer_put(&mounted()->buffers, buffer);
    return links;
}

START_TEST(links_run_out)
{
    struct path source;
    struct inode *inode;

    image_make_seeded("16M", PLAIN, "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    ck_assert_int_eq(put_file("/one", "", 0), 0);
    ck_assert_int_eq(path_lookup(vfs_root(), "/one", 0, &source), 0);
    inode = source.dentry->inode;
    inode->links = 64999;
    ck_assert_int_eq(vfs_link(&source, vfs_root(), "/two"), 0);
    ck_assert_uint_eq(inode->links, 65000);
    ck_assert_int_eq(vfs_link(&source, vfs_root(), "/three"), -EMLINK);
    path_put(&source);
    ck_assert_int_eq(vfs_lookup(vfs_root(), DIR, 0, &inode), 0);
    inode->links = 65000;
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR "/a", 0755), -EMLINK);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/a", 0755), 0);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a", vfs_root(), DIR "/a", 0), -EMLINK);
    for (unsigned n = 0; n < 40; n++) /* one with an index counts no further than that */
        ck_assert_int_eq(one(n * 6), 0);
    ck_assert_uint_eq(stored_links(inode), 65000); /* as e2fsck wants it: 1 is for more */
    ck_assert_int_eq(vfs_rename(vfs_root(), "/a", vfs_root(), DIR "/a", 0), 0);
    ck_assert_uint_eq(inode->links, 1);
    ck_assert_int_eq(vfs_unlink(vfs_root(), DIR "/a", true), 0);
    ck_assert_uint_eq(inode->links, 1);
    inode_put(inode);
    unmount_written();
}
END_TEST

/* ---- damage ---- */

/* To an index that is damaged no name is added, but those that are there can go. */
START_TEST(damaged_index)
{
    char path[PATH_SIZE];

    stub_quiet = true;
    image_make_seeded("16M", PLAIN ",^metadata_csum", "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned n = 0; n < 40; n++)
        ck_assert_int_eq(one(n * 6), 0);
    unmount_written();
    ck_assert_int_eq(ext4_image_shell(&disk, "debugfs -w -R 'zap_block -f " DIR " -o 32 -l 1 -p 1 0' $IMAGE"), 0);
    mount_to_write();
    mounted()->goes_on = true;
    ck_assert_int_eq(vfs_mknod(vfs_root(), DIR "/new", S_IFREG | 0600, 0), -EUCLEAN);
    for (unsigned n = 0; n < 40; n++) {
        name_make(n * 6, path);
        ck_assert(is_there(path));
        ck_assert_int_eq(undo(n * 6), 0);
    }
    ck_assert_int_eq(vfs_unlink(vfs_root(), DIR, true), 0);
    unmount_written();
    check_image("a directory that was damaged");
}
END_TEST

/* Whatever byte of a directory is wrong: an error or none, and no access where nothing is. */
START_TEST(any_byte)
{
    uint8_t *before;
    uint32_t state = 1;

    stub_quiet = true;
    image_make_seeded("8M", PLAIN ",^metadata_csum", "");
    mount_to_write();
    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned n = 0; n < 40; n++)
        ck_assert_int_eq(one(n * 6), 0);
    struct inode *inode;
    struct ext4_run run;
    uint64_t blocks[64];
    unsigned count = 0;
    ck_assert_int_eq(vfs_lookup(vfs_root(), DIR, 0, &inode), 0);
    for (; count < 64 && count < inode->size >> 10; count++) {
        ck_assert_int_eq(ext4_map_find(ext4_inode_of(inode), count, 1, &run), 0);
        blocks[count] = run.disk;
    }
    inode_put(inode);
    unmount_written();
    before = malloc(disk.size);
    memcpy(before, disk.bytes, disk.size);
    for (unsigned round = 0; round < 400; round++) {
        memcpy(disk.bytes, before, disk.size);
        state = state * 1664525 + 1013904223;
        unsigned at = round % 3 == 0 ? (state >> 20) % 48 : (state >> 20) % 1024;
        disk.bytes[blocks[(state >> 8) % count] * 1024 + at] = (uint8_t)(state >> 16);
        mount_to_write();
        mounted()->goes_on = true;
        for (unsigned n = 0; n < 24; n++) {
            (void)one(300 + n);
            (void)undo(n * 6);
        }
        char list[20000];
        (void)list_path(DIR, list, sizeof(list));
        unmount_anyhow();
    }
    free(before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_names_fail");
    TCase *tcase = tcase_create("fail");

    tcase_add_unchecked_fixture(tcase, ext4_folder_make, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, memory_short);
    tcase_add_test(tcase, disk_fails);
    tcase_add_loop_test(tcase, disk_full, 0, 2);
    tcase_add_loop_test(tcase, index_full, 0, 2);
    tcase_add_loop_test(tcase, room_is_used_again, 0, 2);
    tcase_add_test(tcase, data_come_first);
    tcase_add_test(tcase, times);
    tcase_add_test(tcase, links_run_out);
    tcase_add_test(tcase, damaged_index);
    tcase_add_test(tcase, any_byte);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
