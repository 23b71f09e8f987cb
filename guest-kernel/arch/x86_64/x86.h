/* SPDX-License-Identifier: Apache-2.0 */
/* x86.h - what the files of this folder share: instructions, per-CPU state, and each other's functions. */
#ifndef GK_ARCH_X86_64_X86_H
#define GK_ARCH_X86_64_X86_H

#include "arch/arch.h"
#include "layout.h"

struct fdt;
struct thread;

struct tss { /* Intel SDM vol. 3, figure 8-11 */
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, iomap;
} __attribute__((packed));

/* What the processor pushes, two more, and a register; the end is a multiple of 16 bytes. */
#define DEBUG_STACK_WORDS 8

/* Reached through GS in the kernel. The first fields are known to trap.S (layout.h). */
struct percpu {
    uint64_t kernel_sp;   /* where user_enter left the kernel's stack */
    uint64_t *frame_ss;   /* in the current thread's frame, which `syscall` fills from there down */
    uint64_t scratch;     /* the user's sp on the way in */
    uint64_t idle_vector; /* what ended cpu_idle */
    struct percpu *self;
    uint64_t gate;        /* where the kernel sees this CPU's part of the gate's data (layout.h) */
    uint64_t fault_stack; /* the top of the stack for a double fault or, behind the gate, any fault of the kernel's */
    struct thread *current;
    uint64_t *gdt; /* where the kernel sees what this CPU uses */
    uint32_t apic_id, number;
    bool timer_ready; /* the APIC timer's mode is set: with its first use */
    struct tss tss __attribute__((aligned(16)));
    uint64_t debug_stack[DEBUG_STACK_WORDS] __attribute__((aligned(16))); /* trap.S, debug_exception */
};

struct gdt_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* What a CPU beside the one that boots has of its own. */
struct cpu_block {
    struct percpu percpu;
    uint64_t gdt[GDT_ENTRIES];     /* at CPL 0 */
    struct trap_frame early_frame; /* behind the gate: until it runs a program */
    char fault_stack[2048] __attribute__((aligned(16)));
};

/* This CPU's, for a field; percpu() is for its address. */
#define PERCPU ((struct percpu __attribute__((address_space(256))) *)0) /* clang: relative to GS */

/* Read anew after arch_switch, from which a thread may come back on another CPU. */
static inline struct percpu *percpu(void)
{
    return PERCPU->self; /* cppcheck-suppress nullPointer */
}

enum { /* Intel SDM vol. 4 */
       MSR_STAR = 0xc0000081,
       MSR_LSTAR = 0xc0000082,
       MSR_CSTAR = 0xc0000083,
       MSR_SFMASK = 0xc0000084,
       MSR_FS_BASE = 0xc0000100,
       MSR_GS_BASE = 0xc0000101,
       MSR_KERNEL_GS_BASE = 0xc0000102,
};

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;

    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint32_t xcr0(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "d"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
    return value;
}

/*
 * Soft KVM: the kernel runs at CPL 3, behind the gate (gate.S). Found out by boot.S, never changed. What needs CPL 0
 * asks for it by gate_call; the functions of this folder that do so hide it from the rest.
 */
extern bool cpu_is_gated;
/* Soft KVM without the gate, as `gate=off` on the command line asks: every instruction here is emulated, and a few
 * can't be. For comparison and for tests. */
extern bool cpu_is_emulated;
extern uint32_t cpu_features; /* CPUID leaf 1, ecx, before anything was turned on */
extern uint32_t cpu_tsc_khz;  /* the hypervisor's timing leaf, 0x40000010, eax; 0: it has none */

/* gate.S: a request, answered by the instructions at CPL 0 in some 20 us; GATE_OP_* with its arguments. */
uint64_t gate_call(uint64_t op, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t rcx);
extern char gate_user_enter[];

static inline volatile uint64_t *gate_slot(int64_t offset) /* this CPU's; GATE_* of layout.h */
{
    return (volatile uint64_t *)(percpu()->gate + (uint64_t)offset); /* NOLINT(performance-no-int-to-ptr) */
}

/* trap.S: both take the frame in rdi and come back with the next trap. They keep rsp and rbp alone: the compiler saves
 * what it needs, which is little. */
extern char user_enter[];
void cpu_idle(void);
extern char syscall_entry[], syscall_entry_32[];

/* trap.c */
_Noreturn void trap_in_kernel(const struct trap_frame *frame);
void thread_set_gs(struct thread *thread, uint64_t value); /* as arch_set_tls */
void frame_read_bases(struct trap_frame *frame);           /* the current thread's: brings them up to date */
void frame_write_bases(const struct trap_frame *frame);    /* and makes the CPU's what they are */

/* cpu.c: GDT, IDT, TSS, per-CPU state, control registers of the boot CPU. */
void cpu_init(unsigned mode); /* START_* */
void cpu_init_other(struct cpu_block *block);
/* segments.c: for a new program, whose ds and es hold `data`, its fs and gs nothing, and which has no descriptors. */
void segments_reset(struct trap_frame *frame, unsigned data);
/* The CPU's selectors to the frame; the frame's descriptors and selectors to the CPU, all but the bases. */
void segments_save(struct trap_frame *frame);
void segments_load(const struct trap_frame *frame);
/* The current thread's frame, which has the CPU's selectors: they become those given, as far as they are others, with
 * null for what a program can't load. */
void segments_change(struct trap_frame *frame, uint64_t selectors);
/* Whether a program may have its stack in that segment. */
bool segments_is_stack(const struct trap_frame *frame, unsigned selector);
/* gate.c: the gate's data for the CPU `number`, which is not running yet, and what that loads as its GDT. 0 or -errno.
 */
int gate_cpu_create(struct cpu_block *block, unsigned number, struct gdt_register *gdt);

/* apic.c: the local APIC and the I/O APIC, of the device tree's addresses. */
void apic_init(const struct fdt *fdt);
void apic_eoi(void);
void apic_timer_set(uint64_t delay_ns);
void apic_init_other(void);                            /* this CPU's, which isn't the first */
void apic_start_cpu(uint32_t apic_id, uint8_t vector); /* INIT, then SIPI with that vector */
void apic_kick(uint32_t apic_id);                      /* an interrupt that is nobody's */
uint64_t apic_timer_frequency(void);
uint32_t apic_timer_count(void); /* counts down from what apic_timer_start set */
void apic_timer_start(uint32_t count);

/* clock.c: time starts now. */
void clock_start(void);

/* platform.c: serial port and power-off port of the device tree. */
void platform_init(const struct fdt *fdt);

#endif
