/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_orphan_test.c - inodes without a name: in the list and out of it, in any order; and what a crash leaves is
 * finished, from the list and from a file. */
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
#include "lib/crc.h"
#include "vfs/icache.h"

#define MANY 40u

static const char *const layouts[] = {
    "-t ext4 -b 1024 -O ^has_journal",
    "-t ext4 -b 4096 -O ^has_journal,^metadata_csum",
    "-t ext2 -b 1024 -I 128",
    "-t ext4 -b 4096 -O ^has_journal",
    "-t ext4 -b 1024 -O ^has_journal,^metadata_csum,uninit_bg",
};

static struct inode *inode_at(const char *path)
{
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode);

    ck_assert_msg(error == 0, "%s: error %d", path, error);
    return inode;
}

/* ---- the list ---- */

/* The numbers in the list as the disk has it. */
static uint32_t list_of(uint32_t *out)
{
    uint32_t count = 0;

    for (uint32_t at = e4->super.last_orphan; at != 0; count++) {
        ck_assert_uint_lt(count, MANY);
        out[count] = at;
        ck_assert_int_eq(ext4_orphan_next(e4, at, &at), 0);
    }
    return count;
}

/* An inode of a file that has no name, as if it had been open. */
static struct ext4_inode *nameless(void)
{
    struct ext4_handle handle;
    struct inode *inode;

    ck_assert_int_eq(ext4_begin(e4, &handle, 2 * EXT4_CREDITS_INODE_NEW), 0);
    ck_assert_int_eq(ext4_inode_new(&handle, ext4_inode_of(e4->fs.root), S_IFREG | 0644, 0, &inode), 0);
    inode->links = 0;
    ck_assert_int_eq(ext4_orphan_add(&handle, ext4_inode_of(inode)), 0);
    ck_assert_int_eq(ext4_orphan_add(&handle, ext4_inode_of(inode)), 0); /* once */
    ck_assert_int_eq(ext4_inode_store(&handle, ext4_inode_of(inode)), 0);
    ext4_end(&handle);
    return ext4_inode_of(inode);
}

START_TEST(list)
{
    struct ext4_inode *all[MANY];
    uint32_t model[MANY], found[MANY], count = 0;

    seed = (uint32_t)_i;
    mount_image("20M", layouts[_i], "");
    uint32_t free_inodes = e4->super.free_inodes_count;
    for (unsigned round = 0; round < 300; round++) {
        if (count < MANY && (count == 0 || any(2))) {
            all[count] = nameless();
            count++;
        } else {
            uint32_t at = any(count);
            inode_put(&all[at]->inode);
            ext4_reap(e4);
            memmove(&all[at], &all[at + 1], (--count - at) * sizeof(all[0]));
        }
        for (uint32_t i = 0; i < count; i++)
            model[i] = ext4_number(all[count - 1 - i]);
        ck_assert_uint_eq(list_of(found), count);
        ck_assert_mem_eq(model, found, count * sizeof(model[0]));
        if (any(8) == 0)
            ck_assert_int_eq(ext4_buffers_write(e4), 0);
    }
    while (count != 0)
        inode_put(&all[--count]->inode);
    ext4_reap(e4);
    ck_assert_uint_eq(e4->super.last_orphan, 0);
    ck_assert_uint_eq(e4->super.free_inodes_count, free_inodes);
    finish();
    fsck(layouts[_i]);
}
END_TEST

static void list_leave(struct ext4_inode *ei)
{
    struct ext4_handle handle;

    ck_assert_int_eq(ext4_begin(e4, &handle, EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE), 0);
    ck_assert_int_eq(ext4_orphan_remove(&handle, ei), 0);
    ck_assert_int_eq(ext4_inode_store(&handle, ei), 0);
    ext4_end(&handle);
}

/* One in the middle, which has a name, isn't in memory any more, and comes back: it is there once. */
START_TEST(list_with_gap)
{
    struct ext4_handle handle;
    uint32_t found[MANY];
    struct inode *inode;

    seed = (uint32_t)_i;
    mount_image("20M", layouts[_i], "");
    struct ext4_inode *a = nameless(), *b = nameless(), *c = nameless();
    uint32_t number = ext4_number(b);
    b->inode.links = 1;
    ck_assert_int_eq(ext4_begin(e4, &handle, EXT4_CREDITS_INODE), 0);
    ck_assert_int_eq(ext4_inode_store(&handle, b), 0);
    ext4_end(&handle);
    inode_put(&b->inode);
    icache_drop_idle(&e4->fs);
    ck_assert_uint_eq(e4->orphans_out, 1);
    list_leave(a);
    ck_assert_uint_eq(list_of(found), 2);
    ck_assert_uint_eq(found[0], ext4_number(c));
    ck_assert_uint_eq(found[1], number);

    ck_assert_int_eq(ext4_inode_get(e4, number, EXT4_FOR_FILES, &inode), 0);
    b = ext4_inode_of(inode);
    ck_assert_int_eq(ext4_begin(e4, &handle, EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE), 0);
    ck_assert_int_eq(ext4_orphan_add(&handle, b), 0);
    inode->links = 0;
    ck_assert_int_eq(ext4_inode_store(&handle, b), 0);
    ext4_end(&handle);
    ck_assert_uint_eq(list_of(found), 2);
    if (any(2) == 0)
        list_leave(b);
    inode_put(&a->inode);
    inode_put(&b->inode);
    inode_put(&c->inode);
    ext4_reap(e4);
    ck_assert_uint_eq(e4->super.last_orphan, 0);
    finish();
    fsck(layouts[_i]);
}
END_TEST

/* ---- after a crash ---- */

/* `number` of a path, in a shell. */
#define NUMBER(path) "$(debugfs -R 'stat " path "' $IMAGE 2>/dev/null | sed -n 's/^Inode: *\\([0-9]*\\).*/\\1/p')"
/* Two files without a name and one that is to be cut, in the list. */
#define LISTED                                                                                                        \
    "a=" NUMBER("/size-100000") "; b=" NUMBER("/every-other") "; c=" NUMBER(                                          \
        "/size-600000") ";"                                                                                           \
                        "d=" NUMBER("/size-5000") "; printf '%s\\n' \"unlink /size-100000\" \"unlink /every-other\" " \
                                                  "\"sif <$a> links_count 0\" "                                       \
                                                  "\"sif <$b> links_count 0\" \"sif <$c> size 5000\" \"sif <$a> "     \
                                                  "dtime @$b\" \"sif <$b> dtime @$c\" "                               \
                                                  "\"ssv last_orphan $a\" >script; debugfs -w -f script $IMAGE"

START_TEST(listed)
{
    mount_image("24M", layouts[_i], LISTED);
    ck_assert_uint_ne(e4->super.last_orphan, 0);
    uint64_t free_blocks = ext4_free_blocks_count(e4);
    uint32_t free_inodes = e4->super.free_inodes_count;
    ck_assert_int_eq(ext4_orphans_finish(e4), 3);
    ck_assert_uint_eq(e4->super.last_orphan, 0);
    ck_assert_uint_eq(e4->super.free_inodes_count, free_inodes + 2);
    ck_assert_uint_gt(ext4_free_blocks_count(e4), free_blocks + (100000 + 1500000 + 500000) / e4->block_size);
    struct inode *inode = inode_at("/size-600000");
    ck_assert_uint_eq(inode->size, 5000);
    ck_assert_uint_eq(ext4_inode_of(inode)->sectors,
                      (5000 + e4->block_size - 1) / e4->block_size * (e4->block_size / 512));
    inode_put(inode);
    ck_assert_int_eq(ext4_orphans_finish(e4), 0);
    finish();
    fsck(layouts[_i]);
}
END_TEST

/* Lists that go around, or to what can't be. What e2fsck then says of it is its own. */
START_TEST(damaged)
{
    static const char *const harm[] = {
        "sif <$b> dtime @$a", "sif <$b> dtime @$b",          "sif <$b> dtime @4000000", "sif <$b> dtime @2",
        "sif <$b> dtime @8",  "ssv last_orphan 77777777",    "ssv last_orphan 1500",    "sif <$b> mode 0",
        "sif <$c> dtime @$b", "sif <$c> block[0] 0x1234567",
    };
    char after[2000];

    stub_quiet = true;
    for (unsigned i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
        snprintf(after, sizeof(after), "%s; debugfs -w -R \"%s\" $IMAGE", LISTED, harm[i]);
        mount_image("24M", layouts[0], after);
        int done = ext4_orphans_finish(e4);
        ck_assert_msg(done >= 0 && done <= 4, "%s: %d", harm[i], done);
        ck_assert_uint_eq(e4->super.last_orphan, 0);
        ck_assert(!e4->is_dead);
        finish();
        int status = ext4_image_shell(&disk, "e2fsck -fy $IMAGE >fsck.log 2>&1");
        ck_assert_msg(status <= 1, "%s: e2fsck: %d", harm[i], status);
        teardown();
    }
    stub_quiet = false;
}
END_TEST

/* The state says that there were errors: they are left. */
START_TEST(with_errors)
{
    stub_quiet = true;
    mount_image("24M", layouts[0], LISTED "; debugfs -w -R 'ssv state 2' $IMAGE");
    uint32_t free_inodes = e4->super.free_inodes_count;
    ck_assert_int_eq(ext4_orphans_finish(e4), 0);
    ck_assert_uint_eq(e4->super.last_orphan, 0);
    ck_assert_uint_eq(e4->super.free_inodes_count, free_inodes);
    finish();
}
END_TEST

/* ---- the file ---- */

static uint32_t number_of(const char *path)
{
    struct inode *inode = inode_at(path);
    uint32_t number = (uint32_t)inode->number;

    inode_put(inode);
    return number;
}

/* Puts numbers into the file's block, as Linux does. */
static void file_put_numbers(uint32_t block, const uint32_t *from, uint32_t count, uint32_t spoil)
{
    struct ext4_buffer *buffer;
    struct inode *inode;
    struct ext4_handle handle;

    ck_assert_int_eq(ext4_inode_get(e4, e4->super.orphan_file_inum, EXT4_FOR_FILES, &inode), 0);
    ck_assert_int_eq(ext4_map_buffer(ext4_inode_of(inode), block, &buffer), 0);
    ck_assert_int_eq(ext4_begin(e4, &handle, 2), 0);
    ck_assert_int_eq(ext4_change(&handle, buffer, NULL, 0), 0);
    uint32_t *words = buffer->data, last = e4->block_size / 4 - 1;
    ck_assert_uint_eq(words[last - 1], 0x0b10ca04);
    uint32_t sum = crc32c(ext4_inode_of(inode)->seed, &buffer->block, 8);
    ck_assert_uint_eq(words[last], crc32c(sum, words, e4->block_size - 8)); /* as mke2fs made it */
    for (uint32_t i = 0; i < count; i++)
        words[7 * i + 3] = from[i];
    words[last] = crc32c(sum, words, e4->block_size - 8) ^ spoil;
    e4->super.feature_ro_compat |= EXT4_RO_ORPHAN_PRESENT;
    e4->ro_compat = e4->super.feature_ro_compat;
    ck_assert_int_eq(ext4_change_super(&handle), 0);
    ext4_end(&handle);
    ext4_buffer_put(&e4->buffers, buffer);
    inode_put(inode);
}

#define WITH_FILE "-t ext4 -b 1024 -O orphan_file -J size=2"
#define NAMELESS(path)                                  \
    "a=" NUMBER(path) "; printf '%s\\n' \"unlink " path \
                      "\" \"sif <$a> links_count 0\" >script; debugfs -w -f script $IMAGE; "

/* An image with files that have no name any more, the numbers of which are in the file; and one that is to be cut. */
static void make_with_file(uint32_t spoil)
{
    static const char *const paths[] = {"/size-100000", "/every-other"};
    uint32_t entries[4];

    ext4_image_make(&disk, "32M", WITH_FILE, "");
    mount();
    entries[0] = number_of(paths[0]);
    entries[1] = number_of(paths[1]);
    unmount();
    teardown();
    ext4_image_make(&disk, "32M", WITH_FILE,
                    NAMELESS("/size-100000")
                        NAMELESS("/every-other") "debugfs -w -R 'sif /size-600000 size 7000' $IMAGE");
    mount();
    e4 = mounted();
    entries[2] = number_of("/size-600000");
    entries[3] = 0;
    file_put_numbers(0, entries, 1, spoil);
    file_put_numbers(3, entries + 1, 3, spoil);
}

START_TEST(in_file)
{
    make_with_file(0);
    uint64_t free_blocks = ext4_free_blocks_count(e4);
    uint32_t free_inodes = e4->super.free_inodes_count;
    unmount();
    mount();
    e4 = mounted();
    ck_assert_int_ge(ext4_orphans_finish(e4), 0); /* unless mounting has done it */
    ck_assert(!(e4->super.feature_ro_compat & EXT4_RO_ORPHAN_PRESENT));
    ck_assert_uint_eq(e4->super.last_orphan, 0);
    ck_assert_uint_eq(e4->super.free_inodes_count, free_inodes + 2);
    ck_assert_uint_gt(ext4_free_blocks_count(e4), free_blocks + 2000);
    struct inode *inode = inode_at("/size-600000");
    ck_assert_uint_eq(ext4_inode_of(inode)->sectors, 7 * 2);
    inode_put(inode);
    unmount();
    fsck(WITH_FILE);
}
END_TEST

/* A number of which nothing is to come is dropped with a line on the log, and the others are finished. */
START_TEST(file_with_nonsense)
{
    static const uint32_t bad[] = {7, 2000, 3, 77777777};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        make_with_file(0);
        file_put_numbers(2, &bad[i], 1, 0);
        unmount();
        stub_quiet = true;
        mount();
        e4 = mounted();
        (void)ext4_orphans_finish(e4);
        ck_assert_uint_eq(e4->super.last_orphan, 0);
        (void)vfs_unmount_all();
        stub_quiet = false;
        int status = ext4_image_shell(&disk, "e2fsck -fy $IMAGE >fsck.log 2>&1");
        ck_assert_msg(status <= 1, "%u: e2fsck: %d", bad[i], status);
        teardown();
    }
}
END_TEST

START_TEST(file_damaged)
{
    make_with_file(5);
    uint32_t free_inodes = e4->super.free_inodes_count;
    unmount();
    stub_quiet = true;
    mount();
    e4 = mounted();
    ck_assert_int_lt(ext4_orphans_finish(e4), 0);
    ck_assert_uint_eq(e4->super.free_inodes_count, free_inodes);
    (void)vfs_unmount_all();
    stub_quiet = false;
}
END_TEST

/* Holes could be looked at for long: the first one ends it. */
START_TEST(file_with_hole)
{
    char command[200];

    make_with_file(0);
    uint32_t number = e4->super.orphan_file_inum;
    unmount();
    snprintf(command, sizeof(command), "debugfs -w -R 'sif <%u> size 4000000' $IMAGE >log 2>&1", number);
    ck_assert_int_eq(ext4_image_shell(&disk, command), 0);
    stub_quiet = true;
    mount();
    e4 = mounted();
    ck_assert_int_lt(ext4_orphans_finish(e4), 0);
    ck_assert(e4->super.feature_ro_compat & EXT4_RO_ORPHAN_PRESENT);
    (void)vfs_unmount_all();
    stub_quiet = false;
}
END_TEST

#define LONG_LIST 960u
#define IN_A_BLOCK 30u /* as file_put_numbers leaves gaps */

/* Many files with a block each, of which debugfs takes the names; in the list, each leads to the one before. */
static void make_many(uint32_t *numbers, bool in_list)
{
    char path[32], command[300];

    ext4_image_make(&disk, "32M", WITH_FILE, "");
    mount();
    for (unsigned i = 0; i < LONG_LIST; i++) {
        snprintf(path, sizeof(path), "/many-%u", i);
        ck_assert_int_eq(put_file(path, "x", 1), 1);
        numbers[i] = number_of(path);
    }
    unmount();
    ck_assert_int_eq(ext4_folder_shell(": >script"), 0);
    for (unsigned i = 0; i < LONG_LIST; i += 60) {
        char lines[60 * 80];
        size_t length = 0;
        for (unsigned n = i; n < i + 60; n++)
            length += (size_t)snprintf(lines + length, sizeof(lines) - length,
                                       "unlink /many-%u\nsif <%u> links_count 0\nsif <%u> dtime @%u\n", n, numbers[n],
                                       numbers[n], in_list && n != 0 ? numbers[n - 1] : 0);
        ck_assert_int_eq(setenv("SOME", lines, 1), 0);
        ck_assert_int_eq(ext4_folder_shell("echo \"$SOME\" >>script"), 0);
    }
    snprintf(command, sizeof(command),
             "%s debugfs -w -f script $IMAGE >log 2>&1 || { grep -v ^debugfs: log | head -5 >&2; false; }",
             in_list ? "echo ssv last_orphan $LAST >>script;" : "");
    snprintf(path, sizeof(path), "%u", numbers[LONG_LIST - 1]);
    ck_assert_int_eq(setenv("LAST", path, 1), 0);
    ck_assert_int_eq(ext4_image_shell(&disk, command), 0);
}

/* In all 32 blocks of the file, or in a long list: all that they have is free again. */
START_TEST(many)
{
    static uint32_t numbers[LONG_LIST];

    make_many(numbers, _i == 1);
    if (_i == 0) {
        mount();
        e4 = mounted();
        for (unsigned n = 0; n < LONG_LIST; n += IN_A_BLOCK)
            file_put_numbers(n / IN_A_BLOCK, numbers + n, IN_A_BLOCK, 0);
        unmount();
    }
    mount();
    e4 = mounted();
    ck_assert_int_ge(ext4_orphans_finish(e4), 0); /* unless mounting has done it */
    ck_assert(!(e4->super.feature_ro_compat & EXT4_RO_ORPHAN_PRESENT));
    ck_assert_uint_eq(e4->super.last_orphan, 0);
    for (unsigned n = 0; n < LONG_LIST; n += 97) {
        bool is_used = true;
        ck_assert_int_eq(ext4_number_is_used(e4, numbers[n], &is_used), 0);
        ck_assert(!is_used);
    }
    unmount();
    fsck(WITH_FILE);
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(30);
}

int main(void)
{
    Suite *suite = suite_create("ext4_orphan");
    TCase *tcase = tcase_create("orphan");
    int count = (int)(sizeof(layouts) / sizeof(layouts[0]));

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, list, 0, count);
    tcase_add_loop_test(tcase, list_with_gap, 0, count);
    tcase_add_loop_test(tcase, listed, 0, count);
    tcase_add_test(tcase, damaged);
    tcase_add_test(tcase, with_errors);
    tcase_add_test(tcase, in_file);
    tcase_add_test(tcase, file_with_nonsense);
    tcase_add_test(tcase, file_damaged);
    tcase_add_test(tcase, file_with_hole);
    tcase_add_loop_test(tcase, many, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
