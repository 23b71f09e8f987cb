/* SPDX-License-Identifier: Apache-2.0 */
/* riscv.h - what the files of this folder share: instructions, per-CPU state, and each other's functions. */
#ifndef GK_ARCH_RISCV64_RISCV_H
#define GK_ARCH_RISCV64_RISCV_H

#include "arch/arch.h"
#include "layout.h"

struct fdt;
struct fdt_node;
struct thread;

/* Reached through tp in the kernel, and through sscratch while a program runs; in the kernel sscratch is 0. The first
 * fields are known to trap.S (layout.h). It is its hart's own, but for what needs the kernel's lock. */
struct percpu {
    uint64_t kernel_sp;       /* where user_enter left the kernel's stack */
    struct trap_frame *frame; /* the current thread's */
    uint64_t scratch;         /* the interrupted sp on the way in */
    uint64_t stack;           /* where its stack begins; 0: the boot hart's, or nobody's */
    uint64_t idle_cause;      /* what ended cpu_idle */
    uint64_t fault_stack;     /* where that for faults in the kernel begins */
    struct thread *current;
    paddr_t root;               /* of the user half that it translates with, or 0; others read it, under the lock */
    uint64_t exec_pages;        /* isa_exec_pages when its instruction fetches were fenced */
    uint64_t fault_page;        /* of its last page fault */
    uint32_t hart;              /* set before it runs, read by others */
} __attribute__((aligned(64))); /* no two share a line of a cache */

extern struct percpu percpus[ARCH_CPUS_MAX + 1]; /* by the kernel's numbers of CPUs */
extern unsigned harts_started;                   /* how many of them are a hart's, from 0 on */

/* Read anew after each call: behind arch_switch a thread may be on another hart. */
register struct percpu *percpu_register __asm__("tp");

static inline struct percpu *percpu(void)
{
    return percpu_register;
}

#define csr_read(csr)                                                   \
    ({                                                                  \
        uint64_t csr_value;                                             \
        __asm__ volatile("csrr %0, " #csr : "=r"(csr_value)::"memory"); \
        csr_value;                                                      \
    })
#define csr_write(csr, value) __asm__ volatile("csrw " #csr ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits) __asm__ volatile("csrs " #csr ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits) __asm__ volatile("csrc " #csr ", %0" ::"rK"((uint64_t)(bits)) : "memory")

/* Privileged Architecture, 10.1 */
#define STATUS_SPP 0x100ull
#define STATUS_VS 0x600ull
#define STATUS_VS_INITIAL 0x200ull
#define STATUS_VS_DIRTY 0x600ull
#define STATUS_FS 0x6000ull
#define STATUS_FS_INITIAL 0x2000ull
#define STATUS_FS_DIRTY 0x6000ull
#define STATUS_SUM 0x40000ull
#define STATUS_MXR 0x80000ull

enum { IRQ_SOFTWARE = 1, IRQ_TIMER = 5, IRQ_EXTERNAL = 9 }; /* bits of sie, codes of scause */
#define CAUSE_IS_INTERRUPT (1ull << 63)

enum { COUNTEREN_TIME = 2 };

/* trap.S */
extern char trap_entry[], user_enter[], secondary_entry[];
void cpu_idle(void);

/* memory.c: finds out how many ASIDs there are. */
void asids_count(void);

/* The kernel's own page that `va` lies in, under all ASIDs and none: a fence with one leaves out what is global. */
static inline void tlb_flush_kernel_page(uint64_t va)
{
    __asm__ volatile("sfence.vma %0, zero" ::"r"(va) : "memory");
}

/* trap.c */
void trap_in_kernel(const struct trap_frame *frame);

void code_catch_up(void); /* code.c: fences this hart's fetches, as isa_exec_pages has been raised */

/* cpu.c */
void cpu_init(uint32_t hart);
void cpu_read(const struct fdt *fdt, const struct fdt_node *node); /* this hart's */

/* clock.c */
void clock_start(const struct fdt *fdt, const struct fdt_node *cpus);
bool clock_is_there(void);

/* intc.c */
void intc_node(const struct fdt *fdt, const struct fdt_node *node,
               uint32_t own_phandle); /* an interrupt controller's */
bool intc_is_there(void);
void intc_start(void);           /* the boot hart takes devices' interrupts, of which none is enabled yet */
unsigned intc_acknowledge(void); /* an external interrupt: its input, or ARCH_IRQ_NONE */

/* hart.c: which of the node's "interrupts-extended" is this hart's external interrupt in S-mode. own_phandle: of the
 * hart's own interrupt controller. */
bool hart_find_context(const struct fdt *fdt, const struct fdt_node *node, uint32_t own_phandle, uint32_t *context);

#define IRQS_MAX 64 /* as core/irq.c has */

/* plic.c */
void plic_init(const struct fdt *fdt, const struct fdt_node *node, uint32_t own_phandle);
bool plic_is_there(void);
void plic_enable(unsigned irq);
unsigned plic_acknowledge(void);

/* aia.c */
void aia_imsic_init(const struct fdt *fdt, const struct fdt_node *node, uint32_t own_phandle); /* before the APLIC */
void aia_aplic_init(const struct fdt *fdt, const struct fdt_node *node);
bool aia_is_there(void);
void aia_start(void); /* on the boot hart */
void aia_enable(unsigned irq);
unsigned aia_acknowledge(void);

/* sbi.c: calls of the machine below (SBI Specification 2.0). 0 or a negative SBI error. */
int sbi_set_timer(uint64_t time);
int sbi_hart_start(uint32_t hart, uint64_t entry, uint64_t arg);
/* Of the harts that `mask` has bits for, bit 0 being that of `base`: a software interrupt there, or a fence.i, which
 * they have executed when it returns. */
int sbi_send_ipi(uint64_t mask, uint64_t base);
int sbi_remote_fence_i(uint64_t mask, uint64_t base);
bool sbi_serves_harts(void); /* whether it has what several harts need: the three above */
void sbi_shutdown(void);
enum sbi_machine { SBI_VENDOR = 4, SBI_ARCHITECTURE = 5, SBI_IMPLEMENTATION = 6 };
uint64_t sbi_machine(enum sbi_machine which); /* mvendorid, marchid, mimpid */

#endif
