/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/do_git.c vmm/share/git_names.c
/* do_git_test.c - which paths make git run commands. */
#include "vmm/cli/do_git.h"

#include <check.h>

START_TEST(commands)
{
    static const char *const paths[] = {
        ".git/config",
        "a/.git/config",
        ".git/config.worktree",
        ".git/hooks",
        ".git/hooks/pre-push",
        ".git/commondir",
        ".git/modules/a/b/config",
        ".git/modules/refs/hooks/x",
        ".git/worktrees/w/commondir",
        ".GIT/Config",
        "GIT~1/hooks/x",
        "a/.git/x/.git/config",
    };

    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        ck_assert_msg(do_git_is_command(paths[i]), "%s", paths[i]);
}
END_TEST

START_TEST(others)
{
    static const char *const paths[] = {"",
                                        "config",
                                        ".git",
                                        ".git/HEAD",
                                        ".git/configs",
                                        ".git/confi",
                                        ".git/refs/heads/config",
                                        ".git/logs/refs/heads/hooks",
                                        ".git/objects/ab/cd",
                                        "a.git/config",
                                        "git/hooks/x",
                                        ".gitmodules",
                                        ".gitx/config"};

    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        ck_assert_msg(!do_git_is_command(paths[i]), "%s", paths[i]);
}
END_TEST

START_TEST(repositories)
{
    ck_assert(do_git_is_repository(".git"));
    ck_assert(do_git_is_repository("a/.Git"));
    ck_assert(do_git_is_repository("a/git~1"));
    ck_assert(!do_git_is_repository(".git/a"));
    ck_assert(!do_git_is_repository("a.git"));
    ck_assert(!do_git_is_repository(""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/cli/do_git");
    TCase *tc = tcase_create("do_git");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, commands);
    tcase_add_test(tc, others);
    tcase_add_test(tc, repositories);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
