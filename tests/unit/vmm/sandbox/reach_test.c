/* SPDX-License-Identifier: Apache-2.0 */
/* reach_test.c - what can still be reached by name, or signalled, behind Landlock and in an empty root. */
// sources: vmm/sandbox/landlock.c vmm/sandbox/mounts.c vmm/sandbox/privileges.c
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/sandbox/landlock.h"
#include "vmm/sandbox/mounts.h"
#include "vmm/sandbox/privileges.h"

static char folder[] = "/tmp/reach_test.XXXXXX";
static int folder_fd;

static void make_folder(void)
{
    strcpy(folder, "/tmp/reach_test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(folder_fd, 0);
    close(openat(open(folder, O_RDONLY | O_CLOEXEC), "file", O_CREAT | O_WRONLY, 0644));
}

static void remove_folder(void)
{
    unlinkat(folder_fd, "file", 0);
    unlinkat(folder_fd, "new", 0);
    rmdir(folder);
    close(folder_fd);
}

/* 0 or an errno of opening it. */
static int opens(int at, const char *name, int flags)
{
    int fd = openat(at, name, flags | O_CLOEXEC, 0644);

    return fd < 0 ? errno : (close(fd), 0);
}

/* In a process of its own, which is locked in and then ends with what `body` says: 0, or which try went wrong. */
static int locked(const struct landlock_rules *rules, int (*body)(void))
{
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || landlock_enter(landlock_version(), rules) != 0)
            _exit(100);
        _exit(body());
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "wait status %#x", (unsigned)status);
    return WEXITSTATUS(status);
}

static int try_nothing(void)
{
    if (opens(AT_FDCWD, "/etc/passwd", O_RDONLY) != EACCES || opens(AT_FDCWD, "/dev/null", O_RDWR) != EACCES)
        return 1;
    if (opens(folder_fd, "file", O_RDONLY) != EACCES || opens(folder_fd, "new", O_CREAT | O_WRONLY) != EACCES)
        return 2;
    if (unlinkat(folder_fd, "file", 0) == 0 || errno != EACCES)
        return 3;
    return mkdirat(folder_fd, "new", 0755) == 0 ? 4 : 0;
}

static int try_reading(void)
{
    if (opens(folder_fd, "file", O_RDONLY) != 0 || opens(folder_fd, "file", O_RDWR) != EACCES)
        return 1;
    if (opens(folder_fd, "..", O_RDONLY | O_DIRECTORY) != EACCES)
        return 2;
    return unlinkat(folder_fd, "file", 0) == 0 ? 3 : 0;
}

static int try_writing(void)
{
    if (opens(folder_fd, "file", O_RDWR) != 0 || opens(folder_fd, "new", O_CREAT | O_WRONLY) != 0)
        return 1;
    if (unlinkat(folder_fd, "new", 0) != 0)
        return 2;
    return opens(AT_FDCWD, "/etc/passwd", O_RDONLY) != EACCES ? 3 : 0;
}

static int try_removing(void)
{
    if (opens(folder_fd, "file", O_RDONLY) != EACCES || opens(folder_fd, "new", O_CREAT | O_WRONLY) != EACCES)
        return 1;
    return unlinkat(folder_fd, "file", 0) != 0 ? 2 : 0;
}

START_TEST(landlock_leaves_what_it_is_told)
{
    struct sandbox_folder one = {.fd = folder_fd};
    struct landlock_rules rules = {.folders = &one};

    if (landlock_version() == 0)
        return; /* this host has none */
    ck_assert_int_eq(locked(&rules, try_nothing), 0);
    rules.folder_count = 1;
    one.may = SANDBOX_READS;
    ck_assert_int_eq(locked(&rules, try_reading), 0);
    one.may = SANDBOX_WRITES;
    ck_assert_int_eq(locked(&rules, try_writing), 0);
    one.may = SANDBOX_REMOVES;
    ck_assert_int_eq(locked(&rules, try_removing), 0);
}
END_TEST

static int signals_parent(void)
{
    return kill(getppid(), 0) == 0 ? 1 : 0;
}

START_TEST(others_are_signalled_where_it_says_so)
{
    const struct landlock_rules none = {0}, others = {.signals_others = true};

    if (landlock_version() < 6)
        return; /* this host's doesn't know signals */
    ck_assert_int_eq(locked(&none, signals_parent), 0);
    ck_assert_int_eq(locked(&others, signals_parent), 1);
}
END_TEST

START_TEST(an_empty_root_has_nothing)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGUSR1);
        if (mounts_leave() != 0)
            _exit(77);
        int signal_of_death = 0;
        prctl(PR_GET_PDEATHSIG, &signal_of_death);
        if (opens(AT_FDCWD, "/etc/passwd", O_RDONLY) != ENOENT || opens(AT_FDCWD, "/proc/self", O_RDONLY) != ENOENT)
            _exit(1);
        if (opens(AT_FDCWD, "/new", O_CREAT | O_WRONLY) != EROFS || opens(AT_FDCWD, "..", O_PATH) != 0)
            _exit(2);
        if (opens(folder_fd, "file", O_RDONLY) != 0)
            _exit(3);
        _exit(signal_of_death == SIGUSR1 ? 0 : 4);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(status == 0 || WEXITSTATUS(status) == 77, "wait status %#x", (unsigned)status);
}
END_TEST

/* What is in a folder's own mount can be reached, and nothing else be named: 0, or which try went wrong. */
static int try_apart(void)
{
    struct stat st, above;

    if (opens(folder_fd, "file", O_RDWR) != 0 || fchownat(folder_fd, "file", 1, 1, 0) != 0)
        return 1;
    if (fstat(folder_fd, &st) != 0 || fstatat(folder_fd, "../../..", &above, 0) != 0 || st.st_ino != above.st_ino)
        return 2;
    if (fchmodat(AT_FDCWD, "/etc/passwd", 0644, 0) == 0 || errno != ENOENT)
        return 3;
    return fchmodat(folder_fd, "../../../etc/passwd", 0644, 0) == 0 || errno != ENOENT ? 4 : 0;
}

START_TEST(a_folder_apart_leads_nowhere)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (mounts_part(&folder_fd) != 0 || mounts_enter_empty() != 0)
            _exit(geteuid() == 0 ? 76 : 77);
        _exit(geteuid() == 0 ? try_apart() : 5);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    /* 76: a container's root. */
    ck_assert_msg(status == 0 || WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 76, "wait status %#x",
                  (unsigned)status);
}
END_TEST

START_TEST(privileges_go)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct rlimit core;

        if (privileges_hide() != 0 || privileges_drop(0) != 0)
            _exit(1);
        if (prctl(PR_GET_DUMPABLE) != 0 || getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
            _exit(2);
        _exit(prctl(PR_CAPBSET_DROP, 0) == 0 ? 3 : 0); /* that takes a capability */
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* The wait status of a program that a process runs which has given up its capabilities, and only these: its own
 * capabilities are none, or it ends with 1. */
static int run_program(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (privileges_drop(0) != 0)
            _exit(2);
        execl("/bin/sh", "sh", "-c", "! grep '^Cap[IPEA].*:.*[1-9a-f]' /proc/self/status", NULL);
        _exit(3);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

START_TEST(a_program_gets_no_privileges)
{
    ck_assert_int_eq(run_program(), 0);
}
END_TEST

/* As in a container whose bits can't be changed: then it is the bounding set. */
START_TEST(a_program_gets_none_where_bits_are_locked)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED); /* of root alone */
        _exit(run_program() != 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox reach");
    TCase *tests = tcase_create("reach");

    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, landlock_leaves_what_it_is_told);
    tcase_add_test(tests, others_are_signalled_where_it_says_so);
    tcase_add_test(tests, an_empty_root_has_nothing);
    tcase_add_test(tests, a_folder_apart_leads_nowhere);
    tcase_add_test(tests, privileges_go);
    tcase_add_test(tests, a_program_gets_no_privileges);
    tcase_add_test(tests, a_program_gets_none_where_bits_are_locked);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
