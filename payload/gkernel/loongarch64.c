/* SPDX-License-Identifier: Apache-2.0 */
/* loongarch64.c - gkernel's machine on loongarch64: QEMU's virt. */
#include <stdbool.h>

#include "gkernel.h"

/* The 16550 (PC16550D data sheet, section 8): its first register is the transmitter's. */
#define SERIAL ((volatile uint8_t *)0x1fe001e0)
enum { SERIAL_THR = 0, SERIAL_FCR = 2, SERIAL_LSR = 5 };
#define FCR_ENABLE 0x01
#define LSR_THRE 0x20 /* the FIFO is empty */
#define LSR_TEMT 0x40 /* and the last character is out */
#define FIFO_SIZE 16

/* ACPI's generic event device (ACPI 6.4, 4.8.3.7): sleep control, sleep status, reset. */
#define GED ((volatile uint8_t *)0x100e001c)
enum { GED_SLEEP = 0 };
#define SLEEP_OFF 0x34 /* type 5, enable */

const char *const machine_isa = "loongarch64";
const uint64_t machine_pflash_base = 0x1c000000;

static void serial_wait(uint8_t bit)
{
    while (!(SERIAL[SERIAL_LSR] & bit))
        ;
}

const void *machine_device_tree(uint64_t boot_arg)
{
    return (const void *)boot_arg;
}

/* Looks once for a whole FIFO; not at all, and QEMU loses what its reader is slow to take. */
void machine_put_char(char c)
{
    static bool started;
    static unsigned room;

    if (!started)
        SERIAL[SERIAL_FCR] = FCR_ENABLE;
    started = true;
    if (!room) {
        serial_wait(LSR_THRE);
        room = FIFO_SIZE;
    }
    room--;
    SERIAL[SERIAL_THR] = (uint8_t)c;
}

/* The machine knows no status. */
_Noreturn void machine_power_off(uint8_t status)
{
    (void)status;
    serial_wait(LSR_TEMT);
    GED[GED_SLEEP] = SLEEP_OFF;
    for (;;)
        __asm__ volatile("idle 0");
}
