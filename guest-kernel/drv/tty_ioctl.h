/* SPDX-License-Identifier: Apache-2.0 */
/* tty_ioctl.h - the terminal's state, shared by tty.c (bytes) and tty_ioctl.c (settings). */
#ifndef GK_DRV_TTY_IOCTL_H
#define GK_DRV_TTY_IOCTL_H

#include "core/mutex.h"
#include "core/terminal.h"
#include "drv/ldisc.h"
#include "drv/virtio_console.h"

struct file;
struct tty;

struct tty_io { /* what settings have to do with bytes: tty.c's */
    /* Waits until all output is out. 0, -ERESTARTSYS or -EIO. */
    int (*drain)(struct tty *tty);
    /* Takes the input that had no room before, and wakes who waits for what is the case now. */
    void (*receive)(struct tty *tty);
};

struct tty {
    const struct tty_io *io;
    struct ldisc ldisc;
    struct console_port *port; /* NULL: there is no terminal */
    struct winsize size;
    struct terminal control; /* whose it is, and who is in the foreground */
    /* Threads that wait for input and for output that isn't stopped; the one that reads, the one that writes. */
    struct wait_queue readable, writable;
    struct mutex reading, writing;
};

/* ioctl_tty(2), for file_ops: file->owner is the struct tty. 0 or -errno; -ENOTTY: no such request. */
int64_t tty_ioctl(struct file *file, unsigned request, uint64_t arg);
/* The host's terminal has a new size. */
void tty_resized(struct tty *tty, uint16_t rows, uint16_t columns);

#endif
