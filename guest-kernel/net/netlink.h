/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink.h - AF_NETLINK (netlink(7)): programs ask the kernel of interfaces, addresses and routes (rtnetlink(7)) and
 * of sockets (sock_diag(7)).
 *
 * A program's messages are answered while it sends them, into the socket's queue. A list that is asked for (a dump) is
 * written as the program reads it, a part at a time.
 */
#ifndef GK_NET_NETLINK_H
#define GK_NET_NETLINK_H

#include "net/socket.h"

#define NETLINK_ROUTE 0u
#define NETLINK_SOCK_DIAG 4u

#define NLMSG_NOOP 1u
#define NLMSG_ERROR 2u
#define NLMSG_DONE 3u
#define NLMSG_MIN_TYPE 16u
#define NLM_F_REQUEST 1u
#define NLM_F_MULTI 2u
#define NLM_F_ACK 4u
#define NLM_F_DUMP 0x300u

struct netlink_header { /* linux/netlink.h's struct nlmsghdr */
    uint32_t size;      /* with the header */
    uint16_t type, flags;
    uint32_t sequence, port;
};
struct netlink_attribute { /* struct nlattr */
    uint16_t size;         /* with this */
    uint16_t type;
};

#define NETLINK_PART 8192u /* bytes of a part of a dump, and the most that one answer takes */

/* What is written to a program: messages, one behind the other, in a buffer of fixed size. */
struct netlink_writer {
    uint8_t *bytes;
    uint32_t size, room;
    uint32_t message; /* where the one begins that is being written */
    bool is_full;     /* something didn't fit: the message is incomplete */
};

/* Begins a message, with a body of that many bytes, which are zero: them, or NULL. */
void *netlink_begin(struct netlink_writer *writer, uint16_t type, uint16_t flags, uint32_t sequence, uint32_t port,
                    uint32_t body_size);
void netlink_add(struct netlink_writer *writer, uint16_t type, const void *value, uint32_t size);
static inline void netlink_add_u32(struct netlink_writer *writer, uint16_t type, uint32_t value)
{
    netlink_add(writer, type, &value, sizeof(value));
}
static inline void netlink_add_u8(struct netlink_writer *writer, uint16_t type, uint8_t value)
{
    netlink_add(writer, type, &value, sizeof(value));
}
/* The message is complete: false: it didn't fit, and is gone. */
bool netlink_end(struct netlink_writer *writer);

/* A bound socket, as /proc/net/netlink tells of it. */
struct netlink_told {
    uint32_t protocol, port, groups, unread; /* unread: bytes */
    bool dumps;
    uint64_t inode;
};
/* The next one by protocol and port; protocol and port of *told say behind which. False: there is none. */
bool netlink_tell_next(struct netlink_told *told);

/* A request, as it was checked to be. */
struct netlink_request {
    struct netlink_header header;
    const uint8_t *body; /* behind the header */
    uint32_t size;       /* of body */
};
/* The attribute of that type among those behind `skip` bytes of the body: its value and size; NULL: there is none. */
const void *netlink_find(const struct netlink_request *request, uint32_t skip, uint16_t type, uint32_t *size);

/* How far a dump has come. */
struct netlink_dump {
    /* Writes more of it, as much as there is room for, or nothing yet where that takes long; true: that was all. It may
     * let others have turns (wait_loop_ends): two that read one dump at once share its places, and may miss some. */
    bool (*more)(struct netlink_dump *dump, struct netlink_writer *writer);
    uint32_t sequence, port;
    uint32_t bucket, skip; /* places, of `more` */
    uint32_t filter[4];    /* what was asked for, of `more` */
    int32_t error;         /* what its end tells: 0, or -errno */
};

/* Answers a request: 0 or -errno. dump->more is set if a list was asked for (NLM_F_DUMP); else the answer, if there is
 * one, is in `writer`. may_change: the program may change the system (CAP_NET_ADMIN). */
int netlink_route_answer(const struct netlink_request *request, bool may_change, struct netlink_writer *writer,
                         struct netlink_dump *dump);
/* Of local sockets: net/netlink_diag_unix.c; of one alone nothing is told: -EINVAL, -ENOENT. */
int netlink_diag_unix_one(const struct netlink_request *request);
int netlink_diag_unix_answer(const struct netlink_request *request, struct netlink_dump *dump);
int netlink_diag_answer(const struct netlink_request *request, struct netlink_dump *dump);

/* ---- messages by others than their receiver ---- */

struct netlink_notice; /* one that is to be sent once, to one socket */
#define NETLINK_NOTICE_SIZE 32u

/* One with these bytes for the socket, which the caller has a reference to and which may end before it is sent. It
 * counts among what waits there to be read, so it may wait for room. -EINVAL (the socket is of another family),
 * -ENOMEM, or a signal's error. */
int netlink_notice_create(struct socket *socket, const uint8_t bytes[NETLINK_NOTICE_SIZE], struct netlink_notice **out);
/* Sends it, with another last byte, and it is gone. Doesn't wait. */
void netlink_notice_send(struct netlink_notice *notice, uint8_t last);
/* It is gone without being sent. NULL: nothing. */
void netlink_notice_drop(struct netlink_notice *notice);

/* ---- netlink_message.c ---- */

/* The next request of `size` bytes at `bytes`, from *at on; false: there is none that is well formed. */
bool netlink_next(const uint8_t *bytes, uint32_t size, uint32_t *at, struct netlink_request *out);

#endif
