/* SPDX-License-Identifier: Apache-2.0 */
/* tty_ioctl.c - the terminal's settings (ioctl_tty(2)). */
#include "drv/tty_ioctl.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "mm/usercopy.h"
#include "vfs/vfs.h"

#define SPEED_BAUD 38400u

static int settings_get(const struct tty *tty, uaddr_t dst, bool extended)
{
    struct termios2 settings = {.common = tty->ldisc.termios, .c_ispeed = SPEED_BAUD, .c_ospeed = SPEED_BAUD};

    return copy_to_user(dst, &settings, extended ? sizeof(settings) : sizeof(settings.common));
}

/* drain: when what was written is out (TCSETSW). flush: and what was typed is thrown away (TCSETSF). */
static int settings_set(struct tty *tty, uaddr_t src, bool drain, bool flush)
{
    struct termios settings;
    int error = terminal_check(&tty->control, SIGTTOU);

    if (error == 0)
        error = copy_from_user(&settings, src, sizeof(settings));
    if (error == 0 && drain)
        error = tty->io->drain(tty);
    if (error != 0)
        return error;
    if (flush)
        ldisc_flush_input(&tty->ldisc);
    ldisc_set(&tty->ldisc, &settings);
    tty->io->receive(tty);
    return 0;
}

static void size_set(struct tty *tty, const struct winsize *size)
{
    bool changed = size->ws_row != tty->size.ws_row || size->ws_col != tty->size.ws_col;

    tty->size = *size;
    if (changed)
        terminal_signal(&tty->control, SIGWINCH);
}

void tty_resized(struct tty *tty, uint16_t rows, uint16_t columns)
{
    size_set(tty, &(struct winsize){.ws_row = rows, .ws_col = columns});
}

static int size_from_user(struct tty *tty, uaddr_t src)
{
    struct winsize size;
    int error = copy_from_user(&size, src, sizeof(size));

    if (error == 0)
        size_set(tty, &size);
    return error;
}

/* Nobody but who is in the foreground may set anything. */
static int check(const struct tty *tty)
{
    return terminal_check(&tty->control, SIGTTOU);
}

static int flow(struct tty *tty, uint64_t action)
{
    if (action == TCOOFF || action == TCOON)
        tty->ldisc.stopped = action == TCOOFF;
    tty->io->receive(tty);
    return action <= TCION ? 0 : -EINVAL;
}

static int flush(struct tty *tty, uint64_t queues)
{
    if (queues == TCIFLUSH || queues == TCIOFLUSH) {
        ldisc_flush_input(&tty->ldisc);
        tty->io->receive(tty);
    }
    return queues <= TCIOFLUSH ? 0 : -EINVAL; /* output isn't held back, so there is none to throw away */
}

static int put_u32(uaddr_t dst, uint32_t value)
{
    return copy_to_user(dst, &value, sizeof(value));
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

static int number_to_user(const struct tty *tty, uaddr_t dst, int (*get)(const struct terminal *terminal, int *number))
{
    int number, error = get(&tty->control, &number);

    return error != 0 ? error : put_u32(dst, (uint32_t)number);
}

static int64_t ownership(struct file *file, struct tty *tty, unsigned request, uint64_t arg)
{
    switch (request) {
    case TIOCGPGRP:
        return number_to_user(tty, arg, terminal_foreground_get);
    case TIOCGSID:
        return number_to_user(tty, arg, terminal_session_get);
    case TIOCSPGRP:
        return foreground_from_user(tty, arg);
    case TIOCSCTTY:
        return terminal_take(&tty->control, arg == 1, file_is_readable(file));
    case TIOCNOTTY:
        return terminal_let_go(&tty->control);
    default:
        return -ENOTTY;
    }
}

/* ---- the rest ---- */

static int64_t control(struct file *file, struct tty *tty, unsigned request, uint64_t arg)
{
    int error;

    switch (request) {
    case TIOCGWINSZ:
        return copy_to_user(arg, &tty->size, sizeof(tty->size));
    case TIOCSWINSZ:
        return size_from_user(tty, arg);
    case FIONREAD:
        return put_u32(arg, ldisc_readable_bytes(&tty->ldisc));
    case TIOCOUTQ:
        return put_u32(arg, 0);
    case TCSBRK: /* a break means nothing here; tcdrain() does */
        error = check(tty);
        return error != 0 ? error : tty->io->drain(tty);
    case TCXONC:
        error = check(tty);
        return error != 0 ? error : flow(tty, arg);
    case TCFLSH:
        error = check(tty);
        return error != 0 ? error : flush(tty, arg);
    default:
        return ownership(file, tty, request, arg);
    }
}

int64_t tty_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    struct tty *tty = file->owner;

    if (tty->port->closed) /* as Linux for a terminal that has hung up */
        return request == TIOCSPGRP ? -ENOTTY : -EIO;
    switch (request) {
    case TCGETS:
    case TCGETS2:
        return settings_get(tty, arg, request == TCGETS2);
    case TCSETS:
    case TCSETS2:
        return settings_set(tty, arg, false, false);
    case TCSETSW:
    case TCSETSW2:
        return settings_set(tty, arg, true, false);
    case TCSETSF:
    case TCSETSF2:
        return settings_set(tty, arg, true, true);
    default:
        return control(file, tty, request, arg);
    }
}
