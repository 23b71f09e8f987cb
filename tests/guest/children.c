/* SPDX-License-Identifier: Apache-2.0 */
/* children.c - children in all the ways that they are made, end, and are waited for: wait4, waitid, SIGCHLD, usage. */
#define _GNU_SOURCE
#include "family.h"

static void statuses(void)
{
    static const int codes[] = {0, 1, 255, 256 + 7};
    static const int signals[] = {SIGKILL, SIGTERM, SIGABRT, SIGUSR1, SIGPIPE};

    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        pid_t pid = branch();
        if (pid == 0)
            _exit(codes[i]);
        reap("code", pid);
    }
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        pid_t pid = branch();
        if (pid == 0) {
            raise(signals[i]);
            _exit(99);
        }
        reap("signal", pid);
    }
}

static int tree(int depth)
{
    int sum = 1;

    if (depth == 0)
        return sum;
    for (int i = 0; i < 2; i++) {
        int status;
        pid_t pid = branch();
        if (pid == 0)
            _exit(tree(depth - 1));
        if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
            sum += WEXITSTATUS(status);
    }
    return sum;
}

static void show_info(const char *what, long result, const siginfo_t *info, pid_t pid)
{
    if (result == -1) {
        printf("%s: %s\n", what, error_name(errno));
        return;
    }
    printf("%s: %ld, signo %d, errno %d, code %d, %s, status %d, uid %s\n", what, result, info->si_signo,
           info->si_errno, info->si_code,
           info->si_pid == pid ? "it"
           : info->si_pid == 0 ? "nobody"
                               : "another",
           info->si_status, info->si_pid == 0 || info->si_uid == getuid() ? "ours" : "another's");
}

static void ids(void)
{
    siginfo_t info = {0};
    struct rusage usage = {.ru_maxrss = -1};
    int status;
    pid_t pid = branch();

    if (pid == 0)
        _exit(3);
    show_info("waitid without taking it", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), &info, pid);
    show_info("again", waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), &info, pid);
    memset(&info, 0, sizeof(info));
    show_info("not if it has stopped", waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG), &info, pid);
    show_info("and with its usage", syscall(SYS_waitid, P_PGID, 0, &info, WEXITED, &usage), &info, pid);
    show_bool("usage has a size", usage.ru_maxrss >= 0 && usage.ru_maxrss < 1 << 20);
    show_bool("usage has page faults", usage.ru_minflt > 0);
    show_info("it is gone", waitid(P_PID, (id_t)pid, &info, WEXITED), &info, pid);
    pid = branch();
    if (pid == 0)
        raise(SIGTERM);
    show_info("by a signal", waitid(P_ALL, 0, &info, WEXITED), &info, pid);
    show("nobody is left", waitpid(-1, &status, 0));
}

static void not_yet(struct shared *shared)
{
    siginfo_t info = {.si_signo = 5};
    int status = 77;
    pid_t pid = branch();

    if (pid == 0) {
        turn_wait(shared, 1);
        _exit(0);
    }
    show("it runs: WNOHANG", waitpid(pid, &status, WNOHANG));
    show("status left alone", status);
    info.si_pid = 9;
    show_info("it runs: waitid", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), &info, pid);
    show("another group", waitpid(-pid, &status, 0));
    show("a clone", waitpid(pid, &status, __WCLONE));
    show("one that isn't ours", waitpid(getpid(), &status, 0));
    turn_set(shared, 1);
    reap("it", pid);
}

static volatile sig_atomic_t signals_seen;
static siginfo_t seen;

static void on_child(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    signals_seen++;
    seen = *info;
}

static void child_signal(void)
{
    struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO};
    sigset_t block, old;
    int status;
    pid_t pid;

    sigemptyset(&block);
    sigaddset(&block, SIGCHLD);
    sigprocmask(SIG_BLOCK, &block, &old);
    sigaction(SIGCHLD, &action, NULL);
    pid = branch();
    if (pid == 0)
        _exit(17);
    while (signals_seen == 0)
        sigsuspend(&old);
    show("SIGCHLD", signals_seen);
    show_info("its info", 0, &seen, pid);
    reap("it", pid);

    action.sa_flags |= SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
    pid = branch();
    if (pid == 0)
        _exit(18);
    while (signals_seen == 1)
        sigsuspend(&old);
    show("SA_NOCLDWAIT: still told", seen.si_status);
    show("SA_NOCLDWAIT: but gone", waitpid(-1, &status, 0));

    signal(SIGCHLD, SIG_IGN);
    pid = branch();
    if (pid == 0)
        _exit(19);
    show("ignored: waits, and it is gone", waitpid(pid, &status, 0));
    sigprocmask(SIG_SETMASK, &old, NULL);
    signal(SIGCHLD, SIG_DFL);
}

static void work(void)
{
    volatile unsigned x = 0;

    for (unsigned i = 0; i < 3000000; i++)
        x += i;
}

static void usage(void)
{
    struct rusage before, after, its = {0};
    int status;
    pid_t pid;

    getrusage(RUSAGE_CHILDREN, &before);
    pid = branch();
    if (pid == 0) {
        pid_t inner = branch();
        if (inner == 0) {
            work();
            _exit(0);
        }
        waitpid(inner, &status, 0);
        _exit(0);
    }
    show_bool("wait4 with usage", wait4(pid, &status, 0, &its) == pid);
    getrusage(RUSAGE_CHILDREN, &after);
    show_bool("page faults of children", after.ru_minflt > before.ru_minflt);
    show_bool("CPU time of grandchildren",
              after.ru_utime.tv_sec * 1000000 + after.ru_utime.tv_usec + after.ru_stime.tv_usec >
                  before.ru_utime.tv_sec * 1000000 + before.ru_utime.tv_usec + before.ru_stime.tv_usec);
    show("a bad place for usage", wait4(pid, &status, 0, (void *)8));
    show("RUSAGE of nobody", getrusage(5, &its));
}

static void many(void)
{
    int sum = 0, count = 0, status;

    for (int i = 0; i < 40; i++)
        if (branch() == 0)
            _exit(i);
    while (wait(&status) > 0) {
        sum += WEXITSTATUS(status);
        count++;
    }
    printf("40 children: %d, sum %d, then %s\n", count, sum, error_name(errno));
}

int main(void)
{
    statuses();
    show("a tree of processes", tree(4));
    ids();
    not_yet(shared_make());
    child_signal();
    usage();
    many();
    return 0;
}
