/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - the device's side of a split virtqueue (virtio 1.2, section 2.7). Nothing else reads rings.
 *
 * The driver is hostile: each descriptor is copied once and then checked; lengths, indices and addresses are bounded. A
 * bad ring makes the call return -EINVAL and every later one too, until the queue is started again.
 *
 * No lock of its own: the device's lock guards it.
 */
#ifndef LVMM_DEVICES_VIRTIO_QUEUE_H
#define LVMM_DEVICES_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "vmm/kvm/mem.h"

#define QUEUE_SIZE_MAX 128 /* entries; what our devices offer */
#define QUEUE_SIZE_ANY \
    1024 /* entries of a queue whose registers are another's, at most: what QEMU's transports offer */
#define QUEUE_CHAIN_MAX 128 /* buffers in one chain, indirect ones included */

struct virtqueue {
    /* Set by the transport before queue_start. */
    const struct mem *mem;
    gpa_t desc_gpa, driver_gpa, device_gpa;
    uint16_t size;            /* a power of two, at most QUEUE_SIZE_ANY */
    bool indirect, event_idx; /* negotiated features */

    /* The rest belongs to queue.c. */
    bool ready, broken;
    const uint8_t *desc;
    const uint16_t *avail;
    uint16_t *used;
    uint16_t avail_next; /* of the available ring: what is taken next */
    uint16_t used_next;  /* of the used ring: what is written next */
    uint16_t used_told;  /* used_next at the last interrupt */
};

/* One chain of descriptors, as the host sees its buffers. They may change at any time: copy, then parse. */
struct queue_chain {
    uint16_t head;
    unsigned readable, writable; /* buffers: iov[0 .. readable) are the device's to read, the next ones to write */
    uint32_t readable_bytes, writable_bytes;
    struct iovec iov[QUEUE_CHAIN_MAX];
};

/* Starts at index 0. 0; -EINVAL if the rings aren't aligned or not in memory. */
int queue_start(struct virtqueue *queue);
/* Starts where another run of the same rings ended: `next` is the index of the available ring that comes next; that of
 * the used ring is found in memory. Errors: as queue_start. */
int queue_resume(struct virtqueue *queue, uint16_t next);
void queue_stop(struct virtqueue *queue);

/* Is there a chain to take? 1, 0 or -EINVAL. When there is none, the driver will notify us of the next. */
int queue_pending(struct virtqueue *queue);

/* Takes the next chain. 1, 0 (none; the driver will notify) or -EINVAL. */
int queue_pop(struct virtqueue *queue, struct queue_chain *chain);

/* Gives a chain back, `written` bytes of its writable buffers filled. Not seen by the driver's interrupt handler until
 * an interrupt, see queue_should_interrupt. */
void queue_push(struct virtqueue *queue, uint16_t head, uint32_t written);

/* Does the driver want an interrupt for what was pushed since the last one? */
bool queue_should_interrupt(struct virtqueue *queue);

#endif
