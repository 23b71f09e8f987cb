/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.c - what a handler is told of aarch64's faults: signal, code, address, and the records of the signal frame;
 * and what reading of identification registers gives, which traps.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <ucontext.h>

#include "../show.h"

#define ESR_LEVEL 3u /* of the page table: not the program's business */

struct record {
    uint32_t magic, size;
};

static sigjmp_buf back;

static const char *place(uint64_t address, const ucontext_t *context)
{
    static char text[32];

    if (address == context->uc_mcontext.pc)
        return "pc";
    snprintf(text, sizeof(text), "%llx", (unsigned long long)address);
    return text;
}

static void on_fault(int signal, siginfo_t *info, void *argument)
{
    const ucontext_t *context = argument;
    const char *at = (const char *)context->uc_mcontext.__reserved;
    struct record record;
    uint64_t esr;

    printf("signal %d, code %d, at %s, ", signal, info->si_code, place((uint64_t)info->si_addr, context));
    printf("fault address %s", place(context->uc_mcontext.fault_address, context));
    for (memcpy(&record, at, sizeof(record)); record.magic; memcpy(&record, at, sizeof(record))) {
        memcpy(&esr, at + sizeof(record), sizeof(esr));
        if (record.magic == FPSIMD_MAGIC)
            printf(", vector registers");
        if (record.magic == ESR_MAGIC)
            printf(", syndrome %llx", (unsigned long long)(esr & ~(uint64_t)ESR_LEVEL));
        at += record.size;
    }
    printf("\n");
    siglongjmp(back, 1);
}

#define TRY(...)                           \
    do {                                   \
        printf("%s: ", #__VA_ARGS__);      \
        if (!sigsetjmp(back, 1)) {         \
            __asm__ volatile(__VA_ARGS__); \
            printf("nothing\n");           \
        }                                  \
    } while (0)

static void instructions(void)
{
    TRY("udf #0");
    TRY("brk #7");
    TRY("hvc #0");
    TRY("svc #3" : : : "x0", "memory");
    TRY("hlt #0");
    TRY("wfi");
    TRY("wfe");
    TRY("msr daifset, #2");
    TRY("mrs x0, sctlr_el1" :: : "x0");
    TRY("dc ivac, %0" : : "r"(&back) : "memory");
    TRY("dc cvau, %0" : : "r"(&back) : "memory");
    TRY("ic ivau, %0" : : "r"(&back) : "memory");
    TRY("dc cvau, %0" : : "r"(0ul) : "memory");
}

static void addresses(void)
{
    static const char constant[] = "constant";
    static uint64_t word[4];

    TRY("ldr x0, [%0]" : : "r"(0ul) : "x0");
    TRY("str x0, [%0]" : : "r"(8ul) : "memory");
    TRY("ldr x0, [%0]" : : "r"(0xffff000040200000) : "x0");
    TRY("str x0, [%0]" : : "r"(0xffffffffffffff00) : "memory");
    TRY("ldr x0, [%0]" : : "r"(0x00f0000040200000ul) : "x0");
    printf("a read by a pointer with a tag: ");
    TRY("ldr x0, [%0]" : : "r"((uint64_t)word | 0x5aull << 56) : "x0");
    if (!sigsetjmp(back, 1))
        TRY("ldaxr x0, [%0]" : : "r"((uint64_t)word + 1) : "x0");
    if ((uint64_t)constant >> 32 == 0)
        TRY("blr %0" : : "r"(0x10ul) : "x30", "memory");
    TRY("blr %0" : : "r"(2ul) : "x30", "memory");
    TRY("blr %0" : : "r"(0xffff000040200000) : "x30", "memory");
}

#define ID(name)                                          \
    ({                                                    \
        uint64_t value_;                                  \
        __asm__ volatile("mrs %0, " name : "=r"(value_)); \
        value_;                                           \
    })

static void agree(const char *name, uint64_t field, unsigned least, unsigned long capability)
{
    printf("%s: %s\n", name, ((field & 0xf) >= least) == (capability != 0) ? "yes" : "no");
}

static void identification(void)
{
    unsigned long hwcap = getauxval(AT_HWCAP), hwcap2 = getauxval(AT_HWCAP2);
    uint64_t isar0 = ID("s3_0_c0_c6_0"), isar1 = ID("s3_0_c0_c6_1"), pfr0 = ID("s3_0_c0_c4_0");

    agree("registers can be read", 1, 1, hwcap & 1ul << 11);
    agree("AES", isar0 >> 4, 1, hwcap & 1ul << 3);
    agree("SHA512", isar0 >> 12, 2, hwcap & 1ul << 21);
    agree("CRC32", isar0 >> 16, 1, hwcap & 1ul << 7);
    agree("atomics", isar0 >> 20, 2, hwcap & 1ul << 8);
    agree("random numbers", isar0 >> 60, 1, hwcap2 & 1ul << 16);
    agree("pointer authentication", isar1 >> 4 | isar1 >> 8, 1, hwcap & 1ul << 30);
    agree("matrices", isar1 >> 52, 1, hwcap2 & 1ul << 13);
    agree("SVE", pfr0 >> 32, 1, hwcap & 1ul << 22);
    agree("DIT", pfr0 >> 48, 1, hwcap & 1ul << 24);
    printf("exception levels: %llx\n", (unsigned long long)(pfr0 & 0xffff));
    printf("MPIDR: %llx\n", (unsigned long long)ID("s3_0_c0_c0_5"));
    printf("one without a name: %llx\n", (unsigned long long)ID("s3_0_c0_c7_7"));
    TRY("mrs x0, s3_0_c0_c1_0" :: : "x0");
    TRY("mrs x0, s3_0_c0_c0_1" :: : "x0");
    printf("the counter runs: %s\n", ID("cntfrq_el0") && ID("cntvct_el0") ? "yes" : "no");
    printf("DC ZVA is allowed: %s\n", ID("dczid_el0") >> 4 & 1 ? "no" : "yes");
}

int main(void)
{
    const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGSEGV, SIGFPE};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    instructions();
    addresses();
    identification();
    return 0;
}
