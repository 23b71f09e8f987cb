/* SPDX-License-Identifier: Apache-2.0 */
/* cpualarms.c - ITIMER_VIRTUAL and ITIMER_PROF: signals after CPU time, which doesn't pass while the process sleeps. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

static volatile sig_atomic_t seen[2];

static void on_signal(int signal)
{
    seen[signal == SIGPROF]++;
}

static long set(int which, long us, long interval_us)
{
    struct itimerval timer = {{interval_us / 1000000, interval_us % 1000000}, {us / 1000000, us % 1000000}};

    return setitimer(which, &timer, NULL);
}

static long left_us(int which)
{
    struct itimerval timer;

    getitimer(which, &timer);
    return timer.it_value.tv_sec * 1000000 + timer.it_value.tv_usec;
}

static void one(int which, int index)
{
    struct itimerval old;

    printf("timer %d\n", which);
    show_bool("not set", left_us(which) == 0);
    show("set", set(which, 5000000, 0));
    usleep(50000);
    show_bool("it doesn't pass while we sleep", left_us(which) > 4900000 && left_us(which) <= 5100000);
    show("set", set(which, 20000, 0));
    while (seen[index] == 0)
        ;
    show("once", seen[index]);
    show_bool("over", left_us(which) == 0);
    show("set", set(which, 10000, 10000));
    while (seen[index] < 4)
        ;
    struct itimerval off = {{0, 0}, {0, 0}};
    show("off", setitimer(which, &off, &old));
    show("its interval", old.it_interval.tv_usec);
    show_bool("and what was left", old.it_value.tv_usec > 0 && old.it_value.tv_usec <= 20000);
    show_bool("not set", left_us(which) == 0);
}

static long cpu_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* One that expires faster than its signal can be handled leaves the process time to run: Linux looks at ticks. */
static void fast(int which, int index)
{
    long begin = cpu_ms(), ms, before = seen[index];

    show("set", set(which, 1, 1));
    while ((ms = cpu_ms() - begin) < 30 || (seen[index] == before && ms < 10000)) /* or ticks would find it in calls */
        for (volatile int i = 0; i < 100000; i++)
            ;
    set(which, 0, 0);
    show_bool("some", seen[index] > before);
    show_bool("and not too many", seen[index] - before <= ms + 3);
}

/* A child begins without; what ends a process ends it while it computes. */
static void child(void)
{
    int status = 0;

    set(ITIMER_VIRTUAL, 1000000, 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (left_us(ITIMER_VIRTUAL) != 0)
            _exit(1);
        signal(SIGVTALRM, SIG_DFL);
        set(ITIMER_VIRTUAL, 10000, 0);
        for (volatile int i = 0;; i++)
            ;
    }
    waitpid(pid, &status, 0);
    show("the child's end", WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status));
    show_bool("ours goes on", left_us(ITIMER_VIRTUAL) > 0);
    show("off", set(ITIMER_VIRTUAL, 0, 0));
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGVTALRM, &action, NULL);
    sigaction(SIGPROF, &action, NULL);
    one(ITIMER_VIRTUAL, 0);
    one(ITIMER_PROF, 1);
    fast(ITIMER_VIRTUAL, 0);
    fast(ITIMER_PROF, 1);
    child();
    return 0;
}
