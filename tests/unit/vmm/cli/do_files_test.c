/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/do_files.c vmm/share/remove.c
/* do_files_test.c - files by paths that somebody hostile has made: links, FIFOs, ways out, names to be printed. */
#include "vmm/cli/do_files.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/share/remove.h"

static char place[] = "/tmp/lvmm-do-files-XXXXXX";
static int folder;

static void make(const char *path)
{
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void setup(void)
{
    strcpy(place, "/tmp/lvmm-do-files-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place));
    folder = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(folder, 0);
    ck_assert_int_eq(mkdirat(folder, "in", 0700), 0);
    make("in/file");
    ck_assert_int_eq(symlinkat("in", folder, "link"), 0);
    ck_assert_int_eq(symlinkat("/etc/passwd", folder, "passwd"), 0);
    ck_assert_int_eq(mkfifoat(folder, "fifo", 0600), 0);
}

static void teardown(void)
{
    share_remove_all(folder);
    close(folder);
    rmdir(place);
}

START_TEST(only_what_is_below)
{
    struct stat stat;

    ck_assert_int_eq(do_file_stat(folder, "in/file", &stat), 0);
    ck_assert(S_ISREG(stat.st_mode));
    ck_assert_int_eq(do_file_stat(folder, "passwd", &stat), 0);
    ck_assert(S_ISLNK(stat.st_mode));
    ck_assert_int_eq(do_file_stat(folder, "link/file", &stat), -ELOOP);
    ck_assert_int_eq(do_file_stat(folder, "../x", &stat), -EXDEV);
    ck_assert_int_eq(do_file_stat(folder, "/etc", &stat), -EXDEV);
    ck_assert_int_eq(do_file_stat(folder, "none", &stat), -ENOENT);
}
END_TEST

START_TEST(only_files_are_opened)
{
    int fd = do_file_open(folder, "in/file");

    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(do_file_open(folder, "fifo"), -EINVAL);
    ck_assert_int_eq(do_file_open(folder, "passwd"), -EINVAL);
    ck_assert_int_eq(do_file_open(folder, "in"), -EINVAL);
    ck_assert_int_eq(do_file_open(folder, "link/file"), -ELOOP);
}
END_TEST

START_TEST(parents)
{
    const char *name;
    struct stat stat, in;
    char path[5000];
    int fd = do_file_parent(folder, "in/new", &name);

    ck_assert_int_ge(fd, 0);
    ck_assert_str_eq(name, "new");
    ck_assert_int_eq(fstat(fd, &stat), 0);
    ck_assert_int_eq(fstatat(folder, "in", &in, 0), 0);
    ck_assert_uint_eq(stat.st_ino, in.st_ino);
    close(fd);
    fd = do_file_parent(folder, "new", &name);
    ck_assert_int_ge(fd, 0);
    ck_assert_str_eq(name, "new");
    close(fd);
    ck_assert_int_eq(do_file_parent(folder, "link/new", &name), -ENOTDIR);
    memset(path, 'a', sizeof(path));
    strcpy(path + sizeof(path) - 3, "/b");
    ck_assert_int_eq(do_file_parent(folder, path, &name), -ENAMETOOLONG);
}
END_TEST

START_TEST(names_as_they_are_printed)
{
    char text[DO_FILE_SHOWN], path[DO_FILE_SHOWN + 100];

    ck_assert_str_eq(do_file_shown("a/b.c", text), "a/b.c");
    ck_assert_str_eq(do_file_shown("a b", text), "\"a b\"");
    ck_assert_str_eq(do_file_shown("a\n\033[31m\"\\", text), "\"a\\012\\033[31m\\\"\\\\\"");
    ck_assert_str_eq(do_file_shown("\xc3\xa4", text), "\"\\303\\244\"");
    for (unsigned i = 0; i < 2; i++) { /* what is cut begins and ends with a quote */
        memset(path, i == 0 ? 'a' : '\n', sizeof(path));
        path[sizeof(path) - 1] = '\0';
        ck_assert_uint_lt(strlen(do_file_shown(path, text)), DO_FILE_SHOWN);
        ck_assert_int_eq(text[0], '"');
        ck_assert_int_eq(text[strlen(text) - 1], '"');
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/cli/do_files");
    TCase *tc = tcase_create("do_files");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, only_what_is_below);
    tcase_add_test(tc, only_files_are_opened);
    tcase_add_test(tc, parents);
    tcase_add_test(tc, names_as_they_are_printed);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
