/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - the back end of a virtio device whose front end is another process's, by the vhost-user protocol: the
 * front end (lvmm's devices/virtio/vhost_user.c, or QEMU) has the device's registers, this side serves its queues.
 *
 * The owner says what the device is, and runs the server on its own thread: alone (vhost_server_run), or beside other
 * descriptors, of which the server is one (vhost_server_fd). Nothing here is thread-safe, and nothing waits but
 * vhost_server_run with a time-out.
 *
 * Both the guest and the front end are hostile: messages, memory tables and rings are checked here; what is in the
 * buffers of a chain is the owner's to check, and changes while it is looked at. A front end that shortens the memory's
 * file ends this process by SIGBUS.
 *
 *     static bool ready(void *owner, unsigned queue)
 *     {
 *         for (unsigned i = 0; i < TURN; i++) {
 *             if (vhost_queue_pop(server, queue, &chain) <= 0)
 *                 return false;
 *             vhost_queue_push(server, queue, chain.head, answer(&chain));
 *         }
 *         return true;
 *     }
 */
#ifndef LVMM_VHOST_SERVER_H
#define LVMM_VHOST_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/virtio/queue.h"

#define VHOST_QUEUES_MAX 8u
#define VHOST_CONFIG_MAX 256u

struct vhost_server;

struct vhost_device {
    uint64_t features; /* the device's own bits; those of rings (version 1, indirect, event index) are the server's */
    unsigned queues;   /* 1 to VHOST_QUEUES_MAX */
    /* The configuration space, which the driver can't write; size 0: the front end has it. Kept by the caller. */
    const void *config;
    uint32_t config_size;

    /* The queue may have chains to take: the driver told of them, or it has just been started. Takes all that there
     * are, as it isn't called for the same ones again, or returns true: then it is called once more when others have
     * had their turn. May be called for nothing. */
    bool (*ready)(void *owner, unsigned queue);
    /* The queue doesn't run from here on. Chains that the owner still has of it are given back now or never. NULL:
     * it never keeps one. */
    void (*stopped)(void *owner, unsigned queue);
    void *owner;
};

/* device: copied. socket: a stream, the server's from now on in any case. 0; -EINVAL, -ENOMEM, -EMFILE. */
int vhost_server_create(const struct vhost_device *device, int socket, struct vhost_server **out);
/* Unmaps the guest's memory: no chain's buffers may be used any more. `stopped` isn't called. NULL: nothing. */
void vhost_server_destroy(struct vhost_server *server);

/* Calls ready(owner) from vhost_server_run whenever more can be read of this descriptor, of which there is one at most;
 * it stays the caller's. 0 or -errno. */
int vhost_server_watch(struct vhost_server *server, int fd, void (*ready)(void *owner));

/* Readable (POLLIN) when vhost_server_run has something to do; always the same one, the server's. */
int vhost_server_fd(const struct vhost_server *server);

/*
 * Waits for at most timeout_ms (0: not at all; -1: without end) until there is something to do, does that which is
 * there, and returns, so that the owner can look after its other things. Callbacks come from here alone.
 * 0: call it again. -EPIPE: the front end has closed its end. Other -errno: it has broken the protocol, or a message
 * that needs no answer failed. After an error the server is to be destroyed.
 */
int vhost_server_run(struct vhost_server *server, int timeout_ms);

/* The features that the driver has accepted, 0 before that. */
uint64_t vhost_server_features(const struct vhost_server *server);

/*
 * The owner's way to the queues, at any time, from callbacks as well. A queue that doesn't run, or whose driver has
 * broken it, has no chains, and takes back none.
 */

/* Takes the next chain. 1; 0: there is none, and `ready` will be called for the next; -EINVAL: the ring is broken, now
 * or before, and the front end was told. The buffers are good until the chain is given back, or the queue stops. */
int vhost_queue_pop(struct vhost_server *server, unsigned index, struct queue_chain *chain);

/* Gives a chain back that was taken, in any order, `written` bytes of its writable buffers filled. Each one once. When
 * `ready` returns, the driver is interrupted if it wants that; elsewhere the owner calls vhost_queue_interrupt after
 * the last one. */
void vhost_queue_push(struct vhost_server *server, unsigned index, uint16_t head, uint32_t written);

/* Interrupts the driver, if it wants that, for what was given back since the last time. */
void vhost_queue_interrupt(struct vhost_server *server, unsigned index);

#endif
