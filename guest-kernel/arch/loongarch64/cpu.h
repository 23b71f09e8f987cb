/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h - what the files of this folder share: per-CPU state, and each other's functions. */
#ifndef GK_ARCH_LOONGARCH64_CPU_H
#define GK_ARCH_LOONGARCH64_CPU_H

#include "arch/arch.h"
#include "csr.h"
#include "layout.h"

struct fdt;

/* Reached through $r21 in the kernel. The first two are known to trap.S (layout.h). Others never write to its line. */
struct percpu {
    uint64_t kernel_sp, kernel_ra; /* user_enter's caller */
    struct thread *current;
    uint32_t hwid; /* CSR.CPUID: whom an interrupt for this CPU is sent to */
} __attribute__((aligned(64)));

/* Volatile: a thread may be on another CPU after arch_switch. */
static inline struct percpu *percpu(void)
{
    struct percpu *cpu;

    __asm__ volatile("move %0, $r21" : "=r"(cpu));
    return cpu;
}

/* What was done before is seen by others, and by devices, before what is done after. */
static inline void barrier(void)
{
    __asm__ volatile("dbar 0" ::: "memory");
}

static inline void *device_registers(paddr_t pa)
{
    return (void *)(WINDOW_UNCACHED + pa); /* NOLINT(performance-no-int-to-ptr) */
}

/* trap.S */
void cpu_idle(void);
extern char trap_entry[], refill_entry[];

/* trap.c */
_Noreturn void trap_in_kernel(const struct trap_frame *frame);

/* cpu.c: this CPU's registers, and its per-CPU state as number `number`. */
void cpu_init(unsigned number);

/* memory.c: finds out how many ASIDs this CPU has. */
void asids_count(void);

/* intc.c: extended I/O interrupts and the bridge's controller. */
void intc_node(const struct fdt *fdt, const struct fdt_node *node); /* is this the bridge's controller? */
void intc_init(void);
void intc_cpu_init(uint32_t lines); /* this CPU takes its timer's interrupts, other CPUs' and these (IS_*) */
unsigned intc_acknowledge(void);    /* one interrupt: its input, or ARCH_IRQ_NONE */

/* clock.c */
void clock_start(void);

/* platform.c: is this the serial port, or what turns the machine off? */
void platform_node(const struct fdt *fdt, const struct fdt_node *node);

#endif
