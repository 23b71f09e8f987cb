/* SPDX-License-Identifier: Apache-2.0 */
/* settime.c - setting clocks and ending the machine, by who may not, and in ways that nobody may; the host has the same
 * program run, whose clock stays as it is. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

static int clock_set(int clock, long long sec, long nsec)
{
    struct timespec time = {sec, nsec};

    return (int)syscall(SYS_clock_settime, clock, &time);
}

static void clocks(void)
{
    show("realtime", clock_set(CLOCK_REALTIME, 2000000000, 0));
    show("negative", clock_set(CLOCK_REALTIME, -1, 0));
    show("no time", clock_set(CLOCK_REALTIME, 0, 1000000000));
    show("too late", clock_set(CLOCK_REALTIME, 1ll << 62, 0));
    show("nowhere", (int)syscall(SYS_clock_settime, CLOCK_REALTIME, 8L));
    show("monotonic", clock_set(CLOCK_MONOTONIC, 2000000000, 0));
    show("boottime", clock_set(CLOCK_BOOTTIME, 2000000000, 0));
    show("coarse", clock_set(CLOCK_REALTIME_COARSE, 2000000000, 0));
    show("CPU time", clock_set(CLOCK_PROCESS_CPUTIME_ID, 2000000000, 0));
    show("CPU time of a process", clock_set((int)(~0u << 3 | 2), 2000000000, 0));
    show("none", clock_set(99, 2000000000, 0));
}

static void time_of_day(void)
{
    struct timeval time = {2000000000, 0}, bad = {0, 1000001}, edge = {0, 1000000}, negative = {-1, 0};
    struct timezone zone = {0, 0};

    show("settimeofday", (int)syscall(SYS_settimeofday, &time, NULL));
    show("a zone", (int)syscall(SYS_settimeofday, NULL, &zone));
    show("no time", (int)syscall(SYS_settimeofday, &bad, NULL));
    show("one too many", (int)syscall(SYS_settimeofday, &edge, NULL));
    show("negative", (int)syscall(SYS_settimeofday, &negative, NULL));
    show("nowhere", (int)syscall(SYS_settimeofday, 8L, NULL));
    show("a zone nowhere", (int)syscall(SYS_settimeofday, NULL, 8L));
}

static void adjusting(void)
{
    struct timex timex = {0};

    show_bool("adjtimex", syscall(SYS_adjtimex, &timex) >= 0);
    printf("tick %ld, precision %ld, tolerance %ld\n", (long)timex.tick, (long)timex.precision, (long)timex.tolerance);
    show_bool("the time", timex.time.tv_sec > 1500000000);
    timex.modes = 2;
    show("a frequency", (int)syscall(SYS_adjtimex, &timex));
    timex.modes = 0x100;
    show("a step", (int)syscall(SYS_adjtimex, &timex));
    timex.modes = 0x8000;
    show("adjtime without an offset", (int)syscall(SYS_adjtimex, &timex));
    timex.modes = 0x8001;
    show("adjtime", (int)syscall(SYS_adjtimex, &timex));
    timex.modes = 0xa001;
    show_bool("adjtime, read", syscall(SYS_adjtimex, &timex) >= 0);
    show("nowhere", (int)syscall(SYS_adjtimex, 8L));
    timex.modes = 0;
    show_bool("clock_adjtime", syscall(SYS_clock_adjtime, CLOCK_REALTIME, &timex) >= 0);
    show("monotonic", (int)syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &timex));
    show("none", (int)syscall(SYS_clock_adjtime, 99, &timex));
}

static void rebooting(void)
{
    show("reboot", (int)syscall(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, NULL));
    show("no magic", (int)syscall(SYS_reboot, 0, 0, 0, NULL));
}

int main(void)
{
    if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
        return 2;
    clocks();
    time_of_day();
    adjusting();
    rebooting();
    return 0;
}
