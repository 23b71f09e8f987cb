/* SPDX-License-Identifier: Apache-2.0 */
/* sbi.c - calls of the machine below: a7 is the extension, a6 the function (SBI Specification, chapter 3). */
#include "riscv.h"

enum {
    SBI_BASE = 0x10,
    SBI_TIME = 0x54494d45,
    SBI_IPI = 0x735049,
    SBI_RFENCE = 0x52464e43,
    SBI_HSM = 0x48534d,
    SBI_SRST = 0x53525354,
};
enum { BASE_PROBE = 3, TIME_SET = 0, IPI_SEND = 0, RFENCE_FENCE_I = 0, HSM_START = 0, SRST_RESET = 0 };

struct sbi_result {
    int64_t error;
    uint64_t value;
};

static struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t x, uint64_t y, uint64_t z)
{
    register uint64_t a0 __asm__("a0") = x;
    register uint64_t a1 __asm__("a1") = y;
    register uint64_t a2 __asm__("a2") = z;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(int64_t)a0, a1};
}

int sbi_set_timer(uint64_t time)
{
    return (int)sbi_call(SBI_TIME, TIME_SET, time, 0, 0).error;
}

int sbi_hart_start(uint32_t hart, uint64_t entry, uint64_t arg)
{
    return (int)sbi_call(SBI_HSM, HSM_START, hart, entry, arg).error;
}

int sbi_send_ipi(uint64_t mask, uint64_t base)
{
    return (int)sbi_call(SBI_IPI, IPI_SEND, mask, base, 0).error;
}

int sbi_remote_fence_i(uint64_t mask, uint64_t base)
{
    return (int)sbi_call(SBI_RFENCE, RFENCE_FENCE_I, mask, base, 0).error;
}

static bool sbi_has(uint64_t extension)
{
    return sbi_call(SBI_BASE, BASE_PROBE, extension, 0, 0).value != 0;
}

bool sbi_serves_harts(void)
{
    return sbi_has(SBI_IPI) && sbi_has(SBI_RFENCE) && sbi_has(SBI_HSM);
}

void sbi_shutdown(void)
{
    sbi_call(SBI_SRST, SRST_RESET, 0, 0, 0); /* shutdown, no reason */
}

uint64_t sbi_machine(enum sbi_machine which)
{
    return sbi_call(SBI_BASE, which, 0, 0, 0).value;
}
