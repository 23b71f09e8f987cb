// SPDX-License-Identifier: Apache-2.0
/* mreleases.c - process_mrelease: of whom it takes memory, and what it refuses. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

#define SYS_PIDFD_OPEN 434
#define SYS_PROCESS_MRELEASE 448
#define ROUNDS 50
#define SIZE ((size_t)4 << 20)

static long release(int pidfd, unsigned flags)
{
    return syscall(SYS_PROCESS_MRELEASE, pidfd, flags);
}

static pid_t child_start(void)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        for (;;)
            pause();
    return child;
}

static void refused(void)
{
    int own = (int)syscall(SYS_PIDFD_OPEN, getpid(), 0), pidfd;
    pid_t child = child_start();
    siginfo_t info;

    pidfd = (int)syscall(SYS_PIDFD_OPEN, child, 0);
    show("flags", release(pidfd, 1));
    show("no descriptor", release(-1, 0));
    show("another descriptor", release(0, 0));
    show("no descriptor, flags", release(-1, 1));
    show("oneself", release(own, 0));
    show("one that lives", release(pidfd, 0));
    kill(child, SIGSTOP);
    waitpid(child, NULL, WUNTRACED);
    show("one that is stopped", release(pidfd, 0));
    kill(child, SIGKILL);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    show("one that has ended", release(pidfd, 0));
    waitpid(child, NULL, 0);
    show("one that is gone", release(pidfd, 0));
    close(pidfd);
    close(own);
}

/* One that was killed gives its memory, or has done so. */
static void killed(char *memory)
{
    int wrong = 0;

    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = child_start();
        int pidfd = (int)syscall(SYS_PIDFD_OPEN, child, 0);

        kill(child, SIGKILL);
        wrong += release(pidfd, 0) != 0 && errno != ESRCH;
        wrong += release(pidfd, 0) != 0 && errno != ESRCH;
        waitpid(child, NULL, 0);
        close(pidfd);
    }
    show_bool("it was had, or gone", wrong == 0);
    for (size_t i = 0; i < SIZE; i += (size_t)page_size())
        wrong += memory[i] != 9;
    show_bool("nobody else's went", wrong == 0);
}

static int sharer(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return 0;
}

/* Memory that somebody has who lives. */
static void shared(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    int result;
    pid_t child = clone(sharer, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
    int pidfd = (int)syscall(SYS_PIDFD_OPEN, child, 0);

    kill(child, SIGKILL);
    result = release(pidfd, 0) == 0 ? 0 : errno;
    show_bool("one whose memory others have", result == EINVAL || result == ESRCH);
    waitpid(child, NULL, 0);
    close(pidfd);
}

int main(void)
{
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(memory, 9, SIZE);
    refused();
    killed(memory);
    shared();
    return 0;
}
