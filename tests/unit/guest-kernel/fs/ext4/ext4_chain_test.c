/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_chain_test.c - names that nearly all have the same hash: they fill one block of entries after the other, and are
 * found, listed and removed all the same. The hash is the test's, so e2fsck is of no use here.
 */
// sources: guest-kernel/vfs/pagewait.c guest-kernel/lib/crc*.c
// sources: guest-kernel/fs/ext4/jbd2*.c guest-kernel/fs/ext4/ext4_[a-g]*.c
// sources: guest-kernel/fs/ext4/ext4_handle.c guest-kernel/fs/ext4/ext4_[i-z]*.c
// sources: guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
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

#define DIR "/many"
#define MANY 1800u
#define PATH_SIZE 400

/* In place of ext4_hash.c. */
static unsigned hashes; /* how many there are */

bool ext4_hash_is_known(unsigned version)
{
    return version < EXT4_HASH_SIPHASH;
}

uint32_t ext4_hash(const struct ext4_fs *e4, unsigned version, const char *name, size_t length)
{
    (void)e4, (void)version, (void)length;
    return ((uint32_t)name[0] * 7919 % hashes + 5) << 8;
}

static uint8_t seen[MANY];

static void path_make(unsigned n, char *path)
{
    sprintf(path, DIR "/%c%u-%.*s", 'a' + (int)(n % 23), n, (int)(n % 120),
            "with-names-that-are-so-long-that-only-some-of-them-are-in-a-block-and-others-follow-in-the-next-and-so-on-"
            "as-long-as-this");
}

static void make_many(void)
{
    char path[PATH_SIZE];

    ck_assert_int_eq(vfs_mkdir(vfs_root(), DIR, 0755), 0);
    for (unsigned n = 0; n < MANY; n++) {
        path_make(n * 7 % MANY, path);
        int error = vfs_mknod(vfs_root(), path, S_IFREG | 0600, 0);
        ck_assert_msg(error == 0, "%s: %d", path, error);
    }
}

static unsigned left;

static bool listed(void *arg, const char *name, size_t length, uint64_t number, unsigned type, uint64_t next)
{
    (void)arg, (void)number, (void)type, (void)next, (void)length;
    if (left == 0)
        return false;
    left--;
    if (*name == '.')
        return true;
    unsigned n = (unsigned)atoi(name + 1);
    ck_assert_msg(seen[n] == 0, "%u is listed twice", n);
    seen[n] = 1;
    return true;
}

static void list_all(unsigned piece, bool removes)
{
    char path[PATH_SIZE];
    struct file *file;

    memset(seen, 0, sizeof(seen));
    ck_assert_int_eq(open_path(DIR, O_RDONLY | O_DIRECTORY, &file), 0);
    do {
        left = piece;
        ck_assert_int_eq(file_read_dir(file, listed, NULL), 0);
        for (unsigned n = 0; removes && n < MANY; n++) {
            if (seen[n] != 1)
                continue;
            path_make(n, path);
            ck_assert_int_eq(vfs_unlink(vfs_root(), path, false), 0);
            seen[n] = 2;
        }
    } while (left == 0);
    file_put(file);
    for (unsigned n = 0; n < MANY; n++)
        ck_assert_msg(seen[n] != 0, "%u isn't listed", n);
}

START_TEST(long_chains)
{
    char path[PATH_SIZE];

    hashes = (unsigned)_i + 1;
    image_make_seeded("32M", "-t ext4 -b 1024 -O ^has_journal -N 4000", "");
    mount_to_write();
    make_many();
    for (unsigned n = 0; n < MANY; n++) {
        path_make(n, path);
        ck_assert_int_eq(size_of(path), 0);
    }
    ck_assert_int_eq(size_of(DIR "/absent"), -ENOENT);
    list_all(MANY * 2, false);
    list_all(601, false);
    list_all(13, true);
    ck_assert_int_eq(vfs_unlink(vfs_root(), DIR, true), 0);
    unmount_written();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_chain");
    TCase *tcase = tcase_create("chain");

    tcase_add_unchecked_fixture(tcase, ext4_folder_make, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, long_chains, 0, 5);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
