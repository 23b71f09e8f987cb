/* SPDX-License-Identifier: Apache-2.0 */
/* aarch64.c - gkernel's machine on aarch64: QEMU's virt, with PSCI below. */
#include <stdbool.h>

#include "gkernel.h"

/* The PL011 (Arm DDI 0183G, section 3.2), by words. */
#define UART ((volatile uint32_t *)0x09000000)
enum { UART_DR = 0x00 / 4, UART_FR = 0x18 / 4, UART_CR = 0x30 / 4 };
#define FR_BUSY 0x08
#define FR_TXFE 0x80     /* the FIFO is empty */
#define CR_ENABLE 0x0301 /* UARTEN, TXE, RXE */
#define FIFO_SIZE 16

/* PSCI (Arm DEN 0022). */
#define PSCI_SYSTEM_OFF 0x84000008
#define PSCI_SYSTEM_RESET 0x84000009

const char *const machine_isa = "aarch64";
const uint64_t machine_pflash_base = 0x04000000;

const void *machine_device_tree(uint64_t boot_arg)
{
    return (const void *)boot_arg;
}

/* Looks once for a whole FIFO, as on KVM each look is an exit. */
void machine_put_char(char c)
{
    static bool started;
    static unsigned room;

    if (!started)
        UART[UART_CR] = CR_ENABLE;
    started = true;
    if (room == 0) {
        while (!(UART[UART_FR] & FR_TXFE))
            ;
        room = FIFO_SIZE;
    }
    room--;
    UART[UART_DR] = (uint8_t)c;
}

/* PSCI knows no status: a reset is a failure. */
_Noreturn void machine_power_off(uint8_t status)
{
    register uint64_t x0 __asm__("x0") = status != 0 ? PSCI_SYSTEM_RESET : PSCI_SYSTEM_OFF;

    while (UART[UART_FR] & FR_BUSY)
        ;
    __asm__ volatile("hvc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
    for (;;)
        __asm__ volatile("wfi");
}
