/* SPDX-License-Identifier: Apache-2.0 */
/* x86_64.c - gkernel's machine on x86_64: lvmm's own microvm, the same as QEMU's. */
#include <stdbool.h>
#include <stddef.h>

#include "gkernel.h"

#define POWER_OFF_PORT 0x501 /* QEMU's isa-debug-exit */

/* The 16550 (PC16550D data sheet, section 8): its first port is the transmit register. */
#define SERIAL_PORT 0x3f8
#define SERIAL_FCR (SERIAL_PORT + 2)
#define SERIAL_LSR (SERIAL_PORT + 5)
#define FCR_ENABLE 0x01
#define LSR_THRE 0x20 /* the FIFO is empty */
#define LSR_TEMT 0x40 /* and the last character is out */
#define FIFO_SIZE 16

/* Xen, "x86/HVM direct boot ABI". */
#define START_INFO_MAGIC 0x336ec578

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules; /* physical address */
};

struct start_info_module {
    uint64_t address, size, cmdline, reserved;
};

const char *const machine_isa = "x86_64";
const uint64_t machine_pflash_base = 0xffc00000;

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

static void serial_wait(uint8_t bit)
{
    while (!(in8(SERIAL_LSR) & bit))
        ;
}

const void *machine_device_tree(uint64_t boot_arg)
{
    const struct start_info *info = (const void *)boot_arg;
    const struct start_info_module *module;

    if (info->magic != START_INFO_MAGIC || !info->module_count)
        return NULL;
    module = (const void *)info->modules;
    return (const void *)module->address;
}

/* Looks once for a whole FIFO, as on KVM each look is an exit; not at all, and QEMU loses what its reader is slow to
 * take. */
void machine_put_char(char c)
{
    static bool started;
    static unsigned room;

    if (!started)
        out8(SERIAL_FCR, FCR_ENABLE);
    started = true;
    if (!room) {
        serial_wait(LSR_THRE);
        room = FIFO_SIZE;
    }
    room--;
    out8(SERIAL_PORT, (uint8_t)c);
}

_Noreturn void machine_power_off(uint8_t status)
{
    serial_wait(LSR_TEMT);
    out8(POWER_OFF_PORT, status);
    for (;;)
        __asm__ volatile("cli; hlt");
}
