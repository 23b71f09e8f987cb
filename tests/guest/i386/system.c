/* SPDX-License-Identifier: Apache-2.0 */
/* system.c - times, limits, names and numbers as a 32-bit program gets them: structures no larger than its own. */
#include "bare.h"

ENTRY("main");

enum { MARK = 0x5aa55aa5, CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1 };

static long words[6];

static void marks(void)
{
    for (int i = 0; i < 6; i++)
        words[i] = MARK;
}

/* How many words a call has written. */
static void show_words(const char *what, long result)
{
    int count = 6;

    while (count > 0 && words[count - 1] == MARK)
        count--;
    show(what, result);
    show("  words", count);
    marks();
}

/* Their times have no form of 32 bits. */
static void waits_of_64_bits(void)
{
    struct {
        uint64_t value, address;
        uint32_t flags, reserved;
    } waiter = {5, (uint64_t)(uint32_t)P(words), 2, 0};
    long time[4] = {0, 0, 1000000, 0x1234}, event[3], fd = CALL(NR_epoll_create, 1);

    words[0] = 5;
    show("futex_waitv until then", CALL(NR_futex_waitv, P(&waiter), 1, 0, P(time), CLOCK_MONOTONIC));
    show("epoll_pwait2", CALL(NR_epoll_pwait2, fd, P(event), 1, P(time), 0, 8));
    time[2] = -1;
    show("futex_waitv, no time", CALL(NR_futex_waitv, P(&waiter), 1, 0, P(time), CLOCK_MONOTONIC));
    show("epoll_pwait2, no time", CALL(NR_epoll_pwait2, fd, P(event), 1, P(time), 0, 8));
    waiter.value = 6;
    show("futex_waitv of another value", CALL(NR_futex_waitv, P(&waiter), 1, 0, 0, CLOCK_MONOTONIC));
    CALL(NR_close, fd);
}

void program(long *stack)
{
    long now, pause[2] = {0, 1000000}, wrong[2] = {0, 1000000000}, limit[2];
    long long_pause[4] = {0, 0, 1000000, 0x1234}; /* the last is padding, which nobody clears */
    static char name[6][65];

    (void)stack;
    marks();
    now = CALL(NR_time, P(words));
    show_bool("time", now > 1000000000 && words[0] == now);
    show_words("time once more", CALL(NR_time, P(words)) - now > 60);
    show_words("gettimeofday", CALL(NR_gettimeofday, P(words), 0));
    show_words("clock_gettime", CALL(NR_clock_gettime, CLOCK_REALTIME, P(words)));
    CALL(NR_clock_gettime, CLOCK_REALTIME, P(words));
    show_bool("the same time", words[0] - now <= 60 && words[1] < 1000000000);
    marks();
    show_words("clock_gettime64", CALL(NR_clock_gettime64, CLOCK_REALTIME, P(words)));
    CALL(NR_clock_gettime64, CLOCK_REALTIME, P(words));
    show_bool("the same time", words[0] - now <= 60 && words[1] == 0 && words[2] < 1000000000);
    show("no such clock", CALL(NR_clock_gettime, 99, P(words)));
    show("nowhere", CALL(NR_clock_gettime, CLOCK_MONOTONIC, 16));
    show("nanosleep", CALL(NR_nanosleep, P(pause), 0));
    show("nanosleep, too many", CALL(NR_nanosleep, P(wrong), 0));
    show("clock_settime, too many", CALL(NR_clock_settime, CLOCK_REALTIME, P(wrong)));
    show("settimeofday, too many", CALL(NR_settimeofday, P(wrong), 0));
    show("nanosleep, nowhere", CALL(NR_nanosleep, 16, 0));
    show("nanosleep of 64 bits", CALL(NR_clock_nanosleep64, CLOCK_MONOTONIC, 0, P(long_pause), 0));
    long_pause[2] = -1;
    show("of less than nothing", CALL(NR_clock_nanosleep64, CLOCK_MONOTONIC, 0, P(long_pause), 0));
    show("a futex without a timeout", CALL(NR_futex, P(words), 1, 1, 0));
    words[0] = 5;
    show("a futex with one", CALL(NR_futex, P(words), 0, 5, P(pause)));
    show("a futex of another value", CALL(NR_futex, P(words), 0, 4, P(pause)));
    waits_of_64_bits();
    show("ugetrlimit", CALL(NR_ugetrlimit, 3, P(limit)));
    show("the stack", limit[0]);
    show("no such limit", CALL(NR_ugetrlimit, 99, P(limit)));
    show("uname", CALL(NR_uname, P(name)));
    print(name[0]);
    print("\n");
    print(name[4]);
    print("\n");
    show_bool("getpid and gettid", CALL(NR_getpid) == CALL(NR_gettid));
    show_bool("user IDs", CALL(NR_getuid) == CALL(NR_getuid16) || CALL(NR_getuid) > 0xffff);
    show("ioctl of a pipe", CALL(NR_ioctl, 1, 0x5413, P(words)));
    show("ioctl of nothing", CALL(NR_ioctl, 99, 0x5413, P(words)));
    show("no such call", CALL(17));
    show("nor this", CALL(9999));
    leave(0);
}
