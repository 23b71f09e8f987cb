/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/queue.c vmm/kvm/mem.c
/* virtio_queue_fuzz.c - rings with any content: what queue_pop gives lies in guest memory and within the bounds. */
#include "devices/virtio/queue.h"

#include "tests/fuzz/input.h"

#define MEMORY 0x4000u

static void check_chain(const struct mem *mem, const struct virtqueue *queue, const struct queue_chain *chain)
{
    uint64_t sum[2] = {0, 0};
    const uint8_t *start = mem->host[0];

    must(chain->head < queue->size);
    must(chain->readable + chain->writable <= QUEUE_CHAIN_MAX);
    for (unsigned i = 0; i < chain->readable + chain->writable; i++) {
        const uint8_t *base = chain->iov[i].iov_base;

        must(base >= start && base + chain->iov[i].iov_len <= start + MEMORY);
        sum[i >= chain->readable] += chain->iov[i].iov_len;
    }
    must(sum[0] == chain->readable_bytes && sum[1] == chain->writable_bytes);
}

static void step(struct mem *mem, struct virtqueue *queue, struct input *input)
{
    static struct queue_chain chain;
    uint8_t bytes[32];
    gpa_t gpa;

    switch (input_u8(input) & 3) {
    case 0:
        gpa = input_u16(input);
        mem_write(mem, gpa, bytes, input_bytes(input, bytes, sizeof(bytes)));
        break;
    case 1:
    case 2:
        if (queue_pop(queue, &chain) == 1) {
            check_chain(mem, queue, &chain);
            queue_push(queue, chain.head, chain.writable_bytes);
        }
        break;
    case 3:
        queue_should_interrupt(queue);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mem_range range = {0, MEMORY};
    struct input input = {data, size};
    struct virtqueue queue;
    struct mem mem;
    uint8_t flags = input_u8(&input);

    memset(&queue, 0, sizeof(queue));
    must(mem_init(&mem, &range, 1) == 0);
    queue.mem = &mem;
    queue.indirect = flags & 1;
    queue.event_idx = flags & 2;
    queue.size = flags & 4 ? input_u8(&input) : 8;
    queue.desc_gpa = flags & 8 ? input_u64(&input) : 0;
    queue.driver_gpa = flags & 16 ? input_u64(&input) : 0x80;
    queue.device_gpa = flags & 32 ? input_u64(&input) : 0x100;
    if (queue_start(&queue) == 0) {
        /* All of the memory from the input first: rings, tables and buffers share it. */
        input_bytes(&input, mem.host[0], input.size < 0x400 ? input.size / 2 : 0x400);
        while (input.size > 0)
            step(&mem, &queue, &input);
    }
    mem_fini(&mem);
    return 0;
}
