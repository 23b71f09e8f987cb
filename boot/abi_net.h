/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi_net.h - the network's contract between the guest kernel and lvmm's network helper. Included by both, so it knows
 * neither. There are no packets: a socket whose peer is outside is a socket of the host's, in the helper, and frames
 * say what is done with it. Nothing of the guest's own loopback is ever told.
 *
 * ## Who decides what
 *
 * It is as behind a NAT. Local ports are the guest kernel's alone: it finds them, says EADDRINUSE, and tells
 * getsockname(2); which port the host's socket has is nobody's concern. The guest has the addresses of struct
 * lvmm_net_config. What it may reach is the helper's to decide; a connection that it doesn't let pass has EACCES, as
 * one by a `prohibit` route of Linux's. Ports of the host lead in only where -p says so: the helper binds them before
 * the guest starts, and they listen while a socket of the guest's does (before that, clients are refused). The host's
 * own loopback is `gateway` to the guest, in both directions. No multicast, no broadcast.
 *
 * ## The device
 *
 * One virtio device of vsock's number (LVMM_NET_DEVICE), whose rings are the helper's. Its configuration space has
 * LVMM_NET_MAGIC where vsock has the guest's context identifier (le64); another value is not this protocol. Queue 0
 * leads to the guest, queue 1 to the host, queue 2 isn't used. A chain of buffers is one frame: struct lvmm_net_frame
 * and `size` bytes of payload. On queue 1 these are the chain's readable bytes; on queue 0 its writable ones, at least
 * LVMM_NET_BUFFER_MIN of them. All integers are little-endian. Reserved fields and unknown flags are zero.
 *
 * ## Sockets
 *
 * A socket has a number that the guest chooses, from 1 to `sockets` of struct lvmm_net_config. It is in use from OPEN
 * (or ACCEPT) until the helper has sent CLOSED. Frames of one direction are taken in order. The guest doesn't have to
 * wait for an answer before it sends the next frame of a socket, unless it is said below. After ERROR of a stream
 * nothing else is sent for it but its CLOSED; what the guest sends for it until then, other than CLOSE, is dropped.
 *
 * ## Room
 *
 * Nobody sends more than the other side has room for. `credit`, in every frame with a socket, is how many bytes the
 * frame's sender can have received of that socket's DATA or DATAGRAM payloads in all, since its beginning; it never
 * gets less (a smaller number is an old one). So one side may send as long as the sum of its payloads stays within
 * the last credit that it saw. It begins as LVMM_NET_STREAM_CREDIT or LVMM_NET_DATAGRAM_CREDIT to the host, and as what
 * OPEN or ACCEPT says to the guest. Credit is to be told (with CREDIT, if there is no other frame) once half of the
 * room is free again. A guest that doesn't read is held by this alone, as TCP's window would; datagrams then wait in
 * the host's socket, and are lost there. A guest with an empty queue of datagrams always has room for one of
 * LVMM_NET_PAYLOAD_MAX.
 *
 * Everything else that the helper says is a state of the socket, told once, or (CREDIT, URGENT, INFO, ERROR of
 * datagrams) the newest of its kind: so it keeps no queue of frames, however long the guest gives it no buffers. The
 * guest has at most LVMM_NET_ACCEPTS connections pending per listener. What breaks a rule is dropped, and ends the
 * socket with EPROTO if it has one that is known.
 *
 * ## The end
 *
 * What CLOSE leaves to be sent is still sent, by the helper and then by the host's kernel. A guest that ends waits for
 * its CLOSED frames, for a bounded time. A reset of the device closes all sockets as CLOSE with LVMM_NET_RESET does,
 * and their numbers are free.
 */
#ifndef LVMM_BOOT_ABI_NET_H
#define LVMM_BOOT_ABI_NET_H

#include <stdint.h>

#define LVMM_NET_DEVICE 19 /* as vsock's */
/* "lvmmn", and version 1. */
#define LVMM_NET_MAGIC 0x0001006e6d6d766cull
enum { LVMM_NET_TO_GUEST = 0, LVMM_NET_TO_HOST = 1 }; /* queues */

#define LVMM_NET_SOCKETS_MAX 16384u
#define LVMM_NET_BUFFER_MIN 4096u
#define LVMM_NET_PAYLOAD_MAX 65600u /* the largest datagram, with what stands before it */
#define LVMM_NET_STREAM_CREDIT 8192u
#define LVMM_NET_DATAGRAM_CREDIT (2 * LVMM_NET_PAYLOAD_MAX)
#define LVMM_NET_ACCEPTS 128u
#define LVMM_NET_PUBLISHED_MAX 64u

/* IPv4 addresses are mapped ones, ::ffff:a.b.c.d. All zero: none. */
struct lvmm_net_name {
    uint8_t address[16];
    uint16_t port; /* not in the network's order */
    uint16_t reserved;
    uint32_t scope; /* 0 */
};

/* The property "lvmm,net" of /chosen: there is a network. Little-endian as everything here. An address that is all zero
 * isn't there: without address6 the guest has no IPv6 beyond its loopback. */
#define LVMM_PROP_NET "lvmm,net"
struct lvmm_net_published {
    uint16_t port;    /* the guest's */
    uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
    uint8_t reserved;
};
struct lvmm_net_config {
    uint32_t sockets;                   /* numbers of sockets go up to that */
    uint32_t flags;                     /* LVMM_NET_OUT, LVMM_NET_LOOK */
    uint8_t address4[16], address6[16]; /* the guest's: eth0 */
    uint8_t gateway4[16], gateway6[16]; /* the host's loopback */
    uint8_t dns4[16];                   /* for /etc/resolv.conf: port 53, UDP and TCP */
    uint8_t prefix4, prefix6;           /* bits of the network's part of address4 (counted as of IPv4) and address6 */
    uint16_t published_count;
    uint32_t mtu;
    struct lvmm_net_published published[LVMM_NET_PUBLISHED_MAX];
};
#define LVMM_NET_OUT 1u /* something outside can be reached: there is a default route. Else: ENETUNREACH */
/* The host has a CPU for the helper beside the guest's: who waits for it may look for a while before it sleeps. */
#define LVMM_NET_LOOK 2u

struct lvmm_net_frame {
    uint8_t type;    /* enum lvmm_net_type */
    uint8_t flags;   /* LVMM_NET_* of the type */
    uint16_t error;  /* Linux's number (asm-generic); 0: none */
    uint32_t socket; /* its number */
    uint32_t size;   /* bytes of payload that follow */
    uint32_t value;
    uint64_t credit;
};

/*
 * G: the guest sends it; H: the helper does. "Answer": what the other side sends, sooner or later; ERROR instead if it
 * fails, where that isn't said otherwise.
 */
enum lvmm_net_type {
    /* G, first of all. value: family (AF_INET 2, AF_INET6 10) | type (SOCK_STREAM 1, SOCK_DGRAM 2) << 8 | protocol
     * (IPPROTO_TCP, UDP, ICMP, ICMPV6) << 16. A socket of AF_INET6 takes mapped addresses, too. A guest makes it no
     * earlier than connect(2) to the outside, listen(2) at a published port, or the first datagram to the outside or
     * bind(2) to a published port. No answer. Errors: EMFILE, ENFILE, ENOMEM, EAFNOSUPPORT, EACCES (ICMP where the
     * host doesn't let users have it), EPROTONOSUPPORT. */
    LVMM_NET_OPEN = 1,
    /* G, any time after OPEN. Payload: struct lvmm_net_option, one or more. No answer; what the host refuses stays as
     * it was, the guest has checked the values. At a listener: for its later connections. */
    LVMM_NET_SET = 2,
    /* G, datagrams. Payload: struct lvmm_net_name, the socket's own. What comes to this port, if it is published, comes
     * to this socket from now on; if it is several sockets', each sender's to one of them. A published port of IPv4
     * leads to sockets of AF_INET, and to those of AF_INET6 that take mapped addresses: not with flag LVMM_NET_ONLY6
     * (IPV6_V6ONLY), nor at an address of IPv6; one of IPv6 leads to AF_INET6 alone. No answer. */
    LVMM_NET_BIND = 3,
    /* G. Payload: struct lvmm_net_names. Answer: CONNECTED. Of a stream it comes once, and no DATA before the answer.
     * Errors: EACCES (not allowed), and connect(2)'s: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH,
     * EADDRNOTAVAIL ... Of datagrams as often as one likes: filters senders from now on; a peer that is zero ends that;
     * CONNECTED's `error` tells whether it failed and so left everything as it was. */
    LVMM_NET_CONNECT = 4,
    /* G, once, instead of CONNECT. Payload: struct lvmm_net_name, its own; value: the backlog. Answer: LISTENING. Again
     * to change the backlog. Several sockets may listen at one port: they take turns. Families are as with BIND; of
     * those that fit, AF_INET goes before AF_INET6. */
    LVMM_NET_LISTEN = 5,
    /* G, of a socket that listens. value: an unused number, for one more connection; `credit`: its, as OPEN's. Answer:
     * ACCEPTED when there is a connection. At most LVMM_NET_ACCEPTS are unanswered. With CLOSED of the listener, those
     * numbers are unused again which ACCEPTED hasn't had until then. */
    LVMM_NET_ACCEPT = 6,
    /* G, H, connected streams. Payload: bytes, not none. Flag LVMM_NET_URGENT_BYTE: the last one is urgent (MSG_OOB).
     * G, flag LVMM_NET_MORE: more follow, so that a segment that isn't full may wait for them (MSG_MORE).
     * None after SHUTDOWN, END or CLOSE of the same side. The helper may take a frame apart, and join two. */
    LVMM_NET_DATA = 7,
    /* G, H. Payload: struct lvmm_net_datagram, then the bytes, perhaps none. Of ICMP they begin with its header, whose
     * identifier and checksum the host fills in; what comes back has the host's identifier, which the guest replaces.
     * G: always in one frame. A name that is zero: to whom it is connected. H: if the buffers are too small for all,
     * the frame has LVMM_NET_MORE, and the next DATAGRAM of this socket brings further bytes, without a struct. */
    LVMM_NET_DATAGRAM = 8,
    LVMM_NET_CREDIT = 9, /* G, H: only for its `credit` */
    /* G, connected: value is SHUT_WR (1): the peer sees the end behind what was sent. Reading's end is a matter of the
     * guest's own. No answer. */
    LVMM_NET_SHUTDOWN = 10,
    /* G, always. Answer: CLOSED, never ERROR, once all is with the host's kernel; with flag LVMM_NET_LINGER, once the
     * peer has acknowledged it as well, or `value` milliseconds have gone. Flag LVMM_NET_RESET: at once, what isn't
     * sent is lost, and the peer is told by RST: SO_LINGER of 0 seconds, or unread data in the guest. */
    LVMM_NET_CLOSE = 11,
    /* G, H, streams. The guest's has no payload; the answer has struct lvmm_net_info. */
    LVMM_NET_INFO = 12,

    LVMM_NET_CONNECTED = 32, /* H: answers CONNECT. error: of datagrams only */
    /* H, answers LISTEN. value: at how many of the host's addresses it listens; 0: the port isn't published, and
     * nothing will ever come. error: EADDRINUSE, if another program took the port meanwhile. */
    LVMM_NET_LISTENING = 33,
    /* H: `socket` is one that ACCEPT gave, value the one that listens. Payload: struct lvmm_net_names. From now on it
     * is as one that has had CONNECTED. */
    LVMM_NET_ACCEPTED = 34,
    /* H, streams: an urgent byte is on its way, perhaps behind more than there is credit for (SIGURG). It comes by DATA
     * with LVMM_NET_URGENT_BYTE. */
    LVMM_NET_URGENT = 35,
    LVMM_NET_END = 36, /* H, streams: the peer sends no more (FIN), behind all of its DATA */
    /* H. Of a stream: it is over, behind all DATA that came before: ECONNRESET, ETIMEDOUT, EPIPE, or it never was a
     * connection. Of datagrams: one error more, and the socket goes on; payload: struct lvmm_net_trouble if the
     * network reported it, and then what is known of the bytes that were sent, else none (EACCES: not allowed;
     * EMSGSIZE, ENOBUFS ...: that datagram isn't sent). A guest drops what Linux drops, such as errors of unconnected
     * sockets without IP_RECVERR. */
    LVMM_NET_ERROR = 37,
    LVMM_NET_CLOSED = 38, /* H: answers CLOSE, the number is unused */
    /* H, streams: with `error`, nothing that the guest sends gets anywhere any more. What has come is still told, and
     * behind it ERROR: a guest that has given no room for that hears of it by this. */
    LVMM_NET_BROKEN = 39,
};

#define LVMM_NET_URGENT_BYTE 1u
#define LVMM_NET_MORE 2u
#define LVMM_NET_RESET 4u
#define LVMM_NET_LINGER 8u
#define LVMM_NET_ONLY6 16u

struct lvmm_net_names {
    struct lvmm_net_name local, peer;
};

struct lvmm_net_datagram {
    struct lvmm_net_name peer; /* G: to whom; H: from whom */
    uint8_t ttl, tos; /* H: as IP_RECVTTL, IP_RECVTOS and IPv6's tell them. G: as IP_TTL, IP_TOS ask for them */
    uint16_t given;   /* G: LVMM_NET_GIVEN_*: the others are as the socket has them. H: 0 */
    uint32_t reserved2;
};
#define LVMM_NET_GIVEN_TTL 1u
#define LVMM_NET_GIVEN_TOS 2u

/* As struct sock_extended_err of ip(7), and whose datagram it was about. */
struct lvmm_net_trouble {
    struct lvmm_net_name peer, offender; /* offender is zero if nobody knows */
    uint32_t info;
    uint8_t origin, type, code, reserved;
};

/* Values are those of the option of setsockopt(2) that is named beside. */
enum lvmm_net_option_name {
    LVMM_NET_KEEPALIVE = 1,    /* SO_KEEPALIVE */
    LVMM_NET_KEEPIDLE = 2,     /* TCP_KEEPIDLE */
    LVMM_NET_KEEPINTVL = 3,    /* TCP_KEEPINTVL */
    LVMM_NET_KEEPCNT = 4,      /* TCP_KEEPCNT */
    LVMM_NET_NODELAY = 5,      /* TCP_NODELAY */
    LVMM_NET_CORK = 6,         /* TCP_CORK */
    LVMM_NET_SYNCNT = 7,       /* TCP_SYNCNT */
    LVMM_NET_USER_TIMEOUT = 8, /* TCP_USER_TIMEOUT */
    LVMM_NET_MAXSEG = 9,       /* TCP_MAXSEG */
    LVMM_NET_QUICKACK = 10,    /* TCP_QUICKACK */
    /* SO_SNDBUF, SO_RCVBUF. What the guest's program sees is the guest's own; this is for the host's socket, before
     * CONNECT. The helper bounds them. */
    LVMM_NET_SNDBUF = 11,
    LVMM_NET_RCVBUF = 12,
    LVMM_NET_TTL = 13,      /* IP_TTL */
    LVMM_NET_HOPS = 14,     /* IPV6_UNICAST_HOPS */
    LVMM_NET_TOS = 15,      /* IP_TOS */
    LVMM_NET_TCLASS = 16,   /* IPV6_TCLASS */
    LVMM_NET_MTU = 17,      /* IP_MTU_DISCOVER */
    LVMM_NET_MTU6 = 18,     /* IPV6_MTU_DISCOVER */
    LVMM_NET_LINGER2 = 19,  /* TCP_LINGER2 */
    LVMM_NET_DONTFRAG = 20, /* IPV6_DONTFRAG */
    LVMM_NET_OPTION_COUNT
};

struct lvmm_net_option {
    uint32_t name; /* enum lvmm_net_option_name */
    int32_t value;
};

/* What of struct tcp_info (tcp(7)) can't be known in the guest. */
struct lvmm_net_info {
    uint8_t state; /* TCP_ESTABLISHED ... */
    uint8_t ca_state, retransmits, probes, backoff, options, wscale, reserved;
    uint32_t rto_us, ato_us, snd_mss, rcv_mss, unacked, lost, retrans, pmtu, rcv_ssthresh, rtt_us, rttvar_us,
        snd_ssthresh, snd_cwnd, advmss, reordering, total_retrans;
    uint32_t
        unsent; /* bytes that the helper and the host's kernel still have, unacknowledged ones included: SIOCOUTQ */
    uint32_t reserved2;
};

_Static_assert(sizeof(struct lvmm_net_name) == 24, "");
_Static_assert(sizeof(struct lvmm_net_published) == 4, "");
_Static_assert(sizeof(struct lvmm_net_config) == 96 + 4 * LVMM_NET_PUBLISHED_MAX, "");
_Static_assert(sizeof(struct lvmm_net_frame) == 24, "");
_Static_assert(sizeof(struct lvmm_net_names) == 48, "");
_Static_assert(sizeof(struct lvmm_net_datagram) == 32, "");
_Static_assert(sizeof(struct lvmm_net_trouble) == 56, "");
_Static_assert(sizeof(struct lvmm_net_option) == 8, "");
_Static_assert(sizeof(struct lvmm_net_info) == 80, "");
_Static_assert(65535 + sizeof(struct lvmm_net_datagram) <= LVMM_NET_PAYLOAD_MAX, "the largest datagram");

#endif
