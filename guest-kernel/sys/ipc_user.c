/* SPDX-License-Identifier: Apache-2.0 */
/* ipc_user.c - see ipc_user.h. */
#include "sys/ipc_user.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "mm/usercopy.h"

struct ipc_perm_user ipc_perm_show(const struct ipc_perm *perm)
{
    return (struct ipc_perm_user){
        .key = perm->key,
        .uid = perm->uid,
        .gid = perm->gid,
        .cuid = perm->cuid,
        .cgid = perm->cgid,
        .mode = perm->mode,
        .seq = (uint16_t)((unsigned)perm->id / IPC_PLACES),
    };
}

struct i386_ipc_perm ipc_perm_show_i386(const struct ipc_perm_user *perm)
{
    return (struct i386_ipc_perm){
        .key = perm->key,
        .uid = perm->uid,
        .gid = perm->gid,
        .cuid = perm->cuid,
        .cgid = perm->cgid,
        .mode = (uint16_t)perm->mode,
        .seq = perm->seq,
    };
}

int ipc_change_get(struct ipc_change *change, uint64_t address)
{
    union {
        struct ipc_perm_user wide;
        struct i386_ipc_perm i386;
    } perm;
    bool is_32bit = call_is_32bit();

    if (copy_from_user(&perm, address, is_32bit ? sizeof(perm.i386) : sizeof(perm.wide)) != 0)
        return -EFAULT;
    if (is_32bit)
        *change = (struct ipc_change){perm.i386.uid, perm.i386.gid, perm.i386.mode};
    else
        *change = (struct ipc_change){perm.wide.uid, perm.wide.gid, perm.wide.mode};
    return 0;
}

int ipc_stat_look(const struct ipc_ids *ids, int id, bool by_place, bool any, struct ipc_perm **out)
{
    int error = ipc_look(ids, id, by_place, out);

    return error != 0 || any ? error : ipc_may(*out, IPC_READ);
}
