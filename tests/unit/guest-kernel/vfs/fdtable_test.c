/* SPDX-License-Identifier: Apache-2.0 */
/* fdtable_test.c - file descriptors. */
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
// sources: guest-kernel/vfs/fdtable.c guest-kernel/vfs/lock.c tests/unit/guest-kernel/disk.c
#include <check.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "vfs/fdtable.h"

static unsigned released;

static void count_release(struct file *file)
{
    (void)file;
    released++;
}

static const struct file_ops ops = {.release = count_release};

static struct file *new_file(void)
{
    struct file *file;

    ck_assert_int_eq(file_new(NULL, &ops, O_RDWR, NULL, &file), 0);
    return file;
}

START_TEST(lowest_free)
{
    struct fdtable *table = fdtable_create();

    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(fd_install(table, new_file(), 0, i == 3), i);
    ck_assert_int_eq(fd_close(table, 1), 0);
    ck_assert_int_eq(fd_close(table, 1), -EBADF);
    ck_assert_int_eq(fd_close(table, 3), 0);
    ck_assert_int_eq(fd_install(table, new_file(), 2, false), 3);
    ck_assert_int_eq(fd_install(table, new_file(), 0, false), 1);
    ck_assert_int_eq(fd_install(table, new_file(), 0, true), 5);
    ck_assert_int_eq(fd_install(table, new_file(), 100, true), 100);
    ck_assert_int_eq(fd_install(table, new_file(), -1, true), -EINVAL);
    ck_assert_int_eq(fd_install(table, new_file(), FD_LIMIT, true), -EINVAL);
    ck_assert_int_eq(fd_cloexec(table, 3), 0);
    ck_assert_int_eq(fd_cloexec(table, 5), 1);
    ck_assert_int_eq(fd_set_cloexec(table, 5, false), 0);
    ck_assert_int_eq(fd_cloexec(table, 5), 0);
    ck_assert_int_eq(fd_set_cloexec(table, 6, false), -EBADF);
    ck_assert_ptr_null(fd_get(table, -1));
    ck_assert_ptr_null(fd_get(table, 100000));
    fdtable_put(table);
    ck_assert_uint_eq(released, 11);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

START_TEST(fills_up)
{
    struct fdtable *table = fdtable_create();

    for (int i = 0; i < FD_LIMIT; i++)
        ck_assert_int_eq(fd_install(table, new_file(), 0, false), i);
    ck_assert_int_eq(fd_lowest(table), -EMFILE);
    ck_assert_int_eq(fd_install(table, new_file(), 0, false), -EMFILE);
    table->limit = FD_MAX;
    struct file *one = new_file();
    for (int i = FD_LIMIT; i < FD_MAX; i++) {
        file_get(one);
        ck_assert_int_eq(fd_install(table, one, 0, i % 3 == 0), i);
    }
    ck_assert_int_eq(fd_install(table, new_file(), 0, false), -EMFILE);
    ck_assert_ptr_null(fd_get(table, FD_MAX));
    for (int i = 70000; i < FD_MAX; i += 5000) {
        ck_assert_int_eq(fd_cloexec(table, i), i % 3 == 0);
        ck_assert_uint_eq(fd_next_cloexec(table, (unsigned)i), ((unsigned)i + 2) / 3 * 3);
        ck_assert_int_eq(fd_close(table, i), 0);
        ck_assert_ptr_null(fd_get(table, i));
        ck_assert_uint_eq(fd_next(table, (unsigned)i), (unsigned)i + 1);
        file_get(one);
        ck_assert_int_eq(fd_install(table, one, 0, false), i);
    }
    file_put(one);
    table->limit = 10; /* what is above stays open */
    ck_assert_int_eq(fd_close(table, 500), 0);
    ck_assert_int_eq(fd_install(table, new_file(), 0, false), -EMFILE);
    ck_assert_int_eq(fd_replace(table, new_file(), 10, false), -EBADF);
    ck_assert_int_eq(fd_close(table, 3), 0);
    ck_assert_int_eq(fd_lowest(table), 3);
    ck_assert_int_eq(fd_replace(table, new_file(), 3, false), 3);
    table->limit = FD_MAX;
    ck_assert_int_eq(fd_install(table, new_file(), 0, false), 500);
    fdtable_put(table);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
}
END_TEST

START_TEST(replaces)
{
    struct fdtable *table = fdtable_create();
    struct file *file = new_file();

    ck_assert_int_eq(fd_install(table, new_file(), 0, false), 0);
    ck_assert_int_eq(fd_replace(table, file, 0, true), 0);
    ck_assert_uint_eq(released, 1);
    ck_assert_ptr_eq(fd_get(table, 0), file);
    ck_assert_int_eq(fd_cloexec(table, 0), 1);
    file_get(file);
    ck_assert_int_eq(fd_replace(table, file, 700, false), 700);
    ck_assert_int_eq(fd_replace(table, new_file(), FD_LIMIT, false), -EBADF);
    ck_assert_int_eq(fd_install(table, new_file(), 0, false), 1);
    fdtable_put(table);
    ck_assert_uint_eq(released, 4);
}
END_TEST

START_TEST(clones)
{
    struct fdtable *table = fdtable_create(), *twin;
    static const int at[] = {0, 1, 63, 64, 1000, 70000, 900000};
    const unsigned count = sizeof(at) / sizeof(at[0]);

    table->limit = FD_MAX;
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(fd_install(table, new_file(), at[i], i % 2), at[i]);
    twin = fdtable_clone(table);
    ck_assert_uint_eq(twin->limit, FD_MAX);
    for (unsigned i = 0, fd = 0; i < count; i++, fd++) {
        fd = fd_next(twin, fd);
        ck_assert_uint_eq(fd, (unsigned)at[i]);
        ck_assert_ptr_eq(fd_get(twin, at[i]), fd_get(table, at[i]));
        ck_assert_int_eq(fd_cloexec(twin, at[i]), i % 2);
    }
    ck_assert_int_eq(fd_close(table, 1000), 0);
    ck_assert_ptr_nonnull(fd_get(twin, 1000));
    fdtable_put(table);
    ck_assert_uint_eq(released, 0);
    table = fdtable_clone_below(twin, 64); /* a part of it, which needs less room */
    ck_assert_uint_eq(table->size, 64);
    ck_assert_uint_eq(fd_next(table, 2), 63);
    ck_assert_uint_eq(fd_next(table, 64), FD_MAX);
    ck_assert_uint_eq(fd_count(table), 3);
    ck_assert_int_eq(fd_install(table, new_file(), 0, false), 2);
    fdtable_put(table);
    fdtable_put(twin);
    ck_assert_uint_eq(released, count + 1);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

/* Others change the table while it is copied: what was copied, what comes next, what needs room that the copy hasn't.
 */
static struct {
    struct fdtable *table;
    struct file *moved;
    unsigned turns;
} meanwhile;

static void change_meanwhile(void)
{
    struct fdtable *table = meanwhile.table;

    if (meanwhile.turns++ != 1) /* 128 are copied */
        return;
    meanwhile.moved = fd_get(table, 199);
    file_get(meanwhile.moved);
    ck_assert_int_eq(fd_replace(table, meanwhile.moved, 7, true), 7); /* from behind to before */
    ck_assert_int_eq(fd_close(table, 199), 0);
    ck_assert_int_eq(fd_close(table, 9), 0);
    ck_assert_int_eq(fd_close(table, 150), 0);
    ck_assert_int_eq(fd_set_cloexec(table, 11, true), 0);
    ck_assert_int_eq(fd_set_cloexec(table, 160, true), 0);
    ck_assert_int_eq(fd_install(table, new_file(), 5000, false), 5000);
}

START_TEST(clones_what_changes)
{
    struct fdtable *table = fdtable_create(), *twin;

    table->limit = 10000;
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(fd_install(table, new_file(), 0, false), i);
    meanwhile.table = table;
    stub_in_loop = change_meanwhile;
    twin = fdtable_clone(table);
    stub_in_loop = NULL;
    ck_assert_uint_ge(meanwhile.turns, 3);
    for (unsigned fd = 0; fd <= 5001; fd++) {
        ck_assert_ptr_eq(fd_get(twin, (int)fd), fd_get(table, (int)fd));
        ck_assert_int_eq(fd_cloexec(twin, (int)fd), fd_cloexec(table, (int)fd));
        ck_assert_uint_eq(fd_next(twin, fd), fd_next(table, fd));
    }
    ck_assert_ptr_eq(fd_get(twin, 7), meanwhile.moved);
    ck_assert_ptr_null(table->copy);
    ck_assert_uint_eq(meanwhile.moved->refs, 2);
    ck_assert_uint_eq(released, 3); /* what 7, 9 and 150 were */
    fdtable_put(twin);
    fdtable_put(table);
    ck_assert_uint_eq(released, 201);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

#define FAR 200000 /* in a block of its own */

/* Where there was no memory for what changed, there is no copy. */
static void open_far_before(void)
{
    struct file *file;

    if (meanwhile.turns++ != 0)
        return;
    file = new_file();
    stub_fail_at = 1;
    ck_assert_int_eq(fd_install(meanwhile.table, file, FAR, false), FAR);
    stub_fail_at = 0;
}

START_TEST(clones_without_memory)
{
    struct fdtable *table = fdtable_create();

    table->limit = FD_MAX;
    for (int i = 0; i < 70; i++)
        ck_assert_int_eq(fd_install(table, new_file(), FAR + 10000 + i, false), FAR + 10000 + i);
    ck_assert_int_eq(fd_install(table, new_file(), FAR, false), FAR);
    ck_assert_int_eq(fd_close(table, FAR), 0); /* the block stays */
    meanwhile.table = table;
    meanwhile.turns = 0;
    stub_in_loop = open_far_before;
    ck_assert_ptr_null(fdtable_clone(table));
    stub_in_loop = NULL;
    ck_assert_ptr_null(table->copy);
    fdtable_put(table);
    ck_assert_uint_eq(released, 72);
    ck_assert_uint_eq(stub_kmallocs, 0);
}
END_TEST

START_TEST(fails_whole)
{
    struct fdtable *table = fdtable_create(), *twin = NULL;
    struct file *file = new_file();

    table->limit = FD_MAX;
    for (int at = 100; at < 1000000; at = at * 10) {
        uint64_t before = stub_kmallocs;
        for (uint64_t n = 1; fd_get(table, at) == NULL; n++) {
            stub_fail_at = n;
            file_get(file);
            int fd = fd_install(table, file, at, false);
            ck_assert(fd == at || fd == -ENOMEM);
        }
        ck_assert_uint_le(stub_kmallocs, before + 5);
        stub_fail_at = 0;
    }
    for (uint64_t n = 1; twin == NULL; n++) {
        uint64_t before = stub_kmallocs;
        stub_fail_at = n;
        twin = fdtable_clone(table);
        ck_assert(twin != NULL || stub_kmallocs == before);
    }
    stub_fail_at = 0;
    fdtable_put(twin);
    fdtable_put(table);
    file_put(file);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(released, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fdtable");
    TCase *tc = tcase_create("fdtable");

    tcase_add_test(tc, lowest_free);
    tcase_add_test(tc, fills_up);
    tcase_add_test(tc, replaces);
    tcase_add_test(tc, clones);
    tcase_add_test(tc, clones_what_changes);
    tcase_add_test(tc, clones_without_memory);
    tcase_add_test(tc, fails_whole);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
