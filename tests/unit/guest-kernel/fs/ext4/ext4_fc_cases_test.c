/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fc_cases_test.c - fast commits of Linux are replayed: what seldom is there, besides them or in them. */
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
#include "ext4_fc_setup.h"

static void folder_with_small(void)
{
    folder();
    ck_assert_int_eq(ext4_folder_shell("mkdir tree/small; touch tree/small/a tree/small/b"), 0);
}

/* The superblock in the log has a feature with which nothing is written: bitmaps have other sizes then. */
START_TEST(feature_of_the_log)
{
    area_begin(OPTIONS, "");
    mounted()->super.feature_ro_compat |= EXT4_RO_BIGALLOC;
    area_end();
    put_head(area.tid);
    put_range(file_number[1], 50, area.free_block, 1, false);
    put_tail(area.tid);
    stub_quiet = true;
    for (unsigned n = 0; n < 2; n++)
        ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), -EROFS);
    stub_quiet = false;
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
}
END_TEST

/* A file that was made and removed: nothing is wrong. */
START_TEST(removal_of_nothing)
{
    make();
    put_head(area.tid);
    put_name(EXT4_FC_UNLINK, EXT4_ROOT_INODE, FIRST_FREE, "new");
    put_tail(area.tid);
    mount();
    ck_assert_msg(strstr(stub_last_error, "could not be replayed") == NULL, "%s", stub_last_error);
    unmount();
    check_clean();
}
END_TEST

/* Who mounts is killed: then nothing was replayed yet. */
START_TEST(killed)
{
    make();
    put_head(area.tid);
    for (unsigned n = 0; n < 64; n++)
        put_hole(file_number[1], 1, 1);
    put_tail(area.tid);
    stub_quiet = stub_loop_ends = true;
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), -EINTR);
    stub_quiet = stub_loop_ends = false;
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    mount();
    unmount();
    check_clean();
}
END_TEST

/* A file that had no name when the log was committed has one by a fast commit (O_TMPFILE); or another file has its
 * number. */
START_TEST(nameless_before)
{
    struct ext4_raw_inode raw;
    char text[3] = {0};

    area_begin(OPTIONS, "");
    struct inode *inode = inode_at("/file-3");
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/file-3", false), 0);
    ck_assert_uint_ne(mounted()->super.last_orphan, 0);
    area_end_with(inode);
    raw = inode_on_disk(file_number[3]);
    ck_assert_uint_eq(raw.links_count, 1);
    put_head(area.tid);
    if (_i == 0) {
        put_name(EXT4_FC_LINK, EXT4_ROOT_INODE, file_number[3], "named");
        put_inode(file_number[3], &raw);
    } else {
        raw = new_inode(S_IFREG | 0640, 1, 2);
        put_inode(file_number[3], &raw);
        put_name(EXT4_FC_CREAT, EXT4_ROOT_INODE, file_number[3], "named");
    }
    put_tail(area.tid);
    if (_i == 0)
        ck_assert_int_eq(ext4_image_shell(&disk, "cp $IMAGE other; e2fsck -fy other >/dev/null 2>&1; "
                                                 "debugfs -R 'cat /named' other 2>/dev/null | grep -q '^3$'"),
                         0);
    mount();
    inode = inode_at("/named");
    ck_assert_uint_eq(inode->number, file_number[3]);
    ck_assert_uint_eq(inode->links, 1);
    inode_put(inode);
    ck_assert_int_eq(get_file("/named", text, 2), 2);
    ck_assert_str_eq(text, _i == 0 ? "3\n" : "");
    ck_assert(!exists("/file-3"));
    unmount();
    check_clean();
}
END_TEST

static void raw_get(uint32_t number, uint8_t raw[256])
{
    memcpy(raw, disk.bytes + area.table + (size_t)(number - 1) * area.inode_size, 256);
}

/* "system.data", of which the prefix is a number. */
static bool has_data_attribute(const uint8_t raw[256])
{
    for (unsigned at = sizeof(struct ext4_raw_inode); at + 4 <= 256; at += 4)
        if (memcmp(raw + at, "data", 4) == 0)
            return true;
    return false;
}

/* A directory whose names were within its inode, and are in a block as soon as one more comes: what the record has
 * behind the inode's fields, which is the rest of those names, isn't taken. */
START_TEST(directory_within_its_inode)
{
    uint8_t raw[256];
    struct ext4_raw_inode file = new_inode(S_IFREG | 0640, 1, 0);
    uint32_t number;

    area_begin("-t ext4 -b 1024 -I 256 -O fast_commit,inline_data", "");
    number = number_of("/small");
    area_end();
    raw_get(number, raw);
    ck_assert(has_data_attribute(raw));
    put_head(area.tid);
    put_inode(FIRST_FREE, &file);
    put_name(EXT4_FC_CREAT, number, FIRST_FREE, "one-more");
    put(EXT4_FC_INODE, &number, sizeof(number), raw, sizeof(raw));
    put_tail(area.tid);
    mount();
    ck_assert_uint_eq(number_of("/small/one-more"), FIRST_FREE);
    ck_assert(exists("/small/a") && exists("/small/b"));
    unmount();
    check_clean();
    raw_get(number, raw);
    ck_assert(!has_data_attribute(raw));
}
END_TEST

/* Ranges of a file that keeps numbers of blocks: Linux finds no tree there, and passes them over. */
START_TEST(ranges_of_block_numbers)
{
    char text[3] = {0};

    area_begin(OPTIONS, "");
    struct inode *inode = inode_at("/file-1");
    ck_assert_int_eq(inode->ops->set_flags(inode, 0), 0);
    ck_assert_uint_eq(ext4_inode_of(inode)->flags & EXT4_EXTENTS_FL, 0);
    inode_put(inode);
    area_end();
    put_head(area.tid);
    put_range(file_number[1], 50, area.free_block, 3, false);
    put_hole(file_number[1], 0, 1);
    put_tail(area.tid);
    stub_quiet = true;
    mount();
    stub_quiet = false;
    ck_assert_ptr_nonnull(strstr(stub_last_error, "2 records of fast commits could not be replayed"));
    inode = inode_at("/file-1");
    ck_assert_uint_eq(ext4_inode_of(inode)->flags & EXT4_EXTENTS_FL, 0);
    ck_assert_uint_eq(ext4_inode_of(inode)->sectors, 2);
    inode_put(inode);
    ck_assert_int_eq(get_file("/file-1", text, 2), 2);
    ck_assert_str_eq(text, "1\n");
    unmount();
    check_clean();
}
END_TEST

/* All blocks that there are, which nobody has. */
static void fill(void)
{
    struct ext4_handle handle;
    uint64_t block;
    int error;

    do {
        uint32_t count = 1000;
        ck_assert_int_eq(ext4_begin(mounted(), &handle, EXT4_CREDITS_ALLOC), 0);
        error = ext4_blocks_alloc(&handle, 0, EXT4_BLOCKS_META, &count, &block);
        ext4_end(&handle);
    } while (error == 0);
    ck_assert_int_eq(error, -ENOSPC);
    ck_assert_uint_eq(ext4_free_blocks_count(mounted()), 0);
}

/* A tree needs a block, and none is free: nothing is mounted, and the records stay for who finds room. */
START_TEST(no_room)
{
    area_begin(OPTIONS, "");
    fill();
    area_end();
    put_head(area.tid);
    for (unsigned n = 0; n < 10; n++)
        put_range(file_number[1], 10 + 2 * n, area.free_block + n, 1, false);
    put_tail(area.tid);
    uint8_t *records = malloc(area.at);
    memcpy(records, area_bytes(0), area.at);
    stub_quiet = true;
    for (unsigned n = 0; n < 2; n++) {
        ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), -ENOSPC);
        ck_assert_ptr_nonnull(strstr(stub_last_error, "its journal can't be replayed: error 28"));
        ck_assert(needs_recovery());
        ck_assert_mem_eq(records, area_bytes(0), area.at);
        ck_assert_uint_eq(inode_on_disk(file_number[1]).blocks_lo, 2);
        ck_assert_uint_eq(stub_kmallocs, 0);
        ck_assert_uint_eq(stub_pages_used, 0);
    }
    stub_quiet = false;
    free(records);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_fc_cases");
    TCase *tcase = tcase_create("fast commits");

    tcase_add_unchecked_fixture(tcase, folder_with_small, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, numbers_find, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, feature_of_the_log);
    tcase_add_test(tcase, removal_of_nothing);
    tcase_add_test(tcase, killed);
    tcase_add_loop_test(tcase, nameless_before, 0, 2);
    tcase_add_test(tcase, directory_within_its_inode);
    tcase_add_test(tcase, ranges_of_block_numbers);
    tcase_add_test(tcase, no_room);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
