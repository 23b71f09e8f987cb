/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pty.h - pseudo-terminals (pty(7)): a terminal, the slave, whose user sits at a file, the master.
 *
 * What is written to the master is typed on the terminal; what is shown on the terminal is read from the master. Names
 * and numbers are fs/devpts.c's.
 */
#ifndef GK_DRV_PTY_H
#define GK_DRV_PTY_H

#include "drv/byte_ring.h"
#include "drv/tty.h"

#define PTY_HELD_BYTES 256u

struct pty;

struct pty_ops {                     /* of who keeps its node */
    void (*closed)(struct pty *pty); /* the master is closed: there is to be no node any more */
    /* TIOCGPTPEER: opens the slave, whatever its node's name leads to by now. 0 or -errno */
    int (*open_peer)(struct pty *pty, uint32_t flags, struct file **out);
};

struct pty {
    struct tty slave;
    const struct pty_ops *ops;
    void *node;           /* of ops */
    uint32_t refs;        /* the master, each open slave, and who calls pty_get */
    uint32_t number;      /* TIOCGPTN */
    uint32_t slave_files; /* open files of the slave */
    bool is_locked;       /* TIOCSPTLCK: the slave can't be opened yet */
    bool master_closed;
    bool slave_closed;      /* the slave was open, and isn't any more */
    bool master_is_stopped; /* TCXONC on the master */
    bool has_echoed;        /* since who looks set it to false */
    bool is_packet;         /* TIOCPKT */
    uint8_t packet_status;  /* TIOCPKT_* that the master hasn't heard of yet */
    struct byte_ring to_master, to_slave;
    uint8_t held[PTY_HELD_BYTES]; /* echo that can't go yet: output is stopped, or there is no room */
    uint32_t held_count;
    /* Threads at the master that wait for output of the slave, and for room; the one that reads, the one that writes.
     */
    struct wait_queue readable, writable;
    struct mutex reading, writing;
    struct fasync *owners;  /* who is signalled of what comes to the master, and of room: vfs/fasync.h */
    bool owners_await_room; /* a write came to an end before its bytes did */
};

/* Takes a reference, and drops one; without any the pair is freed. */
void pty_get(struct pty *pty);
void pty_put(struct pty *pty);

/* The master has something to read; there is room for what it writes: wakes who waits for that, and signals. */
void pty_output_tell(struct pty *pty);
void pty_room_tell(struct pty *pty);
/* In packet mode: the master is to hear of `set`, and no more of `clear` (TIOCPKT_*). */
void pty_packet_note(struct pty *pty, uint8_t set, uint8_t clear);
/* Output that was written and is to be thrown away: what is beyond that which the master would get at once. */
void pty_output_drop(struct pty *pty);

#endif
