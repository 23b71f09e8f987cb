/* SPDX-License-Identifier: Apache-2.0 */
/* inet.h - Linux's numbers and structures of AF_INET and AF_INET6 (ip(7), ipv6(7), tcp(7), udp(7)); numbers of more
 * than a byte in addresses and ports are in network order. */
#ifndef GK_ABI_INET_H
#define GK_ABI_INET_H

#include <stdint.h>

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_ICMPV6 58
#define IPPROTO_UDPLITE 136
#define IPPROTO_RAW 255
#define IPPROTO_END 263 /* numbers are below it */

struct sockaddr_in_user {
    uint16_t family, port;
    uint8_t address[4];
    uint8_t zero[8];
};
struct sockaddr_in6_user {
    uint16_t family, port;
    uint32_t flow;
    uint8_t address[16];
    uint32_t scope;
};
#define SOCKADDR_IN6_OLD_SIZE 24u /* without a scope (RFC 2133) */

/* Options of IPPROTO_IP. */
enum {
    IP_TOS = 1,
    IP_TTL = 2,
    IP_HDRINCL = 3,
    IP_OPTIONS = 4,
    IP_ROUTER_ALERT = 5,
    IP_RECVOPTS = 6,
    IP_RETOPTS = 7,
    IP_PKTINFO = 8,
    IP_MTU_DISCOVER = 10,
    IP_RECVERR = 11,
    IP_RECVTTL = 12,
    IP_RECVTOS = 13,
    IP_MTU = 14,
    IP_FREEBIND = 15,
    IP_PASSSEC = 18,
    IP_TRANSPARENT = 19,
    IP_RECVORIGDSTADDR = 20,
    IP_MINTTL = 21,
    IP_NODEFRAG = 22,
    IP_CHECKSUM = 23,
    IP_BIND_ADDRESS_NO_PORT = 24,
    IP_RECVFRAGSIZE = 25,
    IP_RECVERR_RFC4884 = 26,
    IP_MULTICAST_IF = 32,
    IP_MULTICAST_TTL = 33,
    IP_MULTICAST_LOOP = 34,
    IP_ADD_MEMBERSHIP = 35,
    IP_DROP_MEMBERSHIP = 36,
    IP_UNBLOCK_SOURCE = 37,
    IP_BLOCK_SOURCE = 38,
    IP_ADD_SOURCE_MEMBERSHIP = 39,
    IP_DROP_SOURCE_MEMBERSHIP = 40,
    IP_MULTICAST_ALL = 49,
    IP_UNICAST_IF = 50,
    IP_LOCAL_PORT_RANGE = 51,
};

/* Options of IPPROTO_IPV6. */
enum {
    IPV6_ADDRFORM = 1,
    IPV6_FLOWINFO = 11,
    IPV6_CHECKSUM = 7,
    IPV6_UNICAST_HOPS = 16,
    IPV6_MULTICAST_IF = 17,
    IPV6_MULTICAST_HOPS = 18,
    IPV6_MULTICAST_LOOP = 19,
    IPV6_ADD_MEMBERSHIP = 20,
    IPV6_DROP_MEMBERSHIP = 21,
    IPV6_MTU_DISCOVER = 23,
    IPV6_MTU = 24,
    IPV6_RECVERR = 25,
    IPV6_V6ONLY = 26,
    IPV6_MULTICAST_ALL = 29,
    IPV6_ROUTER_ALERT_ISOLATE = 30,
    IPV6_RECVERR_RFC4884 = 31,
    IPV6_FLOWINFO_SEND = 33,
    IPV6_RECVPKTINFO = 49,
    IPV6_PKTINFO = 50,
    IPV6_RECVHOPLIMIT = 51,
    IPV6_HOPLIMIT = 52,
    IPV6_RECVHOPOPTS = 53,
    IPV6_RECVRTHDR = 56,
    IPV6_RECVDSTOPTS = 58,
    IPV6_RECVPATHMTU = 60,
    IPV6_DONTFRAG = 62,
    IPV6_RECVTCLASS = 66,
    IPV6_TCLASS = 67,
    IPV6_AUTOFLOWLABEL = 70,
    IPV6_ADDR_PREFERENCES = 72,
    IPV6_MINHOPCOUNT = 73,
    IPV6_TRANSPARENT = 75,
    IPV6_UNICAST_IF = 76,
    IPV6_RECVFRAGSIZE = 77,
    IPV6_FREEBIND = 78,
};

/* Options of IPPROTO_TCP. */
enum {
    TCP_NODELAY = 1,
    TCP_MAXSEG = 2,
    TCP_CORK = 3,
    TCP_KEEPIDLE = 4,
    TCP_KEEPINTVL = 5,
    TCP_KEEPCNT = 6,
    TCP_SYNCNT = 7,
    TCP_LINGER2 = 8,
    TCP_DEFER_ACCEPT = 9,
    TCP_WINDOW_CLAMP = 10,
    TCP_INFO = 11,
    TCP_QUICKACK = 12,
    TCP_CONGESTION = 13,
    TCP_THIN_LINEAR_TIMEOUTS = 16,
    TCP_THIN_DUPACK = 17,
    TCP_USER_TIMEOUT = 18,
    TCP_FASTOPEN = 23,
    TCP_TIMESTAMP = 24,
    TCP_NOTSENT_LOWAT = 25,
    TCP_FASTOPEN_CONNECT = 30,
    TCP_ULP = 31,
    TCP_FASTOPEN_NO_COOKIE = 34,
    TCP_INQ = 36,
};

#define MSG_FASTOPEN 0x20000000u /* of sendto(2): connect(2) with the first bytes */
#define SIOCOUTQNSD 0x894bu      /* bytes that weren't sent yet */

/* What /proc/net/tcp and TCP_INFO call a connection's state. */
enum {
    TCP_ESTABLISHED = 1,
    TCP_SYN_SENT = 2,
    TCP_SYN_RECV = 3,
    TCP_FIN_WAIT1 = 4,
    TCP_FIN_WAIT2 = 5,
    TCP_TIME_WAIT = 6,
    TCP_CLOSE = 7,
    TCP_CLOSE_WAIT = 8,
    TCP_LAST_ACK = 9,
    TCP_LISTEN = 10,
    TCP_CLOSING = 11,
};

/* Options of IPPROTO_UDPLITE: how much of packets the checksum covers. */
enum { UDPLITE_SEND_CSCOV = 10, UDPLITE_RECV_CSCOV = 11 };

/* Options of IPPROTO_UDP. */
enum {
    UDP_CORK = 1,
    UDP_ENCAP = 100,
    UDP_NO_CHECK6_TX = 101,
    UDP_NO_CHECK6_RX = 102,
    UDP_SEGMENT = 103,
    UDP_GRO = 104
};

#endif
