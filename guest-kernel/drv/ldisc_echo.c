/* SPDX-License-Identifier: Apache-2.0 */
/* ldisc_echo.c - the visible side of the line discipline: output processing, echo, erasing. */
#include "drv/ldisc_echo.h"

#define MASK (LDISC_INPUT_BYTES - 1)
#define TAB_WIDTH 8u

static bool is_control(uint8_t byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* With IUTF8: a byte that doesn't start a character, and so has no place on the screen. */
static bool is_continuation(const struct ldisc *ldisc, uint8_t byte)
{
    return (ldisc->termios.c_iflag & IUTF8) && (byte & 0xc0) == 0x80;
}

static bool is_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           byte == '_' || byte >= 0x80;
}

/* ---- output processing ---- */

static size_t output_tab(struct ldisc *ldisc, uint8_t *dst)
{
    unsigned i, spaces = TAB_WIDTH - ldisc->column % TAB_WIDTH;

    ldisc->column += spaces;
    if ((ldisc->termios.c_oflag & TABDLY) != XTABS) {
        dst[0] = '\t';
        return 1;
    }
    for (i = 0; i < spaces; i++)
        dst[i] = ' ';
    return spaces;
}

/* One byte of output, as OPOST has it; the bytes stored, at most 8. */
static size_t output_byte(struct ldisc *ldisc, uint8_t byte, uint8_t *dst)
{
    uint32_t oflag = ldisc->termios.c_oflag;
    size_t n = 0;

    switch (byte) {
    case '\n':
        if (oflag & (ONLCR | ONLRET))
            ldisc->column = 0;
        if (oflag & ONLCR)
            dst[n++] = '\r';
        break;
    case '\r':
        if ((oflag & ONOCR) && ldisc->column == 0)
            return 0;
        if (oflag & OCRNL)
            byte = '\n';
        if (!(oflag & OCRNL) || (oflag & ONLRET))
            ldisc->column = 0;
        break;
    case '\t':
        return output_tab(ldisc, dst);
    case '\b':
        if (ldisc->column != 0)
            ldisc->column--;
        break;
    default:
        if (!is_control(byte) && !is_continuation(ldisc, byte))
            ldisc->column++;
        break;
    }
    dst[n++] = byte;
    return n;
}

size_t ldisc_output(struct ldisc *ldisc, const uint8_t *src, size_t size, uint8_t *dst, size_t room, size_t *made)
{
    bool process = ldisc->termios.c_oflag & OPOST;
    size_t used, n = 0;

    for (used = 0; used < size && room - n >= TAB_WIDTH; used++) {
        if (process)
            n += output_byte(ldisc, src[used], dst + n);
        else
            dst[n++] = src[used];
    }
    *made = n;
    return used;
}

/* ---- echo ---- */

static void show(struct ldisc *ldisc, const char *text)
{
    for (; *text != 0; text++)
        ldisc_echo_raw(ldisc, (uint8_t)*text);
}

void ldisc_echo_raw(struct ldisc *ldisc, uint8_t byte)
{
    uint8_t out[TAB_WIDTH];
    size_t i, n;

    ldisc_output(ldisc, &byte, 1, out, sizeof(out), &n);
    for (i = 0; i < n; i++)
        ldisc->ops->echo(ldisc->owner, out[i]);
}

void ldisc_echo_char(struct ldisc *ldisc, uint8_t byte)
{
    if ((ldisc->termios.c_lflag & ECHOCTL) && is_control(byte) && byte != '\t') {
        ldisc_echo_raw(ldisc, '^');
        byte ^= 0100;
    }
    ldisc_echo_raw(ldisc, byte);
}

void ldisc_echo_literal_mark(struct ldisc *ldisc)
{
    show(ldisc, "^\b");
}

void ldisc_reprint(struct ldisc *ldisc)
{
    uint32_t at;

    ldisc_echo_char(ldisc, ldisc->termios.c_cc[VREPRINT]);
    show(ldisc, "\n");
    ldisc->line_column = ldisc->column;
    for (at = ldisc->ready; at != ldisc->write; at++)
        ldisc_echo_char(ldisc, ldisc->input[at & MASK]);
}

/* ---- erasing ---- */

/* The column behind the line that is being edited, worked out from where it starts. */
static unsigned line_end_column(const struct ldisc *ldisc)
{
    unsigned column = ldisc->line_column;
    uint32_t at;

    for (at = ldisc->ready; at != ldisc->write; at++) {
        uint8_t byte = ldisc->input[at & MASK];

        if (byte == '\t')
            column += TAB_WIDTH - column % TAB_WIDTH;
        else if (is_control(byte))
            column += ldisc->termios.c_lflag & ECHOCTL ? 2 : 0;
        else if (!is_continuation(ldisc, byte))
            column++;
    }
    return column;
}

/* Takes the last character from the line and, if `visible`, from the screen. */
static void erase_one(struct ldisc *ldisc, bool visible)
{
    uint8_t byte;

    do
        byte = ldisc->input[--ldisc->write & MASK];
    while (is_continuation(ldisc, byte) && ldisc->write != ldisc->ready);
    if (!visible)
        return;
    if (byte == '\t') {
        unsigned column = line_end_column(ldisc), i, steps = 0;

        /* Without OPOST nobody keeps count of the column; a tab is never wider than this. */
        if (ldisc->column > column)
            steps = ldisc->column - column < TAB_WIDTH ? ldisc->column - column : TAB_WIDTH;
        for (i = 0; i < steps; i++)
            show(ldisc, "\b");
        return;
    }
    if (is_control(byte) && !(ldisc->termios.c_lflag & ECHOCTL))
        return;
    show(ldisc, is_control(byte) ? "\b \b\b \b" : "\b \b");
}

void ldisc_erase_char(struct ldisc *ldisc)
{
    bool echo = ldisc->termios.c_lflag & ECHO, visibly = ldisc->termios.c_lflag & ECHOE;

    if (ldisc->write == ldisc->ready)
        return;
    erase_one(ldisc, echo && visibly);
    if (echo && !visibly)
        ldisc_echo_char(ldisc, ldisc->termios.c_cc[VERASE]);
}

void ldisc_erase_word(struct ldisc *ldisc)
{
    bool visible = (ldisc->termios.c_lflag & (ECHO | ECHOE)) == (ECHO | ECHOE);
    bool in_word = false;

    while (ldisc->write != ldisc->ready) {
        bool word = is_word(ldisc->input[(ldisc->write - 1) & MASK]);

        if (in_word && !word)
            break;
        in_word = word;
        erase_one(ldisc, visible);
    }
}

void ldisc_erase_line(struct ldisc *ldisc)
{
    const uint32_t visible = ECHO | ECHOE | ECHOK | ECHOKE;

    if ((ldisc->termios.c_lflag & visible) == visible) {
        while (ldisc->write != ldisc->ready)
            erase_one(ldisc, true);
        return;
    }
    ldisc->write = ldisc->ready;
    if (!(ldisc->termios.c_lflag & ECHO))
        return;
    ldisc_echo_char(ldisc, ldisc->termios.c_cc[VKILL]);
    if (ldisc->termios.c_lflag & ECHOK)
        show(ldisc, "\n");
}
