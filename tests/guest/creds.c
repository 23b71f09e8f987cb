/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds.c - user and group IDs, supplementary groups and capabilities, and what prctl has of them.
 *
 * What root may do is shown by the oracle's Linux only where the test runs as root there; elsewhere what is known of
 * Linux stands beside each call.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

/* linux/capability.h, which musl doesn't bring along. */
#define CAPABILITY_VERSION_1 0x19980330
#define CAPABILITY_VERSION_3 0x20080522
enum { CAP_CHOWN = 0, CAP_KILL = 5, CAP_SETGID = 6, CAP_SETUID = 7, CAP_SETPCAP = 8 };
struct cap_header {
    unsigned version;
    int pid;
};
struct cap_data {
    unsigned effective, permitted, inheritable;
};

#define SETUID (1ul << CAP_SETUID)
#define SETGID (1ul << CAP_SETGID)
#define SETPCAP (1ul << CAP_SETPCAP)
#define CHOWN (1ul << CAP_CHOWN)
#define NEEDED (SETUID | SETGID | SETPCAP | CHOWN)

static int is_privileged;

/* The result or -errno; without privileges what it has to be. */
static void want(const char *what, long result, long expected)
{
    long got = result == -1 ? -errno : result;

    if (is_privileged == 0)
        got = expected;
    if (got < 0)
        printf("%s: %s", what, error_name((int)-got));
    else
        printf("%s: %ld", what, got);
    printf("%s\n", got == expected ? "" : ", and another is known");
}

static void want_ids(const char *what, int is_user, unsigned real, unsigned effective, unsigned saved)
{
    unsigned id[3] = {0};

    syscall(is_user != 0 ? SYS_getresuid : SYS_getresgid, &id[0], &id[1], &id[2]);
    if (is_privileged == 0)
        id[0] = real, id[1] = effective, id[2] = saved;
    printf("%s: %u %u %u%s\n", what, id[0], id[1], id[2],
           id[0] == real && id[1] == effective && id[2] == saved ? "" : ", and others are known");
}

struct caps {
    unsigned long effective, permitted, inheritable;
};

static long caps_get(struct caps *caps)
{
    struct cap_header header = {CAPABILITY_VERSION_3, 0};
    struct cap_data data[2] = {{0}};
    long result = syscall(SYS_capget, &header, data);

    caps->effective = data[0].effective | (unsigned long)data[1].effective << 32;
    caps->permitted = data[0].permitted | (unsigned long)data[1].permitted << 32;
    caps->inheritable = data[0].inheritable | (unsigned long)data[1].inheritable << 32;
    return result;
}

static long caps_set(const struct caps *caps)
{
    struct cap_header header = {CAPABILITY_VERSION_3, 0};
    struct cap_data data[2] = {
        {(unsigned)caps->effective, (unsigned)caps->permitted, (unsigned)caps->inheritable},
        {(unsigned)(caps->effective >> 32), (unsigned)(caps->permitted >> 32), (unsigned)(caps->inheritable >> 32)}};

    return syscall(SYS_capset, &header, data);
}

/* Of the capabilities that the test is about: which are in the effective and in the permitted set. */
static void want_caps(const char *what, unsigned long effective, unsigned long permitted)
{
    struct caps caps;

    caps_get(&caps);
    want(what, (long)(caps.effective & NEEDED), (long)effective);
    want("  and permitted", (long)(caps.permitted & NEEDED), (long)permitted);
}

/* ---- what is the same for everybody ---- */

/* Who has ended has its capabilities until it was waited for. */
static void ended(void)
{
    struct cap_header header = {CAPABILITY_VERSION_3, fork()};
    struct cap_data data[2];
    siginfo_t info;

    if (header.pid == 0)
        _exit(0);
    waitid(P_PID, (id_t)header.pid, &info, WEXITED | WNOWAIT);
    show("capget of who has ended", syscall(SYS_capget, &header, data));
    waitpid(header.pid, NULL, 0);
    show("capget of who was waited for", syscall(SYS_capget, &header, data));
}

static void versions(void)
{
    struct cap_header header = {0x12345678, 0};
    struct cap_data data[2];

    show("capget, an unknown version", syscall(SYS_capget, &header, data));
    printf("  %x is answered\n", header.version);
    header.version = 0;
    show("capget asked for the version", syscall(SYS_capget, &header, NULL));
    show("capget", syscall(SYS_capget, &header, data));
    header.version = CAPABILITY_VERSION_1;
    data[1].effective = 77;
    show("capget, version 1", syscall(SYS_capget, &header, data));
    show_bool("one word", data[1].effective == 77);
    show("capget to nowhere", syscall(SYS_capget, &header, (void *)8));
    show("capget from nowhere", syscall(SYS_capget, (void *)8, data));
    show("capset from nowhere", syscall(SYS_capset, &header, (void *)8));
    header.pid = -1;
    show("capget of a negative process", syscall(SYS_capget, &header, data));
    header.pid = 0x3fffffff;
    show("capget of nobody", syscall(SYS_capget, &header, data));
    show("capset of another", syscall(SYS_capset, &header, data));
    header.pid = 1;
    show("capget of process 1", syscall(SYS_capget, &header, data));
    ended();
}

static void settings(void)
{
    int value = -1;

    show("PR_SET_DUMPABLE 2", prctl(PR_SET_DUMPABLE, 2, 0, 0, 0));
    show("PR_SET_DUMPABLE 0", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
    show("PR_GET_DUMPABLE", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    show("PR_SET_DUMPABLE 1", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
    show("PR_GET_DUMPABLE", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    show("PR_SET_PDEATHSIG 15", prctl(PR_SET_PDEATHSIG, 15, 0, 0, 0));
    show("PR_SET_PDEATHSIG 65", prctl(PR_SET_PDEATHSIG, 65, 0, 0, 0));
    show("PR_GET_PDEATHSIG", prctl(PR_GET_PDEATHSIG, &value, 0, 0, 0));
    printf("  %d\n", value);
    show("PR_GET_PDEATHSIG to nowhere", prctl(PR_GET_PDEATHSIG, 8, 0, 0, 0));
    show("PR_GET_TIMERSLACK", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
    show("PR_SET_TIMERSLACK", prctl(PR_SET_TIMERSLACK, 70000, 0, 0, 0));
    show("PR_GET_TIMERSLACK", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
    show("PR_SET_TIMERSLACK 0", prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0));
    show("PR_GET_TIMERSLACK", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
    show("PR_SET_CHILD_SUBREAPER", prctl(PR_SET_CHILD_SUBREAPER, 5, 0, 0, 0));
    show("PR_GET_CHILD_SUBREAPER", prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0));
    printf("  %d\n", value);
    show("PR_GET_TIMING", prctl(PR_GET_TIMING, 0, 0, 0, 0));
    show("PR_SET_TIMING 1", prctl(PR_SET_TIMING, 1, 0, 0, 0));
    show("PR_SET_KEEPCAPS 2", prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0));
    show("PR_CAPBSET_READ", prctl(PR_CAPBSET_READ, 64, 0, 0, 0));
    show("PR_SET_NO_NEW_PRIVS 0", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    show("PR_SET_NO_NEW_PRIVS 1, 1", prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
    show("PR_CAP_AMBIENT 9", prctl(PR_CAP_AMBIENT, 9, 0, 0, 0));
    show("PR_CAP_AMBIENT of none", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 64, 0, 0));
    show("PR_CAP_AMBIENT_CLEAR_ALL 1", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0));
    show("setuid -1", syscall(SYS_setuid, -1));
    show("setgid -1", syscall(SYS_setgid, -1));
    show("setresuid to what it is", syscall(SYS_setresuid, -1, -1, -1));
    show_bool("setfsuid -1", syscall(SYS_setfsuid, -1) == (long)geteuid());
    show("getgroups -1", syscall(SYS_getgroups, -1, &value));
    show("getresuid to nowhere", syscall(SYS_getresuid, 8, 8, 8));
}

/* ---- root ---- */

static void groups(void)
{
    static unsigned many[65536], got[65536];
    unsigned two[] = {500, 123};

    want("setgroups 2", syscall(SYS_setgroups, 2, two), 0);
    want("getgroups 0", syscall(SYS_getgroups, 0, NULL), 2);
    want("getgroups 1", syscall(SYS_getgroups, 1, got), -EINVAL);
    want("getgroups 2", syscall(SYS_getgroups, 2, got), 2);
    want("  the first", got[0], 123);
    want("  the second", got[1], 500);
    want("getgroups to nowhere", syscall(SYS_getgroups, 2, 8), -EFAULT);
    want("setgroups from nowhere", syscall(SYS_setgroups, 2, 8), -EFAULT);
    want("setgroups 65537", syscall(SYS_setgroups, 65537, many), -EINVAL);
    two[0] = (unsigned)-1;
    want("setgroups -1", syscall(SYS_setgroups, 2, two), -EINVAL);
    want("they are kept", syscall(SYS_getgroups, 65536, got), 2);
    for (unsigned i = 0; i < 65536; i++)
        many[i] = i * 40503u % 65536;
    want("setgroups 65536", syscall(SYS_setgroups, 65536, many), 0);
    want("getgroups", syscall(SYS_getgroups, 65536, got), 65536);
    unsigned wrong = 0;
    for (unsigned i = 0; i < 65536; i++)
        wrong += got[i] != i;
    want("  out of order", wrong, 0);
    want("setgroups 0", syscall(SYS_setgroups, 0, NULL), 0);
    want("getgroups", syscall(SYS_getgroups, 0, NULL), 0);
}

static void group_ids(void)
{
    want("setresgid", syscall(SYS_setresgid, 7, 8, 9), 0);
    want_ids("  gids", 0, 7, 8, 9);
    want("setfsgid gives the old one", syscall(SYS_setfsgid, 20), 8);
    want("setfsgid gives the old one", syscall(SYS_setfsgid, -1), 20);
    want("setregid", syscall(SYS_setregid, -1, 7), 0);
    want_ids("  gids", 0, 7, 7, 9);
    want("setregid", syscall(SYS_setregid, 5, -1), 0);
    want_ids("  gids", 0, 5, 7, 7);
    want("setgid", syscall(SYS_setgid, 6), 0);
    want_ids("  gids", 0, 6, 6, 6);
}

static void file_ids(void)
{
    want("setfsuid", syscall(SYS_setfsuid, 1000), 0);
    want_caps("a capability of files goes", NEEDED & ~CHOWN, NEEDED);
    want("setfsuid", syscall(SYS_setfsuid, 0), 1000);
    want_caps("and comes", NEEDED, NEEDED);
}

static void effective_ids(void)
{
    want("setresuid, effective alone", syscall(SYS_setresuid, -1, 65534, -1), 0);
    want_ids("  uids", 1, 0, 65534, 0);
    want_caps("effective capabilities go", 0, NEEDED);
    want("PR_GET_DUMPABLE", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    want("setgroups", syscall(SYS_setgroups, 0, NULL), -EPERM);
    want("setresuid to another", syscall(SYS_setresuid, 5, -1, -1), -EPERM);
    want("setreuid to another", syscall(SYS_setreuid, -1, 5), -EPERM);
    want("setuid to another", syscall(SYS_setuid, 5), -EPERM);
    want("setgid to another", syscall(SYS_setgid, 5), -EPERM);
    want("setuid back", syscall(SYS_setuid, 0), 0);
    want_ids("  uids", 1, 0, 0, 0);
    want_caps("they come back", NEEDED, NEEDED);
}

static void capabilities(void)
{
    struct caps caps, less;

    want("capget", caps_get(&caps), 0);
    less = caps;
    less.effective &= ~SETUID;
    want("capset, less effective", caps_set(&less), 0);
    want("setuid without CAP_SETUID", syscall(SYS_setuid, 5), -EPERM);
    want("capset, as before", caps_set(&caps), 0);
    less.inheritable = SETGID | CHOWN;
    want("capset, inheritable", caps_set(&less), 0);
    want("PR_CAP_AMBIENT_RAISE", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETGID, 0, 0), 0);
    want("PR_CAP_AMBIENT_RAISE of what isn't inheritable", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0),
         -EPERM);
    want("PR_CAP_AMBIENT_IS_SET", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SETGID, 0, 0), 1);
    less.inheritable = CHOWN;
    want("capset, not inheritable", caps_set(&less), 0);
    want("PR_CAP_AMBIENT_IS_SET", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SETGID, 0, 0), 0);
    want("PR_CAPBSET_READ", prctl(PR_CAPBSET_READ, CAP_SETGID, 0, 0, 0), 1);
    want("PR_CAPBSET_DROP", prctl(PR_CAPBSET_DROP, CAP_SETGID, 0, 0, 0), 0);
    want("PR_CAPBSET_READ", prctl(PR_CAPBSET_READ, CAP_SETGID, 0, 0, 0), 0);
    less.inheritable = SETGID;
    want("capset, inheritable beyond the bounding set", caps_set(&less), -EPERM);
    want("capset, as before", caps_set(&caps), 0);
    want("PR_SET_SECUREBITS, unknown ones", prctl(PR_SET_SECUREBITS, 0x10000, 0, 0, 0), -EPERM);
    want("PR_SET_SECUREBITS", prctl(PR_SET_SECUREBITS, 0x4, 0, 0, 0), 0);
    want("PR_GET_SECUREBITS", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0), 4);
    want("setresuid", syscall(SYS_setresuid, 5, 5, 5), 0);
    want_caps("the fix-up is off: all capabilities stay", NEEDED, NEEDED);
    want("PR_SET_SECUREBITS", prctl(PR_SET_SECUREBITS, 0, 0, 0, 0), 0);
    want("setresuid", syscall(SYS_setresuid, 0, 0, 0), 0);
}

static void away_for_good(void)
{
    struct caps caps;

    want("PR_SET_KEEPCAPS", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
    want("PR_GET_KEEPCAPS", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0), 1);
    want("setuid", syscall(SYS_setuid, 1000), 0);
    want_ids("  uids", 1, 1000, 1000, 1000);
    want_caps("permitted ones are kept", 0, NEEDED);
    want("PR_SET_KEEPCAPS", prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), 0);
    want("setuid to another", syscall(SYS_setuid, 0), -EPERM);
    caps_get(&caps);
    caps.effective = caps.permitted = SETUID;
    want("capset", caps_set(&caps), 0);
    want("setresuid", syscall(SYS_setresuid, -1, -1, 1001), 0);
    want_ids("  uids", 1, 1000, 1000, 1001);
    caps.permitted = SETGID;
    want("capset, more permitted", caps_set(&caps), -EPERM);
    caps.effective = caps.permitted = 0;
    want("capset, none", caps_set(&caps), 0);
    want("setresuid, swapped", syscall(SYS_setresuid, -1, 1001, 1000), 0);
    want_ids("  uids", 1, 1000, 1001, 1000);
    want("setuid back", syscall(SYS_setuid, 1000), 0);
    want("setuid to root", syscall(SYS_setuid, 0), -EPERM);
    want("PR_CAPBSET_DROP", prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0), -EPERM);
}

int main(void)
{
    struct caps caps = {0};

    caps_get(&caps);
    is_privileged = getuid() == 0 && geteuid() == 0 && (caps.effective & NEEDED) == NEEDED;
    versions();
    settings();
    groups();
    group_ids();
    file_ids();
    effective_ids();
    capabilities();
    away_for_good();
    show("PR_SET_NO_NEW_PRIVS", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    show("PR_GET_NO_NEW_PRIVS", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}
