/* SPDX-License-Identifier: Apache-2.0 */
/* decoded.c - calls whose arguments tests/cli/trace.sh looks for in a trace: names, structures, strings at the edge. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *edge; /* behind it there is no memory */

static void files(void)
{
    char name[] = "/tmp/no/such", read_there[40] = "", first[4], second[40];
    const struct iovec both[2] = {{first, 4}, {second, 40}};
    int ends[2];

    syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    memcpy(edge - 5, "/edge", 5); /* its end isn't there */
    syscall(SYS_openat, -7, edge - 5, O_RDONLY, 0);
    memcpy(edge - 6, "/edge", 6);
    syscall(SYS_openat, -7, edge - 6, O_RDONLY, 0);
    syscall(SYS_openat, 5, 16, O_RDONLY, 0);
    if (pipe2(ends, O_NONBLOCK) != 0)
        exit(1);
    syscall(SYS_write, ends[1],
            "a \"word\"\n\1"
            "2\177 and more than the thirty-two that are shown",
            54);
    syscall(SYS_write, ends[1], edge - 3, 3);
    syscall(SYS_read, ends[0], read_there, 40);
    syscall(SYS_readv, ends[0], both, 2);
    syscall(SYS_read, ends[0], read_there, 40);
    syscall(SYS_lseek, ends[0], -1L, SEEK_END);
    syscall(SYS_write, ends[0], NULL, 0);
}

static void times(void)
{
    const struct timespec pause = {0, 1000};
    const struct sigaction action = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART};
    struct pollfd polled = {-1, POLLIN | POLLHUP, 0};
    struct rlimit limit;
    sigset_t set;

    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
    syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
    syscall(SYS_ppoll, &polled, 1, &pause, NULL, 8);
    syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &limit);
    syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    syscall(SYS_madvise, 0, 0, MADV_DONTNEED);
}

static void programs(char *self)
{
    char *const argv[] = {self, "the", "end", NULL}, *const envp[] = {"A=b", NULL};
    pid_t child = fork();

    if (child == 0) {
        syscall(SYS_execve, "/no/program", argv, envp);
        _exit(3);
    }
    syscall(SYS_wait4, child, NULL, __WALL, NULL);
}

int main(int argc, char **argv)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)argc;
    munmap(pages + page, page);
    edge = pages + page;
    files();
    times();
    programs(argv[0]);
    puts("done");
    return 0;
}
