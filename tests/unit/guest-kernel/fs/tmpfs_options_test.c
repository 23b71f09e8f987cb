/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_options_test.c - what mount(2) may say of a file system in memory, and what that does. */
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
#include "tmpfs_setup.h"

static const struct tmpfs_options before = {.pages = 11, .inodes = 12, .mode = 01777, .uid = 13, .gid = 14};

static struct tmpfs_options read_options(const char *text)
{
    struct tmpfs_options options = before;

    ck_assert_msg(tmpfs_options(text, &options) == 0, "%s", text != NULL ? text : "NULL");
    return options;
}

START_TEST(nothing)
{
    static const char *const texts[] = {NULL, "", ",,inode64,,noswap,"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        const struct tmpfs_options options = read_options(texts[i]);
        ck_assert_uint_eq(options.pages, 11);
        ck_assert_uint_eq(options.inodes, 12);
        ck_assert_uint_eq(options.mode, 01777);
        ck_assert_uint_eq(options.uid, 13);
        ck_assert_uint_eq(options.gid, 14);
    }
}
END_TEST

START_TEST(sizes)
{
    static const struct {
        const char *text;
        uint64_t pages;
    } cases[] = {
        {"size=0", 0},
        {"size=1", 1},
        {"size=4096", 1},
        {"size=4097", 2},
        {"size=64k", 16},
        {"size=0x10K", 4},
        {"size=010k", 2},
        {"size=3m", 768},
        {"size=1G", 262144},
        {"size=1t", 1ull << 28},
        {"size=1e", 1ull << 48},
        {"size=10%", 3277},
        {"size=100%", 32768},
        {"size=2m%", 687194768},
        {"nr_blocks=5", 5},
        {"nr_blocks=2k", 2048},
        {"size=1m,nr_blocks=7", 7},
        {"nr_blocks=7,size=1m", 256},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct tmpfs_options options = read_options(cases[i].text);
        ck_assert_msg(options.pages == cases[i].pages, "%s: %llu", cases[i].text, (unsigned long long)options.pages);
    }
}
END_TEST

START_TEST(others)
{
    const struct tmpfs_options options = read_options("nr_inodes=2k,mode=10755,uid=1000,gid=0x10");

    ck_assert_uint_eq(options.inodes, 2048);
    ck_assert_uint_eq(options.mode, 0755);
    ck_assert_uint_eq(options.uid, 1000);
    ck_assert_uint_eq(options.gid, 16);
    ck_assert_uint_eq(options.pages, 11);
}
END_TEST

START_TEST(wrong)
{
    static const char *const texts[] = {
        "size",         "size=",          "size=k",         "size=1kk",
        "size=1x",      "size=-1",        "size=1 ",        "size=99999999999999999999",
        "size=16e",     "nr_blocks=10%",  "nr_blocks=8e",   "nr_inodes=x",
        "nr_inodes=1%", "nr_inodes=32p",  "mode=",          "mode=8",
        "mode=0x1",     "uid=4294967295", "uid=4294967296", "uid=root",
        "gid=",         "gid=1k",         "nosuch",         "nosuch=1",
        "inode64=1",    "size=1m,what",   "Size=1",         "size=0x",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct tmpfs_options options = before;
        ck_assert_msg(tmpfs_options(texts[i], &options) == -EINVAL, "%s", texts[i]);
    }
}
END_TEST

START_TEST(mounted)
{
    const struct vfs_statfs here = figures();

    ck_assert_uint_eq(here.type, 0x01021994);
    ck_assert_uint_eq(here.block_size, PAGE_SIZE);
    ck_assert_uint_eq(here.blocks, 16);
    ck_assert_uint_eq(here.blocks_free, 16);
    ck_assert_uint_eq(here.files, 100);
    ck_assert_uint_eq(here.files_free, 99);
    ck_assert_uint_eq(here.name_max, 255);
    unmount();
    mount_with("size=0,nr_inodes=0,mode=700,uid=5,gid=6");
    ck_assert_uint_eq(figures().blocks, 0);
    ck_assert_uint_eq(figures().files, 0);
    ck_assert_uint_eq(root->mode, S_IFDIR | 0700);
    ck_assert_uint_eq(root->uid, 5);
    ck_assert_uint_eq(root->gid, 6);
    unmount();
    mount_with(NULL);
    ck_assert_uint_eq(figures().blocks, page_total_count() / 2);
    ck_assert_uint_eq(figures().files, page_total_count() / 2);
    ck_assert_uint_eq(root->mode, S_IFDIR | 01777);
    ck_assert_uint_eq(root->uid, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tmpfs-options");
    TCase *tc = tcase_create("tmpfs-options");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, unmount);
    tcase_add_test(tc, nothing);
    tcase_add_test(tc, sizes);
    tcase_add_test(tc, others);
    tcase_add_test(tc, wrong);
    tcase_add_test(tc, mounted);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
