/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_xattr_test.c - extended attributes of files in memory. */
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

static char value[XATTR_SIZE_MAX];

static int set(struct inode *inode, const char *name, const char *text, unsigned flags)
{
    return inode->ops->set_xattr(inode, name, text, text != NULL ? strlen(text) : 0, flags);
}

static int64_t get(struct inode *inode, const char *name, size_t size)
{
    memset(value, '?', sizeof(value));
    return inode->ops->get_xattr(inode, name, value, size);
}

START_TEST(values)
{
    ck_assert_int_eq(get(root, "user.a", 10), -ENODATA);
    ck_assert_int_eq(set(root, "user.a", "one", XATTR_REPLACE), -ENODATA);
    ck_assert_int_eq(set(root, "user.a", "one", XATTR_CREATE), 0);
    ck_assert_int_eq(set(root, "user.a", "two", XATTR_CREATE), -EEXIST);
    ck_assert_int_eq(get(root, "user.a", 10), 3);
    ck_assert_mem_eq(value, "one?", 4);
    ck_assert_int_eq(set(root, "user.a", "longer", XATTR_REPLACE), 0);
    ck_assert_int_eq(get(root, "user.a", 0), 6);
    ck_assert_int_eq(get(root, "user.a", 5), -ERANGE);
    ck_assert_int_eq(get(root, "user.a", 6), 6);
    ck_assert_mem_eq(value, "longer", 6);
    ck_assert_int_eq(set(root, "user.a", "", 0), 0);
    ck_assert_int_eq(get(root, "user.a", 6), 0);
    ck_assert_int_eq(set(root, "user.a", NULL, XATTR_REPLACE), 0);
    ck_assert_int_eq(set(root, "user.a", NULL, XATTR_REPLACE), -ENODATA);
    ck_assert_int_eq(get(root, "user.a", 6), -ENODATA);
}
END_TEST

START_TEST(kinds)
{
    ck_assert_int_eq(set(root, "trusted.a", "x", 0), 0);
    ck_assert_int_eq(set(root, "security.a", "x", 0), 0);
    ck_assert_int_eq(set(root, "user.", "x", 0), -EINVAL);
    ck_assert_int_eq(set(root, "system.a", "x", 0), -EOPNOTSUPP);
    ck_assert_int_eq(set(root, "a", "x", 0), -EOPNOTSUPP);
    ck_assert_int_eq(set(root, "userx", "x", 0), -EOPNOTSUPP);
    ck_assert_int_eq(get(root, "trusted.", 5), -EINVAL);
    ck_assert_int_eq(get(root, "system.posix_acl_access", 5), -EOPNOTSUPP);
}
END_TEST

START_TEST(lists)
{
    static const char all[] = "security.s\0trusted.t\0user.a\0user.b";
    struct cred kept = *cred();
    char list[100];

    ck_assert_int_eq(root->ops->list_xattr(root, list, sizeof(list)), 0);
    ck_assert_int_eq(set(root, "user.b", "x", 0), 0);
    ck_assert_int_eq(set(root, "trusted.t", "x", 0), 0);
    ck_assert_int_eq(set(root, "user.a", "x", 0), 0);
    ck_assert_int_eq(set(root, "security.s", "x", 0), 0);
    ck_assert_int_eq(root->ops->list_xattr(root, NULL, 0), sizeof(all));
    ck_assert_int_eq(root->ops->list_xattr(root, list, sizeof(all) - 1), -ERANGE);
    ck_assert_int_eq(root->ops->list_xattr(root, list, sizeof(all)), sizeof(all));
    ck_assert_mem_eq(list, all, sizeof(all));
    cred()->effective &= ~CAP_BIT(CAP_SYS_ADMIN);
    ck_assert_int_eq(root->ops->list_xattr(root, list, sizeof(list)), sizeof(all) - 10);
    ck_assert_mem_eq(list, "security.s\0user.a", 18);
    *cred() = kept;
}
END_TEST

/* They take of the room for inodes, which is 99 KiB here. */
START_TEST(room)
{
    static char long_value[XATTR_SIZE_MAX];

    ck_assert_int_eq(root->ops->set_xattr(root, "user.a", long_value, sizeof(long_value), 0), 0);
    ck_assert_uint_eq(figures().files_free, (99 * 1024 - 65536 - 32 - 7) / 1024);
    ck_assert_int_eq(root->ops->set_xattr(root, "user.b", long_value, sizeof(long_value), 0), -ENOSPC);
    ck_assert_int_eq(get(root, "user.a", sizeof(value)), sizeof(value));
    ck_assert_int_eq(set(root, "user.a", NULL, 0), 0);
    ck_assert_uint_eq(figures().files_free, 99);
    ck_assert_int_eq(make(root, "f", S_IFREG | 0600), 0);
    struct inode *f = peek(root, "f");
    ck_assert_int_eq(f->ops->set_xattr(f, "user.b", long_value, sizeof(long_value), 0), 0);
    ck_assert_int_eq(drop(root, "f"), 0); /* with what it has */
    ck_assert_uint_eq(figures().files_free, 99);
}
END_TEST

START_TEST(many)
{
    char name[32];

    unmount();
    mount_with("nr_inodes=0");
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "user.%u", i * 2654435761u);
        ck_assert_int_eq(set(root, name, name, 0), 0);
    }
    ck_assert_uint_le(tmpfs_inode_of(root)->xattrs.root->height, 18);
    for (unsigned i = 0; i < 5000; i += 3) {
        snprintf(name, sizeof(name), "user.%u", i * 2654435761u);
        ck_assert_int_eq(get(root, name, 100), (int64_t)strlen(name));
        ck_assert_int_eq(set(root, name, NULL, 0), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tmpfs-xattr");
    TCase *tc = tcase_create("tmpfs-xattr");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, unmount);
    tcase_add_test(tc, values);
    tcase_add_test(tc, kinds);
    tcase_add_test(tc, lists);
    tcase_add_test(tc, room);
    tcase_add_test(tc, many);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
