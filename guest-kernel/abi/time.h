/* SPDX-License-Identifier: Apache-2.0 */
/* time.h - Linux's clocks and the structures of time, 64-bit (linux/time.h, linux/times.h). */
#ifndef GK_ABI_TIME_H
#define GK_ABI_TIME_H

#include <stdint.h>

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11

#define TIMER_ABSTIME 1

#define NS_PER_SEC 1000000000ll
#define USER_HZ 100 /* AT_CLKTCK, the unit of times(2) */

struct timespec_user {
    int64_t sec, nsec;
};

struct timeval_user {
    int64_t sec, usec;
};

struct itimerspec_user {
    struct timespec_user interval, value;
};

struct timespec_32 { /* struct old_timespec32; a timeval looks the same */
    int32_t sec, nsec;
};

struct timezone_user {
    int32_t minutes_west, dst_time;
};

struct tms_user {
    int64_t utime, stime, cutime, cstime;
};

struct rusage_user {
    struct timeval_user utime, stime;
    int64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw,
        nivcsw;
};
_Static_assert(sizeof(struct rusage_user) == 144, "struct rusage");

/* utimensat */
#define UTIME_NOW 0x3fffffff
#define UTIME_OMIT 0x3ffffffe

#endif
