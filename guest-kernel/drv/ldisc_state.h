/* SPDX-License-Identifier: Apache-2.0 */
/* ldisc_state.h - the line discipline's state, shared by ldisc.c (lines and readers) and ldisc_echo.c (what is shown).
 */
#ifndef GK_DRV_LDISC_STATE_H
#define GK_DRV_LDISC_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/termios.h"

#define LDISC_INPUT_BYTES 4096u /* N_TTY_BUF_SIZE: the longest line is one less */

struct ldisc_ops {
    void (*echo)(void *owner, uint8_t byte); /* ready for the terminal: output processing is done */
    void (*signal)(void *owner, int signal);
    void (*flushed)(
        void *owner); /* before a signal that throws away what was typed, and what isn't shown yet. Or NULL */
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
    uint32_t arrivals; /* how often there was more to read: with a line's end, or without ICANON with some bytes */
    uint8_t input[LDISC_INPUT_BYTES];
    uint8_t line_end[LDISC_INPUT_BYTES / 8];    /* a bit for each byte: a line ends with it */
    uint8_t end_of_file[LDISC_INPUT_BYTES / 8]; /* and that byte is VEOF, which is not data */
};

#endif
