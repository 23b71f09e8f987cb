/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_room_test.c - who may have which blocks: what a transaction freed, what is promised, what is kept for root; and
 * damaged bitmaps and descriptors. */
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
#include "core/thread.h"
#include "ext4_alloc_setup.h"

static struct process process;
static struct thread caller = {.process = &process};

struct thread *arch_current(void)
{
    return &caller;
}

static void be_root(bool is_root)
{
    caller.cred = (struct cred){0};
    if (is_root)
        cred_init_root(&caller.cred);
    else
        caller.cred.user = (struct cred_ids){1000, 1000, 1000, 1000};
}

static int take(uint64_t goal, unsigned flags, uint32_t want, uint64_t *block)
{
    struct ext4_handle handle;
    uint32_t count = want;

    ck_assert_int_eq(ext4_begin(e4, &handle, EXT4_CREDITS_ALLOC), 0);
    int error = ext4_blocks_alloc(&handle, goal, flags, &count, block);
    ext4_end(&handle);
    return error == 0 ? (int)count : error;
}

static int give(uint64_t block, uint32_t count, unsigned flags)
{
    struct ext4_handle handle;

    ck_assert_int_eq(ext4_begin(e4, &handle, 4 * EXT4_CREDITS_ALLOC + count), 0);
    int error = ext4_blocks_free(&handle, block, count, flags);
    ext4_end(&handle);
    return error;
}

/* As many as there are, each run put down in `runs`: how many blocks. */
static struct ext4_range runs[100000];
static unsigned run_count;

static uint64_t take_all(unsigned flags)
{
    uint64_t all = 0, block;
    int count;

    while ((count = take(0, flags, 1000, &block)) > 0) {
        SURE(run_count < sizeof(runs) / sizeof(runs[0]));
        runs[run_count++] = (struct ext4_range){block, block + (uint64_t)count};
        all += (uint64_t)count;
    }
    ck_assert_int_eq(count, -ENOSPC);
    return all;
}

static void give_all(unsigned flags)
{
    while (run_count != 0) {
        struct ext4_range *run = &runs[--run_count];
        SURE(give(run->start, (uint32_t)(run->end - run->start), flags) == 0);
    }
}

#define LAYOUT "-t ext4 -b 1024 -O ^has_journal"

/* ---- whose they are ---- */

/* mke2fs keeps 5 % for root; trees have 2 %, up to 4096. */
START_TEST(kept)
{
    mount_image("20M", LAYOUT, "");
    uint64_t free = ext4_free_blocks_count(e4), for_root = 20480 / 20, for_trees = 20480 / 50;
    ck_assert_uint_eq(e4->super.r_blocks_count_lo, for_root);
    be_root(false);
    ck_assert_uint_eq(take_all(0), free - for_root - for_trees);
    be_root(true);
    ck_assert_uint_eq(take_all(0), for_root);
    ck_assert_uint_eq(take_all(EXT4_BLOCKS_META), for_trees);
    give_all(0);
    be_root(false); /* the user that the superblock names */
    e4->super.def_resuid = 1000;
    ck_assert_uint_eq(take_all(0), free - for_trees);
    give_all(0);
    ck_assert_uint_eq(ext4_free_blocks_count(e4), free);
    finish();
    fsck(LAYOUT);
}
END_TEST

START_TEST(promised)
{
    uint64_t block;

    mount_image("20M", LAYOUT, "");
    be_root(false);
    uint64_t all = ext4_free_blocks_count(e4) - 20480 / 20 - 20480 / 50;
    ck_assert_int_eq(ext4_blocks_promise(e4, all - 100), 0);
    ck_assert_int_eq(ext4_blocks_promise(e4, 101), -ENOSPC);
    ck_assert_uint_eq(take_all(0), 100); /* others have what is left */
    ck_assert_int_eq(ext4_blocks_promise(e4, 1), -ENOSPC);
    ck_assert_int_eq(take(0, EXT4_BLOCKS_PROMISED, 50, &block), 50);
    ck_assert_uint_eq(e4->promised, all - 150);
    ck_assert_int_eq(give(block, 50, 0), 0);
    ext4_blocks_unpromise(e4, all - 150);
    ck_assert_uint_eq(e4->promised, 0);
    be_root(true);
    ck_assert_int_eq(ext4_blocks_promise(e4, all + 20480 / 20 - 100), 0);
    ext4_blocks_unpromise(e4, e4->promised);
    give_all(0);
    finish();
    fsck(LAYOUT);
}
END_TEST

START_TEST(whole)
{
    uint64_t block;

    be_root(true);
    mount_image("20M", LAYOUT, "");
    ck_assert_int_eq(take(0, EXT4_BLOCKS_WHOLE, 9000, &block), -ENOSPC); /* a group has 8192 */
    int count = take(0, 0, 9000, &block);
    ck_assert_int_gt(count, 7000);
    ck_assert_int_lt(count, 8192);
    ck_assert_int_eq(give(block, (uint32_t)count, 0), 0);
    ck_assert_int_eq(take(0, EXT4_BLOCKS_WHOLE, (uint32_t)count, &block), count);
    ck_assert_int_eq(give(block, (uint32_t)count, 0), 0);
    finish();
}
END_TEST

/* A file that grows has its blocks in a row, also beside another one; a large one is in few pieces. */
START_TEST(in_a_row)
{
    uint64_t block, a = 0, b = 0;

    be_root(true);
    mount_image("64M", LAYOUT, "");
    uint64_t reads = e4->buffers.reads;
    ck_assert_int_eq(take(5000, 0, 1, &a), 1);
    ck_assert_uint_eq(a, 5000);
    ck_assert_uint_le(e4->buffers.reads - reads, 3); /* descriptors, which may be there, a bitmap, the superblock */
    ck_assert_int_eq(take(a, 0, 1, &b), 1);
    ck_assert_uint_eq(b, a + 1);
    ck_assert_int_eq(take(a + 1, 0, 100, &block), 100);
    ck_assert_uint_eq(block, b + 1);
    ck_assert_int_eq(give(b, 1, 0), 0); /* a hole of one is too small for a large one */
    ck_assert_int_eq(take(b, 0, 2000, &block), 2000);
    ck_assert_uint_eq(block, b + 101);
    ck_assert_int_eq(take(b, 0, 1, &block), 1);
    ck_assert_uint_eq(block, b);
    ck_assert_int_eq(give(b + 1, 9, 0), 0); /* one of nine isn't */
    ck_assert_int_eq(take(b + 1, 0, 2000, &block), 9);
    ck_assert_uint_eq(block, b + 1);
    finish();
}
END_TEST

/* ---- with a journal ---- */

#define WITH_JOURNAL "-t ext4 -b 1024 -J size=4"

static void mount_with_journal(void)
{
    ext4_image_make(&disk, "20M", WITH_JOURNAL, "");
    mount();
    e4 = mounted();
    ck_assert_ptr_nonnull(e4->journal);
}

/* What an uncommitted transaction freed isn't given to others; then it is. */
START_TEST(freed)
{
    uint64_t block;

    be_root(true);
    mount_with_journal();
    take_all(EXT4_BLOCKS_META);
    ck_assert_int_eq(ext4_commit_all(e4), 0);
    struct ext4_range run = runs[0];
    ck_assert_int_eq(give(run.start, 10, 0), 0);
    ck_assert_int_eq(give(run.start + 10, 10, EXT4_BLOCKS_META), 0);
    ck_assert_uint_eq(ext4_free_blocks_count(e4), 20);
    ck_assert_int_eq(take(run.start, EXT4_BLOCKS_META, 5, &block), -ENOSPC);
    ck_assert_int_eq(give(run.start, 1, 0), -EUCLEAN); /* they aren't in use either; damage ends writing */
    ck_assert(e4->is_dead);
    run_count = 0;
    (void)vfs_unmount_all();
}
END_TEST

START_TEST(freed_and_committed)
{
    unsigned tries = 0;
    uint64_t block;

    be_root(true);
    mount_with_journal();
    uint64_t free = ext4_free_blocks_count(e4);
    ck_assert(!ext4_blocks_retry(e4, -ENOSPC, &tries)); /* nothing was freed */
    ck_assert_uint_eq(tries, 0);
    take_all(EXT4_BLOCKS_META);
    ck_assert_int_eq(ext4_commit_all(e4), 0);
    struct ext4_range run = runs[0];
    ck_assert_int_eq(give(run.start, 20, 0), 0);
    ck_assert_int_eq(take(0, EXT4_BLOCKS_META, 5, &block), -ENOSPC);
    ck_assert(!ext4_blocks_retry(e4, 0, &tries));
    ck_assert(!ext4_blocks_retry(e4, -ENOMEM, &tries));
    ck_assert(ext4_blocks_retry(e4, -ENOSPC, &tries));
    ck_assert(!ext4_blocks_retry(e4, -ENOSPC, &tries));
    for (unsigned n = 1; n < 6; n++) { /* others take them each time */
        ck_assert_int_eq(take(run.start, EXT4_BLOCKS_META | EXT4_BLOCKS_WHOLE, 20, &block), 20);
        ck_assert_int_eq(give(run.start, 20, 0), 0);
        ck_assert(ext4_blocks_retry(e4, -ENOSPC, &tries) == (n < 3));
        ck_assert_int_eq(ext4_commit_all(e4), 0);
    }
    ck_assert_int_eq(take(0, EXT4_BLOCKS_META, 50, &block), 20);
    ck_assert_uint_eq(block, run.start);
    while (run_count != 0) {
        struct ext4_range *at = &runs[--run_count];
        SURE(give(at->start, (uint32_t)(at->end - at->start), 0) == 0);
        if (any(3) == 0)
            SURE(ext4_commit_all(e4) == 0);
    }
    ck_assert_uint_eq(ext4_free_blocks_count(e4), free);
    ck_assert_int_eq(ext4_commit_all(e4), 0);
    ck_assert_uint_eq(e4->alloc->kept, 0);
    ck_assert_uint_eq(take_all(EXT4_BLOCKS_META), free); /* all of them come back */
    give_all(0);
    unmount();
    fsck(WITH_JOURNAL);
}
END_TEST

/* ---- damage ---- */

static uint64_t block_of(uint32_t number, enum ext4_buffer_kind kind)
{
    struct ext4_group group;

    ck_assert_int_eq(ext4_desc_get(e4, number, &group), 0);
    uint64_t block = ext4_desc_place(e4, group.desc, kind);
    ext4_desc_put(e4, &group);
    return block;
}

static void must_not(const char *layout, int error)
{
    uint64_t block;

    ck_assert_msg(take(0, 0, 10, &block) == 10, "%s", layout); /* there are other groups */
    ck_assert_uint_gt(block, e4->group_blocks);
    ck_assert_int_eq(give(block, 10, 0), 0);
    ck_assert_int_eq(give(e4->group_blocks - 5, 1, 0), error);
}

/* A bitmap with other bits: with checksums that is seen by them, else by the descriptor's count. */
START_TEST(bitmaps)
{
    static const char *const layouts[] = {LAYOUT, "-t ext2 -b 1024", "-t ext4 -b 1024 -O ^has_journal,^metadata_csum"};
    uint64_t block;

    be_root(true);
    stub_quiet = true;
    for (unsigned i = 0; i < 3; i++) {
        mount_image("20M", layouts[i], "");
        uint64_t at = block_of(0, EXT4_BUFFER_BLOCK_BITMAP);
        disk.bytes[at * 1024 + 1023] ^= 0x10;
        disk.bytes[block_of(1, EXT4_BUFFER_INODE_BITMAP) * 1024 + 5] ^= 1;
        must_not(layouts[i], -EUCLEAN);
        /* The superblock and the descriptors, which a bitmap has as free. */
        ck_assert_int_eq(give(1, 1, 0), -EUCLEAN);
        ck_assert_int_eq(give(e4->blocks, 1, 0), -EUCLEAN);
        ck_assert_int_eq(give(e4->blocks - 3, 4, 0), -EUCLEAN);
        ck_assert_int_eq(give(at, 1, 0), -EUCLEAN);
        ck_assert_int_gt(take(0, EXT4_BLOCKS_META, 1, &block), 0);
        finish();
        teardown();
    }
}
END_TEST

/* All blocks are free, says the bitmap, and the descriptor agrees. */
START_TEST(fixed)
{
    struct ext4_group group;
    uint64_t block;

    be_root(true);
    stub_quiet = true;
    mount_image("20M", "-t ext2 -b 1024", "");
    uint64_t at = block_of(1, EXT4_BUFFER_BLOCK_BITMAP);
    ck_assert_int_eq(ext4_desc_get(e4, 1, &group), 0);
    ext4_desc_set(e4, group.desc, EXT4_FREE_BLOCKS, 8192);
    memset(disk.bytes + at * 1024, 0, 1024);
    for (unsigned i = 0; i < 20000; i++)
        if (take(8193 + any(8192), EXT4_BLOCKS_META, 1, &block) == 1)
            SURE(block < 8193 || block >= 2 * 8192 + 1);
    ext4_desc_put(e4, &group);
    finish();
}
END_TEST

/* Descriptors that lead elsewhere, each field set to all kinds of blocks: nothing but errors comes of it. */
START_TEST(descriptors)
{
    static const uint32_t bad[] = {0, 1, 2, 3, 100, 8192, 8193, 8194, 16385, 20479, 20480, 0xffffffff};
    uint64_t block;

    be_root(true);
    stub_quiet = true;
    for (unsigned i = 0; i < 3 * sizeof(bad) / sizeof(bad[0]); i++) {
        struct ext4_handle handle;
        uint32_t number;

        mount_image("20M", "-t ext2 -b 1024", "");
        uint32_t *desc = (uint32_t *)(void *)(disk.bytes + 2048 + 32);
        desc[i % 3] = bad[i / 3];
        ext4_buffers_shrink(&e4->buffers);
        for (unsigned n = 0; n < 100; n++) {
            int count = take(any(30000), 0, 1 + any(100), &block);
            SURE(count > 0 || count == -ENOSPC || count == -EUCLEAN);
            SURE(ext4_begin(e4, &handle, EXT4_CREDITS_INODE_NEW) == 0);
            int error = ext4_number_alloc(&handle, ext4_inode_of(e4->fs.root), n % 2 ? S_IFDIR : S_IFREG, &number);
            SURE(error == 0 || error == -ENOSPC || error == -EUCLEAN);
            ext4_end(&handle);
        }
        finish();
        teardown();
    }
}
END_TEST

/* Blocks of random bytes where descriptors and bitmaps are. */
START_TEST(rubbish)
{
    uint64_t block;

    be_root(true);
    stub_quiet = true;
    for (unsigned i = 0; i < 60; i++) {
        struct ext4_handle handle;
        uint32_t number;

        seed = i;
        mount_image("20M", i % 2 ? LAYOUT : "-t ext2 -b 1024", "");
        for (unsigned n = 0; n < 1 + i % 30; n++)
            disk.bytes[2048 + any(i % 3 ? 200 : 600000)] = (uint8_t)any(256);
        ext4_buffers_shrink(&e4->buffers);
        e4->table = 0;
        for (unsigned n = 0; n < 100; n++) {
            int count = take(any(30000), 0, 1 + any(100), &block);
            SURE(count > 0 || count == -ENOSPC || count == -EUCLEAN || count == -EBADMSG);
            if (count > 0 && any(2))
                (void)give(block, (uint32_t)count, 0);
            (void)give(any(25000), 1 + any(100), EXT4_BLOCKS_META * any(2));
            SURE(ext4_begin(e4, &handle, EXT4_CREDITS_INODE_NEW) == 0);
            int error = ext4_number_alloc(&handle, ext4_inode_of(e4->fs.root), n % 2 ? S_IFDIR : S_IFREG, &number);
            SURE(error == 0 || error == -ENOSPC || error == -EUCLEAN || error == -EBADMSG);
            (void)ext4_number_free(&handle, any(6000), any(2));
            ext4_end(&handle);
        }
        finish();
        teardown();
    }
}
END_TEST

/* Each allocation fails once: nothing is lost, and then it works. */
START_TEST(no_memory)
{
    struct ext4_handle handle;
    uint64_t block;
    uint32_t number;

    be_root(true);
    for (unsigned i = 1; i < 40; i++) {
        mount_image("20M", LAYOUT, "");
        ext4_buffers_shrink(&e4->buffers);
        stub_fail_at = i;
        int count = take(0, 0, 1, &block);
        ck_assert(count == 1 || count == -ENOMEM);
        if (count == 1) {
            int error = give(block, 1, 0);
            ck_assert(error == 0 || error == -ENOMEM);
            if (error != 0)
                ck_assert_int_eq(give(block, 1, 0), 0);
        }
        ck_assert_int_eq(ext4_begin(e4, &handle, EXT4_CREDITS_INODE_NEW), 0);
        int error = ext4_number_alloc(&handle, ext4_inode_of(e4->fs.root), S_IFREG, &number);
        ck_assert(error == 0 || error == -ENOMEM);
        if (error == 0) {
            error = ext4_number_free(&handle, number, false);
            if (error != 0)
                ck_assert_int_eq(ext4_number_free(&handle, number, false), 0);
        }
        ext4_end(&handle);
        stub_fail_at = 0;
        finish();
        fsck(LAYOUT);
        teardown();
    }
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
}

int main(void)
{
    Suite *suite = suite_create("ext4_room");
    TCase *tcase = tcase_create("room");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, kept);
    tcase_add_test(tcase, promised);
    tcase_add_test(tcase, whole);
    tcase_add_test(tcase, in_a_row);
    tcase_add_test(tcase, freed);
    tcase_add_test(tcase, freed_and_committed);
    tcase_add_test(tcase, bitmaps);
    tcase_add_test(tcase, fixed);
    tcase_add_test(tcase, descriptors);
    tcase_add_test(tcase, rubbish);
    tcase_add_test(tcase, no_memory);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
