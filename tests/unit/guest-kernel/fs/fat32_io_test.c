/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_io_test.c - bytes of files on FAT32 past the page cache, read ahead of it, and stored from it in many runs. */
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
// sources: guest-kernel/drv/mem_devices.c tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/image.c
// sources: tests/unit/guest-kernel/no_async.c
#include <check.h>

#include "drv/mem_devices.h"
#include "fat32_setup.h"

/* ---- past the page cache ---- */

/* Frames in a row stand for a program's memory. */
static struct page *program_memory;
#define PROGRAM_PAGES 8u

static char *program_start(char fill_byte)
{
    program_memory = page_alloc_order(3);
    ck_assert_ptr_nonnull(program_memory);
    memset(page_data(program_memory), fill_byte, PROGRAM_PAGES * PAGE_SIZE);
    return page_data(program_memory);
}

/* Nobody else holds them any more. */
static void program_end(void)
{
    for (unsigned i = 0; i < PROGRAM_PAGES; i++) {
        ck_assert_uint_eq(program_memory[i].refs, 1);
        page_put(program_memory + i);
    }
}

static int64_t direct_move(struct file *file, bool write, uint64_t pos, char *at, size_t size)
{
    struct iter_segment segment = {(uintptr_t)at, size};
    struct iter iter;

    iter_init(&iter, &segment, 1, true);
    return write ? file_pwrite(file, &iter, pos) : file_pread(file, &iter, pos);
}

/* What one way wrote, the other reads, whatever the cache holds; only whole sectors go. */
START_TEST(direct_transfers_agree_with_the_cache)
{
    struct file *file, *direct;
    char *memory = program_start('p'), back[3 * 4096];

    fill(text, 20000, 5);
    put_file("/file", text, 20000);
    ck_assert_int_eq(open_path("/file", O_RDWR, &file), 0);
    ck_assert_int_eq(open_path("/file", O_RDWR | O_DIRECT, &direct), 0);
    ck_assert_int_eq(direct_move(direct, false, 512, memory + 1024, 4096), 4096); /* dirty in the cache until now */
    ck_assert_mem_eq(memory + 1024, text + 512, 4096);
    ck_assert_int_eq(memory[1023], 'p');
    ck_assert_int_eq(memory[1024 + 4096], 'p');
    memset(memory, 'w', 8192);
    disk.writes = 0;
    ck_assert_int_eq(direct_move(direct, true, 1024, memory, 8192), 8192);
    ck_assert_uint_le(disk.writes, 2); /* and the mark of a volume in use */
    ck_assert_int_eq(get_bytes(file, 0, back, sizeof(back)), sizeof(back));
    ck_assert_mem_eq(back, text, 1024);
    for (unsigned i = 1024; i < 1024 + 8192; i++)
        ck_assert_int_eq(back[i], 'w');
    ck_assert_mem_eq(back + 9216, text + 9216, sizeof(back) - 9216);
    ck_assert_int_eq(put_bytes(file, 1030, "dirty", 5), 5); /* a page that is dirty when it is written over */
    ck_assert_int_eq(direct_move(direct, true, 1024, memory, 512), 512);
    file_put(file);
    file_put(direct);
    program_end();
    remount();
    ck_assert_int_eq(get_file("/file", back, sizeof(back)), 20000);
    ck_assert_int_eq(back[1030], 'w');
}
END_TEST

START_TEST(direct_transfers_at_the_end_of_a_file)
{
    struct file *direct;
    char *memory = program_start('p'), back[8];

    put_file("/file", text, 1000);
    ck_assert_int_eq(open_path("/file", O_RDWR | O_DIRECT, &direct), 0);
    ck_assert_int_eq(direct_move(direct, false, 512, memory, 4096), 488);
    ck_assert_mem_eq(memory, text + 512, 488);
    ck_assert_int_eq(direct_move(direct, false, 1024, memory, 512), 0);
    ck_assert_int_eq(direct_move(direct, true, 512, memory, 1024), 1024); /* it grows: by way of the cache */
    ck_assert_int_eq(size_of("/file"), 1536);
    ck_assert_int_eq(truncate_path("/file", 8192), 0); /* the rest isn't on the disk */
    ck_assert_int_eq(direct_move(direct, false, 1536, memory, 4096), 4096);
    for (unsigned i = 0; i < 4096; i++)
        ck_assert_int_eq(memory[i], 0);
    memset(memory, 'e', 512);
    ck_assert_int_eq(direct_move(direct, true, 4096, memory, 512), 512);
    file_put(direct);
    program_end();
    remount();
    ck_assert_int_eq(open_path("/file", O_RDONLY, &direct), 0);
    ck_assert_int_eq(get_bytes(direct, 4095, back, 2), 2);
    ck_assert_mem_eq(back, "\0e", 2);
    file_put(direct);
}
END_TEST

/* Nothing is held and nothing has moved after a mistake or an error. */
START_TEST(direct_transfers_that_fail)
{
    struct file *direct;
    char *memory = program_start('p'), back[8192];

    put_file("/file", text, 20000);
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(open_path("/file", O_RDWR | O_DIRECT, &direct), 0);
    ck_assert_int_eq(direct_move(direct, false, 1, memory, 512), -EINVAL);
    ck_assert_int_eq(direct_move(direct, false, 0, memory + 8, 512), -EINVAL);
    ck_assert_int_eq(direct_move(direct, true, 0, memory, 100), -EINVAL);
    ck_assert_int_eq(direct_move(direct, false, 0, memory, 0), 0);
    stub_user_fault = memory + 4096;
    ck_assert_int_eq(direct_move(direct, false, 0, memory, 8192), -EFAULT);
    ck_assert_int_eq(direct_move(direct, true, 0, memory, 8192), -EFAULT);
    stub_user_fault = NULL;
    disk.fail_after = 1;
    ck_assert_int_eq(direct_move(direct, false, 0, memory, 8192), -EIO);
    disk.fail_after = 0;
    ck_assert_int_eq(memory[0], 'p');
    ck_assert_int_eq(direct_move(direct, false, 0, memory, 8192), 8192);
    ck_assert_mem_eq(memory, text, 8192);
    memset(memory, 'w', 8192);
    disk.fail_after = 1; /* what the disk has not taken is not to be seen either */
    ck_assert_int_eq(direct_move(direct, true, 0, memory, 8192), -EIO);
    disk.fail_after = 0;
    ck_assert_int_eq(get_file("/file", back, sizeof(back)), 20000);
    ck_assert_mem_eq(back, text, sizeof(back));
    ck_assert_int_eq(direct->inode->direct_count, 0);
    file_put(direct);
    mem_devices_register();
    ck_assert_int_eq(open_path("/dev/null", O_RDWR | O_DIRECT, &direct), -EINVAL);
    program_end();
}
END_TEST

/* ---- reading ahead, storing many ---- */

#define LARGE (6u << 20)

/* A large file whose every page says which it is, not in the cache. */
static struct file *large_start(uint32_t flags)
{
    static char page[4096];
    struct file *file;

    make_large();
    mount();
    ck_assert_int_eq(open_path("/large", O_RDWR | O_CREAT, &file), 0);
    for (unsigned i = 0; i < LARGE / 4096; i++) {
        memset(page, (int)(i % 251), sizeof(page));
        ck_assert_int_eq(put_bytes(file, (uint64_t)i * 4096, page, sizeof(page)), sizeof(page));
    }
    file_put(file);
    disk.slow = true;
    remount();
    ck_assert_int_eq(open_path("/large", flags, &file), 0);
    return file;
}

/* Reads pages [from, to) in order; all but `changed` pages from `at` on are as they were. */
static void read_in_order(struct file *file, unsigned from, unsigned to, unsigned at, unsigned changed)
{
    static char bytes[4 * 4096], want[4096];

    for (unsigned i = from; i < to; i += 4) {
        ck_assert_int_eq(get_bytes(file, (uint64_t)i * 4096, bytes, sizeof(bytes)), sizeof(bytes));
        for (unsigned n = 0; n < 4; n++) {
            memset(want, i + n >= at && i + n < at + changed ? 'n' : (int)((i + n) % 251), sizeof(want));
            ck_assert(memcmp(bytes + n * 4096, want, sizeof(want)) == 0);
        }
    }
}

START_TEST(a_sequential_reader_is_read_for_ahead)
{
    struct file *file = large_start(O_RDONLY);

    disk.reads = 0;
    read_in_order(file, 0, LARGE / 4096, 0, 0);
    ck_assert_uint_le(disk.reads, 18); /* windows of 16 pages to 256, then a megabyte each, and the FAT */
    ck_assert_ptr_null(file->inode->ahead);
    ck_assert_uint_eq(pageindex_dirty_count, 0);
    read_in_order(file, 0, LARGE / 4096, 0, 0);
    file_put(file);
}
END_TEST

/* Also where the disk has always been faster than the reader: nothing but what comes first is missing when he comes. */
START_TEST(reading_ahead_goes_on_beside_a_fast_disk)
{
    struct file *file = large_start(O_RDONLY);

    read_in_order(file, 0, 512, 0, 0);
    for (unsigned i = 512; i < LARGE / 4096; i += 4) {
        while (file->inode->ahead != NULL)
            blk_poll(file->inode->ahead->dev);
        struct page *page = pagecache_find_any(file->inode, i);
        ck_assert_msg(page != NULL, "page %u was not read ahead", i);
        page_put(page);
        read_in_order(file, i, i + 4, 0, 0);
    }
    file_put(file);
}
END_TEST

/* What describes a run has a size: it has fewer pages where each of them is a segment. */
START_TEST(scattered_pages_make_a_shorter_run)
{
    struct file *file = large_start(O_RDONLY);
    static struct page *pages[PAGE_RUN_MAX], *between[PAGE_RUN_MAX];
    unsigned count;

    for (unsigned i = 0; i < PAGE_RUN_MAX; i++) {
        pages[i] = page_alloc();
        between[i] = page_alloc();
    }
    count = page_run_read(file->inode, 0, pages, PAGE_RUN_MAX);
    ck_assert_uint_gt(count, 128);
    ck_assert_uint_lt(count, PAGE_RUN_MAX);
    page_runs_wait(file->inode);
    for (unsigned i = 0; i < PAGE_RUN_MAX; i++) {
        page_put(between[i]);
        if (i >= count)
            page_put(pages[i]);
    }
    disk.reads = 0;
    read_in_order(file, 0, count & ~3u, 0, 0);
    ck_assert_uint_eq(disk.reads, 0);
    file_put(file);
}
END_TEST

/* What is written meanwhile where pages are being read ahead is what the reader finds. _i: how it is written. */
START_TEST(what_is_read_ahead_can_be_out_of_date)
{
    struct file *file = large_start(O_RDWR), *direct;
    char *memory = program_start('n');
    unsigned at;

    read_in_order(file, 0, 512, 0, 0);
    ck_assert_ptr_nonnull(file->inode->ahead);
    at = (unsigned)file->inode->ahead->index + 40;
    ck_assert_int_eq(open_path("/large", O_RDWR | O_DIRECT, &direct), 0);
    if (_i == 0) {
        ck_assert_int_eq(put_bytes(file, (uint64_t)at * 4096, memory, 8 * 4096), 8 * 4096);
    } else if (_i == 1) {
        ck_assert_int_eq(direct_move(direct, true, (uint64_t)at * 4096, memory, 8 * 4096), 8 * 4096);
    } else { /* stored, and gone from the cache before the reader comes */
        ck_assert_int_eq(put_bytes(file, (uint64_t)at * 4096, memory, 8 * 4096), 8 * 4096);
        ck_assert_int_eq(pagecache_write_back(file->inode), 0);
        vfs_shrink(10000, false);
        vfs_shrink(10000, false);
    }
    read_in_order(file, 512, LARGE / 4096, at, 8);
    file_put(direct);
    file_put(file);
    program_end();
}
END_TEST

START_TEST(reading_ahead_ends_with_the_file)
{
    struct file *file = large_start(O_RDWR);
    char byte;

    read_in_order(file, 0, 512, 0, 0);
    ck_assert_ptr_nonnull(file->inode->ahead);
    ck_assert_int_eq(truncate_path("/large", 1000), 0);
    ck_assert_ptr_null(file->inode->ahead);
    ck_assert_int_eq(truncate_path("/large", LARGE), 0);
    ck_assert_int_eq(get_bytes(file, 600 * 4096, &byte, 1), 1);
    ck_assert_int_eq(byte, 0);
    file_put(file);
    file = large_start(O_RDONLY);
    read_in_order(file, 0, 512, 0, 0);
    disk.fail_after = 1; /* what nobody has asked for may fail */
    ck_assert_ptr_nonnull(file->inode->ahead);
    blk_poll(file->inode->ahead->dev);
    ck_assert_ptr_null(file->inode->ahead);
    disk.fail_after = 0;
    read_in_order(file, 512, 1400, 0, 0);
    read_in_order(file, 0, 512, 0, 0);
    file_put(file); /* in the middle: nothing is left behind */
}
END_TEST

static const struct inode_ops *cut_ops; /* of the file that cut_while_asked cuts, once */

/* While somebody waits to be told where the file lies it is cut, and as long again: none of that is its own now. */
static int cut_while_asked(struct inode *inode, bool write, uint64_t pos, uint64_t size, struct blk_extent *out)
{
    const struct inode_ops *ops = cut_ops;
    int error = ops->map(inode, write, pos, size, out);

    inode->ops = ops;
    ck_assert_int_eq(truncate_path("/large", 4096), 0);
    ck_assert_int_eq(truncate_path("/large", LARGE), 0);
    return error;
}

START_TEST(what_is_read_ahead_can_be_cut_twice)
{
    struct file *file = large_start(O_RDWR);
    struct inode_ops ops = *file->inode->ops;
    static char bytes[4 * 4096];
    struct page *ahead[1];

    cut_ops = file->inode->ops;
    ops.map = cut_while_asked;
    file->inode->ops = &ops;
    ahead[0] = page_alloc();
    ck_assert_uint_eq(page_run_read(file->inode, 500, ahead, 1), 0);
    page_put(ahead[0]);
    ck_assert(file->inode->ops == cut_ops);
    for (unsigned i = 1; i < LARGE / 4096 - 4; i += 4) {
        ck_assert_int_eq(get_bytes(file, (uint64_t)i * 4096, bytes, sizeof(bytes)), sizeof(bytes));
        for (unsigned n = 0; n < sizeof(bytes); n += 512)
            ck_assert_int_eq(bytes[n], 0);
    }
    file_put(file);
}
END_TEST

/* Pages here and there, stored several at a time; after an error they are still to be stored. */
START_TEST(many_runs_are_stored)
{
    struct file *file = large_start(O_RDWR);
    char want[4096], back[4096];

    memset(want, 'n', sizeof(want));
    for (unsigned i = 1; i < LARGE / 4096; i += 9)
        ck_assert_int_eq(put_bytes(file, (uint64_t)i * 4096, want, sizeof(want)), sizeof(want));
    stub_quiet = true;
    disk.fail_after = 50;
    ck_assert_int_eq(pagecache_write_back(file->inode), -EIO);
    disk.fail_after = 0;
    stub_quiet = false;
    disk.writes = 0;
    ck_assert_int_eq(pagecache_write_back(file->inode), 0);
    ck_assert_uint_gt(disk.writes, LARGE / 4096 / 9 - 60);
    ck_assert(!file->inode->dirty);
    file_put(file);
    remount();
    ck_assert_int_eq(open_path("/large", O_RDONLY, &file), 0);
    for (unsigned i = 0; i < LARGE / 4096; i++) {
        ck_assert_int_eq(get_bytes(file, (uint64_t)i * 4096, back, sizeof(back)), sizeof(back));
        ck_assert_int_eq(back[i % 4096], i % 9 == 1 ? 'n' : (char)(i % 251));
    }
    file_put(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32_io");
    TCase *tcase = tcase_create("fat32_io");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, direct_transfers_agree_with_the_cache);
    tcase_add_test(tcase, direct_transfers_at_the_end_of_a_file);
    tcase_add_test(tcase, direct_transfers_that_fail);
    tcase_add_test(tcase, a_sequential_reader_is_read_for_ahead);
    tcase_add_test(tcase, reading_ahead_goes_on_beside_a_fast_disk);
    tcase_add_test(tcase, scattered_pages_make_a_shorter_run);
    tcase_add_loop_test(tcase, what_is_read_ahead_can_be_out_of_date, 0, 3);
    tcase_add_test(tcase, reading_ahead_ends_with_the_file);
    tcase_add_test(tcase, what_is_read_ahead_can_be_cut_twice);
    tcase_add_test(tcase, many_runs_are_stored);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
