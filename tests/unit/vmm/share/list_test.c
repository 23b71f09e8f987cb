/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* list_test.c - folders that are listed without being opened. */
#include "tests/unit/vmm/share/share.h"

/* As far as there is room; an open does the rest, of the same listing where there are layers (_i: the mode). */
START_TEST(what_is_left_is_for_who_opens_it)
{
    enum { FILES = 300 };
    _Alignas(8) static char buffer[8192];
    uint64_t offset = 0, dir;
    struct fuse_open_out out;
    unsigned seen = 0, pieces = 0;

    make_place();
    ck_assert_int_eq(mkdir(at("host/dir"), 0755), 0);
    for (unsigned i = 0; i < FILES; i++)
        write_file(at("host/dir/%u", i), "");
    show((enum share_mode)_i);
    dir = node_of("dir");
    ssize_t n = share_list(tree, dir, false, buffer, sizeof(buffer) / 2);
    if (_i == SHARE_COW)
        write_file(at("host/dir/later"), "");
    for (; n > 0; pieces++) {
        for (ssize_t i = 0; i < n;) {
            struct fuse_dirent dirent;

            memcpy(&dirent, buffer + i, sizeof(dirent));
            ck_assert(strncmp(buffer + i + FUSE_NAME_OFFSET, "later", 5) != 0);
            offset = dirent.off;
            seen++;
            i += (ssize_t)FUSE_DIRENT_SIZE(&dirent);
        }
        if (pieces == 0)
            ck_assert_int_eq(share_opendir(tree, dir, 0, &out), 0);
        n = share_readdir(tree, out.fh, offset, false, buffer, sizeof(buffer));
    }
    ck_assert_int_eq(n, 0);
    ck_assert_uint_gt(pieces, 1);
    ck_assert_uint_eq(seen, FILES + 2);
    share_release(tree, out.fh);
}
END_TEST

START_TEST(a_short_one_leaves_nothing)
{
    _Alignas(8) static char buffer[4096];
    struct fuse_open_out first, second;

    make_place();
    write_file(at("host/a"), "");
    ck_assert_int_eq(mkdir(at("host/dir"), 0755), 0);
    write_file(at("host/dir/b"), "");
    show((enum share_mode)_i);
    ck_assert_int_eq(share_list(tree, node_of("a"), false, buffer, sizeof(buffer)), -ENOTDIR);
    ck_assert_int_eq(share_list(tree, 12345, false, buffer, sizeof(buffer)), -ESTALE);
    ck_assert_int_eq(share_list(tree, node_of("dir"), false, buffer, 10), -EINVAL); /* no room for one */
    ck_assert_int_eq(share_list(tree, node_of("dir"), false, buffer, sizeof(buffer)), 3 * 32);
    ck_assert_int_eq(share_list(tree, FUSE_ROOT_ID, true, buffer, sizeof(buffer)), 3 * 160);
    ck_assert_int_eq(share_list(tree, node_of("dir"), false, buffer, 40), 32); /* and of this there is more */
    ck_assert_int_eq(share_list(tree, node_of(""), false, buffer, 40), 32);    /* which is forgotten by that */
    ck_assert_int_eq(share_opendir(tree, node_of("dir"), 0, &first), 0);
    ck_assert_int_eq(share_opendir(tree, node_of(""), 0, &second), 0);
    ck_assert_int_eq(share_readdir(tree, first.fh, 0, false, buffer, sizeof(buffer)), 3 * 32);
    ck_assert_int_eq(share_readdir(tree, second.fh, 0, false, buffer, sizeof(buffer)), 4 * 32);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_list");
    TCase *tc = tcase_create("list");

    tcase_add_checked_fixture(tc, NULL, remove_place);
    tcase_add_loop_test(tc, what_is_left_is_for_who_opens_it, 0, SHARE_COW + 1);
    tcase_add_loop_test(tc, a_short_one_leaves_nothing, 0, SHARE_COW + 1);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
