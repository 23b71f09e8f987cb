/* SPDX-License-Identifier: Apache-2.0 */
/* x86_64.c - gkernel's machine on x86_64: lvmm's own microvm, the same as QEMU's. */
#include <stddef.h>

#include "gkernel.h"
#include "serial16550.h"

#define POWER_OFF_PORT 0x501 /* QEMU's isa-debug-exit */

#define SERIAL_PORT 0x3f8 /* a 16550 */

/* Xen, "x86/HVM direct boot ABI". */
#define START_INFO_MAGIC 0x336ec578

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules; /* physical address */
};

struct start_info_module {
    uint64_t address, size, cmdline, reserved;
};

static void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void serial_write(unsigned reg, uint8_t value)
{
    out8((uint16_t)(SERIAL_PORT + reg), value);
}

uint8_t serial_read(unsigned reg)
{
    return in8((uint16_t)(SERIAL_PORT + reg));
}

const char *const machine_isa = "x86_64";
const uint64_t machine_pflash_base = 0xffc00000;

const void *machine_device_tree(uint64_t boot_arg)
{
    const struct start_info *info = (const void *)boot_arg;
    const struct start_info_module *module;

    if (info->magic != START_INFO_MAGIC || info->module_count == 0)
        return NULL;
    module = (const void *)info->modules;
    return (const void *)module->address;
}

_Noreturn void machine_power_off(uint8_t status)
{
    serial_drain();
    out8(POWER_OFF_PORT, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}
