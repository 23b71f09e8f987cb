/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/mmio.c devices/virtio/queue.c devices/virtio/iov.c vmm/kvm/mem.c devices/irqline.c vmm/log.c
// vmm/loop.c vmm/process.c vmm/sandbox/*.c vmm/syscall_names.c
/* virtio_mmio_fuzz.c - any register accesses in any state, with a device that copies each chain's bytes. */
#include "devices/virtio/mmio.h"

#include "devices/virtio/iov.h"
#include "tests/fuzz/virtio.h"

struct echo {
    struct virtio_device virtio; /* first */
    struct virtqueue queue[3];
    uint32_t config[5];
};

static void echo_notify(struct virtio_device *dev, unsigned index)
{
    struct virtqueue *queue = &((struct echo *)dev)->queue[index];
    static struct queue_chain chain;
    uint8_t bytes[256];

    while (virtio_pop(dev, queue, &chain)) {
        size_t n = iov_read(chain.iov, chain.readable, 0, bytes, sizeof(bytes));

        n = iov_write(chain.iov + chain.readable, chain.writable, 1, bytes, n);
        queue_push(queue, chain.head, (uint32_t)n);
    }
    virtio_interrupt(dev, queue);
}

static void echo_destroy(struct virtio_device *dev)
{
    virtio_fini(dev);
}

static const struct virtio_device_ops echo_ops = {.device_id = 7, .notify = echo_notify, .destroy = echo_destroy};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct device_env env;
    struct echo echo;
    struct virtio_init init = {.ops = &echo_ops,
                               .features = 0x21,
                               .config = echo.config,
                               .config_size = sizeof(echo.config),
                               .queue = echo.queue,
                               .queue_count = 3};
    struct guest guest;

    memset(&echo, 0, sizeof(echo));
    memset(&env, 0, sizeof(env));
    guest_init(&guest);
    guest.dev = &echo.virtio.device;
    guest.queues = 3;
    guest.features = (uint64_t)(input_u8(&input) & 3) << 28;
    env.mem = &guest.mem;
    env.irq.fd = -1;
    virtio_init(&echo.virtio, &env, &init);
    guest_run(&guest, &input);
    guest.dev->ops->destroy(guest.dev);
    mem_fini(&guest.mem);
    return 0;
}
