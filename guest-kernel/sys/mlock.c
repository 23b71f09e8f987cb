/* SPDX-License-Identifier: Apache-2.0 */
/* mlock.c - memory that is to stay: mlock, munlock and their kin. Nothing is ever swapped out, so that only pages of
 * files could go. */
#include "sys/syscall.h"

#include "mm/turns.h"
#include "sys/maplimit.h"
#include "sys/user.h"

#define MLOCK_ONFAULT 1u

static struct space *space(void)
{
    return current_process()->space;
}

/* The whole pages of [addr, addr + size): 0, or -EINVAL if there are no such. */
static int pages_of(uaddr_t addr, uint64_t size, uaddr_t *start, uint64_t *length)
{
    *start = addr & ~PAGE_MASK;
    *length = page_up(size + (addr & PAGE_MASK));
    return *start + *length < *start ? -EINVAL : 0;
}

static int64_t lock(uaddr_t addr, uint64_t size, unsigned locked)
{
    uaddr_t start;
    uint64_t length;
    int error = pages_of(addr, size, &start, &length);

    space_begin(space());
    if (!maplimit_may_lock())
        return -EPERM;
    if (!maplimit_may_lock_range(start, length))
        return -ENOMEM;
    if (error == 0 && length != 0)
        error = space_lock(space(), start, start + length, locked);
    if (error != 0 || length == 0)
        return error;
    error = space_populate(space(), start, start + length);
    return error == -ENOMEM ? -EAGAIN : error != 0 ? -ENOMEM : 0; /* as Linux tells it (mm/mlock.c) */
}

int64_t sys_mlock(const uint64_t arg[6])
{
    return lock(arg[0], arg[1], AREA_LOCKED);
}

int64_t sys_mlock2(const uint64_t arg[6])
{
    unsigned flags = (unsigned)arg[2];

    if (flags & ~MLOCK_ONFAULT)
        return -EINVAL;
    return lock(arg[0], arg[1], AREA_LOCKED | (flags & MLOCK_ONFAULT ? AREA_LOCKED_ON_FAULT : 0u));
}

int64_t sys_munlock(const uint64_t arg[6])
{
    uaddr_t start;
    uint64_t length;
    int error = pages_of(arg[0], arg[1], &start, &length);

    return error != 0 || length == 0 ? error : space_lock(space(), start, start + length, 0);
}

int64_t sys_mlockall(const uint64_t arg[6])
{
    enum { MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4 };
    unsigned flags = (unsigned)arg[0], locked = AREA_LOCKED | (flags & MCL_ONFAULT ? AREA_LOCKED_ON_FAULT : 0u);

    if (flags == 0 || (flags & ~(unsigned)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
        return -EINVAL;
    if (!maplimit_may_lock())
        return -EPERM;
    space_begin(space());
    if ((flags & MCL_CURRENT) && !maplimit_may_lock_all())
        return -ENOMEM;
    space()->lock_future = (uint8_t)(flags & MCL_FUTURE ? locked : 0u);
    if (!(flags & MCL_CURRENT))
        return 0;
    space_lock_all(space(), locked);
    /* What can't be had is no error, as on Linux. To bring pages in may wait, and others map and unmap meanwhile. */
    uaddr_t at = 0;
    for (const struct area *area; (area = area_first(space(), at)) != NULL;) {
        uaddr_t start = area->start;
        at = area->end;
        space_populate(space(), start, at);
    }
    return 0;
}

int64_t sys_munlockall(const uint64_t arg[6])
{
    (void)arg;
    space()->lock_future = 0;
    space_lock_all(space(), 0);
    return 0;
}
