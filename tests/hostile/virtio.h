/* SPDX-License-Identifier: Apache-2.0 */
/* virtio.h - the driver's side of virtio-mmio (virtio 1.2, 4.2) for the hostile guest, good manners optional. */
#ifndef HOSTILE_VIRTIO_H
#define HOSTILE_VIRTIO_H

#include "hostile.h"

#define RING_SIZE 128u
#define QUEUES_MAX 16u

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

struct vdesc {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

/* The three parts of ring `queue`, each on a page of its own. */
struct vring {
    struct vdesc *desc;
    volatile uint16_t *avail; /* flags, idx, ring */
    volatile uint16_t *used;  /* flags, idx, elements */
};

struct vdev {
    uint64_t base; /* of the registers; 0: the machine has none */
    unsigned place, queues;
    struct vring ring[QUEUES_MAX];
};

/* The first device with this ID (2: disk, 3: console). */
struct vdev *vdev_find(uint32_t id);
/* Resets it and sets all queues up as a good driver does. features: the lower 32 bits. */
void vdev_start(struct vdev *dev, uint32_t features);
void vdev_kick(const struct vdev *dev, unsigned queue);

/* One buffer in descriptor `at`. */
void vring_put(struct vring *ring, unsigned at, uint64_t address, uint32_t length, unsigned flags, unsigned next);
/* Makes the chain at `head` available, once more. */
void vring_offer(struct vring *ring, uint16_t head);
/* Makes all of the ring available: the chain at `head` in each place. */
void vring_fill(struct vring *ring, uint16_t head);

/* Any misuse of the transport and of one ring. */
void vdev_step(struct vdev *dev);

#endif
