/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_stream.h - connections to the resolver. */
#ifndef LVMM_NET_RESOLVER_STREAM_H
#define LVMM_NET_RESOLVER_STREAM_H

struct net_resolver;

/* A connection to the resolver: one end of a pair of stream sockets, the resolver's from now on in any case. */
void net_resolver_serve(struct net_resolver *resolver, int fd);

/* Closes all of them. */
void net_dns_streams_close(struct net_resolver *resolver);

#endif
