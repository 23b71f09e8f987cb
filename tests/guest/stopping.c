/* SPDX-License-Identifier: Apache-2.0 */
/* stopping.c - SIGSTOP, SIGTSTP and SIGCONT: what stops whom, what cancels what, and what the parent learns of it. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "show.h"

static pid_t child;

/* The next signal to us that says what became of the child; none within a while: none. */
static void news(const char *what, long wait_ns)
{
    struct timespec time = {wait_ns / 1000000000, wait_ns % 1000000000};
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigtimedwait(&set, &info, &time) < 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: code %d, status %d, from %s\n", what, info.si_code, info.si_status,
               info.si_pid == child ? "the child" : "another");
}

static void soon(const char *what)
{
    news(what, 50000000000);
}

static void await(int signal)
{
    sigset_t set;
    int got;

    sigemptyset(&set);
    sigaddset(&set, signal);
    sigwait(&set, &got);
}

static void forget(void)
{
    struct timespec none = {0, 0};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    while (sigtimedwait(&set, NULL, &none) > 0)
        ;
}

static void statuses(const char *what)
{
    int status = -1;
    pid_t pid = waitpid(child, &status, WUNTRACED | WCONTINUED | WNOHANG);

    if (pid <= 0)
        printf("%s: %s\n", what, pid == 0 ? "no news" : error_name(errno));
    else if (WIFSTOPPED(status))
        printf("%s: stopped by %d\n", what, WSTOPSIG(status));
    else if (WIFCONTINUED(status))
        printf("%s: goes on\n", what);
    else if (WIFSIGNALED(status))
        printf("%s: ended by %d\n", what, WTERMSIG(status));
    else
        printf("%s: ended with %d\n", what, WEXITSTATUS(status));
}

static volatile sig_atomic_t continued;

static void on_continue(int signal)
{
    (void)signal;
    continued++;
}

/* Tells that it runs, once before each wait. */
static void live(pid_t parent)
{
    struct sigaction action = {.sa_handler = on_continue};
    sigset_t none;

    sigaction(SIGCONT, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigemptyset(&none);
    for (;;) {
        kill(parent, SIGUSR1);
        sigsuspend(&none); /* a handler ends it */
    }
}

static void begin(void (*prepare)(void))
{
    pid_t parent = getpid();

    fflush(stdout);
    child = fork();
    if (child == 0) {
        if (prepare != NULL)
            prepare();
        live(parent);
    }
    await(SIGUSR1);
}

static void finish(const char *what)
{
    kill(child, SIGKILL);
    soon(what);
    statuses(what);
}

static void plain(void)
{
    begin(NULL);
    kill(child, SIGSTOP);
    soon("SIGSTOP");
    statuses("SIGSTOP");
    statuses("told once");
    kill(child, SIGUSR2); /* waits until it goes on */
    kill(child, SIGSTOP);
    news("stopped already", 20000000);
    kill(child, SIGCONT);
    soon("SIGCONT");
    statuses("SIGCONT");
    statuses("told once");
    await(SIGUSR1);
    kill(child, SIGCONT);
    await(SIGUSR1);
    news("it ran already", 20000000);
    statuses("it ran already");
    finish("end");
}

static void ended_while_stopped(void)
{
    int status = 0;

    begin(NULL);
    kill(child, SIGSTOP);
    soon("SIGSTOP");
    kill(child, SIGTERM); /* waits, too */
    news("not SIGTERM", 20000000);
    finish("but SIGKILL");
    begin(NULL);
    kill(child, SIGSTOP);
    soon("SIGSTOP");
    kill(child, SIGTERM);
    kill(child, SIGCONT);
    waitpid(child, &status, 0); /* one signal may stand for both news */
    show("SIGTERM once it goes on", WTERMSIG(status));
    forget();
}

static void own_group(void)
{
    setpgid(0, 0);
}

static void own_session(void)
{
    setsid();
}

static void by_terminal(int signal)
{
    begin(own_group);
    kill(child, signal);
    soon("from the terminal");
    statuses("from the terminal");
    kill(child, SIGCONT);
    soon("SIGCONT");
    finish("end");
    begin(own_session);
    kill(child, signal);
    kill(child, SIGUSR2);
    await(SIGUSR1);
    news("an orphaned group", 20000000);
    kill(child, SIGSTOP);
    soon("but SIGSTOP");
    finish("end");
}

static void hold(void)
{
    signal(SIGTSTP, on_continue);
}

static void handled(void)
{
    begin(hold);
    kill(child, SIGTSTP);
    await(SIGUSR1);
    news("a handler in its place", 20000000);
    finish("end");
}

static int is_pending(int signal)
{
    sigset_t set;

    sigpending(&set);
    return sigismember(&set, signal);
}

/* Of us: blocked ones cancel each other where they wait. */
static void cancelled(void)
{
    raise(SIGTSTP);
    raise(SIGTTIN);
    show("SIGTSTP waits", is_pending(SIGTSTP));
    kill(getpid(), SIGCONT);
    show("SIGTSTP waits", is_pending(SIGTSTP));
    show("SIGTTIN waits", is_pending(SIGTTIN));
    show("SIGCONT waits", is_pending(SIGCONT));
    kill(getpid(), SIGTTOU);
    show("SIGCONT waits", is_pending(SIGCONT));
    show("SIGTTOU waits", is_pending(SIGTTOU));
    kill(getpid(), SIGCONT);
    show("SIGTTOU waits", is_pending(SIGTTOU));
}

static void untold(void)
{
    struct sigaction action = {.sa_handler = on_continue, .sa_flags = SA_NOCLDSTOP};

    sigaction(SIGCHLD, &action, NULL);
    begin(NULL);
    kill(child, SIGSTOP);
    news("SA_NOCLDSTOP", 20000000);
    statuses("SA_NOCLDSTOP");
    kill(child, SIGCONT);
    news("SA_NOCLDSTOP", 20000000);
    await(SIGUSR1);
    statuses("SA_NOCLDSTOP");
    finish("its end is told");
}

/* A call that waits goes on, with what is left of its time. */
static void sleeping(void)
{
    struct timespec time = {0, 300000000}, start, end;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        clock_gettime(CLOCK_MONOTONIC, &start);
        kill(getppid(), SIGUSR1);
        int result = nanosleep(&time, NULL);
        clock_gettime(CLOCK_MONOTONIC, &end);
        long ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
        _exit(result == 0 && ms >= 300 ? 7 : 1);
    }
    await(SIGUSR1);
    kill(child, SIGSTOP);
    soon("asleep");
    kill(child, SIGCONT);
    soon("asleep");
    soon("awake");
    statuses("awake");
}

int main(void)
{
    sigset_t set;

    sigfillset(&set);
    sigdelset(&set, SIGINT);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGCHLD, on_continue); /* blocked; not ignored */
    plain();
    ended_while_stopped();
    by_terminal(SIGTSTP);
    by_terminal(SIGTTIN);
    by_terminal(SIGTTOU);
    handled();
    cancelled();
    sleeping();
    untold();
    return 0;
}
