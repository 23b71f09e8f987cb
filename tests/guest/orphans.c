/* SPDX-License-Identifier: Apache-2.0 */
/* orphans.c - who takes a process whose parent has ended, and the signal at a parent's end (PR_SET_PDEATHSIG). */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>

#include "family.h"

static struct shared *shared;

/* Its own parent ends at once, so that it is handed over. */
static pid_t orphan(int code)
{
    pid_t pid = branch();

    if (pid == 0) {
        pid_t own = getpid();
        if (fork() == 0) {
            while (getppid() == own)
                sched_yield();
            atomic_store(&shared->value[0], getppid());
            _exit(code);
        }
        _exit(1);
    }
    reap("the parent between", pid);
    return pid;
}

static void by_us(void)
{
    int status, value = 0;

    show("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1));
    prctl(PR_GET_CHILD_SUBREAPER, &value);
    show("it is set", value);
    orphan(41);
    show_bool("the orphan is ours", wait(&status) > 0 && atomic_load(&shared->value[0]) == getpid());
    show_status("it", status);
}

/* The nearest one takes it, not we. */
static void by_another(void)
{
    pid_t pid = branch();
    int status, value;

    if (pid == 0) {
        prctl(PR_GET_CHILD_SUBREAPER, &value);
        show("it isn't inherited", value);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        orphan(42);
        show_bool("the nearest takes it", wait(&status) > 0 && atomic_load(&shared->value[0]) == getpid());
        show_status("it", status);
        leave(0);
    }
    reap("the nearest", pid);
}

/* One that has ended takes nobody; one that has ended before it was waited for is handed over, too. */
static void zombies(void)
{
    pid_t pid = branch();
    int status;

    if (pid == 0) {
        pid_t inner;
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        inner = fork();
        if (inner == 0)
            _exit(43);
        while (waitid(P_PID, (id_t)inner, &(siginfo_t){0}, WEXITED | WNOWAIT) != 0)
            ;
        _exit(2);
    }
    reap("a parent that doesn't wait", pid);
    show_bool("its child is ours", wait(&status) > 0);
    show_status("it", status);
    show("and nobody else", waitpid(-1, &status, WNOHANG));
}

static void death_signal(int threaded);

static void *die(void *arg)
{
    death_signal(1);
    return arg;
}

static void sleeper(void)
{
    int value;

    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    prctl(PR_GET_PDEATHSIG, &value);
    atomic_store(&shared->value[1], value);
    for (;;)
        pause();
}

/* In a process that ends, or whose thread ends. */
static void death_signal(int threaded)
{
    pid_t pid = fork();

    if (pid == 0)
        sleeper();
    while (atomic_load(&shared->value[1]) == 0)
        sched_yield();
    if (!threaded)
        _exit(0);
    atomic_store(&shared->value[2], pid);
}

static void death(void)
{
    int status = 0;
    pid_t pid = branch();
    pthread_t id;

    if (pid == 0)
        death_signal(0);
    reap("the parent", pid);
    show("the signal that is asked for", atomic_load(&shared->value[1]));
    show_bool("its child is ours", wait(&status) > 0);
    show_status("it", status);

    atomic_store(&shared->value[1], 0);
    fflush(stdout);
    pthread_create(&id, NULL, die, NULL);
    while (atomic_load(&shared->value[2]) == 0)
        sched_yield();
    reap("when its parent's thread ends", atomic_load(&shared->value[2]));

    show("PDEATHSIG 65", prctl(PR_SET_PDEATHSIG, 65));
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    pid = branch();
    if (pid == 0) {
        int value = -1;
        prctl(PR_GET_PDEATHSIG, &value);
        _exit(value);
    }
    reap("a child has none", pid);
}

int main(void)
{
    shared = shared_make();
    by_us();
    by_another();
    zombies();
    death();
    return 0;
}
