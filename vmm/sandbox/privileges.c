/* SPDX-License-Identifier: Apache-2.0 */
/* privileges.c - see privileges.h. */
#include "vmm/sandbox/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <asm/unistd.h>
#include <unistd.h>

#define CAPABILITIES 64

/* A program that root runs gets no capabilities for that, none can be passed on to a program, and none of this can be
 * changed. What setfsuid takes away stays as it is. */
#define ROOT_IS_NOBODY (SECBIT_NOROOT | SECBIT_NO_CAP_AMBIENT_RAISE | SECURE_ALL_LOCKS)

int privileges_hide(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ? -errno : 0;
}

static uint64_t both(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

/* A program that is run gets no capabilities: who has none to give up has none to get, either. To empty the bounding
 * set says the same in forty calls, and is for where the bits are locked already, as they are not wanted here. */
static void bound(uint64_t kept)
{
    if (prctl(PR_SET_SECUREBITS, ROOT_IS_NOBODY) == 0)
        return;
    for (unsigned i = 0; i < CAPABILITIES; i++)
        if ((kept & 1ull << i) == 0 && prctl(PR_CAPBSET_DROP, i) < 0)
            break; /* past the last one */
}

int privileges_drop(uint64_t kept)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(__NR_capget, &head, data) < 0)
        return -errno;
    uint64_t have = both(data[0].permitted, data[1].permitted);
    if ((have & 1ull << CAP_SETPCAP) != 0)
        bound(kept);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    have &= kept;
    for (unsigned i = 0; i < 2; i++) {
        data[i].permitted = data[i].effective = (uint32_t)(have >> (32 * i));
        data[i].inheritable = 0;
    }
    return syscall(__NR_capset, &head, data) < 0 ? -errno : 0;
}
