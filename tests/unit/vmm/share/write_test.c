/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* write_test.c - what a guest changes in rw shares: names, contents, attributes, locks; and what it may not. */
#include "tests/unit/vmm/share/share.h"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

static struct fuse_entry_out entry;
static struct fuse_attr_out attr;

static void setup(void)
{
    make_place();
    write_file(at("host/a"), "alpha");
    ck_assert_int_eq(mkdir(at("host/dir"), 0755), 0);
    write_file(at("host/dir/b"), "beta");
    show(SHARE_RW);
}

static struct stat host_stat(const char *name)
{
    struct stat st;

    ck_assert_msg(lstat(at("host/%s", name), &st) == 0, "%s", name);
    return st;
}

static int create(const char *folder, const char *name, uint32_t flags, uint32_t mode, struct fuse_open_out *open)
{
    struct fuse_create_in in = {.flags = flags, .mode = S_IFREG | mode};

    return share_create(tree, &nobody_special, node_of(folder), name, &in, &entry, open);
}

START_TEST(new_files)
{
    struct fuse_open_out open, other;

    ck_assert_int_eq(create("dir", "new", O_RDWR | O_EXCL, 0640, &open), 0);
    ck_assert_uint_eq(entry.attr.mode, S_IFREG | 0640);
    ck_assert_uint_eq(entry.attr.uid, 0);
    ck_assert_int_eq(write_at(open.fh, "hello", 0), 5);
    ck_assert_str_eq(read_file(at("host/dir/new")), "hello");
    ck_assert_int_eq(create("dir", "new", O_RDWR | O_EXCL, 0640, &other), -EEXIST);
    ck_assert_int_eq(create("dir", "new", O_RDWR, 0600, &other), 0); /* as it is */
    ck_assert_uint_eq(entry.attr.mode, S_IFREG | 0640);
    ck_assert_int_eq(write_at(other.fh, "J", 0), 1);
    ck_assert_str_eq(guest_reads("dir/new"), "Jello");
    ck_assert_int_eq(create("dir", "set", O_WRONLY, 06755, &open), 0);
    ck_assert_uint_eq(host_stat("dir/set").st_mode, S_IFREG | 0755); /* no setuid without `own` */
    ck_assert_int_eq(create("", "..", O_RDWR, 0600, &open), -EINVAL);
    ck_assert_int_eq(create("", "x/y", O_RDWR, 0600, &open), -EINVAL);
    ck_assert_int_eq(create("", "dir", O_RDWR, 0600, &open), -EISDIR);
    ck_assert_int_eq(create("a", "x", O_RDWR, 0600, &open), -ENOTDIR);
    ck_assert_int_eq(share_create(tree, &nobody_special, FUSE_ROOT_ID, "9", &(struct fuse_create_in){0}, &entry, &open),
                     -EROFS);
    ck_assert_int_eq(symlink("../outside/secret", at("host/link")), 0);
    ck_assert_int_eq(symlink("../outside/made", at("host/dangling")), 0);
    ck_assert_int_eq(create("", "link", O_RDWR, 0600, &open), -ENXIO);
    ck_assert_int_eq(create("", "dangling", O_RDWR, 0600, &open), -ENXIO);
    ck_assert_int_eq(create("", "dangling", O_RDWR | O_EXCL, 0600, &open), -EEXIST);
    ck_assert_int_eq(access(at("outside/made"), F_OK), -1);
    ck_assert_int_eq(mkfifo(at("host/fifo"), 0600), 0);
    ck_assert_int_eq(create("", "fifo", O_RDWR, 0600, &open), -ENXIO);
}
END_TEST

/* A file that can't be open isn't made: whoever wants it new would find it there. */
START_TEST(new_files_without_room)
{
    const struct rlimit limit = {200, 200};
    struct fuse_open_out open;
    char name[8] = "0";
    int error = 0;

    setrlimit(RLIMIT_NOFILE, &limit);
    show(SHARE_RW);
    for (unsigned i = 0; i < limit.rlim_cur && error == 0; i++) {
        snprintf(name, sizeof(name), "%u", i);
        error = create("", name, O_RDWR | O_EXCL, 0600, &open);
    }
    ck_assert_int_eq(error, -EMFILE);
    ck_assert_int_eq(access(at("host/%s", name), F_OK), -1);
    share_release(tree, open.fh);
    ck_assert_int_eq(create("", name, O_RDWR | O_EXCL, 0600, &open), 0);
}
END_TEST

START_TEST(other_kinds)
{
    uint64_t dir = node_of("dir");
    char text[64];

    ck_assert_int_eq(share_mkdir(tree, &nobody_special, dir, "sub", S_IFDIR | 0700, &entry), 0);
    ck_assert_uint_eq(host_stat("dir/sub").st_mode, S_IFDIR | 0700);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, dir, "sub", 0700, &entry), -EEXIST);
    ck_assert_int_eq(share_symlink(tree, &nobody_special, dir, "link", "/etc/passwd", &entry), 0);
    ck_assert_int_eq(share_readlink(tree, entry.nodeid, text, sizeof(text)), 11);
    ck_assert_int_eq(share_mknod(tree, &nobody_special, dir, "fifo", S_IFIFO | 0600, 0, &entry), 0);
    ck_assert(S_ISFIFO(host_stat("dir/fifo").st_mode));
    ck_assert_int_eq(share_mknod(tree, &nobody_special, dir, "socket", S_IFSOCK | 0600, 0, &entry), 0);
    ck_assert_int_eq(share_mknod(tree, &nobody_special, dir, "file", S_IFREG | 04600, 0, &entry), 0);
    ck_assert_uint_eq(host_stat("dir/file").st_mode, S_IFREG | 0600);
    ck_assert_int_eq(share_mknod(tree, &nobody_special, dir, "null", S_IFCHR | 0600, 0x103, &entry), -EPERM);
    ck_assert_int_eq(share_mknod(tree, &nobody_special, dir, "null", S_IFCHR | 0600, 0, &entry), -EPERM);
    ck_assert_int_eq(share_mknod(tree, &nobody_special, dir, "disk", S_IFBLK | 0600, 0x800, &entry), -EPERM);
    ck_assert_int_eq(share_mknod(tree, &nobody_special, dir, "x", S_IFDIR | 0600, 0, &entry), -EINVAL);
    ck_assert_str_eq(names_in("dir", false), ". .. b fifo file link socket sub ");
}
END_TEST

START_TEST(names_that_go)
{
    uint64_t dir = node_of("dir"), b = node_of("dir/b");
    int64_t handle = open_path("dir/b", O_RDWR);

    ck_assert_int_eq(share_rmdir(tree, node_of(""), "dir"), -ENOTEMPTY);
    ck_assert_int_eq(share_unlink(tree, node_of(""), "dir"), -EISDIR);
    ck_assert_int_eq(share_rmdir(tree, dir, "b"), -ENOTDIR);
    ck_assert_int_eq(share_unlink(tree, dir, "nothing"), -ENOENT);
    ck_assert_int_eq(share_unlink(tree, dir, ".."), -EINVAL);
    ck_assert_int_eq(share_unlink(tree, FUSE_ROOT_ID, "0"), -EROFS);
    ck_assert_int_eq(share_rmdir(tree, FUSE_ROOT_ID, "0"), -EROFS);
    ck_assert_int_eq(share_unlink(tree, dir, "b"), 0);
    ck_assert_int_eq(share_getattr(tree, b, NULL, &attr), 0); /* the guest has it still */
    ck_assert_uint_eq(attr.attr.nlink, 0);
    ck_assert_int_eq(write_at((uint64_t)handle, "BETA", 0), 4);
    ck_assert_int_eq(share_link(tree, b, dir, "again", &entry), -ENOENT);
    share_release(tree, (uint64_t)handle);
    share_forget(tree, b, UINT64_MAX);
    ck_assert_int_eq(share_rmdir(tree, node_of(""), "dir"), 0);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, dir, "x", 0700, &entry), -ENOENT);
    ck_assert_int_eq(access(at("host/dir"), F_OK), -1);
}
END_TEST

START_TEST(links)
{
    struct share shares[2] = {share_of(at("host"), SHARE_RW), share_of(at("outside"), SHARE_RW)};
    struct fuse_entry_out other;

    share_tree_destroy(tree);
    ck_assert_int_eq(share_tree_create(shares, 2, &tree), 0);
    uint64_t a = node_of("a"), dir = node_of("dir");
    ck_assert_int_eq(share_link(tree, a, dir, "a2", &entry), 0);
    ck_assert_uint_eq(entry.nodeid, a);
    ck_assert_uint_eq(entry.attr.nlink, 2);
    ck_assert_uint_eq(host_stat("dir/a2").st_ino, host_stat("a").st_ino);
    ck_assert_int_eq(share_link(tree, a, dir, "b", &entry), -EEXIST);
    ck_assert_int_eq(share_link(tree, dir, dir, "d", &entry), -EPERM);
    ck_assert_int_eq(symlink("../outside/secret", at("host/link")), 0);
    ck_assert_int_eq(share_link(tree, node_of("link"), dir, "l", &entry), 0); /* of the link itself */
    ck_assert(S_ISLNK(host_stat("dir/l").st_mode));
    ck_assert_int_eq(share_lookup(tree, FUSE_ROOT_ID, "1", &other), 0);
    ck_assert_int_eq(share_link(tree, a, other.nodeid, "x", &entry), -EXDEV);
    ck_assert_int_eq(share_rename(tree, dir, "b", other.nodeid, "b", 0), -EXDEV);
    ck_assert_int_eq(share_unlink(tree, node_of(""), "a"), 0); /* it has another name */
    ck_assert_int_eq(share_getattr(tree, a, NULL, &attr), 0);
    ck_assert_uint_eq(node_of("dir/a2"), a);
}
END_TEST

START_TEST(new_names)
{
    uint64_t top = node_of(""), dir = node_of("dir"), a = node_of("a"), b = node_of("dir/b");

    ck_assert_int_eq(share_rename(tree, top, "a", dir, "b", RENAME_NOREPLACE), -EEXIST);
    ck_assert_int_eq(share_rename(tree, top, "a", dir, "b", RENAME_EXCHANGE), 0);
    ck_assert_str_eq(read_file(at("host/a")), "beta");
    ck_assert_uint_eq(node_of("a"), b);
    ck_assert_uint_eq(node_of("dir/b"), a);
    ck_assert_int_eq(share_rename(tree, top, "a", top, "c", 0), 0);
    ck_assert_uint_eq(node_of("c"), b);
    ck_assert_int_eq(share_rename(tree, top, "c", dir, "b", 0), 0);
    ck_assert_uint_eq(node_of("dir/b"), b);
    ck_assert_int_eq(share_getattr(tree, a, NULL, &attr), 0); /* replaced, and known to the guest */
    ck_assert_int_eq(share_rename(tree, top, "dir", dir, "x", 0), -EINVAL);
    ck_assert_int_eq(share_rename(tree, top, "dir", top, "x", RENAME_EXCHANGE), -ENOENT);
    ck_assert_int_eq(share_rename(tree, top, "dir", top, "x", RENAME_WHITEOUT), -EINVAL);
    ck_assert_int_eq(share_rename(tree, top, "dir", top, "x", RENAME_EXCHANGE | RENAME_NOREPLACE), -EINVAL);
    ck_assert_int_eq(share_rename(tree, top, "dir", top, "..", 0), -EINVAL);
    ck_assert_int_eq(share_rename(tree, top, "..", top, "x", 0), -EINVAL);
    ck_assert_int_eq(share_rename(tree, top, "nothing", top, "x", 0), -ENOENT);
    ck_assert_int_eq(share_rename(tree, FUSE_ROOT_ID, "0", FUSE_ROOT_ID, "1", 0), -EROFS);
    ck_assert_int_eq(share_rename(tree, top, "dir", top, "moved", 0), 0);
    ck_assert_str_eq(guest_reads("moved/b"), "beta");
    ck_assert_str_eq(names_in("", false), ". .. moved ");
}
END_TEST

static int set(const char *path, struct fuse_setattr_in in)
{
    return share_setattr(tree, node_of(path), &in, &attr);
}

START_TEST(attributes)
{
    const uint32_t times = FATTR_ATIME | FATTR_MTIME;

    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_MODE, .mode = 06711}), 0);
    ck_assert_uint_eq(attr.attr.mode, S_IFREG | 0711);
    ck_assert_uint_eq(host_stat("a").st_mode, S_IFREG | 0711);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_SIZE, .size = 2}), 0);
    ck_assert_str_eq(read_file(at("host/a")), "al");
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_SIZE, .size = UINT64_MAX}), -EFBIG);
    ck_assert_int_eq(set("dir", (struct fuse_setattr_in){.valid = FATTR_SIZE, .size = 0}), -EISDIR);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = times, .atime = 5, .mtime = 7, .mtimensec = 9}), 0);
    ck_assert_uint_eq(attr.attr.mtime, 7);
    ck_assert_int_eq(host_stat("a").st_atim.tv_sec, 5);
    ck_assert_int_eq(host_stat("a").st_mtim.tv_nsec, 9);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = times, .mtimensec = 1000000000}), -EINVAL);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_MTIME | FATTR_MTIME_NOW}), 0);
    ck_assert_uint_gt(attr.attr.mtime, 7);
    ck_assert_uint_eq(attr.attr.atime, 5);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_UID | FATTR_GID}), 0); /* as it is */
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_UID, .uid = 1000}), -EPERM);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_GID, .gid = 1}), -EPERM);
    ck_assert_int_eq(symlink("../outside/secret", at("host/link")), 0);
    ck_assert_int_eq(set("link", (struct fuse_setattr_in){.valid = FATTR_MODE, .mode = 0}), -EOPNOTSUPP);
    ck_assert_int_eq(set("link", (struct fuse_setattr_in){.valid = FATTR_SIZE, .size = 0}), -ENXIO);
    ck_assert_int_eq(set("link", (struct fuse_setattr_in){.valid = times, .mtime = 3}), 0); /* of the link itself */
    ck_assert_int_eq(host_stat("link").st_mtim.tv_sec, 3);
    ck_assert_int_ne(host_stat("../outside/secret").st_mtim.tv_sec, 3);
    ck_assert_int_eq(share_setattr(tree, FUSE_ROOT_ID, &(struct fuse_setattr_in){.valid = FATTR_MODE}, &attr), -EROFS);
}
END_TEST

/* An open file's node has no descriptor of its own: the handle is what there is of it when the host takes its name. */
START_TEST(open_files_whose_name_goes)
{
    struct fuse_setattr_in in = {.valid = FATTR_MODE | FATTR_FH, .mode = S_IFREG | 0604};
    struct fuse_open_out open;
    uint64_t node;

    ck_assert_int_eq(create("dir", "new", O_RDWR | O_EXCL, 0640, &open), 0);
    node = entry.nodeid;
    ck_assert_int_eq(rename(at("host/dir/new"), at("host/dir/moved")), 0);
    write_file(at("host/dir/new"), "another");
    in.fh = open.fh;
    ck_assert_int_eq(share_setattr(tree, node, &in, &attr), 0);
    ck_assert_uint_eq(host_stat("dir/moved").st_mode, S_IFREG | 0604);
    ck_assert_int_eq(share_getattr(tree, node, NULL, &attr), 0);
    ck_assert_uint_eq(attr.attr.mode, S_IFREG | 0604);
    ck_assert_int_eq(share_setxattr(tree, node, "user.of", "it", 2, 0), 0);
    ck_assert_int_eq(getxattr(at("host/dir/new"), "user.of", NULL, 0), -1);
    ck_assert_int_eq(getxattr(at("host/dir/moved"), "user.of", NULL, 0), 2);
    share_release(tree, open.fh);
    ck_assert_int_eq(create("dir", "gone", O_RDWR | O_EXCL, 0640, &open), 0);
    node = entry.nodeid;
    ck_assert_int_eq(unlink(at("host/dir/gone")), 0);
    share_release(tree, open.fh);
    ck_assert_int_eq(share_getattr(tree, node, NULL, &attr), -ESTALE);
}
END_TEST

/* By the node, by what is open of it, and by what is open of another. */
START_TEST(attributes_of_open_files)
{
    struct fuse_setattr_in in = {.valid = FATTR_ATIME | FATTR_MTIME | FATTR_FH, .atime = 1, .mtime = 2};
    uint64_t b = node_of("dir/b");

    in.fh = (uint64_t)open_path("dir/b", O_RDONLY);
    ck_assert_int_eq(share_setattr(tree, b, &in, &attr), 0);
    ck_assert_int_eq(host_stat("dir/b").st_mtime, 2);
    ck_assert_uint_eq(attr.attr.mtime, 2);
    in.mtime = 3;
    ck_assert_int_eq(share_setattr(tree, node_of("a"), &in, &attr), 0);
    ck_assert_int_eq(host_stat("dir/b").st_mtime, 2);
    ck_assert_int_eq(host_stat("a").st_mtime, 3);
}
END_TEST

START_TEST(setuid_bits_go_with_a_write)
{
    int64_t handle;

    ck_assert_int_eq(chmod(at("host/a"), 06755), 0);
    handle = open_path("a", O_RDWR);
    ck_assert_uint_eq(host_stat("a").st_mode & 07777, 06755);
    ck_assert_int_eq(write_at((uint64_t)handle, "x", 0), 1);
    ck_assert_uint_eq(host_stat("a").st_mode & 07777, 0755);
    ck_assert_int_eq(chmod(at("host/a"), 06755), 0);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_SIZE, .size = 1}), 0);
    ck_assert_uint_eq(host_stat("a").st_mode & 07777, 0755);
}
END_TEST

START_TEST(contents)
{
    uint64_t one = (uint64_t)open_path("a", O_WRONLY | O_APPEND), two = (uint64_t)open_path("a", O_WRONLY | O_APPEND);
    uint64_t reader = (uint64_t)open_path("a", O_RDONLY), third;
    char buffer[64];

    ck_assert_int_eq(write_at(one, "1", 0), 1);
    ck_assert_int_eq(write_at(two, "22", 0), 2);
    ck_assert_int_eq(write_at(one, "3", 0), 1);
    ck_assert_str_eq(read_file(at("host/a")), "alpha1223");
    ck_assert_int_eq(write_at(reader, "x", 0), -EBADF);
    ck_assert_int_eq(read_at(one, buffer, 1, 0), -EBADF);
    ck_assert_int_eq(share_fallocate(tree, reader, 0, 1, 0), -EBADF);
    third = (uint64_t)open_path("a", O_RDWR | O_TRUNC);
    ck_assert_int_eq(host_stat("a").st_size, 0);
    ck_assert_int_eq(write_at(third, "x", 100000), 1);
    ck_assert_int_eq(write_at(third, "x", UINT64_MAX), -EINVAL);
    ck_assert_int_eq(share_lseek(tree, third, 0, SEEK_DATA), 98304);
    ck_assert_int_eq(share_fallocate(tree, third, 0, 200000, 0), 0);
    ck_assert_int_eq(host_stat("a").st_size, 200000);
    ck_assert_int_eq(share_fallocate(tree, third, UINT64_MAX, 1, 0), -EINVAL);
    ck_assert_int_eq(share_fallocate(tree, third, 0, 1, UINT32_MAX), -EINVAL);
    ck_assert_int_eq(share_fsync(tree, third, false), 0);
    ck_assert_int_ge(share_descriptor(tree, third, true), 0);
    ck_assert_int_eq(share_descriptor(tree, one, false), -EACCES);
    uint64_t b = (uint64_t)open_path("dir/b", O_RDWR);
    ck_assert_int_eq(share_copy_range(tree, b, 1, third, 7, 2, 0), 2);
    ck_assert_int_eq(read_at(third, buffer, 4, 6), 4);
    ck_assert_mem_eq(buffer, "\0et\0", 4);
    ck_assert_int_eq(share_copy_range(tree, one, 0, third, 0, 2, 0), -EBADF);
    ck_assert_int_eq(share_copy_range(tree, b, 0, reader, 0, 2, 0), -EBADF);
    ck_assert_int_eq(share_copy_range(tree, b, UINT64_MAX, third, 0, 2, 0), -EINVAL);
    ck_assert_int_eq(open_path("a", O_ACCMODE), -EINVAL);
}
END_TEST

START_TEST(extended_attributes)
{
    uint64_t a = node_of("a");
    char text[64];

    ck_assert_int_eq(share_setxattr(tree, a, "user.colour", "red", 3, XATTR_REPLACE), -ENODATA);
    ck_assert_int_eq(share_setxattr(tree, a, "user.colour", "red", 3, XATTR_CREATE), 0);
    ck_assert_int_eq(share_setxattr(tree, a, "user.colour", "red", 3, XATTR_CREATE), -EEXIST);
    ck_assert_int_eq(getxattr(at("host/a"), "user.colour", text, sizeof(text)), 3);
    ck_assert_int_eq(share_setxattr(tree, a, "user.overlay.whiteout", "y", 1, 0), -EPERM);
    ck_assert_int_eq(share_setxattr(tree, a, "user.overlay.", "y", 1, 0), -EPERM);
    ck_assert_int_eq(share_setxattr(tree, a, "security.capability", "y", 1, 0), -EOPNOTSUPP);
    ck_assert_int_eq(share_setxattr(tree, a, "trusted.x", "y", 1, 0), -EOPNOTSUPP);
    ck_assert_int_eq(share_setxattr(tree, a, "system.posix_acl_access", "y", 1, 0), -EOPNOTSUPP);
    ck_assert_int_eq(share_removexattr(tree, a, "user.overlay.x"), -EPERM);
    ck_assert_int_eq(share_removexattr(tree, a, "user.colour"), 0);
    ck_assert_int_eq(share_listxattr(tree, a, text, sizeof(text)), 0);
    ck_assert_int_eq(share_setxattr(tree, FUSE_ROOT_ID, "user.x", "y", 1, 0), -EROFS);
}
END_TEST

static int lock(uint64_t handle, uint64_t owner, uint32_t type, uint64_t start, uint64_t last, uint32_t flags)
{
    struct fuse_lk_in in = {
        .fh = handle, .owner = owner, .lk = {.start = start, .end = last, .type = type}, .lk_flags = flags};

    return share_setlk(tree, &in);
}

static void try_locks(bool on_host)
{
    uint64_t one = (uint64_t)open_path("a", O_RDWR), two = (uint64_t)open_path("a", O_RDWR);
    struct fuse_lk_in in = {.fh = two, .owner = 2, .lk = {.start = 0, .end = INT64_MAX, .type = F_WRLCK}};
    struct fuse_lk_out out;
    struct flock host = {.l_type = F_WRLCK, .l_start = 15, .l_len = 1};
    int fd = open(at("host/a"), O_RDWR);

    ck_assert_int_eq(lock(one, 1, F_WRLCK, 10, 19, 0), 0);
    ck_assert_int_eq(lock(two, 2, F_WRLCK, 19, 20, 0), -EAGAIN);
    ck_assert_int_eq(lock(two, 2, F_WRLCK, 20, INT64_MAX, 0), 0);
    ck_assert_int_eq(lock(two, 1, F_WRLCK, 15, 15, 0), 0); /* the same owner by another handle */
    ck_assert_int_eq(share_getlk(tree, &in, &out), 0);
    ck_assert_uint_eq(out.lk.type, F_WRLCK);
    ck_assert_uint_eq(out.lk.start, 10);
    ck_assert_uint_eq(out.lk.end, 19);
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &host), on_host ? -1 : 0);
    host.l_type = F_UNLCK;
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &host), 0);
    ck_assert_int_eq(share_flush(tree, two, 1), 0); /* a close lets go what the owner has */
    ck_assert_int_eq(lock(two, 2, F_WRLCK, 10, 19, 0), 0);
    ck_assert_int_eq(share_flush(tree, two, 2), 0);
    ck_assert_int_eq(share_getlk(tree, &in, &out), 0);
    ck_assert_uint_eq(out.lk.type, F_UNLCK);
    ck_assert_int_eq(lock(one, 1, F_WRLCK, 2, 1, 0), -EINVAL);
    ck_assert_int_eq(lock(one, 1, F_WRLCK, 0, UINT64_MAX, 0), -EINVAL);
    ck_assert_int_eq(lock(one, 1, 77, 0, 1, 0), -EINVAL);
    ck_assert_int_eq(lock(one, 0, F_WRLCK, 0, 0, FUSE_LK_FLOCK), 0);
    ck_assert_int_eq(lock(two, 0, F_RDLCK, 0, 0, FUSE_LK_FLOCK), -EAGAIN);
    ck_assert_int_eq(flock(fd, LOCK_SH | LOCK_NB), on_host ? -1 : 0);
    ck_assert_int_eq(flock(fd, LOCK_UN), 0);
    share_release(tree, one);
    ck_assert_int_eq(lock(two, 0, F_WRLCK, 0, 0, FUSE_LK_FLOCK), 0);
    ck_assert_int_eq(lock(two, 0, F_UNLCK, 0, 0, FUSE_LK_FLOCK), 0);
    ck_assert_int_eq(lock(two, 0, 77, 0, 0, FUSE_LK_FLOCK), -EINVAL);
    ck_assert_int_eq(lock(two, 5, F_WRLCK, 0, 5, 0), 0);
    share_release(tree, two); /* the last one: all go */
    host.l_type = F_WRLCK;
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &host), 0);
    close(fd);
    ck_assert_int_eq(lock(two, 5, F_WRLCK, 0, 5, 0), -EBADF);
}

START_TEST(locks)
{
    try_locks(true);
}
END_TEST

START_TEST(locks_of_a_cow_share_are_the_guests_alone)
{
    show(SHARE_COW);
    try_locks(false);
}
END_TEST

/* What somebody on the host makes of a name between the guest's lookup and its use of the node. */
START_TEST(nodes_stay_what_they_are)
{
    struct fuse_open_out out;
    uint64_t a = node_of("a"), dir = node_of("dir");

    ck_assert_int_eq(unlink(at("host/a")), 0);
    ck_assert_int_eq(symlink("../outside/secret", at("host/a")), 0);
    ck_assert_int_eq(share_open(tree, a, O_RDWR | O_TRUNC, &out), 0); /* of the file that was there */
    ck_assert_int_eq(write_at(out.fh, "mine", 0), 4);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_MTIME, .mtime = 1}), 0);
    ck_assert_str_eq(read_file(at("outside/secret")), "secret");
    ck_assert_int_ne(host_stat("../outside/secret").st_mtim.tv_sec, 1);
    ck_assert_int_eq(rename(at("host/dir"), at("host/old")), 0);
    ck_assert_int_eq(symlink("../outside", at("host/dir")), 0);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, dir, "made", 0700, &entry), 0);
    ck_assert_int_eq(access(at("outside/made"), F_OK), -1);
    ck_assert_int_eq(access(at("host/old/made"), F_OK), 0);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of("dir"), "made", 0700, &entry), -ENOTDIR);
}
END_TEST

/* As root: files have the owner whom the guest says, from their first moment on. */
START_TEST(owners)
{
    struct share_caller caller = {.uid = 1234, .gid = 4321, .pid = 1};
    struct fuse_create_in in = {.flags = O_RDWR, .mode = S_IFREG | 04755};
    struct fuse_open_out open;
    struct share share;

    if (geteuid() != 0)
        return;
    share = share_of(at("host"), SHARE_RW);
    share.own = true;
    share.all_rights = true;
    share_tree_destroy(tree);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    uint64_t dir = node_of("dir");
    ck_assert_int_eq(chmod(at("host/dir"), 0700), 0); /* what the caller may do is the guest's business */
    ck_assert_int_eq(share_create(tree, &caller, dir, "f", &in, &entry, &open), 0);
    ck_assert_uint_eq(entry.attr.uid, 1234);
    ck_assert_uint_eq(host_stat("dir/f").st_gid, 4321);
    ck_assert_uint_eq(host_stat("dir/f").st_mode & 07777, 04755);
    ck_assert_int_eq(share_mkdir(tree, &caller, dir, "d", 0755, &entry), 0);
    ck_assert_uint_eq(entry.attr.uid, 1234);
    ck_assert_int_eq(share_symlink(tree, &caller, dir, "l", "x", &entry), 0);
    ck_assert_uint_eq(host_stat("dir/l").st_uid, 1234);
    int error = share_mknod(tree, &caller, dir, "null", S_IFCHR | 0666, 0x103, &entry);
    ck_assert(error == 0 || error == -EPERM); /* a container's root may not */
    if (error == 0)
        ck_assert_uint_eq(entry.attr.rdev, 0x103);
    ck_assert_int_eq(set("dir/f", (struct fuse_setattr_in){.valid = FATTR_UID | FATTR_GID, .uid = 7, .gid = 8}), 0);
    ck_assert_uint_eq(host_stat("dir/f").st_uid, 7);
    ck_assert_uint_eq(attr.attr.gid, 8);
    write_file(at("host/after"), "");
    ck_assert_uint_eq(host_stat("after").st_uid, 0); /* we are who we were */
}
END_TEST

START_TEST(public_shares)
{
    struct share share = share_of(at("host"), SHARE_RW);
    struct fuse_open_out open;

    share.public = true;
    share_tree_destroy(tree);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_int_eq(create("dir", "new", O_RDWR, 0644, &open), -EACCES);
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "b"), -EACCES);
    ck_assert_int_eq(share_rename(tree, node_of("dir"), "b", node_of(""), "c", 0), -EACCES);
    ck_assert_int_eq(open_path("a", O_WRONLY), -EACCES);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_MODE, .mode = 0777}), -EPERM);
    ck_assert_int_eq(set("a", (struct fuse_setattr_in){.valid = FATTR_SIZE}), -EACCES);
    ck_assert_int_eq(share_setxattr(tree, node_of("a"), "user.x", "y", 1, 0), -EACCES);
    ck_assert_int_eq(chmod(at("host/dir"), 0777), 0);
    ck_assert_int_eq(create("dir", "new", O_RDWR, 0644, &open), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "b"), 0);
    ck_assert_int_eq(chmod(at("host/dir"), 01777), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "new"), -EPERM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_write");
    TCase *tc = tcase_create("share_write");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, remove_place);
    tcase_add_test(tc, new_files);
    tcase_add_test(tc, new_files_without_room);
    tcase_add_test(tc, other_kinds);
    tcase_add_test(tc, names_that_go);
    tcase_add_test(tc, links);
    tcase_add_test(tc, new_names);
    tcase_add_test(tc, attributes);
    tcase_add_test(tc, open_files_whose_name_goes);
    tcase_add_test(tc, attributes_of_open_files);
    tcase_add_test(tc, setuid_bits_go_with_a_write);
    tcase_add_test(tc, contents);
    tcase_add_test(tc, extended_attributes);
    tcase_add_test(tc, locks);
    tcase_add_test(tc, locks_of_a_cow_share_are_the_guests_alone);
    tcase_add_test(tc, nodes_stay_what_they_are);
    tcase_add_test(tc, owners);
    tcase_add_test(tc, public_shares);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
