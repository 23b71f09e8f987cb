/* SPDX-License-Identifier: Apache-2.0 */
/* pty_master.c - see pty_master.h. */
#include "drv/pty_master.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "core/cred.h"
#include "core/thread.h"
#include "drv/tty_ioctl.h"
#include "mm/usercopy.h"
#include "vfs/fasync.h"
#include "vfs/fdtable.h"
#include "vfs/owner.h"

#define COPY_BYTES 256u

/* ---- reading ---- */

static bool has_news(const struct pty *pty)
{
    return pty->is_packet && pty->packet_status != 0;
}

static int wait_output(struct pty *pty, const struct file *file)
{
    int error = 0;

    while (error == 0 && !has_news(pty) && byte_ring_count(&pty->to_master) == 0) {
        if (pty->slave_closed)
            return -EIO;
        error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&pty->readable, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    }
    return error;
}

static int64_t take_output(struct pty *pty, struct iter *iter)
{
    int64_t total = 0;

    while (iter->left != 0) {
        uint8_t part[COPY_BYTES];
        size_t n = byte_ring_take(&pty->to_master, part, iter->left < sizeof(part) ? iter->left : sizeof(part));
        int64_t moved;

        if (n == 0)
            break;
        moved = iter_fill(iter, part, n);
        if (moved < 0)
            return total != 0 ? total : moved;
        total += moved;
        if ((size_t)moved < n)
            break;
    }
    if (pty->held_count != 0)
        pty->slave.ops->receive(&pty->slave); /* echo has room now */
    if (pty->slave.ops->has_room(&pty->slave))
        tty_room_tell(&pty->slave);
    return total;
}

/* In packet mode a byte in front says what comes: news, and then nothing else, or output. */
static int64_t take_packet(struct pty *pty, struct iter *iter)
{
    uint8_t status = pty->packet_status;
    int64_t moved, more;

    pty->packet_status = 0;
    moved = iter_fill(iter, &status, 1);
    if (moved <= 0 || status != 0)
        return moved;
    more = take_output(pty, iter);
    return more < 0 ? more : moved + more;
}

static int64_t master_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct pty *pty = file->owner;
    int64_t result;
    int error;

    (void)pos;
    if (iter->left == 0)
        return 0;
    error = mutex_lock_for(&pty->reading, file->flags & O_NONBLOCK);
    if (error != 0)
        return error;
    result = wait_output(pty, file);
    if (result == 0)
        result = pty->is_packet ? take_packet(pty, iter) : take_output(pty, iter);
    mutex_unlock(&pty->reading);
    return result;
}

/* ---- writing ---- */

static bool master_has_room(const struct pty *pty)
{
    return !pty->master_is_stopped && byte_ring_room(&pty->to_slave) != 0;
}

static int64_t type_part(struct pty *pty, const struct file *file, struct iter *iter)
{
    uint8_t part[COPY_BYTES];
    size_t most;
    int64_t size;
    int error = 0;

    while (error == 0 && !master_has_room(pty))
        error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&pty->writable, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    if (error != 0)
        return error;
    most = byte_ring_room(&pty->to_slave);
    if (most > sizeof(part))
        most = sizeof(part);
    size = iter_drain(iter, part, iter->left < most ? iter->left : most);
    if (size <= 0)
        return size;
    if ((uint64_t)size > byte_ring_room(&pty->to_slave)) /* TCXONC came while the program's memory was waited for */
        size = (int64_t)byte_ring_room(&pty->to_slave);
    byte_ring_put(&pty->to_slave, part, (size_t)size);
    pty->slave.ops->receive(&pty->slave);
    return size;
}

static int64_t type_all(struct pty *pty, const struct file *file, struct iter *iter)
{
    int64_t total = 0;

    while (iter->left != 0) {
        uint64_t left = iter->left;
        int64_t n = type_part(pty, file, iter);

        if (n < 0)
            return total != 0 ? total : n;
        total += n;
        if ((uint64_t)n < left - iter->left) /* the rest is the next call's */
            break;
        if (iter->left != 0 && tty_write_ends()) /* what needs no room (^R, ^U, a line too long) never waits */
            break;
    }
    return total;
}

static int64_t master_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct pty *pty = file->owner;
    int64_t result;
    int error = mutex_lock_for(&pty->writing, file->flags & O_NONBLOCK);

    (void)pos;
    if (error != 0)
        return error;
    result = type_all(pty, file, iter);
    pty->owners_await_room |= iter->left != 0 && pty->owners != NULL;
    mutex_unlock(&pty->writing);
    return result;
}

/* ---- requests ---- */

static int put_int(uaddr_t dst, int32_t value)
{
    return copy_to_user(dst, &value, sizeof(value));
}

static int64_t packet_set(struct pty *pty, uaddr_t src)
{
    int32_t on;

    if (copy_from_user(&on, src, sizeof(on)) != 0)
        return -EFAULT;
    if (on != 0 && !pty->is_packet)
        pty->packet_status = 0;
    pty->is_packet = on != 0;
    return 0;
}

static int64_t lock_set(struct pty *pty, uaddr_t src)
{
    int32_t on;

    if (copy_from_user(&on, src, sizeof(on)) != 0)
        return -EFAULT;
    pty->is_locked = on != 0;
    return 0;
}

static int64_t signal_foreground(struct pty *pty, int signal)
{
    if (signal != SIGINT && signal != SIGQUIT && signal != SIGTSTP)
        return -EINVAL;
    terminal_signal(&pty->slave.control, signal);
    return 0;
}

static int64_t peer_open(struct pty *pty, uint32_t flags)
{
    struct file *file;
    int error = pty->ops->open_peer(pty, flags, &file);

    return error != 0 ? error : fd_install(current_thread()->files, file, 0, flags & O_CLOEXEC);
}

/* TCXONC and TCFLSH concern the master's own side: what it writes, and what it has to read. */
static int64_t master_flow(struct pty *pty, uint64_t action)
{
    uint8_t byte = action == TCIOFF ? 023 : 021;

    if (action > TCION)
        return -EINVAL;
    if (action == TCOOFF || action == TCOON) {
        pty->master_is_stopped = action == TCOOFF;
        if (!pty->master_is_stopped)
            pty_room_tell(pty);
        return 0;
    }
    if (byte_ring_room(&pty->to_slave) != 0)
        byte_ring_put(&pty->to_slave, &byte, 1);
    pty->slave.ops->receive(&pty->slave);
    return 0;
}

static int64_t master_flush(struct pty *pty, uint64_t queues)
{
    if (queues > TCIOFLUSH)
        return -EINVAL;
    if (queues != TCOFLUSH) {
        byte_ring_limit(&pty->to_master, 0);
        tty_room_tell(&pty->slave);
    }
    if (queues != TCIFLUSH) {
        byte_ring_limit(&pty->to_slave, 0);
        pty_room_tell(pty);
    }
    return 0;
}

/* Requests that only a master has, or that mean another thing there. */
static int64_t master_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    struct pty *pty = file->owner;

    switch (request) {
    case TIOCSPTLCK:
        return lock_set(pty, arg);
    case TIOCGPTLCK:
        return put_int(arg, pty->is_locked);
    case TIOCGPTN:
        return put_int(arg, (int32_t)pty->number);
    case TIOCPKT:
        return packet_set(pty, arg);
    case TIOCGPKT:
        return put_int(arg, pty->is_packet);
    case TIOCSIG:
        return signal_foreground(pty, (int)arg);
    case TIOCGPTPEER:
        return peer_open(pty, (uint32_t)arg);
    case FIONREAD:
        return put_int(arg, (int32_t)byte_ring_count(&pty->to_master));
    case TCXONC:
        return master_flow(pty, arg);
    case TCFLSH:
        return master_flush(pty, arg);
    case TCSBRK:
    case TCSBRKP:
    case TIOCSBRK:
    case TIOCCBRK:
        return 0;
    default:
        return tty_ioctl_by_master(&pty->slave, file, request, arg);
    }
}

/* ---- the file ---- */

static uint32_t master_poll(struct file *file, struct poll_table *table)
{
    struct pty *pty = file->owner;
    uint32_t events = 0;

    poll_hook(table, &pty->readable);
    poll_hook(table, &pty->writable);
    if (byte_ring_count(&pty->to_master) != 0)
        events |= POLLIN | POLLRDNORM;
    if (has_news(pty))
        events |= POLLPRI | POLLIN | POLLRDNORM;
    if (pty->slave_closed)
        events |= POLLHUP;
    if (master_has_room(pty))
        events |= POLLOUT | POLLWRNORM;
    return events;
}

/* Whoever asks is told, unless somebody was named: a master is nobody's controlling terminal. */
static int master_fasync(struct file *file, int fd, bool on)
{
    struct pty *pty = file->owner;
    struct file_extra *extra = on ? file_extra_get(file) : NULL;
    int error = on && extra == NULL ? -ENOMEM : fasync_set(&pty->owners, file, fd, on);

    if (error == 0 && on)
        owner_set_default(&extra->owner, F_OWNER_PID, current_thread()->id);
    return error;
}

static void master_release(struct file *file)
{
    struct pty *pty = file->owner;

    pty->master_closed = pty->slave.is_lost = true;
    pty->ops->closed(pty);
    tty_hang_up(&pty->slave);
    pty_put(pty);
}

static const struct file_ops master_ops = {.read = master_read,
                                           .write = master_write,
                                           .ioctl = master_ioctl,
                                           .poll = master_poll,
                                           .release = master_release,
                                           .fasync = master_fasync,
                                           .splice = SPLICE_READ | SPLICE_WRITE};

void pty_attach_master(struct pty *pty, struct file *file)
{
    pty_get(pty);
    file->ops = &master_ops;
    file->owner = pty;
}
