/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp.h - TCP sockets, as tcp(7) has them, without packets: a connection is two sockets that know each other, and what
 * one sends is in the other's stream at once.
 *
 * The state is that which Linux would be in once all packets have arrived, so SYN_RECV, FIN_WAIT1, CLOSING and LAST_ACK
 * don't occur. A socket whose program has closed it stays as an orphan (socket.file NULL, in no listener's queue) until
 * the other side has closed too, or for tcp_fin_timeout; then TIME_WAIT is a small thing of its own
 * (net/tcp_time_wait.c).
 *
 * A peer outside has a socket of the host's instead, `outside`, and `peer` is NULL: net/tcp_outside.c. Then orphans and
 * what is under way are the host's affair.
 */
#ifndef GK_NET_TCP_H
#define GK_NET_TCP_H

#include "abi/inet.h"
#include "core/timer.h"
#include "net/inet.h"
#include "net/inet_port.h"
#include "net/inet_stream.h"

#define TCP_SEND_SIZE 16384u      /* SO_SNDBUF at first: tcp_wmem */
#define TCP_RECEIVE_SIZE 131072u  /* SO_RCVBUF: tcp_rmem */
#define TCP_RECEIVE_MOST 6291456u /* what tcp_rmem says it may become */

enum tcp_phase { TCP_IDLE, TCP_CONNECTING, TCP_CONNECTED }; /* what connect(2) goes by */

enum tcp_urgent { TCP_URGENT_NONE, TCP_URGENT_UNREAD, TCP_URGENT_READ };

struct lvmm_net_info;

struct tcp_settings { /* TCP_*: kept, and told again */
    bool no_delay, cork, quick_ack, thin, thin_acks, fast_open_connect, fast_open_no_cookie, tells_queue;
    int max_segment, keep_idle, keep_interval, keep_count, syn_count, linger2, defer_accept, window_clamp, user_timeout,
        fast_open, not_sent_low, timestamp;
    char congestion[16];
};

struct tcp_socket {
    struct inet_socket inet;
    uint8_t state; /* TCP_ESTABLISHED ... */
    enum tcp_phase phase;
    bool is_orphan;          /* its program has gone */
    bool end_received;       /* the other side sends no more */
    bool is_deferred;        /* accept(2) is to know of it later: TCP_DEFER_ACCEPT */
    bool is_reading;         /* somebody copies out of `in`: nobody else takes anything */
    bool reading_awaited;    /* somebody else would like to */
    bool room_awaited;       /* somebody wants to know that there is room to send again */
    struct tcp_socket *peer; /* NULL: none, or it has gone, or is outside */
    struct outside *outside; /* the host's socket for a peer outside; of who listens: for its published port; or NULL */
    struct stream in;
    enum tcp_urgent urgent;
    uint64_t urgent_at; /* place of the urgent byte in `in` */
    uint8_t urgent_byte;
    struct tcp_socket *listener;   /* that it waits at: to be accepted, or for room to be; else NULL */
    struct list link;              /* in one of that one's three lists */
    struct list accepted, waiting; /* of who listens: sockets for accept(2), oldest first; those that connect */
    struct list deferred;          /* and sockets for accept(2) later */
    unsigned accepted_count, backlog;
    struct timer timer; /* TCP_SYN_SENT: connect(2) gives up. FIN_WAIT2 of an orphan: it goes. Deferred: no longer */
    struct tcp_settings settings;
    uint64_t sent; /* bytes, so far */
    /* To the outside. */
    uint64_t copying;           /* bytes that senders are about to have copied, for which there is room */
    bool is_broken;             /* nothing can be sent any more, but what the host has is still to come */
    bool urgent_told;           /* SIGURG was sent for the urgent byte that is on its way */
    struct lvmm_net_info *info; /* what the host has told of the connection; NULL: it wasn't asked */
    unsigned info_count;        /* how often it has */
};

static inline struct tcp_socket *tcp_of(struct socket *socket)
{
    return (struct tcp_socket *)(void *)socket; /* its first member */
}
static inline struct socket *tcp_socket_of(struct tcp_socket *tcp)
{
    return &tcp->inet.socket;
}

/* A socket of that family, TCP_CLOSE. 0 or -ENOMEM. */
int tcp_create(uint16_t family, struct tcp_socket **out);

/* ---- tcp_state.c ---- */

/* A socket of that family, with these operations, TCP_CLOSE. 0 or -ENOMEM. */
int tcp_alloc(const struct socket_ops *ops, uint16_t family, struct tcp_socket **out);
/* Frees one that nobody knows any more. */
void tcp_free(struct tcp_socket *tcp);
/* It is TCP_CLOSE, without a peer; its port is free, unless bind(2) has chosen it. */
void tcp_set_closed(struct tcp_socket *tcp);
/* So many more connections wait to be accepted, at all listeners; how many do. */
void tcp_pending_add(int more);
unsigned tcp_pending_count(void);
/* Bytes that the socket may send now, and whether that is enough for POLLOUT: a third of all. */
uint64_t tcp_room(const struct tcp_socket *tcp);
bool tcp_is_writable(const struct tcp_socket *tcp);

/* ---- tcp_connect.c: bind(2), connect(2), listen(2), accept(2) ---- */

/* bind(2): -EINVAL if it listens or is connected; as inet_bind. */
int tcp_bind(struct socket *socket, const struct socket_address *address);
/* connect(2); with AF_UNSPEC it ends a connection. It may wait. */
int tcp_connect(struct socket *socket, const struct socket_address *address, bool nonblocking);
/* listen(2), also again, with another backlog. */
int tcp_listen(struct socket *socket, unsigned backlog);
/* accept(2): *out is the oldest connection's socket. It may wait. */
int tcp_accept(struct socket *socket, bool nonblocking, struct socket **out);
/* Waits while the socket is about to be connected; -EAGAIN, a signal's error, the connection's. */
int tcp_wait_connected(struct tcp_socket *tcp, bool nonblocking);

/* ---- tcp_child.c ---- */

/* May one more connection wait to be accepted? */
bool tcp_has_room(const struct tcp_socket *listener);
/* A connection of the listener's has come, from `peer` to `local`: *out is TCP_ESTABLISHED and waits to be accepted, as
 * the listener has still to be told. 0 or -ENOMEM. */
int tcp_child_create(struct tcp_socket *listener, const struct inet_address *local, const struct inet_address *peer,
                     struct tcp_socket **out);
/* TCP_DEFER_ACCEPT: such a one is to be accepted when its first bytes have come, or its end, or after so many seconds.
 * A reset before that takes it away. */
void tcp_child_defer(struct tcp_socket *child);
/* Now, if it is deferred: the listener is told. */
void tcp_child_due(struct tcp_socket *child);
/* It is freed; nobody has heard of it. */
void tcp_child_drop(struct tcp_socket *child);

/* ---- tcp_data.c ---- */

/* Sends all, or waits until it can; part of it if it mayn't wait or something happens. */
int64_t tcp_send(struct socket *socket, struct message *message);
/* ---- tcp_receive.c ---- */

/* Receives what is there, at least SO_RCVLOWAT bytes; it may wait. */
int64_t tcp_receive(struct socket *socket, struct message *message);
/* FIONREAD, and whether the next byte is the urgent one's place: SIOCATMARK. */
uint64_t tcp_readable(const struct tcp_socket *tcp);
bool tcp_is_at_mark(const struct tcp_socket *tcp);

/* ---- tcp_close.c ---- */

/* The socket sends no more: FIN. Its state and the peer's change, and who waits is told. */
void tcp_finish(struct tcp_socket *tcp);
/* RST: the peer has `error` from now on, and both are closed. */
void tcp_reset_peer(struct tcp_socket *tcp);
/* It has that error, and is closed. */
void tcp_fail(struct tcp_socket *tcp, int error);
/* FIN came. */
void tcp_take_end(struct tcp_socket *tcp);
/* RST came: it has an error and is closed. */
void tcp_was_reset(struct tcp_socket *tcp);
/* shutdown(2). */
int tcp_shutdown(struct socket *socket, bool read, bool write);
/* connect(2) to AF_UNSPEC. */
int tcp_disconnect(struct tcp_socket *tcp);
/* The file goes: a connection ends as close(2) has it, and the socket is freed, now or as an orphan later. */
void tcp_release(struct socket *socket);
/* Before that: with SO_LINGER it waits until the peer has all that was sent, where that isn't at once. */
void tcp_closing(struct socket *socket);

/* ---- tcp_outside.c ---- */

/* For struct socket_ops: the host's socket, if there is one, has its options, too. */
void tcp_tuned(struct socket *socket);
/* Asks the host what it knows of the connection, and waits for it: the answer, which stays the socket's; NULL: there is
 * none, as it has no such peer, or a signal came. */
const struct lvmm_net_info *tcp_outside_ask(struct tcp_socket *tcp);

/* ---- tcp_time_wait.c ---- */

struct tcp_time_wait {
    struct inet_use use;
    struct list all;
    uint64_t deadline_ns; /* monotonic */
};
/* What a connection leaves where it was closed first. It takes over the port, and the socket has none. Without memory,
 * or with too many, there is none, as on Linux. */
void tcp_time_wait_begin(struct tcp_socket *tcp);
/* How many there are. */
unsigned tcp_time_wait_count(void);
struct tcp_time_wait *tcp_time_wait_of(struct inet_use *use); /* use->socket is NULL */
void tcp_time_wait_end(void);                                 /* all of them: the machine ends */

/* ---- tcp_orphan.c: sockets whose programs have gone ---- */

/* Its program has gone, and the other side hasn't closed: it stays for a while. */
void tcp_orphan_begin(struct tcp_socket *tcp);
/* It goes, and its peer has none any more. */
void tcp_orphan_end(struct tcp_socket *tcp);
/* How many there are; and all go, as the machine ends. */
unsigned tcp_orphan_count(void);
void tcp_orphans_end(void);

/* ---- tcp_options.c ---- */

/* What a new socket has where not all is zero. */
void tcp_settings_init(struct tcp_settings *settings);
/* Options of TCP, and as inet_set_option and inet_get_option. */
int tcp_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size);
int tcp_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size);
/* ---- tcp_info.c ---- */
void tcp_info(struct tcp_socket *tcp, void *value, uint32_t *size);

#endif
