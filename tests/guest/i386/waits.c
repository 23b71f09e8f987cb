// SPDX-License-Identifier: Apache-2.0
/* waits.c - select, pselect6 and rt_sigtimedwait in the forms that 32-bit programs have of them, with times of 32 and
 * of 64 bits; groups of 16 bits; other calls whose structures are others there. */
#include "bare.h"

ENTRY("main");

enum { /* of these calls alone */
       NR_kill = 37,
       NR_pipe = 42,
       NR_ustat = 62,
       NR_getgroups16 = 80,
       NR_setgroups16 = 81,
       NR_old_select = 82,
       NR_sysinfo = 116,
       NR_adjtimex = 124,
       NR_newselect = 142,
       NR_rt_sigprocmask = 175,
       NR_rt_sigtimedwait = 177,
       NR_getgroups32 = 205,
       NR_setgroups32 = 206,
       NR_pselect6 = 308,
       NR_timerfd_create = 322,
       NR_clock_adjtime = 343,
       NR_process_vm_readv = 347,
       NR_process_vm_writev = 348,
       NR_socketpair = 360,
       NR_clock_adjtime64 = 405,
       NR_pidfd_open = 434,
       NR_process_madvise = 440,
       NR_timerfd_gettime64 = 410,
       NR_timerfd_settime64 = 411,
       NR_pselect6_64 = 413,
       NR_recvmmsg64 = 417,
       NR_rt_sigtimedwait64 = 421,
       NR_sched_rr_get_interval64 = 423,
};

enum { SIGUSR1 = 10 };

static int ends[2];

/* What a call made of a set of descriptors, of which no more than one word may be written to. */
static void show_set(const uint32_t set[2], uint32_t bit)
{
    show_bool("  it is ready", set[0] == bit);
    show_bool("  no more was written", set[1] == 0x12345678);
}

static void selects(void)
{
    uint32_t bit = 1u << ends[0], set[2] = {bit, 0x12345678};
    int32_t none[2] = {0, 0}, wrong[2] = {-1, 0}, two[2] = {0, 1000};
    long old[5] = {ends[0] + 1, P(set), 0, 0, P(none)};

    show("select, nothing there", CALL(NR_old_select, P(old)));
    show_set(set, 0);
    set[0] = bit;
    show("_newselect, nothing there", CALL(NR_newselect, ends[0] + 1, P(set), 0, 0, P(two)));
    show("  what is left", two[0] + two[1]);
    show("_newselect, no time", CALL(NR_newselect, ends[0] + 1, P(set), 0, 0, P(wrong)));
    show("_newselect, nowhere", CALL(NR_newselect, ends[0] + 1, P(set), 0, 0, 16));
    show("select, nowhere", CALL(NR_old_select, 16));
    CALL(NR_write, ends[1], P("x"), 1);
    set[0] = bit;
    show("select", CALL(NR_old_select, P(old)));
    show_set(set, bit);
    old[4] = 0;
    show("select without end", CALL(NR_old_select, P(old)));
    set[0] = bit;
    show("_newselect", CALL(NR_newselect, ends[0] + 1, P(set), 0, 0, P(none)));
    show_set(set, bit);
    show("_newselect of none", CALL(NR_newselect, -1, P(set), 0, 0, P(none)));
}

static void pselects(void)
{
    uint32_t bit = 1u << ends[0], set[2] = {bit, 0x12345678}, mask[2] = {0, 0}, pair[2] = {0, 8};
    int32_t none[2] = {0, 0};
    long long none64[2] = {0, 0};
    const long number[2] = {NR_pselect6, NR_pselect6_64};

    pair[0] = (uint32_t)P(mask);
    for (int i = 0; i < 2; i++) {
        long time = i == 0 ? P(none) : P(none64);

        set[0] = bit;
        show(i == 0 ? "pselect6" : "pselect6_time64", CALL(number[i], ends[0] + 1, P(set), 0, 0, time, P(pair)));
        show_set(set, bit);
        show("  without a mask", CALL(number[i], ends[0] + 1, P(set), 0, 0, time, 0));
        pair[1] = 4;
        show("  a mask of 4 bytes", CALL(number[i], ends[0] + 1, P(set), 0, 0, time, P(pair)));
        pair[1] = 8;
        show("  no pair there", CALL(number[i], ends[0] + 1, P(set), 0, 0, time, 16));
        show("  no time there", CALL(number[i], ends[0] + 1, P(set), 0, 0, 16, P(pair)));
    }
}

static void signals(void)
{
    uint32_t set[2] = {1u << (SIGUSR1 - 1), 0}, info[33];
    int32_t none[2] = {0, 0};
    long long none64[2] = {0, 0};
    const long number[2] = {NR_rt_sigtimedwait, NR_rt_sigtimedwait64};
    long self = CALL(NR_getpid);

    CALL(NR_rt_sigprocmask, 0, P(set), 0, 8);
    for (int i = 0; i < 2; i++) {
        long time = i == 0 ? P(none) : P(none64);

        show(i == 0 ? "rt_sigtimedwait" : "rt_sigtimedwait_time64", CALL(number[i], P(set), P(info), time, 8));
        CALL(NR_kill, self, SIGUSR1);
        for (int at = 0; at < 33; at++)
            info[at] = 0x5555;
        show("  one has come", CALL(number[i], P(set), P(info), time, 8));
        show("  signal", (long)info[0]);
        show("  error", (long)info[1]);
        show("  code", (long)info[2]);
        show_bool("  from here", (long)info[3] == self);
        show("  user", (long)info[4]);
        show("  the last word", (long)info[31]);
        show_bool("  no more was written", info[32] == 0x5555);
        CALL(NR_kill, self, SIGUSR1);
        show("  untold", CALL(number[i], P(set), 0, time, 8));
        CALL(NR_kill, self, SIGUSR1);
        show("  nowhere", CALL(number[i], P(set), 16, time, 8));
        show("  a set of 4 bytes", CALL(number[i], P(set), P(info), time, 4));
    }
}

static void groups(void)
{
    static const uint16_t given[3] = {9, 65534, 7}, none[2] = {9, 65535};
    uint16_t told[4] = {0, 0, 0, 0x7777};
    uint32_t wide[3] = {0, 0, 0};

    show("setgroups16", CALL(NR_setgroups16, 3, P(given)));
    show("getgroups16", CALL(NR_getgroups16, 3, P(told)));
    for (int i = 0; i < 4; i++)
        show("  group", told[i]);
    show("getgroups32", CALL(NR_getgroups32, 3, P(wide)));
    for (int i = 0; i < 3; i++)
        show("  group", (long)wide[i]);
    show("setgroups16 with -1", CALL(NR_setgroups16, 2, P(none)));
    show("setgroups16, nowhere", CALL(NR_setgroups16, 3, 16));
    show("setgroups16, too many", CALL(NR_setgroups16, 65537, P(given)));
    show("setgroups16 of none", CALL(NR_setgroups16, 0, 0));
    show("getgroups16 of none", CALL(NR_getgroups16, 0, 0));
}

static void clocks(void)
{
    static union {
        int32_t words[64];
        long long wide[32];
    } timex;
    int32_t old[33];

    for (int i = 0; i < 33; i++)
        old[i] = 0;
    old[32] = 0x5555;
    show_bool("adjtimex", CALL(NR_adjtimex, P(old)) >= 0);
    show_bool("  a tick", old[11] >= 9000 && old[11] <= 11000);
    show_bool("  no more was written", old[32] == 0x5555);
    show_bool("  a second", old[9] > 1000000000 && old[10] >= 0 && old[10] < 1000000000);
    show_bool("clock_adjtime", CALL(NR_clock_adjtime, 0, P(old)) >= 0);
    show("clock_adjtime of none", CALL(NR_clock_adjtime, 99, P(old)));
    show_bool("clock_adjtime64", CALL(NR_clock_adjtime64, 0, P(&timex)) >= 0);
    show_bool("  a tick", timex.wide[11] >= 9000 && timex.wide[11] <= 11000);
    show_bool("  a second", timex.wide[9] > 1000000000);
    show("adjtimex, nowhere", CALL(NR_adjtimex, 16));
}

static void timers(void)
{
    long long setting[4] = {0, 0, 0x7000000000ll, 0}, told[4] = {1, 1, 1, 1}, interval[2] = {-1, -1};
    long fd = CALL(NR_timerfd_create, 1, 0);

    show("timerfd_settime64", CALL(NR_timerfd_settime64, fd, 0, P(setting), P(told)));
    show_bool("  none before", told[0] == 0 && told[1] == 0 && told[2] == 0 && told[3] == 0);
    setting[3] = 0x100000000ll + 5; /* half of it is padding */
    show("timerfd_settime64", CALL(NR_timerfd_settime64, fd, 0, P(setting), P(told)));
    show_bool("  that one before", told[2] > 0 && told[2] <= 0x7000000000ll);
    show("timerfd_gettime64", CALL(NR_timerfd_gettime64, fd, P(told)));
    show_bool("  less is left", told[2] > 0 && told[2] <= 0x7000000000ll);
    show("sched_rr_get_interval_time64", CALL(NR_sched_rr_get_interval64, 0, P(interval)));
    show_bool("  a time", interval[0] >= 0 && interval[1] >= 0);
    CALL(NR_close, fd);
}

struct buffer {
    uint32_t base, length;
};

struct message {
    uint32_t name, name_size, buffers, count, control, control_size, flags, length;
};

static void messages(void)
{
    char bytes[2][4];
    struct buffer buffer[2] = {{(uint32_t)P(bytes[0]), 4}, {(uint32_t)P(bytes[1]), 4}};
    struct message message[2] = {{0, 0, (uint32_t)P(&buffer[0]), 1, 0, 0, 0, 99},
                                 {0, 0, (uint32_t)P(&buffer[1]), 1, 0, 0, 0, 99}};
    long long time[2] = {1000, 0};
    int pair[2];

    CALL(NR_socketpair, 1, 2, 0, P(pair));
    CALL(NR_write, pair[0], P("abc"), 3);
    CALL(NR_write, pair[0], P("de"), 2);
    show("recvmmsg_time64", CALL(NR_recvmmsg64, pair[1], P(message), 2, 0, P(time)));
    show("  the first", (long)message[0].length);
    show("  the second", (long)message[1].length);
    show_bool("  what was sent", bytes[0][2] == 'c' && bytes[1][1] == 'e');
    show_bool("  time is left", time[0] > 0 && time[0] <= 1000);
    time[1] = 1000000000;
    show("  no time", CALL(NR_recvmmsg64, pair[1], P(message), 2, 0, P(time)));
    show("  nowhere", CALL(NR_recvmmsg64, pair[1], P(message), 2, 0, 16));
    CALL(NR_close, pair[0]);
    CALL(NR_close, pair[1]);
}

static void memory(void)
{
    static char from[8] = "abcdefg", to[8];
    struct buffer own = {(uint32_t)P(to), 8}, other[2] = {{(uint32_t)P(from), 3}, {(uint32_t)P(from + 5), 3}};
    long self = CALL(NR_getpid);

    show("process_vm_readv", CALL(NR_process_vm_readv, self, P(&own), 1, P(other), 2, 0));
    show_bool("  both", same(to, "abcfg"));
    to[0] = 'z';
    show("process_vm_writev", CALL(NR_process_vm_writev, self, P(&own), 1, P(other), 2, 0));
    show_bool("  there", same(from, "zbcdefg"));
    struct buffer pages = {(uint32_t)P(from) & ~0xfffu, 4096};
    show("process_madvise", CALL(NR_process_madvise, CALL(NR_pidfd_open, self, 0), P(&pages), 1, 20, 0));
    own.base = 16;
    show("  nowhere", CALL(NR_process_vm_readv, self, P(&own), 1, P(other), 2, 0));
}

static void system_told(void)
{
    uint32_t told[17];

    for (int i = 0; i < 17; i++)
        told[i] = 0x5555;
    show("sysinfo", CALL(NR_sysinfo, P(told)));
    show_bool("  memory", told[4] != 0 && told[5] != 0 && told[5] <= told[4]);
    show_bool("  processes", (told[10] & 0xffff) != 0);
    show_bool("  a unit", told[13] == 1 || told[13] == 4096);
    show_bool("  no more was written", told[16] == 0x5555);
    show("sysinfo, nowhere", CALL(NR_sysinfo, 16));
}

static void devices(void)
{
    uint32_t stat[24], room[6] = {1, 1, 1, 1, 1, 0x5555};

    CALL(NR_stat64, P("/dev/shm"), P(stat));
    show("ustat", CALL(NR_ustat, (long)stat[0], P(room)));
    show_bool("  it has no name", room[2] == 0 && room[3] == 0 && room[4] == 0);
    show_bool("  no more was written", room[5] == 0x5555);
    show("ustat, nowhere", CALL(NR_ustat, (long)stat[0], 16));
    show("ustat of none", CALL(NR_ustat, 0x7fffff, P(room)));
}

void program(long *stack)
{
    (void)stack;
    CALL(NR_pipe, P(ends));
    selects();
    pselects();
    signals();
    groups();
    clocks();
    timers();
    messages();
    memory();
    devices();
    system_told();
    leave(0);
}
