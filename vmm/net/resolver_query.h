/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_query.h - a question on its way to a name server and back, by UDP or TCP. */
#ifndef LVMM_NET_RESOLVER_QUERY_H
#define LVMM_NET_RESOLVER_QUERY_H

#include "vmm/net/dns.h"
#include "vmm/net/net_log.h"
#include "vmm/net/policy.h"
#include "vmm/net/resolver_config.h"
#include "vmm/net/watch.h"

struct net_dns_stream;

struct net_query {
    struct net_grave grave;
    struct net_query *next; /* the resolver's, oldest first */
    struct net_resolver *resolver;
    void *asker;                               /* a socket of datagrams; or NULL */
    struct net_dns_stream *stream;             /* or a connection to the resolver: it is asked by TCP */
    void (*answered)(struct net_query *query); /* it is done */
    struct dns_question question;

    struct net_watch watch; /* fd -1: none is asked */
    struct net_timer timer;
    uint16_t id;
    unsigned attempts;
    bool sent;
    uint8_t head[2]; /* TCP: the answer's size */
    size_t got;      /* of head and answer */

    uint8_t *answer; /* with the guest's id */
    size_t answer_size;
    bool done;
};

#define NET_QUERIES 64u     /* at a time; what is asked beyond that isn't answered, as by a busy server */
#define NET_ANSWER_MS 2500u /* that a server has to answer, before the next one is asked */
#define NET_ATTEMPTS 4u     /* of a question */

struct net_resolver {
    const struct net_resolver_config *config;
    struct net_policy *policy;
    struct net_log *log;
    struct net_watches *watches;
    void (*answered)(void *asker);
    struct net_query *queries;
    struct net_dns_stream *streams;
    unsigned query_count, stream_count;
};

/* Asks the next server; when there have been enough of them, the answer is that none has answered. */
void net_query_start(struct net_query *query);
/* It has that answer, which is copied; without memory it has none, and is done all the same. */
void net_query_answer(struct net_query *query, const uint8_t *answer, size_t size);
/* Frees it, wherever it is. */
void net_query_free(struct net_query *query);
/* A question in a message: it is answered at once, or on its way. NULL: there is none in it, or too many are on
 * their way. */
struct net_query *net_query_make(struct net_resolver *resolver, void *asker, struct net_dns_stream *stream,
                                 void (*answered)(struct net_query *query), const void *message, size_t size);

/* A random number that an answer has to have. */
uint16_t net_query_id(void);
/* A socket that is connected, or will be, to that server. -errno. */
int net_query_socket(const struct net_endpoint *server, int type);

#endif
