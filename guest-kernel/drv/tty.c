/* SPDX-License-Identifier: Apache-2.0 */
/* tty.c - see tty.h: what happens to a terminal as a whole. */
#include "drv/tty.h"

#include "abi/poll.h"
#include "abi/signal.h"
#include "core/sched.h"
#include "core/thread.h"
#include "core/wait.h"
#include "lib/types.h"
#include "vfs/fasync.h"

#define SPEED_BAUD 38400u

void tty_init(struct tty *tty, const struct tty_ops *ops, const struct ldisc_ops *ldisc_ops, uint64_t rdev)
{
    tty->ops = ops;
    tty->rdev = rdev;
    mutex_set_rank(&tty->reading, RANK_READING);
    mutex_set_rank(&tty->writing, RANK_WRITING);
    tty->ispeed = tty->ospeed = SPEED_BAUD;
    ldisc_init(&tty->ldisc, ldisc_ops, tty);
    tty->initial = tty->ldisc.termios;
}

bool tty_is_hung_up(const struct file *file)
{
    const struct tty *tty = file->owner;

    if (tty->ops->is_gone(tty))
        return true;
    return file->pos != tty->hang_ups && file->inode->rdev != CONSOLE_RDEV;
}

void tty_hang_up(struct tty *tty)
{
    tty->hang_ups++;
    ldisc_set(&tty->ldisc, &tty->initial);
    ldisc_flush_input(&tty->ldisc);
    tty->ldisc.stopped = tty->told_stopped = false;
    tty->ispeed = tty->ospeed = SPEED_BAUD;
    terminal_hang_up(&tty->control);
    fasync_drop(&tty->owners, tty_is_hung_up);
    wait_wake_all(&tty->readable, 0);
    wait_wake_all(&tty->writable, 0);
}

void tty_flow_tell(struct tty *tty)
{
    bool is_stopped = tty->ldisc.stopped;

    if (is_stopped == tty->told_stopped) /* who polls comes by here too: only for news */
        return;
    tty->told_stopped = is_stopped;
    if (tty->ops->flow_changed != NULL)
        tty->ops->flow_changed(tty);
    if (!is_stopped)
        tty_room_tell(tty);
}

void tty_flush_input(struct tty *tty)
{
    ldisc_flush_input(&tty->ldisc);
    if (tty->ops->flushed != NULL)
        tty->ops->flushed(tty, true, false);
}

void tty_input_tell(struct tty *tty)
{
    if (ldisc_is_readable(&tty->ldisc) || tty->ops->is_gone(tty))
        wait_wake_all(&tty->readable, POLLIN | POLLRDNORM | POLLHUP);
    if (tty->owners == NULL)
        tty->told_arrivals = tty->ldisc.arrivals;
    for (; tty->told_arrivals != tty->ldisc.arrivals; tty->told_arrivals++)
        fasync_tell(tty->owners, POLL_IN);
}

void tty_room_tell(struct tty *tty)
{
    wait_wake_all(&tty->writable, POLLOUT | POLLWRNORM);
    fasync_tell_room(tty->owners, &tty->owners_await_room);
}

struct tty *tty_current(void)
{
    struct terminal *terminal = current_process()->terminal;

    return terminal != NULL ? container_of(terminal, struct tty, control) : NULL;
}

bool tty_write_ends(void)
{
    sched_yield();
    return wait_loop_ends(false);
}
