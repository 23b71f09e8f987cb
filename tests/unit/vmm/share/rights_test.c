/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* rights_test.c - whose rights the requests of a guest have that root starts: those of the share, of the user who asks
 * in an rw share, and no others', whatever the guest says of who that is. Only root has rights to give. */
#include "tests/unit/vmm/share/share.h"

#define OTHER 1234u

static const struct share_caller root = {.pid = 1}, other = {.uid = OTHER, .gid = OTHER, .pid = 1};

/* place/host, and place/outside beside it: the first with root's rights. */
static void setup(void)
{
    struct share shares[2];

    make_place();
    write_file(at("host/a"), "alpha");
    ck_assert_int_eq(chmod(at("outside/secret"), 0600), 0);
    ck_assert_int_eq(chown(at("outside/secret"), OTHER, OTHER), 0);
    shares[0] = share_of(at("host"), SHARE_RW);
    shares[1] = share_of(at("outside"), SHARE_RW);
    shares[0].own = shares[1].own = shares[0].all_rights = true;
    ck_assert_int_eq(share_tree_create(shares, 2, &tree), 0);
}

/* Opens the second share's secret as this one: 0, or -errno. */
static int opens_secret(struct share_caller caller)
{
    struct fuse_entry_out folder, file;
    struct fuse_open_out open;

    share_asks(tree, &caller);
    ck_assert_int_eq(share_lookup(tree, FUSE_ROOT_ID, "1", &folder), 0);
    ck_assert_int_eq(share_lookup(tree, folder.nodeid, "secret", &file), 0);
    int error = share_open(tree, file.nodeid, O_RDONLY, &open);
    if (error == 0)
        share_release(tree, open.fh);
    return error;
}

START_TEST(who_asks)
{
    ck_assert_int_eq(opens_secret(root), -EACCES);
    ck_assert_int_eq(opens_secret(other), 0);
    ck_assert_int_eq(opens_secret(root), -EACCES);
    share_asks(tree, &root);
    ck_assert_str_eq(guest_reads("a"), "alpha");
    ck_assert_int_eq(opens_secret(root), -EACCES);
}
END_TEST

/* There is no user or group of this number, so that they can't be taken: the share before has lent nothing. */
START_TEST(nobody_asks)
{
    const struct share_caller nobody[] = {
        {.uid = UINT32_MAX}, {.gid = UINT32_MAX}, {.uid = UINT32_MAX, .gid = UINT32_MAX}};

    for (unsigned i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++) {
        share_asks(tree, &root);
        ck_assert_str_eq(guest_reads("a"), "alpha"); /* with root's rights */
        ck_assert_int_eq(opens_secret(nobody[i]), -EACCES);
        ck_assert_int_eq(opens_secret(other), 0); /* who becomes root gets its capabilities back for a moment */
        ck_assert_int_eq(opens_secret(nobody[i]), -EACCES);
    }
}
END_TEST

/* A group beside the own one counts as long as who asks is in it, and no longer. */
START_TEST(group_asks)
{
    const struct share_caller member = {.uid = 77, .gid = 77, .pid = 1, .has_group = true, .group = OTHER};
    const struct share_caller stranger = {.uid = 77, .gid = 77, .pid = 1};

    ck_assert_int_eq(chmod(at("outside/secret"), 0640), 0);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(opens_secret(stranger), -EACCES);
        ck_assert_int_eq(opens_secret(member), 0);
        ck_assert_int_eq(opens_secret(member), 0);
    }
    ck_assert_int_eq(opens_secret(stranger), -EACCES);
    ck_assert_int_eq(opens_secret(root), -EACCES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_rights");
    TCase *tc = tcase_create("share_rights");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, remove_place);
    if (geteuid() == 0) {
        tcase_add_test(tc, who_asks);
        tcase_add_test(tc, nobody_asks);
        tcase_add_test(tc, group_asks);
    }
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
