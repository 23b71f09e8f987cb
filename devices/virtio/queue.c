/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - split virtqueues, virtio 1.2, section 2.7. */
#include "devices/virtio/queue.h"

#include <errno.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rings are little-endian and used in place");

enum { DESC_F_NEXT = 1, DESC_F_WRITE = 2, DESC_F_INDIRECT = 4 };
enum { AVAIL_F_NO_INTERRUPT = 1 };

struct desc { /* 2.7.5 */
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

struct used_elem { /* 2.7.8 */
    uint32_t id, len;
};

/* The available ring in 16-bit words: flags, idx, ring[size], used_event (2.7.6). */
enum { AVAIL_FLAGS = 0, AVAIL_IDX = 1, AVAIL_RING = 2 };
/* The used ring: flags, idx, then elements of four words, then avail_event (2.7.8). */
enum { USED_FLAGS = 0, USED_IDX = 1, USED_RING = 2, USED_ELEM_WORDS = 4 };

static uint16_t ring_load(const uint16_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void ring_store(uint16_t *word, uint16_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Our store to one ring before our load of the other; the driver does the same the other way round (2.7.10). */
static void ring_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

int queue_start(struct virtqueue *queue)
{
    uint32_t size = queue->size;

    queue_stop(queue);
    if (size == 0 || size > QUEUE_SIZE_ANY || (size & (size - 1)) != 0)
        return -EINVAL;
    /* Alignments of 2.7. Ranges of memory are page-aligned on both sides, so the host's pointers are aligned too. */
    if (queue->desc_gpa % 16 != 0 || queue->driver_gpa % 2 != 0 || queue->device_gpa % 4 != 0)
        return -EINVAL;
    queue->desc = mem_at(queue->mem, queue->desc_gpa, size * sizeof(struct desc));
    queue->avail = mem_at(queue->mem, queue->driver_gpa, (AVAIL_RING + size + 1) * sizeof(uint16_t));
    queue->used = mem_at(queue->mem, queue->device_gpa, (USED_RING + size * USED_ELEM_WORDS + 1) * sizeof(uint16_t));
    if (queue->desc == NULL || queue->avail == NULL || queue->used == NULL)
        return -EINVAL;
    queue->ready = true;
    return 0;
}

int queue_resume(struct virtqueue *queue, uint16_t next)
{
    int error = queue_start(queue);

    if (error != 0)
        return error;
    queue->avail_next = next;
    queue->used_next = queue->used_told = ring_load(&queue->used[USED_IDX]);
    return 0;
}

void queue_stop(struct virtqueue *queue)
{
    queue->ready = queue->broken = false;
    queue->avail_next = queue->used_next = queue->used_told = 0;
}

static int queue_break(struct virtqueue *queue)
{
    queue->broken = true;
    return -EINVAL;
}

/* How many chains wait, or -EINVAL: the driver can't have made more available than the ring holds. */
static int queue_waiting(struct virtqueue *queue)
{
    uint16_t waiting = (uint16_t)(ring_load(&queue->avail[AVAIL_IDX]) - queue->avail_next);

    return waiting <= queue->size ? waiting : queue_break(queue);
}

int queue_pending(struct virtqueue *queue)
{
    int waiting;

    if (!queue->ready)
        return 0;
    if (queue->broken)
        return -EINVAL;
    waiting = queue_waiting(queue);
    if (waiting == 0 && queue->event_idx) {
        /* Ask for a notification, and look again: one may have come in between. */
        ring_store(&queue->used[USED_RING + queue->size * USED_ELEM_WORDS], queue->avail_next);
        ring_fence();
        waiting = queue_waiting(queue);
    }
    return waiting > 0 ? 1 : waiting;
}

/* The one read of a descriptor: the fence keeps the compiler from reading guest memory again in place of the copy. */
static void desc_load(struct desc *desc, const uint8_t *table, uint16_t index)
{
    memcpy(desc, table + index * sizeof(*desc), sizeof(*desc));
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Adds one buffer. Readable ones come before writable ones (2.7.4.2). */
static int chain_add(const struct mem *mem, struct queue_chain *chain, const struct desc *desc)
{
    bool write = (desc->flags & DESC_F_WRITE) != 0;
    unsigned at = chain->readable + chain->writable;
    uint32_t *total = write ? &chain->writable_bytes : &chain->readable_bytes;

    if (at == QUEUE_CHAIN_MAX || desc->len == 0 || (!write && chain->writable > 0))
        return -EINVAL;
    /* 2.7.5.2: all of a chain is shorter than 4 GiB. */
    if ((uint64_t)chain->readable_bytes + chain->writable_bytes + desc->len > UINT32_MAX)
        return -EINVAL;
    chain->iov[at].iov_base = mem_at(mem, desc->addr, desc->len);
    chain->iov[at].iov_len = desc->len;
    if (chain->iov[at].iov_base == NULL)
        return -EINVAL;
    *total += desc->len;
    if (write)
        chain->writable++;
    else
        chain->readable++;
    return 0;
}

/* Follows a list from entry `index` of a table. Stops at its end: 0, or at a descriptor that refers to an indirect
 * table: 1 with a copy of it in *last. A loop ends when `count` descriptors were seen: no valid list is longer. */
static int chain_follow(const struct mem *mem, struct queue_chain *chain, const uint8_t *table, uint32_t count,
                        uint16_t index, struct desc *last)
{
    for (uint32_t seen = 0; seen < count; seen++) {
        int error;

        if (index >= count)
            return -EINVAL;
        desc_load(last, table, index);
        if (last->flags & DESC_F_INDIRECT)
            return 1;
        error = chain_add(mem, chain, last);
        if (error < 0)
            return error;
        if (!(last->flags & DESC_F_NEXT))
            return 0;
        index = last->next;
    }
    return -EINVAL;
}

/*
 * 2.7.5.3. An indirect table ends its chain and holds no further one. It may be longer than the queue, against the
 * letter of the specification: Linux makes such ones. QUEUE_CHAIN_MAX bounds it.
 */
static int chain_indirect(const struct virtqueue *queue, struct queue_chain *chain, const struct desc *ref)
{
    struct desc last;
    const uint8_t *table;

    if (!queue->indirect || (ref->flags & DESC_F_NEXT) || ref->len == 0 || ref->len % sizeof(struct desc) != 0)
        return -EINVAL;
    table = mem_at(queue->mem, ref->addr, ref->len);
    if (table == NULL)
        return -EINVAL;
    return chain_follow(queue->mem, chain, table, ref->len / sizeof(struct desc), 0, &last) == 0 ? 0 : -EINVAL;
}

int queue_pop(struct virtqueue *queue, struct queue_chain *chain)
{
    struct desc last;
    int error = queue_pending(queue);

    if (error <= 0)
        return error;
    chain->head = ring_load(&queue->avail[AVAIL_RING + (queue->avail_next & (queue->size - 1))]);
    chain->readable = chain->writable = 0;
    chain->readable_bytes = chain->writable_bytes = 0;
    error = chain_follow(queue->mem, chain, queue->desc, queue->size, chain->head, &last);
    if (error == 1)
        error = chain_indirect(queue, chain, &last);
    if (error < 0)
        return queue_break(queue);
    queue->avail_next++;
    return 1;
}

void queue_push(struct virtqueue *queue, uint16_t head, uint32_t written)
{
    struct used_elem elem = {.id = head, .len = written};
    unsigned slot = queue->used_next & (queue->size - 1u);

    if (!queue->ready || queue->broken)
        return;
    memcpy(&queue->used[USED_RING + slot * USED_ELEM_WORDS], &elem, sizeof(elem));
    queue->used_next++;
    ring_store(&queue->used[USED_IDX], queue->used_next);
}

bool queue_should_interrupt(struct virtqueue *queue)
{
    uint16_t told = queue->used_told, event;

    if (!queue->ready || queue->broken || queue->used_next == told)
        return false;
    queue->used_told = queue->used_next;
    ring_fence();
    if (!queue->event_idx)
        return !(ring_load(&queue->avail[AVAIL_FLAGS]) & AVAIL_F_NO_INTERRUPT);
    /* 2.7.7.2: did we pass used_event since the last interrupt? */
    event = ring_load(&queue->avail[AVAIL_RING + queue->size]);
    return (uint16_t)(queue->used_next - event - 1) < (uint16_t)(queue->used_next - told);
}
