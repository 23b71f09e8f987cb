/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c - puts a CPU in the state that the kernel wants, starts the others, and says what it can do. */
#include "cpu.h"

#include "abi/errno.h"
#include "core/process.h"
#include "core/smp.h"
#include "mm/page.h"

#include "fpu.h"

#define STACK_ORDER 1

_Static_assert(offsetof(struct percpu, kernel_sp) == PERCPU_KERNEL_SP, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, kernel_ra) == PERCPU_KERNEL_RA, "trap.S counts on it");
_Static_assert(offsetof(struct trap_frame, pc) == FRAME_PC, "trap.S counts on it");
_Static_assert(offsetof(struct trap_frame, estat) == FRAME_ESTAT, "trap.S counts on it");
_Static_assert(offsetof(struct trap_frame, badv) == FRAME_BADV, "trap.S counts on it");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "trap.S counts on it");

static struct percpu percpus[ARCH_CPUS_MAX];

/* What a CPU that is being started takes up; one at a time (core/smp.c). */
extern uint8_t *start_stack;
uint8_t *start_stack; /* known to boot.S */
static unsigned start_number;

struct thread *arch_current(void)
{
    return percpu()->current;
}

void arch_set_current(struct thread *thread)
{
    percpu()->current = thread;
    csr_write(CSR_SAVE_FRAME, (uint64_t)&thread->frame);
    fpu_switch(&thread->frame);
}

static void tlb_init(void)
{
    csr_write(CSR_ASID, 0);
    csr_write(CSR_PGDL, 0); /* nothing is mapped (trap.S) */
    csr_write(CSR_PGDH, 0);
    csr_write(CSR_PWCL, PWCL_LEVELS);
    csr_write(CSR_PWCH, PWCH_LEVELS);
    csr_write(CSR_STLBPS, PAGE_SIZE_BITS);
    csr_write(CSR_TLBREHI, PAGE_SIZE_BITS);
    csr_write(CSR_TLBIDX, PAGE_SIZE_BITS << 24);
    csr_write(CSR_TLBRENTRY, virt_to_phys(refill_entry));
    __asm__ volatile("invtlb 0, $zero, $zero" ::: "memory");
}

static uint32_t this_hwid(void)
{
    return csr_read(CSR_CPUID) & 0x1ff;
}

void cpu_init(unsigned number)
{
    struct percpu *cpu = &percpus[number];

    __asm__ volatile("move $r21, %0" ::"r"(cpu) : "memory");
    cpu->hwid = this_hwid();
    csr_write(CSR_SAVE_PERCPU, (uint64_t)cpu);
    csr_write(CSR_ECFG, 0);
    csr_write(CSR_PRMD, PRMD_USER);
    csr_write(CSR_EENTRY, (uint64_t)trap_entry);
    csr_write(CSR_TID, number); /* for vdso/counter.h */
    tlb_init();
    asids_count();
}

/* ---- other CPUs ---- */

bool arch_cpu_is_this(uint32_t hwid)
{
    return percpu()->hwid == hwid;
}

/* Loongson 3A5000 manual, 10.2: bit 31 waits until it has arrived, then the CPU from bit 16 on, then which of 32 kinds:
 * all ours are of kind 0. A mail has its half of a mailbox from bit 2 on, and its text in the upper half. */
static uint32_t ipi_to(uint32_t hwid)
{
    return 1u << 31 | hwid << 16;
}

int arch_cpu_start(unsigned number, uint32_t hwid)
{
    const uint32_t to = ipi_to(hwid);
    struct page *stack;

    if (number >= ARCH_CPUS_MAX)
        return -EINVAL;
    stack = page_alloc_order(STACK_ORDER);
    if (stack == NULL)
        return -ENOMEM;
    start_stack = (uint8_t *)page_data(stack) + (PAGE_SIZE << STACK_ORDER);
    start_number = number;
    barrier();
    iocsr_write64(IOCSR_MAIL_SEND, to | 1ull << 32);
    iocsr_write(IOCSR_IPI_SEND, to);
    return 0;
}

_Noreturn void start_other(void);
_Noreturn void start_other(void)
{
    cpu_init(start_number);
    arch_timer_set(UINT64_MAX);
    intc_cpu_init(0);
    smp_enter();
}

void arch_cpu_kick(unsigned number)
{
    barrier();
    iocsr_write(IOCSR_IPI_SEND, ipi_to(percpus[number].hwid));
}

void arch_cpu_relax(void)
{
    __asm__ volatile("" ::: "memory"); /* no instruction says so */
}

/* Caches of instructions and of data are coherent: what was fetched ahead is to go. */
void arch_code_sync(void)
{
    __asm__ volatile("ibar 0" ::: "memory");
}

/* What would interrupt it is off: it ends `idle`. */
_Noreturn void arch_cpu_park(void)
{
    csr_write(CSR_ECFG, 0);
    for (;;)
        __asm__ volatile("idle 0");
}

/* ---- what it can do ---- */

/* As Linux (arch/loongarch/kernel/cpu-probe.c): words and bits of CPUCFG. */
uint64_t arch_hwcap(unsigned which)
{
    enum { HWCAP_CPUCFG = 1 << 0 };
    static const struct {
        uint8_t word, bit, hwcap;
    } features[] = {
        {2, 22, 1},  /* LAM */
        {1, 20, 2},  /* UAL */
        {2, 0, 3},   /* FPU */
        {2, 6, 4},   /* LSX */
        {2, 7, 5},   /* LASX */
        {1, 25, 6},  /* CRC32 */
        {2, 8, 7},   /* COMPLEX */
        {2, 9, 8},   /* CRYPTO */
        {2, 24, 13}, /* PTW */
        {2, 21, 14}, /* LSPW */
    };
    uint64_t cap = HWCAP_CPUCFG;

    if (which != 1)
        return 0;
    for (unsigned i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        if (cpucfg(features[i].word) & 1u << features[i].bit)
            cap |= 1ull << features[i].hwcap;
    return cap;
}
