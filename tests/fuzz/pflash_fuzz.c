/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/pflash.c devices/pflash_cfi.c vmm/file_io.c vmm/log.c
/* pflash_fuzz.c - any accesses to a flash. In read-array mode it reads as its image; the image never grows. */
#include <sys/mman.h>
#include <unistd.h>

#include "devices/device.h"
#include "tests/fuzz/input.h"

#define WINDOW 0x4000u
#define IMAGE 0x2100u /* not whole pages, not all of the window */

static const void *mapped;

static int on_map_rom(void *vm, uint64_t gpa, uint64_t size, void *host)
{
    (void)vm;
    (void)gpa;
    must(size == 0x2000);
    must((mapped == NULL) == (host != NULL));
    mapped = host;
    return 0;
}

static void step(struct device *dev, struct input *input, int fd)
{
    uint8_t op = input_u8(input);
    unsigned size = 1u << (op & 3);
    uint64_t offset = input_u16(input) % WINDOW & ~(uint64_t)(size - 1);
    uint8_t got[8], stored[8];

    if (op & 4) {
        /* Mostly one byte: a command. */
        uint64_t value = op & 8 ? input_u64(input) : input_u8(input);

        dev->ops->io.write(dev, offset, &value, size);
        return;
    }
    dev->ops->io.read(dev, offset, got, size);
    if (mapped != NULL) {
        memset(stored, 0xff, sizeof(stored));
        must(pread(fd, stored, size, (off_t)offset) >= 0);
        must(memcmp(got, stored, size) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct device_services services = {.map_rom = on_map_rom};
    static int fd = -1;
    struct input input = {data, size};
    struct device_env env;
    struct pflash_args args;
    struct device *dev;

    if (fd < 0)
        fd = memfd_create("flash", 0);
    must(ftruncate(fd, IMAGE) == 0);
    memset(&env, 0, sizeof(env));
    env.window.size = WINDOW;
    env.services = &services;
    args = (struct pflash_args){.fd = fd, .size = IMAGE, .read_only = input_u8(&input) & 1, .name = "flash"};
    must(device_pflash.create(&env, &args, &dev) == 0);
    while (input.size > 0)
        step(dev, &input, fd);
    dev->ops->destroy(dev);
    must(mapped == NULL);
    must(lseek(fd, 0, SEEK_END) == IMAGE);
    return 0;
}
