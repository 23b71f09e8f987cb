/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inet.h - what sockets of AF_INET and AF_INET6 have in common: addresses and the options of IP.
 *
 * The VM has an interface, lo, with 127.0.0.0/8 and ::1, and with a network another, eth0, behind which are the peers
 * that net/outside.h leads to. Addresses of both families have one form, of 16 bytes, where
 * those of IPv4 are mapped ones (::ffff:127.0.0.1), so that one table of ports and one set of rules is for both.
 */
#ifndef GK_NET_INET_H
#define GK_NET_INET_H

#include "lib/list.h"
#include "net/interface.h"
#include "net/ip_options.h"
#include "net/socket.h"

struct inet_address {
    union {
        uint8_t bytes[16];
        uint32_t words[4];
        uint64_t halves[2];
    };
    uint16_t port;  /* in the CPU's order; 0: none */
    uint32_t scope; /* of an address of a link: its interface; else 0 */
    uint32_t flow;  /* sin6_flowinfo, as it came */
};

struct inet_port;
struct inet_socket;
struct membership;

/* Whose a port is: a socket's, or what is left of a TCP connection (TIME_WAIT). net/inet_port.h. */
struct inet_use {
    struct inet_address local, peer; /* port 0: none */
    struct inet_port *port;          /* NULL: not in the table */
    struct list in_port, in_tuples;  /* zero: in none */
    struct inet_socket *socket;      /* NULL: it has gone, and the rest is what was its */
    bool reuse_address, reuse_port, v6_only;
    uint32_t user; /* who made it */
};

/* Flags that only stay as they were set: what they ask for never comes, as no packet here has such a header, is in
 * fragments or was altered on its way. */
enum inet_kept {
    KEPT_RETURN_OPTIONS,
    KEPT_LABELS,
    KEPT_NO_REASSEMBLY,
    KEPT_CHECKSUM,
    KEPT_FRAGMENT_SIZE,
    KEPT_LONG_ERRORS,
    KEPT_ISOLATED_ALERT6,
    KEPT_LONG_ERRORS6,
    KEPT_FLOW,
    KEPT_FLOW_SENT,
    KEPT_HOP_HEADERS,
    KEPT_ROUTES,
    KEPT_DESTINATION_HEADERS,
    KEPT_PATH_MTU,
    KEPT_NO_FRAGMENTS,
    KEPT_FRAGMENT_SIZE6,
    KEPT_COUNT
};

/* Options of IP: what programs set is kept, and told again. */
struct inet_options {
    int ttl, hops; /* -1: the default */
    int multicast_ttl, multicast_hops;
    uint8_t tos, tclass;
    uint8_t mtu_discover, mtu_discover6;
    uint8_t min_ttl, min_hops;
    uint16_t source_choice; /* IPV6_ADDR_PREFERENCES, but for the defaults */
    bool kept[KEPT_COUNT];
    bool multicast_loop, multicast_loop6, multicast_all, multicast_all6;
    bool receives_errors, receives_errors6;
    bool packet_info, packet_info6, receives_ttl, receives_hops, receives_tos, receives_tclass, receives_options,
        receives_original;
    bool header_included, free_bind, transparent, no_port_at_bind, auto_flow_label;
    bool v6_only;
    uint32_t port_range; /* IP_LOCAL_PORT_RANGE: the least, and the most << 16 */
    uint32_t multicast_index, multicast_index6;
    uint32_t unicast_index, unicast_index6; /* IP_UNICAST_IF: an interface, or 0 */
    uint32_t device;                        /* SO_BINDTODEVICE: an interface, or 0 */
    uint8_t header[IP_OPTIONS_MOST];        /* IP_OPTIONS, header_size bytes of them */
    uint32_t header_size;
};

struct inet_socket {
    struct socket socket;
    struct inet_use use;
    struct inet_options options;
    struct membership *groups;            /* net/inet_group.c */
    bool address_is_bound, port_is_bound; /* by bind(2): they outlive a connection */
};

static inline struct inet_socket *inet_of(struct socket *socket)
{
    return (struct inet_socket *)(void *)socket; /* its first member */
}

/* The socket's common part, by socket_init, and the options' defaults. */
void inet_init(struct inet_socket *inet, const struct socket_ops *ops, uint16_t family, unsigned type,
               unsigned protocol);

/* ---- addresses ---- */

static inline bool inet_is_v4(const struct inet_address *address)
{
    return address->halves[0] == 0 && address->words[2] == 0xffff0000u;
}
static inline bool inet_same(const struct inet_address *a, const struct inet_address *b)
{
    return a->halves[0] == b->halves[0] && a->halves[1] == b->halves[1];
}
/* 0.0.0.0 or ::. */
static inline bool inet_is_any(const struct inet_address *address)
{
    return address->halves[0] == 0 && (address->halves[1] == 0 || address->halves[1] == 0xffff0000u);
}
/* The address is one of the VM's own: 127.0.0.0/8, ::1, and with a network eth0's. */
bool inet_is_local(const struct inet_address *address);
bool inet_is_loopback(const struct inet_address *address); /* 127.0.0.0/8, ::1 */
/* With a network: somebody else has it, and what is sent there leaves the VM (net/outside.h). */
bool inet_is_outside(const struct inet_address *address);
bool inet_is_multicast(const struct inet_address *address);
/* 255.255.255.255 and 127.255.255.255. */
bool inet_is_broadcast(const struct inet_address *address);
/* 0.0.0.0 or ::, of that family; and the address that a packet to this one has as its source: 127.0.0.1 or ::1, or
 * eth0's. */
void inet_set_any(struct inet_address *address, uint16_t family);
void inet_set_source(struct inet_address *source, const struct inet_address *to);

/* From what a program gave, for a socket of that family: 0; -EINVAL: too short; -EAFNOSUPPORT. */
int inet_address_take(uint16_t family, const struct socket_address *given, struct inet_address *out);
/* For a program with a socket of that family. */
void inet_address_give(uint16_t family, const struct inet_address *address, struct socket_address *out);

/* Where the socket sends to, if it sends to `to`: 0.0.0.0 and :: are the VM itself, and what isn't in the VM can't be
 * reached where there is no network, or that has no route. A link's address without an interface: -EINVAL. A family
 * that doesn't fit: -EAFNOSUPPORT, -ENETUNREACH. Broadcasts and groups are the caller's affair: 0. */
int inet_route(const struct inet_socket *inet, struct inet_address *to);

/* ---- operations that all have ---- */

/* bind(2): addresses and rights are checked, and the port is taken from `table`, unless that is NULL. */
struct inet_table;
int inet_bind(struct inet_socket *inet, const struct socket_address *address, struct inet_table *table);
int inet_name(struct socket *socket, bool peer, struct socket_address *out);
/* Options of IPPROTO_IP, IPPROTO_IPV6 and SOL_SOCKET: net/inet_options.c. */
int inet_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size);
int inet_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size);
/* An option's number: -EINVAL, or 0. One byte does for options of IP. */
int inet_option_number(const void *value, uint32_t size, bool byte_is_enough, int *out);
/* Tells a number, as much of it as there is room for. */
int inet_option_give(int number, void *value, uint32_t *size);

/* ---- settings (/proc/sys/net): read by who opens a port or a socket ---- */

struct inet_settings {
    int port_least, port_most; /* ip_local_port_range */
    int unprivileged_port;     /* ip_unprivileged_port_start */
    int default_ttl;
    int v6_only; /* bindv6only */
    int time_wait_most, orphans_most, fin_timeout, keepalive_time, keepalive_interval, keepalive_probes, syn_retries;
    int ping_group_least, ping_group_most;
};
extern struct inet_settings inet_settings;

/* What is left of connections is forgotten: the machine ends. */
void inet_end(void);

#endif
