/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fc_test.c - fast commits of Linux are replayed: each kind of record, damaged ones, and what comes when the
 * replay itself is interrupted. */
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

#define SOME_BLOCKS 5u

/* Where what is mounted here and what e2fsck makes of it differ, but for the place of blocks. */
#define LIST                                                                                                         \
    "list() { rm -rf out; mkdir out; debugfs -R 'rdump / out' $1 >/dev/null 2>&1; "                                  \
    "(cd out; find . -printf '%P %y %m %U %G %s %l\\n'; find . -type f | xargs md5sum) | grep -v lost.found | sort " \
    ">$2; "                                                                                                          \
    "for i in 2 11 40 41 42; do debugfs -R \"stat <$i>\" $1 2>/dev/null | "                                          \
    "grep -E '^Links: '; done >>$2; chmod -R u+rwx out; }; "

/* One of each kind, in two fast commits. */
static void records_put(bool whole)
{
    struct ext4_raw_inode file = new_inode(S_IFREG | 0640, 1, SOME_BLOCKS * BLOCK - 100);
    struct ext4_raw_inode dir = new_inode(S_IFDIR | 0755, 2, BLOCK), link = new_inode(S_IFLNK | 0777, 1, 5);
    struct ext4_raw_inode root = inode_on_disk(EXT4_ROOT_INODE), old = inode_on_disk(file_number[2]);
    uint32_t parent = whole ? FIRST_FREE + 2 : EXT4_ROOT_INODE;

    memset(disk.bytes + area.free_block * BLOCK, 'x', (size_t)SOME_BLOCKS * BLOCK);
    memcpy(link.block, "there", 5);
    put_head(area.tid);
    put_inode(FIRST_FREE, &file);
    put_range(FIRST_FREE, 0, area.free_block, SOME_BLOCKS, false);
    put_name(EXT4_FC_CREAT, EXT4_ROOT_INODE, FIRST_FREE, "new");
    if (whole) {
        put_inode(FIRST_FREE + 2, &dir); /* one is left out */
        put_name(EXT4_FC_CREAT, EXT4_ROOT_INODE, FIRST_FREE + 2, "newdir");
        root.links_count++;
    }
    if (whole) {
        put_inode(FIRST_FREE + 3, &link);
        put_name(EXT4_FC_CREAT, parent, FIRST_FREE + 3, "symlink");
    }
    put_name(EXT4_FC_LINK, parent, file_number[2], "again");
    put_name(EXT4_FC_UNLINK, EXT4_ROOT_INODE, file_number[3], "file-3");
    old.links_count = 2;
    old.uid = 3;
    put_inode(file_number[2], &old);
    put_inode(EXT4_ROOT_INODE, &root);
    put_tail(area.tid);
    put_hole(FIRST_FREE, 1, 2);
    put_range(FIRST_FREE, 9, area.free_block + 20, 3, true);
    file.size_lo = 12 * BLOCK;
    file.links_count = 1;
    put_inode(FIRST_FREE, &file);
    put_tail(area.tid);
}

static void check_all_there(bool whole)
{
    static char bytes[12 * BLOCK];
    struct inode *inode = inode_at("/new");

    ck_assert_uint_eq(inode->number, FIRST_FREE);
    ck_assert_uint_eq(inode->size, 12 * BLOCK);
    ck_assert_uint_eq(inode->mode, S_IFREG | 0640);
    ck_assert_uint_eq(ext4_inode_of(inode)->sectors, (SOME_BLOCKS - 2 + 3) * 2);
    inode_put(inode);
    ck_assert_int_eq(get_file("/new", bytes, sizeof(bytes)), sizeof(bytes));
    ck_assert_int_eq(bytes[0], 'x');
    ck_assert_int_eq(bytes[BLOCK], 0);
    ck_assert_int_eq(bytes[3 * BLOCK], 'x');
    ck_assert_int_eq(bytes[9 * BLOCK], 0);
    ck_assert_uint_eq(number_of(whole ? "/newdir/again" : "/again"), file_number[2]);
    ck_assert(!exists("/file-3"));
    ck_assert(!whole || exists("/newdir/symlink"));
    inode = inode_at("/file-2");
    ck_assert_uint_eq(inode->links, 2);
    ck_assert_uint_eq(inode->uid, 3);
    inode_put(inode);
    ck_assert_uint_eq(uid_of(1), 1);
}

/* As e2fsck does it, which is another's program; what was removed is in its lost+found. */
START_TEST(as_e2fsck)
{
    make();
    records_put(false);
    ck_assert_int_eq(ext4_image_shell(&disk, LIST "cp $IMAGE other; e2fsck -fy other >/dev/null 2>&1; "
                                                  "list other theirs"),
                     0);
    mount();
    check_all_there(false);
    unmount();
    ck_assert(!needs_recovery());
    check_clean();
    ck_assert_int_eq(ext4_image_shell(&disk, LIST "list $IMAGE ours; diff theirs ours"), 0);
}
END_TEST

/* With a new directory and a symbolic link, which e2fsck 1.47 doesn't make. */
START_TEST(all_kinds)
{
    make();
    records_put(true);
    mount();
    check_all_there(true);
    unmount();
    check_clean();
}
END_TEST

/* They don't count any more: what comes after them isn't undone by a second replay. */
START_TEST(once)
{
    make();
    records_put(true);
    mount();
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/new", false), 0);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    crash();
    ck_assert(needs_recovery());
    mount();
    ck_assert(!exists("/new"));
    ck_assert(exists("/newdir/again"));
    unmount();
    check_clean();
}
END_TEST

/* Of one that isn't the root. */
static void mount_end(struct filesystem *fs)
{
    inode_put(fs->root);
    icache_drop_idle(fs);
    fs->ops->unmount(fs);
}

/* What is read-only is replayed nevertheless, if its disk can be written to. */
START_TEST(read_only)
{
    struct filesystem *fs;

    make();
    records_put(true);
    stub_quiet = true;
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, true)), -EROFS);
    stub_quiet = false;
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    ck_assert_int_eq(ext4_type.mount(stub_disk_open(&disk, false), "ro", &fs), 0);
    ck_assert(fs->read_only);
    mount_end(fs);
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert(!needs_recovery());
    check_clean();
    mount();
    check_all_there(true);
    unmount();
}
END_TEST

/* ---- which ones count ---- */

static const struct wrong {
    const char *what;
    uint32_t at;  /* byte in the first block */
    uint8_t mask; /* of it, that changes */
    int error;
} wrongs[] = {
    {"a head of another transaction", 8, 1, 0},
    {"no head", 0, 1, 0},
    {"a feature", 4, 1, -EOPNOTSUPP},
    {"an unknown tag", 12, 0x40, -ECANCELED},
    {"a length beyond the block", 15, 0x80, -ECANCELED},
    {"a head's length", 2, 1, -ECANCELED},
    {"a byte of an inode", 60, 1, -EBADMSG},
};

START_TEST(first_is_wrong)
{
    const struct wrong *it = &wrongs[_i];

    make();
    records_put(true);
    *area_bytes(it->at) ^= it->mask;
    stub_quiet = it->error != 0;
    int error = vfs_mount_root(stub_disk_open(&disk, false));
    ck_assert_msg(error == it->error, "%s: error %d", it->what, error);
    if (error == 0) {
        ck_assert(!exists("/new"));
        ck_assert_uint_eq(uid_of(1), 1);
        unmount();
        check_clean();
    }
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
}
END_TEST

/* Of the second: the first one counts. */
START_TEST(second_is_wrong)
{
    make();
    records_put(true);
    uint32_t second = area.at - BLOCK;
    *area_bytes(second + (uint32_t[]){0, 3, 8, 40}[_i]) ^= 0x40;
    mount();
    struct inode *inode = inode_at("/new");
    ck_assert_uint_eq(inode->size, SOME_BLOCKS * BLOCK - 100);
    ck_assert_uint_eq(inode->links, 1);
    inode_put(inode);
    unmount();
    check_clean();
}
END_TEST

/* ---- records that are as they were written, and make no sense ---- */

static void put_odd(int n)
{
    struct ext4_raw_inode file = new_inode(S_IFREG | 0640, 1, 100), dir = new_inode(S_IFDIR | 0755, 2, BLOCK);

    switch (n) {
    case 0: /* a file that got no name */
        put_inode(FIRST_FREE, &file);
        put_range(FIRST_FREE, 0, area.free_block, 1, false);
        break;
    case 1: /* blocks of the file system's own, and beyond it */
        put_range(file_number[1], 50, area.table / BLOCK, 2, false);
        put_range(file_number[1], 50, area.place / BLOCK, 2, false);
        put_range(file_number[1], 50, disk.size / BLOCK - 1, 2, false);
        put_range(file_number[1], 50, area.free_block, 0, false);
        put_range(file_number[1], UINT32_MAX, area.free_block, 2, false);
        break;
    case 2: /* inodes that can't be */
        put_inode(EXT4_ROOT_INODE + 6, &file);
        put_inode(0, &file);
        put_inode(UINT32_MAX, &file);
        put_range(UINT32_MAX, 0, area.free_block, 1, false);
        put_hole(0, 0, 1);
        put_hole(FIRST_FREE, 0, 1);
        put_inode(file_number[1], &dir);
        break;
    case 3: /* names that can't be */
        put_name(EXT4_FC_LINK, EXT4_ROOT_INODE, file_number[1], "..");
        put_name(EXT4_FC_LINK, EXT4_ROOT_INODE, file_number[1], "a/b");
        put_name(EXT4_FC_LINK, file_number[2], file_number[1], "in-a-file");
        put_name(EXT4_FC_LINK, EXT4_ROOT_INODE, EXT4_ROOT_INODE, "root");
        put_name(EXT4_FC_UNLINK, EXT4_ROOT_INODE, EXT4_ROOT_INODE, ".");
        put_name(EXT4_FC_UNLINK, EXT4_ROOT_INODE, file_number[1], "file-2");
        put_name(EXT4_FC_LINK, EXT4_ROOT_INODE, file_number[1], "file-2");
        put_name(EXT4_FC_UNLINK, EXT4_ROOT_INODE, 11, "lost+found");
        put_name(EXT4_FC_LINK, EXT4_ROOT_INODE, 11, "lost+found");
        break;
    case 4: /* fields that can't be */
        file.extra_isize = 200;
        put_inode(FIRST_FREE, &file);
        file.extra_isize = 32;
        file.file_acl_lo = (uint32_t)area.free_block;
        put_inode(FIRST_FREE, &file);
        file.file_acl_lo = 0;
        file.mode = 0;
        put_inode(FIRST_FREE, &file);
        break;
    default: /* no links: it goes */
        file.links_count = 0;
        put_inode(FIRST_FREE, &file);
        break;
    }
}

START_TEST(odd_ones_are_passed_over)
{
    make();
    put_head(area.tid);
    put_odd(_i);
    put_tail(area.tid);
    stub_quiet = true;
    mount();
    stub_quiet = false;
    ck_assert(exists("/file-1") && exists("/file-2") && !exists("/new"));
    if (_i == 3)
        ck_assert(!exists("/lost+found")); /* an empty directory was removed, as the record says */
    unmount();
    check_clean();
}
END_TEST

START_TEST(name_of_nothing)
{
    make();
    put_head(area.tid);
    put_name(EXT4_FC_CREAT, EXT4_ROOT_INODE, FIRST_FREE, "new");
    put_tail(area.tid);
    stub_quiet = true;
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), -EINVAL);
    stub_quiet = false;
    ck_assert(needs_recovery());
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
}
END_TEST

/* Blocks of a file that goes are another's by the same fast commit, in either order. */
START_TEST(blocks_change_hands)
{
    uint64_t block;

    area_make(OPTIONS, "");
    struct ext4_raw_inode three = inode_on_disk(file_number[3]);
    struct ext4_extent extent;
    memcpy(&extent, (const char *)three.block + sizeof(struct ext4_extent_header), sizeof(extent));
    block = ext4_extent_start(&extent);
    put_head(area.tid);
    if (_i == 0)
        put_name(EXT4_FC_UNLINK, EXT4_ROOT_INODE, file_number[3], "file-3");
    put_hole(file_number[2], 0, 1);
    put_range(file_number[2], 0, block, 1, false);
    if (_i == 1)
        put_name(EXT4_FC_UNLINK, EXT4_ROOT_INODE, file_number[3], "file-3");
    put_tail(area.tid);
    mount();
    char text[3] = {0};
    ck_assert_int_eq(get_file("/file-2", text, 2), 2);
    ck_assert_str_eq(text, "3\n");
    unmount();
    check_clean();
}
END_TEST

/* Any byte is another one, and the checksum is right. */
START_TEST(any_byte)
{
    make();
    records_put(true);
    uint32_t end = area.at;
    struct stub_disk good = disk;
    good.bytes = malloc(disk.size);
    memcpy(good.bytes, disk.bytes, disk.size);
    stub_quiet = true;
    for (uint32_t at = (uint32_t)_i; at < end; at += 23) {
        memcpy(disk.bytes, good.bytes, disk.size);
        *area_bytes(at) ^= (uint8_t)(at * 7 | 1);
        uint32_t start = 0;
        for (uint32_t walk = 0; walk + 4 <= end;) { /* each tail's checksum anew */
            struct ext4_fc_tl tl;
            if (BLOCK - walk % BLOCK < sizeof(tl)) {
                walk += BLOCK - walk % BLOCK;
                continue;
            }
            memcpy(&tl, area_bytes(walk), sizeof(tl));
            if (tl.tag == EXT4_FC_TAIL && walk + 12 <= end) {
                uint32_t crc = sum_of(start, walk + 8);
                memcpy(area_bytes(walk + 8), &crc, sizeof(crc));
                start = walk + 4u + tl.length;
            }
            if (tl.tag == 0 || tl.tag > EXT4_FC_HEAD)
                break;
            walk += 4u + tl.length;
        }
        if (vfs_mount_root(stub_disk_open(&disk, false)) == 0)
            ck_assert_int_eq(vfs_unmount_all(), 0);
        ck_assert_uint_eq(stub_kmallocs, 0);
        ck_assert_uint_eq(stub_pages_used, 0);
    }
    free(good.bytes);
}
END_TEST

/* ---- what interrupts a replay ---- */

/* And a file that has no name is to go first. */
static void make_with_nameless(void)
{
    area_begin(OPTIONS, "");
    struct inode *inode = inode_at("/file-5");
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/file-5", false), 0);
    area_end_with(inode);
}

/* The disk fails, or the power goes, after n requests; memory is short: then it is as if none of it had happened, or
 * all. */
START_TEST(interrupted)
{
    struct filesystem *fs;
    unsigned failed = 0;

    if (_i == 2)
        make_with_nameless();
    else
        make();
    records_put(true);
    struct stub_disk good = disk;
    good.bytes = malloc(disk.size);
    memcpy(good.bytes, disk.bytes, disk.size);
    stub_quiet = true;
    for (unsigned n = 1;; n += failed < 60 ? 1 : 5) {
        memcpy(disk.bytes, good.bytes, disk.size);
        ck_assert_int_eq(vfs_mount_root(NULL), 0);
        disk.fail_after = _i == 0 ? n : 0;
        stub_fail_at = _i == 0 ? 0 : n;
        int error = ext4_type.mount(stub_disk_open(&disk, false), "", &fs);
        bool is_over = error == 0 && (_i == 0 ? disk.fail_after != 0 : stub_fail_at != 0);
        disk.fail_after = 0;
        stub_fail_at = 0;
        if (error == 0) {
            ck_assert_msg(!container_of(fs, struct ext4_fs, fs)->is_dead, "%u", n);
            mount_end(fs);
        }
        ck_assert_int_eq(vfs_unmount_all(), 0);
        ck_assert_msg(stub_kmallocs == 0, "%u: error %d, %u leaked", n, error, (unsigned)stub_kmallocs);
        ck_assert_uint_eq(stub_pages_used, 0);
        mount();
        check_all_there(true);
        unmount();
        if (failed % 8 == 0 || is_over || error == 0)
            check_clean();
        if (is_over)
            break;
        failed++;
    }
    ck_assert_uint_gt(failed, 20);
    free(good.bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_fc");
    TCase *tcase = tcase_create("fast commits");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, numbers_find, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, as_e2fsck);
    tcase_add_test(tcase, all_kinds);
    tcase_add_test(tcase, once);
    tcase_add_test(tcase, read_only);
    tcase_add_loop_test(tcase, first_is_wrong, 0, (int)(sizeof(wrongs) / sizeof(wrongs[0])));
    tcase_add_loop_test(tcase, second_is_wrong, 0, 4);
    tcase_add_loop_test(tcase, odd_ones_are_passed_over, 0, 6);
    tcase_add_test(tcase, name_of_nothing);
    tcase_add_loop_test(tcase, blocks_change_hands, 0, 2);
    tcase_add_loop_test(tcase, any_byte, 0, 23);
    tcase_add_loop_test(tcase, interrupted, 0, 3);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
