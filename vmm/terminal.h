/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h - job control and the terminal's size: the signals SIGTSTP, SIGTTIN, SIGCONT and SIGWINCH, and when the
 * terminal is ours.
 *
 * The terminal is raw exactly while we are its foreground job. It is given back before we stop, and taken when we are
 * continued in the foreground. A shell may also bring a job that runs in the background to the front without a signal:
 * while we are there, a timer looks.
 */
#ifndef LVMM_TERMINAL_H
#define LVMM_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/streams.h"

struct terminal {
    struct streams *streams; /* the caller's */
    bool bare;
    int fd; /* readable: call terminal_serve. -1: no stream is a terminal */
    int signal_fd, timer_fd;
    bool has_signals; /* they are blocked for signal_fd */
};

/* What a backend does; each may be NULL. */
struct terminal_ops {
    void (*stop)(void *owner);   /* we are about to be stopped: the guest's process, too */
    void (*resume)(void *owner); /* and go on */
    void (*taken)(void *owner);  /* the terminal is ours (again): read it */
    void (*resized)(void *owner, uint16_t rows, uint16_t columns);
};

/* Makes the terminal raw if we are in its foreground. Call before threads are made. 0 or -errno. */
int terminal_init(struct terminal *terminal, struct streams *streams, bool bare);
/* Gives the terminal back, and the signals. A second time does nothing. */
void terminal_fini(struct terminal *terminal);

/* Is it raw, so that it may be read and has the escape key? */
static inline bool terminal_is_taken(const struct terminal *terminal)
{
    return terminal->streams->raw;
}

/* Another job has the terminal now: it is looked at again until it is ours, which terminal_serve tells. Any thread. */
void terminal_lost(const struct terminal *terminal);

/* Handles what has come. Stops the process if that is what has come, and returns when it goes on. */
void terminal_serve(struct terminal *terminal, const struct terminal_ops *ops, void *owner);

#endif
