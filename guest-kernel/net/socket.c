/* SPDX-License-Identifier: Apache-2.0 */
/* socket.c - sockets as open files, and what their families share: waiting, errors, identities. */
#include "net/socket.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/clock.h"
#include "core/process.h"
#include "core/sched.h"
#include "mm/kmalloc.h"
#include "mm/usercopy.h"
#include "net/interface.h"
#include "net/settings.h"
#include "vfs/fasync.h"
#include "vfs/pipe.h"

/* ---- for families ---- */

static unsigned counts[AF_NETLINK + 1][SOCK_TYPE_MAX]; /* the highest family that there is */

void socket_end(const struct socket *socket)
{
    counts[0][0]--;
    counts[socket->family][socket->type]--;
}

unsigned socket_count(unsigned family, unsigned type)
{
    return counts[family][family != 0 ? type : 0];
}

void socket_init(struct socket *socket, const struct socket_ops *ops, uint16_t family, unsigned type, unsigned protocol)
{
    socket->ops = ops;
    socket->family = family;
    socket->type = (uint8_t)type;
    socket->protocol = (uint16_t)protocol;
    socket->receive_size = (uint32_t)socket_receive_default;
    socket->send_size = (uint32_t)socket_send_default;
    socket->receive_least = 1;
    socket->peek_offset = -1;
    socket->tuning = (struct socket_tuning){.cpu = -1, .pacing_rate = UINT64_MAX};
    counts[0][0]++;
    counts[family][type]++;
}

struct socket_wait {
    struct waiter waiter; /* first */
    uint32_t events;
};

static bool wait_woken(struct waiter *waiter, uint32_t events)
{
    const struct socket_wait *wait = (const struct socket_wait *)waiter;

    if (events != 0 && !(events & wait->events))
        return false;
    wait_remove(waiter);
    (void)sched_wake(waiter->thread);
    return true;
}

int socket_wait(struct socket *socket, uint32_t events, uint64_t deadline_ns)
{
    struct socket_wait wait = {.waiter = {.thread = current_thread(), .wake = wait_woken},
                               .events = events | POLLERR | POLLHUP};
    int error;

    wait_add(&socket->changed, &wait.waiter);
    error = sched_sleep(deadline_ns, WAIT_INTERRUPTIBLE);
    if (wait.waiter.queue == NULL)
        return 0;
    wait_remove(&wait.waiter);
    return socket_wait_error(error, deadline_ns);
}

int socket_wait_error(int error, uint64_t deadline_ns)
{
    if (error == -ETIMEDOUT)
        return -EAGAIN;
    return error == -ERESTARTSYS && deadline_ns != WAIT_FOREVER ? -EINTR : error;
}

uint64_t socket_deadline(uint64_t timeout_ns)
{
    uint64_t now;

    if (timeout_ns == 0)
        return WAIT_FOREVER;
    now = clock_monotonic_ns();
    return timeout_ns < WAIT_FOREVER - 1 - now ? now + timeout_ns : WAIT_FOREVER - 1;
}

void socket_changed(struct socket *socket, uint32_t events)
{
    wait_wake_all(&socket->changed, events);
    if (__builtin_expect(socket->owners != NULL, false) == 0)
        return;
    if (events & POLLPRI)
        fasync_tell(socket->owners, POLL_PRI);
    else if (events & POLLHUP)
        fasync_tell(socket->owners, POLL_HUP);
    else if (events & POLLIN)
        fasync_tell(socket->owners, POLL_IN);
    else if (events & POLLERR)
        fasync_tell(socket->owners, POLL_ERR);
    else if (events & POLLOUT)
        fasync_tell(socket->owners, POLL_OUT);
}

int socket_take_error(struct socket *socket)
{
    int error = socket->error;

    socket->error = 0;
    return error;
}

struct socket_identity socket_identity_now(bool real)
{
    const struct thread *thread = current_thread();
    const struct cred *cred = &thread->cred;

    if (thread->process == NULL)
        return (struct socket_identity){0};
    return real ? (struct socket_identity){(uint32_t)thread->process->pid, cred->user.real, cred->group.real}
                : (struct socket_identity){(uint32_t)thread->process->pid, cred->user.effective, cred->group.effective};
}

/* ---- an open file's operations ---- */

static unsigned flags_of(const struct file *file)
{
    return file->flags & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

static int64_t socket_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct socket *socket = file->owner;
    struct message message = {.iter = iter, .flags = flags_of(file)};

    (void)pos;
    if (iter->left == 0) /* as sock_read_iter has it */
        return 0;
    return socket->ops->receive != NULL ? socket->ops->receive(socket, &message) : -EOPNOTSUPP;
}

static int64_t socket_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct message message = {.iter = iter, .flags = flags_of(file) | (file->no_sigpipe ? MSG_NOSIGNAL : 0)};

    (void)pos;
    if (((struct socket *)file->owner)->type == SOCK_SEQPACKET)
        message.flags |= MSG_EOR;
    return socket_send(file->owner, &message);
}

int64_t socket_send(struct socket *socket, struct message *message)
{
    int64_t sent = socket->ops->send != NULL ? socket->ops->send(socket, message) : -EOPNOTSUPP;

    if (sent == -EPIPE && socket->type == SOCK_STREAM && !(message->flags & MSG_NOSIGNAL))
        (void)pipe_broken();
    return sent;
}

static uint32_t socket_poll(struct file *file, struct poll_table *table)
{
    struct socket *socket = file->owner;
    uint32_t events = socket->error != 0 ? POLLERR : 0;

    poll_hook(table, &socket->changed);
    return events | (socket->ops->poll != NULL ? socket->ops->poll(socket) : 0);
}

/* Not an error or an urgent byte, which are told by themselves, and where SO_RCVLOWAT is set a read may wait. */
static bool socket_has_more(struct file *file)
{
    const struct socket *socket = file->owner;

    return socket->type == SOCK_STREAM && socket->receive_least <= 1 &&
           (socket_poll(file, NULL) & (POLLIN | POLLPRI | POLLERR)) == POLLIN;
}

static int64_t socket_splice_read(struct file *file, struct iter *iter, struct splice_reading *reading)
{
    struct socket *socket = file->owner;
    struct message message = {.iter = iter, .flags = flags_of(file), .splice_nonblocking = reading->nonblocking};
    int64_t got;

    if (reading->again && !socket_has_more(file))
        return 0;
    if (reading->again) /* who else reads may have it first */
        message.flags |= MSG_DONTWAIT;
    if (socket->ops->receive == NULL)
        return -EOPNOTSUPP;
    got = socket->ops->receive(socket, &message);
    reading->ends = message.ends;
    return got;
}

static int64_t socket_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    struct socket *socket = file->owner;
    int64_t result = socket->ops->ioctl != NULL ? socket->ops->ioctl(socket, request, arg) : -ENOTTY;

    return result == -ENOTTY ? interface_ioctl(request, arg) : result;
}

static int socket_fasync(struct file *file, int fd, bool on)
{
    struct socket *socket = file->owner;

    return fasync_set(&socket->owners, file, fd, on);
}

static void socket_release(struct file *file)
{
    struct socket *socket = file->owner;

    if (socket->ops->closing != NULL)
        socket->ops->closing(socket);
    socket->file = NULL;
    kfree(socket->filter);
    socket->filter = NULL;
    wait_wake_all(&socket->changed, POLLIN | POLLOUT | POLLHUP);
    socket->ops->release(socket);
}

static const struct file_ops socket_file_ops = {
    .read = socket_read,
    .write = socket_write,
    .ioctl = socket_ioctl,
    .release = socket_release,
    .poll = socket_poll,
    .fasync = socket_fasync,
    .splice = SPLICE_READ | SPLICE_WRITE,
    .splice_read = socket_splice_read,
};

/* ---- its inode ---- */

static void inode_release(struct inode *inode)
{
    kfree(inode);
}

static const struct inode_ops socket_inode_ops = {.release = inode_release};

static struct inode *inode_create(void)
{
    static uint64_t last_number;
    const struct cred *cred = &current_thread()->cred;
    struct inode *inode = kmalloc(sizeof(*inode));

    if (inode == NULL)
        return NULL;
    inode_init(inode, NULL, &socket_inode_ops, ++last_number, S_IFSOCK | 0777);
    inode->uid = cred->user.fs;
    inode->gid = cred->group.fs;
    return inode;
}

/* ---- for the system calls ---- */

int socket_create(unsigned family, unsigned type, unsigned protocol, struct socket **out)
{
    if (family >= AF_MAX)
        return -EAFNOSUPPORT;
    if (type >= SOCK_TYPE_MAX)
        return -EINVAL;
    for (unsigned i = 0; socket_families[i] != NULL; i++) {
        int error;

        if (socket_families[i]->family != family)
            continue;
        error = socket_families[i]->create(type, protocol, out);
        if (error == 0)
            (*out)->maker = socket_identity_now(false);
        return error;
    }
    return -EAFNOSUPPORT;
}

int socket_open(struct socket *socket, uint32_t flags, struct file **out)
{
    struct inode *inode = inode_create();
    int error;

    if (inode == NULL)
        return -ENOMEM;
    error = file_new(inode, &socket_file_ops, O_RDWR | (flags & O_NONBLOCK), socket, out);
    inode_put(inode);
    if (error == 0)
        socket->file = *out;
    return error;
}

void socket_discard(struct socket *socket)
{
    socket->ops->release(socket);
}

struct socket *socket_of(const struct file *file)
{
    return file->ops == &socket_file_ops ? file->owner : NULL;
}
