/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_data_test.c - the data of files in memory: holes, room that is made for data, and how much there may be. */
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

#define DATA SEEK_DATA
#define HOLE SEEK_HOLE
#define KEEP FALLOC_FL_KEEP_SIZE
#define PUNCH (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

static char buffer[64 * PAGE_SIZE];

static struct file *new_file(const char *name)
{
    ck_assert_int_eq(make(root, name, S_IFREG | 0600), 0);
    return open_inode(peek(root, name));
}

static uint64_t blocks(const struct file *file)
{
    return file->inode->ops->blocks(file->inode);
}

START_TEST(holes_take_no_memory)
{
    struct file *file = new_file("f");

    ck_assert_int_eq(put_bytes(file, 40 * PAGE_SIZE + 5, "x", 1), 1);
    ck_assert_uint_eq(file->inode->size, 40 * PAGE_SIZE + 6);
    ck_assert_uint_eq(blocks(file), 8);
    uint64_t pages = stub_pages_used;
    memset(buffer, 1, sizeof(buffer));
    ck_assert_int_eq(get_bytes(file, 0, buffer, sizeof(buffer)), 40 * PAGE_SIZE + 6);
    for (size_t i = 0; i < 40 * PAGE_SIZE + 5; i++)
        ck_assert_int_eq(buffer[i], 0);
    ck_assert_int_eq(buffer[40 * PAGE_SIZE + 5], 'x');
    ck_assert_uint_eq(stub_pages_used, pages);
    ck_assert_uint_eq(blocks(file), 8);
    ck_assert_uint_eq(figures().blocks_free, 15);
    file_put(file);
}
END_TEST

static struct file *cut;

static void cut_it(void)
{
    ck_assert_int_eq(vfs_truncate(cut->inode, 300 << 10), 0);
}

START_TEST(holes_that_are_cut_meanwhile)
{
    static char bytes[1 << 20];

    cut = new_file("f");
    ck_assert_int_eq(vfs_truncate(cut->inode, sizeof(bytes)), 0);
    stub_in_loop = cut_it;
    ck_assert_int_eq(get_bytes(cut, 0, bytes, sizeof(bytes)), 300 << 10);
    stub_in_loop = NULL;
    file_put(cut);
}
END_TEST

START_TEST(seeks)
{
    struct file *file = new_file("f");

    ck_assert_int_eq(file_seek(file, 0, DATA), -ENXIO);
    ck_assert_int_eq(file_seek(file, 0, HOLE), -ENXIO);
    ck_assert_int_eq(put_bytes(file, 3 * PAGE_SIZE + 7, "x", 1), 1);
    ck_assert_int_eq(vfs_truncate(file->inode, 5 * PAGE_SIZE + 100), 0);
    ck_assert_int_eq(file_seek(file, 0, DATA), 3 * PAGE_SIZE);
    ck_assert_int_eq(file_seek(file, 3 * PAGE_SIZE + 9, DATA), 3 * PAGE_SIZE + 9);
    ck_assert_int_eq(file_seek(file, 4 * PAGE_SIZE, DATA), -ENXIO);
    ck_assert_int_eq(file_seek(file, 7, HOLE), 7);
    ck_assert_int_eq(file_seek(file, 3 * PAGE_SIZE, HOLE), 4 * PAGE_SIZE);
    ck_assert_int_eq(put_bytes(file, 5 * PAGE_SIZE, "x", 1), 1);
    ck_assert_int_eq(file_seek(file, 5 * PAGE_SIZE, HOLE), 5 * PAGE_SIZE + 100); /* its end is one */
    ck_assert_int_eq(file_seek(file, 5 * PAGE_SIZE + 100, HOLE), -ENXIO);
    ck_assert_int_eq(file_seek(file, -1, DATA), -ENXIO);
    ck_assert_uint_eq(file->pos, 5 * PAGE_SIZE + 100);
    file_put(file);
}
END_TEST

/* A page near the end of what can be addressed: nothing goes through all that lies before it. */
START_TEST(seeks_far)
{
    struct file *file = new_file("f");
    const int64_t far = INT64_MAX - 4 * PAGE_SIZE + 1;

    ck_assert_int_eq(put_bytes(file, (uint64_t)far, "x", 1), 1);
    ck_assert_int_eq(file_seek(file, 0, DATA), far);
    ck_assert_int_eq(file_seek(file, 0, HOLE), 0);
    ck_assert_int_eq(put_bytes(file, (uint64_t)far / 3, "x", 1), 1);
    ck_assert_int_eq(file_seek(file, 0, DATA), far / 3 / PAGE_SIZE * PAGE_SIZE);
    ck_assert_int_eq(file_allocate(file, PUNCH, 0, far - 10), 0);
    ck_assert_int_eq(file_seek(file, 0, DATA), far);
    ck_assert_int_eq(vfs_truncate(file->inode, 1), 0);
    ck_assert_uint_eq(blocks(file), 0);
    file_put(file);
}
END_TEST

START_TEST(room)
{
    struct file *file = new_file("f");

    ck_assert_int_eq(put_bytes(file, 0, "hello", 5), 5);
    ck_assert_int_eq(file_allocate(file, 0, PAGE_SIZE, 3 * PAGE_SIZE), 0);
    ck_assert_uint_eq(file->inode->size, 4 * PAGE_SIZE);
    ck_assert_uint_eq(blocks(file), 32);
    ck_assert_uint_eq(figures().blocks_free, 12);
    ck_assert_int_eq(file_seek(file, 0, HOLE), PAGE_SIZE); /* no data yet */
    ck_assert_int_eq(get_bytes(file, 0, buffer, sizeof(buffer)), 4 * PAGE_SIZE);
    ck_assert_int_eq(buffer[4], 'o');
    for (size_t i = 5; i < 4 * PAGE_SIZE; i++)
        ck_assert_int_eq(buffer[i], 0);
    ck_assert_int_eq(put_bytes(file, 2 * PAGE_SIZE + 9, "x", 1), 1);
    ck_assert_int_eq(file_seek(file, PAGE_SIZE, DATA), 2 * PAGE_SIZE);
    ck_assert_uint_eq(blocks(file), 32);
    ck_assert_int_eq(file_allocate(file, 0, 0, 17 * PAGE_SIZE), -ENOSPC);
    ck_assert_int_eq(file_allocate(file, 0, PAGE_SIZE, 2 * PAGE_SIZE), 0); /* twice: as if it were written to */
    ck_assert_int_eq(file_seek(file, PAGE_SIZE, HOLE), 3 * PAGE_SIZE);
    file_put(file);
}
END_TEST

START_TEST(room_beyond_the_end)
{
    struct file *file = new_file("f");
    struct page *page;

    ck_assert_int_eq(file_allocate(file, KEEP, 0, 3 * PAGE_SIZE), 0);
    ck_assert_uint_eq(file->inode->size, 0);
    ck_assert_uint_eq(blocks(file), 24);
    ck_assert_int_eq(get_bytes(file, 0, buffer, sizeof(buffer)), 0);
    ck_assert_int_eq(pagecache_object_page(&file->inode->object, 0, 0, &page), -ENXIO); /* SIGBUS, as without it */
    ck_assert_ptr_null(pagecache_object_find(&file->inode->object, 0));
    ck_assert_int_eq(put_bytes(file, 0, "x", 1), 1);
    ck_assert_int_eq(pagecache_object_page(&file->inode->object, 0, 0, &page), 0);
    page_put(page);
    ck_assert_int_eq(pagecache_object_page(&file->inode->object, 1, 0, &page), -ENXIO);
    ck_assert_uint_eq(blocks(file), 24);
    ck_assert_int_eq(vfs_truncate(file->inode, 2 * PAGE_SIZE), 0); /* longer: what lies before it stays */
    ck_assert_int_eq(pagecache_object_page(&file->inode->object, 1, 1, &page), 0);
    page_put(page);
    ck_assert_int_eq(file_seek(file, PAGE_SIZE, DATA), PAGE_SIZE);
    ck_assert_int_eq(vfs_truncate(file->inode, 0), 0);
    ck_assert_uint_eq(blocks(file), 0);
    file_put(file);
}
END_TEST

START_TEST(room_that_there_isnt)
{
    struct file *file = new_file("f");

    ck_assert_int_eq(put_bytes(file, 2 * PAGE_SIZE, "x", 1), 1);
    ck_assert_int_eq(file_allocate(file, 0, 0, 17 * PAGE_SIZE), -ENOSPC);
    ck_assert_uint_eq(blocks(file), 8);
    ck_assert_uint_eq(file->inode->size, 2 * PAGE_SIZE + 1);
    ck_assert_int_eq(file_allocate(file, 0, 0, INT64_MAX), -ENOSPC);
    struct file *other = new_file("g");
    ck_assert_int_eq(file_allocate(other, 0, 0, 10 * PAGE_SIZE), 0);
    ck_assert_int_eq(file_allocate(file, KEEP, 0, 8 * PAGE_SIZE), -ENOSPC); /* fails half way */
    ck_assert_uint_eq(blocks(file), 8);
    ck_assert_uint_eq(figures().blocks_free, 5);
    ck_assert_int_eq(file_allocate(file, 0, 0, 6 * PAGE_SIZE), 0);
    ck_assert_uint_eq(figures().blocks_free, 0);
    ck_assert_int_eq(put_bytes(file, 5 * PAGE_SIZE, buffer, 2 * PAGE_SIZE), PAGE_SIZE); /* what there is room for */
    ck_assert_int_eq(put_bytes(file, 6 * PAGE_SIZE, "x", 1), -ENOSPC);
    ck_assert_uint_eq(file->inode->size, 6 * PAGE_SIZE);
    stub_loop_ends = true;
    ck_assert_int_eq(file_allocate(other, PUNCH, 0, 10 * PAGE_SIZE), 0);
    ck_assert_int_eq(file_allocate(other, 0, 0, 10 * PAGE_SIZE), -EINTR);
    stub_loop_ends = false;
    ck_assert_uint_eq(blocks(other), 0);
    file_put(file);
    file_put(other);
}
END_TEST

START_TEST(no_memory_for_room)
{
    struct file *file = new_file("f");
    unsigned at = 1;
    int error;

    do {
        stub_fail_at = at++;
        error = file_allocate(file, 0, 0, 12 * PAGE_SIZE);
        ck_assert(error == 0 || error == -ENOMEM);
        ck_assert_uint_eq(blocks(file), error == 0 ? 12 * 8 : 0);
    } while (error != 0);
    stub_fail_at = 0;
    ck_assert_uint_gt(at, 12);
    file_put(file);
}
END_TEST

START_TEST(punches)
{
    struct file *file = new_file("f");

    memset(buffer, 'x', sizeof(buffer));
    ck_assert_int_eq(put_bytes(file, 0, buffer, 6 * PAGE_SIZE), 6 * PAGE_SIZE);
    ck_assert_int_eq(file_allocate(file, PUNCH, PAGE_SIZE / 2, 3 * PAGE_SIZE), 0);
    ck_assert_uint_eq(file->inode->size, 6 * PAGE_SIZE);
    ck_assert_uint_eq(blocks(file), 4 * 8);
    ck_assert_int_eq(file_seek(file, 0, HOLE), PAGE_SIZE);
    ck_assert_int_eq(file_seek(file, PAGE_SIZE, DATA), 3 * PAGE_SIZE);
    ck_assert_int_eq(get_bytes(file, 0, buffer, 6 * PAGE_SIZE), 6 * PAGE_SIZE);
    for (size_t i = 0; i < 6 * PAGE_SIZE; i++)
        ck_assert_int_eq(buffer[i], i < PAGE_SIZE / 2 || i >= 3 * PAGE_SIZE + PAGE_SIZE / 2 ? 'x' : 0);
    ck_assert_int_eq(file_allocate(file, PUNCH, 0, 100 * PAGE_SIZE), 0); /* beyond the end as well */
    ck_assert_uint_eq(blocks(file), 0);
    ck_assert_uint_eq(file->inode->size, 6 * PAGE_SIZE);
    file_put(file);
}
END_TEST

START_TEST(modes)
{
    static const uint32_t never[] = {FALLOC_FL_PUNCH_HOLE,
                                     FALLOC_FL_ZERO_RANGE,
                                     FALLOC_FL_COLLAPSE_RANGE,
                                     0x4000,
                                     FALLOC_FL_UNSHARE_RANGE,
                                     FALLOC_FL_INSERT_RANGE,
                                     KEEP | 8,
                                     FALLOC_FL_ZERO_RANGE | KEEP,
                                     PUNCH | FALLOC_FL_ZERO_RANGE};
    struct file *file = new_file("f");

    for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
        ck_assert_int_eq(file_allocate(file, never[i], 0, PAGE_SIZE), -EOPNOTSUPP);
    ck_assert_int_eq(file_allocate(file, 0, INT64_MAX, 1), -EFBIG);
    file->inode->seals = F_SEAL_NONE | F_SEAL_GROW;
    ck_assert_int_eq(file_allocate(file, 0, 0, 1), -EPERM);
    ck_assert_int_eq(file_allocate(file, KEEP, 0, 1), -EPERM);
    ck_assert_int_eq(file_allocate(file, PUNCH, 0, 1), 0);
    file->inode->seals = F_SEAL_NONE | F_SEAL_WRITE;
    ck_assert_int_eq(file_allocate(file, PUNCH, 0, 1), -EPERM);
    file_put(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tmpfs-data");
    TCase *tc = tcase_create("tmpfs-data");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, unmount);
    tcase_add_test(tc, holes_take_no_memory);
    tcase_add_test(tc, holes_that_are_cut_meanwhile);
    tcase_add_test(tc, seeks);
    tcase_add_test(tc, seeks_far);
    tcase_add_test(tc, room);
    tcase_add_test(tc, room_beyond_the_end);
    tcase_add_test(tc, room_that_there_isnt);
    tcase_add_test(tc, no_memory_for_room);
    tcase_add_test(tc, punches);
    tcase_add_test(tc, modes);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
