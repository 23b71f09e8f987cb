/* SPDX-License-Identifier: Apache-2.0 */
/* tty_ioctl.c - see tty_ioctl.h. */
#include "drv/tty_ioctl.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "core/cred.h"
#include "core/thread.h"
#include "drv/tty_settings.h"
#include "lib/string.h"
#include "mm/usercopy.h"

/* ---- the size of the window ---- */

void tty_resize(struct tty *tty, const struct winsize *size)
{
    if (memcmp(size, &tty->size, sizeof(*size)) == 0)
        return;
    tty->size = *size;
    terminal_signal(&tty->control, SIGWINCH);
}

static int size_from_user(struct tty *tty, uaddr_t src)
{
    struct winsize size;
    int error = copy_from_user(&size, src, sizeof(size));

    if (error == 0)
        tty_resize(tty, &size);
    return error;
}

/* ---- input and output ---- */

/* Nobody but who is in the foreground may set anything. */
static int check(const struct tty *tty)
{
    return terminal_check(&tty->control, SIGTTOU);
}

/* TCIOFF, TCION: the other side is asked to stop, or to go on, in its own language. */
static void send_flow_char(struct tty *tty, unsigned which)
{
    uint8_t byte = tty->ldisc.termios.c_cc[which];

    if (byte != 0)
        tty->ldisc.ops->echo(tty, byte);
}

static int flow(struct tty *tty, uint64_t action)
{
    int error = check(tty);

    if (error != 0)
        return error;
    switch (action) {
    case TCOOFF:
    case TCOON:
        tty->ldisc.stopped = action == TCOOFF;
        tty_flow_tell(tty);
        break;
    case TCIOFF:
    case TCION:
        send_flow_char(tty, action == TCIOFF ? VSTOP : VSTART);
        break;
    default:
        return -EINVAL;
    }
    tty->ops->receive(tty);
    return 0;
}

static int flush(struct tty *tty, uint64_t queues)
{
    int error = check(tty);

    if (error != 0)
        return error;
    if (queues > TCIOFLUSH)
        return -EINVAL;
    if (queues != TCOFLUSH)
        tty_flush_input(tty);
    if (queues != TCIFLUSH && tty->ops->flushed != NULL)
        tty->ops->flushed(tty, false, true);
    tty->ops->receive(tty);
    return 0;
}

/* A break means nothing here; tcdrain() does. */
static int drain(struct tty *tty)
{
    int error = check(tty);

    return error != 0 ? error : tty->ops->drain(tty);
}

/* TIOCSTI: as if it had been typed. */
static int type(struct tty *tty, uaddr_t src)
{
    bool may_all = cred_has(&current_thread()->cred, CAP_SYS_ADMIN);
    uint8_t byte;

    if (current_process()->terminal != &tty->control && !may_all)
        return -EPERM;
    if (copy_from_user(&byte, src, sizeof(byte)) != 0)
        return -EFAULT;
    (void)ldisc_receive(&tty->ldisc, &byte, 1);
    tty->ops->receive(tty);
    return 0;
}

static int put_u32(uaddr_t dst, uint32_t value)
{
    return copy_to_user(dst, &value, sizeof(value));
}

static int64_t transfer(struct tty *tty, unsigned request, uint64_t arg)
{
    switch (request) {
    case FIONREAD:
        return put_u32(arg, ldisc_readable_bytes(&tty->ldisc));
    case TIOCOUTQ: /* what was written is on its way, or with the other side */
        return put_u32(arg, 0);
    case TIOCSBRK:
    case TCSBRK:
    case TCSBRKP:
        return drain(tty);
    case TIOCCBRK:
        return check(tty);
    case TCXONC:
        return flow(tty, arg);
    case TCFLSH:
        return flush(tty, arg);
    case TIOCSTI:
        return type(tty, arg);
    default:
        return -ENOTTY;
    }
}

/* ---- whose terminal it is ---- */

static int foreground_from_user(struct tty *tty, uaddr_t src)
{
    int32_t group;
    int error = check(tty);

    if (error == -EIO)
        return -ENOTTY;
    if (error == 0)
        error = copy_from_user(&group, src, sizeof(group));
    return error != 0 ? error : terminal_foreground_set(&tty->control, group);
}

static int number_to_user(const struct tty *tty, uaddr_t dst, bool by_master,
                          int (*get)(const struct terminal *terminal, bool by_master, int *number))
{
    int number, error = get(&tty->control, by_master, &number);

    return error != 0 ? error : put_u32(dst, (uint32_t)number);
}

static int64_t hang_up(struct tty *tty)
{
    if (!cred_has(&current_thread()->cred, CAP_SYS_ADMIN))
        return -EPERM;
    tty_hang_up(tty);
    return 0;
}

/* Only N_TTY, which is number 0, is there. */
static int64_t discipline_set(struct tty *tty, uaddr_t src)
{
    int32_t number;
    int error = check(tty);

    if (error == 0)
        error = copy_from_user(&number, src, sizeof(number));
    return error != 0 ? error : number == 0 ? 0 : -EINVAL;
}

static int64_t whole(struct tty *tty, const struct file *file, unsigned request, uint64_t arg)
{
    switch (request) {
    case TIOCSPGRP:
        return foreground_from_user(tty, arg);
    case TIOCSCTTY:
        return terminal_take(&tty->control, arg == 1, file_is_readable(file));
    case TIOCGWINSZ:
        return copy_to_user(arg, &tty->size, sizeof(tty->size));
    case TIOCSWINSZ:
        return size_from_user(tty, arg);
    case TIOCEXCL:
    case TIOCNXCL:
        tty->is_exclusive = request == TIOCEXCL;
        return 0;
    case TIOCGEXCL:
        return put_u32(arg, tty->is_exclusive);
    case TIOCGETD:
        return put_u32(arg, 0);
    case TIOCSETD:
        return discipline_set(tty, arg);
    case TIOCGDEV:
        return put_u32(arg, (uint32_t)tty->rdev);
    case TIOCVHANGUP:
        return hang_up(tty);
    default:
        return tty_settings_ioctl(tty, request, arg);
    }
}

/* ---- the two sides ---- */

int64_t tty_ioctl(struct tty *tty, struct file *file, unsigned request, uint64_t arg)
{
    int64_t result;

    switch (request) {
    case TIOCGPGRP:
        return number_to_user(tty, arg, false, terminal_foreground_get);
    case TIOCGSID:
        return number_to_user(tty, arg, false, terminal_session_get);
    case TIOCNOTTY:
        return terminal_let_go(&tty->control);
    case TIOCGPTPEER:
        return -EIO;
    default:
        result = transfer(tty, request, arg);
        return result != -ENOTTY ? result : whole(tty, file, request, arg);
    }
}

int64_t tty_ioctl_by_master(struct tty *tty, struct file *file, unsigned request, uint64_t arg)
{
    switch (request) {
    case TIOCGPGRP:
        return number_to_user(tty, arg, true, terminal_foreground_get);
    case TIOCGSID:
        return number_to_user(tty, arg, true, terminal_session_get);
    case TIOCOUTQ:
        return put_u32(arg, 0);
    default:
        return whole(tty, file, request, arg);
    }
}
