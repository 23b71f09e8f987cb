/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_kinds_test.c - as which of ext2, ext3 and ext4 an image can be mounted, and is where nobody says. */
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
#define READS_ONLY true
#include "ext4_setup.h"
#include "vfs/icache.h"

/* ext2 and ext3 by name take what these knew, and nothing else. */
START_TEST(by_name)
{
    static const struct {
        const char *options;
        bool ext2, ext3;
    } cases[] = {{"-t ext2", true, false}, {"-t ext3", true, true}, {"-t ext4", false, false}};
    const struct fs_type *types[] = {&ext2_type, &ext3_type};
    struct filesystem *fs;

    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    for (unsigned i = 0; i < 3; i++) {
        ext4_image_make(&disk, "24M", cases[i].options, "");
        struct blk_device *dev = stub_disk_open(&disk, READS_ONLY);
        for (unsigned k = 0; k < 2; k++) {
            int error = types[k]->mount(dev, NULL, &fs);
            ck_assert_int_eq(error, (k == 0 ? cases[i].ext2 : cases[i].ext3) ? 0 : -EINVAL);
            if (error != 0)
                continue;
            inode_put(fs->root);
            icache_drop_idle(fs);
            fs->ops->unmount(fs);
        }
        free(disk.bytes);
        disk.bytes = NULL;
    }
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

/* Without a name it is what the first of ext3, ext2 and ext4 takes; to be read only, the older ones take more. */
START_TEST(by_features)
{
    static const struct {
        const char *options;
        bool read_only;
        const struct fs_type *type;
    } cases[] = {{"-t ext2", false, &ext2_type},
                 {"-t ext3", false, &ext3_type},
                 {"-t ext4", false, &ext4_type},
                 {"-t ext4 -O ^has_journal", false, &ext4_type},
                 {"-t ext2 -O huge_file", false, &ext4_type},
                 {"-t ext2 -O huge_file", true, &ext2_type},
                 {"-t ext3 -O huge_file", true, &ext3_type}};

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ext4_image_make(&disk, "24M", cases[i].options, "");
        ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, cases[i].read_only)), 0);
        ck_assert_str_eq(vfs_root()->mount->fs->type->name, cases[i].type->name);
        ck_assert_int_eq(vfs_unmount_all(), 0);
        free(disk.bytes);
        disk.bytes = NULL;
    }
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_kinds");
    TCase *tcase = tcase_create("kinds");

    tcase_add_unchecked_fixture(tcase, ext4_folder_make, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, by_name);
    tcase_add_test(tcase, by_features);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
