/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_map_test.c - files get blocks and lose them, by chance, and are at any time what a plain array says. */
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
#include "ext4_map_model.h"
#include "tests/unit/long.h"

static void create_by_chance(struct mapped *file)
{
    uint32_t block = any(model_blocks), most = model_holes(file, block, 1 + any(any(4) == 0 ? 300 : 6));

    if (most == 0)
        return;
    int error = model_create(file, block, most, has_extents() && any(3) == 0 ? EXT4_MAP_UNWRITTEN : 0);
    ck_assert_msg(error == 0 || error == -ENOSPC, "error %d", error);
}

static int step(struct mapped *file)
{
    uint32_t block = any(model_blocks), count = 1 + any(any(4) == 0 ? 300 : 8);

    if (count > model_blocks - block)
        count = model_blocks - block;
    switch (any(40)) {
    case 0:
        return model_remove(file, block, any(8) == 0 ? UINT32_MAX : block + count);
    case 1:
    case 2:
    case 3:
        return model_remove(file, block, block + count);
    case 4:
        return has_extents() ? model_shift(file, block, any(model_blocks - block) / 8 + 1, true) : 0;
    case 5:
        return has_extents() && block >= count ? model_shift(file, block, count, false) : 0;
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
        return model_written(file, block, count);
    default:
        create_by_chance(file);
    }
    return 0;
}

/* ---- the tests ---- */

static const char *const layouts[] = {
    "-t ext4 -b 1024",        "-t ext3 -b 1024", "-t ext2 -b 1024 -O none -r 0 -I 128", "-t ext4 -b 2048 -O ^64bit",
    "-t ext4 -b 1024 -g 512", "-t ext4 -b 4096", "-t ext4 -b 1024 -O ^metadata_csum",   "-t ext2 -b 4096",
    "-t ext2 -b 1024 -g 512",
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))
#define FEW 5 /* of them, that differ most, are in make check; with LONG, all */

START_TEST(by_chance)
{
    seed = (uint32_t)_i + 1;
    model_start("32M", layouts[_i], 1500);
    for (unsigned i = 0; i < (is_long() ? 6000 : 4000); i++) {
        int error = step(&files[any(MODEL_FILES)]);
        ck_assert_msg(error == 0, "step %u: error %d", i, error);
        if (i % 60 == 0)
            model_check_all();
    }
    model_check_all();
    model_finish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_map");
    TCase *tcase = tcase_create("map");

    tcase_add_unchecked_fixture(tcase, model_folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, by_chance, 0, is_long() ? LAYOUTS : FEW);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
