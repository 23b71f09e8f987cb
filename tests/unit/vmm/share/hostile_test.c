/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* hostile_test.c - a guest that asks for anything, with numbers that it has, had or never had, while somebody on the
 * host moves things: nothing breaks, nothing outside the share is read or changed. */
#include "tests/unit/vmm/share/share.h"

#include <sys/wait.h>

#define STEPS 6000u
#define KEPT 24u

static uint32_t state;
static uint64_t nodes[KEPT], handles[KEPT];
static unsigned given; /* numbers that calls have given */

static uint32_t pick(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

static uint64_t pick_number(const uint64_t *kept)
{
    switch (pick(12)) {
    case 0:
        return FUSE_ROOT_ID;
    case 1:
        return pick(KEPT);
    case 2:
        return (uint64_t)pick(100) | (uint64_t)pick(4) << 32;
    default:
        return kept[pick(KEPT)];
    }
}

static uint64_t node(void)
{
    return pick_number(nodes);
}

static uint64_t handle(void)
{
    return pick_number(handles);
}

static uint64_t number(void)
{
    static const uint64_t some[] = {0, 1, 4096, 100000, INT64_MAX, UINT64_MAX, UINT64_C(1) << 63, UINT32_MAX};

    return some[pick(8)];
}

static const char *name(void)
{
    static const char *const names[] = {"a", "b",          "c",    "d", "link", "..",  ".",   "",         "x/y",
                                        "/", ".lvmm-work", "fifo", "0", "file", "out", "a\n", "\xff\xfe", "user.x"};

    return names[pick(sizeof(names) / sizeof(names[0]))];
}

/* value: what the call has given, which is looked at after it. */
static void keep(uint64_t *kept, int error, const uint64_t *value)
{
    if (error == 0) {
        kept[pick(KEPT)] = *value;
        given++;
    }
}

static void names(void)
{
    struct fuse_create_in in = {
        .flags = pick(4) | (pick(2) ? O_TRUNC : 0) | (pick(2) ? O_EXCL : 0) | pick(2) * O_APPEND, .mode = pick(010000)};
    struct fuse_entry_out entry;
    struct fuse_open_out out;
    static const uint32_t types[] = {S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, S_IFDIR, S_IFLNK, 0};

    switch (pick(10)) {
    case 9:
    case 0: {
        int error = pick(4) != 0 ? share_create(tree, &nobody_special, node(), name(), &in, &entry, &out)
                                 : share_tmpfile(tree, &nobody_special, node(), &in, &entry, &out);

        keep(nodes, error, &entry.nodeid);
        keep(handles, error, &out.fh);
        break;
    }
    case 1:
        keep(nodes,
             share_mknod(tree, &nobody_special, node(), name(), types[pick(8)] | pick(010000), pick(1000), &entry),
             &entry.nodeid);
        break;
    case 2:
        keep(nodes, share_mkdir(tree, &nobody_special, node(), name(), pick(010000) | 0700, &entry), &entry.nodeid);
        break;
    case 3:
        keep(nodes, share_symlink(tree, &nobody_special, node(), name(), "../../outside/secret", &entry),
             &entry.nodeid);
        break;
    case 4:
        keep(nodes, share_link(tree, node(), node(), name(), &entry), &entry.nodeid);
        break;
    case 5:
        share_unlink(tree, node(), name());
        break;
    case 6:
        share_rmdir(tree, node(), name());
        break;
    default:
        share_rename(tree, node(), name(), node(), name(), pick(8));
        break;
    }
}

static void files(void)
{
    static char buffer[8192];
    struct iovec part = {buffer, pick(sizeof(buffer))};
    struct fuse_lk_in lk = {
        .fh = handle(), .owner = pick(3), .lk = {number(), number(), pick(4), 0}, .lk_flags = pick(2)};
    struct fuse_lk_out lk_out;

    memset(buffer, 'z', sizeof(buffer));
    switch (pick(12)) {
    case 0:
        share_release(tree, handle());
        break;
    case 1:
        if (share_read(tree, handle(), &part, 1, pick(20)) > 0)
            ck_assert_ptr_null(memmem(buffer, part.iov_len, "secret", 6));
        break;
    case 2:
        share_write(tree, handle(), &part, 1, pick(2) ? pick(100) : number());
        break;
    case 3:
        share_fsync(tree, handle(), pick(2));
        break;
    case 4:
        share_fallocate(tree, handle(), number(), pick(10000), pick(2) ? 0 : pick(128));
        break;
    case 5:
        share_lseek(tree, handle(), (int64_t)number(), pick(6));
        break;
    case 6:
        share_copy_range(tree, handle(), number(), handle(), number(), pick(10000), pick(2));
        break;
    case 7:
        share_getlk(tree, &lk, &lk_out);
        break;
    case 8:
        share_setlk(tree, &lk);
        break;
    case 9:
        share_flush(tree, handle(), pick(3));
        break;
    case 10:
        share_descriptor(tree, handle(), pick(2));
        break;
    default: {
        ssize_t n = share_readdir(tree, handle(), pick(2) ? 0 : number(), pick(2), buffer, part.iov_len);

        ck_assert_int_le(n, (ssize_t)part.iov_len);
        break;
    }
    }
}

static void attributes(void)
{
    struct fuse_setattr_in in = {.valid = pick(1024),
                                 .fh = handle(),
                                 .size = pick(3) ? pick(10000) : number(),
                                 .mode = pick(010000) | 0600,
                                 .uid = pick(2),
                                 .mtimensec = pick(2) ? 0 : pick(UINT32_MAX)};
    struct fuse_statfs_out fs;
    struct fuse_attr_out attr;
    static const char *const xattrs[] = {"user.x", "user.overlay.opaque", "trusted.overlay.opaque",
                                         "user.",  "security.capability", ""};
    uint64_t of = handle();
    char value[64];

    switch (pick(8)) {
    case 0:
        share_getattr(tree, node(), pick(2) ? &of : NULL, &attr);
        break;
    case 1:
        share_setattr(tree, node(), &in, &attr);
        break;
    case 2:
        ck_assert_int_le(share_readlink(tree, node(), value, sizeof(value)), (ssize_t)sizeof(value));
        break;
    case 3:
        share_statfs(tree, node(), &fs);
        break;
    case 4:
        share_getxattr(tree, node(), xattrs[pick(6)], value, pick(sizeof(value)));
        break;
    case 5:
        share_listxattr(tree, node(), value, pick(sizeof(value)));
        break;
    case 6:
        share_setxattr(tree, node(), xattrs[pick(6)], value, 1, pick(4));
        break;
    default:
        share_removexattr(tree, node(), xattrs[pick(6)]);
        break;
    }
}

static void look_and_open(void)
{
    struct fuse_entry_out entry;
    struct fuse_open_out out;

    switch (pick(7)) {
    case 4: {
        static char buffer[4096];
        ck_assert_int_le(share_list(tree, node(), pick(2), buffer, pick(sizeof(buffer))), (ssize_t)sizeof(buffer));
        break;
    }
    case 0:
        keep(handles, share_open(tree, node(), pick(4) | pick(2) * O_APPEND | (pick(4) == 0 ? O_TRUNC : 0), &out),
             &out.fh);
        break;
    case 1:
        keep(handles, share_opendir(tree, node(), 0, &out), &out.fh);
        break;
    case 2:
        share_forget(tree, node(), pick(3));
        break;
    case 3:
        keep(nodes, share_lookup(tree, FUSE_ROOT_ID, "0", &entry), &entry.nodeid);
        break;
    default:
        keep(nodes, share_lookup(tree, node(), name(), &entry), &entry.nodeid);
        break;
    }
}

/* Somebody on the host, who moves what is in the share out of it and back, and puts links in its place. */
static void disturb(void)
{
    for (uint32_t i = 0;; i++) {
        const char *one = at("host/%c", 'a' + (int)(i % 4)), *two = at("outside/place-%u", i % 3);

        if (getppid() == 1)
            _exit(0);
        renameat2(AT_FDCWD, one, AT_FDCWD, two, RENAME_EXCHANGE);
        renameat2(AT_FDCWD, one, AT_FDCWD, at("host/out"), RENAME_EXCHANGE);
        if (i % 7 == 0)
            renameat2(AT_FDCWD, at("host/out"), AT_FDCWD, two, RENAME_EXCHANGE);
    }
}

static void run(enum share_mode mode, uint32_t seed)
{
    pid_t other;

    state = seed;
    given = 0;
    make_place();
    write_file(at("host/a"), "alpha");
    ck_assert_int_eq(mkdir(at("host/b"), 0755), 0);
    ck_assert_int_eq(mkdir(at("host/b/c"), 0755), 0);
    write_file(at("host/b/c/d"), "delta");
    ck_assert_int_eq(symlink("../outside/secret", at("host/link")), 0);
    ck_assert_int_eq(mkfifo(at("host/fifo"), 0600), 0);
    ck_assert_int_eq(symlink("secret", at("outside/place-0")), 0);
    ck_assert_int_eq(symlink(".", at("outside/place-1")), 0);
    ck_assert_int_eq(mkfifo(at("outside/place-2"), 0600), 0);
    ck_assert_int_eq(symlink("../outside", at("host/out")), 0);
    ck_assert_int_eq(chmod(at("outside/secret"), 0604), 0);
    show(mode);
    memset(nodes, 0, sizeof(nodes));
    memset(handles, 0, sizeof(handles));
    nodes[0] = node_of("");
    other = fork();
    if (other == 0)
        disturb();
    for (unsigned step = 0; step < STEPS; step++) {
        static void (*const kinds[])(void) = {names, files, attributes, look_and_open, look_and_open};

        kinds[pick(5)]();
    }
    ck_assert_uint_gt(given, STEPS / 50); /* it isn't that nothing works */
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    struct stat st;
    ck_assert_int_eq(stat(at("outside/secret"), &st), 0);
    ck_assert_uint_eq(st.st_mode, S_IFREG | 0604);
    ck_assert_uint_eq(st.st_nlink, 1);
    ck_assert_str_eq(read_file(at("outside/secret")), "secret");
    remove_place();
}

START_TEST(ro)
{
    run(SHARE_RO, (uint32_t)_i + 1);
}
END_TEST

START_TEST(rw)
{
    run(SHARE_RW, (uint32_t)_i + 1);
}
END_TEST

START_TEST(cow)
{
    run(SHARE_COW, (uint32_t)_i + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_hostile");
    TCase *tc = tcase_create("share_hostile");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, ro);
    tcase_add_loop_test(tc, rw, 0, 4);
    tcase_add_loop_test(tc, cow, 0, 4);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
