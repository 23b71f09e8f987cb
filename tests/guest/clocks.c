/* SPDX-License-Identifier: Apache-2.0 */
/* clocks.c - time goes on, and only forward; sleeping takes at least as long as asked. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include "show.h"

static int64_t now(clockid_t clock)
{
    struct timespec time = {0, 0};

    syscall(SYS_clock_gettime, clock, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void monotonic(const char *what, clockid_t clock)
{
    int64_t last = now(clock), first = last;
    int back = 0;

    for (int i = 0; i < 50; i++) {
        int64_t next = now(clock);
        back += next < last;
        last = next;
    }
    printf("%s: went back %d times, %s\n", what, back, first >= 0 ? "positive" : "negative");
}

int main(void)
{
    struct timespec nap = {0, 3000000}, late, resolution;
    struct timeval day;

    monotonic("CLOCK_REALTIME", CLOCK_REALTIME);
    monotonic("CLOCK_MONOTONIC", CLOCK_MONOTONIC);
    monotonic("CLOCK_BOOTTIME", CLOCK_BOOTTIME);
    monotonic("CLOCK_MONOTONIC_COARSE", CLOCK_MONOTONIC_COARSE);
    show("clock_getres", clock_getres(CLOCK_MONOTONIC, &resolution));
    printf("  %ld s %ld ns\n", (long)resolution.tv_sec, resolution.tv_nsec);
    int64_t start = now(CLOCK_MONOTONIC);
    show("nanosleep", nanosleep(&nap, NULL));
    show_bool("long enough", now(CLOCK_MONOTONIC) - start >= 3000000);
    start = now(CLOCK_MONOTONIC);
    show("clock_nanosleep", clock_nanosleep(CLOCK_REALTIME, 0, &nap, NULL));
    show_bool("long enough", now(CLOCK_MONOTONIC) - start >= 3000000);
    int64_t until = now(CLOCK_MONOTONIC) + 3000000;
    late.tv_sec = until / 1000000000;
    late.tv_nsec = until % 1000000000;
    show("until a time", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &late, NULL));
    show_bool("it is that time", now(CLOCK_MONOTONIC) >= until);
    show("until a time gone by", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &late, NULL));
    show("gettimeofday", gettimeofday(&day, NULL));
    show_bool("as the clock", llabs(day.tv_sec - now(CLOCK_REALTIME) / 1000000000) <= 1);
    show_bool("time", llabs(time(NULL) - day.tv_sec) <= 1);
    show_bool("after 2024", day.tv_sec > 1704067200);
    struct tms used;
    show_bool("times", times(&used) != (clock_t)-1 && used.tms_utime >= 0);
    show_bool("clock", clock() != (clock_t)-1);
    return 0;
}
