/* SPDX-License-Identifier: Apache-2.0 */
/* i386_ids.c - the calls of 32-bit programs that are older than IDs of 32 bits: those of 16 are widened, -1 to -1, and
 * what doesn't fit is told as Linux's overflow ID. */
#include "abi/i386.h"
#include "sys/syscall.h"
#include "sys/user.h"

static uint64_t wide(uint64_t id)
{
    return (uint16_t)id == UINT16_MAX ? UINT32_MAX : (uint16_t)id;
}

static int64_t with_wide(syscall_handler *handler, const uint64_t arg[6], unsigned first, unsigned count)
{
    uint64_t changed[6];

    for (unsigned i = 0; i < 6; i++)
        changed[i] = i >= first && i < first + count ? wide(arg[i]) : arg[i];
    return handler(changed);
}

/* ---- one's own ---- */

int64_t sys_i386_getuid16(const uint64_t arg[6])
{
    return i386_id16((uint64_t)sys_getuid(arg));
}

int64_t sys_i386_getgid16(const uint64_t arg[6])
{
    return i386_id16((uint64_t)sys_getgid(arg));
}

int64_t sys_i386_geteuid16(const uint64_t arg[6])
{
    return i386_id16((uint64_t)sys_geteuid(arg));
}

int64_t sys_i386_getegid16(const uint64_t arg[6])
{
    return i386_id16((uint64_t)sys_getegid(arg));
}

int64_t sys_i386_setuid16(const uint64_t arg[6])
{
    return with_wide(sys_setuid, arg, 0, 1);
}

int64_t sys_i386_setgid16(const uint64_t arg[6])
{
    return with_wide(sys_setgid, arg, 0, 1);
}

int64_t sys_i386_setreuid16(const uint64_t arg[6])
{
    return with_wide(sys_setreuid, arg, 0, 2);
}

int64_t sys_i386_setregid16(const uint64_t arg[6])
{
    return with_wide(sys_setregid, arg, 0, 2);
}

int64_t sys_i386_setresuid16(const uint64_t arg[6])
{
    return with_wide(sys_setresuid, arg, 0, 3);
}

int64_t sys_i386_setresgid16(const uint64_t arg[6])
{
    return with_wide(sys_setresgid, arg, 0, 3);
}

int64_t sys_i386_setfsuid16(const uint64_t arg[6])
{
    return i386_id16((uint64_t)with_wide(sys_setfsuid, arg, 0, 1));
}

int64_t sys_i386_setfsgid16(const uint64_t arg[6])
{
    return i386_id16((uint64_t)with_wide(sys_setfsgid, arg, 0, 1));
}

static int64_t ids_put(const struct cred_ids *ids, const uint64_t arg[6])
{
    const uint16_t id[3] = {i386_id16(ids->real), i386_id16(ids->effective), i386_id16(ids->saved)};

    for (unsigned i = 0; i < 3; i++)
        if (user_put(arg[i], id[i]))
            return -EFAULT;
    return 0;
}

int64_t sys_i386_getresuid16(const uint64_t arg[6])
{
    return ids_put(&current_thread()->cred.user, arg);
}

int64_t sys_i386_getresgid16(const uint64_t arg[6])
{
    return ids_put(&current_thread()->cred.group, arg);
}

/* ---- groups ---- */

int64_t sys_i386_getgroups16(const uint64_t arg[6])
{
    const struct cred_groups *groups = current_thread()->cred.groups;
    int room = (int)arg[0], count = groups != NULL ? (int)groups->count : 0;

    if (room < 0 || (room != 0 && room < count))
        return -EINVAL;
    for (int i = 0; i < count && room != 0; i++) {
        uint16_t id = i386_id16(groups->id[i]);

        if (user_put(arg[1] + (uint64_t)i * sizeof(id), id))
            return -EFAULT;
    }
    return count;
}

/* ---- files' ---- */

int64_t sys_i386_chown16(const uint64_t arg[6])
{
    return with_wide(sys_chown, arg, 1, 2);
}

int64_t sys_i386_lchown16(const uint64_t arg[6])
{
    return with_wide(sys_lchown, arg, 1, 2);
}

int64_t sys_i386_fchown16(const uint64_t arg[6])
{
    return with_wide(sys_fchown, arg, 1, 2);
}
