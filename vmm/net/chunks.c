/* SPDX-License-Identifier: Apache-2.0 */
/* chunks.c - what the host's socket doesn't take yet, and how much the guest may be ahead of it. */
#include <stdlib.h>
#include <string.h>

#include "vmm/net/sockets.h"

#define WINDOW_MOST (256u << 10)

bool net_chunk_add(struct net_socket *socket, const void *bytes, size_t size, bool urgent,
                   const struct net_endpoint *to)
{
    struct net_helper *helper = socket->helper;
    struct net_chunk *chunk = NULL;

    /* A stream's are within its window, which is counted; datagrams may be lost. */
    if (socket->is_stream || helper->pool + size <= NET_POOL)
        chunk = malloc(sizeof(*chunk) + size);
    if (chunk == NULL)
        return false;
    *chunk = (struct net_chunk){.size = (uint32_t)size, .urgent = urgent};
    if (to != NULL)
        chunk->to = *to;
    memcpy(chunk->bytes, bytes, size);
    *socket->out_end = chunk;
    socket->out_end = &chunk->next;
    socket->out_bytes += size;
    if (!socket->is_stream)
        helper->pool += size;
    return true;
}

void net_chunk_drop(struct net_socket *socket)
{
    struct net_chunk *chunk = socket->out;

    socket->out = chunk->next;
    if (socket->out == NULL)
        socket->out_end = &socket->out;
    socket->out_bytes -= chunk->size - chunk->done;
    if (!socket->is_stream)
        socket->helper->pool -= chunk->size;
    free(chunk);
}

void net_chunks_clear(struct net_socket *socket)
{
    while (socket->out != NULL)
        net_chunk_drop(socket);
}

/* A stream that uses its window gets a larger one, as long as there is memory for all of them. */
static void grow(struct net_socket *socket)
{
    struct net_helper *helper = socket->helper;
    bool is_used = socket->credit - socket->received < socket->window / 2;

    if (!is_used || socket->window >= WINDOW_MOST || helper->pool + socket->window > NET_POOL)
        return;
    helper->pool += socket->window;
    socket->credit += socket->window;
    socket->window *= 2;
}

void net_credit_give(struct net_socket *socket, size_t bytes)
{
    socket->credit += bytes;
    if (socket->is_stream)
        grow(socket);
    if (socket->credit - socket->credit_told >= socket->window / 2) {
        socket->news |= NEWS_CREDIT;
        net_socket_stir(socket);
    }
}
