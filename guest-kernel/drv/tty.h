/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tty.h - a terminal of any kind: its line discipline, its settings, whose it is, and who waits for it (termios(3)).
 *
 * A kind (the console, the slave of a pseudo-terminal) brings a struct tty_ops for where the bytes come from and go to.
 * tty_file.c has what programs do with an open one, tty_ioctl.c its settings.
 */
#ifndef GK_DRV_TTY_H
#define GK_DRV_TTY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mutex.h"
#include "core/terminal.h"
#include "drv/ldisc.h"
#include "vfs/vfs.h"

#define CONSOLE_RDEV (5u << 8 | 1) /* of /dev/console */

struct tty;

struct tty_ops {
    int (*listen)(void); /* before each call that comes to it: 0 or -errno. NULL: needs no preparation */
    void (*look)(void);  /* takes what the other side has told since, without waiting; NULL: it tells at once */
    /* The other side is gone for good. */
    bool (*is_gone)(const struct tty *tty);
    /* Output of a program: bytes taken, or -errno. Called with `writing` held. */
    int64_t (*write)(struct tty *tty, const struct file *file, struct iter *iter);
    bool (*has_room)(const struct tty *tty); /* for output, without waiting; NULL: always */
    /* Waits until all output is out. 0, -ERESTARTSYS or -EIO. */
    int (*drain)(struct tty *tty);
    /* Gives the line discipline the input that had no room before, sends its echo, and wakes who waits for what is the
     * case now. */
    void (*receive)(struct tty *tty);
    /* Told when it happens, each NULL where nobody wants to know: what was typed, or what was written and isn't out yet
     * is thrown away; output is stopped or goes on; there are new settings. */
    void (*flushed)(struct tty *tty, bool input, bool output);
    void (*flow_changed)(struct tty *tty);
    void (*settings_changed)(struct tty *tty, const struct termios *before);
    /* One more open file of it, and one less. NULL: nobody counts. open: 0 or -errno */
    int (*open)(struct tty *tty);
    void (*close)(struct tty *tty);
};

struct tty {
    const struct tty_ops *ops;
    struct ldisc ldisc;
    struct termios initial;  /* the settings it has again after a hang-up */
    struct termios locked;   /* what isn't zero here, nobody changes (TIOCSLCKTRMIOS) */
    uint32_t ispeed, ospeed; /* baud: numbers and no more */
    struct winsize size;
    struct terminal control; /* whose it is, and who is in the foreground */
    uint64_t rdev;           /* TIOCGDEV */
    uint64_t hang_ups;       /* so many so far; open files from before the last one are dead */
    bool is_exclusive;       /* TIOCEXCL */
    bool told_stopped;       /* what flow_changed knows */
    bool is_lost;            /* the other side went away: who is waiting for input then gets EIO */
    /* Threads that wait for input, and for output that isn't stopped; the one that reads, the one that writes. */
    struct wait_queue readable, writable;
    struct mutex reading, writing;
    struct fasync *owners;  /* who is signalled of input, and of room: vfs/fasync.h */
    uint32_t told_arrivals; /* those of the line discipline that they know of */
    bool owners_await_room; /* a write came to an end before its bytes did */
};

/* *tty is zero but for what its kind has of its own in it. Linux's initial settings. */
void tty_init(struct tty *tty, const struct tty_ops *ops, const struct ldisc_ops *ldisc_ops, uint64_t rdev);

/* The open file's terminal has hung up since it was opened. Not for files of /dev/console, as long as there is one. */
bool tty_is_hung_up(const struct file *file);
/* vhangup(2), or the other side is gone: it is nobody's any more, whoever had it open has nothing any more, and
 * settings and input are as at first. */
void tty_hang_up(struct tty *tty);

/* After a change of ldisc.stopped, whatever brought it: tells who wants to know. */
void tty_flow_tell(struct tty *tty);
/* Throws away what was typed and nobody has read. */
void tty_flush_input(struct tty *tty);
/* There is something to read, or the terminal is gone: wakes who waits for it. */
void tty_input_tell(struct tty *tty);
/* There is room for output: wakes who waits for it, and signals after a write that had too little. */
void tty_room_tell(struct tty *tty);

/* Between the parts of a long write, which may need no room and so never wait: others run, and interrupts are taken.
 * True: a signal is pending, so the write ends with what it has. */
bool tty_write_ends(void);

/* The controlling terminal of the current process; NULL: it has none. */
struct tty *tty_current(void);

#endif
