/* SPDX-License-Identifier: Apache-2.0 */
/* protect.c - what may be done with memory: mprotect, and protection keys (pkeys(7), mm/keys.h). */
#include "sys/protect.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "mm/keys.h"
#include "mm/space.h"
#include "mm/turns.h"
#include "sys/syscall.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
#define PROT_GROWSDOWN 0x1000000u /* down to where an area that grows begins */
#define PROT_GROWSUP 0x2000000u

static struct space *space(void)
{
    return current_process()->space;
}

/* ---- keys of a program ---- */

/* Whether the program has been given it, or takes it as given: that of what is only executed is the kernel's. */
static bool has_key(int key)
{
    return key >= 0 && key < (int)keys_count && (space()->keys & 1u << key) &&
           (key == 0 || key != space()->only_execute);
}

void protect_only_execute(void)
{
    unsigned key = space()->only_execute;

    if (key != 0 && key_allows(key, ACCESS_READ))
        key_deny(key, KEY_DENIES_ACCESS);
}

/* ---- mprotect ---- */

static int64_t protect(const uint64_t arg[6], int key)
{
    uaddr_t start = arg[0], end = start + page_up(arg[1]);
    uint64_t prot = arg[2], grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
    int error;

    prot &= ~grows;
    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || (start & PAGE_MASK))
        return -EINVAL;
    if (arg[1] == 0)
        return 0;
    if (end <= start)
        return -ENOMEM;
    if (prot & ~(uint64_t)(PROT_ALL | PROT_SEM))
        return -EINVAL;
    space_begin(space());
    if (key != KEY_KEEP && !has_key(key))
        return -EINVAL;
    if (grows != 0) {
        const struct area *area = area_first(space(), start);

        if (area == NULL || area->start >= (grows == PROT_GROWSDOWN ? end : start + 1))
            return -ENOMEM;
        if (grows == PROT_GROWSUP || !area->grows) /* nothing grows upwards */
            return -EINVAL;
        start = area->start;
    }
    error = space_protect_key(space(), start, end - start, (unsigned)prot, key);
    if (key == KEY_KEEP && prot == PROT_EXEC)
        protect_only_execute();
    return error;
}

int64_t sys_mprotect(const uint64_t arg[6])
{
    return protect(arg, KEY_KEEP);
}

/* ---- the calls for keys ---- */

#ifdef ISA_PKEY_ERRNO

int64_t sys_pkey_mprotect(const uint64_t arg[6])
{
    return protect(arg, (int)arg[3]);
}

int64_t sys_pkey_alloc(const uint64_t arg[6])
{
    int key;

    if (arg[0] != 0 || (arg[1] & ~(uint64_t)(KEY_DENIES_ACCESS | KEY_DENIES_WRITE)))
        return -EINVAL;
    if (keys_count == 0) /* a CPU without them */
        return -ISA_PKEY_ERRNO;
    space_begin(space());
    key = space_key_take(space());
    if (key >= 0)
        key_deny((unsigned)key, (unsigned)arg[1]);
    return key;
}

/* Pages that have it keep it. */
int64_t sys_pkey_free(const uint64_t arg[6])
{
    int key = (int)arg[0];

    space_begin(space());
    if (!has_key(key))
        return -EINVAL;
    space()->keys &= (uint16_t)~(1u << key);
    return 0;
}

#else

int64_t sys_pkey_mprotect(const uint64_t arg[6])
{
    return sys_ni_syscall(arg);
}

int64_t sys_pkey_alloc(const uint64_t arg[6])
{
    return sys_ni_syscall(arg);
}

int64_t sys_pkey_free(const uint64_t arg[6])
{
    return sys_ni_syscall(arg);
}

#endif
