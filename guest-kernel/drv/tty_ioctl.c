/* SPDX-License-Identifier: Apache-2.0 */
/* tty_ioctl.c - the terminal's settings (ioctl_tty(2)). */
#include "drv/tty_ioctl.h"

#include "abi/errno.h"
#include "drv/internal.h"
#include "mm/usercopy.h"

#define SIGWINCH 28
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
    int error = copy_from_user(&settings, src, sizeof(settings));

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
        drv_signal(SIGWINCH);
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

static int foreground_from_user(struct tty *tty, uaddr_t src)
{
    int32_t group;
    int error = copy_from_user(&group, src, sizeof(group));

    if (error != 0)
        return error;
    if (group <= 0)
        return -EINVAL;
    tty->foreground = group;
    return 0;
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

static int64_t control(struct tty *tty, unsigned request, uint64_t arg)
{
    switch (request) {
    case TIOCGWINSZ:
        return copy_to_user(arg, &tty->size, sizeof(tty->size));
    case TIOCSWINSZ:
        return size_from_user(tty, arg);
    case TIOCGPGRP:
    case TIOCGSID:
        return put_u32(arg, (uint32_t)tty->foreground);
    case TIOCSPGRP:
        return foreground_from_user(tty, arg);
    case TIOCSCTTY: /* it is the controlling terminal already */
        return 0;
    case FIONREAD:
        return put_u32(arg, ldisc_readable_bytes(&tty->ldisc));
    case TIOCOUTQ:
        return put_u32(arg, 0);
    case TCSBRK: /* a break means nothing here; tcdrain() does */
        return tty->io->drain(tty);
    case TCXONC:
        return flow(tty, arg);
    case TCFLSH:
        return flush(tty, arg);
    default:
        return -ENOTTY;
    }
}

int64_t tty_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    struct tty *tty = file->owner;

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
        return control(tty, request, arg);
    }
}
