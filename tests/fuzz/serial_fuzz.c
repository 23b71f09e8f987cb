/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/serial/serial16550.c devices/serial/pl011.c devices/serial/uart.c devices/serial/serial_input.c
// devices/hoststream.c vmm/loop.c vmm/process.c vmm/log.c vmm/escape.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* serial_fuzz.c - any register accesses to a UART of either kind, with input waiting. */
#include <fcntl.h>
#include <unistd.h>

#include "devices/device.h"
#include "tests/fuzz/input.h"

static void on_output(void *owner, const char *bytes, unsigned count)
{
    (void)owner;
    must(bytes != NULL && count > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct device_env env;
    struct serial_args args = {.output = on_output};
    const struct device_type *type = input_u8(&input) & 1 ? &device_pl011 : &device_serial16550;
    uint64_t places = type == &device_pl011 ? 0x1000 : 8;
    struct device *dev;
    int in[2];
    uint8_t typed[32];

    memset(&env, 0, sizeof(env));
    must(loop_create(&env.loop) == 0 && pipe2(in, O_CLOEXEC) == 0);
    must(write(in[1], typed, input_bytes(&input, typed, sizeof(typed))) >= 0);
    env.irq.fd = -1;
    args.in_fd = in[0];
    must(type->create(&env, &args, &dev) == 0);
    while (input.size > 0) {
        uint8_t op = input_u8(&input);
        unsigned width = 1u << (op >> 3 & 3);
        uint64_t offset = (op & 7) | (places > 8 ? (uint64_t)input_u8(&input) << 2 | (uint64_t)(op & 0x20) << 6 : 0);
        uint64_t value = 0;

        offset &= (places - 1) & ~(uint64_t)(width - 1);

        if (op & 0x80) {
            value = input_u8(&input);
            dev->ops->io.write(dev, offset, &value, width);
        } else {
            dev->ops->io.read(dev, offset, &value, width);
        }
    }
    dev->ops->destroy(dev);
    loop_destroy(env.loop);
    close(in[0]);
    close(in[1]);
    return 0;
}
