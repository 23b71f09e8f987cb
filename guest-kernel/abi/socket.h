/* SPDX-License-Identifier: Apache-2.0 */
/* socket.h - the numbers of sockets and the structures that programs give (asm-generic/socket.h, linux/socket.h). */
#ifndef GK_ABI_SOCKET_H
#define GK_ABI_SOCKET_H

#include <stdint.h>

enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_BRIDGE = 7, AF_INET6 = 10, AF_NETLINK = 16, AF_MAX = 46 };

enum {
    SOCK_STREAM = 1,
    SOCK_DGRAM = 2,
    SOCK_RAW = 3,
    SOCK_RDM = 4,
    SOCK_SEQPACKET = 5,
    SOCK_DCCP = 6,
    SOCK_PACKET = 10
};
#define SOCK_TYPE_MAX 11u
#define SOCK_TYPE_MASK 0xfu
#define SOCK_NONBLOCK 0x800u
#define SOCK_CLOEXEC 0x80000u

enum { SHUT_RD, SHUT_WR, SHUT_RDWR };

#define MSG_OOB 0x1u
#define MSG_PEEK 0x2u
#define MSG_DONTROUTE 0x4u
#define MSG_CTRUNC 0x8u
#define MSG_TRUNC 0x20u
#define MSG_DONTWAIT 0x40u
#define MSG_EOR 0x80u
#define MSG_WAITALL 0x100u
#define MSG_ERRQUEUE 0x2000u
#define MSG_NOSIGNAL 0x4000u
#define MSG_MORE 0x8000u
#define MSG_WAITFORONE 0x10000u
#define MSG_CMSG_CLOEXEC 0x40000000u

enum { SOL_SOCKET = 1 };
enum {
    SO_DEBUG = 1,
    SO_REUSEADDR = 2,
    SO_TYPE = 3,
    SO_ERROR = 4,
    SO_DONTROUTE = 5,
    SO_BROADCAST = 6,
    SO_SNDBUF = 7,
    SO_RCVBUF = 8,
    SO_KEEPALIVE = 9,
    SO_OOBINLINE = 10,
    SO_NO_CHECK = 11,
    SO_PRIORITY = 12,
    SO_LINGER = 13,
    SO_BSDCOMPAT = 14,
    SO_REUSEPORT = 15,
    SO_PASSCRED = 16,
    SO_PEERCRED = 17,
    SO_RCVLOWAT = 18,
    SO_SNDLOWAT = 19,
    SO_RCVTIMEO_OLD = 20,
    SO_SNDTIMEO_OLD = 21,
    SO_BINDTODEVICE = 25,
    SO_ATTACH_FILTER = 26, /* and SO_GET_FILTER */
    SO_DETACH_FILTER = 27,
    SO_PEERNAME = 28,
    SO_TIMESTAMP_OLD = 29,
    SO_ACCEPTCONN = 30,
    SO_PEERSEC = 31,
    SO_SNDBUFFORCE = 32,
    SO_RCVBUFFORCE = 33,
    SO_PASSSEC = 34,
    SO_TIMESTAMPNS_OLD = 35,
    SO_MARK = 36,
    SO_TIMESTAMPING_OLD = 37,
    SO_PROTOCOL = 38,
    SO_DOMAIN = 39,
    SO_RXQ_OVFL = 40,
    SO_WIFI_STATUS = 41,
    SO_PEEK_OFF = 42,
    SO_NOFCS = 43,
    SO_LOCK_FILTER = 44,
    SO_SELECT_ERR_QUEUE = 45,
    SO_BUSY_POLL = 46,
    SO_MAX_PACING_RATE = 47,
    SO_BPF_EXTENSIONS = 48,
    SO_INCOMING_CPU = 49,
    SO_MEMINFO = 55,
    SO_INCOMING_NAPI_ID = 56,
    SO_COOKIE = 57,
    SO_PEERGROUPS = 59,
    SO_BINDTOIFINDEX = 62,
    SO_TIMESTAMP_NEW = 63,
    SO_TIMESTAMPNS_NEW = 64,
    SO_TIMESTAMPING_NEW = 65,
    SO_RCVTIMEO_NEW = 66,
    SO_SNDTIMEO_NEW = 67,
    SO_PREFER_BUSY_POLL = 69,
    SO_BUSY_POLL_BUDGET = 70,
    SO_NETNS_COOKIE = 71,
    SO_BUF_LOCK = 72,
    SO_RESERVE_MEM = 73,
    SO_TXREHASH = 74,
    SO_PASSPIDFD = 76,
    SO_PEERPIDFD = 77,
};

enum { /* SOF_TIMESTAMPING_* */
       STAMPS_RECEIVED = 8,
       STAMPS_TOLD = 16,
       STAMPS_NUMBERED = 128,
       STAMPS_BARE = 2048,
       STAMPS_STATISTICS = 4096,
       STAMPS_CLOCK = 32768,
       STAMPS_NUMBERED_TCP = 65536,
       STAMPS_STRICT = 131072, /* SOF_TIMESTAMPING_OPT_RX_FILTER */
       STAMPS_ALL = 0x7ffff,
};

enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, SCM_SECURITY = 3, SCM_PIDFD = 4 };
#define SCM_MAX_FD 253u

#define FIOSETOWN 0x8901u
#define SIOCSPGRP 0x8902u
#define FIOGETOWN 0x8903u
#define SIOCGPGRP 0x8904u
#define SIOCATMARK 0x8905u
#define FIONREAD 0x541bu /* and SIOCINQ */
#define TIOCOUTQ 0x5411u /* and SIOCOUTQ */

#define SOCKFS_MAGIC 0x534f434b

struct msghdr_user {
    uint64_t name;
    uint32_t name_size, padding;
    uint64_t vector, vector_count, control, control_size;
    uint32_t flags, padding2;
};
struct mmsghdr_user {
    struct msghdr_user header;
    uint32_t size, padding;
};
struct cmsghdr_user {
    uint64_t size; /* with the header */
    int32_t level, type;
};

/* The forms of 32-bit programs. */
struct msghdr_i386 {
    uint32_t name, name_size, vector, vector_count, control, control_size, flags;
};
struct mmsghdr_i386 {
    struct msghdr_i386 header;
    uint32_t size;
};
struct cmsghdr_i386 {
    uint32_t size;
    int32_t level, type;
};

#endif
