/* SPDX-License-Identifier: Apache-2.0 */
/* datagram.h - what sockets of UDP, ICMP and raw ones have in common: queues of packets and of errors. */
#ifndef GK_NET_DATAGRAM_H
#define GK_NET_DATAGRAM_H

#include "abi/inet.h"
#include "abi/socket.h"
#include "net/inet.h"

struct control;

struct extended_error { /* linux/errqueue.h's struct sock_extended_err */
    uint32_t error;
    uint8_t origin, type, code, padding;
    uint32_t info, data;
};
enum { ERROR_ORIGIN_LOCAL = 1, ERROR_ORIGIN_ICMP = 2, ERROR_ORIGIN_ICMP6 = 3 };

struct datagram {
    struct datagram *next;
    uint32_t refs;
    uint32_t size;
    struct inet_address from, to;
    uint64_t time_ns; /* of day; 0: it wasn't looked at */
    uint8_t ttl, tos;
    uint8_t order; /* of its pages; DATAGRAM_SMALL: kmalloc's */
    /* Of an error queue's: `from` is where it went, `to` who says so, `bytes` are what couldn't be delivered. */
    struct extended_error error;
    uint8_t bytes[];
};
#define DATAGRAM_SMALL 0xff
#define DATAGRAM_OVERHEAD 768u /* what one costs of SO_RCVBUF beside its bytes */
#define DATAGRAM_MOST 65535u

struct datagram_queue {
    struct datagram *first, *last;
    uint64_t used; /* of SO_RCVBUF */
};

struct datagram_socket {
    struct inet_socket inet;
    bool is_connected;
    struct datagram_queue received, errors;
    uint64_t dropped;         /* as there was no room */
    struct outside *outside;  /* the host's socket, once there is one (net/datagram_outside.h); else NULL */
    struct datagram *partial; /* of it: some pieces of a long one have come; NULL: none, or there was no memory */
    bool is_in_pieces;        /* more of them are to come */
    bool awaits_answer;       /* of the host's, to connect(2); */
    int answer;               /* the last one: 0 or -errno */
};

static inline struct datagram_socket *datagram_of(struct socket *socket)
{
    return (struct datagram_socket *)(void *)socket; /* its first member */
}
/* Of UDP or UDP-Lite, and neither a raw one of that protocol nor one for echoes. */
static inline bool datagram_is_udp(const struct socket *socket)
{
    return socket->type == SOCK_DGRAM && (socket->protocol == IPPROTO_UDP || socket->protocol == IPPROTO_UDPLITE);
}

/* What a message's ancillary data asks for, or the socket's options do. */
struct datagram_control {
    struct inet_address source; /* any: as the socket has it */
    uint8_t ttl, tos;
    uint16_t segment; /* UDP_SEGMENT; 0: none */
};

/* With one reference, bytes not set. NULL: no memory. */
struct datagram *datagram_create(uint32_t size);
static inline void datagram_get(struct datagram *datagram)
{
    datagram->refs++;
}
void datagram_put(struct datagram *datagram);
/* The same, in less memory if its size has become less, or NULL: there is none, and it is gone. */
struct datagram *datagram_trim(struct datagram *datagram);

/* How many bytes the socket's program keeps of one, or DATAGRAM_DROPPED. The socket has a program. */
#define DATAGRAM_DROPPED UINT32_MAX
uint32_t datagram_filter(const struct datagram_socket *to, const struct datagram *datagram);
/* The index of the interface that it came by. */
uint32_t datagram_interface(const struct datagram *datagram);

/* Gives a socket one that has come, with the reference; false: there was no room, and it is gone. Tells who waits. */
bool datagram_deliver(struct datagram_socket *to, struct datagram *datagram);
/* A packet of the socket's came back: SO_ERROR, if it is connected or has asked for errors, and then a copy of the
 * packet in the error queue. error: -ECONNREFUSED ... If the packet's own `error` has no origin nobody was at its port;
 * else that is what was reported, by whom `from` names. */
void datagram_refused(struct datagram_socket *sender, const struct datagram *datagram, int error);

/* ---- net/datagram_room.c: room for packets to and from the outside ---- */

/* Bytes of what is free of SO_RCVBUF; with nothing in it there is always enough for the longest packet. */
uint64_t datagram_room_own(const struct datagram_socket *datagram);
/* Bytes that may be sent to the outside, and whether that is enough for POLLOUT. */
uint64_t datagram_room(const struct datagram_socket *datagram);
bool datagram_room_is_enough(const struct datagram_socket *datagram);
/* To one that has a socket of the host's: its program has taken packets, and there is room for more. */
void datagram_room_made(struct datagram_socket *datagram);

/* ---- for struct socket_ops ---- */

/* The oldest packet, or with MSG_ERRQUEUE error; it may wait. */
int64_t datagram_receive(struct socket *socket, struct message *message);
/* shutdown(2): -ENOTCONN if it isn't connected, though it is done all the same. */
int datagram_shutdown(struct socket *socket, bool read, bool write);
/* Sending within the VM never waits, so there is always room but for the outside. */
uint32_t datagram_poll(struct socket *socket);
/* FIONREAD tells the next packet's size. */
int64_t datagram_ioctl(struct socket *socket, unsigned request, uint64_t arg);
/* The queues are empty. */
void datagram_clear(struct datagram_socket *datagram);

/* Where a message goes, from its address or the socket's peer, for the checks that all have: -EINVAL, -EDESTADDRREQ,
 * -EAFNOSUPPORT, -ENETUNREACH, -EACCES (SO_BROADCAST). takes_port: 0 is no port. */
int datagram_destination(struct datagram_socket *datagram, const struct message *message, bool takes_port,
                         struct inet_address *to);
/* connect(2), without the port that the socket may have to get: checks and sets the peer. */
int datagram_connect(struct datagram_socket *datagram, const struct socket_address *address);
/* Reads what goes with a message: -EINVAL. */
int datagram_control_read(const struct datagram_socket *datagram, const struct inet_address *to,
                          const struct control *control, struct datagram_control *out);
/* Tells the program what it wants to know of one beside its bytes. */
void datagram_control_add(struct datagram_socket *to, const struct datagram *datagram, struct message *message);
void datagram_error_add(struct datagram_socket *to, const struct datagram *datagram, struct message *message);

#endif
