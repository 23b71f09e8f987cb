/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_model_test.c - random operations on FAT32 and on a simple model of files; then fsck.fat must find nothing. */
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
// sources: tests/unit/guest-kernel/disk.c tests/unit/guest-kernel/image.c
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../files.h"
#include "../stubs.h"
#include "abi/errno.h"
#include "vfs/pagecache.h"

#define SIZE_MAX_FILE 70000u
#define DIRS 3
#define NAMES 6
#define STEPS 1500

struct model_file {
    bool exists;
    size_t size;
    unsigned char bytes[SIZE_MAX_FILE];
    struct file *open; /* kept open at times, across renames */
};

static const char *const dirs[DIRS] = {"", "/first directory", "/SECOND"};
static const char *const names[NAMES] = {
    "a", "UPPER.TXT", "a long name, really.text", "a long name, really.texts", "lower.txt", "\xc3\xa4\xc3\xb6"};
static struct model_file files[DIRS * NAMES];
static struct stub_disk disk;
static uint32_t seed;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static const char *path_of(unsigned i)
{
    static char paths[2][64];
    static unsigned turn;
    char *path = paths[turn++ % 2];

    snprintf(path, 64, "%s/%s", dirs[i / NAMES], names[i % NAMES]);
    return path;
}

static void close_file(struct model_file *file)
{
    if (file->open != NULL)
        file_put(file->open);
    file->open = NULL;
}

static void model_put(struct model_file *file, size_t pos, const void *bytes, size_t size)
{
    if (pos > file->size)
        memset(file->bytes + file->size, 0, pos - file->size);
    memcpy(file->bytes + pos, bytes, size);
    if (pos + size > file->size)
        file->size = pos + size;
}

static void do_write(unsigned i)
{
    static unsigned char bytes[20000];
    struct model_file *model = &files[i];
    struct file *file = model->open;
    size_t size = pick(4) != 0 ? pick(300) : pick(sizeof(bytes)), pos = pick(SIZE_MAX_FILE - sizeof(bytes));
    bool append = pick(2) == 0;

    if (append)
        pos = model->exists ? model->size : 0;
    if (pos + size > SIZE_MAX_FILE)
        return;
    for (size_t k = 0; k < size; k++)
        bytes[k] = (unsigned char)(seed + k * 31);
    if (file == NULL)
        ck_assert_int_eq(open_path(path_of(i), O_RDWR | O_CREAT, &file), 0);
    ck_assert_int_eq(put_bytes(file, pos, bytes, size), (int64_t)size);
    if (!model->exists)
        model->size = 0;
    model->exists = true;
    if (size != 0) /* a write of nothing doesn't make a file longer */
        model_put(model, pos, bytes, size);
    if (model->open != NULL)
        return;
    if (pick(4) == 0)
        model->open = file;
    else
        file_put(file);
}

static void do_truncate(unsigned i)
{
    struct model_file *model = &files[i];
    size_t size = pick(SIZE_MAX_FILE);
    int error = truncate_path(path_of(i), size);

    ck_assert_int_eq(error, model->exists ? 0 : -ENOENT);
    if (error != 0)
        return;
    if (size > model->size)
        memset(model->bytes + model->size, 0, size - model->size);
    model->size = size;
}

static void do_unlink(unsigned i)
{
    ck_assert_int_eq(vfs_unlink(vfs_root(), path_of(i), false), files[i].exists ? 0 : -ENOENT);
    close_file(&files[i]);
    files[i].exists = false;
}

static void do_rename(unsigned from, unsigned to)
{
    int error = vfs_rename(vfs_root(), path_of(from), vfs_root(), path_of(to), false);

    ck_assert_int_eq(error, files[from].exists ? 0 : -ENOENT);
    if (error != 0 || from == to)
        return;
    close_file(&files[to]);
    files[to] = files[from];
    files[from].exists = false;
    files[from].open = NULL;
}

static void do_check(unsigned i)
{
    static unsigned char bytes[SIZE_MAX_FILE];

    if (!files[i].exists) {
        ck_assert_int_eq(size_of(path_of(i)), -ENOENT);
        return;
    }
    ck_assert_int_eq(get_file(path_of(i), bytes, sizeof(bytes)), (int64_t)files[i].size);
    ck_assert_mem_eq(bytes, files[i].bytes, files[i].size);
}

static void check_all(void)
{
    for (unsigned i = 0; i < DIRS * NAMES; i++)
        do_check(i);
}

static void check_image(void)
{
    ck_assert_int_eq(vfs_sync_all(), 0);
    ck_assert_int_eq(image_check(&disk), 0);
}

static void remount(void)
{
    for (unsigned i = 0; i < DIRS * NAMES; i++)
        close_file(&files[i]);
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), 0);
}

static void step(void)
{
    unsigned i = pick(DIRS * NAMES);

    switch (pick(16)) {
    case 0 ... 5:
        do_write(i);
        break;
    case 6 ... 7:
        do_truncate(i);
        break;
    case 8:
        do_unlink(i);
        break;
    case 9 ... 10:
        do_rename(i, pick(DIRS * NAMES));
        break;
    case 11:
        vfs_shrink(pick(64), pick(2));
        break;
    case 12:
        if (pick(20) == 0)
            remount();
        break;
    case 13:
        if (pick(10) == 0)
            ck_assert_int_eq(vfs_sync_all(), 0);
        break;
    default:
        do_check(i);
    }
}

START_TEST(random_operations)
{
    static const unsigned cluster_sectors[] = {1, 2, 4, 8, 16, 64};

    seed = (uint32_t)_i + 1;
    stub_page_total = _i % 2 != 0 ? 60 : 2000; /* every other time there is little memory */
    image_make(&disk, 8192, cluster_sectors[_i % 6], "");
    ck_assert_int_eq(vfs_mount_root(stub_disk_open(&disk, false)), 0);
    for (unsigned i = 1; i < DIRS; i++)
        ck_assert_int_eq(vfs_mkdir(vfs_root(), dirs[i], 0755), 0);
    for (unsigned i = 1; i <= STEPS; i++) {
        step();
        if (i % (STEPS / 3) == 0) {
            check_all();
            check_image();
        }
    }
    remount();
    check_all();
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_int_eq(image_check(&disk), 0);
    free(disk.bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fat32 against a model");
    TCase *tc = tcase_create("model");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, random_operations, 0, 12);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
