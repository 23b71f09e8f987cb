/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h - what the files of this folder share: instructions, per-CPU state, and each other's functions. */
#ifndef GK_ARCH_LOONGARCH64_CPU_H
#define GK_ARCH_LOONGARCH64_CPU_H

#include "arch/arch.h"
#include "layout.h"

struct fdt;

/* Reached through $r21 in the kernel. The first two are known to trap.S (layout.h). */
struct percpu {
    uint64_t kernel_sp, kernel_ra; /* user_enter's caller */
    struct thread *current;
    uint64_t panics; /* faults in the kernel so far: one is reported, a second ends it */
};

static inline struct percpu *percpu(void)
{
    struct percpu *cpu;

    __asm__("move %0, $r21" : "=r"(cpu));
    return cpu;
}

#define csr_read(csr)                                                  \
    ({                                                                 \
        uint64_t csr_value;                                            \
        __asm__ volatile("csrrd %0, %1" : "=r"(csr_value) : "i"(csr)); \
        csr_value;                                                     \
    })
#define csr_write(csr, value)                                                         \
    do {                                                                              \
        uint64_t csr_new_value = (value);                                             \
        __asm__ volatile("csrwr %0, %1" : "+r"(csr_new_value) : "i"(csr) : "memory"); \
    } while (0)

static inline uint32_t iocsr_read(uint32_t reg)
{
    uint32_t value;

    __asm__ volatile("iocsrrd.w %0, %1" : "=r"(value) : "r"(reg));
    return value;
}

static inline void iocsr_write(uint32_t reg, uint32_t value)
{
    __asm__ volatile("iocsrwr.w %0, %1" ::"r"(value), "r"(reg) : "memory");
}

static inline void iocsr_write64(uint32_t reg, uint64_t value)
{
    __asm__ volatile("iocsrwr.d %0, %1" ::"r"(value), "r"(reg) : "memory");
}

static inline uint32_t cpucfg(uint32_t word)
{
    uint32_t value;

    __asm__("cpucfg %0, %1" : "=r"(value) : "r"(word));
    return value;
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

/* intc.c: extended I/O interrupts and the bridge's controller. */
void intc_node(const struct fdt *fdt, const struct fdt_node *node); /* is this the bridge's controller? */
void intc_init(void);
void intc_dispatch(void);

/* clock.c */
void clock_start(void);

/* platform.c: is this the serial port, or what turns the machine off? */
void platform_node(const struct fdt *fdt, const struct fdt_node *node);

#endif
