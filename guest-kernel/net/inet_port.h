/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inet_port.h - the table of ports of a protocol: who is bound to which, and which connections there are.
 *
 * IPv4 and IPv6 share it, as :: is 0.0.0.0 as well. One who is in it has `use` in there; who looks at a list of uses
 * mustn't wait meanwhile.
 */
#ifndef GK_NET_INET_PORT_H
#define GK_NET_INET_PORT_H

#include "net/inet.h"

#define PORT_BUCKETS 1024u
#define TUPLE_BUCKETS 4096u
#define PORTS_LOOKED_AT 4096u /* with one call, so that it ends soon with all in use */

struct inet_port {
    struct inet_port *next;
    struct inet_table *table;
    struct list uses; /* inet_use.in_port: who is bound, those first that look for who comes (listeners) */
    uint16_t number;
};

struct inet_table {
    struct inet_port *ports[PORT_BUCKETS];
    struct list tuples[TUPLE_BUCKETS]; /* inet_use.in_tuples, by both addresses; zero: empty */
    uint64_t used[1024];               /* a bit of each port that is in use */
    uint16_t next;                     /* where the search for a free port goes on */
};
extern struct inet_table tcp_table, udp_table, udplite_table;

/* The port of that number that is in use, or NULL. */
struct inet_port *inet_port_find(const struct inet_table *table, uint16_t number);

/* The use gets `number`, or with 0 a port that nobody has, at its local address. -EADDRINUSE, -ENOMEM. It is in no port
 * yet. Where nobody has none, those that it may share are looked for among PORTS_LOOKED_AT: the next call goes on
 * there. */
int inet_port_take(struct inet_table *table, struct inet_use *use, uint16_t number);
/* Whether somebody bound to the use's port stands in the way of it, as it is now: listen(2). */
bool inet_port_conflicts(const struct inet_use *use);
/* Among the port's uses it is before all that aren't so, or (not `first`) behind all: who listens is before others. */
void inet_port_order(struct inet_use *use, bool first);
/* The use, in no port yet, is of the same port as another one, whatever anybody else has. */
void inet_port_share(struct inet_use *use, struct inet_use *with);
/* It is in the other's place: what is left of a connection. */
void inet_port_hand_over(struct inet_use *from, struct inet_use *to);
/* It is no longer in the table. */
void inet_port_leave(struct inet_use *use);

/* A use with a peer, for which there may be but one: it gets a port, if it has none, of which no other use has the same
 * two addresses. -EADDRNOTAVAIL: there is none (of PORTS_LOOKED_AT), or the port that it has is the other's. -ENOMEM.
 */
int inet_port_connect(struct inet_table *table, struct inet_use *use);
/* It has a peer, and is found by that. */
void inet_tuple_add(struct inet_table *table, struct inet_use *use);
void inet_tuple_remove(struct inet_use *use);
/* The use from `local` to `peer`, or NULL. */
struct inet_use *inet_tuple_find(const struct inet_table *table, const struct inet_address *local,
                                 const struct inet_address *peer);

/* Goes through all uses, from *bucket and, in that, the *skip'th on: calls each(arg, use) until it returns false, and
 * then *bucket and *skip are that one's, for the next time. True: that was all. */
bool inet_table_walk(const struct inet_table *table, uint32_t *bucket, uint32_t *skip,
                     bool (*each)(void *arg, struct inet_use *use), void *arg);

/* Whether what is sent to `to` may be for who is bound to `local`; how well it fits: 0 not at all, 1 any address of
 * both families, 2 of that family, 3 that very one. */
unsigned inet_port_fits(const struct inet_use *use, const struct inet_address *to);

#define for_each_use(use, port)                                                            \
    for (struct inet_use *use = container_of((port)->uses.next, struct inet_use, in_port); \
         &(use)->in_port != &(port)->uses; (use) = container_of((use)->in_port.next, struct inet_use, in_port))

#endif
