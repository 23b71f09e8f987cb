/* SPDX-License-Identifier: Apache-2.0 */
/* async_owners.c - signal-driven I/O: who is told (F_SETOWN and its kin), by which signal (F_SETSIG), and whether that
 * may be. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "asyncs.h"

#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif

static void *thread_tid(void *arg)
{
    *(int *)arg = (int)syscall(SYS_gettid);
    return NULL;
}

static int ends_of_wait[2], told_of;

static void *thread_waits(void *arg)
{
    char byte;

    (void)thread_tid(arg);
    if (read(ends_of_wait[0], &byte, 1) < 0)
        return arg;
    return NULL;
}

static void owner_set(const char *what, int fd, int type, int pid)
{
    show(what, fcntl(fd, F_SETOWN_EX, &(struct owner){type, pid}));
    show_owner("  owner", fd);
}

static void owners(void)
{
    int ends[2], tid = 0;
    pthread_t thread;
    pid_t child;

    if (pipe(ends) != 0 || pipe(ends_of_wait) != 0)
        return;
    show_owner("at first", ends[0]);
    owner_set("a process", ends[0], F_OWNER_PID, getpid());
    owner_set("a thread", ends[0], F_OWNER_TID, getpid());
    owner_set("a group", ends[0], F_OWNER_PGRP, getpgrp());
    owner_set("nobody's number", ends[0], F_OWNER_PID, 0x3fffffff);
    owner_set("another type", ends[0], 3, getpid());
    owner_set("nobody", ends[0], F_OWNER_PGRP, 0);
    child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    owner_set("a child", ends[0], F_OWNER_PID, child);
    owner_set("its group, which is none", ends[0], F_OWNER_PGRP, child);
    owner_set("its thread", ends[0], F_OWNER_TID, child);
    kill(child, SIGKILL);
    waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT);
    show_owner("that has ended", ends[0]);
    owner_set("the process that has", ends[0], F_OWNER_PID, child);
    waitpid(child, NULL, 0);
    show_owner("that is gone", ends[0]);
    owner_set("as a number that is free", ends[0], F_OWNER_PID, child);
    show("write", write(ends[1], "x", 1));
    came("nobody is told", ends[0]);
    pthread_create(&thread, NULL, thread_waits, &tid);
    while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    owner_set("another thread", ends[0], F_OWNER_TID, tid);
    owner_set("as a process", ends[0], F_OWNER_PID, tid);
    show("wake it", write(ends_of_wait[1], "x", 1));
    pthread_join(thread, NULL);
    for (int i = 0; i < 2; i++)
        close(ends[i]), close(ends_of_wait[i]);
}

static void signals(void)
{
    int ends[2];

    if (pipe(ends) != 0)
        return;
    show("F_GETSIG", fcntl(ends[0], F_GETSIG));
    show("F_SETSIG", fcntl(ends[0], F_SETSIG, SIGUSR1));
    show("F_GETSIG", fcntl(ends[0], F_GETSIG));
    show("F_SETSIG 65", fcntl(ends[0], F_SETSIG, 65));
    show("F_SETSIG -1", fcntl(ends[0], F_SETSIG, -1));
    show("F_SETSIG 64", fcntl(ends[0], F_SETSIG, 64));
    show("F_SETSIG 0", fcntl(ends[0], F_SETSIG, 0));
    close(ends[0]);
    close(ends[1]);
}

/* ---- groups, threads, rights ---- */

static void in_group(void)
{
    int ends[2], back[2];
    pid_t children[2];
    char byte;

    if (pipe(ends) != 0 || pipe(back) != 0)
        return;
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            siginfo_t info;
            setpgid(0, i == 0 ? 0 : children[0]);
            if (write(back[1], "x", 1) != 1)
                _exit(1);
            _exit(sigtimedwait(&all, &info, &(struct timespec){20, 0}) == QUEUED && info.si_code == POLL_IN ? 7 : 1);
        }
        setpgid(children[i], children[0]);
        if (read(back[0], &byte, 1) != 1)
            return;
    }
    async("a group", ends[0], -children[0], QUEUED);
    show_owner("owner", ends[0]);
    show("write", write(ends[1], "x", 1));
    for (int i = 0; i < 2; i++) {
        int status = 0;
        waitpid(children[i], &status, 0);
        show("of the group", WEXITSTATUS(status));
    }
    came("not ours", ends[0]);
    show_owner("owner", ends[0]);
    for (int i = 0; i < 2; i++)
        close(ends[i]), close(back[i]);
}

static void *thread_takes(void *arg)
{
    char byte;

    thread_tid(arg);
    if (read(ends_of_wait[0], &byte, 1) == 1)
        came("the other thread", told_of);
    return NULL;
}

static void to_thread(void)
{
    int ends[2], tid = 0;
    pthread_t thread;

    if (pipe(ends_of_wait) != 0 || pipe(ends) != 0)
        return;
    pthread_create(&thread, NULL, thread_takes, &tid);
    while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    told_of = ends[0];
    async("a thread", ends[0], getpid(), SIGUSR1);
    show("it", fcntl(ends[0], F_SETOWN_EX, &(struct owner){F_OWNER_TID, tid}));
    show("write", write(ends[1], "x", 1));
    came("not this one", ends[0]);
    if (write(ends_of_wait[1], "x", 1) != 1)
        return;
    pthread_join(thread, NULL);
    show("write", write(ends[1], "x", 1));
    came("it is gone", ends[0]);
    for (int i = 0; i < 2; i++)
        close(ends[i]), close(ends_of_wait[i]);
}

/* A child with other rights says who is to be told: we are, if they allow it. */
static void rights(const char *what, int real, int effective, int saved)
{
    unsigned users[2] = {7, 7};
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        int error = setresuid((uid_t)real, (uid_t)effective, (uid_t)saved);
        error |= fcntl(ends[0], F_SETOWN, getppid());
        error |= fcntl(ends[0], F_SETFL, O_ASYNC);
        _exit(error == 0 ? 0 : 1);
    }
    waitpid(child, NULL, 0);
    show("F_GETOWNER_UIDS", fcntl(ends[0], F_GETOWNER_UIDS, users));
    printf("set by %u, effectively %u\n", users[0], users[1]);
    show("write", write(ends[1], "x", 1));
    came(what, ends[0]);
    close(ends[0]);
    close(ends[1]);
}

/* No room for what is queued: a plain SIGIO instead. */
static void overflow(void)
{
    struct rlimit limit;
    int ends[2];

    if (pipe(ends) != 0)
        return;
    async("reader", ends[0], getpid(), QUEUED);
    getrlimit(RLIMIT_SIGPENDING, &limit);
    setrlimit(RLIMIT_SIGPENDING, &(struct rlimit){0, limit.rlim_max});
    show("write", write(ends[1], "x", 1));
    show("write", write(ends[1], "x", 1));
    came("no room", ends[0]);
    setrlimit(RLIMIT_SIGPENDING, &limit);
    show("write", write(ends[1], "x", 1));
    show("write", write(ends[1], "x", 1));
    came("room", ends[0]);
    show("SIGTRAP", fcntl(ends[0], F_SETSIG, SIGTRAP));
    show("write", write(ends[1], "x", 1));
    came("with codes of its own", ends[0]);
    show("SIGIO", fcntl(ends[0], F_SETSIG, SIGIO));
    show("write", write(ends[1], "x", 1));
    came("SIGIO with a descriptor", ends[0]);
    show("write", write(ends[1], "x", 1));
    int fd = signalfd(-1, &all, SFD_NONBLOCK);
    struct signalfd_siginfo info = {0};
    show("read a signalfd", read(fd, &info, sizeof(info)));
    printf("signal %d code %d band %x fd %s pid %d\n", (int)info.ssi_signo, info.ssi_code, info.ssi_band,
           info.ssi_fd == ends[0] ? "right" : "wrong", (int)info.ssi_pid);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

static volatile int handled_code, handled_fd;

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    handled_code = info->si_code;
    handled_fd = info->si_fd;
}

static void handling(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    int ends[2];
    sigset_t set;

    if (pipe(ends) != 0)
        return;
    sigemptyset(&set);
    sigaddset(&set, QUEUED);
    sigaction(QUEUED, &action, NULL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    async("reader", ends[0], getpid(), QUEUED);
    show("write", write(ends[1], "x", 1));
    printf("handler: code %d, fd %s\n", handled_code, handled_fd == ends[0] ? "right" : "wrong");
    sigprocmask(SIG_BLOCK, &set, NULL);
    close(ends[0]);
    close(ends[1]);
}

/* SIGIO ends who has no handler. */
static void ending(void)
{
    int ends[2], status = 0;
    pid_t child;

    if (pipe(ends) != 0)
        return;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        sigset_t set;
        fcntl(ends[0], F_SETOWN, getpid());
        fcntl(ends[0], F_SETFL, O_ASYNC);
        sigemptyset(&set);
        sigaddset(&set, SIGIO);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        _exit(write(ends[1], "x", 1) == 1 ? 1 : 2);
    }
    waitpid(child, &status, 0);
    show("ended by", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
    came("not us", ends[0]);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    signals_block();
    owners();
    signals();
    in_group();
    to_thread();
    rights("from root", 0, 0, 0);
    rights("from root, effectively", 1000, 0, 1000);
    rights("from another", 1000, 1000, 1000);
    rights("from one who is really root", 0, 1000, 1000);
    rights("from one who could be root", 1000, 1000, 0);
    overflow();
    handling();
    ending();
    return 0;
}
