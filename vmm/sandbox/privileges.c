/* SPDX-License-Identifier: Apache-2.0 */
/* privileges.c - see privileges.h. */
#include "vmm/sandbox/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <asm/unistd.h>
#include <unistd.h>

#define CAPABILITIES 64

int privileges_hide(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ? -errno : 0;
}

static uint64_t both(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

/* The bounding set is what a program could get by execve; who may not change it is left with it, and with no_new_privs
 * and no execve on its list. */
int privileges_drop(uint64_t kept)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(__NR_capget, &head, data) < 0)
        return -errno;
    uint64_t have = both(data[0].permitted, data[1].permitted);
    for (unsigned i = 0; i < CAPABILITIES && (have & 1ull << CAP_SETPCAP) != 0; i++)
        if ((kept & 1ull << i) == 0 && prctl(PR_CAPBSET_DROP, i) < 0)
            break; /* past the last one */
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    have &= kept;
    for (unsigned i = 0; i < 2; i++) {
        data[i].permitted = data[i].effective = (uint32_t)(have >> (32 * i));
        data[i].inheritable = 0;
    }
    return syscall(__NR_capset, &head, data) < 0 ? -errno : 0;
}
