/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_stream.c - connections to the resolver (RFC 1035, section 4.2.2): one question after the other. */
#include "vmm/net/resolver_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vmm/net/resolver_query.h"

#define QUESTION_MOST 1024u /* bytes of a message; a longer one ends the connection */

struct net_dns_stream {
    struct net_grave grave;
    struct net_dns_stream *next;
    struct net_resolver *resolver;
    struct net_watch watch;
    struct net_query *query; /* that is being answered */
    uint8_t in[2 + QUESTION_MOST];
    size_t in_size;
    size_t out_done; /* of the size and the query's answer */
    bool asking;     /* the query is being made */
    bool closed;
};

static void close_stream(struct net_dns_stream *stream)
{
    struct net_dns_stream **at = &stream->resolver->streams;

    if (stream->closed)
        return;
    stream->closed = true;
    net_watches_close(&stream->watch);
    if (stream->query != NULL)
        net_query_free(stream->query);
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    stream->resolver->stream_count--;
    net_watches_bury(stream->resolver->watches, &stream->grave);
}

/* False: it doesn't take all of it now. */
static bool send_answer(struct net_dns_stream *stream)
{
    const struct net_query *query = stream->query;
    const uint8_t head[2] = {(uint8_t)(query->answer_size >> 8), (uint8_t)query->answer_size};
    size_t size = query->answer_size + sizeof(head);

    while (stream->out_done < size) {
        bool in_head = stream->out_done < sizeof(head);
        const uint8_t *from = in_head ? head + stream->out_done : query->answer + (stream->out_done - sizeof(head));
        size_t most = in_head ? sizeof(head) - stream->out_done : size - stream->out_done;
        ssize_t n = send(stream->watch.fd, from, most, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno != EAGAIN)
            close_stream(stream);
        if (n < 0)
            return false;
        stream->out_done += (size_t)n;
    }
    return true;
}

static void go_on(struct net_dns_stream *stream);

static void answered(struct net_query *query)
{
    if (!query->stream->asking)
        go_on(query->stream);
}

/* The question that is there, if it is whole. False: it isn't, or the connection has ended. */
static bool ask(struct net_dns_stream *stream)
{
    size_t size = (size_t)stream->in[0] << 8 | stream->in[1];
    uint8_t message[QUESTION_MOST];

    if (stream->in_size < 2 || (size <= QUESTION_MOST && stream->in_size < size + 2))
        return false;
    if (size <= QUESTION_MOST) {
        memcpy(message, stream->in + 2, size);
        stream->in_size -= size + 2;
        memmove(stream->in, stream->in + 2 + size, stream->in_size);
        stream->out_done = 0;
        stream->asking = true;
        stream->query = net_query_make(stream->resolver, NULL, stream, answered, message, size);
        stream->asking = false;
    }
    if (stream->query == NULL)
        close_stream(stream);
    return stream->query != NULL;
}

/* As far as it goes: answers what was asked, and reads on. */
static void go_on(struct net_dns_stream *stream)
{
    while (!stream->closed) {
        if (stream->query != NULL) {
            if (!stream->query->done || !send_answer(stream))
                return;
            net_query_free(stream->query);
            stream->query = NULL;
        } else if (!ask(stream)) {
            if (stream->closed)
                return;
            ssize_t n = recv(stream->watch.fd, stream->in + stream->in_size, sizeof(stream->in) - stream->in_size,
                             MSG_DONTWAIT);
            if (n == 0 || (n < 0 && errno != EAGAIN))
                close_stream(stream);
            if (n <= 0)
                return;
            stream->in_size += (size_t)n;
        }
    }
}

static void ready(void *owner, uint32_t events)
{
    (void)events;
    go_on(owner);
}

void net_resolver_serve(struct net_resolver *resolver, int fd)
{
    struct net_dns_stream *stream = resolver->stream_count < NET_QUERIES ? calloc(1, sizeof(*stream)) : NULL;

    if (stream == NULL) {
        close(fd);
        return;
    }
    stream->resolver = resolver;
    stream->watch = (struct net_watch){fd, ready, stream};
    stream->next = resolver->streams;
    resolver->streams = stream;
    resolver->stream_count++;
    if (net_watches_add(resolver->watches, &stream->watch) < 0)
        close_stream(stream);
}

void net_dns_streams_close(struct net_resolver *resolver)
{
    while (resolver->streams != NULL)
        close_stream(resolver->streams);
}
