/* SPDX-License-Identifier: Apache-2.0 */
/* mount_flags.c - see mount_flags.h. */
#include "sys/mount_flags.h"

#include "abi/errno.h"
#include "core/cred.h"
#include "core/thread.h"

int mounting_permitted(void)
{
    return cred_has(&current_thread()->cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

int mounting_begin(void)
{
    int error = mounting_permitted();

    return error == 0 && mount_boot_waits ? mount_boot() : error;
}

static const struct {
    uint32_t attr, flag;
} known[] = {{MOUNT_ATTR_RDONLY, MS_RDONLY},         {MOUNT_ATTR_NOSUID, MS_NOSUID},
             {MOUNT_ATTR_NODEV, MS_NODEV},           {MOUNT_ATTR_NOEXEC, MS_NOEXEC},
             {MOUNT_ATTR_NODIRATIME, MS_NODIRATIME}, {MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW}};

uint64_t mount_attr_of(uint32_t flags)
{
    uint64_t attr = flags & MS_NOATIME    ? MOUNT_ATTR_NOATIME
                    : flags & MS_RELATIME ? MOUNT_ATTR_RELATIME
                                          : MOUNT_ATTR_STRICTATIME;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (flags & known[i].flag)
            attr |= known[i].attr;
    return attr;
}

uint32_t mount_flags_of(uint64_t attr)
{
    uint32_t flags = 0;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (attr & known[i].attr)
            flags |= known[i].flag;
    return flags;
}

bool mount_atime_of(uint64_t attr, uint32_t *flags)
{
    switch (attr & MOUNT_ATTR__ATIME) {
    case MOUNT_ATTR_RELATIME:
        *flags = MS_RELATIME;
        return true;
    case MOUNT_ATTR_NOATIME:
        *flags = MS_NOATIME;
        return true;
    case MOUNT_ATTR_STRICTATIME:
        *flags = 0;
        return true;
    default:
        return false;
    }
}
