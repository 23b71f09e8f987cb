/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/blk*.c devices/virtio/iov.c vmm/file_process.c vmm/disk/*.c vmm/file_io.c vmm/log.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* virtio_blk_fuzz.c - any requests to a disk. Without a loop it stays with the synchronous engine, which parses alike.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/virtio.h"

#define DISK_BYTES 16384u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct device_services services = {.has_ended = guest_has_ended};
    static int disk = -1;
    struct input input = {data, size};
    struct virtio_blk_args args;
    struct device_env env;
    struct guest guest;
    uint8_t flags = input_u8(&input);

    if (disk < 0)
        disk = memfd_create("disk", 0);
    must(ftruncate(disk, DISK_BYTES) == 0);
    memset(&args, 0, sizeof(args));
    args.fd = disk;
    args.size_bytes = DISK_BYTES;
    args.read_only = flags & 4;
    memset(&env, 0, sizeof(env));
    guest_init(&guest);
    guest.queues = 1;
    guest.features = (uint64_t)(flags & 3) << 28 | (flags & 4 ? 0 : 3u << 13); /* with discards and zeroes */
    env.mem = &guest.mem;
    env.irq.fd = -1;
    env.services = &services;
    must(device_virtio_blk.create(&env, &args, &guest.dev) == 0);
    if (flags & 8) /* it ends in the middle */
        guest_work_left = 1 + (flags >> 4);
    guest_start(&guest);
    guest_run(&guest, &input);
    guest.dev->ops->destroy(guest.dev);
    must(lseek(disk, 0, SEEK_END) == DISK_BYTES); /* nothing was written behind the end */
    mem_fini(&guest.mem);
    return 0;
}
