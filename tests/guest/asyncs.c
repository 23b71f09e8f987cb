/* SPDX-License-Identifier: Apache-2.0 */
/* asyncs.c - signal-driven I/O: which files know O_ASYNC, who is told (F_SETOWN), by which signal (F_SETSIG), of what.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "pty.h"
#include "show.h"

#define QUEUED (SIGRTMIN + 2)
#define FIFO "/dev/shm/asyncs-fifo" /* the folder may be on a disk that has none */

static sigset_t all;

/* ---- what came ---- */

static const char *name_of(int signal)
{
    return signal == SIGIO ? "SIGIO" : signal == SIGUSR1 ? "SIGUSR1" : signal == SIGTRAP ? "SIGTRAP" : "queued";
}

/* All signals that wait, or the one that comes within a while. */
static void came_within(const char *what, int fd, long seconds)
{
    struct timespec wait = {seconds, 0};
    siginfo_t info;
    int signal;

    printf("%s:", what);
    while ((signal = sigtimedwait(&all, &info, &wait)) > 0) {
        printf(" %s code %d", name_of(signal), info.si_code);
        if (info.si_code != SI_KERNEL)
            printf(" band %lx fd %s", info.si_band, info.si_fd == fd ? "right" : "wrong");
        printf(";");
        wait.tv_sec = 0;
    }
    printf("\n");
}

static void came(const char *what, int fd)
{
    came_within(what, fd, 0);
}

static void comes(const char *what, int fd)
{
    came_within(what, fd, 20);
}

static void async(const char *what, int fd, int owner, int signal)
{
    int error = fcntl(fd, F_SETOWN, owner);

    error |= fcntl(fd, F_SETSIG, signal);
    error |= fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
    printf("%s: %s, %s\n", what, error == 0 ? "set" : error_name(errno), fcntl(fd, F_GETFL) & O_ASYNC ? "on" : "off");
}

/* ---- which files ---- */

static void try_file(const char *what, int fd)
{
    int on = 1, off = 0, flags = fcntl(fd, F_GETFL), error;

    if (fd < 0) {
        printf("%s: %s\n", what, error_name(errno));
        return;
    }
    error = fcntl(fd, F_SETFL, flags | O_ASYNC | O_NONBLOCK);
    printf("%s: %d %o", what, error, fcntl(fd, F_GETFL) & (O_ASYNC | O_NONBLOCK));
    error = fcntl(fd, F_SETFL, flags);
    printf(", %d %o", error, fcntl(fd, F_GETFL) & (O_ASYNC | O_NONBLOCK));
    error = ioctl(fd, FIOASYNC, &on);
    printf(", %s %o", error == 0 ? "0" : error_name(errno), fcntl(fd, F_GETFL) & O_ASYNC);
    error = ioctl(fd, FIOASYNC, &off);
    printf(", %s %o", error == 0 ? "0" : error_name(errno), fcntl(fd, F_GETFL) & O_ASYNC);
    error = ioctl(fd, FIOASYNC, 8);
    printf(", %s\n", error == 0 ? "0" : error_name(errno));
    close(fd);
}

static void which_files(void)
{
    int ends[2], master;
    sigset_t none;

    sigemptyset(&none);
    if (pipe(ends) != 0)
        return;
    try_file("pipe to read", ends[0]);
    try_file("pipe to write", ends[1]);
    unlink(FIFO);
    mkfifo(FIFO, 0600);
    try_file("FIFO", open(FIFO, O_RDWR));
    master = pty_master();
    try_file("terminal", pty_slave(master, O_RDWR | O_NOCTTY));
    try_file("master", master);
    try_file("inotify", inotify_init());
    try_file("eventfd", eventfd(0, 0));
    try_file("signalfd", signalfd(-1, &none, 0));
    try_file("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
    try_file("epoll", epoll_create1(0));
    try_file("memfd", memfd_create("m", 0));
    try_file("file", open("f", O_RDWR | O_CREAT, 0600));
    try_file("directory", open(".", O_RDONLY));
    try_file("/dev/null", open("/dev/null", O_RDWR));
    try_file("/dev/zero", open("/dev/zero", O_RDWR));
    try_file("/dev/random", open("/dev/random", O_RDONLY));
    try_file("/dev/urandom", open("/dev/urandom", O_RDONLY));
    try_file("O_PATH", open("f", O_PATH));
}

static void show_async(const char *what, int fd)
{
    printf("%s: %o\n", what, fcntl(fd, F_GETFL) & O_ASYNC);
}

/* open(2) keeps the flag, and does nothing for it. */
static void opened_so(void)
{
    int fifo = open(FIFO, O_RDWR | O_ASYNC), file = open("f", O_RDWR | O_ASYNC);

    show_async("FIFO opened with O_ASYNC", fifo);
    show_async("file opened with O_ASYNC", file);
    async("turn it on", fifo, getpid(), 0);
    show("write", write(fifo, "x", 1));
    came("nothing", fifo);
    show("turn it off", fcntl(fifo, F_SETFL, O_RDWR));
    show_async("FIFO", fifo);
    show("turn it off", fcntl(file, F_SETFL, O_RDWR));
    show_async("file", file);
    close(fifo);
    close(file);
}

/* ---- who ---- */

struct owner {
    int type, pid;
};

static void show_owner(const char *what, int fd)
{
    struct owner owner = {-1, -1};
    int plain = fcntl(fd, F_GETOWN), error = fcntl(fd, F_GETOWN_EX, &owner);
    const char *who = owner.pid == 0                                         ? "nobody"
                      : owner.type == F_OWNER_PGRP && owner.pid == getpgrp() ? "our group"
                      : owner.pid == getpid()                                ? "us"
                                                                             : "another";

    printf("%s: %s, %d type %d %s\n", what,
           plain == 0  ? "nobody"
           : plain > 0 ? "one"
                       : "a group",
           error, owner.type, who);
}

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

/* ---- pipes ---- */

static void fill(int fd)
{
    static char bytes[65536];

    show_ok("fill it", write(fd, bytes, sizeof(bytes)) > 0 ? 0 : -1);
}

static void pipe_of(int signal)
{
    static char bytes[65536];
    int ends[2];

    printf("signal %s\n", signal == 0 ? "of none" : name_of(signal));
    if (pipe2(ends, O_NONBLOCK) != 0)
        return;
    async("reader", ends[0], getpid(), signal);
    async("writer", ends[1], getpid(), signal);
    show("write", write(ends[1], "ab", 2));
    came("written", ends[0]);
    show("write more", write(ends[1], "ab", 2));
    came("written more", ends[0]);
    show("write nothing", write(ends[1], "ab", 0));
    came("nothing written", ends[0]);
    show("read", read(ends[0], bytes, 1));
    came("read", ends[1]);
    show("read all", read(ends[0], bytes, 10));
    came("read all", ends[1]);
    show("read none", read(ends[0], bytes, 10));
    came("read none", ends[1]);
    fill(ends[1]);
    came("filled", ends[0]);
    show("write to a full one", write(ends[1], "x", 1));
    came("was full", ends[0]);
    show_ok("read a part", read(ends[0], bytes, sizeof(bytes)));
    came("room", ends[1]);
    show("turn the reader off", fcntl(ends[0], F_SETFL, O_NONBLOCK));
    show("write", write(ends[1], "ab", 2));
    came("nobody is told", ends[0]);
    show("turn it on", fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC));
    close(ends[1]);
    came("no writer", ends[0]);
    close(ends[0]);
    came("none at all", ends[0]);
}

static void pipe_reader_goes(void)
{
    int ends[2];

    if (pipe2(ends, O_NONBLOCK) != 0)
        return;
    async("writer", ends[1], getpid(), QUEUED);
    close(ends[0]);
    came("no reader", ends[1]);
    show("write", write(ends[1], "x", 1));
    came("SIGPIPE is ignored", ends[1]);
    close(ends[1]);
}

static void splicing(void)
{
    int in[2], out[2];

    if (pipe2(in, O_NONBLOCK) != 0 || pipe2(out, O_NONBLOCK) != 0)
        return;
    show("write", write(in[1], "abcd", 4));
    async("reader of the second", out[0], getpid(), QUEUED);
    async("writer of the first", in[1], getpid(), SIGUSR1);
    show("tee", tee(in[0], out[1], 10, 0));
    came("tee", out[0]);
    show("splice a part", splice(in[0], NULL, out[1], NULL, 2, 0));
    came("a part", out[0]);
    show("splice", splice(in[0], NULL, out[1], NULL, 10, 0));
    came("a buffer", out[0]);
    show("vmsplice", vmsplice(out[1], &(struct iovec){"ab", 2}, 1, 0));
    came("vmsplice", out[0]);
    int file = open("spliced", O_RDWR | O_CREAT | O_TRUNC, 0600);
    show("splice nothing from a file", splice(file, NULL, out[1], NULL, 10, 0));
    came("nothing", out[0]);
    show("write", write(file, "x", 1));
    show("splice from a file", splice(file, &(off_t){0}, out[1], NULL, 10, 0));
    came("from a file", out[0]);
    show("write", write(in[1], "abcd", 4));
    came("no reader has asked", in[1]);
    show("splice to a file", splice(in[0], NULL, file, &(off_t){0}, 10, 0));
    came("to a file", in[1]);
    for (int i = 0; i < 2; i++)
        close(in[i]), close(out[i]);
    close(file);
}

/* A FIFO that is open for both is told of both; a descriptor's number is the one that it was turned on by. */
static void fifos(void)
{
    int fd = open(FIFO, O_RDWR | O_NONBLOCK), other = dup(fd);
    char byte;

    async("FIFO", fd, getpid(), QUEUED);
    show_async("the other descriptor", other);
    show("write", write(other, "x", 1));
    came("written", fd);
    show("read", read(other, &byte, 1));
    came("read", fd);
    show("again by the other", fcntl(other, F_SETFL, O_ASYNC | O_NONBLOCK));
    close(fd);
    show("write", write(other, "x", 1));
    came("still told", fd);
    show("off", ioctl(other, FIOASYNC, &(int){0}));
    show("on", ioctl(other, FIOASYNC, &(int){1}));
    show("write", write(other, "x", 1));
    came("of the other", other);
    close(other);
    fd = open(FIFO, O_RDWR | O_NONBLOCK);
    show("write", write(fd, "x", 1));
    came("it is closed", fd);
    close(fd);
}

/* Several files: the last that asked is told first. */
static void several(void)
{
    int first = open(FIFO, O_RDONLY | O_NONBLOCK), second = open(FIFO, O_RDWR | O_NONBLOCK);

    async("first", first, getpid(), QUEUED);
    async("second", second, getpid(), QUEUED);
    show("write", write(second, "x", 1));
    came("both", second);
    close(second);
    came("no writer", first);
    close(first);
}

static void sharing(void)
{
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0)
        return;
    async("reader", ends[0], getpid(), QUEUED);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    waitpid(child, NULL, 0);
    came("of a child's write", ends[0]);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        came("nothing is inherited", ends[0]);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    close(ends[1]);
    came("the file is still the child's parent's", ends[0]);
    close(ends[0]);
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

/* ---- terminals, inotify, leases ---- */

static void terminals(void)
{
    int master = pty_master(), slave = pty_slave(master, O_RDWR | O_NOCTTY | O_NONBLOCK), other;
    static char bytes[65536];

    show("on", fcntl(slave, F_SETFL, fcntl(slave, F_GETFL) | O_ASYNC));
    show_owner("owner of a terminal", slave);
    show("signal", fcntl(slave, F_SETSIG, QUEUED));
    show("type", write(master, "a", 1));
    show("type a line", write(master, "b\n", 2));
    comes("a line", slave);
    show_read("read", slave, 100);
    show("type", write(master, "a\n", 2));
    comes("another line", slave);
    pty_raw(slave);
    show_read("read", slave, 100);
    show("type", write(master, "x", 1));
    comes("a byte", slave);
    show_read("read", slave, 100);
    tcflush(master, TCIFLUSH);
    show("master on", fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_ASYNC | O_NONBLOCK));
    show_owner("owner of a master", master);
    show("signal", fcntl(master, F_SETSIG, QUEUED));
    show("show", write(slave, "shown", 5));
    comes("shown", master);
    while (read(master, bytes, sizeof(bytes)) > 0)
        ;
    show("master off", fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK));
    while (write(slave, bytes, sizeof(bytes)) > 0)
        ;
    came("nobody", slave);
    while (read(master, bytes, sizeof(bytes)) > 0)
        ;
    comes("room", slave);
    other = pty_slave(master, O_RDWR | O_NOCTTY);
    close(other);
    came("one of two is closed", slave);
    close(master);
    came("hung up", slave);
    show_async("after that", slave);
    show("off", fcntl(slave, F_SETFL, O_RDWR));
    show("on", fcntl(slave, F_SETFL, O_RDWR | O_ASYNC));
    show("FIOASYNC", ioctl(slave, FIOASYNC, &(int){1}));
    show("FIOASYNC off", ioctl(slave, FIOASYNC, &(int){0}));
    close(slave);
}

/* In a session of its own the group in the foreground is told. */
static void controlled(void)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        int master = pty_master(), slave;

        setsid();
        slave = pty_slave(master, O_RDWR);
        show("on", fcntl(slave, F_SETFL, O_RDWR | O_ASYNC));
        show_owner("owner of a controlling terminal", slave);
        show("group", fcntl(slave, F_GETOWN) == -getpid());
        show("set", fcntl(slave, F_SETOWN, getpid()));
        show("off", fcntl(slave, F_SETFL, O_RDWR));
        show("on", fcntl(slave, F_SETFL, O_RDWR | O_ASYNC));
        show_owner("it stays", slave);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void watches(void)
{
    int fd = inotify_init1(IN_NONBLOCK), file;

    async("inotify", fd, getpid(), QUEUED);
    show("watch", inotify_add_watch(fd, "f", IN_MODIFY | IN_CLOSE));
    file = open("f", O_RDWR);
    show("write", write(file, "x", 1));
    came("an event", fd);
    show("write", write(file, "x", 1));
    came("the same one", fd);
    close(file);
    came("another", fd);
    close(fd);
}

static void leases(void)
{
    int fd = open("leased", O_RDWR | O_CREAT, 0600);

    show("signal", fcntl(fd, F_SETSIG, QUEUED));
    show("lease", fcntl(fd, F_SETLEASE, F_WRLCK));
    show_owner("owner", fd);
    show("open", open("leased", O_RDONLY | O_NONBLOCK));
    came("a lease breaks", fd);
    show("give up", fcntl(fd, F_SETLEASE, F_UNLCK));
    show_owner("owner", fd);
    show("F_GETSIG", fcntl(fd, F_GETSIG));
    show("lease", fcntl(fd, F_SETLEASE, F_WRLCK));
    show("open", open("leased", O_RDONLY | O_NONBLOCK));
    came("without F_SETSIG", fd);
    show("F_SETOWN", fcntl(fd, F_SETOWN, 0));
    show("give up", fcntl(fd, F_SETLEASE, F_UNLCK));
    show("off", fcntl(fd, F_SETFL, O_RDWR | O_ASYNC));
    show_async("a file with a lease", fd);
    close(fd);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&all);
    sigaddset(&all, SIGIO);
    sigaddset(&all, SIGUSR1);
    sigaddset(&all, SIGTRAP);
    sigaddset(&all, QUEUED);
    sigprocmask(SIG_BLOCK, &all, NULL);
    which_files();
    opened_so();
    owners();
    signals();
    pipe_of(0);
    pipe_of(QUEUED);
    pipe_of(SIGUSR1);
    pipe_reader_goes();
    splicing();
    fifos();
    several();
    sharing();
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
    terminals();
    controlled();
    watches();
    leases();
    unlink(FIFO);
    return 0;
}
