/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_test.c - directories in memory: names, links, renames, listings, and what there may be of them. */
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

START_TEST(names_and_counts)
{
    ck_assert_uint_eq(root->mode, S_IFDIR | 0755);
    ck_assert_uint_eq(root->links, 2);
    ck_assert_uint_eq(root->size, 40);
    ck_assert_int_eq(make(root, "file", S_IFREG | 0640), 0);
    ck_assert_int_eq(make(root, "dir", S_IFDIR | 0700), 0);
    ck_assert_uint_eq(root->links, 3);
    ck_assert_uint_eq(root->size, 80);
    ck_assert_uint_eq(peek(root, "file")->links, 1);
    ck_assert_uint_eq(peek(root, "file")->mode, S_IFREG | 0640);
    ck_assert_uint_eq(peek(root, "dir")->links, 2);
    ck_assert_ptr_null(peek(root, "fil"));
    ck_assert_ptr_null(peek(root, "files"));
    ck_assert_int_eq(make(peek(root, "dir"), "inner", S_IFDIR | 0700), 0);
    ck_assert_uint_eq(peek(root, "dir")->links, 3);
    ck_assert_int_eq(drop(root, "dir"), -ENOTEMPTY);
    ck_assert_int_eq(drop(peek(root, "dir"), "inner"), 0);
    struct inode *dir = look(root, "dir");
    ck_assert_uint_eq(dir->links, 2);
    ck_assert_int_eq(drop(root, "dir"), 0);
    ck_assert_uint_eq(dir->links, 0);
    inode_put(dir);
    ck_assert_uint_eq(root->links, 2);
    ck_assert_int_eq(drop(root, "file"), 0);
    ck_assert_uint_eq(root->size, 40);
    ck_assert_uint_eq(figures().files_free, 99);
}
END_TEST

START_TEST(hard_links)
{
    ck_assert_int_eq(make(root, "dir", S_IFDIR | 0700), 0);
    ck_assert_int_eq(make(root, "a", S_IFREG | 0600), 0);
    struct inode *dir = peek(root, "dir"), *a = look(root, "a");
    ck_assert_uint_eq(figures().files_free, 97);
    ck_assert_int_eq(link_to(dir, "b", a), 0);
    ck_assert_uint_eq(a->links, 2);
    ck_assert_uint_eq(figures().files_free, 96); /* as Linux: a name more is an inode less */
    ck_assert_ptr_eq(peek(dir, "b"), a);
    ck_assert_int_eq(drop(root, "a"), 0);
    ck_assert_uint_eq(a->links, 1);
    ck_assert_uint_eq(figures().files_free, 97);
    ck_assert_int_eq(drop(dir, "b"), 0);
    ck_assert_uint_eq(a->links, 0);
    ck_assert_uint_eq(figures().files_free, 97);
    inode_put(a);
    ck_assert_uint_eq(figures().files_free, 98);
}
END_TEST

START_TEST(nameless)
{
    struct inode *inode;

    ck_assert_int_eq(root->ops->create_nameless(root, S_IFREG | 0600, &inode), 0);
    ck_assert_uint_eq(inode->links, 0);
    ck_assert_uint_eq(figures().files_free, 98);
    ck_assert_int_eq(link_to(root, "named", inode), 0); /* costs nothing: it is the first one */
    ck_assert_uint_eq(figures().files_free, 98);
    ck_assert_uint_eq(inode->links, 1);
    inode_put(inode);
    ck_assert_ptr_eq(peek(root, "named"), inode);
    ck_assert_int_eq(root->ops->create_nameless(root, S_IFREG | 0600, &inode), 0);
    inode_put(inode);
    ck_assert_uint_eq(figures().files_free, 98);
}
END_TEST

START_TEST(nodes)
{
    const struct inode *node;

    ck_assert_int_eq(make_node(root, "null", S_IFCHR | 0666, 0x103), 0);
    ck_assert_int_eq(make_node(root, "fifo", S_IFIFO | 0600, 0), 0);
    ck_assert_int_eq(make_node(root, "socket", S_IFSOCK | 0600, 0), 0);
    ck_assert_int_eq(make_node(root, "disk", S_IFBLK | 0600, 0xfe00), 0);
    node = peek(root, "null");
    ck_assert_uint_eq(node->mode, S_IFCHR | 0666);
    ck_assert_uint_eq(node->rdev, 0x103);
    ck_assert_uint_eq(peek(root, "disk")->rdev, 0xfe00);
    ck_assert_uint_eq(peek(root, "socket")->mode, S_IFSOCK | 0600);
    ck_assert_uint_eq(root->links, 2);
}
END_TEST

static int make_link(const char *name, size_t length)
{
    static char target[PATH_MAX];
    struct inode *inode;

    memset(target, 'x', length);
    target[length] = '\0';
    int error = root->ops->symlink(root, name, strlen(name), target, &inode);
    if (error == 0)
        inode_put(inode);
    return error;
}

START_TEST(symbolic_links)
{
    static const size_t lengths[] = {1, 60, 127, 128, PATH_MAX - 1};
    static char text[PATH_MAX];

    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        ck_assert_int_eq(make_link("link", lengths[i]), 0);
        struct inode *inode = look(root, "link");
        ck_assert_uint_eq(inode->mode, S_IFLNK | 0777);
        ck_assert_uint_eq(inode->size, lengths[i]);
        ck_assert_int_eq(inode->ops->read_link(inode, text), (int64_t)lengths[i]);
        ck_assert_uint_eq(strlen(text), lengths[i]);
        ck_assert_uint_eq(inode->ops->blocks(inode), lengths[i] < 128 ? 0 : 8);
        ck_assert_uint_eq(figures().blocks_free, lengths[i] < 128 ? 16 : 15);
        inode_put(inode);
        ck_assert_int_eq(drop(root, "link"), 0);
        ck_assert_uint_eq(figures().blocks_free, 16);
    }
    for (int i = 0; i < 16; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        ck_assert_int_eq(make_link(name, 200), 0);
    }
    ck_assert_int_eq(make_link("17th", 200), -ENOSPC);
    ck_assert_int_eq(make_link("17th", 100), 0);
}
END_TEST

START_TEST(renames)
{
    ck_assert_int_eq(make(root, "d", S_IFDIR | 0700), 0);
    ck_assert_int_eq(make(root, "e", S_IFDIR | 0700), 0);
    ck_assert_int_eq(make(root, "a", S_IFREG | 0600), 0);
    struct inode *d = peek(root, "d"), *e = peek(root, "e"), *a = peek(root, "a");

    ck_assert_int_eq(move(root, "a", d, "b", 0), 0);
    ck_assert_ptr_null(peek(root, "a"));
    ck_assert_ptr_eq(peek(d, "b"), a);
    ck_assert_int_eq(move(root, "e", d, "e", 0), 0);
    ck_assert_uint_eq(root->links, 3);
    ck_assert_uint_eq(d->links, 3);
    ck_assert_uint_eq(root->size, 60);
    ck_assert_uint_eq(d->size, 80);
    ck_assert_int_eq(make(root, "f", S_IFDIR | 0700), 0);
    ck_assert_int_eq(make(e, "in", S_IFREG | 0700), 0);
    ck_assert_int_eq(move(root, "f", d, "e", 0), -ENOTEMPTY);
    ck_assert_int_eq(drop(e, "in"), 0);
    ck_assert_int_eq(move(root, "f", d, "e", 0), 0); /* in the place of the other one, which is gone */
    ck_assert_uint_eq(root->links, 3);
    ck_assert_uint_eq(d->links, 3);
    ck_assert_int_eq(make(root, "g", S_IFREG | 0600), 0);
    ck_assert_int_eq(move(d, "b", root, "g", 0), 0);
    ck_assert_ptr_eq(peek(root, "g"), a);
    ck_assert_int_eq(move(root, "g", root, "g2", 0x100), -EINVAL);
    ck_assert_uint_eq(figures().files_free, 96); /* the root, d, f and a */
}
END_TEST

START_TEST(exchanges)
{
    ck_assert_int_eq(make(root, "d", S_IFDIR | 0700), 0);
    ck_assert_int_eq(make(root, "f", S_IFREG | 0600), 0);
    struct inode *d = peek(root, "d"), *f = peek(root, "f");
    ck_assert_int_eq(make(d, "x", S_IFDIR | 0700), 0);
    struct inode *x = peek(d, "x");

    ck_assert_int_eq(move(root, "f", d, "x", RENAME_EXCHANGE), 0);
    ck_assert_ptr_eq(peek(root, "f"), x);
    ck_assert_ptr_eq(peek(d, "x"), f);
    ck_assert_uint_eq(root->links, 4);
    ck_assert_uint_eq(d->links, 2);
    ck_assert_int_eq(move(root, "f", d, "x", RENAME_EXCHANGE), 0);
    ck_assert_uint_eq(root->links, 3);
    ck_assert_uint_eq(d->links, 3);
    ck_assert_uint_eq(f->links, 1);
    ck_assert_uint_eq(x->links, 2);
}
END_TEST

START_TEST(whiteouts)
{
    ck_assert_int_eq(make(root, "a", S_IFREG | 0600), 0);
    ck_assert_int_eq(make(root, "c", S_IFREG | 0600), 0);
    const struct inode *a = peek(root, "a");
    ck_assert_int_eq(move(root, "a", root, "b", RENAME_WHITEOUT), 0);
    ck_assert_ptr_eq(peek(root, "b"), a);
    ck_assert_uint_eq(peek(root, "a")->mode, S_IFCHR);
    ck_assert_uint_eq(peek(root, "a")->rdev, 0);
    ck_assert_int_eq(move(root, "b", root, "c", RENAME_WHITEOUT), 0);
    ck_assert_ptr_eq(peek(root, "c"), a);
    ck_assert_uint_eq(peek(root, "b")->mode, S_IFCHR);
    ck_assert_uint_eq(figures().files_free, 96);
}
END_TEST

START_TEST(owners)
{
    struct cred before = *cred();

    cred()->user.fs = 1000;
    cred()->group.fs = 2000;
    ck_assert_int_eq(make(root, "d", S_IFDIR | 0700), 0);
    struct inode *d = peek(root, "d");
    ck_assert_uint_eq(d->uid, 1000);
    ck_assert_uint_eq(d->gid, 2000);
    d->gid = 77;
    d->mode |= S_ISGID;
    ck_assert_int_eq(make(d, "f", S_IFREG | 0600), 0);
    ck_assert_int_eq(make(d, "e", S_IFDIR | 0700), 0);
    ck_assert_uint_eq(peek(d, "f")->uid, 1000);
    ck_assert_uint_eq(peek(d, "f")->gid, 77);
    ck_assert_uint_eq(peek(d, "f")->mode, S_IFREG | 0600);
    ck_assert_uint_eq(peek(d, "e")->gid, 77);
    ck_assert_uint_eq(peek(d, "e")->mode, S_IFDIR | S_ISGID | 0700);
    *cred() = before;
}
END_TEST

/* ---- listings ---- */

struct listing {
    unsigned count, room;
    uint64_t pos;
    char last[NAME_MAX + 1];
};

static bool list_one(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    struct listing *listing = arg;

    if (listing->room == 0)
        return false;
    ck_assert_uint_ne(ino, 0);
    ck_assert_uint_eq(type, DT_REG);
    ck_assert_uint_gt(next_pos, listing->pos);
    memcpy(listing->last, name, length);
    listing->last[length] = '\0';
    listing->pos = next_pos;
    listing->count++;
    listing->room--;
    return true;
}

/* Up to `room` entries from where it was. */
static void list_on(struct listing *listing, unsigned room)
{
    listing->room = room;
    ck_assert_int_eq(root->ops->read_dir(root, listing->pos, list_one, listing), 0);
}

static void make_many(unsigned count)
{
    char name[16];

    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "f%u", i);
        ck_assert_int_eq(make(root, name, S_IFREG | 0600), 0);
    }
}

START_TEST(listing_while_they_go)
{
    struct listing listing = {0}, again = {0};

    make_many(60);
    for (unsigned i = 0; i < 60; i++) { /* each is removed as soon as it is listed */
        list_on(&listing, 1);
        ck_assert_uint_eq(listing.count, i + 1);
        ck_assert_int_eq(drop(root, listing.last), 0);
    }
    list_on(&listing, 1);
    ck_assert_uint_eq(listing.count, 60);
    make_many(20);
    list_on(&again, 5);
    uint64_t place = again.pos;
    ck_assert_int_eq(drop(root, "f4"), 0); /* where it is, before and after */
    ck_assert_int_eq(drop(root, "f0"), 0);
    ck_assert_int_eq(drop(root, "f5"), 0);
    ck_assert_int_eq(make(root, "new", S_IFREG | 0600), 0);
    list_on(&again, 100);
    ck_assert_uint_eq(again.count, 5 + 14 + 1);
    ck_assert_str_eq(again.last, "new");
    again = (struct listing){.pos = place};
    list_on(&again, 1);
    ck_assert_str_eq(again.last, "f6");
}
END_TEST

/* ---- many, and deep ones ---- */

START_TEST(many_names)
{
    char name[16];

    unmount();
    mount_with("nr_inodes=0");
    make_many(100000);
    for (unsigned i = 0; i < 100000; i += 7) {
        snprintf(name, sizeof(name), "f%u", i);
        ck_assert_ptr_nonnull(peek(root, name));
    }
    ck_assert_uint_le(tmpfs_inode_of(root)->by_name.root->height, 24);
    ck_assert_uint_le(tmpfs_inode_of(root)->by_position.root->height, 24);
    for (unsigned i = 0; i < 100000; i += 3) {
        snprintf(name, sizeof(name), "f%u", i);
        ck_assert_int_eq(drop(root, name), 0);
    }
    ck_assert_uint_eq(root->size, 40 + 20 * (100000 - 33334));
}
END_TEST

START_TEST(deep_ones)
{
    struct inode *dir = root;

    unmount();
    mount_with("nr_inodes=0");
    dir = root;
    for (unsigned i = 0; i < 100000; i++) {
        ck_assert_int_eq(make(dir, "d", S_IFDIR | 0700), 0);
        ck_assert_int_eq(make(dir, "f", S_IFREG | 0700), 0);
        dir = peek(dir, "d");
    }
}
END_TEST

START_TEST(inode_limit)
{
    struct inode *inode;

    make_many(99);
    ck_assert_uint_eq(figures().files, 100);
    ck_assert_uint_eq(figures().files_free, 0);
    ck_assert_int_eq(make(root, "one more", S_IFREG | 0600), -ENOSPC);
    ck_assert_int_eq(make(root, "one more", S_IFDIR | 0600), -ENOSPC);
    ck_assert_int_eq(make_link("one more", 5), -ENOSPC);
    ck_assert_int_eq(link_to(root, "one more", peek(root, "f1")), -ENOSPC);
    ck_assert_int_eq(root->ops->create_nameless(root, S_IFREG, &inode), -ENOSPC);
    ck_assert_int_eq(move(root, "f1", root, "g1", RENAME_WHITEOUT), -ENOSPC);
    ck_assert_int_eq(move(root, "f1", root, "g1", 0), 0);
    ck_assert_int_eq(drop(root, "f2"), 0);
    ck_assert_int_eq(make(root, "one more", S_IFREG | 0600), 0);
}
END_TEST

/* ---- memory that isn't there ---- */

static int make_a_link(void)
{
    return make_link("l", 10);
}
static int make_file(void)
{
    return make(root, "new", S_IFREG | 0600);
}
static int make_dir(void)
{
    return make(root, "new", S_IFDIR | 0600);
}
static int link_file(void)
{
    return link_to(root, "new", peek(root, "a"));
}
static int rename_file(void)
{
    return move(root, "a", root, "new", RENAME_WHITEOUT);
}
static int set_attribute(void)
{
    struct inode *a = peek(root, "a");

    return a->ops->set_xattr(a, "user.name", "value", 5, 0);
}

/* Fails at each allocation in turn, and leaves everything as it was, until it succeeds. */
static void try_failures(int (*work)(void))
{
    uint64_t kmallocs = stub_kmallocs, room = tmpfs_of(fs)->inode_room, size = root->size, links = root->links;

    for (unsigned at = 1;; at++) {
        stub_fail_at = at;
        int error = work();
        bool was_reached = stub_fail_at == 0;
        stub_fail_at = 0;
        if (!was_reached) {
            ck_assert_int_eq(error, 0);
            ck_assert_uint_gt(at, 1);
            return;
        }
        ck_assert_int_eq(error, -ENOMEM);
        ck_assert_uint_eq(stub_kmallocs, kmallocs);
        ck_assert_uint_eq(tmpfs_of(fs)->inode_room, room);
        ck_assert_uint_eq(root->size, size);
        ck_assert_uint_eq(root->links, links);
        ck_assert_uint_eq(peek(root, "a")->mode, S_IFREG | 0600);
        ck_assert_ptr_null(peek(root, "new"));
    }
}

START_TEST(failures)
{
    static int (*const work[])(void) = {make_a_link, make_file, make_dir, link_file, rename_file, set_attribute};

    ck_assert_int_eq(make(root, "a", S_IFREG | 0600), 0);
    try_failures(work[_i]);
}
END_TEST

START_TEST(failing_mount)
{
    struct filesystem *other;
    uint64_t kmallocs = stub_kmallocs;

    for (unsigned at = 1; at <= 2; at++) {
        stub_fail_at = at;
        ck_assert_int_eq(tmpfs_type.mount(NULL, NULL, &other), -ENOMEM);
        ck_assert_uint_eq(stub_kmallocs, kmallocs);
    }
    ck_assert_int_eq(tmpfs_type.mount(NULL, "size", &other), -EINVAL);
    ck_assert_uint_eq(stub_kmallocs, kmallocs);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tmpfs");
    TCase *tc = tcase_create("names");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, unmount);
    tcase_add_test(tc, names_and_counts);
    tcase_add_test(tc, hard_links);
    tcase_add_test(tc, nameless);
    tcase_add_test(tc, nodes);
    tcase_add_test(tc, symbolic_links);
    tcase_add_test(tc, renames);
    tcase_add_test(tc, exchanges);
    tcase_add_test(tc, whiteouts);
    tcase_add_test(tc, owners);
    tcase_add_test(tc, listing_while_they_go);
    tcase_add_test(tc, many_names);
    tcase_add_test(tc, deep_ones);
    tcase_add_test(tc, inode_limit);
    tcase_add_loop_test(tc, failures, 0, 6);
    tcase_add_test(tc, failing_mount);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
