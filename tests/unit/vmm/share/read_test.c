/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* read_test.c - what a guest reads of shared folders, and where it doesn't get. */
#include "tests/unit/vmm/share/share.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "boot/abi_share.h"

static void setup(void)
{
    make_place();
    write_file(at("host/a"), "alpha");
    ck_assert_int_eq(mkdir(at("host/dir"), 0750), 0);
    write_file(at("host/dir/b"), "beta");
    ck_assert_int_eq(symlink("../outside/secret", at("host/link")), 0);
    ck_assert_int_eq(symlink("/", at("host/dir/root")), 0);
    show(SHARE_RO);
}

START_TEST(the_root)
{
    struct share shares[2] = {share_of(at("host"), SHARE_RO), share_of(at("host/a"), SHARE_RO)};
    struct fuse_entry_out one, two;
    struct fuse_attr_out attr;
    struct fuse_statfs_out fs;

    share_tree_destroy(tree);
    ck_assert_int_eq(share_tree_create(shares, 2, &tree), 0);
    ck_assert_int_eq(share_getattr(tree, FUSE_ROOT_ID, NULL, &attr), 0);
    ck_assert_uint_eq(attr.attr.mode, S_IFDIR | 0555);
    ck_assert_uint_eq(attr.attr.ino, FUSE_ROOT_ID);
    ck_assert_str_eq(names_in("ROOT", false), ". .. 0 1 ");
    ck_assert_str_eq(names_in("ROOT", true), ". .. 0 1 ");
    ck_assert_int_eq(share_lookup(tree, FUSE_ROOT_ID, "1", &one), 0);
    ck_assert(S_ISREG(one.attr.mode));
    ck_assert_uint_eq(one.attr.size, 5);
    ck_assert_int_eq(look("a", &two), (int64_t)two.nodeid);
    ck_assert_uint_ne(one.nodeid, two.nodeid);
    ck_assert_uint_ne(one.attr.ino, two.attr.ino); /* as the guest has one device number for both shares */
    static const char *const none[] = {"2", "00", "01", "+1", " 1", "1 ", "", "x", ".", "..", "-1", "4294967296"};
    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        ck_assert_int_eq(share_lookup(tree, FUSE_ROOT_ID, none[i], &one), -ENOENT);
    ck_assert_int_eq(share_statfs(tree, FUSE_ROOT_ID, &fs), 0);
    ck_assert_int_eq(share_statfs(tree, two.nodeid, &fs), 0);
    ck_assert_uint_gt(fs.st.blocks, 0);
    ck_assert_uint_ge(fs.st.namelen, 255);
}
END_TEST

START_TEST(files_and_folders)
{
    struct fuse_entry_out entry;
    struct fuse_attr_out attr;
    struct fuse_open_out out;
    struct stat st;
    char buffer[16];
    uint64_t handle;

    ck_assert_int_eq(stat(at("host/a"), &st), 0);
    ck_assert_int_gt(look("a", &entry), 0);
    ck_assert_uint_eq(entry.attr.ino, st.st_ino);
    ck_assert_uint_eq(entry.attr.mode, st.st_mode);
    ck_assert_uint_eq(entry.attr.uid, 0);
    ck_assert_uint_eq(entry.attr.gid, 0);
    ck_assert_uint_eq(entry.attr.mtime, (uint64_t)st.st_mtim.tv_sec);
    ck_assert_uint_eq(entry.attr.mtimensec, (uint64_t)st.st_mtim.tv_nsec);
    ck_assert_uint_eq(entry.entry_valid + entry.attr_valid, 0);
    ck_assert_str_eq(guest_reads("a"), "alpha");
    ck_assert_str_eq(guest_reads("dir/b"), "beta");
    handle = (uint64_t)open_path("a", O_RDONLY);
    ck_assert_int_eq(read_at(handle, buffer, 16, 3), 2);
    ck_assert_int_eq(read_at(handle, buffer, 16, 5), 0);
    ck_assert_int_eq(read_at(handle, buffer, 16, INT64_MAX + UINT64_C(1)), -EINVAL);
    ck_assert_int_ge(share_descriptor(tree, handle, false), 0);
    ck_assert_int_eq(share_descriptor(tree, handle, true), -EACCES);
    ck_assert_int_eq(share_lseek(tree, handle, 0, SEEK_HOLE), 5);
    ck_assert_int_eq(share_lseek(tree, handle, 9, SEEK_DATA), -ENXIO);
    ck_assert_int_eq(share_lseek(tree, handle, 0, SEEK_SET), -EINVAL);
    ck_assert_int_eq(share_fsync(tree, handle, true), 0);
    ck_assert_int_eq(share_getattr(tree, entry.nodeid, &handle, &attr), 0);
    ck_assert_uint_eq(attr.attr.size, 5);
    share_release(tree, handle);
    ck_assert_int_eq(read_at(handle, buffer, 16, 0), -EBADF);
    ck_assert_int_eq(share_open(tree, node_of("dir"), O_RDONLY, &out), -EISDIR);
    ck_assert_int_eq(share_opendir(tree, node_of("a"), O_RDONLY, &out), -ENOTDIR);
    ck_assert_int_eq(look("a/b", NULL), -ENOTDIR);
    ck_assert_int_eq(look("nothing", NULL), -ENOENT);
    ck_assert_int_eq(look("nothing/b", NULL), -ENOENT);
    ck_assert_str_eq(names_in("", false), ". .. a dir link ");
    ck_assert_str_eq(names_in("dir", true), ". .. b root ");
}
END_TEST

/* All names of a large folder come once, whatever the room, and what readdirplus gives can be forgotten. */
START_TEST(a_large_folder)
{
    enum { FILES = 3000 };
    static bool seen[FILES];
    _Alignas(8) char buffer[4096];
    struct fuse_open_out out;
    uint64_t offset = 0, nodes[64];
    unsigned count = 0;

    ck_assert_int_eq(mkdir(at("host/large"), 0755), 0);
    for (unsigned i = 0; i < FILES; i++)
        write_file(at("host/large/a-name-that-has-some-length-%u", i), "");
    ck_assert_int_eq(share_opendir(tree, node_of("large"), 0, &out), 0);
    memset(seen, 0, sizeof(seen));
    for (ssize_t n; (n = share_readdir(tree, out.fh, offset, true, buffer, sizeof(buffer))) > 0;) {
        unsigned given = 0;

        for (ssize_t i = 0; i < n;) {
            struct fuse_direntplus entry;
            char name[64];
            unsigned number;

            memcpy(&entry, buffer + i, FUSE_NAME_OFFSET_DIRENTPLUS);
            snprintf(name, sizeof(name), "%.*s", (int)entry.dirent.namelen, buffer + i + FUSE_NAME_OFFSET_DIRENTPLUS);
            if (sscanf(name, "a-name-that-has-some-length-%u", &number) == 1) {
                ck_assert_uint_lt(number, FILES);
                ck_assert(!seen[number]);
                seen[number] = true;
                count++;
                ck_assert_uint_ne(entry.entry_out.nodeid, 0);
                ck_assert_uint_eq(entry.entry_out.attr.ino, entry.dirent.ino);
                nodes[given++] = entry.entry_out.nodeid;
            } else {
                ck_assert_uint_eq(entry.entry_out.nodeid, 0);
            }
            offset = entry.dirent.off;
            i += (ssize_t)FUSE_DIRENTPLUS_SIZE(&entry);
        }
        while (given > 0) {
            struct fuse_attr_out attr;

            share_forget(tree, nodes[--given], 1);
            ck_assert_int_eq(share_getattr(tree, nodes[given], NULL, &attr), -ESTALE);
        }
    }
    ck_assert_uint_eq(count, FILES);
    ck_assert_int_eq(share_readdir(tree, out.fh, UINT64_MAX, false, buffer, sizeof(buffer)), -EINVAL);
    ck_assert_int_eq(share_readdir(tree, out.fh, 0, true, buffer, 100), -EINVAL); /* no room for one */
    share_release(tree, out.fh);
}
END_TEST

START_TEST(numbers_of_the_guest_are_checked)
{
    struct fuse_entry_out entry, again;
    struct fuse_attr_out attr;
    struct fuse_open_out out;
    char buffer[512];
    const uint64_t bad[] = {0, 99, 4711, UINT64_MAX, UINT64_C(1) << 32, UINT64_C(1) << 32 | FUSE_ROOT_ID};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_eq(share_getattr(tree, bad[i], NULL, &attr), -ESTALE);
        ck_assert_int_eq(share_lookup(tree, bad[i], "a", &entry), -ESTALE);
        ck_assert_int_eq(share_open(tree, bad[i], 0, &out), -ESTALE);
        ck_assert_int_eq(share_opendir(tree, bad[i], 0, &out), -ESTALE);
        ck_assert_int_eq(share_readdir(tree, bad[i], 0, false, buffer, sizeof(buffer)), -EBADF);
        ck_assert_int_eq(read_at(bad[i], buffer, 1, 0), -EBADF);
        share_release(tree, bad[i]);
        share_forget(tree, bad[i], 1);
    }
    ck_assert_int_gt(look("a", &entry), 0);
    share_forget(tree, entry.nodeid, UINT64_MAX);
    ck_assert_int_eq(share_getattr(tree, entry.nodeid, NULL, &attr), -ESTALE);
    ck_assert_int_gt(look("a", &again), 0);
    ck_assert_uint_ne(entry.nodeid, again.nodeid);
    ck_assert_uint_eq(entry.attr.ino, again.attr.ino);
    share_forget(tree, FUSE_ROOT_ID, UINT64_MAX);
    share_forget(tree, node_of(""), UINT64_MAX);
    ck_assert_str_eq(guest_reads("a"), "alpha");
    /* A folder that is forgotten before what is in it. */
    uint64_t dir = node_of("dir"), file = node_of("dir/b");
    share_forget(tree, dir, UINT64_MAX);
    ck_assert_int_eq(share_getattr(tree, file, NULL, &attr), 0);
    share_forget(tree, file, UINT64_MAX);
    ck_assert_int_eq(share_getattr(tree, dir, NULL, &attr), -ESTALE);
}
END_TEST

START_TEST(nothing_leads_outside)
{
    static const char *const names[] = {".", "..", "../outside", "dir/b", "/", "/etc/passwd", "dir/..", ""};
    struct fuse_entry_out entry;
    struct fuse_open_out out;
    char buffer[64];

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert_int_eq(share_lookup(tree, node_of(""), names[i], &entry), -EINVAL);
    ck_assert_int_gt(look("link", &entry), 0);
    ck_assert(S_ISLNK(entry.attr.mode));
    ck_assert_int_eq(share_readlink(tree, entry.nodeid, buffer, sizeof(buffer)), 17);
    ck_assert_mem_eq(buffer, "../outside/secret", 17);
    ck_assert_int_eq(share_readlink(tree, node_of("a"), buffer, sizeof(buffer)), -EINVAL);
    ck_assert_int_eq(share_open(tree, entry.nodeid, O_RDONLY, &out), -ENXIO);
    ck_assert_int_eq(share_opendir(tree, entry.nodeid, O_RDONLY, &out), -ENOTDIR);
    ck_assert_int_eq(look("link/secret", NULL), -ENOTDIR);
    ck_assert_int_eq(look("dir/root/etc", NULL), -ENOTDIR);
}
END_TEST

/* FIFOs, sockets and devices of the host: a guest sees that they are there, and that is all. */
START_TEST(nothing_but_files_is_opened)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct fuse_entry_out entry;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), reader;
    static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC};

    ck_assert_int_eq(mkfifo(at("host/fifo"), 0666), 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", at("host/socket"));
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    bool device = mknod(at("host/device"), S_IFCHR | 0666, 0x103) == 0; /* /dev/null; if we may */
    show(SHARE_RW);
    reader = open(at("host/fifo"), O_RDONLY | O_NONBLOCK);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(open_path("fifo", flags[i]), -ENXIO);
        ck_assert_int_eq(open_path("socket", flags[i]), -ENXIO);
        if (device)
            ck_assert_int_eq(open_path("device", flags[i]), -ENXIO);
        char byte;
        ck_assert_int_eq(read(reader, &byte, 1), 0); /* nobody has come to write */
    }
    close(reader);
    ck_assert_int_eq(open(at("host/fifo"), O_WRONLY | O_NONBLOCK), -1); /* nor to read */
    ck_assert_int_eq(errno, ENXIO);
    ck_assert_int_eq(accept(listener, NULL, NULL), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_gt(look("fifo", &entry), 0);
    ck_assert(S_ISFIFO(entry.attr.mode));
    ck_assert_int_gt(look("socket", &entry), 0);
    ck_assert(S_ISSOCK(entry.attr.mode));
    close(listener);
}
END_TEST

/* Somebody on the host exchanges a file for a link, a FIFO and a folder all the time. */
START_TEST(races_with_the_host)
{
    enum { ROUNDS = 3000 };
    struct fuse_open_out out;
    struct fuse_entry_out entry;
    unsigned read_it = 0;
    pid_t other;

    write_file(at("outside/next"), "outside");
    show(SHARE_RW);
    ck_assert_int_eq(symlink(at("outside/secret"), at("outside/link")), 0);
    ck_assert_int_eq(mkfifo(at("outside/fifo"), 0666), 0);
    ck_assert_int_eq(symlink("../outside", at("outside/dirlink")), 0);
    write_file(at("host/x"), "inside");
    ck_assert_int_eq(mkdir(at("host/y"), 0755), 0);
    write_file(at("host/y/secret"), "inside");
    other = fork();
    if (other == 0) {
        for (;;) {
            renameat2(AT_FDCWD, at("host/x"), AT_FDCWD, at("outside/link"), RENAME_EXCHANGE);
            renameat2(AT_FDCWD, at("host/x"), AT_FDCWD, at("outside/fifo"), RENAME_EXCHANGE);
            renameat2(AT_FDCWD, at("host/y"), AT_FDCWD, at("outside/dirlink"), RENAME_EXCHANGE);
            renameat2(AT_FDCWD, at("host/y"), AT_FDCWD, at("outside/dirlink"), RENAME_EXCHANGE);
            if (getppid() == 1)
                _exit(0);
        }
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        static const char *const paths[] = {"x", "y/secret"};
        int64_t node = look(paths[i % 2], &entry);
        char buffer[16] = "";

        if (node < 0 || share_open(tree, (uint64_t)node, O_RDWR, &out) < 0)
            continue;
        ck_assert_int_eq(read_at(out.fh, buffer, 15, 0), 6);
        ck_assert_str_eq(buffer, "inside");
        share_release(tree, out.fh);
        read_it++;
        if (i % 3 == 0)
            share_forget(tree, (uint64_t)node, UINT64_MAX);
    }
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    ck_assert_uint_gt(read_it, 0);
}
END_TEST

START_TEST(the_hosts_kernel_isnt_shown)
{
    struct share share = share_of("/proc", SHARE_RO);
    struct fuse_entry_out entry;
    struct fuse_open_out out;

    share_tree_destroy(tree);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_str_eq(names_in("", false), ". .. ");
    ck_assert_str_eq(names_in("", true), ". .. ");
    ck_assert_int_eq(look("self", &entry), -ENOENT);
    ck_assert_int_eq(look("1", &entry), -ENOENT);
    share_tree_destroy(tree);
    share = share_of("/", SHARE_RO); /* mounted below */
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_int_gt(look("proc", &entry), 0);
    ck_assert_int_eq(look("proc/self", &entry), -ENOENT);
    ck_assert_int_eq(look("proc/version", &entry), -ENOENT);
    ck_assert_int_gt(look("etc/passwd", &entry), 0);
    share_tree_destroy(tree);
    share = share_of("/proc/version", SHARE_RO);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_int_eq(share_open(tree, node_of(""), O_RDONLY, &out), -EACCES);
}
END_TEST

/* In a mount namespace of its own. Returns what was wrong, 77 where we may not mount. */
static int look_below_mounts(void)
{
    struct fuse_entry_out top, file, other;

    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", at("host/dir"), "tmpfs", 0, NULL) < 0)
        return 77;
    write_file(at("host/dir/inside"), "inside");
    write_file(at("host/version"), "");
    if (mount("/proc/version", at("host/version"), NULL, MS_BIND, NULL) < 0)
        return 77;
    show(SHARE_RO);
    if (look("", &top) < 0 || look("dir", &other) < 0 || look("dir/inside", &file) < 0)
        return 1;
    if (strcmp(guest_reads("dir/inside"), "inside") != 0)
        return 2;
    if (top.attr.ino >> 48 == file.attr.ino >> 48 || other.attr.ino >> 48 != file.attr.ino >> 48)
        return 3;
    if (look("version", &other) != -EACCES) /* a file of the kernel's, wherever it is mounted */
        return 4;
    return strcmp(names_in("", true), ". .. a dir link version ") == 0 ? 0 : 5;
}

START_TEST(mounts_below_a_share)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(look_below_mounts());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_msg(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77, "%d", WEXITSTATUS(status));
}
END_TEST

START_TEST(nothing_else_is_shared)
{
    struct share share = {.fd = open("/dev/null", O_PATH), .upper = -1};

    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), -ENXIO);
    ck_assert_int_eq(fcntl(share.fd, F_GETFD), -1); /* it was taken nevertheless */
    share = (struct share){.fd = -1, .upper = -1};
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), -EBADF);
}
END_TEST

START_TEST(public_shares)
{
    struct fuse_open_out out;
    char buffer[64];
    struct share share;

    write_file(at("host/private"), "private");
    ck_assert_int_eq(chmod(at("host/private"), 0640), 0);
    ck_assert_int_eq(setxattr(at("host/private"), "user.a", "1", 1, 0), 0);
    ck_assert_int_eq(mkdir(at("host/listed"), 0754), 0);
    write_file(at("host/listed/file"), "x");
    ck_assert_int_eq(mkdir(at("host/searched"), 0751), 0);
    write_file(at("host/searched/file"), "found");
    share = share_of(at("host"), SHARE_RO);
    share.public = true;
    share_tree_destroy(tree);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_str_eq(guest_reads("a"), "alpha");
    ck_assert_int_gt(look("private", NULL), 0);
    ck_assert_int_eq(open_path("private", O_RDONLY), -EACCES);
    ck_assert_int_eq(share_getxattr(tree, node_of("private"), "user.a", buffer, 1), -EACCES);
    ck_assert_int_eq(look("dir/b", NULL), -EACCES);
    ck_assert_int_eq(share_opendir(tree, node_of("dir"), 0, &out), -EACCES);
    ck_assert_int_eq(share_opendir(tree, node_of("listed"), 0, &out), 0);
    ck_assert_int_gt(share_readdir(tree, out.fh, 0, false, buffer, sizeof(buffer)), 0);
    ck_assert_int_eq(look("listed/file", NULL), -EACCES);
    ck_assert_int_eq(share_opendir(tree, node_of("searched"), 0, &out), -EACCES);
    ck_assert_str_eq(guest_reads("searched/file"), "found");
    ck_assert_int_eq(share_readlink(tree, node_of("link"), buffer, sizeof(buffer)), 17);
}
END_TEST

/* Events have names: of a folder that a stranger may search but not read, none are told. */
START_TEST(a_public_share_tells_what_strangers_may_read)
{
    _Alignas(struct lvmm_fuse_event) char events[LVMM_FUSE_EVENTS_LEAST];
    struct fuse_entry_out entry;
    struct share share;

    ck_assert_int_eq(mkdir(at("host/listed"), 0755), 0);
    ck_assert_int_eq(mkdir(at("host/searched"), 0711), 0);
    write_file(at("host/searched/file"), "found");
    share = share_of(at("host"), SHARE_RO);
    share.public = true;
    share_tree_destroy(tree);
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_int_eq(share_events(tree, events, sizeof(events)), 0);
    if (share_events_fd(tree) < 0)
        return;
    ck_assert_int_eq(share_lookup(tree, node_of("searched"), "none", &entry), -ENOENT);
    ck_assert_int_eq(share_lookup(tree, node_of("searched"), "file", &entry), 0);
    ck_assert_uint_eq(entry.entry_valid, 0);
    ck_assert_uint_eq(entry.attr_valid, 0);
    write_file(at("host/searched/secret"), "x");
    ck_assert_int_eq(share_events(tree, events, sizeof(events)), 0);
    ck_assert_int_eq(share_lookup(tree, node_of("listed"), "file", &entry), 0);
    ck_assert_uint_eq(entry.nodeid, 0);
    ck_assert_uint_eq(entry.entry_valid, LVMM_FUSE_TOLD);
    write_file(at("host/listed/file"), "x");
    ck_assert_int_gt(share_events(tree, events, sizeof(events)), 0);
    ck_assert_mem_eq(events + sizeof(struct lvmm_fuse_event), "file", 4);
}
END_TEST

START_TEST(attributes_of_a_ro_share)
{
    struct fuse_setattr_in in = {.valid = FATTR_MODE, .mode = 0600};
    struct fuse_attr_out attr;
    char list[64];

    ck_assert_int_eq(setxattr(at("host/a"), "user.colour", "red", 3, 0), 0);
    ck_assert_int_eq(setxattr(at("host/a"), "user.overlay.opaque", "y", 1, 0), 0);
    uint64_t a = node_of("a");
    ck_assert_int_eq(share_listxattr(tree, a, NULL, 0), 12);
    ck_assert_int_eq(share_listxattr(tree, a, list, 11), -ERANGE);
    ck_assert_int_eq(share_listxattr(tree, a, list, sizeof(list)), 12);
    ck_assert_mem_eq(list, "user.colour", 12);
    ck_assert_int_eq(share_getxattr(tree, a, "user.colour", NULL, 0), 3);
    ck_assert_int_eq(share_getxattr(tree, a, "user.colour", list, 2), -ERANGE);
    ck_assert_int_eq(share_getxattr(tree, a, "user.colour", list, 3), 3);
    ck_assert_int_eq(share_getxattr(tree, a, "user.none", list, 3), -ENODATA);
    ck_assert_int_eq(share_getxattr(tree, a, "user.overlay.opaque", list, 3), -ENODATA);
    ck_assert_int_eq(share_getxattr(tree, a, "security.capability", list, 3), -EOPNOTSUPP);
    ck_assert_int_eq(share_setxattr(tree, a, "user.colour", "blue", 4, 0), -EROFS);
    ck_assert_int_eq(share_removexattr(tree, a, "user.colour"), -EROFS);
    ck_assert_int_eq(share_setattr(tree, a, &in, &attr), -EROFS);
    ck_assert_int_eq(open_path("a", O_WRONLY), -EROFS);
    ck_assert_int_eq(open_path("a", O_RDWR), -EROFS);
    ck_assert_int_eq(open_path("a", O_RDONLY | O_TRUNC), -EROFS);
    ck_assert_str_eq(read_file(at("host/a")), "alpha");
}
END_TEST

/* Descriptors that were not used for long are closed; what has taken the file's place meanwhile isn't the file. */
START_TEST(more_files_than_descriptors)
{
    enum { FILES = 2000 };
    static uint64_t nodes[FILES];
    struct rlimit limit = {200, 200};
    struct fuse_attr_out attr;
    struct fuse_open_out out;

    ck_assert_int_eq(mkdir(at("host/many"), 0755), 0);
    ck_assert_int_eq(mkdir(at("host/many/deep"), 0755), 0);
    for (unsigned i = 0; i < FILES; i++)
        write_file(at("host/many/deep/%u", i), i % 2 ? "odd" : "even");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    show(SHARE_RO);
    for (unsigned i = 0; i < FILES; i++)
        nodes[i] = node_of(at("many/deep/%u", i) + strlen(place) + 1);
    for (unsigned i = 0; i < FILES; i++) {
        char text[8] = "";

        ck_assert_int_eq(share_getattr(tree, nodes[i], NULL, &attr), 0);
        ck_assert_int_eq(share_open(tree, nodes[i], O_RDONLY, &out), 0);
        ck_assert_int_gt(read_at(out.fh, text, 7, 0), 0);
        ck_assert_str_eq(text, i % 2 ? "odd" : "even");
        share_release(tree, out.fh);
    }
    ck_assert_int_eq(rename(at("host/many/deep/1"), at("host/many/deep/0")), 0);
    ck_assert_int_eq(share_getattr(tree, nodes[0], NULL, &attr), -ESTALE);
    ck_assert_int_eq(share_getattr(tree, nodes[1], NULL, &attr), -ESTALE);
    ck_assert_int_eq((int64_t)node_of("many/deep/0"), (int64_t)nodes[1]);
    ck_assert_int_eq(share_getattr(tree, nodes[1], NULL, &attr), 0);
    ck_assert_int_eq(rename(at("host/many"), at("outside/many")), 0);
    ck_assert_int_eq(symlink("../outside/many", at("host/many")), 0);
    ck_assert_int_eq(share_getattr(tree, nodes[5], NULL, &attr), 0); /* the folder itself is still open */
    share_forget(tree, nodes[7], UINT64_MAX);
    ck_assert_int_eq(look("many/deep/7", NULL), -ENOTDIR);
}
END_TEST

/* A guest that keeps all open that it can gets an error then, and what it has goes on. */
START_TEST(more_open_files_than_descriptors)
{
    struct rlimit limit = {200, 200};
    uint64_t handles[256];
    unsigned count = 0;
    int64_t handle;

    for (unsigned i = 0; i < 200; i++)
        write_file(at("host/%u", i), "x");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    show(SHARE_RO);
    while ((handle = open_path("a", O_RDONLY)) >= 0) {
        ck_assert_uint_lt(count, 256);
        handles[count++] = (uint64_t)handle;
    }
    ck_assert_int_eq(handle, -EMFILE);
    ck_assert_uint_gt(count, 10);
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_gt(look(at("%u", i) + strlen(place) + 1, NULL), 0);
    ck_assert_int_eq(open_path("a", O_RDONLY), -EMFILE);
    while (count > 0)
        share_release(tree, handles[--count]);
    ck_assert_str_eq(guest_reads("a"), "alpha");
    ck_assert_str_eq(names_in("dir", true), ". .. b root ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_read");
    TCase *tc = tcase_create("share_read");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, remove_place);
    tcase_add_test(tc, the_root);
    tcase_add_test(tc, files_and_folders);
    tcase_add_test(tc, a_large_folder);
    tcase_add_test(tc, numbers_of_the_guest_are_checked);
    tcase_add_test(tc, nothing_leads_outside);
    tcase_add_test(tc, nothing_but_files_is_opened);
    tcase_add_test(tc, races_with_the_host);
    tcase_add_test(tc, the_hosts_kernel_isnt_shown);
    tcase_add_test(tc, mounts_below_a_share);
    tcase_add_test(tc, nothing_else_is_shared);
    tcase_add_test(tc, public_shares);
    tcase_add_test(tc, a_public_share_tells_what_strangers_may_read);
    tcase_add_test(tc, attributes_of_a_ro_share);
    tcase_add_test(tc, more_files_than_descriptors);
    tcase_add_test(tc, more_open_files_than_descriptors);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
