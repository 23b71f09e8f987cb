/* SPDX-License-Identifier: Apache-2.0 */
/*
 * torture.c - processes that do all kinds of things at once, from a seed: fork, exec, threads, memory, pipes, signals,
 * timers, sessions. What each comes to is known whatever the order: it is looked at, and so are the contents of memory.
 *
 *   torture FOLDER [SEED [STEPS]]   prints one line and ends with status 0, on any Linux
 */
#define _GNU_SOURCE
#include "torture.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#define WORKERS 4
#define DEEPEST 3

struct chance chance;
static char *own_name;
static unsigned depth;

unsigned any(unsigned below)
{
    return chance_below(&chance, below);
}

_Noreturn void wrong(const char *what, long got)
{
    char line[160];
    int length = snprintf(line, sizeof(line), "torture: %s: got %ld, errno %d\n", what, got, errno);

    (void)!write(STDERR_FILENO, line, (size_t)length);
    _exit(99);
}

/* A child that goes its own way, and ends when its parent does: that may be killed at any time. */
static pid_t child_make(void)
{
    uint64_t next = chance_next(&chance);
    pid_t parent = getpid(), pid = fork();

    if (pid == -1)
        wrong("fork", -1);
    if (pid == 0) {
        chance_seed(&chance, next);
        depth++;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(95);
    }
    return pid;
}

static void child_end(const char *what, pid_t pid, int status)
{
    int got = -1;

    while (waitpid(pid, &got, 0) == -1)
        if (errno != EINTR)
            wrong(what, -1);
    if (got != status)
        wrong(what, got);
}

/* ---- processes ---- */

static void fork_and_exit(void)
{
    int code = (int)any(99);
    pid_t pid = child_make();

    if (pid == 0) {
        maps_check();
        for (unsigned i = any(6); i > 0; i--)
            maps_change();
        maps_check();
        _exit(code);
    }
    for (unsigned i = any(4); i > 0; i--)
        maps_change();
    child_end("exit", pid, code << 8);
}

static void fork_and_work(void)
{
    pid_t pid;

    if (depth >= DEEPEST)
        return;
    pid = child_make();
    if (pid == 0) {
        work(1 + any(12));
        _exit(5);
    }
    work(1 + any(3));
    child_end("work", pid, 5 << 8);
}

static void exec_own(void)
{
    char *const argv[] = {own_name, "--exec", "a word", NULL}, *const envp[] = {"WORD=7", NULL};

    execve(own_name, argv, envp);
    _exit(98);
}

static void fork_and_exec(void)
{
    pid_t pid = any(2) == 0 ? child_make() : vfork();

    if (pid == 0)
        exec_own();
    child_end("exec", pid, 17 << 8);
}

static void *exec_thread(void *arg)
{
    (void)arg;
    exec_own();
    return NULL;
}

static void *idle_thread(void *arg)
{
    (void)arg;
    for (;;)
        pause();
    return NULL;
}

/* Threads that are there when one of them calls exec, or ends all. */
static void end_of_threads(void)
{
    pid_t pid = child_make();
    pthread_t thread;

    if (pid == 0) {
        for (unsigned i = any(4); i > 0; i--)
            if (pthread_create(&thread, NULL, idle_thread, NULL) != 0)
                wrong("thread", 0);
        if (pthread_create(&thread, NULL, exec_thread, NULL) != 0)
            wrong("thread", 1);
        for (;;)
            pause();
    }
    child_end("exec of a thread", pid, 17 << 8);
}

static void kill_busy(void)
{
    static const int signals[] = {SIGKILL, SIGTERM, SIGUSR1, SIGSEGV, SIGHUP};
    int signal = signals[any(5)];
    pid_t pid = child_make();

    if (pid == 0) {
        for (;;)
            maps_change();
    }
    for (unsigned i = any(5); i > 0; i--)
        sched_yield();
    if (kill(pid, signal) != 0)
        wrong("kill", signal);
    child_end("killed", pid, signal);
}

/* A child that is killed while it has children and threads of its own. */
static void kill_family(void)
{
    pthread_t thread;
    pid_t pid;

    if (depth >= DEEPEST)
        return;
    pid = child_make();
    if (pid == 0) {
        pthread_create(&thread, NULL, idle_thread, NULL);
        setpgid(0, 0);
        for (unsigned i = 1 + any(3); i > 0; i--) {
            if (child_make() == 0) {
                for (;;)
                    maps_change();
            }
        }
        work(4);
        for (;;)
            pause();
    }
    while (setpgid(pid, pid) != 0)
        wrong("setpgid", pid);
    for (unsigned i = any(9); i > 0; i--)
        sched_yield();
    if (kill(-pid, SIGKILL) != 0)
        wrong("kill of a group", -1);
    child_end("killed group", pid, SIGKILL);
}

static void stop_and_continue(void)
{
    int status = 0, begun[2];
    char byte = 0;
    pid_t pid;

    if (pipe(begun) != 0)
        wrong("pipe", -1);
    pid = child_make();
    if (pid == 0) {
        if (write(begun[1], &byte, 1) != 1)
            wrong("tell", -1);
        for (;;)
            any(2) == 0 ? sched_yield() : getppid();
    }
    /* One that is stopped before it ends with its parent would stay so for ever if that is killed now. */
    if (read(begun[0], &byte, 1) != 1)
        wrong("be told", -1);
    close(begun[0]);
    close(begun[1]);
    for (unsigned i = 1 + any(3); i > 0; i--) {
        kill(pid, SIGSTOP);
        if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
            wrong("stopped", status);
        kill(pid, SIGCONT);
        if (waitpid(pid, &status, WCONTINUED) != pid || !WIFCONTINUED(status))
            wrong("continued", status);
    }
    kill(pid, SIGKILL);
    child_end("killed", pid, SIGKILL);
}

static void sessions(void)
{
    pid_t pid = child_make();

    if (pid == 0) {
        if (any(2) == 0 && setsid() != getpid())
            wrong("setsid", getsid(0));
        else if (getsid(0) != getpid() && setpgid(0, 0) != 0)
            wrong("setpgid", getpgid(0));
        if (getpgrp() != getpid())
            wrong("getpgrp", getpgrp());
        kill(0, SIGKILL);
        wrong("after the end", 0);
    }
    child_end("killed its group", pid, SIGKILL);
}

/* ---- threads ---- */

static struct {
    pthread_mutex_t lock;
    unsigned long count;
} counter = {PTHREAD_MUTEX_INITIALIZER, 0};

static void *count_thread(void *arg)
{
    for (unsigned long i = 0; i < (uintptr_t)arg; i++) {
        pthread_mutex_lock(&counter.lock);
        counter.count++;
        if (i % 7 == 0)
            sched_yield();
        pthread_mutex_unlock(&counter.lock);
    }
    return arg;
}

static void count_together(void)
{
    unsigned long each = 10 + any(40), threads = 1 + any(5);
    pthread_t thread[6];

    counter.count = 0;
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, count_thread, (void *)each) != 0)
            wrong("thread", i);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    if (counter.count != threads * each)
        wrong("count", (long)counter.count);
}

/* Two processes take turns on a word that they share. */
static void futex_turns(void)
{
    unsigned turns = 2 + any(20);
    int *word = mmap(NULL, (size_t)page_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), seen;
    pid_t pid = word == MAP_FAILED ? -1 : child_make();
    unsigned mine = pid == 0;

    if (pid == -1)
        wrong("shared memory", 0);
    while ((unsigned)(seen = __atomic_load_n(word, __ATOMIC_SEQ_CST)) < turns) {
        if ((unsigned)seen % 2 != mine) {
            syscall(SYS_futex, word, 0 /* FUTEX_WAIT */, seen, NULL, NULL, 0);
            continue;
        }
        __atomic_store_n(word, seen + 1, __ATOMIC_SEQ_CST);
        syscall(SYS_futex, word, 1 /* FUTEX_WAKE */, 9, NULL, NULL, 0);
    }
    if (pid == 0)
        _exit(3);
    child_end("turns", pid, 3 << 8);
    munmap(word, (size_t)page_size());
}

/* ---- what waits ---- */

static void pipe_bytes(void)
{
    unsigned size = 1 + any(any(2) == 0 ? 200 : 150000), got = 0;
    unsigned char block[5000];
    int ends[2];
    pid_t pid = pipe(ends) != 0 ? -1 : child_make();

    if (pid == -1)
        wrong("pipe", 0);
    if (pid == 0) {
        close(ends[0]);
        for (unsigned sent = 0, part; sent < size; sent += part) {
            part = 1 + any(sizeof(block));
            part = part < size - sent ? part : size - sent;
            for (unsigned i = 0; i < part; i++)
                block[i] = (unsigned char)((sent + i) * 13 % 251);
            if (write(ends[1], block, part) != (ssize_t)part)
                wrong("write", part);
        }
        _exit(4);
    }
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], block, 1 + any(sizeof(block)))) != 0;) {
        for (ssize_t i = 0; i < n; i++, got++)
            if (block[i] != got * 13 % 251)
                wrong("byte", got);
        if (n < 0)
            wrong("read", n);
    }
    close(ends[0]);
    if (got != size)
        wrong("bytes", got);
    child_end("pipe", pid, 4 << 8);
}

static void epoll_event(void)
{
    int poll = epoll_create1(EPOLL_CLOEXEC), event = eventfd(0, EFD_CLOEXEC);
    struct epoll_event interest = {.events = EPOLLIN | (any(2) != 0 ? EPOLLET : 0), .data.u32 = 77}, found;
    uint64_t value = 1 + any(1000), got = 0;
    pid_t pid;

    if (epoll_ctl(poll, EPOLL_CTL_ADD, event, &interest) != 0)
        wrong("epoll_ctl", poll);
    pid = child_make();
    if (pid == 0) {
        if (any(2) == 0)
            sched_yield();
        _exit(write(event, &value, sizeof(value)) == sizeof(value) ? 6 : 97);
    }
    if (epoll_wait(poll, &found, 1, -1) != 1 || found.data.u32 != 77)
        wrong("epoll_wait", (long)found.data.u32);
    if (read(event, &got, sizeof(got)) != sizeof(got) || got != value)
        wrong("eventfd", (long)got);
    close(any(2) == 0 ? event : poll);
    close(event);
    close(poll);
    child_end("event", pid, 6 << 8);
}

static void queued_signals(void)
{
    int count = 1 + (int)any(12), signal = SIGRTMIN + 1 + (int)any(3);
    pid_t pid, to = getpid();
    sigset_t set;
    siginfo_t info;

    sigemptyset(&set);
    sigaddset(&set, signal);
    pid = child_make();
    if (pid == 0) {
        for (int i = 0; i < count; i++)
            if (sigqueue(to, signal, (union sigval){.sival_int = i}) != 0)
                wrong("sigqueue", i);
        _exit(8);
    }
    for (int i = 0; i < count; i++)
        if (sigwaitinfo(&set, &info) != signal || info.si_value.sival_int != i || info.si_pid != pid)
            wrong("signal", info.si_value.sival_int);
    child_end("signals", pid, 8 << 8);
}

static void timers(void)
{
    const struct itimerspec soon = {{0, 0}, {0, 1 + any(2000000)}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 5, .sigev_value.sival_int = 9};
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    uint64_t times = 0;
    siginfo_t info;
    timer_t timer;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 5);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &soon, NULL) != 0)
        wrong("timer", file);
    timerfd_settime(file, 0, &soon, NULL);
    if (any(2) == 0 && (read(file, &times, sizeof(times)) != sizeof(times) || times != 1))
        wrong("timerfd", (long)times);
    if (any(4) != 0 && (sigwaitinfo(&set, &info) != SIGRTMIN + 5 || info.si_value.sival_int != 9))
        wrong("timer's signal", info.si_value.sival_int);
    timer_delete(timer);
    close(file);
    while (sigtimedwait(&set, NULL, &(struct timespec){0, 0}) > 0)
        ;
}

/* ---- all of it ---- */

void work(unsigned steps)
{
    static void (*const things[])(void) = {
        fork_and_exit, fork_and_work,  fork_and_exec, end_of_threads, kill_busy,   kill_family,    stop_and_continue,
        sessions,      count_together, futex_turns,   pipe_bytes,     epoll_event, queued_signals, timers};

    while (steps-- > 0) {
        if (any(3) == 0)
            things[any(sizeof(things) / sizeof(things[0]))]();
        else
            maps_change();
    }
    maps_check();
}

int main(int argc, char **argv)
{
    unsigned steps = argc > 3 ? (unsigned)atoi(argv[3]) : 60;
    pid_t workers[WORKERS];
    sigset_t waited_for; /* by who expects them, and no other thread */

    own_name = realpath(argv[0], NULL);
    if (argc == 3 && strcmp(argv[1], "--exec") == 0) /* the other program */
        return strcmp(argv[2], "a word") == 0 && strcmp(getenv("WORD"), "7") == 0 ? 17 : 96;
    enter(argc, argv);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigemptyset(&waited_for);
    for (int i = 1; i <= 5; i++)
        sigaddset(&waited_for, SIGRTMIN + i);
    sigprocmask(SIG_BLOCK, &waited_for, NULL);
    chance_seed(&chance, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = child_make();
        if (workers[i] == 0) {
            setpgid(0, 0); /* who ends its group ends this one's */
            work(steps);
            _exit(2);
        }
    }
    for (unsigned i = 0; i < WORKERS; i++)
        child_end("a worker", workers[i], 2 << 8);
    while (wait(NULL) != -1) /* those whose parent was killed */
        ;
    printf("all was right\n");
    return 0;
}
