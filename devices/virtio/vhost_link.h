/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vhost_link.h - the messages of a vhost-user front end to the process that serves its device's queues.
 *
 * The server may be hung: each call waits for so long at most, for the socket and for the answer together. After the
 * first error the link is of no more use, and all calls give -EPIPE at once. Not thread-safe: the device's lock
 * guards it.
 */
#ifndef LVMM_DEVICES_VIRTIO_VHOST_LINK_H
#define LVMM_DEVICES_VIRTIO_VHOST_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/vhost/protocol.h"

/* While the guest runs, whose vCPU waits meanwhile; and before, when the server may have just been made, and looks at
 * the host's files before it listens. */
#define VHOST_LINK_MS 1000u
#define VHOST_LINK_BEGIN_MS 10000u

struct vhost_link {
    int socket;           /* the caller's */
    unsigned patience_ms; /* of each call */
    bool broken;
    bool acknowledges; /* the server answers whether it could do what it was asked */
};

/* Sends a request of `size` bytes, with `fd_count` descriptors beside it. `told`: and waits for the server's word that
 * it was done, if the server gives such. 0; -EREMOTEIO: the server says no; -ETIMEDOUT; -EPIPE: it is gone; -EPROTO: it
 * answered with something else; -errno. */
int vhost_link_send(struct vhost_link *link, enum vhost_request request, const void *payload, uint32_t size,
                    const int *fds, unsigned fd_count, bool told);

/* The same for a request that has an answer of exactly `answer_size` bytes, which may lie where the payload does. */
int vhost_link_ask(struct vhost_link *link, enum vhost_request request, const void *payload, uint32_t size,
                   void *answer, uint32_t answer_size);

#endif
