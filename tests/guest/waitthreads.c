/* SPDX-License-Identifier: Apache-2.0 */
/* waitthreads.c - children of a process with threads: who may wait for whose, and what an end of the process does. */
#define _GNU_SOURCE
#include <pthread.h>

#include "family.h"

static struct shared *shared;

static void *wait_any(void *arg)
{
    int status = 0;

    atomic_fetch_add(&shared->value[0], 1);
    if (waitpid(-1, &status, 0) > 0)
        *(int *)arg = WEXITSTATUS(status);
    return NULL;
}

static void several(void)
{
    pthread_t id[3];
    int got[3] = {0};

    for (int i = 0; i < 3; i++) {
        if (branch() == 0) {
            turn_wait(shared, 1);
            _exit(10 + i);
        }
    }
    for (int i = 0; i < 3; i++)
        pthread_create(&id[i], NULL, wait_any, &got[i]);
    while (atomic_load(&shared->value[0]) != 3)
        sched_yield();
    turn_set(shared, 1);
    for (int i = 0; i < 3; i++)
        pthread_join(id[i], NULL);
    show("three threads, three children: the sum", got[0] + got[1] + got[2]);
    show("nobody is left", waitpid(-1, NULL, WNOHANG));
}

static void *not_mine(void *arg)
{
    pid_t pid = *(pid_t *)arg, own;

    show("another thread's child, __WNOTHREAD", waitpid(pid, NULL, __WNOTHREAD | WNOHANG));
    show("without", waitpid(pid, NULL, WNOHANG));
    own = branch();
    if (own == 0)
        _exit(0);
    show_bool("its own, __WNOTHREAD", waitpid(-1, NULL, __WNOTHREAD) == own);
    return NULL;
}

static void whose(void)
{
    pid_t pid = branch();
    pthread_t id;

    if (pid == 0) {
        turn_wait(shared, 2);
        _exit(0);
    }
    pthread_create(&id, NULL, not_mine, &pid);
    pthread_join(id, NULL);
    turn_set(shared, 2);
    reap("it", pid);
}

static pid_t made;

static void *make(void *arg)
{
    made = fork();
    if (made == 0) {
        turn_wait(shared, 3);
        _exit(6);
    }
    return arg;
}

/* A child that a thread made is there for the others when that has ended. */
static void handed_over(void)
{
    pthread_t id;
    int status = 0;

    fflush(stdout);
    pthread_create(&id, NULL, make, NULL);
    pthread_join(id, NULL);
    turn_set(shared, 3);
    show_bool("a thread's that has ended", waitpid(made, &status, 0) == made);
    show_status("it", status);
}

static void *stay(void *arg)
{
    atomic_fetch_add(&shared->value[1], 1);
    if (arg != NULL)
        for (;;)
            sched_yield();
    for (;;)
        pause();
    return NULL;
}

static void *end_all(void *arg)
{
    (void)arg;
    exit(33);
}

static void *end_itself(void *arg)
{
    (void)arg;
    turn_wait(shared, 4);
    syscall(SYS_exit, 35);
    return NULL;
}

static void start(void *(*body)(void *), void *arg)
{
    pthread_t id;

    if (pthread_create(&id, NULL, body, arg) != 0)
        printf("no thread\n");
}

/* how: 0 exit in a thread, 1 the first thread ends alone and then the rest, 2 killed from outside, 3 by a signal. */
static void ends(const char *what, int how)
{
    pid_t pid;

    atomic_store(&shared->value[1], 0);
    atomic_store(&shared->value[2], 1);
    pid = branch();
    if (pid == 0) {
        if (how != 1) {
            start(stay, NULL);
            start(stay, "busy");
            while (atomic_load(&shared->value[1]) != 2)
                sched_yield();
        }
        if (how == 0)
            start(end_all, NULL);
        if (how == 1) {
            start(end_itself, NULL);
            syscall(SYS_set_tid_address, &shared->value[2]); /* zero when it has ended */
            atomic_store(&shared->value[1], 2);
            syscall(SYS_exit, 34);
        }
        if (how == 3)
            raise(SIGTERM);
        stay(NULL);
    }
    while (atomic_load(&shared->value[1]) < 2)
        sched_yield();
    if (how == 1) {
        while (atomic_load(&shared->value[2]) != 0)
            sched_yield();
        show("its first thread has ended: not yet", waitpid(pid, NULL, WNOHANG));
        show("it is there", kill(pid, 0));
        turn_set(shared, 4);
    }
    if (how == 2)
        kill(pid, SIGKILL);
    reap(what, pid);
}

int main(void)
{
    shared = shared_make();
    several();
    whose();
    handed_over();
    ends("exit in a thread", 0);
    ends("one by one: the last one's status", 1);
    ends("killed", 2);
    ends("ended by its own signal", 3);
    return 0;
}
