/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unix.h - local sockets (unix(7)), for net/unix_*.c alone.
 *
 * What was sent lies in the queue of who receives it and is charged to who has sent it, as Linux counts it, so that a
 * sender waits as soon as there. A socket is there as long as somebody has a reference to it: its file, its peer, what
 * it has sent and nobody has received. After its file's end it is only that, and `dead`.
 */
#ifndef GK_NET_UNIX_H
#define GK_NET_UNIX_H

#include "abi/socket.h"
#include "lib/list.h"
#include "net/control.h"
#include "net/garbage.h"
#include "net/socket.h"

#define UNIX_PATH_MAX 108u
#define UNIX_NAME_MAX (2 + UNIX_PATH_MAX) /* Linux's struct sockaddr_un */

struct unix_name { /* an address; it doesn't change */
    uint32_t refs, size;
    uint8_t bytes[UNIX_NAME_MAX + 1]; /* with the family, and a NUL */
};

struct unix_packet { /* sent at once; a stream's may have more added */
    struct unix_packet *next;
    struct unix_packet *rest;    /* more of its bytes: of a message that is longer than a page */
    struct unix_socket *sender;  /* with a reference; NULL: nobody is charged (the rest of one) */
    struct control_files *files; /* SCM_RIGHTS */
    struct socket_identity identity;
    struct pid *pid; /* of that one, held; NULL: none was asked for */
    uint32_t charge;
    uint32_t start, end, room; /* of bytes[]: what is there and hasn't been read; how long it is */
    uint64_t time_ns;          /* CLOCK_REALTIME when it came, if that is asked for */
    bool in_page;              /* it is a page, else of kmalloc */
    uint8_t bytes[];
};

enum unix_state { UNIX_CLOSED, UNIX_LISTENS, UNIX_CONNECTED };

struct unix_socket {
    struct socket socket; /* first */
    uint32_t refs;
    enum unix_state state;
    bool dead;
    struct unix_socket *peer; /* with a reference; NULL: none */
    struct list senders;      /* datagram sockets that have it as their peer: of_peer */
    struct list of_peer;
    bool room_awaited; /* one of those found the queue full, and is told when it isn't */
    struct socket_identity peer_identity;
    struct pid *peer_pid;            /* of that one, held; NULL: none */
    struct cred_groups *peer_groups; /* with a reference; NULL: none */
    struct unix_name *name;          /* NULL: none */
    struct path path;                /* of the file that it is bound to; all zero: none */
    struct unix_socket *next_named;  /* of those in the same place of the tables in net/unix_name.c */
    struct list all;                 /* all sockets */

    struct unix_packet *first, *last; /* that were received */
    uint32_t count;
    uint32_t charge;               /* of what it has sent and nobody has received */
    struct unix_packet *urgent;    /* MSG_OOB: that one, in the queue */
    struct unix_packet *spare;     /* a page for the next one that comes; NULL: none */
    uint32_t backlog;              /* so many, and one more, may wait in the queue, or to be accepted */
    struct wait_queue room;        /* who waits for room there, of datagrams and connections */
    bool reading;                  /* somebody reads from the queue, and waits meanwhile */
    struct wait_queue reading_end; /* who waits for that */

    struct unix_socket *callers, *last_caller, *next_caller; /* of one that listens: that wait to be accepted */
    uint32_t callers_count;

    uint32_t in_flight; /* references that are on their way (SCM_RIGHTS): net/unix_rights.c */
    uint32_t outside;   /* of those, that aren't in garbage; while it is looked for */
    bool is_candidate;
    struct list flying; /* all with such */
};

static inline struct unix_socket *unix_of(struct socket *socket)
{
    return (struct unix_socket *)socket;
}

/* ---- net/unix.c, net/unix_ref.c ---- */

extern struct list unix_all; /* unix_socket.all */
extern size_t unix_all_count;

/* One without a file. -ENOMEM. */
int unix_create(const struct socket_ops *ops, unsigned type, struct unix_socket **out);
static inline void unix_get(struct unix_socket *unix_socket)
{
    unix_socket->refs++;
}
void unix_put(struct unix_socket *unix_socket);
/* Its end, by its file's, or with `unaccepted` as nobody has accepted it. Drops the reference that it was made with. */
void unix_end(struct unix_socket *unix_socket, bool unaccepted);
/* It has this peer from now on, or none (NULL). Takes a reference. */
void unix_set_peer(struct unix_socket *unix_socket, struct unix_socket *peer);
/* What the peer of one that is connected, or who connects, is told of this process: SO_PEERCRED, SO_PEERGROUPS. */
void unix_introduce(struct unix_socket *to);
void unix_introduce_as(struct unix_socket *to, const struct unix_socket *other);

/* Bytes that could be received: all of a connection's, of datagrams the next one's. */
uint32_t unix_unread(const struct unix_socket *unix_socket);

static inline bool unix_is_connected_kind(const struct unix_socket *unix_socket)
{
    return unix_socket->socket.type != SOCK_DGRAM;
}

/* ---- net/unix_name.c ---- */

/* The size of an address that a program gave: 0, or -EINVAL. */
int unix_address_check(const struct socket_address *address);
int unix_bind(struct socket *socket, const struct socket_address *address);
int unix_autobind(struct unix_socket *unix_socket);
/* Who has that address, with a reference. -ECONNREFUSED, -EPROTOTYPE, or what path_resolution(7) has. */
int unix_find(const struct socket_address *address, unsigned type, struct unix_socket **out);
int unix_name_tell(struct socket *socket, bool peer, struct socket_address *out);
/* Where a message came from. */
void unix_name_copy(const struct unix_socket *from, struct socket_address *out);
void unix_name_put(struct unix_name *name);
void unix_name_forget(struct unix_socket *unix_socket); /* it can't be found any more */

/* ---- net/unix_connect.c ---- */

/* socket_ops.connect of those that are connected, and of datagrams. -ECONNREFUSED, -EAGAIN (nonblocking, and no more
 * may wait to be accepted), -EISCONN, -EPERM (of datagrams: it has another peer), and as unix_find. */
int unix_stream_connect(struct socket *socket, const struct socket_address *address, bool nonblocking);
/* The same of datagrams; AF_UNSPEC: it has no peer from then on. */
int unix_datagram_connect(struct socket *socket, const struct socket_address *address, bool nonblocking);
/* socket_ops.listen: -EINVAL without an address, or connected. */
int unix_listen(struct socket *socket, unsigned backlog);
/* socket_ops.accept: *out is connected since its other end has called. */
int unix_accept(struct socket *socket, bool nonblocking, struct socket **out);
/* socket_ops.pair: it doesn't fail. */
int unix_pair(struct socket *first, struct socket *second);

/* ---- net/unix_queue.c ---- */

/* A packet for `size` bytes, or, of a stream (page), for as many as a page has room for. NULL: no memory. */
struct unix_packet *unix_packet_create(uint32_t size);
struct unix_packet *unix_packet_page(struct unix_socket *receiver);
/* Its sender isn't charged any more, and the files that it has are put. */
void unix_packet_free(struct unix_packet *packet, struct unix_socket *receiver);
/* Charges the sender, and puts it into the receiver's queue. */
void unix_packet_send(struct unix_packet *packet, struct unix_socket *sender, struct unix_socket *receiver);
/* Takes the queue's first, or the one behind `before`, out; the caller frees it. */
void unix_packet_take(struct unix_socket *receiver, struct unix_packet *before);
/* Takes all out and frees them. It may wait. */
void unix_queue_purge(struct unix_socket *receiver);
/* What a packet with so many bytes counts, as Linux's truesize. */
uint32_t unix_charge_of(uint32_t size);
/* Sent bytes that nobody has received are so many that there can be more: who sends waits for that, and POLLOUT for a
 * quarter. */
static inline bool unix_may_send_more(const struct unix_socket *unix_socket)
{
    return unix_socket->charge < unix_socket->socket.send_size;
}
static inline bool unix_is_writable(const struct unix_socket *unix_socket)
{
    return (uint64_t)unix_socket->charge * 4 <= unix_socket->socket.send_size;
}
static inline bool unix_queue_is_full(const struct unix_socket *receiver)
{
    return receiver->count > receiver->backlog;
}
/* Waits until it may send more. 0; -EPIPE; its own error; -EAGAIN, -ERESTARTSYS, -EINTR. */
int unix_wait_to_send(struct unix_socket *unix_socket, uint64_t deadline_ns);
/* One reads at a time, as a copy to the program may wait: who looks at the queue's packets waits first until nobody
 * does, and between the other two they stay. */
void unix_read_wait(struct unix_socket *receiver);
void unix_read_begin(struct unix_socket *receiver);
void unix_read_end(struct unix_socket *receiver);

/* Bytes were received: SO_PEEK_OFF is as much nearer. */
static inline void unix_peek_back(struct unix_socket *receiver, uint64_t size)
{
    int32_t *offset = &receiver->socket.peek_offset;

    if (*offset > 0)
        *offset = (uint64_t)*offset > size ? *offset - (int32_t)size : 0;
}

/* Bytes were looked at: SO_PEEK_OFF, which another thread may have set meanwhile, is as much farther. */
static inline void unix_peek_on(struct unix_socket *receiver, uint32_t size)
{
    int32_t *offset = &receiver->socket.peek_offset;

    if (*offset >= 0)
        *offset = size < (uint32_t)(INT32_MAX - *offset) ? *offset + (int32_t)size : INT32_MAX;
}

/* ---- net/unix_message.c: what comes beside the bytes ---- */

struct unix_beside {
    struct socket_identity identity;
    struct pid *pid;             /* held; NULL: none */
    struct control_files *files; /* NULL: none */
    bool has_identity;
    uint64_t time_ns;
};

/* A packet gets the files that the message brings. 0 or -ETOOMANYREFS, -ENOMEM. */
int unix_beside_send(struct unix_packet *packet, struct message *message);
/* Who sends it: as the message says, or, if one of the two asks for it, the caller. */
struct socket_identity unix_identity(const struct message *message, const struct unix_socket *sender,
                                     const struct unix_socket *receiver);
/* The packet says from now on that this one has sent it. */
void unix_packet_sign(struct unix_packet *packet, const struct socket_identity *identity);
/* Takes the packet's, or copies them for MSG_PEEK, and tells the program, at the end; what is left is put. */
void unix_beside_take(struct unix_beside *beside, struct unix_packet *packet, bool peek);
void unix_beside_tell(struct unix_beside *beside, struct socket *socket, struct message *message);

/* ---- net/unix_stream.c, net/unix_datagram.c ---- */

/* socket_ops.send and receive of each type. Bytes, or -errno as unix(7), send(2) and recv(2) have it; a stream sends
 * and receives less than asked for, too. */
int64_t unix_stream_send(struct socket *socket, struct message *message);
/* Of a stream. */
int64_t unix_stream_receive(struct socket *socket, struct message *message);
/* Of messages: all or nothing is sent. */
int64_t unix_datagram_send(struct socket *socket, struct message *message);
/* Of messages: what there is no room for is lost (MSG_TRUNC). */
int64_t unix_datagram_receive(struct socket *socket, struct message *message);
/* Of messages by a connection: -ENOTCONN. */
int64_t unix_seqpacket_send(struct socket *socket, struct message *message);
/* The same of receiving; 0 is the end as well. */
int64_t unix_seqpacket_receive(struct socket *socket, struct message *message);

/* ---- net/unix_rights.c ---- */

/* Files begin to be on their way in a queue: 0 or -ETOOMANYREFS; and are no longer. */
int unix_rights_begin(struct control_files *files);
void unix_rights_end(struct control_files *files);
/* For who looks for garbage, and gives way meanwhile: counts what may change which sockets can be reached, or which are
 * there. That is what these two do, the end of a socket, accept, MSG_PEEK of files; and that a packet is taken out of
 * the queue that is looked at. */
extern uint64_t unix_rights_changes;
extern const struct unix_socket *unix_rights_walked;

/* ---- net/unix_options.c ---- */

/* socket_ops.set_option: SO_PEEK_OFF alone. */
int unix_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size);
/* socket_ops.get_option: what there is to know of the peer (SO_PEERCRED ...), and SO_PEEK_OFF. */
int unix_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size);
/* socket_ops.ioctl: SIOCINQ, SIOCOUTQ, SIOCATMARK. */
int64_t unix_ioctl(struct socket *socket, unsigned request, uint64_t arg);

#endif
