/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldisc.h - the terminal's line discipline: what Linux calls n_tty (termios(3)).
 *
 * Pure: it knows neither a device nor a process. Input bytes go in by ldisc_receive; echo and signals come out through
 * ldisc_ops; a reader takes what is ready with ldisc_read.
 */
#ifndef GK_DRV_LDISC_H
#define GK_DRV_LDISC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/termios.h"

#define LDISC_INPUT_BYTES 4096u /* N_TTY_BUF_SIZE: the longest line is one less */

struct ldisc_ops {
    void (*echo)(void *owner, uint8_t byte); /* ready for the terminal: output processing is done */
    void (*signal)(void *owner, int signal);
};

struct ldisc {
    struct termios termios;
    const struct ldisc_ops *ops;
    void *owner;
    bool stopped;         /* output is stopped by ^S */
    bool literal_next;    /* ^V came */
    unsigned column;      /* of the cursor, for tabs */
    unsigned line_column; /* where the line that is being edited starts */

    /* Input, three positions that only grow (taken modulo the size): [read, ready) can be read, [ready, write) is the
     * line that is still being edited. Without ICANON `ready` follows `write`. */
    uint32_t read, ready, write;
    uint8_t input[LDISC_INPUT_BYTES];
    uint8_t line_end[LDISC_INPUT_BYTES / 8];    /* a bit for each byte: a line ends with it */
    uint8_t end_of_file[LDISC_INPUT_BYTES / 8]; /* and that byte is VEOF, which is not data */
};

/* To Linux's initial settings. The rest of *ldisc is zero. */
void ldisc_init(struct ldisc *ldisc, const struct ldisc_ops *ops, void *owner);

/* New settings (TCSETS). */
void ldisc_set(struct ldisc *ldisc, const struct termios *termios);
void ldisc_flush_input(struct ldisc *ldisc);

/* Bytes from the terminal. Returns how many were taken: fewer than size when a reader has to make room first. */
size_t ldisc_receive(struct ldisc *ldisc, const uint8_t *bytes, size_t size);

/* Is there something for a reader: a line (or end of file), or, without ICANON, at least one byte? */
bool ldisc_is_readable(const struct ldisc *ldisc);
/* Bytes that a reader could get (FIONREAD). */
uint32_t ldisc_readable_bytes(const struct ldisc *ldisc);
/* Takes up to `size` bytes, with ICANON not beyond the end of a line. *line_ended: with ICANON, that end was reached (0
 * bytes and line_ended: end of file). */
size_t ldisc_read(struct ldisc *ldisc, uint8_t *dst, size_t size, bool *line_ended);

/* Output processing (OPOST): turns bytes of `src` into at most `room` bytes at `dst`; returns the bytes of `src` used
 * up and stores how many came of them. With room for 8 bytes it always gets on. */
size_t ldisc_output(struct ldisc *ldisc, const uint8_t *src, size_t size, uint8_t *dst, size_t room, size_t *made);

#endif
