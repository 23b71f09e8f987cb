/* SPDX-License-Identifier: Apache-2.0 */
/* sigrights.c - who may send a signal to whom: users, sessions, groups, everybody. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "show.h"

#define ONE 54321
#define TWO 54322

/* A child of that user, which waits for its end. */
static pid_t victim(uid_t real, uid_t effective, uid_t saved, int own_session)
{
    pid_t pid;
    int ready[2];
    char byte;

    fflush(stdout);
    if (pipe(ready) != 0)
        exit(1);
    pid = fork();
    if (pid == 0) {
        if (own_session)
            setsid();
        if (setresuid(real, effective, saved) != 0)
            _exit(1);
        write(ready[1], "", 1);
        for (;;)
            pause();
    }
    close(ready[1]);
    read(ready[0], &byte, 1);
    close(ready[0]);
    return pid;
}

static void finish(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* As that user, in a child, as there is no way back. */
static void as(const char *what, uid_t real, uid_t effective, pid_t to, int signal)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        if (setresuid(real, effective, 0) != 0 || setresuid(-1, -1, effective) != 0)
            _exit(1);
        show(what, kill(to, signal));
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void users(void)
{
    pid_t pid = victim(ONE, ONE, ONE, 0);

    as("the same user", ONE, ONE, pid, 0);
    as("another", TWO, TWO, pid, 0);
    as("another that is really the same", ONE, TWO, pid, 0);
    as("the same, but really another", TWO, ONE, pid, 0);
    as("another, no such signal", TWO, TWO, pid, 99);
    as("another, SIGCONT", TWO, TWO, pid, SIGCONT);
    as("root, without rights for it", 0, 0, pid, 0);
    finish(pid);
    pid = victim(ONE, TWO, ONE, 0);
    as("its effective user alone", TWO, TWO, pid, 0);
    as("its real one", ONE, ONE, pid, 0);
    finish(pid);
    pid = victim(TWO, TWO, ONE, 0);
    as("its saved one", ONE, ONE, pid, 0);
    finish(pid);
    pid = victim(ONE, ONE, ONE, 1);
    as("another session, SIGCONT", TWO, TWO, pid, SIGCONT);
    as("another session, the same user", ONE, ONE, pid, SIGCONT);
    finish(pid);
    as("the first process", ONE, ONE, 1, 0);
    as("the first process, SIGKILL", ONE, ONE, 1, SIGKILL);
}

static void tell_end(const char *what, pid_t pid)
{
    int status = 0;

    waitpid(pid, &status, 0);
    show(what, WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status));
}

/* A group of two, whose members are of two users. */
static void groups(void)
{
    pid_t first = victim(ONE, ONE, ONE, 1), second;
    int ready[2];
    char byte;

    fflush(stdout);
    if (pipe(ready) != 0)
        exit(1);
    second = fork();
    if (second == 0) {
        if (setsid() < 0)
            _exit(1);
        pid_t third = fork(); /* in the same group */
        if (third == 0) {
            if (setresuid(TWO, TWO, TWO) != 0)
                _exit(1);
            write(ready[1], "", 1);
            for (;;)
                pause();
        }
        if (setresuid(ONE, ONE, ONE) != 0)
            _exit(1);
        signal(SIGUSR1, SIG_IGN);
        write(ready[1], "", 1);
        int status = 0;
        waitpid(third, &status, 0);
        _exit(WIFSIGNALED(status) ? WTERMSIG(status) : 1);
    }
    read(ready[0], &byte, 1);
    read(ready[0], &byte, 1);
    as("a group of which one may be told", TWO, TWO, -second, SIGUSR1);
    tell_end("its member of that user is ended, which the other tells", second);
    as("a group of another user", TWO, TWO, -first, 0);
    as("no such group", ONE, ONE, -4194303, 0);
    finish(first);
}

static void everybody(void)
{
    pid_t first = victim(ONE, ONE, ONE, 0), second = victim(ONE, ONE, ONE, 1), other = victim(TWO, TWO, TWO, 0);

    as("all of a user", ONE, ONE, -1, SIGTERM);
    tell_end("one", first);
    tell_end("two", second);
    show("but not another's", waitpid(other, NULL, WNOHANG));
    finish(other);
    as("nobody of that user is left", ONE, ONE, -1, SIGTERM);
}

int main(void)
{
    users();
    groups();
    everybody();
    return 0;
}
