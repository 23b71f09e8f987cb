/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldisc.h - the terminal's line discipline: what Linux calls n_tty (termios(3)).
 *
 * Pure: it knows neither a device nor a process. Input bytes go in by ldisc_receive; echo and signals come out through
 * ldisc_ops; a reader takes what is ready with ldisc_read.
 */
#ifndef GK_DRV_LDISC_H
#define GK_DRV_LDISC_H

#include "drv/ldisc_state.h"

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

#endif
