/* SPDX-License-Identifier: Apache-2.0 */
/*
 * killmany.c - a signal to a group of hundreds, some of whom make children meanwhile, with numbers above and below all
 * others': nobody is missed. And who makes children doesn't wait for those that send to many all the time. A group of
 * stopped ones that loses who looked after it is told, too.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>

#include "family.h"

/* More than a kernel goes through before it gives way; each MAKER makes CHILDREN. */
enum { MEMBERS = 280, MAKERS = 4, CHILDREN = 40, ROUNDS = 3, SENDERS = 4, FORKS = 60 };

#define LEFT_FREE (MAKERS * CHILDREN) /* numbers below the group's */

static struct shared *shared;

static _Noreturn void rest(void)
{
    for (;;)
        pause();
}

/* With that number, if it is free and the caller may choose; else with another. */
static pid_t fork_as(pid_t wanted)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size;
    } args = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1};
    long pid = syscall(SYS_clone3, &args, sizeof(args));

    return pid >= 0 ? (pid_t)pid : fork();
}

static _Noreturn void make_children(pid_t number)
{
    for (int i = 0; i < CHILDREN; i++, number++) {
        if (fork_as(number) == 0)
            rest();
        atomic_fetch_add(&shared->value[0], 1);
    }
    rest();
}

/* The first of so many numbers, one after the other as a rule, which are free again. */
static pid_t numbers_free(int count)
{
    pid_t first = 0, pid;

    for (int i = 0; i < count; i++) {
        pid = branch();
        if (pid == 0)
            _exit(0);
        first = i == 0 ? pid : first;
        waitpid(pid, NULL, 0);
    }
    return first;
}

static pid_t member(pid_t group, pid_t first_child)
{
    pid_t pid = branch();

    if (pid == 0 && first_child != 0) {
        turn_wait(shared, 1); /* when it is in the group */
        make_children(first_child);
    }
    if (pid == 0)
        rest();
    setpgid(pid, group);
    return pid;
}

/* Members of a new group; MAKERS of them, the last ones, make children. */
static pid_t group_make(pid_t first_child)
{
    pid_t group = 0;

    for (int i = 0; i < MEMBERS; i++) {
        int maker = i - (MEMBERS - MAKERS);
        pid_t pid = member(group, maker >= 0 && first_child != 0 ? first_child + maker * CHILDREN : 0);
        group = i == 0 ? pid : group;
    }
    return group;
}

/* All that are left of it end: a child that was missed would be waited for for ever. */
static void group_end(pid_t group)
{
    int status, others = 0, ended = 0;

    show("sent to all", kill(-group, SIGKILL));
    while (waitpid(-group, &status, 0) > 0) {
        ended++;
        others += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
    }
    show_bool("all members have ended", ended >= MEMBERS);
    show("otherwise than by it", others);
    show("nobody is left", kill(-group, 0));
}

static void while_some_make_children(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        pid_t first = numbers_free(LEFT_FREE), group;

        atomic_store(&shared->value[0], 0);
        turn_set(shared, 0);
        group = group_make(first);
        turn_set(shared, 1);
        while (atomic_load(&shared->value[0]) < MAKERS * i)
            sched_yield();
        group_end(group);
    }
}

/* ---- while others send ---- */

static _Noreturn void send_always(pid_t group)
{
    atomic_fetch_add(&shared->value[1], 1);
    for (;;)
        kill(-group, 0);
}

static void while_some_send(void)
{
    pid_t group = group_make(0), sender[SENDERS];
    int made = 0;

    for (int i = 0; i < SENDERS; i++) {
        sender[i] = branch();
        if (sender[i] == 0)
            send_always(group);
    }
    while (atomic_load(&shared->value[1]) < SENDERS)
        sched_yield();
    for (int i = 0; i < FORKS; i++) {
        pid_t pid = branch();
        if (pid == 0)
            _exit(0);
        made += waitpid(pid, NULL, 0) == pid;
    }
    show_bool("children are made while others send", made == FORKS);
    for (int i = 0; i < SENDERS; i++) {
        kill(sender[i], SIGKILL);
        reap("a sender", sender[i]);
    }
    group_end(group);
}

/* ---- a group that is left alone ---- */

/* Its members, who have stopped, lose the only one who could have them go on. */
static void stop_and_leave(void)
{
    pid_t group;
    int stopped = 0, status;

    setsid();
    group = group_make(0);
    kill(-group, SIGSTOP);
    while (stopped < MEMBERS && waitpid(-group, &status, WUNTRACED) > 0 && WIFSTOPPED(status))
        stopped++;
    show("have stopped", stopped);
    leave(0);
}

static void orphaned(void)
{
    int status, hung_up = 0, others = 0;
    pid_t pid = branch();

    if (pid == 0)
        stop_and_leave();
    reap("who looked after them", pid);
    while (wait(&status) > 0) {
        hung_up += WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP;
        others++;
    }
    show("were sent SIGHUP and SIGCONT", hung_up);
    show("have ended", others);
}

int main(void)
{
    shared = shared_make();
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* children of members that have ended are to be waited for here */
    while_some_make_children();
    while_some_send();
    orphaned();
    return 0;
}
