/* SPDX-License-Identifier: Apache-2.0 */
/* alarms.c - alarm and setitimer: a signal in time, while the program runs and while it waits; and bad arguments. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "show.h"

static volatile sig_atomic_t signals;

static void count(int signal)
{
    (void)signal;
    signals++;
}

static long set(long us, long interval_us)
{
    struct itimerval timer = {{interval_us / 1000000, interval_us % 1000000}, {us / 1000000, us % 1000000}};

    return setitimer(ITIMER_REAL, &timer, NULL);
}

/* By the kernel's own numbers: not every ISA has alarm(2), and libraries make it of setitimer. */
static void once(void)
{
    struct itimerval left;

    show("set", set(1000000, 0));
    show("getitimer", getitimer(ITIMER_REAL, &left));
    show_bool("less than that", left.it_value.tv_sec < 1 || (left.it_value.tv_sec == 1 && left.it_value.tv_usec == 0));
    show_bool("but not nothing", left.it_value.tv_sec != 0 || left.it_value.tv_usec != 0);
    show("pause", pause());
    show("signals", signals);
    getitimer(ITIMER_REAL, &left);
    show_bool("it is over", left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0);
    signals = 0;
    show("set", set(20000, 0));
    while (signals == 0) /* the program never enters the kernel by itself */
        ;
    show("signals", signals);
    struct timespec longer = {100, 0}, rest = {0, 0};
    show("set", set(20000, 20000)); /* the first may come before the wait */
    show("nanosleep", nanosleep(&longer, &rest));
    show_bool("some is left", rest.tv_sec > 0);
    show("poll", poll(NULL, 0, 100000));
    show("off", set(0, 0));
    show_bool("signals have come", signals >= 3);
}

static void again(void)
{
    struct itimerval old;
    struct timespec shorter = {0, 1000000};

    signals = 0;
    show("set", set(10000, 10000));
    while (signals < 3)
        pause();
    while (signals < 6)
        ;
    while (signals < 9) /* a shorter wait doesn't take its timer away */
        nanosleep(&shorter, NULL);
    show_bool("more than once", signals >= 9);
    struct itimerval off = {{0, 0}, {0, 0}};
    show("off", setitimer(ITIMER_REAL, &off, &old));
    show("its interval", old.it_interval.tv_usec);
    signals = 0;
    nanosleep(&shorter, NULL);
    show("signals", signals);
}

static void values(void)
{
    struct itimerval bad = {{0, 0}, {0, 1000000}}, old = {{0, 0}, {0, 0}};

    show("too many microseconds", setitimer(ITIMER_REAL, &bad, NULL));
    bad.it_value = (struct timeval){-1, 0};
    show("negative seconds", setitimer(ITIMER_REAL, &bad, NULL));
    bad.it_value = (struct timeval){0, 0};
    bad.it_interval = (struct timeval){0, -1};
    show("negative microseconds", setitimer(ITIMER_REAL, &bad, NULL));
    show("which", syscall(SYS_setitimer, 9, &old, NULL));
    show("from nowhere", syscall(SYS_setitimer, ITIMER_REAL, 8, NULL));
    show("get nowhere", syscall(SYS_getitimer, ITIMER_REAL, 8));
    show("get which", syscall(SYS_getitimer, 9, &old));
    show("alarm", alarm(1000000));
    unsigned left = alarm(0);
    show_bool("what was left of it", left > 990000 && left <= 1000000);
    show("none", alarm(0));
    show("seconds without end",
         (bad = (struct itimerval){{0, 0}, {0x7fffffffffff, 0}}, setitimer(ITIMER_REAL, &bad, NULL)));
    show("off", set(0, 0));
}

int main(void)
{
    struct sigaction action = {.sa_handler = count};

    sigaction(SIGALRM, &action, NULL);
    once();
    again();
    values();
    return 0;
}
