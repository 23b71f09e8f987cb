/* SPDX-License-Identifier: Apache-2.0 */
/* info.c - what the system says of itself: name, memory, CPU, random bytes. */
#include "abi/i386.h"
#include "abi/info.h"

#include "abi/time.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "core/cred.h"
#include "core/load.h"
#include "core/random.h"
#include "core/system.h"
#include "core/threads.h"
#include "lib/string.h"
#include "sys/syscall.h"
#include "sys/user.h"

int64_t sys_uname(const uint64_t arg[6])
{
    return user_put(arg[0], system_name);
}

/* The name's bytes are followed by NULs up to the end of its field. */
static int64_t name_set(char *field, uaddr_t address, int64_t length)
{
    char name[sizeof(system_name.nodename)] = {0};

    if (!cred_has(&current_thread()->cred, CAP_SYS_ADMIN))
        return -EPERM;
    if (length < 0 || length >= (int64_t)sizeof(name))
        return -EINVAL;
    if (copy_from_user(name, address, (size_t)length) != 0)
        return -EFAULT;
    memcpy(field, name, sizeof(name));
    return 0;
}

int64_t sys_sethostname(const uint64_t arg[6])
{
    return name_set(system_name.nodename, arg[0], (int)arg[1]);
}

int64_t sys_setdomainname(const uint64_t arg[6])
{
    return name_set(system_name.domainname, arg[0], (int)arg[1]);
}

/* Memory that can't be told in bytes there is told in pages. */
static int64_t sysinfo_put_32(uaddr_t address, const struct sysinfo_user *info)
{
    unsigned shift = info->totalram > UINT32_MAX ? PAGE_SHIFT : 0;
    const struct i386_sysinfo half = {
        .uptime = (int32_t)info->uptime,
        .loads = {(uint32_t)info->loads[0], (uint32_t)info->loads[1], (uint32_t)info->loads[2]},
        .totalram = (uint32_t)(info->totalram >> shift),
        .freeram = (uint32_t)(info->freeram >> shift),
        .procs = info->procs,
        .mem_unit = 1u << shift,
    };

    return user_put(address, half);
}

int64_t sys_sysinfo(const uint64_t arg[6])
{
    struct sysinfo_user info = {
        .uptime = (int64_t)(clock_monotonic_ns() / NS_PER_SEC),
        .totalram = page_total_count() * PAGE_SIZE,
        .freeram = page_free_count() * PAGE_SIZE,
        .procs = (uint16_t)threads_count(),
        .mem_unit = 1,
    };

    load_get(info.loads);
    for (unsigned i = 0; i < 3; i++)
        info.loads[i] *= SI_LOAD_ONE / LOAD_ONE;
    return call_is_32bit() ? sysinfo_put_32(arg[0], &info) : user_put(arg[0], info);
}

int64_t sys_getcpu(const uint64_t arg[6])
{
    uint32_t cpu = cpu_this()->number, node = 0;

    if ((arg[0] != 0 && user_put(arg[0], cpu)) || (arg[1] != 0 && user_put(arg[1], node)))
        return -EFAULT;
    return 0;
}

/* ---- getrandom ---- */

#define GRND_NONBLOCK 1u
#define GRND_RANDOM 2u
#define GRND_INSECURE 4u

static int64_t random_to_user(uaddr_t address, uint64_t size, void *buffer, size_t buffer_size)
{
    uint64_t done = 0;

    while (done < size) {
        size_t step = size - done < buffer_size ? (size_t)(size - done) : buffer_size;
        random_bytes(buffer, step);
        if (copy_to_user(address + done, buffer, step) != 0)
            return done != 0 ? (int64_t)done : -EFAULT;
        done += step;
    }
    return (int64_t)done;
}

int64_t sys_getrandom(const uint64_t arg[6])
{
    unsigned flags = (unsigned)arg[2];
    char few[64];

    if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) ||
        (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if (arg[1] <= sizeof(few))
        return random_to_user(arg[0], arg[1], few, sizeof(few));
    struct page *page = page_alloc_dirty();
    if (page == NULL)
        return -ENOMEM;
    int64_t result = random_to_user(arg[0], arg[1] < INT32_MAX ? arg[1] : INT32_MAX, page_data(page), PAGE_SIZE);
    page_put(page);
    return result;
}
