/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/sandbox/mounts.c vmm/share/attributes.c vmm/share/beneath.c vmm/share/caller.c vmm/share/change.c
// vmm/share/changes.c vmm/share/copy.c vmm/share/folders.c vmm/share/git_guard.c vmm/share/git_names.c
// vmm/share/handles.c vmm/share/layers.c vmm/share/listing.c vmm/share/locks.c vmm/share/lookup.c vmm/share/making.c
// vmm/share/identity.c vmm/share/nodes.c vmm/share/rights.c vmm/share/numbers.c vmm/share/nameless.c
// vmm/share/open_file.c vmm/share/raise.c vmm/share/removing.c vmm/share/renaming.c vmm/share/tree_create.c
// vmm/share/upper.c vmm/share/xattrs.c vmm/share/watches.c vmm/share/echoes.c
/* git_guard_test.c - what of a repository a guest may not change in a share with keeps_git, and what it may. */
#include "tests/unit/vmm/share/share.h"

static struct fuse_entry_out entry;
static struct fuse_attr_out attr;
static struct fuse_open_out opened;

static void show_guarded(void)
{
    struct share share = share_of(at("host"), SHARE_RW);

    share.keeps_git = true;
    share_tree_destroy(tree);
    tree = NULL;
    ck_assert_int_eq(share_tree_create(&share, 1, &tree), 0);
}

static void setup(void)
{
    static const char *const folders[] = {"host/.git",
                                          "host/.git/hooks",
                                          "host/.git/hooks/more",
                                          "host/.git/refs",
                                          "host/.git/modules",
                                          "host/.git/modules/m",
                                          "host/.git/modules/m/hooks",
                                          "host/sub",
                                          "host/sub/.git",
                                          "host/sub/.git/hooks",
                                          "host/sub/hooks",
                                          "host/sub/deep",
                                          "host/m"};

    make_place();
    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        ck_assert_int_eq(mkdir(at("%s", folders[i]), 0755), 0);
    write_file(at("host/.git/config"), "settings");
    write_file(at("host/.git/config.lock"), "new");
    write_file(at("host/.git/index"), "index");
    write_file(at("host/.git/hooks/pre-commit"), "hook");
    write_file(at("host/.git/hooks/more/x"), "deep");
    write_file(at("host/.git/modules/m/config"), "module");
    write_file(at("host/.git/modules/m/index"), "index");
    write_file(at("host/m/.git"), "gitdir: ../.git/modules/m");
    write_file(at("host/sub/.git/config"), "other");
    write_file(at("host/config"), "plain");
    show_guarded();
}

static int rename_to(const char *folder, const char *name, const char *to, const char *new_name, uint32_t flags)
{
    return share_rename(tree, node_of(folder), name, node_of(to), new_name, flags);
}

static int create(const char *folder, const char *name)
{
    struct fuse_create_in in = {.flags = O_RDWR | O_EXCL, .mode = S_IFREG | 0644};

    return share_create(tree, &nobody_special, node_of(folder), name, &in, &entry, &opened);
}

static const char *const kept[][2] = {{".git", "config"},
                                      {".git", "config.lock"},
                                      {".git", "hooks"},
                                      {".git/hooks", "more"},
                                      {".git/hooks", "pre-commit"},
                                      {".git/hooks/more", "x"},
                                      {".git/modules/m", "config"},
                                      {".git/modules/m", "hooks"},
                                      {"sub/.git", "config"},
                                      {"sub/.git", "hooks"},
                                      {"m", ".git"},
                                      {"sub", ".git"},
                                      {"", ".git"}};
#define KEPT (sizeof(kept) / sizeof(kept[0]))

START_TEST(names_stay)
{
    for (unsigned i = 0; i < KEPT; i++) {
        const char *folder = kept[i][0], *name = kept[i][1];

        ck_assert_int_eq(share_unlink(tree, node_of(folder), name), -EROFS);
        ck_assert_int_eq(share_rmdir(tree, node_of(folder), name), -EROFS);
        ck_assert_int_eq(rename_to(folder, name, "sub", "away", 0), -EROFS);
        ck_assert_int_eq(rename_to("sub", "hooks", folder, name, RENAME_EXCHANGE), -EROFS);
        ck_assert_int_eq(rename_to("", "config", folder, name, 0), -EROFS);
        ck_assert_int_eq(rename_to("", "config", folder, name, RENAME_EXCHANGE), -EROFS);
        ck_assert_int_eq(rename_to(folder, name, "", "config", RENAME_EXCHANGE), -EROFS);
    }
    ck_assert_str_eq(read_file(at("host/.git/config")), "settings");
    ck_assert_str_eq(read_file(at("host/.git/hooks/more/x")), "deep");
}
END_TEST

START_TEST(nothing_is_made)
{
    static const char *const names[][2] = {
        {".git", "config.worktree"},
        {".git", "config.worktree.lock"},
        {".git", "commondir"},
        {".git", "worktrees"},
        {".git", "Hooks"},
        {".git/hooks", "CONFIG"},
        {"", ".GIT"},
        {"", "git~1"},
        {".git/hooks", "new"},
        {".git/hooks/more", "new"},
        {".git/modules/m", "commondir"},
        {".git/modules", "config"},
        {"sub/.git", "commondir"},
        {"sub/.git/hooks", "new"},
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint64_t folder = node_of(names[i][0]);
        const char *name = names[i][1];

        ck_assert_int_eq(create(names[i][0], name), -EROFS);
        ck_assert_int_eq(share_mkdir(tree, &nobody_special, folder, name, 0755, &entry), -EROFS);
        ck_assert_int_eq(share_symlink(tree, &nobody_special, folder, name, "x", &entry), -EROFS);
        ck_assert_int_eq(share_mknod(tree, &nobody_special, folder, name, S_IFREG | 0644, 0, &entry), -EROFS);
        ck_assert_int_eq(share_link(tree, node_of("config"), folder, name, &entry), -EROFS);
        ck_assert_int_eq(share_lookup(tree, folder, name, &entry), -ENOENT);
    }
}
END_TEST

START_TEST(contents_stay)
{
    for (unsigned i = 0; i < KEPT - 2; i++) { /* but for the folders .git */
        char path[64];
        struct fuse_setattr_in in = {.valid = FATTR_MODE, .mode = 0777};

        snprintf(path, sizeof(path), "%s/%s", kept[i][0], kept[i][1]);
        ck_assert_int_eq(share_setattr(tree, node_of(path), &in, &attr), -EROFS);
        ck_assert_int_eq(share_setxattr(tree, node_of(path), "user.x", "x", 1, 0), -EROFS);
        ck_assert_int_eq(share_removexattr(tree, node_of(path), "user.x"), -EROFS);
        ck_assert_int_eq(share_link(tree, node_of(path), node_of(""), "other", &entry), -EROFS);
        ck_assert_int_ge(look(path, NULL), 0);
    }
    ck_assert_int_eq(open_path(".git/config", O_WRONLY), -EROFS);
    ck_assert_int_eq(open_path(".git/config", O_RDONLY | O_TRUNC), -EROFS);
    ck_assert_int_eq(open_path(".git/config.lock", O_RDWR), -EROFS);
    ck_assert_int_eq(open_path(".git/hooks/more/x", O_RDWR), -EROFS);
    ck_assert_str_eq(guest_reads(".git/config"), "settings");
    ck_assert_str_eq(guest_reads(".git/hooks/more/x"), "deep");
}
END_TEST

/* The same names elsewhere are nobody's business, and git works in the repository but for its settings. */
START_TEST(all_else_may_change)
{
    int64_t handle = open_path(".git/index", O_WRONLY);

    ck_assert_int_ge(handle, 0);
    ck_assert_int_eq(write_at((uint64_t)handle, "I", 0), 1);
    ck_assert_int_eq(create(".git", "index.lock"), 0);
    ck_assert_int_eq(rename_to(".git", "index.lock", ".git", "index", 0), 0);
    ck_assert_int_eq(create(".git/refs", "config"), 0);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of(".git/refs"), "hooks", 0755, &entry), 0);
    ck_assert_int_eq(create("sub/hooks", "x"), 0);
    ck_assert_int_eq(create("sub/.git", "index"), 0);
    ck_assert_int_ge(open_path(".git/modules/m/index", O_RDWR), 0);
    ck_assert_int_eq(rename_to("", "sub", "", "moved", 0), 0);
    ck_assert_int_eq(open_path("moved/.git/config", O_RDWR), -EROFS);
    ck_assert_int_eq(rename_to("", "moved", "", "sub", 0), 0);
    ck_assert_int_ge(open_path("config", O_RDWR), 0);
    ck_assert_int_eq(share_link(tree, node_of("config"), node_of("sub"), "c", &entry), 0);
    ck_assert_int_eq(share_unlink(tree, node_of(""), "config"), 0);
}
END_TEST

/* What the guest makes is its own, but no second time: it is known by what it is, not by its name. */
START_TEST(repositories_of_the_guests)
{
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of("sub/deep"), ".git", 0755, &entry), 0);
    share_forget(tree, entry.nodeid, 1);
    ck_assert_int_eq(create("sub/deep/.git", "config"), 0);
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of("sub/deep/.git"), "hooks", 0755, &entry), 0);
    ck_assert_int_eq(create("sub/deep/.git/hooks", "x"), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("sub/deep/.git"), "config"), 0);
    ck_assert_int_eq(rename_to("sub/deep", ".git", "sub/deep", "git", 0), 0);
    ck_assert_int_eq(create("sub/deep", ".git"), 0);
    ck_assert_int_eq(share_unlink(tree, node_of("sub/deep"), ".git"), 0);
    ck_assert_int_eq(mkdir(at("host/sub/deep/.git"), 0755), 0); /* by the host */
    ck_assert_int_eq(create("sub/deep/.git", "config"), -EROFS);
    ck_assert_int_eq(rename_to("sub/deep", "git", "sub/deep", ".git", 0), -EROFS);
    ck_assert_int_eq(rmdir(at("host/sub/deep/.git")), 0);
    for (unsigned i = 0; i < 1030; i++) { /* so many of them, and no more */
        ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of("sub/deep"), ".git", 0755, &entry), 0);
        if (share_rmdir(tree, node_of("sub/deep"), ".git") != 0) {
            ck_assert_uint_gt(i, 1000);
            return;
        }
    }
    ck_abort_msg("there is no limit");
}
END_TEST

/* A share that is no repository may become one. */
START_TEST(a_first_one)
{
    ck_assert_int_eq(rename(at("host/.git"), at("outside/.git")), 0);
    show_guarded();
    ck_assert_int_eq(share_mkdir(tree, &nobody_special, node_of(""), ".git", 0755, &entry), 0);
    ck_assert_int_eq(create(".git", "config"), 0);
    ck_assert_int_eq(open_path("sub/.git/config", O_RDWR), -EROFS);
}
END_TEST

/* A worktree's .git says where the repository is. */
START_TEST(a_file_that_leads_there)
{
    struct fuse_setattr_in in = {.valid = FATTR_SIZE};

    ck_assert_int_eq(rename(at("host/.git"), at("outside/.git")), 0);
    write_file(at("host/.git"), "gitdir: there");
    show_guarded();
    ck_assert_int_eq(open_path(".git", O_RDWR), -EROFS);
    ck_assert_int_eq(share_setattr(tree, node_of(".git"), &in, &attr), -EROFS);
    ck_assert_int_eq(share_link(tree, node_of(".git"), node_of("sub"), "g", &entry), -EROFS);
    ck_assert_int_eq(share_unlink(tree, node_of(""), ".git"), -EROFS);
    ck_assert_int_eq(rename_to("", "config", "", ".git", 0), -EROFS);
    ck_assert_str_eq(guest_reads(".git"), "gitdir: there");
    ck_assert_int_eq(create("", "new"), 0);
}
END_TEST

/* Without the option all may change. */
START_TEST(without_a_guard)
{
    show(SHARE_RW);
    ck_assert_int_ge(open_path(".git/config", O_RDWR), 0);
    ck_assert_int_eq(create(".git/hooks", "new"), 0);
    ck_assert_int_eq(rename_to("", ".git", "", "git", 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_git_guard");
    TCase *tc = tcase_create("share_git_guard");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, remove_place);
    tcase_add_test(tc, names_stay);
    tcase_add_test(tc, nothing_is_made);
    tcase_add_test(tc, contents_stay);
    tcase_add_test(tc, all_else_may_change);
    tcase_add_test(tc, repositories_of_the_guests);
    tcase_add_test(tc, a_first_one);
    tcase_add_test(tc, a_file_that_leads_there);
    tcase_add_test(tc, without_a_guard);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
