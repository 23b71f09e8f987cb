/* SPDX-License-Identifier: Apache-2.0 */
/* tty_settings.c - see tty_settings.h. Speeds are kept, as stty(1) shows them, and nothing is slower for it. */
#include "drv/tty_settings.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "mm/usercopy.h"

/* What the bits of CBAUD stand for: those of the first row without BOTHER, of the second with it. */
static uint32_t baud_of(uint32_t bits, uint32_t other)
{
    static const uint32_t slow[16] = {0,   50,   75,   110,  134,  150,  200,   300,
                                      600, 1200, 1800, 2400, 4800, 9600, 19200, 38400};
    static const uint32_t fast[16] = {0,       57600,   115200,  230400,  460800,  500000,  576000,  921600,
                                      1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000};

    if ((bits & CBAUD) == BOTHER)
        return other;
    return bits & BOTHER ? fast[bits & 017] : slow[bits & 017];
}

static int settings_get(const struct tty *tty, uaddr_t dst, bool extended)
{
    struct termios2 settings = {.common = tty->ldisc.termios, .c_ispeed = tty->ispeed, .c_ospeed = tty->ospeed};

    return copy_to_user(dst, &settings, extended ? sizeof(settings) : sizeof(settings.common));
}

static void settings_take(struct tty *tty, struct termios2 *settings)
{
    struct termios before = tty->ldisc.termios;
    uint32_t cflag = settings->common.c_cflag, input = cflag >> IBSHIFT & CBAUD;

    tty->ospeed = baud_of(cflag, settings->c_ospeed);
    tty->ispeed = input != 0 ? baud_of(input, settings->c_ispeed) : tty->ospeed;
    settings->common.c_cflag = (cflag & ~(CSIZE | PARENB)) | CS8 | CREAD; /* as Linux for pseudo-terminals */
    ldisc_set(&tty->ldisc, &settings->common);
    if (tty->ops->settings_changed != NULL)
        tty->ops->settings_changed(tty, &before);
    tty_flow_tell(tty);
    tty->ops->receive(tty);
    tty_input_tell(tty);
}

/* drain: when what was written is out (TCSETSW). flush: and what was typed is thrown away (TCSETSF). */
static int settings_set(struct tty *tty, uaddr_t src, bool extended, bool drain, bool flush)
{
    struct termios2 settings = {.c_ispeed = tty->ispeed, .c_ospeed = tty->ospeed};
    int error = terminal_check(&tty->control, SIGTTOU);

    if (error == 0)
        error = copy_from_user(&settings, src, extended ? sizeof(settings) : sizeof(settings.common));
    if (error == 0 && drain)
        error = tty->ops->drain(tty);
    if (error != 0)
        return error;
    if (flush)
        tty_flush_input(tty);
    settings_take(tty, &settings);
    return 0;
}

int64_t tty_settings_ioctl(struct tty *tty, unsigned request, uint64_t arg)
{
    switch (request) {
    case TCGETS:
    case TCGETS2:
        return settings_get(tty, arg, request == TCGETS2);
    case TCSETS:
    case TCSETS2:
        return settings_set(tty, arg, request == TCSETS2, false, false);
    case TCSETSW:
    case TCSETSW2:
        return settings_set(tty, arg, request == TCSETSW2, true, false);
    case TCSETSF:
    case TCSETSF2:
        return settings_set(tty, arg, request == TCSETSF2, true, true);
    default:
        return -ENOTTY;
    }
}
