/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_names_test.c - random operations on names do what the model says, and leave a file system that e2fsck likes. */
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
// sources: tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/fs/ext4/ext4_names_model.c
#include "ext4_names_model.h"
#include "ext4_names_setup.h"

#define STEPS 1500u
#define ROUNDS 3u

static const char *const layouts[] = {
    "-t ext4 -b 1024 -O ^has_journal",
    "-t ext4 -b 4096 -O ^has_journal",
    "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,^64bit",
    "-t ext4 -b 1024 -O ^has_journal,^dir_index",
    "-t ext4 -b 1024 -O ^has_journal,^filetype",
    "-t ext4 -b 1024 -O ^has_journal,large_dir",
    "-t ext4 -b 2048 -O ^has_journal,^extents,^64bit -I 128",
    "-t ext4 -b 1024",
    "-t ext4 -b 4096 -J size=4",
    "-t ext3 -b 1024",
    "-t ext4 -b 1024 -O orphan_file",
    "-t ext4 -b 1024 -O ^has_journal,inline_data -I 256",
    "-t ext4 -b 4096 -O inline_data -I 512",
    "-t ext2 -b 1024",
    "-t ext2 -b 1024 -O ^dir_index,^filetype",
    "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg",
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

static struct model model;

START_TEST(each_layout)
{
    image_make_seeded("24M", layouts[_i], "");
    mount_to_write();
    model_begin(&model, 77 + (uint32_t)_i);
    model.has_types = strstr(layouts[_i], "^filetype") == NULL;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < STEPS; i++)
            model_step(&model);
        model_compare(&model);
        unmount_written();
        check_image(layouts[_i]);
        mount_to_write();
        model_compare(&model);
    }
    model_clear(&model);
    unmount_written();
    check_image(layouts[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_names");
    TCase *tcase = tcase_create("names");

    tcase_add_unchecked_fixture(tcase, ext4_folder_make, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, each_layout, 0, LAYOUTS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
