/* SPDX-License-Identifier: Apache-2.0 */
/* virtqueue.c - the driver's side of a split virtqueue. */
#include "drv/virtqueue.h"

#include "abi/errno.h"
#include "core/log.h"
#include "drv/virtio_device.h"
#include "mm/kmalloc.h"

#define NONE 0xffffu

_Static_assert(sizeof(struct virtq_desc) == 16, "section 2.7.5");
_Static_assert(sizeof(struct virtq_used_element) == 8, "section 2.7.8");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "virtio is little-endian, and so must the CPU be");

/* The three parts in one object: the descriptors first, whose alignment (16) is the greatest. */
static int rings_create(struct virtqueue *queue)
{
    size_t desc_bytes = queue->size * sizeof(struct virtq_desc);
    size_t avail_bytes = (sizeof(struct virtq_avail) + (queue->size + 1u) * sizeof(uint16_t) + 3) & ~(size_t)3;
    size_t used_bytes = sizeof(struct virtq_used) + queue->size * sizeof(struct virtq_used_element) + sizeof(uint16_t);
    uint8_t *rings = kmalloc(desc_bytes + avail_bytes + used_bytes);

    if (rings == NULL)
        return -ENOMEM;
    queue->desc = (void *)rings;
    queue->avail = (void *)(rings + desc_bytes);
    queue->used = (void *)(rings + desc_bytes + avail_bytes);
    virtqueue_set_interrupts(queue, false);
    return 0;
}

__attribute__((noinline)) int virtqueue_create(struct virtio_device *dev, uint16_t index, uint16_t size,
                                               struct virtqueue **out)
{
    struct virtqueue *queue = kmalloc(sizeof(*queue) + size * sizeof(queue->slot[0]));

    if (queue == NULL)
        return -ENOMEM;
    queue->dev = dev;
    queue->index = index;
    queue->size = size;
    queue->free_head = NONE;
    queue->free_count = size;
    queue->event_idx = dev->features & VIRTIO_F_EVENT_IDX;
    if (rings_create(queue) != 0) {
        kfree(queue);
        return -ENOMEM;
    }
    queue->next = dev->queues;
    dev->queues = queue;
    dev->transport->queue_enable(dev, queue, &queue->size_max);
    *out = queue;
    return 0;
}

/* The rings stay where they are. */
void virtqueue_shorten(struct virtqueue *queue)
{
    while (queue->size > queue->size_max)
        queue->size >>= 1;
    queue->free_count = queue->size;
    virtqueue_set_interrupts(queue, false);
}

static uint16_t descriptor_take(struct virtqueue *queue)
{
    uint16_t id = queue->free_head;

    if (id != NONE)
        queue->free_head = queue->slot[id].next;
    else
        id = queue->fresh++;
    queue->free_count--;
    return id;
}

/* Gives the whole chain that starts at `head` back. */
static void chain_free(struct virtqueue *queue, uint16_t head)
{
    uint16_t tail = head;

    queue->free_count++;
    while (queue->slot[tail].next != NONE) {
        tail = queue->slot[tail].next;
        queue->free_count++;
    }
    queue->slot[tail].next = queue->free_head;
    queue->free_head = head;
}

void virtq_chain_begin(struct virtq_chain *chain, struct virtqueue *queue, struct virtq_desc *table)
{
    *chain = (struct virtq_chain){.queue = queue, .table = table, .head = NONE, .tail = NONE};
}

/* The next descriptor of the chain in the queue's own table; NULL: none is free. */
static struct virtq_desc *chain_descriptor(struct virtq_chain *chain)
{
    struct virtqueue *queue = chain->queue;
    uint16_t id;

    if (queue->free_count == 0) {
        chain->full = true;
        return NULL;
    }
    id = descriptor_take(queue);
    queue->slot[id].next = NONE;
    if (chain->tail != NONE) {
        queue->slot[chain->tail].next = id;
        chain->last->next = id;
    } else {
        chain->head = id;
    }
    chain->tail = id;
    return &queue->desc[id];
}

/* Not inline, as virtqueue_kick isn't. */
__attribute__((noinline)) void virtq_chain_add(struct virtq_chain *chain, paddr_t addr, uint32_t size,
                                               bool device_writes)
{
    struct virtq_desc *desc = chain->table != NULL ? &chain->table[chain->count] : chain_descriptor(chain);

    if (desc == NULL)
        return;
    if (chain->last != NULL)
        chain->last->flags |= VIRTQ_DESC_NEXT;
    desc->addr = addr;
    desc->length = size;
    desc->flags = device_writes ? VIRTQ_DESC_WRITE : 0;
    chain->count++;
    if (chain->table != NULL)
        desc->next = chain->count;
    if (device_writes)
        chain->writable += size;
    chain->last = desc;
}

int virtq_chain_submit(struct virtq_chain *chain, void *token)
{
    struct virtqueue *queue = chain->queue;

    if (chain->table != NULL) {
        struct virtq_desc *desc = chain_descriptor(chain);

        if (desc != NULL) {
            desc->addr = virt_to_phys(chain->table);
            desc->length = chain->count * (uint32_t)sizeof(*desc);
            desc->flags = VIRTQ_DESC_INDIRECT;
        }
    }
    if (chain->full || chain->head == NONE) {
        if (chain->head != NONE)
            chain_free(queue, chain->head);
        return -ENOSPC;
    }
    queue->slot[chain->head].token = token;
    queue->slot[chain->head].writable = chain->writable;
    queue->avail->ring[queue->avail_index++ & (queue->size - 1)] = chain->head;
    queue->outstanding++;
    return 0;
}

/* Section 2.7.10: where the device wants to be told, behind the used ring. */
static bool wants_notification(const struct virtqueue *queue, uint16_t old)
{
    const uint16_t *avail_event = (const void *)&queue->used->ring[queue->size];

    if (!queue->event_idx)
        return !(__atomic_load_n(&queue->used->flags, __ATOMIC_RELAXED) & VIRTQ_USED_NO_NOTIFY);
    uint16_t passed = (uint16_t)(queue->avail_index - __atomic_load_n(avail_event, __ATOMIC_RELAXED) - 1);
    return passed < (uint16_t)(queue->avail_index - old);
}

void virtqueue_publish(struct virtqueue *queue)
{
    queue->kicked = queue->avail_index;
    __atomic_store_n(&queue->avail->index, queue->avail_index, __ATOMIC_RELEASE);
}

/* Not inline, as virtqueue_take isn't: each driver has a few places that kick, and a device costs more than a call. */
__attribute__((noinline)) void virtqueue_kick(struct virtqueue *queue)
{
    uint16_t old = queue->kicked;

    if (queue->avail_index == old)
        return;
    virtqueue_publish(queue);
    /* Section 2.7.13.4.1: the index must be visible before the device's flags are read, or both sides may sleep. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (wants_notification(queue, old))
        queue->dev->transport->notify(queue->dev, queue->index);
}

bool virtqueue_has_used(const struct virtqueue *queue)
{
    return __atomic_load_n(&queue->used->index, __ATOMIC_ACQUIRE) != queue->used_index || queue->dev->broken;
}

/* The device broke the protocol: says so once, and marks it. */
static __attribute__((noinline, cold)) void device_break(struct virtio_device *dev, const char *what)
{
    if (!dev->broken)
        log_error("a virtio device broke the protocol: %s", what);
    dev->broken = true;
}

void *virtqueue_take(struct virtqueue *queue, uint32_t *written)
{
    const struct virtq_used_element *element = &queue->used->ring[queue->used_index & (queue->size - 1)];
    struct virtq_slot *slot;
    uint32_t id, length;
    void *token;

    if (!virtqueue_has_used(queue) || queue->dev->broken)
        return NULL;
    id = __atomic_load_n(&element->id, __ATOMIC_RELAXED);
    length = __atomic_load_n(&element->length, __ATOMIC_RELAXED);
    if (id >= queue->size || queue->slot[id].token == NULL) {
        device_break(queue->dev, "it used a buffer that it did not have");
        return NULL;
    }
    slot = &queue->slot[id];
    if (length > slot->writable) {
        device_break(queue->dev, "it wrote more than a buffer's size");
        return NULL;
    }
    token = slot->token;
    slot->token = NULL;
    chain_free(queue, (uint16_t)id);
    queue->used_index++;
    queue->outstanding--;
    if (written != NULL)
        *written = length;
    return token;
}

void *virtqueue_forget(struct virtqueue *queue)
{
    for (uint16_t id = 0; queue->outstanding != 0 && id < queue->size; id++) {
        void *token = queue->slot[id].token;

        if (token == NULL)
            continue;
        queue->slot[id].token = NULL;
        queue->outstanding--;
        return token;
    }
    return NULL;
}

/* Section 2.7.7: used_event lies behind the available ring. */
static void used_event_set(struct virtqueue *queue, uint16_t value)
{
    __atomic_store_n(&queue->avail->ring[queue->size], value, __ATOMIC_RELAXED);
}

void virtqueue_interrupt_after(struct virtqueue *queue, uint16_t count)
{
    if (queue->event_idx)
        used_event_set(queue, (uint16_t)(queue->used_index + count - 1));
    else
        __atomic_store_n(&queue->avail->flags, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before the caller's look at the used ring */
}

void virtqueue_set_interrupts(struct virtqueue *queue, bool on)
{
    if (on)
        virtqueue_interrupt_after(queue, 1);
    else if (queue->event_idx) /* as far away as can be */
        used_event_set(queue, (uint16_t)(queue->used_index - 0x8000u));
    else
        __atomic_store_n(&queue->avail->flags, VIRTQ_AVAIL_NO_INTERRUPT, __ATOMIC_RELAXED);
}
