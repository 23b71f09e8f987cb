/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_acl_test.c - lists of who may do what (acl(5)) on ext2 and ext4: as the disk has them, kept, followed by the
 * mode, looked at; those that are damaged; and security.capability. */
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
#include "abi/xattr.h"
#include "core/thread.h"
#include "ext4_setup.h"
#include "fs/ext4/ext4_change.h"
#include "vfs/acl.h"
#include "vfs/inode_xattr.h"
#include "vfs/permission.h"

#define PLAIN "-t ext4 -b 1024 -I 256 -O ^has_journal"

static uint8_t got[2000];

static struct inode *inode_at(const char *path)
{
    struct inode *inode;
    int error = vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode);

    ck_assert_msg(error == 0, "%s: error %d", path, error);
    return inode;
}

static void mount_writable(void)
{
    mount();
    ck_assert(!mounted()->fs.read_only);
}

static void unmount_written(void)
{
    credits_were_enough();
    ck_assert_int_eq(vfs_unmount_all(), 0);
    ck_assert_uint_eq(stub_pages_used, 0);
    ck_assert_uint_eq(stub_kmallocs, 0);
    int status = ext4_image_shell(&disk, "e2fsck -fn $IMAGE >log 2>&1 || { cat log; false; }");
    ck_assert_msg(status == 0, "e2fsck: %d", status);
}

/* Somebody without capabilities, for one question. */
static int may(const char *path, uint32_t user, uint32_t group, unsigned wanted)
{
    struct cred cred = {.user.fs = user, .group.fs = group};
    struct inode *inode = inode_at(path);
    int error = permission_of(&cred, inode, wanted);

    inode_put(inode);
    return error;
}

struct value {
    uint32_t version;
    struct acl_entry entry[8];
};

/* user::rw-, user:1000:rw-, group::r--, group:7:r--, mask::rw-, other::--- */
static const struct value some = {2,
                                  {{ACL_USER_OBJ, 6, UINT32_MAX},
                                   {ACL_USER, 6, 1000},
                                   {ACL_GROUP_OBJ, 4, UINT32_MAX},
                                   {ACL_GROUP, 4, 7},
                                   {ACL_MASK, 6, UINT32_MAX},
                                   {ACL_OTHER, 0, UINT32_MAX}}};
#define SOME_SIZE (4 + 6 * sizeof(struct acl_entry))
/* user::rwx, group::r-x, other::r-x: no more than a mode. */
static const struct value bare = {
    2, {{ACL_USER_OBJ, 7, UINT32_MAX}, {ACL_GROUP_OBJ, 5, UINT32_MAX}, {ACL_OTHER, 5, UINT32_MAX}}};
#define BARE_SIZE (4 + 3 * sizeof(struct acl_entry))

static int put(const char *path, const char *name, const struct value *list, size_t size)
{
    struct inode *inode = inode_at(path);
    int error = vfs_set_xattr(inode, name, list, size, 0);

    inode_put(inode);
    return error;
}

static int64_t get(const char *path, const char *name)
{
    struct inode *inode = inode_at(path);
    int64_t size = vfs_get_xattr(inode, name, got, sizeof(got));

    inode_put(inode);
    return size;
}

static uint32_t mode_of(const char *path)
{
    struct inode *inode = inode_at(path);
    uint32_t mode = inode->mode & 07777;

    inode_put(inode);
    return mode;
}

static void expect_some(const char *path)
{
    ck_assert_int_eq(get(path, XATTR_ACL_ACCESS), SOME_SIZE);
    ck_assert_mem_eq(got, &some, SOME_SIZE);
    ck_assert_uint_eq(mode_of(path), 0660);
    ck_assert_int_eq(may(path, 1000, 1000, MAY_READ | MAY_WRITE), 0);
    ck_assert_int_eq(may(path, 1000, 1000, MAY_EXEC), -EACCES);
    ck_assert_int_eq(may(path, 1001, 7, MAY_READ), 0);
    ck_assert_int_eq(may(path, 1001, 7, MAY_WRITE), -EACCES);
    ck_assert_int_eq(may(path, 1001, 1001, MAY_READ), -EACCES);
}

static int64_t names_of(const char *path)
{
    struct inode *inode = inode_at(path);
    int64_t size = vfs_list_xattr(inode, (char *)got, sizeof(got));

    inode_put(inode);
    return size;
}

/* As they lie on the disk, lists among them. */
START_TEST(names_in_order)
{
    static const char expected[] = "user.first\0system.posix_acl_access\0user.last";

    ext4_image_make(&disk, "8M", PLAIN, "debugfs -w -R 'ea_set /size-100 user.first 1' $IMAGE");
    mount_writable();
    ck_assert_int_eq(put("/size-100", XATTR_ACL_ACCESS, &some, SOME_SIZE), 0);
    struct inode *inode = inode_at("/size-100");
    ck_assert_int_eq(vfs_set_xattr(inode, "user.last", "1", 1, 0), 0);
    inode_put(inode);
    ck_assert_int_eq(names_of("/size-100"), sizeof(expected));
    ck_assert_mem_eq(got, expected, sizeof(expected));
    unmount_written();
}
END_TEST

/* Set here, looked at again from the disk, where debugfs sees the short form; and gone. */
START_TEST(set_and_looked_at)
{
    static const char *const layouts[] = {PLAIN, "-t ext2 -b 1024 -I 128"};

    ext4_image_make(&disk, "8M", layouts[_i], "");
    mount_writable();
    ck_assert_int_eq(may("/size-100", 1001, 1001, MAY_READ), 0); /* 0644 */
    ck_assert_int_eq(put("/size-100", XATTR_ACL_ACCESS, &some, SOME_SIZE), 0);
    expect_some("/size-100");
    ck_assert_int_eq(put("/size-100", XATTR_ACL_DEFAULT, &some, SOME_SIZE), -EACCES);
    ck_assert_int_eq(put("/link-58", XATTR_ACL_ACCESS, &some, SOME_SIZE), -EOPNOTSUPP);
    ck_assert_int_eq(put("/few", XATTR_ACL_DEFAULT, &some, SOME_SIZE), 0);
    unmount_written();
    ck_assert_int_eq(ext4_image_shell(&disk, "debugfs -R 'ea_get -f acl /size-100 system.posix_acl_access' $IMAGE; "
                                             "test $(stat -c %s acl) -eq 52; debugfs -R 'stat /size-100' $IMAGE | "
                                             "grep 'Mode:  0660'"),
                     0); /* debugfs gives the long form */
    mount_writable();
    expect_some("/size-100");
    ck_assert_int_eq(get("/few", XATTR_ACL_DEFAULT), SOME_SIZE);
    ck_assert_int_eq(get("/few", XATTR_ACL_ACCESS), -ENODATA);
    ck_assert_int_eq(names_of("/few"), sizeof(XATTR_ACL_DEFAULT));
    ck_assert_str_eq((char *)got, XATTR_ACL_DEFAULT);
    ck_assert_int_eq(put("/size-100", XATTR_ACL_ACCESS, &bare, BARE_SIZE), 0); /* the mode says it */
    ck_assert_int_eq(get("/size-100", XATTR_ACL_ACCESS), -ENODATA);
    struct inode *inode = inode_at("/few");
    ck_assert_int_eq(vfs_remove_xattr(inode, XATTR_ACL_DEFAULT), 0);
    ck_assert_ptr_null(inode->acls);
    inode_put(inode);
    unmount_written();
    mount_writable();
    ck_assert_uint_eq(mode_of("/size-100"), 0755);
    ck_assert_int_eq(get("/size-100", XATTR_ACL_ACCESS), -ENODATA);
    ck_assert_int_eq(get("/few", XATTR_ACL_DEFAULT), -ENODATA);
    ck_assert_int_eq(may("/size-100", 1001, 1001, MAY_READ | MAY_EXEC), 0);
    unmount_written();
}
END_TEST

static const struct inode *watched; /* somebody may look at it while the volume is waited for */
static uint32_t mode_meanwhile;

void mutex_lock(struct mutex *mutex)
{
    ck_assert_ptr_null(mutex->owner);
    mutex->owner = arch_current();
    if (watched != NULL && mutex == &watched->fs->volume)
        mode_meanwhile = watched->mode & 07777;
}

/* The group gets no rights by a mode whose list isn't there yet, which has a mask in their place. */
START_TEST(list_and_mode_at_once)
{
    ext4_image_make(&disk, "8M", PLAIN, "");
    mount_writable();
    struct inode *inode = inode_at("/size-100");
    watched = inode;
    ck_assert_int_eq(vfs_set_xattr(inode, XATTR_ACL_ACCESS, &some, SOME_SIZE, 0), 0);
    watched = NULL;
    ck_assert_uint_eq(mode_meanwhile, 0644);
    ck_assert_uint_eq(inode->mode & 07777, 0660);
    inode_put(inode);
    unmount_written();
}
END_TEST

/* A mode that changes: the list on the disk says so. */
START_TEST(mode_changes)
{
    struct ext4_handle handle;

    ext4_image_make(&disk, "8M", PLAIN, "");
    mount_writable();
    ck_assert_int_eq(put("/size-100", XATTR_ACL_ACCESS, &some, SOME_SIZE), 0);
    struct inode *inode = inode_at("/size-100");
    ck_assert_int_eq(ext4_begin(mounted(), &handle, EXT4_CREDITS_XATTR), 0);
    inode->mode = (inode->mode & ~0777u) | 0744;
    ck_assert_int_eq(ext4_acl_follow(&handle, ext4_inode_of(inode), inode->mode), 0);
    ext4_end(&handle);
    acl_follow_mode(inode);
    inode_put(inode);
    unmount_written();
    mount_writable();
    struct value wanted = some;
    wanted.entry[0].rights = 7;
    wanted.entry[4].rights = 4;
    wanted.entry[5].rights = 4;
    ck_assert_int_eq(get("/size-100", XATTR_ACL_ACCESS), SOME_SIZE);
    ck_assert_mem_eq(got, &wanted, SOME_SIZE);
    ck_assert_uint_eq(mode_of("/size-100"), 0744);
    ck_assert_int_eq(may("/size-100", 1000, 1000, MAY_WRITE), -EACCES); /* the mask */
    unmount_written();
}
END_TEST

/* What a new one gets is stored with it. */
START_TEST(inherited)
{
    struct ext4_handle handle;

    ext4_image_make(&disk, "8M", PLAIN, "");
    mount_writable();
    ck_assert_int_eq(put("/few", XATTR_ACL_DEFAULT, &some, SOME_SIZE), 0);
    struct inode *dir = inode_at("/few"), *inode = inode_at("/empty");
    inode->mode = S_IFDIR | 0666;
    ck_assert_int_eq(acl_inherit(inode, dir), 0); /* as if it were new */
    ck_assert_int_eq(ext4_begin(mounted(), &handle, 2 * EXT4_CREDITS_XATTR), 0);
    ck_assert_int_eq(ext4_acls_store(&handle, ext4_inode_of(inode)), 0);
    ext4_end(&handle);
    inode_put(inode);
    inode_put(dir);
    unmount_written();
    mount_writable();
    ck_assert_int_eq(get("/empty", XATTR_ACL_DEFAULT), SOME_SIZE);
    ck_assert_mem_eq(got, &some, SOME_SIZE);
    ck_assert_int_eq(get("/empty", XATTR_ACL_ACCESS), SOME_SIZE);
    ck_assert_int_eq(may("/empty", 1000, 1000, MAY_READ | MAY_WRITE), 0);
    ck_assert_int_eq(may("/empty", 1001, 1001, MAY_READ), -EACCES);
    unmount_written();
}
END_TEST

/* noacl: they are there, and nobody asks. */
START_TEST(switched_off)
{
    ext4_image_make(&disk, "8M", PLAIN, "");
    mount_writable();
    ck_assert_int_eq(put("/size-100", XATTR_ACL_ACCESS, &some, SOME_SIZE), 0);
    unmount_written();
    mount_writable();
    mounted()->fs.ignores_acls = true;
    ck_assert_int_eq(get("/size-100", XATTR_ACL_ACCESS), -EOPNOTSUPP);
    ck_assert_int_eq(put("/size-100", XATTR_ACL_ACCESS, &some, SOME_SIZE), -EOPNOTSUPP);
    ck_assert_int_eq(names_of("/size-100"), 0);
    ck_assert_int_eq(may("/size-100", 1001, 7, MAY_WRITE), -EACCES);
    ck_assert_int_eq(may("/size-100", 1001, 0, MAY_READ | MAY_WRITE), 0); /* the owner's group has what is the mask */
    unmount_written();
}
END_TEST

static int remount(const char *options)
{
    struct filesystem *fs = vfs_root()->mount->fs;

    return fs->ops->reconfigure(fs, options);
}

/* The same by a remount, of inodes that are in memory, and back. */
START_TEST(switched_off_later)
{
    ext4_image_make(&disk, "8M", PLAIN, "");
    mount_writable();
    ck_assert_int_eq(put("/size-100", XATTR_ACL_ACCESS, &some, SOME_SIZE), 0);
    struct inode *inode = inode_at("/size-100");
    ck_assert_int_eq(may("/size-100", 1001, 7, MAY_WRITE), -EACCES); /* the group's entry */
    ck_assert_int_eq(may("/size-100", 1000, 1000, MAY_WRITE), 0);    /* the user's */
    ck_assert_int_eq(remount("noacl"), 0);
    ck_assert_int_eq(may("/size-100", 1000, 1000, MAY_WRITE), -EACCES);
    ck_assert_int_eq(may("/size-100", 1001, 0, MAY_READ | MAY_WRITE), 0);
    inode_put(inode);
    ck_assert_int_eq(remount("acl"), 0);
    ck_assert_int_eq(may("/size-100", 1000, 1000, MAY_WRITE), 0);
    expect_some("/size-100");
    unmount_written();
    mount_writable();
    ck_assert_int_eq(remount("noacl"), 0); /* it comes into memory now */
    ck_assert_int_eq(may("/size-100", 1000, 1000, MAY_WRITE), -EACCES);
    ck_assert_int_eq(remount("acl"), 0);
    ck_assert_int_eq(may("/size-100", 1000, 1000, MAY_WRITE), 0);
    unmount_written();
}
END_TEST

/* ---- damage ---- */

static const struct {
    const char *value; /* as the disk has it */
    size_t size;
} bad[] = {
    {"\x01\0\0\0\x01\0\x06\0", 8},                                                /* nothing but the owner */
    {"\x02\0\0\0\x01\0\x06\0\x04\0\x04\0\x20\0\x04\0", 16},                       /* another version */
    {"\x01\0\0\0\x01\0\x06\0\x04\0\x04\0\x20\0\x04\0\x01", 17},                   /* half an entry */
    {"\x01\0\0\0\x01\0\x06\0\x02\0\x06\0\xe8\x03\0\0\x04\0\x04\0\x20\0\0\0", 24}, /* no mask */
    {"\x01\0\0\0\x01\0\x06\0\x04\0\x0f\0\x20\0\x04\0", 16},                       /* rights that there aren't */
    {"\x01\0", 2},
};

/* Only the owner has rights, and who needs none; and Linux's errno when it is asked for. */
START_TEST(damaged_list)
{
    struct ext4_handle handle;

    ext4_image_make(&disk, "8M", PLAIN, "");
    mount_writable();
    struct inode *inode = inode_at("/size-100");
    ck_assert_int_eq(ext4_begin(mounted(), &handle, EXT4_CREDITS_XATTR), 0);
    ck_assert_int_eq(
        ext4_xattr_change(&handle, ext4_inode_of(inode), EXT4_XATTR_ACL_ACCESS, "", 0, bad[_i].value, bad[_i].size, 0),
        0);
    ext4_end(&handle);
    inode_put(inode);
    unmount_written();
    stub_quiet = true;
    mount_writable();
    mounted()->goes_on = true;
    inode = inode_at("/size-100");
    uint32_t owner = inode->uid;
    ck_assert_ptr_nonnull(strstr(stub_last_error, "a list of who may do what"));
    inode_put(inode);
    ck_assert_int_eq(may("/size-100", owner + 1, 1001, MAY_READ), -EACCES);
    ck_assert_int_eq(may("/size-100", owner, 1001, MAY_READ), 0);
    if (_i != 0 && _i != 3 && _i != 4) /* these can be shown, as they are */
        ck_assert_int_eq(get("/size-100", XATTR_ACL_ACCESS), -EINVAL);
    inode = inode_at("/size-100");
    acl_follow_mode(inode);
    inode_put(inode);
    ck_assert_int_eq(names_of("/size-100"), sizeof(XATTR_ACL_ACCESS));         /* the name is there */
    ck_assert_int_eq(put("/size-100", XATTR_ACL_ACCESS, &some, SOME_SIZE), 0); /* which mends it */
    expect_some("/size-100");
    unmount_written();
}
END_TEST

/* Attributes elsewhere than on the disk has them: the file is there, and nobody else's. */
START_TEST(damaged_block)
{
    ext4_image_make(&disk, "8M", "-t ext4 -b 1024 -O ^has_journal,^metadata_csum",
                    "debugfs -w -R 'sif /size-100 file_acl 20' $IMAGE");
    stub_quiet = true;
    mount();
    mounted()->goes_on = true;
    struct inode *inode = inode_at("/size-100");
    uint32_t owner = inode->uid;
    inode_put(inode);
    ck_assert_int_eq(may("/size-100", owner, 1001, MAY_READ), 0);
    ck_assert_int_eq(may("/size-100", owner + 1, 1001, MAY_READ), -EACCES);
    ck_assert_int_eq(get("/size-100", XATTR_ACL_ACCESS), -EUCLEAN);
    ck_assert_int_eq(get("/size-100", "user.a"), -EUCLEAN);
    unmount();
}
END_TEST

/* ---- capabilities ---- */

START_TEST(capabilities)
{
    static const struct cap_value value = {.revision = CAP_REVISION_2 | CAP_EFFECTIVE, .low = {1, 0}};

    ext4_image_make(&disk, "8M", PLAIN, "");
    mount_writable();
    struct inode *inode = inode_at("/size-100");
    ck_assert(!inode->has_capabilities);
    ck_assert_int_eq(vfs_set_xattr(inode, XATTR_CAPABILITY, &value, CAP_SIZE_2, 0), 0);
    ck_assert_int_eq(vfs_set_xattr(inode, "security.capabilit", "", 0, 0), 0);
    inode_put(inode);
    unmount_written();
    mount_writable();
    inode = inode_at("/size-100");
    ck_assert(inode->has_capabilities);
    ck_assert_int_eq(vfs_remove_xattr(inode, XATTR_CAPABILITY), 0);
    inode_put(inode);
    unmount_written();
    mount_writable();
    inode = inode_at("/size-100");
    ck_assert(!inode->has_capabilities);
    inode_put(inode);
    unmount_written();
}
END_TEST

/* Inodes without attributes cost no more than the blocks of the table that they are in. */
START_TEST(cost)
{
    static char names[4000];
    bool is_read[1000] = {0};
    unsigned tables = 0;

    ext4_image_make(&disk, "8M", PLAIN, "");
    mount();
    ck_assert_int_eq(list_path("/", names, sizeof(names)), 0);
    uint64_t reads = mounted()->buffers.reads;
    for (const char *name = strstr(names, "size-"); name != NULL; name = strstr(name + 1, "size-")) {
        char path[100] = "/";
        sscanf(name, "%90s", path + 1);
        struct inode *inode = inode_at(path);
        uint64_t table = (inode->number - 1) / 4;
        ck_assert_uint_lt(table, 1000);
        tables += !is_read[table];
        is_read[table] = true;
        inode_put(inode);
    }
    ck_assert_uint_gt(tables, 2);
    ck_assert_uint_le(mounted()->buffers.reads, reads + tables);
    unmount();
}
END_TEST

static void folder(void)
{
    ext4_folder_make();
    ext4_folder_fill(20);
}

int main(void)
{
    Suite *suite = suite_create("ext4_acl");
    TCase *tcase = tcase_create("lists");

    tcase_add_unchecked_fixture(tcase, folder, ext4_folder_remove);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, set_and_looked_at, 0, 2);
    tcase_add_test(tcase, list_and_mode_at_once);
    tcase_add_test(tcase, mode_changes);
    tcase_add_test(tcase, inherited);
    tcase_add_test(tcase, switched_off);
    tcase_add_test(tcase, switched_off_later);
    tcase_add_test(tcase, names_in_order);
    tcase_add_loop_test(tcase, damaged_list, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, damaged_block);
    tcase_add_test(tcase, capabilities);
    tcase_add_test(tcase, cost);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
