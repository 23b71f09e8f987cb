/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outside.h - sockets of the host's that stand for ours whose peers are outside the VM: their numbers, their frames and
 * their room (boot/abi_net.h).
 *
 * A protocol that needs one opens it, gives it frames, and is told of those that come. What comes is told by the
 * device's interrupt, or to who looks: in either case nobody is in the middle of anything, and who is told mustn't
 * wait.
 */
#ifndef GK_NET_OUTSIDE_H
#define GK_NET_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/abi_net.h"
#include "core/wait_queue.h"
#include "lib/list.h"

/* ---- what carries frames: a driver ---- */

struct outside_frame {
    struct outside_frame *next;
    const void *payload; /* head.size bytes, in memory that virt_to_phys knows; NULL: none */
    /* The device has read it, or will never: its memory is the caller's again. NULL: kfree. */
    void (*sent)(struct outside_frame *frame);
    struct lvmm_net_frame head;
};

struct outside_link {
    int (*start)(void);                        /* before the first frame: buffers, interrupts. 0 or -errno */
    void (*send)(struct outside_frame *frame); /* takes it; the device sees it with the next kick */
    void (*kick)(void);
    void (*stop)(void); /* the device forgets all; what `start` made is given back */
};

/* A driver has a network, as `config` says, which stays. */
void outside_begin(const struct outside_link *link, const struct lvmm_net_config *config);
/* A frame has come, of head->size bytes of payload; its head may be changed. False: it isn't one. */
bool outside_came(struct lvmm_net_frame *head, const uint8_t *payload);
/* The device is at its end: all sockets have an error. */
void outside_fail(void);

/* ---- for protocols ---- */

/* NULL: there is no network but lo. Its integers are little-endian, as the CPU is. */
extern const struct lvmm_net_config *outside_config;
/* The device is at its end: no frame comes or goes any more. */
bool outside_has_failed(void);
/* Does a port of the host lead to this one? */
bool outside_is_published(uint8_t protocol, uint16_t port);

struct outside;
struct outside_ops {
    /* A frame has come for the socket; its credit has been looked at. It may close the socket. */
    void (*came)(struct outside *outside, const struct lvmm_net_frame *head, const uint8_t *payload);
    /* To who listens: ACCEPTED, of `outside`, the caller's now. NULL: it doesn't listen. */
    void (*accepted)(struct outside *listener, struct outside *outside, const struct lvmm_net_names *names);
};

struct outside {
    uint32_t number;
    const struct outside_ops *ops; /* NULL: its owner has closed it, or it is kept for an ACCEPTED */
    void *owner;
    uint64_t may_send, sent;  /* bytes in all that the other side has room for, and that it was sent */
    uint64_t room, told;      /* what it may send in all, and what it knows of that */
    uint64_t received;        /* bytes that it has sent */
    struct outside *listener; /* that it is kept for; NULL: none */
    struct list kept;         /* of a listener: those; else: in that one's list */
    unsigned kept_count;
    /* So that what has to be told needs no memory. */
    struct outside_frame close, shutdown, credit;
    bool credit_is_sent, close_is_sent, is_closed; /* credit: and not given back yet */
    bool has_grown;                                /* outside_grow */
    struct outside_end *end;                       /* who waits for CLOSED; NULL: nobody */
};

/* Who waits until the host has closed a socket. */
struct outside_end {
    bool has_come;
    struct wait_queue queue;
};

/* OPEN: `value` as that frame has it, `room` for what comes first. The link is started, if it wasn't. 0; -ENOMEM;
 * -ENOBUFS: all numbers are in use; -ENETDOWN. */
int outside_open(uint32_t value, uint64_t credit, uint64_t room, struct outside **out);
/* A number more for connections of the listener's, which has `room`. 0 or as outside_open. */
int outside_keep(struct outside *listener, uint64_t credit, uint64_t room);
/* A frame with room for `size` bytes of payload in it. NULL: no memory. */
struct outside_frame *outside_frame_make(uint8_t type, uint32_t size);
static inline void *outside_frame_bytes(struct outside_frame *frame)
{
    return frame + 1;
}
/* For a frame of outside_frame_make that a program can have sent as often as it likes: outside_pace waits for those. */
void outside_frame_count(struct outside_frame *frame);
/* Before such a frame: waits, for a bounded time, while too many of them are on their way. */
void outside_pace(void);
/* Sends it, as a frame of that socket's; the device sees it with the next outside_kick. */
void outside_send(struct outside *outside, struct outside_frame *frame);
/* SHUTDOWN, once. */
void outside_shutdown(struct outside *outside);
/* May it have OUTSIDE_ROOM_GROWN bytes of room? Not so many do that all of these rooms would take more than a sixteenth
 * of the memory. Who has been told yes stays so until outside_close. */
#define OUTSIDE_ROOM_GROWN (512u << 10)
bool outside_grow(struct outside *outside);
/* There is room for so many bytes in all, which is told if it is worth a frame. */
void outside_make_room(struct outside *outside, uint64_t room, uint64_t worth);
/* CLOSE with these flags and value, and a kick: it isn't the caller's any more. */
void outside_close(struct outside *outside, uint8_t flags, uint32_t value);
/* CLOSE with LVMM_NET_LINGER: waits until the peer has acknowledged all, for at most so many milliseconds, or until a
 * signal comes. It isn't the caller's any more at once. */
void outside_close_lingering(struct outside *outside, uint32_t milliseconds);
void outside_kick(void);

/* The machine ends: waits, for a bounded time, until what was closed has got to the host. */
void outside_end(void);

#endif
