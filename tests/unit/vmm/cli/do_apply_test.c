/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/do_apply.c vmm/cli/do_files.c vmm/cli/do_git.c vmm/share/git_names.c vmm/share/copy.c vmm/share/beneath.c
// vmm/share/layers.c vmm/share/remove.c vmm/log.c
/* do_apply_test.c - changes that a guest has made, taken over: what is replaced, what is left out, what git would run.
 */
#include "vmm/cli/do_apply.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/vmm/capture.h"
#include "vmm/share/remove.h"

static char place[] = "/tmp/lvmm-do-apply-XXXXXX";
static int lower, upper;
static struct capture capture;

static void make(int folder, const char *path, const char *text)
{
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void expect(const char *path, const char *text)
{
    char bytes[64] = "";
    int fd = openat(lower, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    ck_assert_msg(fd >= 0, "%s", path);
    ck_assert_int_ge(read(fd, bytes, sizeof(bytes) - 1), 0);
    ck_assert_str_eq(bytes, text);
    close(fd);
}

static bool is_there(const char *path)
{
    return faccessat(lower, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_place(const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/%s", place, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void setup(void)
{
    strcpy(place, "/tmp/lvmm-do-apply-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place));
    lower = open_place("lower");
    upper = open_place("upper");
}

static void teardown(void)
{
    int fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    share_remove_all(fd);
    close(fd);
    close(lower);
    close(upper);
    rmdir(place);
}

/* It fails with one line that has `part` in it; or with NULL succeeds without one. */
static void apply(enum share_change change, const char *path, int error, const char *part)
{
    capture_start(&capture);
    ck_assert_int_eq(do_apply(lower, upper, change, path), error);
    capture_stop(&capture);
    if (part != NULL)
        capture_expect(&capture, part);
    else
        ck_assert_str_eq(capture.text, "");
}

START_TEST(files)
{
    struct stat stat;

    make(lower, "f", "old");
    make(upper, "f", "new");
    ck_assert_int_eq(fchmodat(upper, "f", 06755, 0), 0);
    apply(SHARE_CHANGED, "f", 0, NULL);
    expect("f", "new");
    ck_assert_int_eq(fstatat(lower, "f", &stat, 0), 0);
    ck_assert_uint_eq(stat.st_mode, S_IFREG | 0755);
    apply(SHARE_REMOVED, "f", 0, NULL);
    ck_assert(!is_there("f"));
    apply(SHARE_REMOVED, "f", 0, NULL); /* somebody else has removed it */
    ck_assert_int_eq(mkfifoat(upper, "p", 0600), 0);
    apply(SHARE_ADDED, "p", -EOPNOTSUPP, "p: is neither a file, a folder nor a link");
}
END_TEST

START_TEST(holes)
{
    int fd = openat(upper, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct stat stat;

    ck_assert_int_eq(ftruncate(fd, 1ll << 36), 0);
    ck_assert_int_eq(pwrite(fd, "x", 1, 1 << 20), 1);
    close(fd);
    apply(SHARE_ADDED, "big", 0, NULL);
    ck_assert_int_eq(fstatat(lower, "big", &stat, 0), 0);
    ck_assert_int_eq(stat.st_size, 1ll << 36);
    ck_assert_int_lt(stat.st_blocks, 1 << 14);
}
END_TEST

/* A link isn't followed, neither the one that comes nor the one that is there, and what is of another kind gives way.
 */
START_TEST(links)
{
    make(lower, "real", "real");
    ck_assert_int_eq(symlinkat("real", lower, "a"), 0);
    make(upper, "a", "new");
    apply(SHARE_CHANGED, "a", 0, NULL);
    expect("a", "new");
    expect("real", "real");
    ck_assert_int_eq(symlinkat("/etc", upper, "l"), 0);
    ck_assert_int_eq(mkdirat(lower, "l", 0700), 0);
    make(lower, "l/f", "x");
    apply(SHARE_CHANGED, "l", 0, NULL);
    ck_assert(is_there("l"));
    ck_assert(!is_there("l/f"));
    ck_assert_int_eq(mkdirat(upper, "d", 0700), 0);
    make(upper, "d/f", "x");
    ck_assert_int_eq(symlinkat("/tmp", lower, "d"), 0);
    apply(SHARE_ADDED, "d/f", -ENOTDIR, "d/f: Not a directory");
}
END_TEST

START_TEST(folders_that_cannot_be_written)
{
    struct stat stat;

    ck_assert_int_eq(mkdirat(upper, "d", 0700), 0);
    make(upper, "d/f", "x");
    ck_assert_int_eq(fchmodat(upper, "d", 0555, 0), 0);
    apply(SHARE_ADDED, "d", 0, NULL);
    ck_assert_int_eq(fstatat(lower, "d", &stat, 0), 0);
    ck_assert_uint_eq(stat.st_mode, S_IFDIR | 0755);
    apply(SHARE_ADDED, "d/f", 0, NULL);
    ck_assert_int_eq(do_apply_mode(lower, upper, SHARE_CHANGED, "d"), 0);
    ck_assert_int_eq(fstatat(lower, "d", &stat, 0), 0);
    ck_assert_uint_eq(stat.st_mode, S_IFDIR | 0555);
}
END_TEST

START_TEST(repositories)
{
    ck_assert_int_eq(mkdirat(lower, ".git", 0700), 0);
    make(lower, ".git/config", "good");
    ck_assert_int_eq(mkdirat(upper, ".git", 0700), 0);
    make(upper, ".git/config", "evil");
    make(upper, ".git/HEAD", "ref");
    apply(SHARE_REMOVED, ".git", 0, ".git is left as it was"); /* it was made anew */
    apply(SHARE_ADDED, ".git", 0, NULL);
    apply(SHARE_ADDED, ".git/config", 0, ".git/config is left as it was");
    apply(SHARE_ADDED, ".git/HEAD", 0, NULL);
    expect(".git/config", "good");
    expect(".git/HEAD", "ref");
    ck_assert_int_eq(mkdirat(lower, "w", 0700), 0);
    ck_assert_int_eq(mkdirat(upper, "w", 0700), 0);
    make(lower, "w/.git", "gitdir: x");
    make(upper, "w/.git", "gitdir: evil");
    apply(SHARE_CHANGED, "w/.git", 0, "w/.git is left as it was");
    ck_assert_int_eq(unlinkat(upper, "w/.git", 0), 0);
    ck_assert_int_eq(mkdirat(upper, "w/.git", 0700), 0);
    apply(SHARE_ADDED, "w/.git", 0, "w/.git is left as it was");
    expect("w/.git", "gitdir: x");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/cli/do_apply");
    TCase *tc = tcase_create("do_apply");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, files);
    tcase_add_test(tc, holes);
    tcase_add_test(tc, links);
    tcase_add_test(tc, folders_that_cannot_be_written);
    tcase_add_test(tc, repositories);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
