/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket.h - sockets: what all address families share, and what each of them has to bring (socket(2), socket(7)).
 *
 * The system calls (sys/sockets.c, sys/message.c) take arguments from the program, check what is the same for all and
 * call the operations of the family. A socket is the owner of an open file and goes with it; the operations of a family
 * embed struct socket as their first member. Nothing here knows a family but the list of them in net/families.c.
 *
 * Locks: the kernel lock alone. An operation that waits loses what it looked at: it looks again. The caller has a
 * reference to the open file, so the socket itself stays; its peer may go at each wait.
 */
#ifndef GK_NET_SOCKET_H
#define GK_NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/wait.h"
#include "mm/iter.h"
#include "vfs/vfs.h"

struct control; /* net/control.h: ancillary data, as cmsg(3) has it */
struct file;
struct socket;
struct socket_filter;
struct socket_ops;

#define SOCKET_ADDRESS_MAX 128 /* Linux's struct sockaddr_storage */

struct socket_address {
    uint32_t size; /* of bytes[] that are valid; 0: none. What a program gave is at most SOCKET_ADDRESS_MAX, checked */
    union {
        uint16_t family; /* valid if size is 2 or more */
        uint8_t bytes[SOCKET_ADDRESS_MAX];
    };
};

/* Who made a socket, bound it to be connected to, or sent a message: SO_PEERCRED, SCM_CREDENTIALS. */
struct socket_identity {
    uint32_t pid, uid, gid; /* Linux's struct ucred */
};

/* One sendmsg(2) or recvmsg(2). */
struct message {
    struct iter *iter;
    unsigned flags;                 /* MSG_* that were asked for; MSG_DONTWAIT also if the file is O_NONBLOCK */
    unsigned out_flags;             /* of what was received: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE */
    struct socket_address *address; /* where it goes (NULL or of size 0: to its peer), or room for where it came from
                                       (its size is 0 before), which NULL doesn't ask for */
    struct control *control;        /* what goes with it, or room for what came; NULL: none */
    bool splice_nonblocking;        /* SPLICE_F_NONBLOCK, which local sockets of bytes alone heed, as on Linux */
    bool ends;                      /* of those, said of what was received: what comes next is another call's */
};

struct socket_linger {
    int32_t on, seconds; /* Linux's struct linger */
};

struct socket_tuning { /* net/socket_tuning.c */
    bool tells_lost, wifi_status, no_checksum, filter_is_locked, select_errors, prefers_poll, no_rehash;
    uint8_t locks;         /* SO_BUF_LOCK */
    int busy_poll_us, cpu; /* cpu -1: any */
    uint32_t stamps;       /* SO_TIMESTAMPING */
    bool stamps_are_new;   /* that, and SO_TIMESTAMP and SO_TIMESTAMPNS: by the newer of their names */
    uint64_t pacing_rate;  /* bytes a second; UINT64_MAX: any */
    uint64_t cookie;       /* 0: not asked for yet */
};

struct socket {
    const struct socket_ops *ops;
    struct file *file; /* that it is the owner of; NULL: of none yet (it waits for accept(2)) or of none any more */
    uint16_t family, protocol;
    uint8_t type; /* SOCK_STREAM ... */
    bool read_shut, write_shut;
    bool listens, takes_files; /* takes_files: SCM_RIGHTS mean something to its family */
    int error;                 /* SO_ERROR: what the next call gives (-errno), once; socket_take_error */
    uint64_t receive_timeout_ns, send_timeout_ns; /* 0: none */
    uint32_t receive_size, send_size;             /* SO_RCVBUF, SO_SNDBUF: bytes, as getsockopt gives them */
    uint32_t receive_least;                       /* SO_RCVLOWAT */
    uint32_t priority, mark;
    int32_t peek_offset; /* SO_PEEK_OFF: -1: none */
    struct socket_linger linger;
    struct socket_tuning tuning;
    struct socket_filter *filter; /* net/socket_filter.h, of kmalloc; NULL: none */
    /* SO_*, as set by setsockopt(2), for the family to look at. */
    bool reuse_address, reuse_port, keep_alive, broadcast, out_of_band_inline, pass_identity, pass_security, timestamp,
        timestamp_ns, dont_route, no_check, debug, pass_pidfd;
    struct socket_identity maker; /* socket(2)'s caller, or listen(2)'s, or connect(2)'s */
    struct wait_queue changed;    /* told of POLLIN, POLLOUT, POLLHUP, POLLERR ...; read and write wait here */
    struct fasync *owners;        /* vfs/fasync.h */
};

/* All return 0 or -errno as their manual pages and the family's have it, unless said otherwise. NULL: -EOPNOTSUPP.
 * Those that may wait honour O_NONBLOCK by message.flags or `nonblocking`, and the socket's time-outs; a signal gives
 * -ERESTARTSYS, or -EINTR where there is a time-out (signal(7)). */
struct socket_ops {
    uint32_t receive_least_most; /* SO_RCVLOWAT at most; 0: any */
    int (*bind)(struct socket *socket, const struct socket_address *address);
    int (*connect)(struct socket *socket, const struct socket_address *address, bool nonblocking);
    int (*listen)(struct socket *socket, unsigned backlog);
    /* *out: a socket without a file, the caller's now. */
    int (*accept)(struct socket *socket, bool nonblocking, struct socket **out);
    /* Two new sockets of one family, type and protocol become each other's peers: socketpair(2). */
    int (*pair)(struct socket *first, struct socket *second);
    /* getsockname(2), or with `peer` getpeername(2). */
    int (*name)(struct socket *socket, bool peer, struct socket_address *out);
    /* Bytes, or -errno. -EPIPE: the caller sends the signal, if there is to be one (MSG_NOSIGNAL). */
    int64_t (*send)(struct socket *socket, struct message *message);
    int64_t (*receive)(struct socket *socket, struct message *message);
    int (*shutdown)(struct socket *socket, bool read, bool write);
    /* Options of levels other than SOL_SOCKET, and those of that one that net/socket_options.c doesn't know. `value` is
     * in the kernel, of `size` bytes; get: *size is its room, and then what it has. -ENOPROTOOPT. */
    int (*set_option)(struct socket *socket, int level, int name, const void *value, uint32_t size);
    int (*get_option)(struct socket *socket, int level, int name, void *value, uint32_t *size);
    /* An option was set, of whatever level; it may wait. NULL: nobody wants to know. */
    void (*tuned)(struct socket *socket);
    /* SIOC*, FIONREAD and their like; NULL, or -ENOTTY: net/socket.c has those that all know. */
    int64_t (*ioctl)(struct socket *socket, unsigned request, uint64_t arg);
    /* POLLIN and so on, without POLLERR for socket->error, which the caller adds. It has hooked socket->changed. */
    uint32_t (*poll)(struct socket *socket);
    void (*closing)(
        struct socket *socket); /* its file goes: SO_LINGER may wait here. NULL: nothing to do before release */
    void (*release)(struct socket *socket); /* frees it; waits at most as wait_loop_ends does */
};

/* An address family: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK (net/families.c has the list). */
struct socket_family {
    uint16_t family;
    /* A socket of type SOCK_* and this protocol, made with socket_init. -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -ENOMEM ...
     */
    int (*create)(unsigned type, unsigned protocol, struct socket **out);
};
extern const struct socket_family *const socket_families[];

/* ---- for families ---- */

/* The common part of a new socket, with Linux's defaults; the rest of it is zero already. */
void socket_init(struct socket *socket, const struct socket_ops *ops, uint16_t family, unsigned type,
                 unsigned protocol);
/* Before its memory goes: it isn't counted any more. */
void socket_end(const struct socket *socket);
/* How many there are of that family and type, those without a file, too; family 0: of all of them. */
unsigned socket_count(unsigned family, unsigned type);
/* Waits until one of `events` (POLLIN ...) is told of it, `deadline_ns` (monotonic; WAIT_FOREVER) has come or a signal
 * has: 0, -EAGAIN after the deadline, -ERESTARTSYS, or -EINTR if there was a deadline. POLLERR and POLLHUP always end
 * it. The caller looks again at what it waits for. */
int socket_wait(struct socket *socket, uint32_t events, uint64_t deadline_ns);
/* What a wait up to that deadline ends with, for those that wait for something else: 0, or as socket_wait. */
int socket_wait_error(int error, uint64_t deadline_ns);
/* The deadline of a receiving or a sending call that begins now: by its time-out. */
uint64_t socket_deadline(uint64_t timeout_ns);
/* Tells who waits, polls or asked for SIGIO: events is of POLLIN, POLLOUT, POLLHUP, POLLRDHUP, POLLPRI, POLLERR. */
void socket_changed(struct socket *socket, uint32_t events);
/* The pending error, which is gone with it: 0 or -errno. */
int socket_take_error(struct socket *socket);
/* The caller's identity now: as SO_PEERCRED tells it, or (`real`: not the effective user and group) SCM_CREDENTIALS. */
struct socket_identity socket_identity_now(bool real);

/* ---- for the system calls ---- */

/* Sends, and signals the caller where a stream is broken. Bytes or -errno. */
int64_t socket_send(struct socket *socket, struct message *message);
/* socket(2) without its flags: -EAFNOSUPPORT, -EINVAL, or as the family has it. */
int socket_create(unsigned family, unsigned type, unsigned protocol, struct socket **out);
/* An open file of it, whose owner it is; flags: O_NONBLOCK. On failure the socket is still the caller's. -ENOMEM. */
int socket_open(struct socket *socket, uint32_t flags, struct file **out);
/* Frees one that has no file. */
void socket_discard(struct socket *socket);
/* The socket of an open file, borrowed; NULL: it is none. */
struct socket *socket_of(const struct file *file);

/* setsockopt(2), getsockopt(2): net/socket_options.c. The value is in the kernel, of `size` bytes; get: *size is the
 * room, and then what it has. At most SOCKET_OPTION_MAX bytes. 0 or -errno; -ERANGE: the value is longer, and *size how
 * long. */
#define SOCKET_OPTION_MAX (256u << 10)
int socket_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size);
int socket_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size);

#endif
