/* SPDX-License-Identifier: Apache-2.0 */
/* firstends.c - a process whose first thread has ended and another goes on: its number still names it. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "family.h"

static struct shared *shared;
static int first_is_there = 1; /* the kernel clears it when the first thread ends */

static void on_signal(int signal)
{
    atomic_store(&shared->value[1], signal);
}

static void *go_on(void *arg)
{
    (void)arg;
    while (__atomic_load_n(&first_is_there, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
    atomic_store(&shared->value[0], 1);
    while (atomic_load(&shared->value[2]) == 0)
        sched_yield();
    syscall(SYS_exit, 7);
    return NULL;
}

static void child(void)
{
    pthread_t id;

    signal(SIGUSR1, on_signal);
    pthread_create(&id, NULL, go_on, NULL);
    syscall(SYS_set_tid_address, &first_is_there);
    syscall(SYS_exit, 3);
}

int main(void)
{
    struct rlimit limit = {0, 0}, got = {1, 1};
    int status = 0;
    pid_t pid;

    shared = shared_make();
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        child();
    while (atomic_load(&shared->value[0]) == 0)
        sched_yield();
    show("not to be waited for yet", waitpid(pid, &status, WNOHANG));
    show("kill asks", kill(pid, 0));
    show("tgkill asks", syscall(SYS_tgkill, pid, pid, 0));
    show("a signal to the first thread", syscall(SYS_tgkill, pid, pid, SIGUSR2));
    show("prlimit sets", prlimit(pid, RLIMIT_CORE, &limit, NULL));
    show("prlimit gets", prlimit(pid, RLIMIT_CORE, NULL, &got));
    show_bool("what was set", got.rlim_cur == 0 && got.rlim_max == 0);
    show("its group", getpgid(pid) == getpgrp());
    show("a signal to the process", kill(pid, SIGUSR1));
    while (atomic_load(&shared->value[1]) == 0)
        sched_yield();
    show("was handled", atomic_load(&shared->value[1]));
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    show_bool("it stops", WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    kill(pid, SIGCONT);
    waitpid(pid, &status, WCONTINUED);
    show_bool("it goes on", WIFCONTINUED(status));
    atomic_store(&shared->value[2], 1);
    waitpid(pid, &status, 0);
    show("the last thread's status", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    show("nobody is there", prlimit(pid, RLIMIT_CORE, NULL, &got));
    return 0;
}
