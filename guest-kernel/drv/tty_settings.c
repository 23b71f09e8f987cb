/* SPDX-License-Identifier: Apache-2.0 */
/* tty_settings.c - see tty_settings.h. Speeds are kept, as stty(1) shows them, and nothing is slower for it. */
#include "drv/tty_settings.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "core/cred.h"
#include "core/thread.h"
#include "lib/string.h"
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

/* ---- the three structures: struct termios, termios2 with speeds, System V's termio with the lower halves ---- */

enum form { TERMIOS, TERMIOS2, TERMIO };

static int termio_get(const struct termios *settings, uaddr_t dst)
{
    struct termio old = {.c_iflag = (uint16_t)settings->c_iflag,
                         .c_oflag = (uint16_t)settings->c_oflag,
                         .c_cflag = (uint16_t)settings->c_cflag,
                         .c_lflag = (uint16_t)settings->c_lflag,
                         .c_line = settings->c_line};

    memcpy(old.c_cc, settings->c_cc, sizeof(old.c_cc));
    return copy_to_user(dst, &old, sizeof(old));
}

static void half_set(uint32_t *flags, uint16_t lower)
{
    *flags = (*flags & 0xffff0000u) | lower;
}

/* The upper halves and the other characters stay as they are in *settings. */
static int termio_set(struct termios *settings, uaddr_t src)
{
    struct termio old;
    int error = copy_from_user(&old, src, sizeof(old));

    if (error != 0)
        return error;
    half_set(&settings->c_iflag, old.c_iflag);
    half_set(&settings->c_oflag, old.c_oflag);
    half_set(&settings->c_cflag, old.c_cflag);
    half_set(&settings->c_lflag, old.c_lflag);
    settings->c_line = old.c_line;
    memcpy(settings->c_cc, old.c_cc, sizeof(old.c_cc));
    return 0;
}

static int settings_get(const struct tty *tty, uaddr_t dst, enum form form)
{
    struct termios2 settings = {.common = tty->ldisc.termios, .c_ispeed = tty->ispeed, .c_ospeed = tty->ospeed};

    if (form == TERMIO)
        return termio_get(&settings.common, dst);
    return copy_to_user(dst, &settings, form == TERMIOS2 ? sizeof(settings) : sizeof(settings.common));
}

/* *settings has what is set now. */
static int settings_copy(struct termios2 *settings, uaddr_t src, enum form form)
{
    if (form == TERMIO)
        return termio_set(&settings->common, src);
    return copy_from_user(settings, src, form == TERMIOS2 ? sizeof(*settings) : sizeof(settings->common));
}

/* ---- what may not be changed ---- */

static void lock_flags(uint32_t *flags, uint32_t before, uint32_t locked)
{
    *flags = (*flags & ~locked) | (before & locked);
}

static void lock_byte(uint8_t *byte, uint8_t before, uint8_t locked)
{
    if (locked != 0)
        *byte = before;
}

/* What is locked is as before. */
static void lock_settings(struct termios *settings, const struct termios *before, const struct termios *locked)
{
    lock_flags(&settings->c_iflag, before->c_iflag, locked->c_iflag);
    lock_flags(&settings->c_oflag, before->c_oflag, locked->c_oflag);
    lock_flags(&settings->c_cflag, before->c_cflag, locked->c_cflag);
    lock_flags(&settings->c_lflag, before->c_lflag, locked->c_lflag);
    lock_byte(&settings->c_line, before->c_line, locked->c_line);
    for (size_t i = 0; i < TERMIOS_NCCS; i++)
        lock_byte(&settings->c_cc[i], before->c_cc[i], locked->c_cc[i]);
}

static int locks_set(struct tty *tty, uaddr_t src)
{
    struct termios locked;
    int error;

    if (!cred_may_restore(&current_thread()->cred))
        return -EPERM;
    error = copy_from_user(&locked, src, sizeof(locked));
    if (error == 0)
        tty->locked = locked;
    return error;
}

/* ---- requests ---- */

static void settings_take(struct tty *tty, struct termios2 *settings)
{
    struct termios before = tty->ldisc.termios;
    uint32_t cflag = settings->common.c_cflag, input = cflag >> IBSHIFT & CBAUD;

    tty->ospeed = baud_of(cflag, settings->c_ospeed);
    tty->ispeed = input != 0 ? baud_of(input, settings->c_ispeed) : tty->ospeed;
    settings->common.c_cflag = (cflag & ~(CSIZE | PARENB)) | CS8 | CREAD; /* as Linux for pseudo-terminals */
    lock_settings(&settings->common, &before, &tty->locked);
    ldisc_set(&tty->ldisc, &settings->common);
    if (tty->ops->settings_changed != NULL)
        tty->ops->settings_changed(tty, &before);
    tty_flow_tell(tty);
    tty->ops->receive(tty);
    tty_input_tell(tty);
}

/* drain: when what was written is out (TCSETSW). flush: and what was typed is thrown away (TCSETSF). */
static int settings_set(struct tty *tty, uaddr_t src, enum form form, bool drain, bool flush)
{
    struct termios2 settings = {.common = tty->ldisc.termios, .c_ispeed = tty->ispeed, .c_ospeed = tty->ospeed};
    int error = terminal_check(&tty->control, SIGTTOU);

    if (error == 0)
        error = settings_copy(&settings, src, form);
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
        return settings_get(tty, arg, TERMIOS);
    case TCGETS2:
        return settings_get(tty, arg, TERMIOS2);
    case TCGETA:
        return settings_get(tty, arg, TERMIO);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return settings_set(tty, arg, TERMIOS, request != TCSETS, request == TCSETSF);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        return settings_set(tty, arg, TERMIOS2, request != TCSETS2, request == TCSETSF2);
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
        return settings_set(tty, arg, TERMIO, request != TCSETA, request == TCSETAF);
    case TIOCGLCKTRMIOS:
        return copy_to_user(arg, &tty->locked, sizeof(tty->locked));
    case TIOCSLCKTRMIOS:
        return locks_set(tty, arg);
    default:
        return -ENOTTY;
    }
}
