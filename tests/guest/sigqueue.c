/* SPDX-License-Identifier: Apache-2.0 */
/* sigqueue.c - real-time signals queue with their values, standard ones don't; what handlers and waiters are told. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "show.h"

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    printf("  signal %d, code %d, error %d, from %s, value %d\n", signal >= SIGRTMIN ? signal - SIGRTMIN + 100 : signal,
           info->si_code, info->si_errno,
           info->si_pid == getpid() ? "us"
           : info->si_pid != 0      ? "another"
                                    : "nobody",
           info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}

static void block(int how)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(how, &all, NULL);
}

static void unblock(const char *what)
{
    printf("%s:\n", what);
    block(SIG_UNBLOCK);
}

static void queue(int signal, int value)
{
    show("sigqueue", sigqueue(getpid(), signal, (union sigval){.sival_int = value}));
}

static void order(void)
{
    block(SIG_BLOCK);
    queue(SIGRTMIN + 1, 1);
    queue(SIGRTMIN + 1, 2);
    queue(SIGRTMIN, 3);
    queue(SIGRTMIN + 1, 4);
    queue(SIGUSR1, 5);
    queue(SIGUSR1, 6);
    kill(getpid(), SIGRTMIN);
    unblock("handlers run in the other direction, the last that is entered first");
    block(SIG_BLOCK);
    kill(getpid(), SIGUSR1);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    raise(SIGUSR1);
    unblock("one for the process, one for the thread");
    block(SIG_BLOCK);
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGSEGV);
    kill(getpid(), SIGFPE);
    unblock("faults' signals first");
}

static void ways(void)
{
    printf("one after the other:\n");
    kill(getpid(), SIGUSR1);
    raise(SIGUSR1);
    syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1);
    queue(SIGUSR1, 7);
    siginfo_t made = {.si_signo = 99, .si_errno = 5, .si_code = -3, .si_pid = getpid(), .si_uid = getuid()};
    show("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &made));
    show("rt_tgsigqueueinfo", syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGUSR2, &made));
    made.si_code = SI_USER;
    show("pretending to oneself", syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &made));
    made.si_code = -30;
    memset((char *)&made + 48, 0, sizeof(made) - 48);
    show("an unknown layout", syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &made));
    ((char *)&made)[127] = 1;
    show("that is too long", syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &made));
    show("signal 0", syscall(SYS_rt_sigqueueinfo, getpid(), 0, &(siginfo_t){.si_code = SI_QUEUE}));
    show("signal 65", syscall(SYS_rt_sigqueueinfo, getpid(), 65, &(siginfo_t){.si_code = SI_QUEUE}));
    show("no thread 0", syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, SIGUSR1, &(siginfo_t){.si_code = SI_QUEUE}));
    show("no info", syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, NULL));
}

static void dropped(void)
{
    struct sigaction again;

    block(SIG_BLOCK);
    sigaction(SIGRTMIN, NULL, &again);
    queue(SIGRTMIN, 8);
    queue(SIGRTMIN, 9);
    signal(SIGRTMIN, SIG_IGN);
    sigaction(SIGRTMIN, &again, NULL);
    raise(SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    sigaction(SIGCHLD, &again, NULL);
    unblock("ignored meanwhile");
}

static void waiting(void)
{
    struct timespec none = {0, 0}, bad = {0, -1};
    siginfo_t info;
    sigset_t set;

    block(SIG_BLOCK);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 2);
    sigaddset(&set, SIGUSR2);
    show("nothing is there", sigtimedwait(&set, &info, &none));
    show("no such time", sigtimedwait(&set, &info, &bad));
    queue(SIGRTMIN + 2, 10);
    queue(SIGRTMIN + 2, 11);
    raise(SIGUSR2);
    for (int i = 0; i < 3; i++) {
        int signal = sigwaitinfo(&set, &info);
        on_signal(signal, &info, NULL);
    }
    show("nothing is left", sigtimedwait(&set, NULL, &none));
    show("a set of 4 bytes", syscall(SYS_rt_sigtimedwait, &set, NULL, &none, 4));
    show("no set", syscall(SYS_rt_sigtimedwait, NULL, NULL, &none, 8));
    block(SIG_UNBLOCK);
}

static void limited(void)
{
    struct rlimit none = {0, 0}, limit;

    getrlimit(RLIMIT_SIGPENDING, &limit);
    none.rlim_max = limit.rlim_max;
    show("setrlimit", setrlimit(RLIMIT_SIGPENDING, &none));
    block(SIG_BLOCK);
    queue(SIGRTMIN, 12);
    show("real-time by kill", kill(getpid(), SIGRTMIN));
    show("the same again", kill(getpid(), SIGRTMIN));
    queue(SIGUSR1, 13);
    show("standard by kill", kill(getpid(), SIGUSR2));
    unblock("without room");
    setrlimit(RLIMIT_SIGPENDING, &limit);
}

int main(void)
{
    const int signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGSEGV, SIGFPE, SIGRTMIN, SIGRTMIN + 1};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    order();
    ways();
    dropped();
    waiting();
    limited();
    return 0;
}
