/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_tree_test.c - images by mke2fs with each feature switched on and off have what the folder has that they are of.
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
#define READS_ONLY true
#include "ext4_setup.h"
#include "vfs/icache.h"
#include "vfs/inode_xattr.h"

/* e2fsck gives directories their index, which mke2fs doesn't; 1: it did. */
#define INDEXED "e2fsck -fyD $IMAGE >/dev/null; test $? -le 1"
/* mke2fs 1.47 loses the hole at the end of a file where data may be in inodes. */
#define HOLE "debugfs -w -R 'sif /far-away size 70000000' $IMAGE && "

static const struct layout {
    const char *options, *after;
} layouts[] = {
    {"-t ext4 -b 4096", ""},
    {"-t ext4 -b 4096", INDEXED},
    {"-t ext4 -b 1024", INDEXED},
    {"-t ext4 -b 2048", INDEXED},
    {"-t ext4 -b 1024 -O ^has_journal -I 128", INDEXED},
    {"-t ext4 -b 4096 -I 1024", INDEXED},
    {"-t ext4 -b 2048 -I 2048", INDEXED},
    {"-t ext2 -b 4096", ""},
    {"-t ext2 -b 1024", INDEXED},
    {"-t ext2 -b 1024 -O none -r 0 -I 128", ""},
    {"-t ext3 -b 2048", INDEXED},
    {"-t ext3 -b 1024 -O ^filetype", INDEXED},
    {"-t ext4 -b 4096 -O ^64bit", INDEXED},
    {"-t ext4 -b 4096 -O ^metadata_csum", INDEXED},
    {"-t ext4 -O ^metadata_csum,uninit_bg -b 1024", INDEXED},
    {"-t ext4 -O ^metadata_csum,uninit_bg,^64bit -b 1024", INDEXED},
    {"-t ext4 -b 4096 -O metadata_csum_seed", "tune2fs -U random $IMAGE && " INDEXED},
    {"-t ext4 -O meta_bg,^resize_inode -b 1024", INDEXED},
    {"-t ext4 -O meta_bg,^resize_inode,^64bit -b 1024 -g 1024", INDEXED},
    {"-t ext4 -O ^flex_bg -b 1024", INDEXED},
    {"-t ext4 -O ^sparse_super,^resize_inode -b 1024", INDEXED},
    {"-t ext4 -O sparse_super2 -b 1024", INDEXED},
    {"-t ext4 -O ^extents,^64bit -b 1024", INDEXED},
    {"-t ext4 -b 4096 -O ^extent,^64bit", INDEXED},
    {"-t ext4 -b 4096 -O inline_data", HOLE INDEXED},
    {"-t ext4 -O inline_data -I 512 -b 1024", HOLE INDEXED},
    {"-t ext4 -b 4096 -O bigalloc -C 16384 -N 2048", INDEXED},
    {"-t ext4 -O bigalloc -b 1024 -C 8192 -N 2048", INDEXED},
    {"-t ext4 -O large_dir -b 1024", INDEXED},
    {"-t ext4 -b 4096 -O ea_inode", INDEXED},
    {"-t ext4 -b 4096 -O ^dir_index", ""},
    {"-t ext4 -b 4096 -O ^huge_file,^dir_nlink,^extra_isize,^large_file", INDEXED},
    {"-t ext4 -b 4096 -O quota,project", INDEXED},
    {"-t ext4 -b 4096 -O mmp", INDEXED},
    {"-t ext4 -b 4096 -O orphan_file,fast_commit", INDEXED},
    {"-t ext4 -b 1024 -E hash_seed=00000000-0000-0000-0000-000000000000", INDEXED},
    {"-t ext4 -b 1024", "tune2fs -E hash_alg=tea $IMAGE && " INDEXED},
    {"-t ext4 -b 1024", "tune2fs -E hash_alg=legacy $IMAGE && " INDEXED},
    {"-t ext4 -b 1024", "debugfs -w -R 'ssv flags 2' $IMAGE && " INDEXED},
    {"-t ext4 -b 1024", "tune2fs -E hash_alg=tea $IMAGE && debugfs -w -R 'ssv flags 2' $IMAGE && " INDEXED},
    {"-t ext4 -b 1024", "tune2fs -E hash_alg=legacy $IMAGE && debugfs -w -R 'ssv flags 2' $IMAGE && " INDEXED},
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

START_TEST(each_layout)
{
    const struct layout *layout = &layouts[_i];

    ext4_image_make(&disk, "24M", layout->options, layout->after);
    mount();
    const char *fault = ext4_folder_compare();
    ck_assert_msg(fault == NULL, "%s: %s", layout->options, fault);
    ck_assert_msg(*stub_last_error == 0, "%s: %s", layout->options, stub_last_error);
    unmount();
}
END_TEST

/* What programs do most, of each kind of block. The first error, or 0. */
static int use(void)
{
    static char bytes[70000];
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), "/many/name-1-a", LOOKUP_NOFOLLOW, &inode);

    if (error != 0)
        return error;
    inode_put(inode);
    int64_t result = list_path("/many", bytes, sizeof(bytes));
    if (result >= 0)
        result = vfs_lookup(vfs_root(), "/link-1000", LOOKUP_NOFOLLOW, &inode);
    if (result < 0)
        return (int)result;
    result = inode->ops->read_link(inode, bytes);
    inode_put(inode);
    if (result >= 0)
        result = vfs_lookup(vfs_root(), "/every-other", LOOKUP_NOFOLLOW, &inode);
    if (result < 0)
        return (int)result;
    result = inode_read(inode, 2000000, bytes, 5000);
    if (result >= 0)
        result = inode->ops->seek_data(inode, 0, true);
    if (result >= 0)
        result = vfs_get_xattr(inode, "user.large", bytes, sizeof(bytes));
    if (result >= 0)
        result = vfs_list_xattr(inode, bytes, sizeof(bytes));
    inode_put(inode);
    return result < 0 ? (int)result : 0;
}

#define WITH_VALUE                                                                                            \
    "head -c 1024 /dev/zero | tr '\\0' w >long; printf 'ea_set -f long /every-other user.large\\n' >script; " \
    "debugfs -w -f script $IMAGE && "

/* When memory is short the same comes out, or an error, and nothing is lost. */
START_TEST(memory_short)
{
    struct filesystem *fs;

    ext4_image_make(&disk, "24M", "-t ext4 -b 1024 -O ea_inode", WITH_VALUE INDEXED);
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    uint64_t before = stub_kmallocs;
    for (unsigned at = 1; at < 12; at++) {
        stub_fail_at = at;
        int error = ext4_type.mount(stub_disk_open(&disk, READS_ONLY), NULL, &fs);
        stub_fail_at = 0;
        ck_assert(error == 0 || error == -ENOMEM);
        if (error == 0) {
            inode_put(fs->root);
            icache_drop_idle(fs);
            fs->ops->unmount(fs);
        }
        ck_assert_uint_eq(stub_kmallocs, before);
    }
    ck_assert_int_eq(vfs_unmount_all(), 0);
    int error = -ENOMEM;
    for (unsigned at = 1; error != 0; at++) {
        mount();
        stub_fail_at = at;
        error = use();
        bool failed = stub_fail_at == 0;
        stub_fail_at = 0;
        ck_assert_msg(error == 0 || error == -ENOMEM, "error %d", error);
        if (failed)
            error = -ENOMEM;
        unmount();
    }
}
END_TEST

/* A disk that fails: an error, and nothing is lost. */
START_TEST(disk_fails)
{
    int error = -EIO;

    ext4_image_make(&disk, "24M", "-t ext4 -b 1024 -O ea_inode", WITH_VALUE INDEXED);
    for (unsigned at = 1; error != 0; at++) {
        disk.fail_after = at;
        error = vfs_mount_root(stub_disk_open(&disk, READS_ONLY));
        if (error == 0) {
            error = use();
            disk.fail_after = 0;
            ck_assert_int_eq(vfs_unmount_all(), 0);
        }
        ck_assert(error == 0 || error == -EIO);
        ck_assert_uint_eq(stub_pages_used, 0);
        ck_assert_uint_eq(stub_kmallocs, 0);
    }
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(900);
}

int main(void)
{
    Suite *suite = suite_create("ext4_tree");
    TCase *tcase = tcase_create("tree");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, each_layout, 0, LAYOUTS);
    tcase_add_test(tcase, memory_short);
    tcase_add_test(tcase, disk_fails);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
