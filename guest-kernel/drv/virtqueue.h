/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtqueue.h - the driver's side of a split virtqueue (virtio 1.2, section 2.7).
 *
 * What the device writes (the used ring) is not trusted: an id that is not outstanding or a length beyond the buffers
 * marks the device as broken. What the driver needs to remember lies in memory that the device doesn't know.
 */
#ifndef GK_DRV_VIRTQUEUE_H
#define GK_DRV_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/page.h"

struct virtio_device;

struct virtq_desc { /* section 2.7.5 */
    uint64_t addr;
    uint32_t length;
    uint16_t flags, next;
};

enum { VIRTQ_DESC_NEXT = 1, VIRTQ_DESC_WRITE = 2, VIRTQ_DESC_INDIRECT = 4 };

struct virtq_avail { /* section 2.7.6 */
    uint16_t flags, index, ring[];
};

enum { VIRTQ_AVAIL_NO_INTERRUPT = 1 };

struct virtq_used_element {
    uint32_t id, length;
};

struct virtq_used { /* section 2.7.8 */
    uint16_t flags, index;
    struct virtq_used_element ring[];
};

enum { VIRTQ_USED_NO_NOTIFY = 1 };

struct virtq_slot {    /* the driver's own account of a descriptor */
    void *token;       /* of the chain that starts here; NULL: none does */
    uint32_t writable; /* bytes of that chain that the device may write */
    uint16_t next;     /* in its chain, or in the free list */
};

struct virtqueue {
    struct virtio_device *dev;
    struct virtqueue *next; /* of the same device */
    uint32_t size_max;      /* the device's; known after virtio_configure */
    uint16_t index, size;
    uint16_t fresh;       /* descriptors from here on were never used: no list has to be built at the start */
    uint16_t free_head;   /* those that came back */
    uint16_t free_count;  /* of both kinds */
    uint16_t outstanding; /* chains that the device has */
    uint16_t avail_index; /* where the next chain goes; the device sees it at the next kick */
    uint16_t kicked;      /* avail_index at the last one */
    bool event_idx;       /* negotiated: section 2.7.7, 2.7.10 */
    uint16_t used_index;  /* the next used element to look at */
    struct virtq_desc *desc;
    struct virtq_avail *avail;
    struct virtq_used *used;
    struct virtq_slot slot[];
};

/* Sets up queue `index` of a device with `size` entries (a power of two); after virtio_configure it has fewer if the
 * device can't have so many. Its interrupts are off. 0 or -ENOMEM. */
int virtqueue_create(struct virtio_device *dev, uint16_t index, uint16_t size, struct virtqueue **out);
void virtqueue_shorten(struct virtqueue *queue); /* to size_max; it is still unused. For virtio.c */

/* A chain of buffers in the making: first those that the device reads, then those that it writes. */
struct virtq_chain {
    struct virtqueue *queue;
    struct virtq_desc *table; /* indirect descriptors (section 2.7.5.3), or NULL: the queue's own */
    struct virtq_desc *last;
    uint32_t writable;
    uint16_t head, tail, count;
    bool full;
};

/* table: room for an indirect table, in memory that virt_to_phys knows, until the chain has come back. NULL: none. */
void virtq_chain_begin(struct virtq_chain *chain, struct virtqueue *queue, struct virtq_desc *table);
void virtq_chain_add(struct virtq_chain *chain, paddr_t addr, uint32_t size, bool device_writes);
/* Queues it; the device sees it with the next kick. token (not NULL) comes back from virtqueue_take.
 * 0, or -ENOSPC: the queue hasn't so many free descriptors, and nothing has happened. */
int virtq_chain_submit(struct virtq_chain *chain, void *token);

/* Shows the device what was queued, if anything was, and notifies it if it wants that. */
void virtqueue_kick(struct virtqueue *queue);
/* Shows the device what was queued, without a word: for one that looks by itself. */
void virtqueue_publish(struct virtqueue *queue);

/* Has the device used a chain (or broken)? Reads memory only. */
bool virtqueue_has_used(const struct virtqueue *queue);
/* The token of the next chain that the device has used, or NULL; *written: bytes that it wrote, as it says, but never
 * more than the chain has room for. NULL also if the device breaks the protocol (dev->broken). */
void *virtqueue_take(struct virtqueue *queue, uint32_t *written);

/* The token of some chain that the device still has, which is forgotten with it; NULL: it has none. For a device that
 * was reset: until then the chain's memory is the device's. */
void *virtqueue_forget(struct virtqueue *queue);

/* Asks for an interrupt when a chain has been used, or for none. After turning them on, look at the used ring once
 * more: what was used before doesn't interrupt. */
void virtqueue_set_interrupts(struct virtqueue *queue, bool on);
/* The same, once `count` more chains have been used (at least 1, at most those outstanding); a device that can't count
 * interrupts for the first. */
void virtqueue_interrupt_after(struct virtqueue *queue, uint16_t count);

#endif
