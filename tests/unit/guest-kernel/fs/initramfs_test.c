/* SPDX-License-Identifier: Apache-2.0 */
/* initramfs_test.c - an archive becomes files: of all kinds, over others, through symbolic links, and without room. */
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
// sources: guest-kernel/fs/initramfs.c guest-kernel/fs/cpio.c
#include "fs/initramfs.h"

#include "cpio_builder.h"
#include "tmpfs_setup.h"

#define NS 1000000000ll

static struct cpio_builder b;
static char why[384];
static paddr_t given; /* the archive's frames up to here were given back */

void page_give(paddr_t start, paddr_t end)
{
    ck_assert_uint_eq(start, given);
    ck_assert_uint_lt(start, end);
    ck_assert_uint_eq(end % PAGE_SIZE, 0);
    given = end;
}

static int unpack(void)
{
    paddr_t start = (uintptr_t)b.bytes;

    given = start;
    why[0] = 0;
    stub_last_error[0] = 0;
    int error = initramfs_unpack(root, start, start + b.size, why, sizeof(why));
    ck_assert_uint_eq(given, page_up(start + b.size));
    ck_assert((error != 0) == (why[0] != 0));
    return error;
}

static void unpacks(void)
{
    ck_assert_msg(unpack() == 0, "%s", why);
    ck_assert_str_eq(stub_last_error, "");
}

/* What is there by that path, which leads through no symbolic link; borrowed. */
static struct inode *at(const char *path)
{
    struct inode *inode = root;

    while (inode != NULL && *path != 0) {
        char name[300] = "";
        size_t length = strcspn(path, "/");

        memcpy(name, path, length);
        inode = S_ISDIR(inode->mode) ? peek(inode, name) : NULL;
        path += length + (path[length] == '/');
    }
    return inode;
}

static void holds(const char *path, const char *text)
{
    char bytes[200] = "";
    struct inode *inode = at(path);

    ck_assert_msg(inode != NULL, "%s isn't there", path);
    ck_assert(S_ISREG(inode->mode));
    ck_assert_uint_eq(inode->size, strlen(text));
    ck_assert_int_eq(inode_read(inode, 0, bytes, sizeof(bytes)), (int64_t)strlen(text));
    ck_assert_str_eq(bytes, text);
}

static void leads(const char *path, const char *target)
{
    char text[PATH_MAX];
    struct inode *inode = at(path);

    ck_assert(inode != NULL && S_ISLNK(inode->mode));
    ck_assert_int_eq(inode->ops->read_link(inode, text), (int64_t)strlen(target));
    ck_assert_str_eq(text, target);
}

static void begin(void)
{
    b.size = 0;
    setup();
}

/* ---- */

START_TEST(all_kinds)
{
    struct inode *inode;

    cpio_builder_add(&b, &(struct cpio_fields){.mode = 041777, .uid = 3, .gid = 4, .mtime = 5}, ".", "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 040750, .uid = 1, .gid = 2, .mtime = 2000}, "./etc/", "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0104711, .uid = 7, .gid = UINT32_MAX, .mtime = 9}, "/etc//su",
                     "text", 4);
    cpio_builder_file(&b, "etc/empty", "");
    cpio_builder_link(&b, "etc/link", "nowhere/at all");
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 020620, .rdev_major = 136, .rdev_minor = 257, .gid = 5}, "tty",
                     "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 060600, .rdev_major = 8}, "disk", "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 010644, .mtime = 0xffffffff}, "fifo", "", 0);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0140644}, "socket", "", 0);
    cpio_builder_end(&b);
    unpacks();
    ck_assert_uint_eq(root->mode, 041777);
    ck_assert_uint_eq(root->uid, 3);
    ck_assert_uint_eq(root->gid, 4);
    ck_assert_int_eq(root->mtime, 5 * NS); /* though much came into it since */
    inode = at("etc");
    ck_assert_uint_eq(inode->mode, 040750);
    ck_assert_uint_eq(inode->uid, 1);
    ck_assert_uint_eq(inode->gid, 2);
    ck_assert_int_eq(inode->mtime, 2000 * NS);
    ck_assert_int_eq(inode->atime, 2000 * NS);
    inode = at("etc/su");
    ck_assert_uint_eq(inode->mode, 0104711);
    ck_assert_uint_eq(inode->uid, 7);
    ck_assert_uint_eq(inode->gid, 0);
    ck_assert_int_eq(inode->mtime, 9 * NS);
    holds("etc/su", "text");
    holds("etc/empty", "");
    leads("etc/link", "nowhere/at all");
    ck_assert_int_eq(at("etc/link")->mtime, 3000 * NS);
    ck_assert_uint_eq(at("tty")->mode, 020620);
    ck_assert_uint_eq(at("tty")->rdev, 1 | 136 << 8 | 1 << 20);
    ck_assert_uint_eq(at("tty")->gid, 5);
    ck_assert_uint_eq(at("disk")->mode, 060600);
    ck_assert_uint_eq(at("disk")->rdev, 8 << 8);
    ck_assert_uint_eq(at("fifo")->mode, 010644);
    ck_assert_int_eq(at("fifo")->mtime, 4294967295 * NS);
    ck_assert_uint_eq(at("socket")->mode, 0140644);
}
END_TEST

START_TEST(further_names)
{
    struct cpio_fields f = {.mode = 0100755, .links = 3, .ino = 7};

    cpio_builder_dir(&b, "bin");
    cpio_builder_add(&b, &f, "bin/one", "", 0);
    cpio_builder_add(&b, &f, "bin/two", "", 0);
    cpio_builder_add(&b, &f, "three", "data", 4); /* cpio(1) has it with the last name */
    f.ino = 8;
    cpio_builder_add(&b, &f, "a", "first", 5); /* others with the first */
    cpio_builder_add(&b, &f, "b", "", 0);
    unpacks();
    ck_assert_ptr_eq(at("bin/one"), at("three"));
    ck_assert_ptr_eq(at("bin/two"), at("three"));
    ck_assert_uint_eq(at("three")->links, 3);
    holds("bin/one", "data");
    ck_assert_ptr_eq(at("a"), at("b"));
    holds("a", "first");
}
END_TEST

START_TEST(directories_by_symbolic_links)
{
    cpio_builder_dir(&b, "usr");
    cpio_builder_dir(&b, "usr/bin");
    cpio_builder_link(&b, "bin", "usr/bin");
    cpio_builder_link(&b, "usr/bin/up", "../lib/.//x/../../");
    cpio_builder_link(&b, "usr/abs", "/usr/../../bin");
    cpio_builder_dir(&b, "usr/lib");
    cpio_builder_dir(&b, "usr/lib/x");
    cpio_builder_file(&b, "bin/sh", "1");
    cpio_builder_file(&b, "bin/up/in-usr", "2");
    cpio_builder_file(&b, "usr/abs/in-bin", "3");
    cpio_builder_dir(&b, "usr/abs/dir");
    cpio_builder_file(&b, "bin/dir/f", "4");
    unpacks();
    holds("usr/bin/sh", "1");
    holds("usr/in-usr", "2");
    holds("usr/bin/in-bin", "3");
    holds("usr/bin/dir/f", "4");
    leads("bin", "usr/bin");
}
END_TEST

START_TEST(what_is_left_out)
{
    char deep[4096];

    cpio_builder_file(&b, "no/dir", "");
    cpio_builder_file(&b, "file", "f");
    cpio_builder_file(&b, "file/below", "");
    cpio_builder_link(&b, "loop", "loop2/x");
    cpio_builder_link(&b, "loop2", "loop");
    cpio_builder_file(&b, "loop/x", "");
    cpio_builder_file(&b, ".", "");
    cpio_builder_file(&b, "//", "");
    memset(deep, 'x', sizeof(deep));
    for (unsigned i = 200; i < sizeof(deep); i += 200)
        deep[i] = '/';
    deep[4090] = 0;
    cpio_builder_link(&b, "long", deep);
    cpio_builder_file(&b, "long/a long name", "");
    cpio_builder_dir(&b, "full");
    cpio_builder_file(&b, "full/of", "something");
    cpio_builder_file(&b, "full", ""); /* a directory makes no way unless it is empty */
    cpio_builder_file(&b, "last", "l");
    ck_assert_int_eq(unpack(), 0);
    ck_assert_str_eq(stub_last_error,
                     "--initrd: 7 of 14 entries could not be made; the first of them is no/dir: error 2");
    holds("file", "f");
    holds("full/of", "something");
    holds("last", "l");
}
END_TEST

START_TEST(over_others)
{
    struct cpio_fields f = {.mode = 0100600, .links = 2, .ino = 1};

    cpio_builder_dir(&b, "dir");
    cpio_builder_file(&b, "dir/f", "a longer text");
    cpio_builder_dir(&b, "empty");
    cpio_builder_link(&b, "link", "dir");
    cpio_builder_file(&b, "link/by-link", "1");
    cpio_builder_add(&b, &f, "one", "old", 3);
    cpio_builder_add(&b, &f, "two", "", 0);
    cpio_builder_end(&b);
    cpio_builder_zeros(&b, 512);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 040700}, "dir", "", 0);
    cpio_builder_file(&b, "dir/f", "short");
    cpio_builder_link(&b, "empty", "dir");
    cpio_builder_dir(&b, "link");
    cpio_builder_file(&b, "link/in-dir", "2");
    cpio_builder_file(&b, "one", "new"); /* both names have it, as with Linux */
    cpio_builder_link(&b, "link2", "dir");
    cpio_builder_file(&b, "link2/x", "3");
    cpio_builder_link(&b, "link2", "link");
    cpio_builder_file(&b, "link2/x", "4");
    unpacks();
    ck_assert_uint_eq(at("dir")->mode, 040700);
    holds("dir/f", "short");
    holds("dir/by-link", "1");
    leads("empty", "dir");
    holds("link/in-dir", "2");
    holds("two", "new");
    ck_assert_ptr_eq(at("one"), at("two"));
    holds("dir/x", "3");
    holds("link/x", "4");
}
END_TEST

/* The first one of a file's names is another's by then. */
START_TEST(a_first_name_that_has_gone)
{
    struct cpio_fields f = {.mode = 0100600, .links = 2, .ino = 1};

    cpio_builder_add(&b, &f, "one", "old", 3);
    cpio_builder_link(&b, "one", "two");
    cpio_builder_add(&b, &f, "two", "", 0);
    ck_assert_int_eq(unpack(), 0);
    ck_assert_ptr_nonnull(strstr(stub_last_error, "1 of 3 entries could not be made"));
    leads("one", "two");
    ck_assert_ptr_null(at("two"));
}
END_TEST

/* More than a page; and the archive's frames are given back on the way. */
START_TEST(large_files)
{
    static char data[300000], read[300001];

    unmount();
    mount_with("mode=755");
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * 7 >> 5);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0100644}, "large", data, sizeof(data));
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0100644}, "page", data, 4096);
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0100644}, "large", data, 4097);
    unpacks();
    ck_assert_uint_eq(at("large")->size, 4097);
    ck_assert_int_eq(inode_read(at("large"), 0, read, sizeof(read)), 4097);
    ck_assert_mem_eq(read, data, 4097);
    ck_assert_int_eq(inode_read(at("page"), 0, read, sizeof(read)), 4096);
    ck_assert_uint_eq(figures().blocks - figures().blocks_free, 3);
}
END_TEST

START_TEST(no_room)
{
    static char data[100000];

    cpio_builder_file(&b, "small", "1");
    cpio_builder_add(&b, &(struct cpio_fields){.mode = 0100644}, "large", data, sizeof(data));
    ck_assert_int_eq(unpack(), -ENOSPC);
    ck_assert_ptr_nonnull(strstr(why, "is full at entry large; make it larger with --root-size"));
    b.size = 0;
    for (unsigned i = 0; i < 200; i++) {
        char name[8];

        snprintf(name, sizeof(name), "f%u", i);
        cpio_builder_file(&b, name, "");
    }
    ck_assert_int_eq(unpack(), -ENOSPC);
    ck_assert_ptr_nonnull(
        strstr(why, "as many files as the memory allows, 100, at entry f97; give the guest more with --memory"));
}
END_TEST

START_TEST(damage_is_told)
{
    cpio_builder_file(&b, "small", "1");
    cpio_builder_file(&b, "bad\x1b", "1");
    cpio_builder_set(&b, CPIO_DATA_SIZE, "00010000");
    ck_assert_int_eq(unpack(), -EINVAL);
    ck_assert_str_eq(why, "the archive is damaged at byte 120, entry bad?: it ends within the data");
    cpio_builder_set(&b, CPIO_DATA_SIZE, "0001000x");
    ck_assert_int_eq(unpack(), -EINVAL);
    ck_assert_str_eq(why, "the archive is damaged at byte 120: a number in the header isn't hexadecimal");
    holds("small", "1");
}
END_TEST

/* Each allocation once; everything is given back. */
START_TEST(without_memory)
{
    struct cpio_fields f = {.mode = 0100755, .links = 3, .ino = 7};
    unsigned failed = 0;

    cpio_builder_dir(&b, "bin");
    cpio_builder_add(&b, &f, "bin/one", "", 0);
    cpio_builder_add(&b, &f, "bin/two", "data", 4);
    cpio_builder_link(&b, "link", "bin");
    cpio_builder_file(&b, "link/file", "text");
    for (uint64_t n = 1;; n++) {
        stub_fail_at = n;
        int error = unpack();
        if (stub_fail_at != 0 && error == 0)
            break;
        ck_assert_int_eq(error, -ENOMEM);
        ck_assert_ptr_nonnull(strstr(why, "not enough memory"));
        failed++;
        stub_fail_at = 0;
        unmount();
        setup();
    }
    stub_fail_at = 0;
    ck_assert_uint_ge(failed, 10);
    holds("bin/file", "text");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("initramfs");
    TCase *tcase = tcase_create("initramfs");

    tcase_add_checked_fixture(tcase, begin, unmount);
    tcase_add_test(tcase, all_kinds);
    tcase_add_test(tcase, further_names);
    tcase_add_test(tcase, directories_by_symbolic_links);
    tcase_add_test(tcase, what_is_left_out);
    tcase_add_test(tcase, over_others);
    tcase_add_test(tcase, a_first_name_that_has_gone);
    tcase_add_test(tcase, large_files);
    tcase_add_test(tcase, no_room);
    tcase_add_test(tcase, damage_is_told);
    tcase_add_test(tcase, without_memory);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
