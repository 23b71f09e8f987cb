/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets.h - what the parts of the helper have in common: the guest's sockets, and what is to be told of each.
 *
 * A socket that may have something for the guest is in the helper's ring (net_socket_stir), which has a turn for each
 * as long as the link has room. What there is to tell are flags of the socket and data in the host's socket, never
 * frames that wait.
 */
#ifndef LVMM_NET_SOCKETS_H
#define LVMM_NET_SOCKETS_H

#include "vmm/net/helper_config.h"
#include "vmm/net/link.h"
#include "vmm/net/resolver.h"
#include "vmm/net/watch.h"

#define NET_PEERS 64u    /* that an unconnected socket of datagrams has sent to, the newest ones */
#define NET_FLOWS 1024u  /* senders that a published port remembers, so that they can be answered */
#define NET_FLOW_WAYS 8u /* places that each of them may be at: only of as many with one hash is one forgotten */

enum net_state {
    NET_RESERVED,   /* ACCEPT gave its number */
    NET_OPENED,     /* of datagrams: always this */
    NET_CONNECTING, /* what follows is of streams */
    NET_CONNECTED,
    NET_LISTENING,
    NET_FAILED, /* ERROR is told, or to be told: only CLOSE is of interest */
    NET_CLOSING,
};

/* What is to be told. */
enum net_news {
    NEWS_CONNECTED = 1,
    NEWS_ACCEPTED = 2,
    NEWS_LISTENING = 4,
    NEWS_CREDIT = 8,
    NEWS_URGENT = 16,
    NEWS_INFO = 32,
    NEWS_ERROR = 64,
    NEWS_CLOSED = 128,
    NEWS_BROKEN = 256,
};

/* To whom a datagram goes, and what it has that isn't its socket's. */
struct net_way {
    struct net_endpoint to;
    uint16_t given; /* LVMM_NET_GIVEN_* */
    uint8_t ttl, tos;
};

/* Bytes that the host's socket doesn't take yet. */
struct net_chunk {
    struct net_chunk *next;
    uint32_t size, done, room; /* room: bytes that it has memory for */
    uint32_t urgent;           /* the byte before that one is; 0: none */
    struct net_way way;        /* of a datagram */
    uint8_t bytes[];
};

struct net_socket;

struct net_peers {
    unsigned count, next;
    struct net_endpoint peer[NET_PEERS];
};

/* What a kind of sockets does, while the guest's side hasn't been told its end. */
struct net_kind {
    uint32_t window; /* its first one */
    void (*events)(struct net_socket *socket, uint32_t events);
    bool (*turn)(struct net_socket *socket, size_t room); /* tells one thing; true: there may be more */
    void (*release)(struct net_socket *socket);           /* what it has beside the host's socket is freed */
};
extern const struct net_kind net_kind_stream, net_kind_listener, net_kind_datagram;

struct net_socket {
    struct net_grave grave;
    struct net_helper *helper;
    uint32_t id;
    uint8_t state;           /* enum net_state */
    bool is_stream, in_ring; /* is_stream: one that listens, too */
    const struct net_kind *kind;
    int family, protocol;
    struct net_watch watch;
    struct net_socket *ring_next;

    uint32_t news; /* enum net_news */
    uint16_t error, connect_error;
    bool readable, writable, urgent_ahead, end_told; /* of the host's socket */
    bool has_errors;                                 /* its queue of errors, or SO_ERROR */
    size_t counted;                                  /* bytes that are known to be there to be read, of a stream's */
    bool more_came;                                  /* an event since they were counted */
    bool end_is_near;                                /* behind what can be read there is its end, or an error */
    uint16_t send_error;                             /* what the last send(2) ended with; told behind all data */

    uint64_t guest_credit, sent;            /* what may be sent to the guest in all, and what was */
    uint64_t credit, credit_told, received; /* what it may send, was last told, and has sent */
    uint32_t window;                        /* how much it may be ahead of the host's socket */
    struct net_chunk *out, **out_end;       /* to be sent to the host */
    size_t out_bytes;

    bool ends;    /* SHUTDOWN */
    bool lingers; /* CLOSE with LVMM_NET_LINGER */
    uint32_t linger_ms;
    struct net_timer timer;

    struct net_endpoint local, peer; /* as the guest has them; of datagrams: peer of CONNECT, port 0: none */
    bool is_dns;                     /* connected to the resolver */
    bool only_v6;                    /* IPV6_V6ONLY, of who listens or is bound */

    /* Streams that listen: numbers for connections, oldest first; in NET_RESERVED the next one. */
    struct net_socket *reserved, *reserved_next, *listener;
    struct net_socket *listener_next; /* in the helper's list */
    unsigned reserved_count;
    uint16_t hosts; /* at how many addresses */
    int32_t option[LVMM_NET_OPTION_COUNT];
    uint32_t option_set; /* bit n: option n; kept for what is accepted */

    /* Datagrams. */
    struct net_peers *peers;
};

/* DATA frames of one stream that come one after the other, and are sent by one call: their payloads, where the caller
 * of net_helper_take has them. */
#define NET_GATHER 64u
struct net_gather {
    struct net_socket *socket; /* NULL: none */
    unsigned count;
    bool more; /* the last one has LVMM_NET_MORE */
    struct iovec part[NET_GATHER];
};

struct net_flow {
    struct net_endpoint shown, actual; /* as the guest sees it; port 0: none */
};

/* A published port. */
struct net_port {
    const struct net_publish *publish;
    struct net_helper *helper;
    struct net_watch watch; /* of TCP: open while a socket of the guest's listens */
    bool readable;
    unsigned turn;
    struct net_socket *owner; /* UDP: the socket that is bound there */
    struct net_flow *flows;   /* UDP: NET_FLOWS of them, in sets of NET_FLOW_WAYS, the last used one first */
};

struct net_helper {
    struct net_helper_config config;
    struct net_link link;
    struct net_watches watches;
    struct net_resolver *resolver; /* NULL: none */
    struct net_port port[LVMM_NET_PUBLISHED_MAX];
    unsigned port_count;
    struct net_socket **socket; /* by number; [0] isn't used */
    struct net_socket *ring_first, *ring_last;
    struct net_socket *listeners; /* streams that listen */
    struct net_gather gather;
    size_t pool; /* bytes of windows beyond the first ones, and of chunks of datagrams */
    /* A datagram that is told in pieces: whose it is, or NULL. */
    struct net_socket *pieces;
    uint32_t pieces_at, pieces_size;
    uint8_t buffer[sizeof(struct lvmm_net_datagram) + LVMM_NET_PAYLOAD_MAX];
};

/* ---- sockets.c ---- */

/* It may have something to tell. */
void net_socket_stir(struct net_socket *socket);
/* One with that number, which is unused; -ENOMEM: NULL. */
struct net_socket *net_socket_make(struct net_helper *helper, uint32_t id, const struct net_kind *kind, int family,
                                   int protocol);
/* Frees it at once, without a word: its number is unused. */
void net_socket_free(struct net_socket *socket);
/* ERROR is to be told, at once; the host's socket is closed. */
void net_socket_fail(struct net_socket *socket, int error);
/* The host's socket is there from now on. 0 or -errno; then it is closed. */
int net_socket_take(struct net_socket *socket, int fd);
/* The port's, for the guest; a loopback address of the host's is the gateway's. And back. */
void net_to_guest(const struct net_helper *helper, struct net_endpoint *endpoint);
void net_from_guest(const struct net_helper *helper, struct net_endpoint *endpoint);
/* Does the published port lead to sockets of that family and local address? As Linux has it: a mapped address is one of
 * IPv4, and comes to AF_INET6 unless that is for IPv6 only. */
bool net_port_fits(const struct net_port *port, const struct net_socket *socket);
bool net_is_dns(const struct net_helper *helper, const struct net_endpoint *to);
/* May it be reached? Is written to the log. */
bool net_may_reach(struct net_helper *helper, int protocol, const struct net_endpoint *to);
/* A frame of that socket's, with payload in two pieces. */
void net_tell(struct net_socket *socket, uint8_t type, struct lvmm_net_frame *frame, const void *first,
              size_t first_size, const void *rest, size_t rest_size);

/* The same of a frame whose payload is in the link's first place already. */
void net_tell_placed(struct net_socket *socket, uint8_t type, struct lvmm_net_frame *frame, size_t size);

/* Endpoints of frames. False: not in the form that it must have. */
bool net_name_take(const struct lvmm_net_name *name, struct net_endpoint *out);
struct lvmm_net_name net_name_of(const struct net_endpoint *endpoint);

/* ---- chunks.c ---- */

/* Keeps bytes for later; small ones of a stream share a chunk. Of its urgent bytes the last one counts, as with TCP.
 * false: there is no memory. */
bool net_chunk_add(struct net_socket *socket, const void *bytes, size_t size, bool urgent, const struct net_way *way);
void net_chunk_drop(struct net_socket *socket);   /* the first one */
void net_chunks_clear(struct net_socket *socket); /* all */
/* What the host's socket has taken is room for the guest again. */
void net_credit_give(struct net_socket *socket, size_t bytes);

/* ---- stream.c, datagram.c, listen.c, socket_options.c: what frames ask for, that are checked ---- */

/* OPEN: the host's socket is made, or taken from where it was accepted. 0 or -errno. */
int net_stream_open(struct net_socket *stream);
int net_stream_take(struct net_socket *socket, int fd); /* as net_socket_take */
/* The frames of these names; a failure is told by ERROR. `size` bytes are within the credit. */
void net_stream_connect(struct net_socket *socket, const struct net_endpoint *to);
void net_stream_data(struct net_socket *socket, struct iovec *part, unsigned count, bool more); /* part: is changed */
void net_stream_urgent(struct net_socket *socket, const uint8_t *bytes, size_t size); /* the last of them is */
void net_stream_shutdown(struct net_socket *socket);
void net_stream_close(struct net_socket *socket, bool reset, bool linger, uint32_t linger_ms);

/* OPEN: 0 or -errno. */
int net_datagram_open(struct net_socket *datagram);
/* The frames of these names. A `to` that is zero: whom it is connected to, or nobody any more. */
void net_datagram_bind(struct net_socket *socket, const struct net_endpoint *local);
void net_datagram_connect(struct net_socket *socket, const struct net_endpoint *to);
void net_datagram_send(struct net_socket *socket, const struct net_way *way, const uint8_t *bytes, size_t size);

/* LISTEN; and ACCEPT, with a number that is unused, and its credit. */
void net_listen(struct net_socket *socket, uint32_t backlog);
void net_accept(struct net_socket *listener, uint32_t id, uint64_t credit);
/* A published port's socket (struct net_port) has something. */
void net_port_ready(void *owner, uint32_t events);
void net_port_accept(struct net_port *port); /* connections, as many as there are numbers for */

/* Of the host's socket, at once; kept, for what is accepted. */
void net_option_set(struct net_socket *socket, const struct lvmm_net_option *option);
void net_options_copy(struct net_socket *to, const struct net_socket *from);
void net_info(const struct net_socket *socket, struct lvmm_net_info *out);

#endif
