/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal_refused_test.c - journals that can't be used: mounted read-only, or not at all, and a line says why. */
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
#include "ext4_journal_setup.h"

static const struct unusable {
    const char *command, *says;
    int error;
} unusables[] = {
    {"debugfs -w -R 'clri <8>' $IMAGE", "inode 8", -EUCLEAN},
    {"debugfs -w -R 'sif <8> size 0' $IMAGE", "size can't be right", -EINVAL},
    {"debugfs -w -R 'sif <8> mode 040755' $IMAGE", "isn't a file's", -EINVAL},
    {"debugfs -w -R 'sif <8> size 400000000' $IMAGE", "holes", -EINVAL},
    {"debugfs -w -R 'sif <8> block[8] 1' $IMAGE", "where the file system's tables are", -EINVAL},
    {"debugfs -w -R 'ssv journal_inum 0' $IMAGE; debugfs -w -R 'ssv journal_dev 0x801' $IMAGE", "another disk", 0},
};

START_TEST(unusable)
{
    const struct unusable *it = &unusables[_i];

    ext4_image_make(&disk, "24M", "-t ext4 -b 4096", it->command);
    stub_quiet = true;
    int error = vfs_mount_root(stub_disk_open(&disk, false));
    ck_assert_msg(error == it->error, "%s: error %d", it->command, error);
    ck_assert_msg(strstr(stub_last_error, it->says) != NULL, "%s", stub_last_error);
    if (error == 0) {
        ck_assert(mounted()->fs.read_only && mounted()->fs.device_read_only);
        ck_assert_int_eq(vfs_unmount_all(), 0);
    }
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
}
END_TEST

/* Memory is short at each allocation of a mount of the root: an error, and nothing is left of it. */
START_TEST(memory_short_for_the_root)
{
    bool failed = true;

    ext4_image_make(&disk, "24M", "-t ext4 -b 4096", "");
    stub_quiet = true;
    for (unsigned at = 1; failed; at++) {
        stub_fail_at = at;
        int error = vfs_mount_root(stub_disk_open(&disk, false));
        failed = stub_fail_at == 0;
        stub_fail_at = 0;
        ck_assert(error == 0 || (failed && error == -ENOMEM));
        if (error == 0)
            ck_assert_int_eq(vfs_unmount_all(), 0);
        ck_assert_msg(stub_kmallocs == 0, "%u: error %d, %u leaked", at, error, (unsigned)stub_kmallocs);
        ck_assert_uint_eq(stub_pages_used, 0);
    }
    stub_quiet = false;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_journal_refused");
    TCase *tcase = tcase_create("refused");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, memory_short_for_the_root);
    tcase_add_loop_test(tcase, unusable, 0, (int)(sizeof(unusables) / sizeof(unusables[0])));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
