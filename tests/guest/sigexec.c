/* SPDX-License-Identifier: Apache-2.0 */
/* sigexec.c - what a program leaves to the next one: the mask, what waits, what is ignored, the alarm; not handlers,
 * the alternate stack and timers. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "show.h"

static void on_signal(int signal)
{
    (void)signal;
}

static void is(const char *what, int signal)
{
    struct sigaction action;

    sigaction(signal, NULL, &action);
    printf("%s: %s, flags %x\n", what,
           action.sa_handler == SIG_DFL   ? "default"
           : action.sa_handler == SIG_IGN ? "ignored"
                                          : "a handler",
           (unsigned)action.sa_flags & ~0x04000000u);
}

static void look(void)
{
    struct itimerval left;
    siginfo_t info;
    stack_t stack;
    sigset_t set;
    int id = atoi(getenv("TIMER"));

    is("SIGUSR1", SIGUSR1);
    is("SIGUSR2", SIGUSR2);
    is("SIGHUP", SIGHUP);
    is("SIGCHLD", SIGCHLD);
    is("SIGURG", SIGURG);
    sigprocmask(SIG_BLOCK, NULL, &set);
    show("SIGTERM is blocked", sigismember(&set, SIGTERM));
    show("SIGHUP is blocked", sigismember(&set, SIGHUP));
    sigpending(&set);
    show("SIGTERM waits", sigismember(&set, SIGTERM));
    show("a real-time signal waits", sigismember(&set, SIGRTMIN));
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    for (int i = 0; i < 2; i++) {
        show("taken", sigwaitinfo(&set, &info) == SIGRTMIN);
        show("its value", info.si_value.sival_int);
    }
    sigaltstack(NULL, &stack);
    show_bool("no alternate stack", stack.ss_flags == SS_DISABLE);
    getitimer(ITIMER_REAL, &left);
    show_bool("the alarm goes on", left.it_value.tv_sec > 900 && left.it_interval.tv_sec == 7);
    getitimer(ITIMER_PROF, &left);
    show_bool("that of CPU time, too", left.it_value.tv_sec > 900);
    show("the timer is gone", syscall(SYS_timer_delete, id));
    show("the next one has number", syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id) == 0 && id >= 0);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
    static char stack[32768];
    char number[16];
    sigset_t set;
    int id = -1;

    if (getenv("TIMER") != NULL) {
        look();
        return 0;
    }
    (void)argc;
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGUSR2, SIG_IGN);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT | SA_NOCLDSTOP}, NULL);
    sigaction(SIGURG, &(struct sigaction){.sa_handler = SIG_IGN, .sa_flags = SA_NODEFER}, NULL);
    signal(SIGALRM, SIG_IGN); /* which the timer sends */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGTERM);
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 11});
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 12});
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof(stack)}, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){{7, 0}, {1000, 0}}, NULL);
    setitimer(ITIMER_PROF, &(struct itimerval){{7, 0}, {1000, 0}}, NULL);
    show("timer_create", syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id));
    show("timer_settime", syscall(SYS_timer_settime, id, 0, &(struct itimerspec){{0, 1000000}, {0, 1000000}}, NULL));
    snprintf(number, sizeof(number), "%d", id);
    setenv("TIMER", number, 1);
    fflush(stdout);
    execv(argv[0], argv);
    return 1;
}
