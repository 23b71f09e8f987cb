/* SPDX-License-Identifier: Apache-2.0 */
/* devfs_test.c - /dev. */
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
// sources: guest-kernel/drv/mem_devices.c tests/unit/guest-kernel/disk.c
// sources: tests/unit/guest-kernel/no_async.c
#include <check.h>
#include <string.h>

#include "../files.h"
#include "../stubs.h"
#include "abi/errno.h"
#include "drv/mem_devices.h"
#include "mm/page.h"
#include "vfs/device.h"
#include "vfs/path.h"

static int64_t tty_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    ck_assert_ptr_null(pos);
    return iter_fill(iter, file->owner, 5);
}

static const struct file_ops tty_ops = {.read = tty_read};

static int tty_open(struct inode *inode, struct file *file)
{
    (void)inode;
    file->ops = &tty_ops;
    file->owner = "input";
    return 0;
}

static int busy_open(struct inode *inode, struct file *file)
{
    (void)inode, (void)file;
    return -EBUSY;
}

static struct device tty = {.name = "tty0", .mode = S_IFCHR | 0620, .gid = 5, .rdev = 0x400, .open = tty_open};
static struct device busy = {.name = "busy", .mode = S_IFBLK | 0620, .rdev = 0x400, .open = busy_open};
static struct device nameless = {.mode = S_IFCHR | 0620, .rdev = DEVICE_RDEV(136, 4095), .open = tty_open};

static void setup(void)
{
    mem_devices_register();
    device_register(&tty);
    device_register(&nameless);
    device_register(&busy);
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
}

static void teardown(void)
{
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
}

static int64_t read_from(const char *path, void *bytes, size_t size)
{
    struct file *file;

    ck_assert_int_eq(open_path(path, O_RDONLY, &file), 0);
    int64_t done = get_bytes(file, 5, bytes, size);
    file_put(file);
    return done;
}

static int64_t write_to(const char *path)
{
    struct file *file;

    ck_assert_int_eq(open_path(path, O_WRONLY | O_CREAT | O_TRUNC, &file), 0);
    int64_t done = put_bytes(file, 0, "abc", 3);
    ck_assert_int_eq(file_sync(file, false), -EINVAL);
    file_put(file);
    return done;
}

START_TEST(lists)
{
    char names[200];

    ck_assert_int_eq(list_path("/dev", names, sizeof(names)), 0);
    ck_assert_str_eq(names, "shm null zero full random urandom tty0 busy fd stdin stdout stderr ");
    ck_assert_int_eq(list_path("/", names, sizeof(names)), 0);
    ck_assert_str_eq(names, "dev ");
}
END_TEST

START_TEST(memory_devices)
{
    char bytes[1000];

    memset(bytes, 'x', sizeof(bytes));
    ck_assert_int_eq(read_from("/dev/null", bytes, 10), 0);
    ck_assert_int_eq(read_from("/dev/zero", bytes, 10), 10);
    ck_assert_mem_eq(bytes, "\0\0\0\0\0\0\0\0\0\0x", 11);
    ck_assert_int_eq(read_from("/dev/full", bytes, 10), 10);
    ck_assert_int_eq(read_from("/dev/random", bytes, 1000), 1000);
    ck_assert_int_eq(read_from("/dev/urandom", bytes + 500, 500), 500);
    ck_assert_mem_ne(bytes, bytes + 500, 500);
    ck_assert_int_eq(write_to("/dev/null"), 3);
    ck_assert_int_eq(write_to("/dev/zero"), 3);
    ck_assert_int_eq(write_to("/dev/full"), -ENOSPC);
    ck_assert_int_eq(write_to("/dev/urandom"), 3);
}
END_TEST

START_TEST(numbers)
{
    static const struct {
        const char *path;
        uint64_t rdev;
    } nodes[] = {{"/dev/null", 0x103},   {"/dev/zero", 0x105},    {"/dev/full", 0x107},
                 {"/dev/random", 0x108}, {"/dev/urandom", 0x109}, {"/dev/tty0", 0x400}};

    for (unsigned i = 0; i < 6; i++) {
        struct inode *inode;
        ck_assert_int_eq(vfs_lookup(vfs_root(), nodes[i].path, 0, &inode), 0);
        ck_assert_uint_eq(inode->rdev, nodes[i].rdev);
        ck_assert(S_ISCHR(inode->mode));
        inode_put(inode);
    }
}
END_TEST

START_TEST(drivers_nodes)
{
    char bytes[5];
    struct file *file;
    struct iter_segment segment = {(uintptr_t)bytes, 5};
    struct iter iter;

    ck_assert_int_eq(open_path("/dev/tty0", O_RDWR, &file), 0);
    iter_init(&iter, &segment, 1, false);
    ck_assert_int_eq(file_read(file, &iter), 5);
    ck_assert_mem_eq(bytes, "input", 5);
    ck_assert_int_eq(file_pread(file, &iter, 0), -ESPIPE);
    ck_assert_int_eq(file_seek(file, 0, SEEK_SET), -ESPIPE);
    ck_assert_uint_eq(file->inode->gid, 5);
    file_put(file);
    ck_assert_int_eq(open_path("/dev/busy", O_RDWR, &file), -EBUSY);
    ck_assert_int_eq(open_path("/dev/none", O_RDWR, &file), -ENOENT);
}
END_TEST

START_TEST(may_be_changed)
{
    struct inode *inode;
    struct path path;
    char text[PATH_MAX], names[200];

    ck_assert_int_eq(vfs_unlink(vfs_root(), "/dev/null", false), 0);
    ck_assert_int_eq(vfs_mknod(vfs_root(), "/dev/none", S_IFCHR | 0640, 0x103), 0);
    ck_assert_int_eq(read_from("/dev/none", text, 10), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/dev/sub", 0755), 0);
    ck_assert_int_eq(list_path("/dev", names, sizeof(names)), 0);
    ck_assert_str_eq(names, "shm zero full random urandom tty0 busy fd stdin stdout stderr none sub ");
    ck_assert_int_eq(path_lookup(vfs_root(), "/dev/fd", LOOKUP_NOFOLLOW, &path), 0);
    inode = path_inode(&path);
    ck_assert(S_ISLNK(inode->mode));
    ck_assert_int_eq(inode->ops->read_link(inode, text), 13);
    ck_assert_str_eq(text, "/proc/self/fd");
    path_put(&path);
}
END_TEST

/* What couldn't be made is made later. */
START_TEST(no_memory_for_the_nodes)
{
    struct inode *dir, *found;
    unsigned failures = 0;
    char names[200];

    ck_assert_int_eq(vfs_lookup(vfs_root(), "/dev", 0, &dir), 0);
    for (unsigned n = 1; n < 8; n++) {
        stub_fail_at = n;
        int error = dir->ops->lookup(dir, "urandom", 7, &found);
        if (error == 0)
            inode_put(found);
        else
            ck_assert_int_eq(error, -ENOMEM);
        failures += error != 0;
    }
    inode_put(dir);
    ck_assert_uint_ge(failures, 3);
    stub_fail_at = 0;
    ck_assert_int_eq(list_path("/dev", names, sizeof(names)), 0);
    ck_assert_str_eq(names, "shm null zero full random urandom tty0 busy fd stdin stdout stderr ");
}
END_TEST

START_TEST(any_nodes_device)
{
    struct inode node = {.mode = S_IFCHR | 0600, .rdev = DEVICE_RDEV(136, 4095)};
    struct file file = {0};

    ck_assert_uint_eq(node.rdev, 0xf088ff);
    ck_assert_uint_eq(device_major(node.rdev), 136);
    ck_assert_uint_eq(device_minor(node.rdev), 4095);
    ck_assert_int_eq(device_open(&node, &file), 0);
    ck_assert_ptr_eq(file.ops, &tty_ops);
    node.mode = S_IFBLK | 0600; /* the same numbers of the other kind are another device */
    ck_assert_int_eq(device_open(&node, &file), -ENXIO);
    node.rdev = 0x400;
    ck_assert_int_eq(device_open(&node, &file), -EBUSY);
    node.rdev = 0;
    ck_assert_int_eq(device_open(&node, &file), -ENXIO);
}
END_TEST

/* Memory is counted where it is taken: in a hole, too. */
START_TEST(half_of_the_memory)
{
    uint64_t most = page_total_count() / 2, written = 0;
    char page[PAGE_SIZE] = "full";
    struct file *file;

    ck_assert_int_eq(open_path("/sparse", O_RDWR | O_CREAT, &file), 0);
    ck_assert_int_eq(vfs_truncate(file->inode, 1ull << 40), 0);
    while (written <= most && put_bytes(file, 2 * written * PAGE_SIZE, page, sizeof(page)) == (int64_t)sizeof(page))
        written++;
    ck_assert_uint_eq(written, most);
    ck_assert_int_eq(put_bytes(file, PAGE_SIZE, page, sizeof(page)), -ENOSPC);
    ck_assert_int_eq(put_bytes(file, 0, page, sizeof(page)), sizeof(page));
    ck_assert_int_eq(get_bytes(file, PAGE_SIZE, page, sizeof(page)), sizeof(page)); /* a hole takes none */
    ck_assert_int_eq(page[0], 0);
    ck_assert_int_eq(vfs_truncate(file->inode, PAGE_SIZE), 0);
    ck_assert_int_eq(put_bytes(file, PAGE_SIZE, page, sizeof(page)), sizeof(page));
    file_put(file);
    ck_assert_int_eq(vfs_unlink(vfs_root(), "/sparse", false), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devfs");
    TCase *tc = tcase_create("devfs");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, lists);
    tcase_add_test(tc, memory_devices);
    tcase_add_test(tc, numbers);
    tcase_add_test(tc, drivers_nodes);
    tcase_add_test(tc, may_be_changed);
    tcase_add_test(tc, no_memory_for_the_nodes);
    tcase_add_test(tc, any_nodes_device);
    tcase_add_test(tc, half_of_the_memory);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
