/* SPDX-License-Identifier: Apache-2.0 */
/* loongarch64.c - gkernel's machine on loongarch64: QEMU's virt. */
#include "gkernel.h"
#include "serial16550.h"

#define SERIAL ((volatile uint8_t *)0x1fe001e0) /* a 16550 */

void serial_write(unsigned reg, uint8_t value)
{
    SERIAL[reg] = value;
}

uint8_t serial_read(unsigned reg)
{
    return SERIAL[reg];
}

/* ACPI's generic event device (ACPI 6.4, 4.8.3.7): sleep control, sleep status, reset. */
#define GED ((volatile uint8_t *)0x100e001c)
enum { GED_SLEEP = 0 };
#define SLEEP_OFF 0x34 /* type 5, enable */

const char *const machine_isa = "loongarch64";
const uint64_t machine_pflash_base = 0x1c000000;

const void *machine_device_tree(uint64_t boot_arg)
{
    return (const void *)boot_arg;
}

/* The machine knows no status. */
_Noreturn void machine_power_off(uint8_t status)
{
    (void)status;
    serial_drain();
    GED[GED_SLEEP] = SLEEP_OFF;
    for (;;)
        __asm__ volatile("idle 0");
}
