/* SPDX-License-Identifier: Apache-2.0 */
/* info.h - what the system tells of itself: uname, sysinfo, resource limits. */
#ifndef GK_ABI_INFO_H
#define GK_ABI_INFO_H

#include <stddef.h>
#include <stdint.h>

struct utsname_user {
    char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};
_Static_assert(sizeof(struct utsname_user) == 390, "struct new_utsname");

#define SI_LOAD_ONE 65536 /* what 1.0 is in `loads` */
struct sysinfo_user {
    int64_t uptime;
    uint64_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    uint16_t procs, pad;
    uint32_t pad2;
    uint64_t totalhigh, freehigh;
    uint32_t mem_unit, pad3;
};
_Static_assert(sizeof(struct sysinfo_user) == 112, "struct sysinfo");
_Static_assert(offsetof(struct sysinfo_user, totalhigh) == 88, "struct sysinfo");

#define RLIM_INFINITY UINT64_MAX
enum {
    RLIMIT_CPU,
    RLIMIT_FSIZE,
    RLIMIT_DATA,
    RLIMIT_STACK,
    RLIMIT_CORE,
    RLIMIT_RSS,
    RLIMIT_NPROC,
    RLIMIT_NOFILE,
    RLIMIT_MEMLOCK,
    RLIMIT_AS,
    RLIMIT_LOCKS,
    RLIMIT_SIGPENDING,
    RLIMIT_MSGQUEUE,
    RLIMIT_NICE,
    RLIMIT_RTPRIO,
    RLIMIT_RTTIME,
    RLIMIT_COUNT
};

#endif
