/* SPDX-License-Identifier: Apache-2.0 */
/* open_test.c - files of a server that others take away, or make, while they are opened by name. */
// sources: guest-kernel/fs/fuse/*.c guest-kernel/vfs/fuse_port.c guest-kernel/vfs/pagewait.c guest-kernel/core/news.c
// sources: guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/fs/fat32*.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/pageindex.c
// sources: guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c guest-kernel/vfs/path_print.c
// sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c guest-kernel/vfs/readdir.c
// sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c
// sources: guest-kernel/vfs/sparse.c guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: guest-kernel/mm/area.c guest-kernel/mm/fault.c guest-kernel/mm/fork.c guest-kernel/mm/memlock.c
// sources: guest-kernel/mm/object.c guest-kernel/mm/pagetable.c guest-kernel/mm/space.c guest-kernel/mm/turns.c
// sources: guest-kernel/vfs/names_told.c tests/unit/guest-kernel/one_cpu.c
#include "dax_server.h"

#include "../../files.h"
#include "fs/diskless.h"
#include "fs/fuse/fuse_told.h"
#include "vfs/fstype.h"
#include "vfs/mount.h"

const struct fs_type *const fs_types[] = {&tmpfs_type, &devtmpfs_type, &virtiofs_type, NULL};

static void setup_mount(void)
{
    struct path at;

    server_setup();
    ck_assert_int_eq(vfs_mount_root(NULL), 0);
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "share", 0755), 0);
    ck_assert_int_eq(path_lookup(vfs_root(), "share", 0, &at), 0);
    ck_assert_int_eq(mount_new(&at, "virtiofs", "lvmm", NULL, 0), 0);
    path_put(&at);
}

static void teardown_mount(void)
{
    ck_assert_int_eq(vfs_unmount_all(), 0);
    server_teardown();
}

/* A call with a name is made once more then (sys/look_again.h), and is to ask. */
START_TEST(no_name_is_vouched_for_then)
{
    struct file *file;
    struct path share;

    ck_assert_int_eq(path_lookup(vfs_root(), "share", 0, &share), 0);
    struct inode *dir = path_inode(&share);
    uint64_t vouched = ++fuse_fs_of(dir)->changes;
    ck_assert(fuse_vouch_holds(dir, vouched));
    server.stale = 1;
    ck_assert_int_eq(open_path("/share/a", O_RDONLY, &file), -ESTALE);
    ck_assert(!fuse_vouch_holds(dir, vouched));
    ck_assert_int_eq(open_path("/share/a", O_RDONLY, &file), 0);
    file_put(file);
    path_put(&share);
}
END_TEST

/* Between the answer that there is none and the wish to make one. */
START_TEST(what_others_have_made_is_opened)
{
    struct file *file;

    server.absent = 2; /* with the directory's lock it is asked for again */
    ck_assert_int_eq(open_path("/share/a", O_RDWR | O_CREAT, &file), 0);
    file_put(file);
    server.absent = 2;
    ck_assert_int_eq(open_path("/share/b", O_RDWR | O_CREAT | O_EXCL, &file), -EEXIST);
}
END_TEST

/* There whenever it is to be made, and not when it is looked for: "it exists" is no answer to who doesn't mind. */
START_TEST(what_others_make_and_take_away_is_opened)
{
    struct file *file;

    server.absent = 8;
    ck_assert_int_eq(open_path("/share/a", O_RDWR | O_CREAT, &file), 0);
    file_put(file);
    server.absent = 1000; /* but not for ever */
    ck_assert_int_eq(open_path("/share/b", O_RDWR | O_CREAT, &file), -EEXIST);
    ck_assert_uint_gt(server.absent, 800);
    server.absent = 0;
}
END_TEST

/* It was made all the same, and a moment later others have moved a file over it. */
START_TEST(what_others_put_in_its_place_is_no_error)
{
    struct path at;

    server.absent = 1;
    ck_assert_int_eq(vfs_symlink(vfs_root(), "/share/a", "target"), 0);
    server.absent = 1;
    ck_assert_int_eq(vfs_mkdir(vfs_root(), "/share/b", 0755), 0);
    ck_assert_uint_eq(server.absent, 0);
    ck_assert_int_eq(path_lookup(vfs_root(), "/share/b", 0, &at), 0);
    ck_assert(S_ISREG(path_inode(&at)->mode));
    path_put(&at);
}
END_TEST

/* A server that says that what was made is the folder which it was made in: who removes it would lock that twice. */
START_TEST(a_folder_is_not_in_itself)
{
    char name[] = "/share/?";
    struct path folder;

    name[7] = (char)('a' + FILES - 3); /* the node that the server gives to who makes something */
    server.folder = FILES - 1;
    ck_assert_int_eq(path_lookup(vfs_root(), name, LOOKUP_DIRECTORY, &folder), 0);
    server.absent = 1;
    ck_assert_int_eq(vfs_mkdir(&folder, "b", 0755), -ESTALE);
    server.absent = 1;
    ck_assert_int_eq(vfs_symlink(&folder, "b", "target"), -ESTALE);
    ck_assert_uint_eq(server.absent, 0);
    ck_assert_int_eq(vfs_unlink(&folder, "b", true), -ENOTDIR); /* the server is asked what it is */
    path_put(&folder);
}
END_TEST

/* An open file that others have removed: the first try doesn't know whose end it was, the second does. */
START_TEST(what_is_gone_gets_no_name)
{
    struct file *file;
    struct path of;

    ck_assert_int_eq(open_path("/share/a", O_RDONLY, &file), 0);
    ck_assert_int_eq(path_lookup(vfs_root(), "/share/a", 0, &of), 0);
    server.absent = 2;
    server.stale = 1;
    ck_assert_int_eq(vfs_link(&of, vfs_root(), "/share/b"), -ESTALE); /* the folder, rather */
    ck_assert_uint_eq(path_inode(&of)->links, 1);
    server.absent = 2;
    server.stale = 1;
    server.is_gone = true;
    ck_assert_int_eq(vfs_link(&of, vfs_root(), "/share/b"), -ESTALE);
    server.absent = 2;
    ck_assert_int_eq(vfs_link(&of, vfs_root(), "/share/b"), -ENOENT);
    server.is_gone = false;
    server.absent = 0;
    path_put(&of);
    file_put(file);
}
END_TEST

static struct file *make(const char *path, uint32_t flags)
{
    struct file *file;

    ck_assert_int_eq(open_path(path, O_WRONLY | O_CREAT | flags, &file), 0);
    return file;
}

/* Where it must be new, and where the last one was. */
START_TEST(a_new_file_is_not_looked_for)
{
    const unsigned lookups = server.lookups;

    server.made = 2;
    file_put(make("/share/a", O_EXCL));
    file_put(make("/share/b", 0));
    ck_assert_uint_eq(server.creates, 2);
    ck_assert_uint_eq(server.lookups, lookups);
}
END_TEST

START_TEST(what_is_there_after_all_is_opened)
{
    unsigned lookups, creates;

    server.made = 1;
    file_put(make("/share/a", O_EXCL));
    lookups = server.lookups;
    file_put(make("/share/b", 0));
    ck_assert_uint_eq(server.lookups, lookups + 1);
    creates = server.creates; /* and what comes next is looked for first */
    file_put(make("/share/c", 0));
    ck_assert_uint_eq(server.lookups, lookups + 2);
    ck_assert_uint_eq(server.creates, creates);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs/fuse/open");
    TCase *tests = tcase_create("open");

    tcase_add_checked_fixture(tests, setup_mount, teardown_mount);
    tcase_add_test(tests, no_name_is_vouched_for_then);
    tcase_add_test(tests, what_others_have_made_is_opened);
    tcase_add_test(tests, what_others_make_and_take_away_is_opened);
    tcase_add_test(tests, what_others_put_in_its_place_is_no_error);
    tcase_add_test(tests, a_folder_is_not_in_itself);
    tcase_add_test(tests, what_is_gone_gets_no_name);
    tcase_add_test(tests, a_new_file_is_not_looked_for);
    tcase_add_test(tests, what_is_there_after_all_is_opened);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
