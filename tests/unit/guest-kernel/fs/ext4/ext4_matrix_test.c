/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_matrix_test.c - file systems of mke2fs with each feature switched on and off are written to by random work
 * (ext4_work.h). e2fsck finds nothing, debugfs reads what was written, a later mount does, and what debugfs writes is
 * read here.
 *
 * MATRIX_SEEDS=N: so many pieces of work with each layout, from MATRIX_FIRST on; LONG=1: more; MATRIX_LAYOUT=N: that
 * one alone.
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
// sources: tests/unit/guest-kernel/ext4_folder.c tests/unit/guest-kernel/ext4_compare.c tests/unit/guest-kernel/disk.c
// sources: tests/unit/guest-kernel/fs/ext4/ext4_work.c tests/unit/guest-kernel/fs/ext4/ext4_work_check.c
#include "ext4_setup.h"
#include "ext4_work.h"
#include "tests/unit/long.h"

#define STEPS 300
#define FSCK "e2fsck -fn $IMAGE >log 2>&1 || { cp $IMAGE ${MATRIX_KEEP:-/dev/null}; cat log; false; }"
/* e2fsck gives directories their index. */
#define INDEXED "e2fsck -fyD $IMAGE >/dev/null; test $? -le 1"
/* mke2fs 1.47 loses the hole at the end of a file where data may be in inodes. */
#define HOLE "debugfs -w -R 'sif /far-away size 70000000' $IMAGE"

static const struct layout {
    const char *options, *after;
} layouts[] = {
    {"-t ext4 -b 4096", ""},
    {"-t ext4 -b 1024", INDEXED},
    {"-t ext4 -b 2048", INDEXED},
    {"-t ext4 -b 1024 -I 128", ""},
    {"-t ext4 -b 4096 -I 1024", ""},
    {"-t ext4 -b 1024 -O ^has_journal", ""},
    {"-t ext4 -b 4096 -O ^has_journal", INDEXED},
    {"-t ext2 -b 1024", ""},
    {"-t ext2 -b 4096", INDEXED},
    {"-t ext2 -b 1024 -O none -r 0 -I 128", ""},
    {"-t ext3 -b 1024", INDEXED},
    {"-t ext3 -b 2048", ""},
    {"-t ext3 -b 1024 -O ^filetype", ""},
    {"-t ext4 -b 1024 -O ^64bit", ""},
    {"-t ext4 -b 4096 -O ^metadata_csum", ""},
    {"-t ext4 -O ^metadata_csum,uninit_bg -b 1024", INDEXED},
    {"-t ext4 -O ^metadata_csum,uninit_bg,^64bit -b 1024", ""},
    {"-t ext4 -b 4096 -O metadata_csum_seed", "tune2fs -U random $IMAGE"},
    {"-t ext4 -O meta_bg,^resize_inode -b 1024", ""},
    {"-t ext4 -O meta_bg,^resize_inode,^64bit -b 1024 -g 1024", ""},
    {"-t ext4 -O ^flex_bg -b 1024 -g 2048", ""},
    {"-t ext4 -O ^sparse_super,^resize_inode -b 1024", ""},
    {"-t ext4 -O sparse_super2,^resize_inode -b 1024", ""},
    {"-t ext4 -O ^extents,^64bit -b 1024", INDEXED},
    {"-t ext4 -b 4096 -O inline_data", HOLE},
    {"-t ext4 -O inline_data -I 512 -b 1024", HOLE " && " INDEXED},
    {"-t ext4 -O large_dir -b 1024", INDEXED},
    {"-t ext4 -b 4096 -O ea_inode", ""},
    {"-t ext4 -b 1024 -O ^dir_index", ""},
    {"-t ext4 -b 1024 -O ^ext_attr", ""},
    {"-t ext4 -b 4096 -O ^huge_file,^dir_nlink,^extra_isize,^large_file", ""},
    {"-t ext4 -b 1024 -O orphan_file,fast_commit", ""},
    {"-t ext4 -b 1024", "tune2fs -E hash_alg=tea $IMAGE && " INDEXED},
    {"-t ext4 -b 1024", "tune2fs -E hash_alg=legacy $IMAGE && debugfs -w -R 'ssv flags 2' $IMAGE && " INDEXED},
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

static struct work work;
static char where[200];

static void mount_root(void)
{
    int error = vfs_mount_root(stub_disk_open(&disk, false));

    ck_assert_msg(error == 0, "%s: mount: error %d, %s", where, error, stub_last_error);
    ck_assert_msg(!mounted()->fs.read_only, "%s: mounted read-only: %s", where, stub_last_error);
}

static void unmount_root(void)
{
    credits_were_enough();
    ck_assert_msg(vfs_unmount_all() == 0, "%s: unmount: %s", where, stub_last_error);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}

static void check_image(const char *when)
{
    ck_assert_msg(ext4_image_shell(&disk, FSCK) == 0, "%s: e2fsck finds faults %s", where, when);
}

static void check_work(const char *when)
{
    const char *fault = work_check(&work);

    ck_assert_msg(fault == NULL, "%s: %s: %s", where, when, fault);
}

/* Another implementation reads the same bytes: debugfs writes them to files, out/N. */
static void dump_check(void)
{
    static uint8_t bytes[WORK_SIZE_MOST + 1];
    char path[1400], out[400];

    snprintf(out, sizeof(out), "%s/../script", ext4_folder_tree());
    FILE *script = fopen(out, "w");
    ck_assert_ptr_nonnull(script);
    for (int i = 0; i < WORK_NAMES; i++) {
        if (work.now.names[i].type != WORK_FILE)
            continue;
        work_path(&work.now, i, path, sizeof(path));
        fprintf(script, "dump %s out/%d\n", path, i);
    }
    fclose(script);
    ck_assert_int_eq(ext4_image_shell(&disk, "rm -rf out; mkdir out; debugfs -f script $IMAGE >log 2>&1"), 0);
    for (int i = 0; i < WORK_NAMES; i++) {
        if (work.now.names[i].type != WORK_FILE)
            continue;
        const struct work_file *want = &work.files[work.now.names[i].file];
        snprintf(out, sizeof(out), "%s/../out/%d", ext4_folder_tree(), i);
        int64_t size = host_read(out, 0, bytes, sizeof(bytes));
        ck_assert_msg(size == want->size && memcmp(bytes, want->bytes, want->size) == 0,
                      "%s: debugfs reads %lld other bytes in name %d", where, (long long)size, i);
    }
}

/* What debugfs adds is found, and can be changed. */
static void debugfs_check(void)
{
    char bytes[6000], again[6000], command[400];

    snprintf(command, sizeof(command),
             "seq 2000 | head -c 5000 >new; printf 'write new /debugfs-file\\nmkdir /debugfs-dir\\nsymlink "
             "/debugfs-link debugfs-file\\n"
             "write new /debugfs-dir/second\\n' >script; debugfs -w -f script $IMAGE >log 2>&1");
    ck_assert_int_eq(ext4_image_shell(&disk, command), 0);
    snprintf(command, sizeof(command), "%s/../new", ext4_folder_tree());
    ck_assert_int_eq(host_read(command, 0, bytes, sizeof(bytes)), 5000);
    mount_root();
    ck_assert_int_eq(get_file("/debugfs-link", again, sizeof(again)), 5000);
    ck_assert_mem_eq(bytes, again, 5000);
    ck_assert_int_eq(get_file("/debugfs-dir/second", again, sizeof(again)), 5000);
    ck_assert_int_eq(vfs_rename(vfs_root(), "/debugfs-dir/second", vfs_root(), "/debugfs-file", 0), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/debugfs-dir", true), 0);
    ck_assert_int_eq(truncate_path("/debugfs-file", 1), 0);
    check_work("after debugfs");
    unmount_root();
    check_image("after debugfs");
}

static void one_work(const struct layout *layout, uint32_t seed)
{
    const char *differing;

    snprintf(where, sizeof(where), "%s, work %u", layout->options, seed);
    free(disk.bytes);
    ext4_image_make(&disk, "20M", layout->options, layout->after);
    mount_root();
    work = (struct work){.no_ranges = (mounted()->super.feature_incompat & EXT4_INCOMPAT_EXTENTS) == 0,
                         .no_attribute =
                             strstr(layout->options, "^ext_attr") != NULL || strstr(layout->options, "none") != NULL};
    work_start(&work, seed);
    for (unsigned i = 0; i < STEPS; i++) {
        work_step(&work);
        if (i % 50 == 49)
            check_work("at work");
    }
    work_close(&work);
    check_work("before the unmount");
    unmount_root();
    check_image("after the unmount");
    dump_check();
    mount_root();
    check_work("after another mount");
    unmount_root();
    debugfs_check();
    mount_root();
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/debugfs-file", false) | vfs_unlink(vfs_root(), "/debugfs-link", false),
                     0);
    for (unsigned i = 0; i < STEPS / 3; i++)
        work_step(&work);
    work_close(&work);
    work_clear(&work);
    differing = ext4_folder_compare(); /* what the image came with is as it was */
    ck_assert_msg(differing == NULL, "%s: what was there before: %s", where, differing);
    unmount_root();
    check_image("when all has been removed");
    ck_assert_str_eq(stub_last_error, "");
    work_free(&work);
}

START_TEST(each_layout)
{
    unsigned seeds = long_number("MATRIX_SEEDS", 1, 10), first = long_number("MATRIX_FIRST", 1, 1);

    if (getenv("MATRIX_LAYOUT") != NULL && atoi(getenv("MATRIX_LAYOUT")) != _i)
        return;
    *stub_last_error = 0;
    for (unsigned i = 0; i < seeds; i++)
        one_work(&layouts[_i], first + i);
}
END_TEST

/* The work and its model agree where nothing has to be stored. */
START_TEST(in_memory)
{
    for (uint32_t seed = 1; seed < 20; seed++) {
        snprintf(where, sizeof(where), "in memory, work %u", seed);
        ck_assert_int_eq(vfs_mount_root(NULL), 0);
        work = (struct work){0};
        work_start(&work, seed);
        for (unsigned i = 0; i < STEPS; i++) {
            work_step(&work);
            check_work("at work");
        }
        work_close(&work);
        work_clear(&work);
        work_free(&work);
        unmount_root();
    }
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(60);
}

int main(void)
{
    Suite *suite = suite_create("ext4_matrix");
    TCase *tcase = tcase_create("matrix");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 3600);
    tcase_add_test(tcase, in_memory);
    tcase_add_loop_test(tcase, each_layout, 0, LAYOUTS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
