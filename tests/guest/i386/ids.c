/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - users and groups as the oldest 32-bit programs have them, in 16 bits; statfs64, umount. */
#include "bare.h"

ENTRY("main");

enum { /* of these calls alone */
       NR_lchown16 = 16,
       NR_umount = 22,
       NR_setuid16 = 23,
       NR_setgid16 = 46,
       NR_setreuid16 = 70,
       NR_setregid16 = 71,
       NR_getgroups16 = 80,
       NR_fchown16 = 95,
       NR_setfsuid16 = 138,
       NR_setfsgid16 = 139,
       NR_setresuid16 = 164,
       NR_getresuid16 = 165,
       NR_setresgid16 = 170,
       NR_getresgid16 = 171,
       NR_chown16 = 182,
       NR_setgroups32 = 206,
       NR_setresuid32 = 208,
       NR_setresgid32 = 210,
       NR_statfs64 = 268,
       NR_fstatfs64 = 269,
};

static uint16_t ids[4];

static void show_ids(const char *what, long number)
{
    ids[0] = ids[1] = ids[2] = ids[3] = 9999;
    show(what, CALL(number, P(&ids[0]), P(&ids[1]), P(&ids[2])));
    for (int i = 0; i < 4; i++)
        show("  id", ids[i]);
}

static void groups(void)
{
    static const uint32_t wide[3] = {7, 70000, 9};

    show("setgroups32", CALL(NR_setgroups32, 3, P(wide)));
    show("getgroups16, how many", CALL(NR_getgroups16, 0, 0));
    show("getgroups16, no room", CALL(NR_getgroups16, 2, P(ids)));
    show("getgroups16", CALL(NR_getgroups16, 4, P(ids)));
    for (int i = 0; i < 3; i++)
        show("  group", ids[i]);
    show("nowhere", CALL(NR_getgroups16, 4, 16));
}

static void of_file(void)
{
    long fd = CALL(NR_open, P("ids-file"), 0102, 0600);

    show("fchown16", CALL(NR_fchown16, fd, 5, 6));
    show("chown16", CALL(NR_chown16, P("ids-file"), 0xffff, 8));
    show("lchown16", CALL(NR_lchown16, P("ids-file"), 9, 0xffff));
    show("of nothing", CALL(NR_chown16, P("ids-none"), 9, 9));
    CALL(NR_close, fd);
    CALL(NR_unlink, P("ids-file"));
}

static void file_systems(void)
{
    static uint32_t stat[22];
    long fd = CALL(NR_open, P("/proc"), 0);

    stat[21] = 0x5aa5;
    show("statfs64", CALL(NR_statfs64, P("/proc"), 84, P(stat)));
    show("  type", (long)stat[0]);
    show("  name length", (long)stat[14]);
    show("  behind it", (long)stat[21]);
    stat[0] = 0;
    show("fstatfs64", CALL(NR_fstatfs64, fd, 84, P(stat)));
    show("  type", (long)stat[0]);
    show("another size", CALL(NR_statfs64, P("/proc"), 88, P(stat)));
    show("nowhere", CALL(NR_statfs64, P("/proc"), 84, 16));
    show("no file", CALL(NR_fstatfs64, -1, 84, P(stat)));
    show("umount", CALL(NR_umount, P("ids-none")));
    CALL(NR_close, fd);
}

void program(long *stack)
{
    (void)stack;
    show("where files have owners", CALL(NR_chdir, P("/dev/shm")));
    groups();
    of_file();
    file_systems();
    show("setresgid32", CALL(NR_setresgid32, 70000, 5, 6));
    show_ids("getresgid16", NR_getresgid16);
    show("setresgid16", CALL(NR_setresgid16, 3, 0xffff, 4));
    show_ids("getresgid16", NR_getresgid16);
    show("setregid16", CALL(NR_setregid16, 0xffff, 12));
    show("setgid16", CALL(NR_setgid16, 11));
    show("setfsgid16", CALL(NR_setfsgid16, 13));
    show("setfsgid16", CALL(NR_setfsgid16, 0xffff));
    show_ids("getresgid16", NR_getresgid16);
    show("setresuid32", CALL(NR_setresuid32, 0, 0, 70001));
    show_ids("getresuid16", NR_getresuid16);
    show("setfsuid16", CALL(NR_setfsuid16, 13));
    show("setfsuid16", CALL(NR_setfsuid16, 0xffff));
    show("setreuid16", CALL(NR_setreuid16, 0xffff, 0));
    show("setresuid16", CALL(NR_setresuid16, 21, 22, 0xffff));
    show_ids("getresuid16", NR_getresuid16);
    show("setuid16", CALL(NR_setuid16, 21));
    show_ids("getresuid16", NR_getresuid16);
    show("setuid16 to another", CALL(NR_setuid16, 23));
}
