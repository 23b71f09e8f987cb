/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_alloc_test.c - blocks and inodes of images of all layouts are taken until there are none, and given back at
 * random; what a model knows of them is the same, and e2fsck has nothing to say. */
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
#include "ext4_alloc_setup.h"

static const struct layout {
    const char *size, *options;
} layouts[] = {
    {"20M", "-t ext4 -b 1024 -O ^has_journal"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,^flex_bg"},
    {"48M", "-t ext4 -b 2048 -O ^has_journal -g 2048"},
    {"300M", "-t ext4 -b 4096 -O ^has_journal"},
    {"20000", "-t ext4 -b 4096 -O ^has_journal -g 1024"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,^64bit"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg,^64bit,^flex_bg"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,^metadata_csum"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,meta_bg,^resize_inode -g 512"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,meta_bg,^resize_inode,^64bit,^flex_bg -g 256"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,sparse_super2"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal,^sparse_super,^resize_inode"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal -E packed_meta_blocks=1"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal -G 2 -g 1024 -I 128"},
    {"20M", "-t ext4 -b 1024 -O ^has_journal -E lazy_itable_init=1"},
    {"20M", "-t ext4 -b 4096 -O ^has_journal -E lazy_itable_init=1 -I 512 -N 3000"},
    {"20M", "-t ext2 -b 1024"},
    {"20M", "-t ext2 -b 1024 -O none -I 128"},
    {"20M", "-t ext2 -b 4096"},
    {"8193", "-t ext2 -b 1024"},
    {"8300", "-t ext2 -b 1024 -O none"},
};

/* ---- blocks ---- */

static uint8_t *owned; /* a byte for each block: whether it is ours */

static uint64_t take(uint64_t goal, unsigned flags, uint32_t *count)
{
    struct ext4_handle handle;
    uint64_t block = 0;

    SURE(ext4_begin(e4, &handle, EXT4_CREDITS_ALLOC) == 0);
    uint32_t wanted = *count;
    int error = ext4_blocks_alloc(&handle, goal, flags, count, &block);
    ext4_end(&handle);
    if (error == -ENOSPC)
        return 0;
    SURE(error == 0);
    SURE(*count >= 1 && *count <= wanted && ext4_blocks_are_valid(e4, block, *count));
    for (uint32_t i = 0; i < *count; i++) {
        SURE(!owned[block + i]);
        owned[block + i] = 1;
    }
    return block;
}

static void give(uint64_t block, uint32_t count)
{
    struct ext4_handle handle;

    SURE(ext4_begin(e4, &handle, 2 * EXT4_CREDITS_ALLOC) == 0);
    SURE(ext4_blocks_free(&handle, block, count, 0) == 0);
    ext4_end(&handle);
    memset(owned + block, 0, count);
}

static uint64_t take_all(unsigned flags)
{
    uint64_t all = 0;
    uint32_t count = 1;

    while (take(any(2) ? any((uint32_t)e4->blocks) : 0, flags, &count) != 0) {
        all += count;
        count = 1 + any(any(4) == 0 ? 5000 : 20);
    }
    return all;
}

/* Runs that are ours, each of them as one, or in pieces. */
static void give_all(uint32_t share)
{
    for (uint64_t at = 0; at < e4->blocks; at++) {
        uint32_t count = 0, most = 1 + any(50000);
        while (at + count < e4->blocks && count < most && owned[at + count])
            count++;
        if (count != 0 && any(100) < share)
            give(at, count);
        at += count;
    }
}

START_TEST(blocks)
{
    const struct layout *layout = &layouts[_i];

    seed = (uint32_t)_i;
    mount_image(layout->size, layout->options, "");
    uint64_t all = ext4_free_blocks_count(e4);
    owned = calloc(e4->blocks, 1);
    ck_assert_uint_eq(take_all(EXT4_BLOCKS_META), all);
    ck_assert_uint_eq(ext4_free_blocks_count(e4), 0);
    for (unsigned round = 0; round < 3; round++) {
        give_all(50);
        uint64_t left = ext4_free_blocks_count(e4);
        ck_assert_uint_eq(take_all(EXT4_BLOCKS_META), left);
    }
    while (ext4_free_blocks_count(e4) != all)
        give_all(100);
    finish();
    fsck(layout->options);
    free(owned);
}
END_TEST

/* ---- inodes ---- */

/* Numbers of inodes that are ours, and whether they are a directory's. */
static uint32_t numbers[100000], number_count;
static bool is_dir[100000], is_ours[100000];

/* In its table it looks like one that was removed: e2fsck finds nothing that it doesn't know. */
static int number_take(uint32_t mode)
{
    struct ext4_handle handle;
    uint32_t number;
    const struct ext4_inode *dir = ext4_inode_of(e4->fs.root);

    SURE(ext4_begin(e4, &handle, EXT4_CREDITS_INODE_NEW) == 0);
    int error = ext4_number_alloc(&handle, dir, mode, &number);
    ext4_end(&handle);
    if (error != 0)
        return error;
    SURE(number >= e4->first_inode && number <= e4->inodes);
    SURE(!is_ours[number]);
    is_ours[number] = true;
    numbers[number_count] = number;
    is_dir[number_count++] = S_ISDIR(mode);
    return 0;
}

static void number_give(uint32_t at)
{
    struct ext4_handle handle;

    SURE(ext4_begin(e4, &handle, 2 * EXT4_CREDITS_ALLOC) == 0);
    SURE(ext4_number_free(&handle, numbers[at], is_dir[at]) == 0);
    ext4_end(&handle);
    is_ours[numbers[at]] = false;
    numbers[at] = numbers[--number_count];
    is_dir[at] = is_dir[number_count];
}

START_TEST(inodes)
{
    const struct layout *layout = &layouts[_i];
    int error;

    seed = (uint32_t)_i;
    number_count = 0;
    mount_image(layout->size, layout->options, "");
    uint32_t all = e4->super.free_inodes_count;
    for (unsigned i = 0; i < 50; i++)
        ck_assert_int_eq(number_take(i % 3 == 0 ? S_IFDIR : S_IFREG), 0);
    while (number_count > 20)
        number_give(any(number_count));
    while ((error = number_take(any(4) == 0 ? S_IFDIR : S_IFREG)) == 0)
        ;
    ck_assert_int_eq(error, -ENOSPC);
    ck_assert_uint_eq(number_count, all);
    ck_assert_uint_eq(e4->super.free_inodes_count, 0);
    while (number_count != 0)
        number_give(any(number_count));
    ck_assert_uint_eq(e4->super.free_inodes_count, all);
    finish();
    fsck(layout->options);
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
}

int main(void)
{
    Suite *suite = suite_create("ext4_alloc");
    TCase *tcase = tcase_create("alloc");
    int count = (int)(sizeof(layouts) / sizeof(layouts[0]));

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, blocks, 0, count);
    tcase_add_loop_test(tcase, inodes, 0, count);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
