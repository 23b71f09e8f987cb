/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldisc.c - the line discipline: what each input byte does, and what a reader gets.
 *
 * The rules are those of termios(3) and, where that leaves room, what Linux's n_tty does. Left out: parity, IUCLC,
 * ECHOPRT, EXTPROC.
 */
#include "drv/ldisc.h"

#include "drv/ldisc_echo.h"

#define MASK (LDISC_INPUT_BYTES - 1)

enum { SIGINT = 2, SIGQUIT = 3, SIGTSTP = 20 };

static const uint8_t initial_cc[TERMIOS_NCCS] = {
    [VINTR] = 3,   [VQUIT] = 034, [VERASE] = 0177,  [VKILL] = 025,    [VEOF] = 4,      [VMIN] = 1,     [VSTART] = 021,
    [VSTOP] = 023, [VSUSP] = 032, [VREPRINT] = 022, [VDISCARD] = 017, [VWERASE] = 027, [VLNEXT] = 026,
};

void ldisc_init(struct ldisc *ldisc, const struct ldisc_ops *ops, void *owner)
{
    unsigned i;

    ldisc->ops = ops;
    ldisc->owner = owner;
    ldisc->termios.c_iflag = ICRNL | IXON | IUTF8;
    ldisc->termios.c_oflag = OPOST | ONLCR;
    ldisc->termios.c_cflag = B38400 | CS8 | CREAD | HUPCL;
    ldisc->termios.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
    for (i = 0; i < TERMIOS_NCCS; i++)
        ldisc->termios.c_cc[i] = initial_cc[i];
}

static bool has(const struct ldisc *ldisc, uint32_t lflag)
{
    return ldisc->termios.c_lflag & lflag;
}

/* Is `byte` the special character `which`? A character that is 0 is switched off. */
static bool is_char(const struct ldisc *ldisc, unsigned which, uint8_t byte)
{
    return byte != 0 && ldisc->termios.c_cc[which] == byte;
}

/* ---- the input buffer ---- */

static bool bit_get(const uint8_t *bits, uint32_t at)
{
    return bits[(at & MASK) / 8] >> (at & 7) & 1;
}

static void bit_put(uint8_t *bits, uint32_t at, bool on)
{
    uint8_t mask = (uint8_t)(1u << (at & 7));

    if (on)
        bits[(at & MASK) / 8] |= mask;
    else
        bits[(at & MASK) / 8] &= (uint8_t)~mask;
}

static uint32_t room(const struct ldisc *ldisc)
{
    return LDISC_INPUT_BYTES - (ldisc->write - ldisc->read);
}

static void put(struct ldisc *ldisc, uint8_t byte)
{
    bit_put(ldisc->line_end, ldisc->write, false);
    bit_put(ldisc->end_of_file, ldisc->write, false);
    ldisc->input[ldisc->write++ & MASK] = byte;
    if (!has(ldisc, ICANON))
        ldisc->ready = ldisc->write;
}

static void put_line_end(struct ldisc *ldisc, uint8_t byte, bool end_of_file)
{
    put(ldisc, byte);
    bit_put(ldisc->line_end, ldisc->write - 1, true);
    bit_put(ldisc->end_of_file, ldisc->write - 1, end_of_file);
    ldisc->ready = ldisc->write;
    ldisc->arrivals++;
}

void ldisc_flush_input(struct ldisc *ldisc)
{
    ldisc->read = ldisc->ready = ldisc->write;
    ldisc->line_column = ldisc->column;
}

void ldisc_set(struct ldisc *ldisc, const struct termios *termios)
{
    bool was_canonical = has(ldisc, ICANON);

    ldisc->termios = *termios;
    if (!(termios->c_iflag & IXON))
        ldisc->stopped = false;
    if (was_canonical == has(ldisc, ICANON))
        return;
    ldisc->literal_next = false;
    /* What was typed stays readable: all at once as bytes, or as one line. */
    if (!was_canonical && ldisc->write != ldisc->read) {
        bit_put(ldisc->line_end, ldisc->write - 1, true);
    }
    ldisc->ready = ldisc->write;
    ldisc->line_column = ldisc->column;
}

/* ---- input ---- */

/* A character that sends a signal. Linux drops what was typed before it. */
static void signal_char(struct ldisc *ldisc, int signal, uint8_t byte)
{
    if (!has(ldisc, NOFLSH)) {
        ldisc_flush_input(ldisc);
        if (ldisc->ops->flushed != NULL)
            ldisc->ops->flushed(ldisc->owner);
    }
    ldisc->stopped = false;
    ldisc->literal_next = false;
    if (has(ldisc, ECHO))
        ldisc_echo_char(ldisc, byte);
    ldisc->line_column = ldisc->column;
    ldisc->ops->signal(ldisc->owner, signal);
}

/* Flow control and signals, which work with and without ICANON. */
static bool control_char(struct ldisc *ldisc, uint8_t byte)
{
    if (ldisc->termios.c_iflag & IXON) {
        if (is_char(ldisc, VSTART, byte) || is_char(ldisc, VSTOP, byte)) {
            ldisc->stopped = byte != ldisc->termios.c_cc[VSTART];
            return true;
        }
        if (ldisc->termios.c_iflag & IXANY)
            ldisc->stopped = false;
    }
    if (!has(ldisc, ISIG))
        return false;
    if (is_char(ldisc, VINTR, byte))
        signal_char(ldisc, SIGINT, byte);
    else if (is_char(ldisc, VQUIT, byte))
        signal_char(ldisc, SIGQUIT, byte);
    else if (is_char(ldisc, VSUSP, byte))
        signal_char(ldisc, SIGTSTP, byte);
    else
        return false;
    return true;
}

/* The editing characters of ICANON. */
static bool editing_char(struct ldisc *ldisc, uint8_t byte)
{
    bool extended = has(ldisc, IEXTEN);

    if (is_char(ldisc, VERASE, byte)) {
        ldisc_erase_char(ldisc);
    } else if (is_char(ldisc, VKILL, byte)) {
        ldisc_erase_line(ldisc);
    } else if (extended && is_char(ldisc, VWERASE, byte)) {
        ldisc_erase_word(ldisc);
    } else if (extended && is_char(ldisc, VLNEXT, byte)) {
        ldisc->literal_next = true;
        if (has(ldisc, ECHO) && has(ldisc, ECHOCTL))
            ldisc_echo_literal_mark(ldisc);
    } else if (extended && has(ldisc, ECHO) && is_char(ldisc, VREPRINT, byte)) {
        ldisc_reprint(ldisc);
    } else {
        return false;
    }
    return true;
}

static bool line_end_char(struct ldisc *ldisc, uint8_t byte)
{
    if (byte == '\n') {
        if (has(ldisc, ECHO | ECHONL))
            ldisc_echo_raw(ldisc, byte);
        put_line_end(ldisc, byte, false);
    } else if (is_char(ldisc, VEOF, byte)) {
        put_line_end(ldisc, byte, true);
    } else if (is_char(ldisc, VEOL, byte) || (has(ldisc, IEXTEN) && is_char(ldisc, VEOL2, byte))) {
        if (has(ldisc, ECHO))
            ldisc_echo_char(ldisc, byte);
        put_line_end(ldisc, byte, false);
    } else {
        return false;
    }
    ldisc->line_column = ldisc->column;
    return true;
}

static void data_char(struct ldisc *ldisc, uint8_t byte)
{
    /* In a line that fills the buffer one place is kept for its end; what doesn't fit is dropped. */
    if (has(ldisc, ICANON) && room(ldisc) <= 1) {
        if (ldisc->termios.c_iflag & IMAXBEL)
            ldisc->ops->echo(ldisc->owner, '\a');
        return;
    }
    if (ldisc->write == ldisc->ready)
        ldisc->line_column = ldisc->column;
    if (has(ldisc, ECHO)) {
        if (byte == '\n')
            ldisc_echo_raw(ldisc, byte);
        else
            ldisc_echo_char(ldisc, byte);
    }
    put(ldisc, byte);
}

/* IGNCR, ICRNL, INLCR. False: the byte is ignored. */
static bool translate(const struct ldisc *ldisc, uint8_t *byte)
{
    uint32_t iflag = ldisc->termios.c_iflag;

    if (*byte == '\r') {
        if (iflag & IGNCR)
            return false;
        if (iflag & ICRNL)
            *byte = '\n';
    } else if (*byte == '\n' && (iflag & INLCR)) {
        *byte = '\r';
    }
    return true;
}

static void receive_byte(struct ldisc *ldisc, uint8_t byte)
{
    if (ldisc->termios.c_iflag & ISTRIP)
        byte &= 0x7f;
    if (ldisc->literal_next) {
        ldisc->literal_next = false;
        data_char(ldisc, byte);
        return;
    }
    if (control_char(ldisc, byte) || !translate(ldisc, &byte))
        return;
    if (has(ldisc, ICANON) && (editing_char(ldisc, byte) || line_end_char(ldisc, byte)))
        return;
    data_char(ldisc, byte);
}

size_t ldisc_receive(struct ldisc *ldisc, const uint8_t *bytes, size_t size)
{
    size_t n;

    for (n = 0; n < size; n++) {
        /* A buffer with something to read in it waits for its reader; one long unfinished line goes on (data_char). */
        bool line_only = has(ldisc, ICANON) && ldisc->ready == ldisc->read;

        if (room(ldisc) <= 1 && !line_only)
            break;
        receive_byte(ldisc, bytes[n]);
    }
    if (n != 0 && !has(ldisc, ICANON) && ldisc->ready != ldisc->read)
        ldisc->arrivals++;
    return n;
}

/* ---- reading ---- */

bool ldisc_is_readable(const struct ldisc *ldisc)
{
    return ldisc->ready != ldisc->read;
}

uint32_t ldisc_readable_bytes(const struct ldisc *ldisc)
{
    uint32_t count = ldisc->ready - ldisc->read, at;

    for (at = ldisc->read; has(ldisc, ICANON) && at != ldisc->ready; at++)
        count -= bit_get(ldisc->end_of_file, at);
    return count;
}

size_t ldisc_read(struct ldisc *ldisc, uint8_t *dst, size_t size, bool *line_ended)
{
    size_t n = 0;

    *line_ended = false;
    while (ldisc->read != ldisc->ready) {
        uint32_t at = ldisc->read;
        bool end = has(ldisc, ICANON) && bit_get(ldisc->line_end, at);
        bool is_data = !end || !bit_get(ldisc->end_of_file, at);

        /* A VEOF right behind the last byte that fits belongs to this read: the next one must not see end of file. */
        if (is_data && n == size)
            break;
        if (is_data)
            dst[n++] = ldisc->input[at & MASK];
        ldisc->read++;
        if (end) {
            *line_ended = true;
            break;
        }
    }
    return n;
}
