/* SPDX-License-Identifier: Apache-2.0 */
/* maplimit.c - see maplimit.h. The rules are those of Linux's may_expand_vm, can_do_mlock and mlock_future_ok. */
#include "sys/maplimit.h"

#include "abi/info.h"
#include "core/cred.h"
#include "sys/limit.h"
#include "sys/user.h"

static struct space *space(void)
{
    return current_process()->space;
}

/* ---- mapped memory ---- */

static bool limit_allows(unsigned resource, bool data_only, uint64_t more, uaddr_t replaced, uint64_t replaced_length)
{
    uint64_t limit = limit_soft(resource);

    if (limit == RLIM_INFINITY)
        return true;
    uint64_t used = space_mapped(space(), 0, ISA_USER_TOP, data_only) -
                    space_mapped(space(), replaced, replaced + replaced_length, data_only);
    limit &= ~PAGE_MASK;
    return used <= limit && more <= limit - used;
}

bool maplimit_allows(uint64_t more, bool data, uaddr_t replaced, uint64_t replaced_length)
{
    return limit_allows(RLIMIT_AS, false, more, replaced, replaced_length) &&
           (!data || limit_allows(RLIMIT_DATA, true, more, replaced, replaced_length));
}

/* ---- locked memory ---- */

static bool is_exempt(void)
{
    return cred_has(&current_thread()->cred, CAP_IPC_LOCK);
}

bool maplimit_may_lock(void)
{
    return limit_soft(RLIMIT_MEMLOCK) != 0 || is_exempt();
}

static bool fits(uint64_t locked, uint64_t more)
{
    uint64_t limit = limit_soft(RLIMIT_MEMLOCK) & ~PAGE_MASK;

    return (locked <= limit && more <= limit - locked) || is_exempt();
}

bool maplimit_lock_fits(uint64_t more)
{
    return fits(space()->locked_bytes, more);
}

bool maplimit_may_lock_range(uaddr_t start, uint64_t length)
{
    return maplimit_lock_fits(length) ||
           fits(space()->locked_bytes - space_locked(space(), start, start + length), length);
}

bool maplimit_may_lock_all(void)
{
    return fits(0, space()->mapped_bytes);
}

/* ---- stacks ---- */

bool maplimit_may_grow(const struct space *of, const struct area *area, uint64_t bytes)
{
    return of != space() || (maplimit_allows(bytes, false, 0, 0) && (area->locked == 0 || maplimit_lock_fits(bytes)));
}
