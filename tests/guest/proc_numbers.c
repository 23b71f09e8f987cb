/* SPDX-License-Identifier: Apache-2.0 */
/* proc_numbers.c - a process's number is free again once it has been waited for, whoever still has its directory, its
 * files or a pidfd open: and those don't lead to the one that has the number next. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "family.h"

struct args3 {
    unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size;
};

static int forked_with(int number)
{
    struct args3 args = {.exit_signal = SIGCHLD, .set_tid = (unsigned long)&number, .set_tid_size = 1};

    fflush(stdout);
    int pid = (int)syscall(SYS_clone3, &args, sizeof(args));
    if (pid == 0) {
        pause();
        _exit(0);
    }
    return pid;
}

static int open_at(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_CLOEXEC);
}

static void show_read(const char *what, int fd)
{
    static char text[1 << 14];

    show(what, pread(fd, text, sizeof(text), 0) > 0 ? 1 : pread(fd, text, sizeof(text), 0));
}

int main(void)
{
    static const char *const names[] = {"status", "stat", "maps", "comm", "cmdline", "oom_score_adj", "limits"};
    int file[7], own = getpid(), wanted = own > 8000 ? own - 4000 : own + 4000, old = -1, status;
    char path[64];
    struct stat info;

    for (int tries = 0; old < 0 && tries < 100; tries++)
        old = forked_with(++wanted);
    show_bool("a process", old == wanted);
    snprintf(path, sizeof(path), "/proc/%d", old);
    int dir = open(path, O_RDONLY | O_DIRECTORY), pidfd = (int)syscall(SYS_pidfd_open, old, 0);
    for (int i = 0; i < 7; i++)
        file[i] = open_at(dir, names[i]);
    show_read("its status", file[0]);
    kill(old, SIGKILL);
    waitpid(old, &status, 0);
    show("its number is free", kill(old, 0));
    int next = forked_with(old);
    show_bool("another has it", next == old);
    for (int i = 0; i < 7; i++)
        show_read(names[i], file[i]);
    show("the old directory: stat", fstat(dir, &info));
    show("the old pidfd: a signal", syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
    struct pollfd polled = {.fd = pidfd, .events = POLLIN};
    show("the old pidfd: poll", poll(&polled, 1, 0));
    int again = open(path, O_RDONLY | O_DIRECTORY), fresh = open_at(again, "status");
    show_read("the new one's status", fresh);
    show("the new one is there", kill(next, 0));
    kill(next, SIGKILL);
    waitpid(next, &status, 0);
    show_bool("killed", WIFSIGNALED(status));
    show_read("and then", fresh);
    return 0;
}
