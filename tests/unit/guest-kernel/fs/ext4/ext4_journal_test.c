/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_journal_test.c - a file system that is written to: operations are whole after a crash, mounts and unmounts leave
 * it as e2fsck wants it, errors end all writing. */
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

static const struct layout {
    const char *size, *options;
} layouts[] = {
    {"24M", "-t ext4 -b 4096"},
    {"8M", "-t ext4 -b 1024 -J size=1"},
    {"24M", "-t ext4 -b 2048 -O ^metadata_csum"},
    {"24M", "-t ext3 -b 1024"},
    {"24M", "-t ext4 -b 4096 -O ^64bit -O fast_commit"},
};
#define LAYOUTS (int)(sizeof(layouts) / sizeof(layouts[0]))

static void make(const struct layout *layout)
{
    ext4_image_make(&disk, layout->size, layout->options, "");
}

/* ---- mounting ---- */

START_TEST(mount_marks_it)
{
    make(&layouts[_i]);
    mount();
    ck_assert(needs_recovery());
    ck_assert_uint_eq(super_field(offsetof(struct ext4_super, mnt_count), 2), 1);
    ck_assert_uint_eq(super_field(offsetof(struct ext4_super, state), 2), EXT4_STATE_VALID);
    unmount();
    ck_assert(!needs_recovery());
    ck_assert_uint_eq(super_field(offsetof(struct ext4_super, state), 2), EXT4_STATE_VALID);
    check_clean();
}
END_TEST

START_TEST(no_journal)
{
    ext4_image_make(&disk, "24M", _i == 0 ? "-t ext2 -b 1024" : "-t ext4 -b 4096 -O ^has_journal", "");
    mount();
    ck_assert(!needs_recovery());
    ck_assert_uint_eq(super_field(offsetof(struct ext4_super, state), 2), 0);
    change(3, 77);
    ck_assert_int_eq(vfs_sync_all(), 0);
    unmount();
    ck_assert_uint_eq(super_field(offsetof(struct ext4_super, state), 2), EXT4_STATE_VALID);
    check_clean();
    mount();
    ck_assert_uint_eq(uid_of(3), 77);
    unmount();
}
END_TEST

/* However many groups there are: as many descriptors' blocks as here has a file system of 1 TiB with blocks of 4 KiB.
 */
START_TEST(mount_is_quick)
{
    ext4_image_make(&disk, "128M", "-t ext4 -b 1024 -g 256 -N 8192 -J size=1 -O ^resize_inode,^flex_bg", "");
    mount();
    ck_assert_uint_ge(mounted()->groups, 512);
    ck_assert_msg(disk.reads <= 10, "%u reads", disk.reads);
    unmount();
    check_clean();
}
END_TEST

/* ---- commits ---- */

START_TEST(operations_survive)
{
    make(&layouts[_i]);
    mount();
    for (unsigned n = 0; n < FILES; n++)
        change(n, 100 + n);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    change(0, 5); /* which isn't committed */
    crash();
    ck_assert(needs_recovery());
    mount();
    for (unsigned n = 0; n < FILES; n++)
        ck_assert_uint_eq(uid_of(n), 100 + n);
    unmount();
    ck_assert(!needs_recovery());
    check_clean();
}
END_TEST

/* e2fsck replays what was written here. */
START_TEST(e2fsck_replays)
{
    make(&layouts[_i]);
    mount();
    change(1, 4321);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    crash();
    ck_assert_int_eq(ext4_image_shell(&disk, "e2fsck -p $IMAGE >log 2>&1; test $? -le 1"), 0);
    check_clean();
    ck_assert_int_eq(ext4_image_shell(&disk, "debugfs -R 'stat file-1' $IMAGE 2>/dev/null | grep -q 'User: *4321'"), 0);
}
END_TEST

/* A read-only mount replays, too, and leaves no more to be replayed. */
START_TEST(read_only_replays)
{
    struct filesystem *fs;
    struct inode *inode;

    make(&layouts[0]);
    mount();
    change(2, 99);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    crash();
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    stub_quiet = true;
    ck_assert_int_eq(ext4_type.mount(stub_disk_open(&disk, true), "ro", &fs), -EROFS);
    ck_assert_ptr_nonnull(strstr(stub_last_error, "noload"));
    ck_assert_int_eq(ext4_type.mount(stub_disk_open(&disk, false), "noload", &fs), -EINVAL);
    stub_quiet = false;
    ck_assert_int_eq(ext4_type.mount(stub_disk_open(&disk, false), "ro", &fs), 0);
    ck_assert(!needs_recovery());
    ck_assert(fs->read_only);
    ck_assert_int_eq(fs->root->ops->lookup(fs->root, "file-2", 6, &inode), 0);
    ck_assert_uint_eq(inode->uid, 99);
    inode_put(inode);
    unsigned writes = disk.writes;
    inode_put(fs->root);
    icache_drop_idle(fs);
    fs->ops->unmount(fs);
    ck_assert_uint_eq(disk.writes, writes);
    ck_assert_int_eq(vfs_unmount_all(), 0);
    check_clean();
}
END_TEST

/* A log that the superblock doesn't tell of is given up, as on Linux. */
START_TEST(untold_is_wiped)
{
    make(&layouts[_i]);
    mount();
    change(2, 99);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    crash();
    ck_assert_int_eq(ext4_image_shell(&disk, "debugfs -w -R 'feature -needs_recovery' $IMAGE >log 2>&1"), 0);
    ck_assert(!needs_recovery());
    stub_quiet = true;
    mount();
    stub_quiet = false;
    ck_assert_uint_eq(uid_of(2), 0);
    change(3, 77);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    crash();
    mount();
    ck_assert_uint_eq(uid_of(2), 0);
    ck_assert_uint_eq(uid_of(3), 77);
    unmount();
    check_clean();
}
END_TEST

/* The journal is replayed by it, and not by the next mount. */
static void mount_read_only(void)
{
    struct filesystem *fs;

    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    ck_assert_int_eq(ext4_type.mount(stub_disk_open(&disk, false), "ro", &fs), 0);
    inode_put(fs->root);
    icache_drop_idle(fs);
    fs->ops->unmount(fs);
    unmount();
}

/* Linux keeps what is free in memory, so that after a crash of its the superblock's counts are old. */
START_TEST(counts_are_old)
{
    static const uint32_t old[] = {0, 900000};
    size_t blocks = 1024 + offsetof(struct ext4_super, free_blocks_count_lo);
    size_t inodes = 1024 + offsetof(struct ext4_super, free_inodes_count);
    bool has_journal = _i < 2, is_read_only = _i == 1;

    ext4_image_make(&disk, "24M", has_journal ? "-t ext4 -b 1024 -O ^metadata_csum" : "-t ext2 -b 1024", "");
    uint32_t free_blocks = super_field(blocks - 1024, 4), free_inodes = super_field(inodes - 1024, 4);
    for (unsigned n = 0; n < sizeof(old) / sizeof(old[0]); n++) {
        mount();
        crash();
        memcpy(disk.bytes + blocks, &old[n], sizeof(old[n]));
        memcpy(disk.bytes + inodes, &old[n], sizeof(old[n]));
        if (is_read_only)
            mount_read_only();
        mount();
        ck_assert_uint_eq(ext4_free_blocks_count(mounted()), free_blocks);
        ck_assert_uint_eq(mounted()->super.free_inodes_count, free_inodes);
        unmount();
        check_clean();
    }
}
END_TEST

/* The log goes round many times. */
START_TEST(many_transactions)
{
    make(&layouts[_i]);
    mount();
    for (unsigned i = 0; i < 1500; i++) {
        uint32_t tid = change(i % FILES, i);
        if (i % 2 == 0)
            ck_assert_int_eq(ext4_commit(mounted(), tid), 0);
    }
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    crash();
    mount();
    for (unsigned n = 0; n < FILES; n++)
        ck_assert_uint_eq(uid_of(n), 1500 - FILES + n);
    unmount();
    check_clean();
}
END_TEST

/* What is in memory without being at its place is bounded. */
START_TEST(memory_is_bounded)
{
    make(&layouts[_i]);
    mount();
    mounted()->buffers.dirty_most = 3;
    for (unsigned i = 0; i < 100; i++) {
        change(i % FILES, i);
        ck_assert_uint_le(mounted()->buffers.dirty_count, 5);
        if (i % 5 == 0)
            ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    }
    unmount();
    check_clean();
}
END_TEST

/* What isn't in any inode is committed by the flusher. */
START_TEST(changes_are_told)
{
    make(&layouts[0]);
    mount();
    struct filesystem *fs = &mounted()->fs;
    ck_assert(!(fs->dirty.next != NULL));
    change(1, 9);
    ck_assert((fs->dirty.next != NULL));
    unsigned writes = disk.writes;
    ck_assert_int_eq(fs->ops->sync(fs, false), 0);
    ck_assert_uint_gt(disk.writes, writes);
    ck_assert(!(fs->dirty.next != NULL));
    unmount();
    check_clean();
}
END_TEST

/* ---- how much a commit costs ---- */

START_TEST(commit_costs)
{
    make(&layouts[_i]);
    mount();
    for (unsigned i = 0; i < 20; i++) { /* the first also marks the log, which begins in pieces */
        change(1, i);
        ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    }
    struct inode *inode = inode_at("/file-1");
    change(1, 2);
    unsigned writes = disk.writes, flushes = disk.flushes, reads = disk.reads;
    ck_assert_int_eq(ext4_sync_inode(inode, false), 0);
    ck_assert_uint_eq(disk.writes - writes, 2); /* and the page would be the third */
    ck_assert_uint_eq(disk.flushes - flushes, 2);
    /* Nothing is left but what is in the disk's cache. */
    ck_assert_int_eq(ext4_sync_inode(inode, false), 0);
    ck_assert_uint_eq(disk.writes - writes, 2);
    ck_assert_uint_eq(disk.flushes - flushes, 3);
    /* What changed isn't what the data need. */
    change(1, 3);
    ck_assert_int_eq(ext4_sync_inode(inode, true), 0);
    ck_assert_uint_eq(disk.writes - writes, 2);
    ck_assert_uint_eq(disk.flushes - flushes, 4);
    ck_assert_uint_eq(disk.reads, reads);
    inode_put(inode);
    unmount();
    check_clean();
}
END_TEST

/* ---- remounting ---- */

START_TEST(remount)
{
    make(&layouts[_i]);
    mount();
    struct filesystem *fs = &mounted()->fs;
    change(1, 11);
    ck_assert_int_eq(mount_remount(vfs_root(), MS_RDONLY, NULL, false), 0);
    ck_assert(fs->read_only);
    ck_assert(!needs_recovery());
    check_clean();
    struct ext4_handle handle;
    ck_assert_int_eq(ext4_begin(mounted(), &handle, 1), -EROFS);
    ck_assert_int_eq(mount_remount(vfs_root(), MS_RDONLY, "data=journal", false), -EINVAL);
    ck_assert_int_eq(mount_remount(vfs_root(), 0, "discard,errors=continue", false), 0);
    ck_assert(!fs->read_only && mounted()->goes_on);
    ck_assert(needs_recovery());
    change(2, 22);
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    crash();
    mount();
    ck_assert_uint_eq(uid_of(1), 11);
    ck_assert_uint_eq(uid_of(2), 22);
    unmount();
    check_clean();
}
END_TEST

/* ---- what is done about damage ---- */

#define ABORTED 6 /* SIGABRT, which the host's header would tell beside the kernel's own */

static const struct {
    const char *superblock, *option; /* NULL: none */
    bool goes_on;
} on_errors[] = {
    {"-t ext4 -e continue", NULL, true},
    {"-t ext4 -e remount-ro", NULL, false},
    {"-t ext4 -e continue", "errors=remount-ro", false},
    {"-t ext4 -e remount-ro", "errors=continue", true},
    {"-t ext4 -e panic", "errors=continue", true},
    {"-t ext4 -e continue", "noacl", true},
};

static void damage(const char *superblock, const char *option)
{
    ext4_image_make(&disk, "8M", superblock, "");
    mount();
    if (option != NULL)
        ck_assert_int_eq(mount_remount(vfs_root(), 0, option, false), 0);
    stub_quiet = true;
    ck_assert_int_eq(ext4_damaged(mounted(), "a test says so"), -EUCLEAN);
}

START_TEST(damage_as_asked)
{
    damage(on_errors[_i].superblock, on_errors[_i].option);
    ck_assert_int_eq(mounted()->fs.read_only, !on_errors[_i].goes_on);
    if (on_errors[_i].goes_on)
        unmount();
    else
        ck_assert_int_eq(vfs_unmount_all(), -EROFS);
    ck_assert_uint_ne(super_field(offsetof(struct ext4_super, state), 2) & EXT4_STATE_ERRORS, 0);
}
END_TEST

START_TEST(damage_panics)
{
    damage(_i == 0 ? "-t ext4 -e panic" : "-t ext4", _i == 0 ? NULL : "errors=panic");
}
END_TEST

/* Somebody has a file without a name: it can't be made read-only, as what makes it writable again would free that. */
START_TEST(remount_with_nameless)
{
    struct inode *inode;

    make(&layouts[0]);
    mount();
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/gone", S_IFREG | 0644, 0), 0);
    ck_assert_int_eq(vfs_lookup(vfs_root(), "/gone", 0, &inode), 0);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/gone", false), 0);
    ck_assert_int_eq(mount_remount(vfs_root(), MS_RDONLY, NULL, false), -EBUSY);
    ck_assert(!mounted()->fs.read_only && !mounted()->fs.stops_writing);
    inode_put(inode);
    ck_assert_int_eq(mount_remount(vfs_root(), MS_RDONLY, NULL, false), 0);
    ck_assert_int_eq(mount_remount(vfs_root(), 0, NULL, false), 0);
    ck_assert(!mounted()->is_dead);
    unmount();
    check_clean();
}
END_TEST

/* The disk fails while it is made read-only: nothing is ever written past the journal, and where there is none the
 * unmount tries again. */
START_TEST(remount_fails)
{
    const char *options = _i == 0 ? "-t ext4 -b 4096" : "-t ext4 -b 4096 -O ^has_journal";
    bool over = false;
    unsigned ended = 0;

    stub_quiet = true;
    for (unsigned n = 1; !over; n++) {
        struct ext4_handle handle;
        ext4_image_make(&disk, "24M", options, "");
        mount();
        change(1, 11);
        disk.fail_after = n;
        over = mount_remount(vfs_root(), MS_RDONLY, NULL, false) == 0;
        disk.fail_after = 0;
        bool ends = _i == 0 && !over && mounted()->journal == NULL;
        ck_assert(!ends || ext4_begin(mounted(), &handle, 1) == -EROFS);
        ended += ends;
        (void)vfs_unmount_all();
        ck_assert_uint_eq(stub_kmallocs, 0);
        if (_i == 1 && !over) {
            check_clean();
            mount();
            ck_assert_uint_eq(uid_of(1), 11);
            unmount();
        }
        teardown();
    }
    ck_assert(_i != 0 || ended != 0);
}
END_TEST

/* ---- errors ---- */

/* What ended the journal is told by one mount, and counted once. */
START_TEST(journal_error_is_told_once)
{
    make(&layouts[_i]);
    mount();
    change(1, 1);
    stub_quiet = true;
    (void)ext4_fail(mounted(), "a test", -EIO);
    (void)vfs_unmount_all();
    uint32_t errors = super_field(offsetof(struct ext4_super, error_count), 4);
    for (unsigned i = 0; i < 2; i++) {
        mount();
        crash();
        ck_assert_uint_eq(super_field(offsetof(struct ext4_super, error_count), 4), errors + 1);
        ck_assert(super_field(offsetof(struct ext4_super, state), 2) & EXT4_STATE_ERRORS);
    }
}
END_TEST

/* The disk fails at each request in turn; what was committed is there afterwards. */
START_TEST(disk_fails)
{
    stub_quiet = true;
    make(&layouts[_i]);
    struct stub_disk before = disk;
    before.bytes = malloc(disk.size);
    memcpy(before.bytes, disk.bytes, disk.size);
    unsigned n = 1;
    for (bool over = false; !over; n++) {
        memcpy(disk.bytes, before.bytes, disk.size);
        disk.writes = disk.flushes = disk.reads = 0;
        mount();
        unsigned done = 0;
        for (unsigned i = 0; i < FILES; i++)
            ck_assert_uint_eq(uid_of(i), 0);
        disk.fail_after = n;
        struct ext4_handle handle;
        while (done < 30 && ext4_begin(mounted(), &handle, 4) == 0) {
            ext4_end(&handle);
            change(done % FILES, 1 + done);
            if (ext4_commit_all(mounted()) != 0)
                break;
            done++;
        }
        over = done == 30;
        ck_assert(over || mounted()->fs.read_only);
        ck_assert(over || ext4_begin(mounted(), &handle, 1) == -EROFS);
        disk.fail_after = 0;
        (void)vfs_unmount_all();
        ck_assert_uint_eq(stub_kmallocs, 0);
        mount();
        for (unsigned i = 0; i < done && i < FILES; i++)
            ck_assert_uint_ge(uid_of(i), i + 1);
        unmount();
        if (n % 8 == 0)
            ck_assert_int_eq(ext4_image_shell(&disk, CLEAN), 0);
    }
    ck_assert_uint_gt(n, 50);
    free(before.bytes);
}
END_TEST

/* Damage that is found ends all writing, unless errors=continue. */
START_TEST(damage_ends_it)
{
    struct filesystem *fs;
    struct inode *inode;

    make(&layouts[0]);
    stub_quiet = true;
    ck_assert_int_eq(ext4_image_shell(&disk, "debugfs -w -R 'sif file-7 mode 0' $IMAGE"), 0);
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    ck_assert_int_eq(
        ext4_type.mount(stub_disk_open(&disk, false), _i == 0 ? "errors=remount-ro" : "errors=continue", &fs), 0);
    struct ext4_fs *e4 = ext4_of(fs->root);
    struct ext4_handle handle;
    ck_assert_int_eq(ext4_begin(e4, &handle, 3), 0);
    ck_assert_int_eq(ext4_change_super(&handle), 0);
    ext4_end(&handle);
    ck_assert_int_eq(fs->root->ops->lookup(fs->root, "file-7", 6, &inode), -EUCLEAN);
    ck_assert_int_eq(fs->read_only, _i == 0);
    ck_assert_int_eq(ext4_begin(e4, &handle, 3), _i == 0 ? -EROFS : 0);
    if (_i == 1)
        ext4_end(&handle);
    ck_assert_int_eq(fs->ops->sync(fs, true), _i == 0 ? -EROFS : 0);
    inode_put(fs->root);
    icache_drop_idle(fs);
    fs->ops->unmount(fs);
    ck_assert_uint_eq(super_field(offsetof(struct ext4_super, state), 2), EXT4_STATE_VALID | EXT4_STATE_ERRORS);
    ck_assert_uint_eq(super_field(offsetof(struct ext4_super, error_count), 4), 1);
    ck_assert(needs_recovery() == (_i == 0));
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

/* Memory is short at each allocation of a mount and of some operations: an error, or it is done. */
START_TEST(memory_short)
{
    struct filesystem *fs;
    int error = -ENOMEM;

    make(&layouts[_i]);
    stub_quiet = true;
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    uint64_t before = stub_kmallocs;
    for (unsigned at = 1; error != 0; at++) {
        stub_fail_at = at;
        error = ext4_type.mount(stub_disk_open(&disk, false), NULL, &fs);
        bool failed = stub_fail_at == 0;
        stub_fail_at = 0;
        ck_assert(error == 0 || error == -ENOMEM);
        if (error == 0) {
            inode_put(fs->root);
            icache_drop_idle(fs);
            fs->ops->unmount(fs);
        }
        ck_assert_uint_eq(stub_kmallocs, before);
        if (failed)
            error = -ENOMEM;
    }
    ck_assert_int_eq(vfs_unmount_all(), 0);
    check_clean();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ext4_journal");
    TCase *tcase = tcase_create("journal");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, mount_marks_it, 0, LAYOUTS);
    tcase_add_loop_test(tcase, no_journal, 0, 2);
    tcase_add_loop_test(tcase, operations_survive, 0, LAYOUTS);
    tcase_add_loop_test(tcase, e2fsck_replays, 0, LAYOUTS);
    tcase_add_test(tcase, read_only_replays);
    tcase_add_loop_test(tcase, counts_are_old, 0, 3);
    tcase_add_test(tcase, mount_is_quick);
    tcase_add_loop_test(tcase, damage_as_asked, 0, (int)(sizeof(on_errors) / sizeof(on_errors[0])));
    tcase_add_loop_test_raise_signal(tcase, damage_panics, ABORTED, 0, 2);
    tcase_add_test(tcase, remount_with_nameless);
    tcase_add_loop_test(tcase, remount_fails, 0, 2);
    tcase_add_loop_test(tcase, untold_is_wiped, 0, LAYOUTS);
    tcase_add_loop_test(tcase, journal_error_is_told_once, 0, LAYOUTS);
    tcase_add_loop_test(tcase, many_transactions, 0, LAYOUTS);
    tcase_add_loop_test(tcase, memory_is_bounded, 0, LAYOUTS);
    tcase_add_test(tcase, changes_are_told);
    tcase_add_loop_test(tcase, commit_costs, 0, LAYOUTS);
    tcase_add_loop_test(tcase, remount, 0, LAYOUTS);
    tcase_add_loop_test(tcase, disk_fails, 0, 2);
    tcase_add_loop_test(tcase, damage_ends_it, 0, 2);
    tcase_add_loop_test(tcase, memory_short, 0, LAYOUTS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
