/* SPDX-License-Identifier: Apache-2.0 */
/* streams.h - our stdin, stdout and stderr: which of them are terminals, and the terminal's mode. */
#ifndef LVMM_STREAMS_H
#define LVMM_STREAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

struct streams {
    uint32_t tty;           /* bit n: stream n is a terminal */
    uint16_t rows, columns; /* of the first terminal among them; 0: unknown */
    bool raw;               /* the terminal's mode is changed to `ours`; `saved` is what it was */
    struct termios saved, ours;
};

/* Call before anything is opened: a stream that is closed becomes `nothing` ("/dev/null"), so that no image takes its
 * number. Where that isn't there (a chroot), it has no input, and output to it fails. 0 or -errno. */
int streams_init(struct streams *streams, const char *nothing);

/*
 * Hands the terminal to the guest: keys unedited, Ctrl-C included, and output unchanged, since the guest has a terminal
 * of its own to do all that. A bare kernel has only a serial port: Ctrl-C stays ours, and its lines get their carriage
 * returns. Only if stdin is a terminal and we are its foreground job: to others, changing it is an error (SIGTTOU).
 * May be called again when we have been stopped, or in the background, and the mode may be another's.
 */
void streams_make_raw(struct streams *streams, bool bare);
/* Undoes it, unless the terminal is another job's by now; harmless if there is nothing to undo. */
void streams_restore(struct streams *streams);

/* Reads rows and columns anew. True: they have changed. */
bool streams_look_at_size(struct streams *streams);

#endif
