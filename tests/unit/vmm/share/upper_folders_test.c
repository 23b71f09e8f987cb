/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/share/upper_folders.c vmm/share/remove.c vmm/sandbox/mounts.c
/* upper_folders_test.c - folders for changes: those that are kept, and those that are gone with who made them. */
#include "vmm/share/upper_folders.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/share/remove.h"

static char folder[64];
static int like;

static void setup(void)
{
    strcpy(folder, "build/upper-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(setenv("TMPDIR", folder, 1), 0);
    ck_assert_int_eq(mkdirat(AT_FDCWD, "build/upper-like", 0755) < 0 && errno != EEXIST, 0);
    ck_assert_int_eq(chmod("build/upper-like", 01751), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, "build/upper-like", (const struct timespec[]){{100, 5}, {200, 7}}, 0), 0);
    like = open("build/upper-like", O_PATH);
}

static void teardown(void)
{
    int fd = open(folder, O_RDONLY);

    share_remove_all(fd);
    close(fd);
    close(like);
    ck_assert_int_eq(rmdir(folder), 0);
    rmdir("build/upper-like");
}

/* A chain of folders, deeper than any path can be; one that can't be written; files and a link among them. */
static void fill(int fd)
{
    char name[201];
    int at = dup(fd);

    memset(name, 'd', 200);
    name[200] = '\0';
    for (unsigned i = 0; i < 30; i++) {
        ck_assert_int_eq(mkdirat(at, name, 0700), 0);
        int next = openat(at, name, O_RDONLY);
        ck_assert_int_eq(symlinkat("/", at, "link"), 0);
        close(at);
        at = next;
    }
    close(openat(at, "file", O_CREAT | O_WRONLY, 0));
    ck_assert_int_eq(mkdirat(fd, "shut", 0700), 0);
    int shut = openat(fd, "shut", O_RDONLY);
    ck_assert_int_eq(mkdirat(shut, "inner", 0700), 0);
    int inner = openat(shut, "inner", O_RDONLY);
    close(openat(inner, "file", O_CREAT | O_WRONLY, 0));
    fchmod(inner, 0);
    fchmod(shut, 0);
    close(inner);
    close(shut);
    close(at);
}

static bool is_empty(void)
{
    bool empty = rmdir(folder) == 0;

    if (empty)
        mkdir(folder, 0700);
    return empty;
}

START_TEST(what_is_forgotten_is_gone)
{
    struct share_uppers uppers;
    struct stat st;

    share_uppers_init(&uppers, 6);
    share_uppers_finish(&uppers); /* nothing yet */
    int first = share_uppers_add(&uppers, 3, like, &(bool){true}),
        second = share_uppers_add(&uppers, 5, like, &(bool){true});
    if (first == -ENOTSUP) /* build/ can't have such attributes here, and another folder was taken if it can */
        return;
    ck_assert_int_ge(first, 0);
    ck_assert_int_ge(second, 0);
    ck_assert_int_eq(fstat(first, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 01751);
    ck_assert_int_eq(st.st_mtim.tv_sec, 200);
    fill(first);
    close(openat(second, "file", O_CREAT | O_WRONLY, 0600));
    ck_assert(!is_empty());
    close(first);
    close(second);
    share_uppers_finish(&uppers);
    ck_assert(is_empty());
}
END_TEST

/* The owner isn't this process's child: a pipe's end says that it has ended, too. */
START_TEST(who_is_killed_leaves_nothing)
{
    int ends[2], status;
    char byte;

    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct share_uppers uppers;

        share_uppers_init(&uppers, 1);
        int fd = share_uppers_add(&uppers, 0, like, &(bool){true});
        close(openat(fd, "file", O_CREAT | O_WRONLY, 0600));
        byte = fd >= 0 ? 'y' : 'n';
        (void)(write(ends[1], &byte, 1) == 1);
        pause();
    }
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert(!is_empty());
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    while (!is_empty()) {
    }
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(what_is_kept_is_for_one)
{
    char path[128];
    struct stat st;

    snprintf(path, sizeof(path), "%s/kept", folder);
    int fd = share_upper_open(path, like, &(bool){true});
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 01751);
    ck_assert_int_eq(st.st_mtim.tv_sec, 200);
    ck_assert_int_eq(share_upper_open(path, like, &(bool){true}), -EWOULDBLOCK);
    close(openat(fd, "file", O_CREAT | O_WRONLY, 0600));
    close(fd);
    fd = share_upper_open(path, like, &(bool){true});
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(faccessat(fd, "file", F_OK, 0), 0);
    close(fd);
    snprintf(path, sizeof(path), "%s/nowhere/kept", folder);
    ck_assert_int_eq(share_upper_open(path, like, &(bool){true}), -ENOENT);
    snprintf(path, sizeof(path), "%s/kept/file", folder);
    ck_assert_int_eq(share_upper_open(path, like, &(bool){true}), -ENOTDIR);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share/upper_folders");
    TCase *tc = tcase_create("upper");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_forgotten_is_gone);
    tcase_add_test(tc, who_is_killed_leaves_nothing);
    tcase_add_test(tc, what_is_kept_is_for_one);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
