/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asinit.c - process 1: what signals do to it, and whose children it takes. Any other process only says so; as process
 * 1 it runs by tests/cli/init.sh, and on Linux by unshare --pid --fork.
 */
#define _GNU_SOURCE
#include "family.h"

static volatile sig_atomic_t came;

static void on_signal(int signal)
{
    came = signal;
}

static void signals(void)
{
    show("SIGKILL to itself", kill(1, SIGKILL));
    show("SIGTERM to itself", kill(1, SIGTERM));
    show("SIGSTOP to itself", kill(1, SIGSTOP));
    show("SIGTSTP to itself", raise(SIGTSTP));
    signal(SIGUSR1, on_signal);
    show("SIGUSR1 to itself", kill(1, SIGUSR1));
    show("its handler", came);
}

static void by_child(void)
{
    pid_t pid = branch();

    if (pid == 0) {
        show("SIGKILL to process 1", kill(1, SIGKILL));
        show("nobody else: signal 0", kill(-1, 0));
        leave(0);
    }
    reap("child", pid);
}

static void orphans(void)
{
    int status;
    pid_t pid = branch();

    if (pid == 0) {
        if (branch() == 0) {
            while (getppid() != 1)
                sched_yield();
            _exit(23);
        }
        leave(1);
    }
    reap("parent", pid);
    show_bool("its child is ours", wait(&status) > 0);
    show_status("it", status);
}

static void all(void)
{
    pid_t pid = branch(), other;

    if (pid == 0)
        for (;;)
            pause();
    other = branch();
    if (other == 0)
        for (;;)
            pause();
    show("SIGTERM to all others", kill(-1, SIGTERM));
    reap("one", pid);
    reap("the other", other);
}

int main(void)
{
    if (getpid() != 1) {
        printf("not process 1\n");
        return 0;
    }
    show("parent", getppid());
    show("a sibling", syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
    signals();
    by_child();
    orphans();
    all();
    fflush(stdout);
    raise(SIGABRT);
    leave(42);
}
