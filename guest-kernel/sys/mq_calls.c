/* SPDX-License-Identifier: Apache-2.0 */
/* mq_calls.c - POSIX message queues: mq_open, mq_unlink, mq_timedsend, mq_timedreceive, mq_notify, mq_getsetattr. */
#include "ipc/mqueue.h"

#include "abi/ipc.h"
#include "abi/signal.h"
#include "abi/time.h"
#include "core/thread.h"
#include "ipc/mqueue_fs.h"
#include "ipc/msg.h"
#include "net/netlink.h"
#include "sys/sockets.h"
#include "sys/sigevent.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

/* ---- struct mq_attr ---- */

static int attr_get(struct mq_attr_user *attr, uaddr_t address)
{
    struct i386_mq_attr half;

    if (!call_is_32bit())
        return user_get(*attr, address);
    if (user_get(half, address))
        return -EFAULT;
    *attr = (struct mq_attr_user){half.flags, half.maxmsg, half.msgsize, half.curmsgs, {0}};
    return 0;
}

static int attr_put(uaddr_t address, const struct mq_attr_user *attr)
{
    const struct i386_mq_attr half = {
        (int32_t)attr->flags, (int32_t)attr->maxmsg, (int32_t)attr->msgsize, (int32_t)attr->curmsgs, {0}};

    return call_is_32bit() ? user_put(address, half) : user_put(address, *attr);
}

/* ---- names ---- */

#define OPEN_FLAGS ((uint32_t)(O_ACCMODE | O_CREAT | O_EXCL | O_NONBLOCK))

static int64_t open_named(const char *name, uint32_t flags, uint32_t mode, const struct mq_attr_user *attr)
{
    struct fdtable *files = current_thread()->files;
    struct file *file;
    int error = fd_lowest(files) < 0 ? -EMFILE : 0;

    if (error == 0 && (flags & O_ACCMODE) == O_ACCMODE)
        error = -EINVAL;
    if (error == 0)
        error = mqueue_open(name, (flags & OPEN_FLAGS) | O_CLOEXEC, mode & 07777,
                            attr != NULL ? attr->maxmsg : MQUEUE_DEFAULT, attr != NULL ? attr->msgsize : MQUEUE_DEFAULT,
                            &file);
    return error != 0 ? error : fd_install(files, file, 0, true);
}

int64_t sys_mq_open(const uint64_t arg[6])
{
    struct mq_attr_user attr;
    struct user_path path;
    int error;

    if (arg[3] != 0 && attr_get(&attr, arg[3]) != 0)
        return -EFAULT;
    if (arg[3] != 0 && attr.maxmsg < 0) /* as wrong as any, and not MQUEUE_DEFAULT */
        attr.maxmsg = -1;
    if (arg[3] != 0 && attr.msgsize < 0)
        attr.msgsize = -1;
    error = user_path_get(&path, arg[0]);
    if (error != 0)
        return error;
    int64_t result = open_named(path.name, (uint32_t)arg[1], (uint32_t)arg[2], arg[3] != 0 ? &attr : NULL);
    user_path_put(&path);
    return result;
}

int64_t sys_mq_unlink(const uint64_t arg[6])
{
    struct user_path path;
    int error = user_path_get(&path, arg[0]);

    if (error != 0)
        return error;
    error = mqueue_unlink(path.name);
    user_path_put(&path);
    return error;
}

/* ---- messages ---- */

/* An absolute time of the real-time clock. 0, -EFAULT, -EINVAL. */
static int deadline_read(uaddr_t address, uint64_t *deadline_ns)
{
    uint64_t ns;
    int error = address != 0 ? timeout_read(address, &ns) : 0;

    if (error == 0)
        *deadline_ns = address != 0 ? deadline_at(CLOCK_REALTIME, ns) : WAIT_FOREVER;
    return error;
}

/* The queue that is open as `fd`, whose file the caller is to put. -EBADF. */
static int queue_get(uint64_t fd, struct file **file, struct mqueue **queue)
{
    *file = user_file(fd);
    *queue = *file != NULL ? mqueue_of_file(*file) : NULL;
    if (*queue == NULL)
        return -EBADF;
    file_get(*file);
    return 0;
}

static int64_t send(struct file *file, struct mqueue *queue, const uint64_t arg[6], uint64_t deadline_ns)
{
    struct msg *msg;
    int error;

    if (!file_is_writable(file))
        return -EBADF;
    if (arg[2] > queue->size_most)
        return -EMSGSIZE;
    msg = msg_create((int64_t)(uint32_t)arg[3], (uint32_t)arg[2]);
    if (msg == NULL)
        return -ENOMEM;
    error = copy_from_user(msg->text, arg[1], arg[2]);
    if (error == 0)
        error = mqueue_send(queue, msg, file->flags & O_NONBLOCK, deadline_ns);
    if (error != 0)
        msg_free(msg);
    return error;
}

int64_t sys_mq_timedsend(const uint64_t arg[6])
{
    uint64_t deadline_ns;
    struct file *file;
    struct mqueue *queue;
    int error = deadline_read(arg[4], &deadline_ns);

    if (error == 0 && (uint32_t)arg[3] >= MQ_PRIORITIES)
        error = -EINVAL;
    if (error == 0)
        error = queue_get(arg[0], &file, &queue);
    if (error != 0)
        return error;
    int64_t result = send(file, queue, arg, deadline_ns);
    file_put(file);
    return result;
}

static int64_t receive(struct file *file, struct mqueue *queue, const uint64_t arg[6], uint64_t deadline_ns)
{
    struct msg *msg;
    uint32_t priority;
    int64_t result;
    int error;

    if (!file_is_readable(file))
        return -EBADF;
    if (arg[2] < queue->size_most)
        return -EMSGSIZE;
    error = mqueue_receive(queue, file->flags & O_NONBLOCK, deadline_ns, &msg);
    if (error != 0)
        return error;
    priority = (uint32_t)msg->type;
    result = msg->size;
    if ((arg[3] != 0 && user_put(arg[3], priority)) || copy_to_user(arg[1], msg->text, msg->size) != 0)
        result = -EFAULT;
    msg_free(msg);
    return result;
}

int64_t sys_mq_timedreceive(const uint64_t arg[6])
{
    uint64_t deadline_ns;
    struct file *file;
    struct mqueue *queue;
    int error = deadline_read(arg[4], &deadline_ns);

    if (error == 0)
        error = queue_get(arg[0], &file, &queue);
    if (error != 0)
        return error;
    int64_t result = receive(file, queue, arg, deadline_ns);
    file_put(file);
    return result;
}

/* ---- who is to be told ---- */

/* SIGEV_THREAD: what is sent to a netlink socket, from which a thread of the C library reads it. */
static int notice_get(const struct sigevent_user *event, struct netlink_notice **out)
{
    uint8_t cookie[NETLINK_NOTICE_SIZE];
    struct file *file;
    struct socket *socket;
    int error;

    if (user_get(cookie, event->value))
        return -EFAULT;
    error = user_socket((uint64_t)event->signal, &file, &socket);
    if (error != 0)
        return error;
    error = netlink_notice_create(socket, cookie, out);
    file_put(file);
    return error;
}

/* 0 or -errno, in Linux's order. */
static int event_check(const struct sigevent_user *event, struct netlink_notice **notice)
{
    switch (event->notify) {
    case SIGEV_NONE:
        return 0;
    case SIGEV_SIGNAL:
        return event->signal >= 0 && event->signal <= SIGNALS ? 0 : -EINVAL;
    case SIGEV_THREAD:
        return notice_get(event, notice);
    default:
        return -EINVAL;
    }
}

int64_t sys_mq_notify(const uint64_t arg[6])
{
    struct netlink_notice *notice = NULL;
    struct sigevent_user event;
    struct file *file;
    struct mqueue *queue;
    int error = arg[1] != 0 && sigevent_from_user(&event, arg[1]) != 0 ? -EFAULT : 0;

    if (error == 0 && arg[1] != 0)
        error = event_check(&event, &notice);
    if (error == 0)
        error = queue_get(arg[0], &file, &queue);
    if (error == 0) {
        if (arg[1] == 0)
            mqueue_notify_end(queue);
        else
            error = mqueue_notify(queue, event.notify, event.signal, event.value, notice);
        file_put(file);
    }
    if (error != 0)
        netlink_notice_drop(notice);
    return error;
}

/* ---- attributes ---- */

int64_t sys_mq_getsetattr(const uint64_t arg[6])
{
    struct mq_attr_user attr = {0}, old = {0};
    struct file *file;
    struct mqueue *queue;
    int error = arg[1] != 0 && attr_get(&attr, arg[1]) != 0 ? -EFAULT : 0;

    if (error == 0 && (attr.flags & ~(int64_t)O_NONBLOCK))
        error = -EINVAL;
    if (error == 0)
        error = queue_get(arg[0], &file, &queue);
    if (error != 0)
        return error;
    old.flags = file->flags & O_NONBLOCK;
    old.maxmsg = (int64_t)queue->messages_most;
    old.msgsize = (int64_t)queue->size_most;
    old.curmsgs = (int64_t)queue->count;
    if (arg[1] != 0)
        file->flags = (file->flags & ~(uint32_t)O_NONBLOCK) | (uint32_t)attr.flags;
    file_put(file);
    return arg[2] != 0 ? attr_put(arg[2], &old) : 0;
}
