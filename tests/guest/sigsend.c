/* SPDX-License-Identifier: Apache-2.0 */
/* sigsend.c - signals between processes: what the receiver is told, who takes them, what ends whom. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

static pid_t child;

static void tell(const char *what, int signal, const siginfo_t *info)
{
    if (signal < 0) {
        printf("%s: %s\n", what, error_name(errno));
        return;
    }
    printf("%s: signal %d, code %d, from %s, user %s, value %d\n", what, signal, info->si_code,
           info->si_pid == child       ? "the child"
           : info->si_pid == getpid()  ? "itself"
           : info->si_pid == getppid() ? "the parent"
                                       : "another",
           info->si_uid == getuid() ? "ours" : "another",
           info->si_code == SI_QUEUE ? info->si_value.sival_int
           : signal == SIGCHLD       ? info->si_status
                                     : 0);
}

static void await(const char *what, int signal)
{
    siginfo_t info;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    memset(&info, 0, sizeof(info));
    tell(what, sigwaitinfo(&set, &info), &info);
}

static int reap(void)
{
    int status = -1;

    if (waitpid(child, &status, 0) != child)
        printf("waitpid: %s\n", error_name(errno));
    return status;
}

static void show_end(const char *what)
{
    int status = reap();

    if (WIFSIGNALED(status))
        printf("%s: signal %d\n", what, WTERMSIG(status));
    else
        printf("%s: status %d\n", what, WEXITSTATUS(status));
}

/* Each waits for the other by signals alone. */
static void ping(void)
{
    pid_t parent = getpid();

    fflush(stdout);
    child = fork();
    if (child == 0) {
        kill(parent, SIGUSR1);
        await("child", SIGUSR2);
        sigqueue(parent, SIGUSR1, (union sigval){.sival_int = 1234});
        await("child", SIGUSR2);
        syscall(SYS_tkill, parent, SIGUSR1);
        await("child", SIGUSR2);
        syscall(SYS_tgkill, parent, parent, SIGRTMIN + 1);
        await("child", SIGRTMIN + 2);
        fflush(stdout);
        _exit(42);
    }
    await("parent", SIGUSR1);
    fflush(stdout);
    kill(child, SIGUSR2);
    await("parent", SIGUSR1);
    sigqueue(child, SIGUSR2, (union sigval){.sival_int = 5678});
    await("parent", SIGUSR1);
    syscall(SYS_tkill, child, SIGUSR2);
    await("parent", SIGRTMIN + 1);
    fflush(stdout);
    syscall(SYS_tgkill, child, child, SIGRTMIN + 2);
    await("parent", SIGCHLD);
    show("a zombie can be asked for", kill(child, 0));
    show("and killed", kill(child, SIGKILL));
    show("its thread, too", syscall(SYS_tgkill, child, child, 0));
    show_end("it ended before");
    show("nobody is left", kill(child, 0));
    show("no thread", syscall(SYS_tgkill, child, child, 0));
}

static void wait_for_ever(void)
{
    for (;;)
        pause();
}

static void spin(void)
{
    for (volatile int i = 0;; i++)
        ;
}

/* A child that is told to end while it waits, or computes. */
static void killed(const char *what, int signal, void (*until)(void))
{
    pid_t parent = getpid();

    fflush(stdout);
    child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        kill(parent, SIGUSR1);
        sigprocmask(SIG_SETMASK, &none, NULL);
        until();
    }
    await(what, SIGUSR1);
    kill(child, signal);
    await(what, SIGCHLD);
    show_end(what);
}

static void errors(void)
{
    siginfo_t made = {.si_signo = SIGUSR1, .si_code = SI_USER};

    show("kill, no process", kill(4194303, 0));
    show("kill, no process, no signal", kill(4194303, 99));
    show("kill, no group", kill(-4194303, 0));
    show("kill, the least", kill((pid_t)0x80000000, 0));
    show("kill, no signal", kill(getpid(), 65));
    show("kill, the group, no signal", kill(0, 65));
    show("kill, the group", kill(0, 0));
    show("tkill, nobody", syscall(SYS_tkill, 0, 0));
    show("tkill, no thread", syscall(SYS_tkill, 4194303, 0));
    show("tgkill, nobody", syscall(SYS_tgkill, -1, getpid(), 0));
    show("tgkill, of another", syscall(SYS_tgkill, 4194303, getpid(), 0));
    show("tgkill, no signal", syscall(SYS_tgkill, getpid(), getpid(), -1));
    show("the first process", kill(1, 0));
    show("pretending to another", syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &made));
    made.si_code = SI_TKILL;
    show("pretending to another", syscall(SYS_rt_sigqueueinfo, getppid() + 4194303, SIGUSR1, &made));
}

int main(void)
{
    sigset_t set;

    sigfillset(&set);
    sigdelset(&set, SIGINT);
    sigprocmask(SIG_SETMASK, &set, NULL);
    ping();
    killed("SIGTERM while it waits", SIGTERM, wait_for_ever);
    killed("SIGTERM while it computes", SIGTERM, spin);
    killed("SIGKILL while it waits", SIGKILL, wait_for_ever);
    killed("SIGKILL while it computes", SIGKILL, spin);
    killed("SIGSEGV by kill", SIGSEGV, wait_for_ever);
    killed("a real-time signal", SIGRTMIN + 3, wait_for_ever);
    errors();
    return 0;
}
