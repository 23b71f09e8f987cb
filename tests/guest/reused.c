/* SPDX-License-Identifier: Apache-2.0 */
/* reused.c - numbers of processes that are given anew: a terminal's foreground group that is gone isn't the new one of
 * that number; and a directory of /proc that was opened before stays that of the process that is gone. */
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "pty.h"

/* As fork, with that number. */
static pid_t fork_as(pid_t number)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
            cgroup;
    } args = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&number, .set_tid_size = 1};

    fflush(stdout);
    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static void foreground_is(const char *what, int tty, pid_t expected)
{
    pid_t group = tcgetpgrp(tty);

    if (group < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %s\n", what, group == expected ? "that number" : group == 0 ? "none" : "another");
}

static void terminal(void)
{
    int master = pty_master(), status;

    fflush(stdout);
    pid_t leader = fork();
    if (leader == 0) {
        setsid();
        int tty = pty_slave(master, O_RDWR);
        signal(SIGTTOU, SIG_IGN);
        signal(SIGTTIN, SIG_IGN);
        pty_raw(tty);
        fflush(stdout);
        pid_t first = fork();
        if (first == 0) {
            setpgid(0, 0);
            pause();
        }
        setpgid(first, first);
        show("to the foreground", tcsetpgrp(tty, first));
        foreground_is("it is", tty, first);
        kill(first, SIGKILL);
        waitpid(first, NULL, 0);
        foreground_is("once it is gone", tty, first);
        show("nothing to read in the background", read(tty, &status, 1));
        pid_t second = fork_as(first);
        if (second == 0) {
            show("the same number again", setpgid(0, 0));
            foreground_is("the terminal has", tty, getpid());
            fcntl(tty, F_SETFL, O_NONBLOCK);
            show("which isn't this one", read(tty, &status, 1));
            signal(SIGINT, SIG_DFL);
            show("to the foreground", tcsetpgrp(tty, getpid()));
            show("now it is", read(tty, &status, 1));
            fflush(stdout);
            _exit(7);
        }
        show_bool("has it", second == first);
        waitpid(second, &status, 0);
        show("status", WEXITSTATUS(status));
        fflush(stdout);
        _exit(0);
    }
    waitpid(leader, NULL, 0);
    close(master);
}

static void look(const char *what, int dir, const char *name)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY);

    printf("%s %s: %s", what, name, fd >= 0 ? "opened" : error_name(errno));
    printf(", %s\n", fstatat(dir, name, &st, 0) == 0 ? "there" : error_name(errno));
    if (fd >= 0)
        close(fd);
}

static void list(const char *what, int dir)
{
    static char entries[8192];

    lseek(dir, 0, SEEK_SET);
    show_ok(what, syscall(SYS_getdents64, dir, entries, sizeof(entries)));
}

static void directory(void)
{
    static const char *const names[] = {"status", "comm", "fd", "exe", "task", "nosuch"};
    char path[64], number[16];
    struct stat st;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    snprintf(path, sizeof(path), "/proc/%d", child);
    snprintf(number, sizeof(number), "%d", child);
    int dir = open(path, O_RDONLY | O_DIRECTORY);
    int task = openat(dir, "task", O_RDONLY | O_DIRECTORY), files = openat(dir, "fd", O_RDONLY | O_DIRECTORY);
    int comm = openat(dir, "comm", O_RDONLY);
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            look(again == 0 ? "alive" : "gone", dir, names[i]);
        show_bool("its thread", openat(task, number, O_RDONLY) >= 0);
        if (again != 0)
            printf("  %s\n", error_name(errno));
        list("list", dir);
        list("list of threads", task);
        list("list of descriptors", files);
        look("a descriptor", files, "0");
        show("fstat", fstat(dir, &st));
        show_ok("read", pread(comm, path, 1, 0));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    pid_t next = fork_as(child);
    if (next == 0) {
        pause();
        _exit(0);
    }
    show_bool("the number has another", next == child);
    look("which isn't", dir, "status");
    list("list", dir);
    snprintf(path, sizeof(path), "/proc/%d/status", child);
    show_bool("by its path it is", open(path, O_RDONLY) >= 0);
    kill(next, SIGKILL);
    waitpid(next, NULL, 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    terminal();
    directory();
    return 0;
}
