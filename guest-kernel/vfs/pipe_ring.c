/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe_ring.c - a pipe's ring of buffers: its memory and its life; waiting for what is in it, and waking.
 *
 * Who is woken when is Linux's: readers when the pipe was empty, writers when it was full, one of them each; who was
 * woken and leaves something over wakes the next. Those of splice(2) and its like are woken beside that one.
 */
#include "abi/errno.h"
#include "abi/poll.h"
#include "core/signal.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/fasync.h"
#include "vfs/pipe.h"

#define SLOTS 16u         /* at first: 64 KiB */
#define RING_ORDER_MAX 7u /* the most that mm/page.h gives */

int pipe_size_max = 1 << 20;

_Static_assert(PAGE_SIZE <= UINT16_MAX, "a buffer's size");

/* ---- the ring ---- */

void pipe_drop(struct pipe *pipe)
{
    struct page *page = pipe_at(pipe, 0)->page;
    bool own = pipe_at(pipe, 0)->flags & (PIPE_MERGE | PIPE_PACKET);

    pipe->tail++;
    if (own && pipe->spare == NULL && page->refs == 1)
        pipe->spare = page;
    else
        page_put(page);
}

void pipe_add(struct pipe *pipe, const struct pipe_buffer *buffer)
{
    *pipe_at(pipe, pipe_used(pipe)) = *buffer;
    pipe->head++;
}

/* ---- waiting and waking ---- */

void pipe_wake_readers(struct pipe *pipe)
{
    if (!wait_is_empty(&pipe->readable))
        (void)wait_wake(&pipe->readable, POLLIN | POLLRDNORM, 1);
}

void pipe_wake_writers(struct pipe *pipe)
{
    if (!wait_is_empty(&pipe->room))
        (void)wait_wake(&pipe->room, POLLOUT | POLLWRNORM, 1);
}

void pipe_tell_readers(struct pipe *pipe)
{
    pipe_wake_readers(pipe);
    fasync_tell(pipe->reader_owners, POLL_IN);
}

void pipe_tell_writers(struct pipe *pipe)
{
    pipe_wake_writers(pipe);
    fasync_tell(pipe->writer_owners, POLL_OUT);
}

void pipe_tell_given_back(struct pipe *pipe)
{
    pipe->taken_awaited = false;
    wait_wake_all(&pipe->readable, 0);
}

int pipe_wait_readable(struct pipe *pipe, bool nonblocking, unsigned how)
{
    int error = 0;

    while (((pipe_is_empty(pipe) && pipe->writers != 0) || pipe->taken) && error == 0) {
        pipe->taken_awaited |= pipe->taken;
        error = nonblocking ? -EAGAIN : wait_on(&pipe->readable, WAIT_FOREVER, WAIT_INTERRUPTIBLE | how);
    }
    return error;
}

int pipe_wait_room(struct pipe *pipe, bool nonblocking, unsigned how)
{
    int error = 0;

    while (pipe_is_full(pipe) && pipe->readers != 0 && error == 0)
        error = nonblocking ? -EAGAIN : wait_on(&pipe->room, WAIT_FOREVER, WAIT_INTERRUPTIBLE | how);
    return error;
}

int pipe_broken(void)
{
    struct thread *thread = current_thread();
    struct signal_info info = {
        .signal = SIGPIPE,
        .code = SI_USER,
        .sender = {.pid = thread->process->pid, .uid = thread->cred.user.real},
    };

    (void)signal_send_info(thread->process, thread, &info);
    return -EPIPE;
}

/* ---- the ring's memory ---- */

static unsigned order_of(size_t size)
{
    unsigned order = 0;

    while ((size_t)PAGE_SIZE << order < size)
        order++;
    return order;
}

static struct pipe_buffer *ring_alloc(unsigned slots)
{
    size_t size = slots * sizeof(struct pipe_buffer);
    struct page *pages;

    if (size <= PAGE_SIZE)
        return kmalloc(size);
    if (order_of(size) > RING_ORDER_MAX)
        return NULL;
    pages = page_alloc_order_dirty(order_of(size));
    return pages != NULL ? page_data(pages) : NULL;
}

static void ring_free(struct pipe_buffer *ring, unsigned slots)
{
    size_t size = slots * sizeof(*ring);

    if (size <= PAGE_SIZE)
        kfree(ring);
    else
        page_put_order(page_of(virt_to_phys(ring)), order_of(size));
}

uint64_t pipe_size(const struct pipe *pipe)
{
    return (uint64_t)pipe->slots << PAGE_SHIFT;
}

/* The number of pages, a power of two, for a size in bytes. 0: it is too large. */
static unsigned slots_for(uint32_t size)
{
    unsigned slots = 1;

    if (size > 1u << 31)
        return 0;
    while ((uint64_t)slots << PAGE_SHIFT < size)
        slots *= 2;
    return slots;
}

int64_t pipe_set_size(struct pipe *pipe, uint32_t size)
{
    unsigned slots = slots_for(size), used = pipe_used(pipe);
    struct pipe_buffer *ring;

    if (slots == 0)
        return -EINVAL;
    if (slots > pipe->slots && (uint64_t)slots << PAGE_SHIFT > (uint64_t)pipe_size_max &&
        !cred_has(&current_thread()->cred, CAP_SYS_RESOURCE))
        return -EPERM;
    if (slots < used + pipe->reserved)
        return -EBUSY;
    ring = ring_alloc(slots);
    if (ring == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < used; i++)
        ring[i] = *pipe_at(pipe, i);
    ring_free(pipe->ring, pipe->slots);
    pipe->ring = ring;
    pipe->slots = slots;
    pipe->tail = 0;
    pipe->head = used;
    pipe_wake_writers(pipe);
    return (int64_t)pipe_size(pipe);
}

/* ---- life ---- */

int pipe_get(struct inode *inode)
{
    struct pipe *pipe = inode->pipe;

    if (pipe == NULL) {
        pipe = kmalloc(sizeof(*pipe));
        if (pipe == NULL)
            return -ENOMEM;
        pipe->ring = ring_alloc(SLOTS);
        if (pipe->ring == NULL) {
            kfree(pipe);
            return -ENOMEM;
        }
        pipe->slots = SLOTS;
        inode->pipe = pipe;
    }
    pipe->files++;
    return 0;
}

void pipe_put(struct inode *inode)
{
    struct pipe *pipe = inode->pipe;

    if (--pipe->files != 0)
        return;
    inode->pipe = NULL;
    while (!pipe_is_empty(pipe))
        pipe_drop(pipe);
    if (pipe->spare != NULL)
        page_put(pipe->spare);
    ring_free(pipe->ring, pipe->slots);
    kfree(pipe);
}
