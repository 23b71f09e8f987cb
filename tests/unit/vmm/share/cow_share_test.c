/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* cow_share_test.c - shares whose changes lie in a folder of their own: the host's files stay as they are, what the
 * guest sees is both, and a later run, or Linux's overlayfs, sees the same. */
#include "tests/unit/vmm/share/share.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "vmm/share/nodes.h"

static struct fuse_entry_out entry;
static struct fuse_attr_out attr;
static char told[4096];

static void setup(void)
{
    make_place();
    write_file(at("host/a"), "alpha");
    ck_assert_int_eq(mkdir(at("host/dir"), 0755), 0);
    write_file(at("host/dir/b"), "beta");
    write_file(at("host/dir/c"), "gamma");
    ck_assert_int_eq(mkdir(at("host/dir/sub"), 0711), 0);
    write_file(at("host/dir/sub/d"), "delta");
    ck_assert_int_eq(symlink("a", at("host/link")), 0);
    ck_assert_int_eq(mkdir(at("host/empty"), 0755), 0);
    show(SHARE_COW);
}

static int create(const char *folder, const char *name, const char *text)
{
    struct fuse_create_in in = {.flags = O_RDWR | O_EXCL, .mode = S_IFREG | 0644};
    struct fuse_open_out open;
    int error = share_create(tree, &nobody_special, node_of(folder), name, &in, &entry, &open);

    if (error < 0)
        return error;
    ck_assert_int_eq(write_at(open.fh, text, 0), (ssize_t)strlen(text));
    share_release(tree, open.fh);
    return 0;
}

static int change(const char *path, const char *text)
{
    int64_t handle = open_path(path, O_WRONLY);

    if (handle < 0)
        return (int)handle;
    ck_assert_int_eq(write_at((uint64_t)handle, text, 0), (ssize_t)strlen(text));
    share_release(tree, (uint64_t)handle);
    return 0;
}

static int tell(void *context, enum share_change what, const char *path)
{
    (void)context;
    snprintf(told + strlen(told), sizeof(told) - strlen(told), "%c%s ", "+*-"[what], path);
    return 0;
}

static const char *changes(void)
{
    int lower = open(at("host"), O_PATH), upper = open(at("upper"), O_RDONLY);

    told[0] = 0;
    ck_assert_int_eq(share_changes(lower, upper, tell, NULL), 0);
    close(lower);
    close(upper);
    return told;
}

START_TEST(the_hosts_files_stay)
{
    struct stat before, after;
    struct fuse_entry_out was;

    ck_assert_int_gt(look("dir/b", &was), 0);
    ck_assert_int_eq(stat(at("host/dir/b"), &before), 0);
    ck_assert_str_eq(guest_reads("dir/b"), "beta");
    ck_assert_str_eq(names_in("dir", false), ". .. b c sub ");
    ck_assert_str_eq(changes(), "");
    int64_t reader = open_path("dir/b", O_RDONLY);
    ck_assert_int_eq(change("dir/b", "BE"), 0);
    ck_assert_str_eq(guest_reads("dir/b"), "BEta");
    char text[8] = "";
    ck_assert_int_eq(read_at((uint64_t)reader, text, 7, 0), 4); /* that was open before */
    ck_assert_str_eq(text, "BEta");
    ck_assert_int_gt(look("dir/b", &entry), 0);
    ck_assert_uint_eq(entry.nodeid, was.nodeid);
    ck_assert_uint_eq(entry.attr.ino, was.attr.ino);
    ck_assert_str_eq(changes(), "*dir/b ");
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "c"), 0);
    ck_assert_int_eq(look("dir/c", NULL), -ENOENT);
    ck_assert_int_eq(create("dir", "new", "new"), 0);
    ck_assert_str_eq(names_in("dir", false), ". .. b new sub ");
    ck_assert_str_eq(names_in("dir", true), ". .. b new sub ");
    show(SHARE_COW); /* another run */
    ck_assert_str_eq(names_in("dir", true), ". .. b new sub ");
    ck_assert_str_eq(guest_reads("dir/b"), "BEta");
    ck_assert_str_eq(guest_reads("dir/new"), "new");
    ck_assert_int_gt(look("dir/b", &entry), 0);
    ck_assert_uint_eq(entry.attr.ino, was.attr.ino);
    ck_assert_int_eq(stat(at("host/dir/b"), &after), 0);
    ck_assert_mem_eq(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
    ck_assert_str_eq(read_file(at("host/dir/b")), "beta");
    ck_assert_str_eq(read_file(at("host/dir/c")), "gamma");
    ck_assert_int_eq(access(at("host/dir/new"), F_OK), -1);
}
END_TEST

START_TEST(what_was_gone_comes_again)
{
    ck_assert_int_eq(share_unlink(tree, node_of(""), "a"), 0);
    ck_assert_int_eq(share_unlink(tree, node_of(""), "a"), -ENOENT);
    ck_assert_int_eq(create("", "a", "other"), 0);
    ck_assert_str_eq(guest_reads("a"), "other");
    ck_assert_int_eq(share_rmdir(tree, node_of(""), "dir"), -ENOTEMPTY);
    ck_assert_int_eq(share_rmdir(tree, node_of(""), "empty"), 0);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of(""), "empty", 0700, &entry), 0);
    ck_assert_str_eq(names_in("empty", true), ". .. ");
    ck_assert_int_eq(share_unlink(tree, node_of("dir/sub"), "d"), 0);
    ck_assert_int_eq(share_rmdir(tree, node_of("dir"), "sub"), 0); /* whiteouts are nothing */
    ck_assert_int_eq(look("dir/sub", NULL), -ENOENT);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of("dir"), "sub", 0700, &entry), 0);
    ck_assert_str_eq(names_in("dir/sub", true), ". .. "); /* and nothing of the host's shines through */
    show(SHARE_COW);
    ck_assert_str_eq(names_in("dir/sub", true), ". .. ");
    ck_assert_int_eq(look("dir/sub/d", NULL), -ENOENT);
    ck_assert_int_eq(create("dir/sub", "d", "new"), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("dir/sub"), "d"), 0);
    ck_assert_int_eq(share_rmdir(tree, node_of("dir"), "sub"), 0);
    ck_assert_int_eq(share_symlink(tree, &nobody_special, node_of("dir"), "sub", "x", &entry), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "sub"), 0);
    ck_assert_int_eq(look("dir/sub", NULL), -ENOENT);
    ck_assert_str_eq(read_file(at("host/dir/sub/d")), "delta");
}
END_TEST

START_TEST(new_names)
{
    uint64_t top = node_of(""), dir = node_of("dir"), a = node_of("a");

    ck_assert_int_eq(share_rename(tree, top, "dir", top, "moved", 0), -EXDEV);
    ck_assert_int_eq(share_rename(tree, top, "empty", top, "dir", RENAME_EXCHANGE), -EXDEV);
    ck_assert_int_eq(share_rename(tree, top, "a", dir, "b", RENAME_NOREPLACE), -EEXIST);
    ck_assert_int_eq(share_rename(tree, top, "a", dir, "sub", 0), -EISDIR);
    ck_assert_int_eq(share_rename(tree, top, "a", dir, "b", 0), 0);
    ck_assert_str_eq(guest_reads("dir/b"), "alpha");
    ck_assert_int_eq(look("a", NULL), -ENOENT);
    ck_assert_uint_eq(node_of("dir/b"), a);
    ck_assert_int_eq(share_rename(tree, dir, "b", dir, "c", RENAME_EXCHANGE), 0);
    ck_assert_str_eq(guest_reads("dir/c"), "alpha");
    ck_assert_str_eq(guest_reads("dir/b"), "gamma");
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, top, "made", 0700, &entry), 0);
    ck_assert_int_eq(create("made", "d", "in made"), 0);
    ck_assert_int_eq(share_rename(tree, top, "made", dir, "sub", 0), -ENOTEMPTY);
    ck_assert_int_eq(share_rename(tree, top, "made", dir, "c", 0), -ENOTDIR);
    ck_assert_int_eq(share_rename(tree, top, "made", top, "empty", 0), 0);
    ck_assert_str_eq(names_in("empty", true), ". .. d ");
    ck_assert_int_eq(share_unlink(tree, node_of("dir/sub"), "d"), 0);
    ck_assert_int_eq(share_rename(tree, top, "empty", dir, "sub", 0), 0); /* over a folder of whiteouts */
    ck_assert_str_eq(guest_reads("dir/sub/d"), "in made");
    ck_assert_int_eq(share_rename(tree, dir, "sub", dir, "again", 0), 0);
    ck_assert_int_eq(look("dir/sub", NULL), -ENOENT);
    ck_assert_int_eq(share_rename(tree, dir, "again", dir, "again", 0), 0);
    show(SHARE_COW);
    ck_assert_str_eq(names_in("", true), ". .. dir link ");
    ck_assert_str_eq(names_in("dir", true), ". .. again b c ");
    ck_assert_str_eq(guest_reads("dir/again/d"), "in made");
    ck_assert_str_eq(read_file(at("host/a")), "alpha");
}
END_TEST

/* The guest can neither make nor see what `upper` is marked with. */
START_TEST(marks_are_no_files)
{
    uint64_t top = node_of("");
    char list[64];

    ck_assert_int_eq(share_mknod(tree, &nobody_special, top, "w", S_IFCHR, 0, &entry), -EPERM);
    ck_assert_int_eq(share_setxattr(tree, top, "user.overlay.opaque", "y", 1, 0), -EPERM);
    ck_assert_int_eq(change("a", "A"), 0);
    ck_assert_int_eq(share_setxattr(tree, node_of("a"), "user.overlay.whiteout", "y", 1, 0), -EPERM);
    ck_assert_int_eq(share_listxattr(tree, node_of("a"), list, sizeof(list)), 0); /* it has the origin */
    ck_assert_int_gt(getxattr(at("upper/a"), "user.overlay.lvmm.origin", list, sizeof(list)), 0);
    ck_assert_int_eq(look(".lvmm-work", NULL), -ENOENT);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, top, ".lvmm-work", 0700, &entry), -EPERM);
    ck_assert_int_eq(share_rename(tree, top, "a", top, ".lvmm-work", 0), -EPERM);
    ck_assert_int_eq(share_rmdir(tree, top, ".lvmm-work"), -ENOENT);
    ck_assert_str_eq(names_in("", false), ". .. a dir empty link ");
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of("dir"), ".lvmm-work", 0700, &entry), 0);
    /* The other form of a whiteout. */
    write_file(at("upper/dir/c"), "");
    ck_assert_int_eq(setxattr(at("upper/dir/c"), "user.overlay.whiteout", "y", 1, 0), 0);
    ck_assert_int_eq(look("dir/c", NULL), -ENOENT);
    ck_assert_str_eq(names_in("dir", false), ". .. .lvmm-work b sub ");
    ck_assert_int_eq(create("dir", "c", "new"), 0);
    ck_assert_str_eq(guest_reads("dir/c"), "new");
    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(access(at("upper/.lvmm-work"), F_OK), -1);
}
END_TEST

START_TEST(attributes_are_copied)
{
    struct timespec times[2] = {{100, 5}, {200, 7}};
    char text[8];
    struct stat st, parent;

    ck_assert_int_eq(setxattr(at("host/dir/b"), "user.colour", "red", 3, 0), 0);
    ck_assert_int_eq(setxattr(at("host/dir"), "user.shape", "round", 5, 0), 0);
    ck_assert_int_eq(chmod(at("host/dir/b"), 06741), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, at("host/dir/b"), times, 0), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, at("host/dir"), times, 0), 0);
    ck_assert_int_eq(share_setxattr(tree, node_of("dir/b"), "user.size", "s", 1, 0), 0);
    ck_assert_int_eq(stat(at("upper/dir/b"), &st), 0);
    ck_assert_int_eq(stat(at("upper/dir"), &parent), 0);
    ck_assert_uint_eq(st.st_mode, S_IFREG | 0741);
    ck_assert_int_eq(st.st_mtim.tv_sec, 200);
    ck_assert_int_eq(st.st_mtim.tv_nsec, 7);
    ck_assert_int_eq(parent.st_mtim.tv_sec, 200);
    ck_assert_int_eq(share_getxattr(tree, node_of("dir/b"), "user.colour", text, 8), 3);
    ck_assert_int_eq(share_getxattr(tree, node_of("dir"), "user.shape", text, 8), 5);
    ck_assert_int_eq(getxattr(at("host/dir/b"), "user.size", text, 8), -1);
    struct fuse_setattr_in in = {.valid = FATTR_MTIME, .mtime = 9};
    ck_assert_int_eq(share_setattr(tree, node_of("link"), &in, &attr), 0);
    ck_assert_uint_eq(attr.attr.mtime, 9);
    ck_assert_int_eq(share_readlink(tree, node_of("link"), text, 8), 1);
    in = (struct fuse_setattr_in){.valid = FATTR_SIZE, .size = 2};
    ck_assert_int_eq(share_setattr(tree, node_of("a"), &in, &attr), 0);
    ck_assert_str_eq(guest_reads("a"), "al");
    ck_assert_str_eq(read_file(at("host/a")), "alpha");
}
END_TEST

/* A program's capabilities are an attribute, which goes when its owner changes. */
START_TEST(capabilities_are_copied)
{
    static const unsigned char ping[20] = {0, 0, 0, 2, 0, 0x20}; /* cap_net_raw, permitted */
    unsigned char there[20] = {0};
    struct share share;

    if (geteuid() != 0)
        return;
    if (setxattr(at("host/a"), "security.capability", ping, sizeof(ping), 0) < 0) {
        fputs("a file can't have capabilities here: not tested\n", stderr);
        return;
    }
    share = share_of(at("host"), SHARE_COW);
    share.own = true;
    share.all_rights = true;
    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    struct fuse_setattr_in in = {.valid = FATTR_MTIME, .mtime = 9};
    ck_assert_int_eq(share_setattr(tree, node_of("a"), &in, &attr), 0);
    ck_assert_int_eq(getxattr(at("upper/a"), "security.capability", there, sizeof(there)), sizeof(there));
    ck_assert_mem_eq(there, ping, sizeof(ping));
}
END_TEST

START_TEST(holes_are_copied)
{
    int fd = open(at("host/sparse"), O_RDWR | O_CREAT, 0644);
    struct stat st;
    char byte = 0;

    ck_assert_int_eq(ftruncate(fd, 1 << 30), 0);
    ck_assert_int_eq(pwrite(fd, "x", 1, 500 << 20), 1);
    ck_assert_int_eq(change("sparse", "y"), 0);
    ck_assert_int_eq(stat(at("upper/sparse"), &st), 0);
    ck_assert_int_eq(st.st_size, 1 << 30);
    ck_assert_int_lt(st.st_blocks, 1000);
    uint64_t handle = (uint64_t)open_path("sparse", O_RDONLY);
    ck_assert_int_eq(read_at(handle, &byte, 1, 500 << 20), 1);
    ck_assert_int_eq(byte, 'x');
    close(fd);
}
END_TEST

/* A reader that opens the folder anew for each part, and removes what it has seen, sees each name once. */
START_TEST(folders_that_are_opened_anew)
{
    enum { FILES = 300 };
    _Alignas(8) char buffer[1024];
    uint64_t offset = 0, dir = node_of("dir");
    unsigned seen = 0;

    for (unsigned i = 0; i < FILES; i++)
        write_file(at("host/dir/%u", i), "");
    for (ssize_t n = 1; n > 0;) {
        struct fuse_open_out out;
        char names[16][NAME_MAX + 1];
        unsigned count = 0;

        ck_assert_int_eq(share_opendir(tree, dir, 0, &out), 0);
        n = share_readdir(tree, out.fh, offset, false, buffer, sizeof(buffer));
        ck_assert_int_ge(n, 0);
        for (ssize_t i = 0; i < n && count < 16;) {
            struct fuse_dirent dirent;

            memcpy(&dirent, buffer + i, sizeof(dirent));
            snprintf(names[count++], NAME_MAX + 1, "%.*s", (int)dirent.namelen, buffer + i + FUSE_NAME_OFFSET);
            ck_assert_uint_gt(dirent.off, offset);
            offset = dirent.off;
            i += (ssize_t)FUSE_DIRENT_SIZE(&dirent);
        }
        share_release(tree, out.fh);
        while (count-- > 0) {
            seen++;
            if (names[count][0] >= '0' && names[count][0] <= '9')
                ck_assert_int_eq(share_unlink(tree, dir, names[count]), 0);
        }
    }
    ck_assert_uint_eq(seen, FILES + 5); /* ".", "..", b, c, sub */
    ck_assert_str_eq(names_in("dir", false), ". .. b c sub ");
}
END_TEST

/* As on overlayfs: a name that is written to is no longer the other's file. */
START_TEST(hard_links_break)
{
    struct fuse_entry_out one, two;

    ck_assert_int_eq(link(at("host/a"), at("host/a2")), 0);
    ck_assert_int_gt(look("a", &one), 0);
    ck_assert_int_gt(look("a2", &two), 0);
    ck_assert_uint_eq(one.nodeid, two.nodeid);
    ck_assert_int_eq(change("a2", "A"), 0);
    ck_assert_str_eq(guest_reads("a2"), "Alpha");
    ck_assert_str_eq(guest_reads("a"), "alpha");
    ck_assert_int_eq(share_link(tree, node_of("dir/b"), node_of(""), "b2", &entry), 0);
    ck_assert_int_eq(change("b2", "B"), 0);
    ck_assert_str_eq(guest_reads("dir/b"), "Beta");
}
END_TEST

START_TEST(files_without_a_name)
{
    uint64_t c = node_of("dir/c"), sub;
    int64_t handle = open_path("dir/c", O_RDONLY), writer;
    struct fuse_open_out out;

    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "c"), 0);
    char text[8] = "";
    ck_assert_int_eq(read_at((uint64_t)handle, text, 7, 0), 5);
    ck_assert_str_eq(text, "gamma");
    ck_assert_int_eq(share_open(tree, c, O_RDWR, &out), 0);
    ck_assert_int_eq(write_at(out.fh, "G", 0), 1);
    ck_assert_int_eq(read_at((uint64_t)handle, text, 7, 0), 5);
    ck_assert_str_eq(text, "Gamma");
    ck_assert_int_eq(look("dir/c", NULL), -ENOENT);
    writer = open_path("dir/b", O_RDWR);
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "b"), 0);
    ck_assert_int_eq(write_at((uint64_t)writer, "x", 0), 1);
    sub = node_of("dir/sub");
    ck_assert_int_eq(share_unlink(tree, sub, "d"), 0);
    ck_assert_int_eq(share_opendir(tree, sub, 0, &out), 0);
    ck_assert_int_eq(share_rmdir(tree, node_of("dir"), "sub"), 0);
    ck_assert_int_eq(share_readdir(tree, out.fh, 0, false, told, 200), 2 * 32); /* "." and ".." */
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, sub, "x", 0700, &entry), -ENOENT);
    ck_assert_str_eq(read_file(at("host/dir/c")), "gamma");
}
END_TEST

START_TEST(a_share_of_a_file)
{
    struct share share = share_of(at("host/a"), SHARE_COW);

    share_tree_destroy(tree);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_str_eq(guest_reads(""), "alpha");
    ck_assert_int_eq(change("", "A"), 0);
    ck_assert_str_eq(guest_reads(""), "Alpha");
    share_tree_destroy(tree);
    share = share_of(at("host/a"), SHARE_COW);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_str_eq(guest_reads(""), "Alpha");
    ck_assert_str_eq(read_file(at("host/a")), "alpha");
    ck_assert_str_eq(read_file(at("upper/file")), "Alpha");
    share = share_of(at("host"), SHARE_COW);
    struct share_tree *other;
    ck_assert_int_eq(share_tree_create(&share, 1, &other), -EBUSY); /* the folder of changes is in use */
}
END_TEST

/* What a stranger may not look at on the host doesn't come into sight by changing it. */
START_TEST(public_shares)
{
    struct share share = share_of(at("host"), SHARE_COW);
    struct fuse_setattr_in in = {.valid = FATTR_MODE, .mode = 0777};
    struct fuse_open_out out;
    char text[8];

    ck_assert_int_eq(mkdir(at("host/closed"), 0700), 0);
    write_file(at("host/closed/x"), "x");
    ck_assert_int_eq(setxattr(at("host/closed"), "user.x", "y", 1, 0), 0);
    ck_assert_int_eq(mkdir(at("host/unlisted"), 0711), 0);
    write_file(at("host/unlisted/x"), "x");
    write_file(at("host/private"), "private");
    ck_assert_int_eq(chmod(at("host/private"), 0640), 0);
    share_tree_destroy(tree);
    share.public = true;
    share.upper = openat(share.upper, ".", O_RDONLY);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_int_eq(share_setattr(tree, node_of("closed"), &in, &attr), 0);
    ck_assert_int_eq(look("closed/x", NULL), -EACCES);
    ck_assert_int_eq(share_opendir(tree, node_of("closed"), 0, &out), -EACCES);
    ck_assert_int_eq(share_getxattr(tree, node_of("closed"), "user.x", text, sizeof(text)), -ENODATA);
    ck_assert_int_eq(share_setattr(tree, node_of("unlisted"), &in, &attr), 0);
    ck_assert_int_eq(share_opendir(tree, node_of("unlisted"), 0, &out), -EACCES);
    ck_assert_str_eq(guest_reads("unlisted/x"), "x");
    ck_assert_int_eq(share_setattr(tree, node_of("private"), &in, &attr), -EACCES);
    ck_assert_int_eq(open_path("private", O_RDWR), -EACCES);
    ck_assert_int_eq(change("a", "A"), 0); /* not his on the host, but his here */
    ck_assert_int_eq(create("", "mine", "mine"), 0);
    in.mode = 0600;
    ck_assert_int_eq(share_setattr(tree, node_of("mine"), &in, &attr), 0);
    ck_assert_str_eq(guest_reads("mine"), "mine");
}
END_TEST

/* The share's own folder looks like the host's until something in it is changed. */
START_TEST(the_tops_times)
{
    const struct timespec times[2] = {{100, 5}, {200, 7}};
    struct stat st;

    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(utimensat(AT_FDCWD, at("upper"), times, 0), 0); /* as upper_folders.c makes it */
    show(SHARE_COW);
    ck_assert_int_eq(share_getattr(tree, node_of(""), NULL, &attr), 0);
    ck_assert_uint_eq(attr.attr.mtime, 200);
    ck_assert_uint_eq(attr.attr.mtimensec, 7);
    ck_assert_int_eq(change("a", "A"), 0);
    ck_assert_int_eq(share_getattr(tree, node_of(""), NULL, &attr), 0);
    ck_assert_uint_eq(attr.attr.mtime, 200);
    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(stat(at("upper"), &st), 0);
    ck_assert_int_eq(st.st_mtim.tv_sec, 200);
    show(SHARE_COW);
    ck_assert_int_eq(create("", "new", "new"), 0);
    ck_assert_int_eq(share_getattr(tree, node_of(""), NULL, &attr), 0);
    ck_assert_uint_ne(attr.attr.mtime, 200);
}
END_TEST

START_TEST(the_folder_of_changes_isnt_shown)
{
    struct share share = share_of(at("%s", ""), SHARE_COW);

    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_int_eq(change("host/a", "A"), 0);
    ck_assert_int_eq(access(at("upper/host/a"), F_OK), 0);
    ck_assert_int_eq(look("upper/host", NULL), -ENOENT);
    ck_assert_str_eq(names_in("upper", false), ". .. ");
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of("upper"), "x", 0755, &entry), -EROFS);
    ck_assert_int_lt(share_rmdir(tree, node_of(""), "upper"), 0);
    ck_assert_int_lt(share_rename(tree, node_of(""), "upper", node_of(""), "x", 0), 0);
    ck_assert_str_eq(names_in("", true), ". .. host outside upper ");
    ck_assert_str_eq(guest_reads("host/a"), "Alpha");
}
END_TEST

/* A guest that forgets nothing gets no more at some time, and gets it when it does. */
START_TEST(nodes_have_an_end)
{
    int64_t a = look("a", NULL), dir = look("dir", NULL);

    ck_assert(a > 0 && dir > 0);
    tree->nodes_max = tree->nodes_n + 1;
    ck_assert_int_gt(look("dir/b", NULL), 0);
    ck_assert_int_eq(look("dir/c", NULL), -ENOMEM);
    ck_assert_int_eq(create("dir", "new", "new"), -ENOMEM);
    ck_assert_int_eq(look("a", NULL), a);
    share_forget(tree, (uint64_t)a, UINT64_MAX);
    ck_assert_int_gt(look("dir/c", NULL), 0);
    ck_assert_int_eq(look("a", NULL), -ENOMEM);
}
END_TEST

START_TEST(a_killed_runs_leavings)
{
    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(mkdir(at("upper/.lvmm-work"), 0700), 0);
    ck_assert_int_eq(mkdir(at("upper/.lvmm-work/1"), 0700), 0);
    write_file(at("upper/.lvmm-work/1/x"), "x");
    write_file(at("upper/.lvmm-work/2"), "x");
    show(SHARE_COW);
    ck_assert_int_eq(access(at("upper/.lvmm-work"), F_OK), -1); /* it is made for the first change */
    ck_assert(change("a", "A") == 0 && access(at("upper/.lvmm-work"), F_OK) == 0);
}
END_TEST

START_TEST(what_has_changed)
{
    uint64_t top = node_of("");

    ck_assert_int_eq(change("dir/b", "B"), 0);
    ck_assert_str_eq(changes(), "*dir/b ");
    ck_assert_int_eq(share_unlink(tree, top, "a"), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "c"), 0);
    ck_assert_int_eq(share_rmdir(tree, top, "empty"), 0);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, top, "empty", 0700, &entry), 0);
    ck_assert_int_eq(create("empty", "x", ""), 0);
    const char *list = changes();
    static const char *const parts[] = {"*dir ", "*dir/b ", "-dir/c ", "-a ", "-empty +empty +empty/x "};
    size_t length = 0;
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        ck_assert_msg(strstr(list, parts[i]) != NULL, "%s isn't in %s", parts[i], list);
        length += strlen(parts[i]);
    }
    ck_assert_uint_eq(strlen(list), length);
}
END_TEST

/* Both folders mounted by Linux show what the guest saw. */
START_TEST(linux_agrees)
{
    char options[400];
    pid_t child;
    int status;

    ck_assert_int_eq(change("dir/b", "BE"), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "c"), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("dir/sub"), "d"), 0);
    ck_assert_int_eq(share_rmdir(tree, node_of("dir"), "sub"), 0);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of("dir"), "sub", 0755, &entry), 0);
    ck_assert_int_eq(create("", "new", "new"), 0);
    ck_assert_int_eq(share_rename(tree, node_of(""), "a", node_of(""), "z", 0), 0);
    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(mkdir(at("work"), 0700), 0);
    ck_assert_int_eq(mkdir(at("mnt"), 0700), 0);
    snprintf(options, sizeof(options), "userxattr,lowerdir=%s,upperdir=%s,workdir=%s", at("host"), at("upper"),
             at("work"));
    child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("overlay", at("mnt"), "overlay", 0, options) < 0)
            _exit(77);
        bool same = strcmp(read_file(at("mnt/dir/b")), "BEta") == 0 && access(at("mnt/dir/c"), F_OK) < 0 &&
                    access(at("mnt/dir/sub/d"), F_OK) < 0 && access(at("mnt/dir/sub"), F_OK) == 0 &&
                    access(at("mnt/a"), F_OK) < 0 && strcmp(read_file(at("mnt/z")), "alpha") == 0 &&
                    strcmp(read_file(at("mnt/new")), "new") == 0;
        _exit(same ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77); /* 77: we may not mount */
    if (WEXITSTATUS(status) == 77)
        fputs("overlayfs can't be mounted here: not compared\n", stderr);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_cow");
    TCase *tc = tcase_create("share_cow");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, remove_place);
    tcase_add_test(tc, the_hosts_files_stay);
    tcase_add_test(tc, what_was_gone_comes_again);
    tcase_add_test(tc, new_names);
    tcase_add_test(tc, marks_are_no_files);
    tcase_add_test(tc, attributes_are_copied);
    tcase_add_test(tc, capabilities_are_copied);
    tcase_add_test(tc, holes_are_copied);
    tcase_add_test(tc, folders_that_are_opened_anew);
    tcase_add_test(tc, hard_links_break);
    tcase_add_test(tc, files_without_a_name);
    tcase_add_test(tc, a_share_of_a_file);
    tcase_add_test(tc, public_shares);
    tcase_add_test(tc, the_tops_times);
    tcase_add_test(tc, the_folder_of_changes_isnt_shown);
    tcase_add_test(tc, nodes_have_an_end);
    tcase_add_test(tc, a_killed_runs_leavings);
    tcase_add_test(tc, what_has_changed);
    tcase_add_test(tc, linux_agrees);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
