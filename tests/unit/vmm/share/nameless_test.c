/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/watches.c vmm/share/echoes.c vmm/share/attributes.c vmm/share/beneath.c
// vmm/share/caller.c vmm/share/change.c vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/nameless.c vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/git_names.c
/* nameless_test.c - files that a guest makes without a name, in rw and cow shares, and the names that they get. */
#include "tests/unit/vmm/share/share.h"

#include <sys/resource.h>

static struct fuse_entry_out entry;
static struct fuse_open_out opened;

static void setup(void)
{
    make_place();
    ck_assert_int_eq(mkdir(at("host/dir"), 0755), 0);
    write_file(at("host/file"), "text");
}

static int make(const char *folder, uint32_t flags, uint32_t mode)
{
    const struct fuse_create_in in = {.flags = flags, .mode = mode};

    return share_tmpfile(tree, &nobody_special, node_of(folder), &in, &entry, &opened);
}

static int name_it(const char *folder, const char *name)
{
    struct fuse_entry_out named;
    int error = share_link(tree, entry.nodeid, node_of(folder), name, &named);

    if (error == 0) {
        ck_assert_uint_eq(named.nodeid, entry.nodeid); /* the guest knows it already */
        ck_assert_uint_eq(named.attr.nlink, 1);
    }
    return error;
}

START_TEST(named_at_last)
{
    show(_i == 0 ? SHARE_RW : SHARE_COW);
    ck_assert_int_eq(make("dir", O_RDWR, S_IFREG | 04640), 0);
    ck_assert_uint_eq(entry.attr.nlink, 0);
    ck_assert_uint_eq(entry.attr.mode, S_IFREG | 0640); /* without the setuid bit */
    ck_assert_int_eq(write_at(opened.fh, "words", 0), 5);
    ck_assert_str_eq(names_in("dir", false), ". .. ");
    ck_assert_int_eq(name_it("dir", "name"), 0);
    ck_assert_str_eq(names_in("dir", false), ". .. name ");
    ck_assert_str_eq(guest_reads("dir/name"), "words");
    ck_assert_int_eq(write_at(opened.fh, "WORD", 0), 4);
    share_release(tree, opened.fh);
    share_forget(tree, entry.nodeid, UINT64_MAX);
    ck_assert_str_eq(guest_reads("dir/name"), "WORDs");
    if (_i == 0)
        ck_assert_str_eq(read_file(at("host/dir/name")), "WORDs");
    else
        ck_assert_ptr_null(read_file(at("host/dir/name")));
    ck_assert_int_eq(share_unlink(tree, node_of("dir"), "name"), 0);
}
END_TEST

/* More of them than there is room for, if they stayed. */
START_TEST(never_named)
{
    const struct rlimit limit = {200, 200};

    setrlimit(RLIMIT_NOFILE, &limit);
    show(_i == 0 ? SHARE_RW : SHARE_COW);
    for (unsigned i = 0; i < 300; i++) {
        ck_assert_int_eq(make("", O_RDWR, S_IFREG | 0600), 0);
        ck_assert_int_eq(write_at(opened.fh, "words", 0), 5);
        share_release(tree, opened.fh);
        share_forget(tree, entry.nodeid, 1);
        ck_assert_int_eq(name_it("", "late"), -ESTALE);
    }
    ck_assert_str_eq(names_in("", false), ". .. dir file ");
}
END_TEST

START_TEST(refused)
{
    show(SHARE_RW);
    ck_assert_int_eq(make("", O_RDONLY, S_IFREG | 0600), -EINVAL);
    ck_assert_int_eq(make("file", O_RDWR, S_IFREG | 0600), -ENOTDIR);
    ck_assert_int_eq(
        share_tmpfile(tree, &nobody_special, FUSE_ROOT_ID, &(struct fuse_create_in){.flags = O_RDWR}, &entry, &opened),
        -EROFS);
    show(SHARE_RO);
    ck_assert_int_eq(make("", O_RDWR, S_IFREG | 0600), -EROFS);
    show(SHARE_RW);
    ck_assert_int_eq(make("", O_RDWR | O_EXCL, S_IFREG | 0600), 0);
    ck_assert_int_eq(name_it("", "file"), -EEXIST);
}
END_TEST

/* What a stranger on the host may not write to, a public share's guest may not either. */
START_TEST(public_shares)
{
    struct share share = share_of(at("host"), SHARE_RW);

    share.public = true;
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
    ck_assert_int_eq(make("dir", O_RDWR, S_IFREG | 0600), -EACCES);
    ck_assert_int_eq(chmod(at("host/dir"), 0777), 0);
    ck_assert_int_eq(make("dir", O_RDWR, S_IFREG | 0600), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_nameless");
    TCase *tc = tcase_create("share_nameless");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, remove_place);
    tcase_add_loop_test(tc, named_at_last, 0, 2);
    tcase_add_loop_test(tc, never_named, 0, 2);
    tcase_add_test(tc, refused);
    tcase_add_test(tc, public_shares);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
