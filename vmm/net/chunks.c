/* SPDX-License-Identifier: Apache-2.0 */
/* chunks.c - what the host's socket doesn't take yet, and how much the guest may be ahead of it. */
#include <stdlib.h>
#include <string.h>

#include "vmm/net/sockets.h"

#define WINDOW_MOST (256u << 10)
/* Of a stream's: or a guest that sends single bytes would have us hold many times as much. */
#define CHUNK_LEAST 4096u

/* What a chunk of datagrams takes of the pool: one may have no bytes. */
static size_t cost_of(const struct net_chunk *chunk)
{
    return sizeof(*chunk) + chunk->room;
}

static struct net_chunk *chunk_new(struct net_socket *socket, size_t room)
{
    struct net_helper *helper = socket->helper;
    struct net_chunk *chunk = NULL;

    /* A stream's are within its window, which is counted; datagrams may be lost. */
    if (socket->is_stream || helper->pool + sizeof(*chunk) + room <= NET_POOL)
        chunk = malloc(sizeof(*chunk) + room);
    if (chunk == NULL)
        return NULL;
    *chunk = (struct net_chunk){.room = (uint32_t)room};
    if (!socket->is_stream)
        helper->pool += cost_of(chunk);
    *socket->out_end = chunk;
    socket->out_end = &chunk->next;
    return chunk;
}

/* The last one of a stream, if the bytes have room in it. */
static struct net_chunk *chunk_last(const struct net_socket *socket, size_t size)
{
    if (!socket->is_stream || socket->out == NULL)
        return NULL;
    struct net_chunk *last = (struct net_chunk *)socket->out_end; /* as `next` is its first member */
    return size <= last->room - last->size ? last : NULL;
}

bool net_chunk_add(struct net_socket *socket, const void *bytes, size_t size, bool urgent, const struct net_way *way)
{
    struct net_chunk *chunk = chunk_last(socket, size);

    if (chunk == NULL)
        chunk = chunk_new(socket, socket->is_stream && size < CHUNK_LEAST ? CHUNK_LEAST : size);
    if (chunk == NULL)
        return false;
    if (way != NULL)
        chunk->way = *way;
    memcpy(chunk->bytes + chunk->size, bytes, size);
    chunk->size += (uint32_t)size;
    if (urgent)
        chunk->urgent = chunk->size;
    socket->out_bytes += size;
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
        socket->helper->pool -= cost_of(chunk);
    free(chunk);
}

void net_chunks_clear(struct net_socket *socket)
{
    while (socket->out != NULL)
        net_chunk_drop(socket);
}

/* A stream that uses its window gets a larger one, as long as there is memory for all of them: whose sender has spent
 * half of what it was last told, or it would wait for each further piece to be told of, however fast the host is. */
static void grow(struct net_socket *socket)
{
    struct net_helper *helper = socket->helper;
    bool is_used = socket->credit_told < socket->received + socket->window / 2;

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
