/* SPDX-License-Identifier: Apache-2.0 */
/* cpulimit.c - RLIMIT_CPU: a signal each second from the soft limit on, the end at the hard one; what getrusage tells.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>

#include "show.h"

#ifndef RUSAGE_THREAD
#define RUSAGE_THREAD 1
#endif

static volatile int *seen;

static void on_signal(int signal)
{
    (void)signal;
    (*seen)++;
}

static long us_of(const struct rusage *usage)
{
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
           usage->ru_stime.tv_usec;
}

static long cpu_us(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void use_cpu(long us)
{
    long end = cpu_us(CLOCK_THREAD_CPUTIME_ID) + us;

    while (cpu_us(CLOCK_THREAD_CPUTIME_ID) < end)
        ;
}

/* A child with a limit, for ever; what it ended of, and whether it had about that CPU time, which Linux counts in
 * two ways that differ where a machine is virtual. */
static void limited(const char *what, rlim_t soft, rlim_t hard, int handled)
{
    struct rlimit limit = {soft, hard};
    struct rusage usage;
    int status = 0;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (handled)
            signal(SIGXCPU, on_signal);
        if (setrlimit(RLIMIT_CPU, &limit) != 0)
            _exit(1);
        for (;;)
            ;
    }
    wait4(pid, &status, 0, &usage);
    show(what, WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status));
    long most_us = (long)(handled ? hard : soft) * 1000000;
    show_bool("after about as long", us_of(&usage) >= most_us / 2 && us_of(&usage) < most_us + 900000);
    show("signals seen", *seen);
    *seen = 0;
}

/* The limit is inherited, the time isn't; the soft limit follows the signals. */
static void inherited(void)
{
    struct rlimit limit = {1, RLIM_INFINITY};
    int status = 0;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGXCPU, on_signal);
        use_cpu(500000);
        setrlimit(RLIMIT_CPU, &limit);
        pid = fork();
        if (pid == 0) {
            use_cpu(200000);
            show("none in 0.2 s of its own", *seen);
            while (*seen == 0)
                ;
            getrlimit(RLIMIT_CPU, &limit);
            show("the soft limit then", (long)limit.rlim_cur);
            fflush(stdout);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    waitpid(pid, &status, 0);
    show("its end", WEXITSTATUS(status));
    *seen = 0;
}

static void *other(void *arg)
{
    struct rusage usage;

    use_cpu(50000);
    getrusage(RUSAGE_THREAD, &usage);
    *(long *)arg = us_of(&usage);
    return NULL;
}

static void used(void)
{
    struct rusage self, thread, children;
    clockid_t clock;
    pthread_t id;
    long others = 0;

    pthread_create(&id, NULL, other, &others);
    pthread_join(id, NULL);
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_THREAD, &thread);
    getrusage(RUSAGE_CHILDREN, &children);
    show_bool("the other thread's", others > 40000 && others < 150000);
    show_bool("is in the process's", us_of(&self) >= others);
    show_bool("and not in this one's", us_of(&thread) < us_of(&self) - 40000);
    show_bool("the children's", us_of(&children) > 2500000);
    show("a clock of a process", clock_getcpuclockid(getpid(), &clock));
    show_bool("is as its own", cpu_us(clock) - cpu_us(CLOCK_PROCESS_CPUTIME_ID) < 50000);
    show_bool("of nobody", clock_getcpuclockid(4194303, &clock) == 0); /* which error is the C library's */
}

static void switches(void)
{
    struct rusage before, after;

    getrusage(RUSAGE_THREAD, &before);
    for (int i = 0; i < 10; i++)
        usleep(20000); /* long enough that it isn't over before it begins, on a CPU that the host has taken away */
    getrusage(RUSAGE_THREAD, &after);
    show("sleeps are voluntary switches", after.ru_nvcsw - before.ru_nvcsw);
    char *area = mmap(NULL, 64 * (size_t)page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(area, 64 * (size_t)page_size(), MADV_NOHUGEPAGE);
    getrusage(RUSAGE_THREAD, &before);
    for (long i = 0; i < 64; i++)
        area[i * page_size()] = 1;
    getrusage(RUSAGE_THREAD, &after);
    show_bool("faults", after.ru_minflt - before.ru_minflt >= 4);
    show("that need no disk", after.ru_majflt - before.ru_majflt);
}

int main(void)
{
    seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    limited("soft limit", 1, RLIM_INFINITY, 0);
    limited("hard limit", 1, 2, 1);
    inherited();
    used();
    switches();
    return 0;
}
