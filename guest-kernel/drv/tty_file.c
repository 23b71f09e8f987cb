/* SPDX-License-Identifier: Apache-2.0 */
/* tty_file.c - see tty_file.h: reading as termios(3) has it, writing, polling; job control for both. */
#include "drv/tty_file.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/thread.h"
#include "core/wait.h"
#include "drv/tty_ioctl.h"
#include "vfs/fasync.h"
#include "vfs/owner.h"

#define DECISECOND_NS 100000000ull
#define COPY_BYTES 256u
#define HUNG_UP_EVENTS (POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM)

/* Reading and writing from the background. As on Linux it stops nobody who does so by way of /dev/console. */
static int check_foreground(const struct file *file, int signal)
{
    const struct tty *tty = file->owner;

    return file->inode->rdev == CONSOLE_RDEV ? 0 : terminal_check(&tty->control, signal);
}

static int listen(const struct tty *tty)
{
    return tty->ops->listen != NULL ? tty->ops->listen() : 0;
}

/* ---- input ---- */

static bool is_canonical(const struct tty *tty)
{
    return tty->ldisc.termios.c_lflag & ICANON;
}

/* Are `least` bytes there? With ICANON a line is enough. */
static bool has_input(const struct file *file, uint32_t least)
{
    const struct tty *tty = file->owner;

    if (tty->ops->look != NULL)
        tty->ops->look();
    if (tty_is_hung_up(file))
        return true;
    return is_canonical(tty) ? ldisc_is_readable(&tty->ldisc) : ldisc_readable_bytes(&tty->ldisc) >= least;
}

static int input_wait(const struct file *file, uint32_t least, uint64_t deadline_ns)
{
    struct tty *tty = file->owner;
    int error = 0;

    while (!has_input(file, least) && error == 0)
        error = wait_on(&tty->readable, deadline_ns, WAIT_INTERRUPTIBLE);
    return error;
}

/* Waits as VMIN and VTIME have it (termios(3), noncanonical mode). 0 or -errno. */
static int wait_bytes(const struct file *file, uint64_t wanted)
{
    const struct tty *tty = file->owner;
    uint64_t timeout_ns = tty->ldisc.termios.c_cc[VTIME] * DECISECOND_NS;
    uint32_t min = tty->ldisc.termios.c_cc[VMIN];
    int error = 0;

    if (min > wanted)
        min = (uint32_t)wanted;
    if (timeout_ns == 0) /* MIN bytes, however long they take */
        return min != 0 ? input_wait(file, min, WAIT_FOREVER) : 0;
    if (min == 0) /* any byte within TIME */
        error = input_wait(file, 1, clock_monotonic_ns() + timeout_ns);
    else /* the first byte starts the clock, each further one restarts it */
        error = input_wait(file, 1, WAIT_FOREVER);
    while (error == 0 && !tty_is_hung_up(file) && ldisc_readable_bytes(&tty->ldisc) < min)
        error = input_wait(file, ldisc_readable_bytes(&tty->ldisc) + 1, clock_monotonic_ns() + timeout_ns);
    if (error == -ERESTARTSYS && ldisc_is_readable(&tty->ldisc))
        return 0;
    return error == -ETIMEDOUT ? 0 : error;
}

static int wait_input(const struct file *file, uint64_t wanted)
{
    const struct tty *tty = file->owner;
    int error;

    if (file->flags & O_NONBLOCK)
        return ldisc_is_readable(&tty->ldisc) || tty_is_hung_up(file) ? 0 : -EAGAIN;
    error = is_canonical(tty) ? input_wait(file, 1, WAIT_FOREVER) : wait_bytes(file, wanted);
    return error == 0 && tty->is_lost && !ldisc_is_readable(&tty->ldisc) ? -EIO : error;
}

/* What comes after a hang-up is for those who opened it since. */
static int64_t copy_input(const struct file *file, struct iter *iter)
{
    struct tty *tty = file->owner;
    bool line_ended = false;
    int64_t total = 0;

    while (iter->left != 0 && !line_ended && !tty_is_hung_up(file)) {
        uint8_t part[COPY_BYTES];
        size_t n = ldisc_read(&tty->ldisc, part, iter->left < sizeof(part) ? iter->left : sizeof(part), &line_ended);
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
    return total;
}

static int64_t tty_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct tty *tty = file->owner;
    int64_t result;
    int error = listen(tty);

    (void)pos;
    if (error == 0 && tty_is_hung_up(file))
        return 0;
    if (error == 0)
        error = check_foreground(file, SIGTTIN);
    if (error == 0 && iter->left != 0)
        error = mutex_lock_for(&tty->reading, file->flags & O_NONBLOCK);
    if (error != 0 || iter->left == 0)
        return error;
    tty->ops->receive(tty);
    result = wait_input(file, iter->left);
    if (result == 0) {
        result = copy_input(file, iter); /* nothing: end of file, also when the terminal is gone */
        tty->ops->receive(tty);          /* there is room now */
    }
    mutex_unlock(&tty->reading);
    return result;
}

/* ---- output ---- */

static int64_t tty_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct tty *tty = file->owner;
    int64_t result;
    int error = listen(tty);

    (void)pos;
    if (error == 0 && tty_is_hung_up(file))
        return -EIO;
    if (error == 0 && (tty->ldisc.termios.c_lflag & TOSTOP))
        error = check_foreground(file, SIGTTOU);
    if (error == 0)
        error = mutex_lock_for(&tty->writing, file->flags & O_NONBLOCK);
    if (error != 0)
        return error;
    result = tty->ops->write(tty, file, iter);
    tty->owners_await_room |= iter->left != 0 && tty->owners != NULL;
    mutex_unlock(&tty->writing);
    return result;
}

/* ---- the file ---- */

static uint32_t tty_poll(struct file *file, struct poll_table *table)
{
    struct tty *tty = file->owner;
    const uint8_t *cc = tty->ldisc.termios.c_cc;
    uint32_t least = cc[VMIN] != 0 && cc[VTIME] == 0 ? cc[VMIN] : 1, events = 0;

    poll_hook(table, &tty->readable);
    poll_hook(table, &tty->writable);
    if (listen(tty) != 0)
        return POLLERR;
    tty->ops->receive(tty);
    if (tty_is_hung_up(file))
        return HUNG_UP_EVENTS;
    if (has_input(file, least))
        events |= POLLIN | POLLRDNORM;
    if (!tty->ldisc.stopped && (tty->ops->has_room == NULL || tty->ops->has_room(tty)))
        events |= POLLOUT | POLLWRNORM;
    return events;
}

static int64_t tty_control(struct file *file, unsigned request, uint64_t arg)
{
    if (tty_is_hung_up(file))
        return request == TIOCSPGRP ? -ENOTTY : -EIO;
    return tty_ioctl(file->owner, file, request, arg);
}

/* As Linux, unless somebody was named, it is the group in the foreground who is told, or whoever asks. */
static int tty_fasync(struct file *file, int fd, bool on)
{
    struct tty *tty = file->owner;
    const struct file_extra *extra = on ? file_extra_get(file) : NULL;
    int error;

    if (fd >= 0 && tty_is_hung_up(file))
        return -ENOTTY;
    if (on && extra == NULL)
        return -ENOMEM;
    error = fasync_set(&tty->owners, file, fd, on);
    if (error != 0 || !on)
        return error;
    if (tty_is_hung_up(file)) { /* while memory was waited for */
        (void)fasync_set(&tty->owners, file, fd, false);
        return -ENOTTY;
    }
    if (tty->control.foreground != NULL)
        owner_set_default(&file->extra->owner, F_OWNER_PGRP, tty->control.foreground);
    else
        owner_set_default(&file->extra->owner, F_OWNER_PID, current_thread()->id);
    return 0;
}

static void tty_release(struct file *file)
{
    struct tty *tty = file->owner;

    if (tty->ops->close != NULL)
        tty->ops->close(tty);
}

static const struct file_ops tty_file_ops = {.read = tty_read,
                                             .write = tty_write,
                                             .ioctl = tty_control,
                                             .poll = tty_poll,
                                             .release = tty_release,
                                             .fasync = tty_fasync,
                                             .splice = SPLICE_READ | SPLICE_WRITE};

int tty_attach(struct tty *tty, struct file *file)
{
    int error;

    if (tty->is_exclusive && !cred_has(&current_thread()->cred, CAP_SYS_ADMIN))
        return -EBUSY;
    error = tty->ops->open != NULL ? tty->ops->open(tty) : 0;
    if (error != 0)
        return error;
    file->ops = &tty_file_ops;
    file->owner = tty;
    file->pos = tty->hang_ups; /* it has no position: tty_is_hung_up's */
    if (!(file->flags & O_NOCTTY) && file->inode->rdev != CONSOLE_RDEV)
        terminal_opened(&tty->control, file_is_readable(file));
    return 0;
}
