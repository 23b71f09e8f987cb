/* SPDX-License-Identifier: Apache-2.0 */
/* sysv_msg.c - System V message queues: msgget, msgsnd, msgrcv, msgctl. */
#include "ipc/msg.h"

#include "core/thread.h"
#include "sys/ipc_user.h"
#include "sys/syscall.h"
#include "sys/user.h"

int64_t sys_msgget(const uint64_t arg[6])
{
    return msg_get((int)arg[0], (uint32_t)arg[1]);
}

/* ---- struct msgbuf: the type, a long, and the text behind it ---- */

static unsigned type_size(void)
{
    return call_is_32bit() ? sizeof(int32_t) : sizeof(int64_t);
}

static int type_get(uaddr_t address, int64_t *type)
{
    int32_t half;

    if (!call_is_32bit())
        return user_get(*type, address);
    if (user_get(half, address))
        return -EFAULT;
    *type = half;
    return 0;
}

static int type_put(uaddr_t address, int64_t type)
{
    int32_t half = (int32_t)type;

    return call_is_32bit() ? user_put(address, half) : user_put(address, type);
}

/* ---- sending and receiving ---- */

int64_t sys_msgsnd(const uint64_t arg[6])
{
    int id = (int)arg[0];
    uaddr_t address = arg[1];
    uint64_t size = arg[2];
    struct msg *msg;
    int64_t type;

    if (type_get(address, &type) != 0)
        return -EFAULT;
    if (size > (uint64_t)msg_max || id < 0 || type < 1)
        return -EINVAL;
    msg = msg_create(type, (uint32_t)size);
    if (msg == NULL)
        return -ENOMEM;
    int error = copy_from_user(msg->text, address + type_size(), size);
    if (error == 0)
        error = msg_send(id, msg, (uint32_t)arg[3]);
    if (error != 0)
        msg_free(msg);
    return error;
}

/* The message to the program: how many bytes of text. */
static int64_t msg_give(const struct msg *msg, uaddr_t address, uint64_t size)
{
    if (size > msg->size)
        size = msg->size;
    if (type_put(address, msg->type) != 0 || copy_to_user(address + type_size(), msg->text, size) != 0)
        return -EFAULT;
    return (int64_t)size;
}

int64_t sys_msgrcv(const uint64_t arg[6])
{
    int id = (int)arg[0];
    uint64_t size = call_is_32bit() ? (uint64_t)(int32_t)arg[2] : arg[2];
    uint32_t flags = (uint32_t)arg[4];
    const struct msg_select select = msg_select_by((int64_t)arg[3], flags);
    struct msg *msg = NULL;

    if (id < 0 || (int64_t)size < 0)
        return -EINVAL;
    if ((flags & MSG_COPY) && ((flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT)))
        return -EINVAL;
    if (flags & MSG_COPY) {
        msg = msg_create(0, (uint32_t)(size < (uint64_t)msg_max ? size : (uint64_t)msg_max));
        if (msg == NULL)
            return -ENOMEM;
        if (copy_from_user(msg->text, arg[1], msg->room) != 0) { /* Linux wants the memory for it to be there */
            msg_free(msg);
            return -EFAULT;
        }
    }
    int64_t result = msg_receive(id, &select, size, flags, &msg);
    if (result == 0)
        result = msg_give(msg, arg[1], size);
    msg_free(msg);
    return result;
}

/* ---- msgctl ---- */

static int64_t queue_stat(int id, int command, uaddr_t address)
{
    struct ipc_perm *perm;
    int error = ipc_stat_look(&msg_ids, id, command != IPC_STAT, command == MSG_STAT_ANY, &perm);
    const struct msg_queue *queue;

    if (error != 0)
        return error;
    queue = container_of(perm, const struct msg_queue, perm);
    id = perm->id;
    const struct msqid_user out = {
        .perm = ipc_perm_show(perm),
        .stime = queue->stime,
        .rtime = queue->rtime,
        .ctime = queue->ctime,
        .bytes = queue->bytes,
        .count = queue->count,
        .bytes_most = queue->bytes_most,
        .lspid = queue->lspid,
        .lrpid = queue->lrpid,
    };
    const struct i386_msqid half = {
        .perm = ipc_perm_show_i386(&out.perm),
        .stime = (uint32_t)out.stime,
        .stime_high = (uint32_t)((uint64_t)out.stime >> 32),
        .rtime = (uint32_t)out.rtime,
        .rtime_high = (uint32_t)((uint64_t)out.rtime >> 32),
        .ctime = (uint32_t)out.ctime,
        .ctime_high = (uint32_t)((uint64_t)out.ctime >> 32),
        .bytes = (uint32_t)out.bytes,
        .count = (uint32_t)out.count,
        .bytes_most = (uint32_t)out.bytes_most,
        .lspid = out.lspid,
        .lrpid = out.lrpid,
    };
    error = call_is_32bit() ? user_put(address, half) : user_put(address, out);
    return error != 0 ? error : command == IPC_STAT ? 0 : id;
}

/* IPC_INFO: limits; MSG_INFO: what is in use. What Linux doesn't keep to has its numbers. */
static int64_t info_show(int command, uaddr_t address)
{
    struct msginfo_user out = {.pool = 512000,
                               .map = 16384,
                               .max = msg_max,
                               .mnb = msg_mnb,
                               .mni = msg_mni,
                               .ssz = 16,
                               .tql = 16384,
                               .seg = UINT16_MAX};
    int highest = ipc_highest(&msg_ids);

    if (command == MSG_INFO) {
        out.pool = (int32_t)msg_ids.in_use;
        out.map = (int32_t)msg_total;
        out.tql = (int32_t)msg_total_bytes;
    }
    return user_put(address, out) ? -EFAULT : highest;
}

/* msg_qbytes of what IPC_SET is given. */
static int bytes_most_get(uaddr_t address, uint64_t *bytes)
{
    uint32_t half;

    if (!call_is_32bit())
        return user_get(*bytes, address + offsetof(struct msqid_user, bytes_most));
    if (user_get(half, address + offsetof(struct i386_msqid, bytes_most)))
        return -EFAULT;
    *bytes = half;
    return 0;
}

/* IPC_SET, IPC_RMID. */
static int64_t queue_administer(int id, int command, uaddr_t address)
{
    struct ipc_change change;
    uint64_t bytes_most = 0;
    int error = command == IPC_SET ? ipc_change_get(&change, address) : 0;
    struct msg_queue *queue;

    if (error == 0 && command == IPC_SET)
        error = bytes_most_get(address, &bytes_most);
    if (error != 0)
        return error;
    queue = msg_find(id);
    if (queue == NULL)
        return -EINVAL;
    error = ipc_may_change(&queue->perm);
    if (error != 0)
        return error;
    if (command == IPC_SET)
        return msg_change(queue, &change, bytes_most);
    msg_remove(queue);
    return 0;
}

int64_t sys_msgctl(const uint64_t arg[6])
{
    int id = (int)arg[0], command = (int)arg[1];

    if (id < 0 || command < 0)
        return -EINVAL;
    switch (command) {
    case IPC_INFO:
    case MSG_INFO:
        return info_show(command, arg[2]);
    case IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY:
        return queue_stat(id, command, arg[2]);
    case IPC_SET:
    case IPC_RMID:
        return queue_administer(id, command, arg[2]);
    default:
        return -EINVAL;
    }
}
