/* SPDX-License-Identifier: Apache-2.0 */
/* riscv64.c - gkernel's machine on riscv64: QEMU's virt, with an SBI below. */
#include <stdbool.h>

#include "gkernel.h"

/* The 16550 (PC16550D data sheet, section 8): its first register is the transmitter's. */
#define SERIAL ((volatile uint8_t *)0x10000000)
enum { SERIAL_THR = 0, SERIAL_FCR = 2, SERIAL_LSR = 5 };
#define FCR_ENABLE 0x01
#define LSR_THRE 0x20 /* the FIFO is empty */
#define LSR_TEMT 0x40 /* and the last character is out */
#define FIFO_SIZE 16

/* SBI Specification, chapter 10: System Reset Extension. */
#define SBI_EXT_SRST 0x53525354
enum { SRST_RESET = 0 };
enum { SRST_SHUTDOWN = 0 };
enum { SRST_NO_REASON = 0, SRST_SYSTEM_FAILURE = 1 };

const char *const machine_isa = "riscv64";
const uint64_t machine_pflash_base = 0x22000000;

static void serial_wait(uint8_t bit)
{
    while (!(SERIAL[SERIAL_LSR] & bit))
        ;
}

const void *machine_device_tree(uint64_t boot_arg)
{
    return (const void *)boot_arg;
}

/* Looks once for a whole FIFO, as on KVM each look is an exit; not at all, and QEMU loses what its reader is slow to
 * take. */
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

/* The SBI knows no status, only a reason. */
_Noreturn void machine_power_off(uint8_t status)
{
    register uint64_t a0 __asm__("a0") = SRST_SHUTDOWN;
    register uint64_t a1 __asm__("a1") = status ? SRST_SYSTEM_FAILURE : SRST_NO_REASON;
    register uint64_t a6 __asm__("a6") = SRST_RESET;
    register uint64_t a7 __asm__("a7") = SBI_EXT_SRST;

    serial_wait(LSR_TEMT);
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    for (;;)
        __asm__ volatile("wfi");
}
