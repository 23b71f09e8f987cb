/* SPDX-License-Identifier: Apache-2.0 */
/* riscv64.c - gkernel's machine on riscv64: QEMU's virt, with an SBI below. */
#include "gkernel.h"
#include "serial16550.h"

#define SERIAL ((volatile uint8_t *)0x10000000) /* a 16550 */

void serial_write(unsigned reg, uint8_t value)
{
    SERIAL[reg] = value;
}

uint8_t serial_read(unsigned reg)
{
    return SERIAL[reg];
}

/* SBI Specification, chapter 10: System Reset Extension. */
#define SBI_EXT_SRST 0x53525354
enum { SRST_RESET = 0 };
enum { SRST_SHUTDOWN = 0 };
enum { SRST_NO_REASON = 0, SRST_SYSTEM_FAILURE = 1 };

const char *const machine_isa = "riscv64";
const uint64_t machine_pflash_base = 0x22000000;

const void *machine_device_tree(uint64_t boot_arg)
{
    return (const void *)boot_arg;
}

/* The SBI knows no status, only a reason. */
_Noreturn void machine_power_off(uint8_t status)
{
    register uint64_t a0 __asm__("a0") = SRST_SHUTDOWN;
    register uint64_t a1 __asm__("a1") = status != 0 ? SRST_SYSTEM_FAILURE : SRST_NO_REASON;
    register uint64_t a6 __asm__("a6") = SRST_RESET;
    register uint64_t a7 __asm__("a7") = SBI_EXT_SRST;

    serial_drain();
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    for (;;)
        __asm__ volatile("wfi");
}
