/* SPDX-License-Identifier: Apache-2.0 */
/* queues.c - see queues.h, and the owner's way to queues of server.h. */
#include "vmm/vhost/queues.h"

#include <errno.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* An eventfd's count never comes near its limit, and nothing else makes a good front end's. */
static void signal_fd(int fd)
{
    const uint64_t one = 1;

    if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
        return; /* it is the front end's loss */
}

void vhost_queues_init(struct vhost_server *server)
{
    for (unsigned i = 0; i < VHOST_QUEUES_MAX; i++)
        server->queue[i] = (struct vhost_queue){.kick = -1, .call = -1, .error = -1};
}

static void old_free(struct vhost_server *server)
{
    for (unsigned i = 0; i < server->old_count; i++) {
        vhost_memory_fini(server->old[i]);
        free(server->old[i]);
    }
    server->old_count = 0;
}

void vhost_queues_fini(struct vhost_server *server)
{
    for (unsigned i = 0; i < VHOST_QUEUES_MAX; i++) {
        close_fd(&server->queue[i].kick);
        close_fd(&server->queue[i].call);
        close_fd(&server->queue[i].error);
    }
    old_free(server);
    if (server->memory != NULL)
        vhost_memory_fini(server->memory);
    free(server->memory);
}

static unsigned chains_held(const struct vhost_server *server)
{
    unsigned held = 0;

    for (unsigned i = 0; i < server->device.queues; i++)
        held += server->queue[i].held;
    return held;
}

/* Chains don't say of which table they are: old ones go when the owner has none at all. */
static void old_free_unless_held(struct vhost_server *server)
{
    if (server->old_count != 0 && chains_held(server) == 0)
        old_free(server);
}

bool vhost_queue_runs(const struct vhost_server *server, unsigned index)
{
    return index < server->device.queues && server->queue[index].ring.ready && server->queue[index].enabled;
}

/* Its rings in the present table, from entry `next` on. */
static int ring_start(struct vhost_server *server, struct vhost_queue *queue, uint16_t next)
{
    struct virtqueue *ring = &queue->ring;

    if (server->memory == NULL || !queue->has_addr ||
        !vhost_memory_gpa(server->memory, queue->addr.desc, &ring->desc_gpa) ||
        !vhost_memory_gpa(server->memory, queue->addr.avail, &ring->driver_gpa) ||
        !vhost_memory_gpa(server->memory, queue->addr.used, &ring->device_gpa))
        return -EINVAL;
    ring->mem = &server->memory->mem;
    ring->indirect = (server->features >> VIRTIO_RING_F_INDIRECT_DESC) & 1;
    ring->event_idx = (server->features >> VIRTIO_RING_F_EVENT_IDX) & 1;
    return queue_resume(ring, next);
}

/* After the owner has heard of it. */
static void forget_run(struct vhost_server *server, struct vhost_queue *queue)
{
    queue_stop(&queue->ring);
    queue->held = 0;
    queue->again = false;
    if (queue->kick >= 0)
        epoll_ctl(server->epoll, EPOLL_CTL_DEL, queue->kick, NULL); /* the front end has the file open still */
    close_fd(&queue->kick);
    old_free_unless_held(server);
}

static void tell_owner(struct vhost_server *server, unsigned index)
{
    if (server->device.stopped != NULL)
        server->device.stopped(server->device.owner, index);
}

void vhost_queue_stop(struct vhost_server *server, unsigned index)
{
    struct vhost_queue *queue = &server->queue[index];

    if (queue->ring.ready) {
        tell_owner(server, index);
        vhost_queue_interrupt(server, index);
        queue->next = queue->ring.avail_next;
    }
    forget_run(server, queue);
}

int vhost_queue_start(struct vhost_server *server, unsigned index, int kick)
{
    struct vhost_queue *queue = &server->queue[index];
    /* Its count is never read: each write to it is an edge. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u32 = index};

    vhost_queue_stop(server, index);
    queue->kick = kick;
    int error = ring_start(server, queue, queue->next);
    if (error == 0 && epoll_ctl(server->epoll, EPOLL_CTL_ADD, kick, &event) < 0)
        error = -errno;
    queue->told = false;
    queue->again = true; /* some may be there from before */
    if (error != 0)
        forget_run(server, queue);
    return error;
}

/* A queue that runs, in the present table. */
static int move_queue(struct vhost_server *server, struct vhost_queue *queue)
{
    bool broken = queue->ring.broken;

    queue->next = queue->ring.avail_next;
    int error = ring_start(server, queue, queue->next);
    if (error != 0)
        queue_stop(&queue->ring);
    else
        queue->ring.broken = broken;
    return error;
}

/* No ring may be in the old table when the owner hears of the first that stops: by what it gives back then, that table
 * may go. */
int vhost_queues_move(struct vhost_server *server, struct vhost_memory *memory)
{
    bool fails[VHOST_QUEUES_MAX] = {false};
    int error = 0;

    if (server->old_count == VHOST_OLD_MAX) {
        vhost_memory_fini(memory);
        free(memory);
        return -EBUSY;
    }
    for (unsigned i = 0; i < server->device.queues; i++)
        vhost_queue_interrupt(server, i);
    if (server->memory != NULL)
        server->old[server->old_count++] = server->memory;
    server->memory = memory;
    for (unsigned i = 0; i < server->device.queues; i++)
        fails[i] = server->queue[i].ring.ready && move_queue(server, &server->queue[i]) != 0;
    for (unsigned i = 0; i < server->device.queues; i++) {
        if (!fails[i])
            continue;
        tell_owner(server, i);
        forget_run(server, &server->queue[i]);
        error = -EINVAL;
    }
    old_free_unless_held(server);
    return error;
}

int vhost_queue_pop(struct vhost_server *server, unsigned index, struct queue_chain *chain)
{
    struct vhost_queue *queue = &server->queue[index];

    if (!vhost_queue_runs(server, index))
        return 0;
    int got = queue_pop(&queue->ring, chain);
    if (got == 1)
        queue->held++;
    if (got < 0 && !queue->told) {
        queue->told = true;
        signal_fd(queue->error);
    }
    return got;
}

void vhost_queue_push(struct vhost_server *server, unsigned index, uint16_t head, uint32_t written)
{
    struct vhost_queue *queue = &server->queue[index];

    if (queue->held == 0)
        return;
    queue->held--;
    queue_push(&queue->ring, head, written);
    old_free_unless_held(server);
}

void vhost_queue_interrupt(struct vhost_server *server, unsigned index)
{
    struct vhost_queue *queue = &server->queue[index];

    if (queue_should_interrupt(&queue->ring))
        signal_fd(queue->call);
}
