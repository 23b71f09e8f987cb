/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/console*.c devices/hoststream.c devices/virtio/iov.c vmm/escape.c vmm/log.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* virtio_console_fuzz.c - any control messages and buffers, to ports of all kinds: a sink, a file, a pipe that fills
 * up. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/virtio.h"

static bool on_sink(void *owner, const uint8_t *bytes, unsigned count)
{
    (void)owner;
    for (unsigned i = 0; i < count; i++) /* all of it can be read */
        must(bytes[i] <= 0xff);
    return count == 0 || bytes[0] != 0xff;
}

static size_t next_record(void *owner, uint8_t *bytes)
{
    unsigned *left = owner;

    if (*left == 0)
        return 0;
    --*left;
    memset(bytes, 'r', VIRTIO_CONSOLE_SOURCE_BYTES);
    return 20;
}

static void on_error(void *owner, unsigned port, int error)
{
    (void)owner;
    must(port < 3 && error > 0);
}

static void on_escape(void *owner, uint8_t next)
{
    (void)owner;
    (void)next;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct device_services services = {.has_ended = guest_has_ended};
    static int null_fd = -1, full_fd = -1;
    unsigned records = 40;
    struct input input = {data, size};
    struct device_env env;
    struct guest guest;
    struct loop *loop;
    uint8_t flags = input_u8(&input), typed[8];
    int in[2], out[2];

    if (null_fd < 0) {
        null_fd = open("/dev/null", O_RDWR);
        full_fd = open("/dev/full", O_WRONLY);
        signal(SIGPIPE, SIG_IGN);
    }
    must(loop_create(&loop) == 0);
    must(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    must(write(in[1], typed, input_bytes(&input, typed, sizeof(typed))) >= 0);
    if (flags & 4)
        close(out[0]);
    if (flags & 8)
        close(in[1]);

    const struct virtio_console_port ports[] = {
        {.name = "tty", .is_console = true, .in_fd = in[0], .out_fd = out[1], .escape = 1, .on_escape = on_escape},
        {.name = "control", .in_fd = -1, .out_fd = -1, .sink = on_sink, .source = next_record, .owner = &records},
        {.in_fd = null_fd, .out_fd = flags & 16 ? full_fd : null_fd, .on_error = on_error},
    };
    const struct virtio_console_args args = {.ports = ports, .count = 3, .rows = 24, .columns = 80};

    memset(&env, 0, sizeof(env));
    guest_init(&guest);
    guest.queues = 8;
    guest.features = (uint64_t)(flags & 3) << 28 | 2;
    env.mem = &guest.mem;
    env.loop = loop;
    env.services = &services;
    env.irq.fd = -1;
    must(device_virtio_console.create(&env, &args, &guest.dev) == 0);
    if (flags & 16) /* it ends in the middle */
        guest_work_left = 1 + (flags >> 5);
    guest_start(&guest);
    guest_run(&guest, &input);
    guest.dev->ops->destroy(guest.dev);
    loop_destroy(loop);
    close(in[0]);
    close(out[1]);
    if (!(flags & 4))
        close(out[0]);
    if (!(flags & 8))
        close(in[1]);
    mem_fini(&guest.mem);
    return 0;
}
