/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c - puts the CPU in the state that the kernel wants. */
#include "arch/arch.h"
#include "core/clock.h"
#include "core/process.h"
#include "lib/string.h"
#include "mm/keys.h"

#include "fpu.h"
#include "layout.h"
#include "x86.h"

#define FAULT_STACK_SIZE 4096

bool cpu_is_gated, cpu_is_emulated;
uint32_t cpu_features, cpu_tsc_khz; /* written by boot.S */
static char fault_stack[FAULT_STACK_SIZE] __attribute__((aligned(16)));
static struct percpu boot_cpu = {
    .self = &boot_cpu,
    .gate = GATE_DATA_ALIAS + GATE_RSP0,
    .fault_stack = (uint64_t)fault_stack + FAULT_STACK_SIZE,
};

/* For a fault behind the gate before the first program runs: the way in takes the CPU from the last frame. */
extern struct trap_frame early_frame;
struct trap_frame early_frame = {.cpu = (uint64_t)&boot_cpu};

extern uint64_t kernel_gdt[];
extern char kernel_idtr[];

_Static_assert(offsetof(struct percpu, kernel_sp) == PERCPU_KERNEL_SP, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, frame_ss) == PERCPU_FRAME_SS, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, scratch) == PERCPU_SCRATCH, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, idle_vector) == PERCPU_IDLE_VECTOR, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, self) == PERCPU_SELF, "gate.S counts on it");
_Static_assert(offsetof(struct percpu, gate) == PERCPU_GATE, "gate.S counts on it");
_Static_assert(offsetof(struct percpu, fault_stack) == PERCPU_FAULT_STACK, "gate.S counts on it");
_Static_assert(offsetof(struct trap_frame, fs_base) % 16 == 0, "the processor aligns the stack that it pushes on");
_Static_assert(offsetof(struct trap_frame, rax) == FRAME_RAX, "gate.S counts on it");
_Static_assert(offsetof(struct trap_frame, vector) == FRAME_VECTOR, "gate.S counts on it");
_Static_assert(offsetof(struct trap_frame, rip) == FRAME_RIP, "gate.S counts on it");
_Static_assert(offsetof(struct trap_frame, gs_base) == FRAME_GS_BASE, "gate.S counts on it");
_Static_assert(offsetof(struct trap_frame, cpu) == FRAME_CPU, "gate.S counts on it");

struct thread *arch_current(void)
{
    return PERCPU->current; /* cppcheck-suppress nullPointer */
}

void arch_set_current(struct thread *thread)
{
    struct percpu *cpu = percpu();

    cpu->current = thread;
    cpu->frame_ss = &thread->frame.ss;
    cpu->tss.rsp[0] = (uint64_t)&thread->frame.fs_base;
    if (cpu_is_gated) { /* for a fault of the kernel's: the thread before may be gone */
        thread->frame.cpu = (uint64_t)cpu;
        *gate_slot(GATE_KERNEL_RSP) = (uint64_t)&thread->frame.vector;
    }
}

static void descriptors_init(struct percpu *cpu, uint64_t *gdt)
{
    const uint64_t read_only = 0x0040f10000000000; /* data, for programs, its limit in bytes */
    uint64_t base = (uint64_t)&cpu->tss;

    cpu->gdt = gdt;
    cpu->tss.ist[0] = cpu->fault_stack;
    cpu->tss.ist[1] = (uint64_t)(cpu->debug_stack + DEBUG_STACK_WORDS);
    cpu->tss.iomap = sizeof(cpu->tss);
    gdt[SEL_TSS / 8] = 0x0000890000000067ull | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    gdt[SEL_TSS / 8 + 1] = base >> 32;
    gdt[SEL_CPU / 8] = read_only | cpu->number;
    __asm__ volatile("ltr %w0" ::"r"(SEL_TSS));
    __asm__ volatile("lidt %0" ::"m"(*kernel_idtr));
}

static void msr_init(struct percpu *cpu)
{
    wrmsr(MSR_GS_BASE, (uint64_t)cpu);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    wrmsr(MSR_STAR, (uint64_t)SEL_SYSRET_BASE << 48 | (uint64_t)SEL_KERNEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_CSTAR, (uint64_t)syscall_entry_32);
    wrmsr(MSR_SFMASK, 0x47700); /* AC, NT, IOPL, DF, IF, TF */
}

/* Whether a thread's rights can be kept, with its other registers: nested SVM of QEMU 7.2 loses XCR0 (fpu.c), once
 * there was an exit, as CPUID is one. */
static bool keeps_keys(void)
{
    const uint32_t needs = 3 | XSTATE_KEYS;

    return (cpuid(7, 0).ecx & 1 << 3) && (xcr0() & needs) == needs;
}

/* Lets programs use what vector state there is, and keeps the kernel from touching their pages by accident. What the
 * TLB has so far goes as PGE changes, the map that the CPU came by among it (Intel SDM vol. 3, 4.10.4.1). */
static void features_init(void)
{
    enum {
        CR4_PGE = 1 << 7,
        CR4_UMIP = 1 << 11,
        CR4_OSXSAVE = 1 << 18,
        CR4_SMEP = 1 << 20,
        CR4_SMAP = 1 << 21,
        CR4_PKE = 1 << 22
    };
    struct cpuid one = cpuid(1, 0), seven = cpuid(7, 0);
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    cr4 |= CR4_PGE;
    if (seven.ebx & 1 << 7)
        cr4 |= CR4_SMEP;
    if (seven.ebx & 1 << 20)
        cr4 |= CR4_SMAP;
    if (seven.ecx & 1 << 2)
        cr4 |= CR4_UMIP;
    if (one.ecx & 1 << 26)
        cr4 |= CR4_OSXSAVE;
    __asm__ volatile("mov %0, %%cr4" ::"r"(cr4));
    if (cr4 & CR4_OSXSAVE) {
        /* As in fpu.c: what a signal frame can hold. */
        uint32_t wanted = cpuid(0xd, 0).eax & (0xe7 | XSTATE_KEYS);
        __asm__ volatile("xsetbv" ::"c"(0), "a"(wanted), "d"(0));
        if (keeps_keys()) {
            __asm__ volatile("mov %0, %%cr4" ::"r"(cr4 | CR4_PKE));
            keys_count = 16;
            isa_keys_write(KEYS_DEFAULT);
        }
    }
}

static uint64_t *gate_gdt_view(const struct percpu *cpu)
{
    return (uint64_t *)(cpu->gate - GATE_RSP0 + GATE_GDT); /* NOLINT(performance-no-int-to-ptr) */
}

/* With the gate, boot.S has done at CPL 0 what there is to do; GS serves the kernel natively. */
void cpu_init(unsigned mode)
{
    cpu_is_gated = mode == START_GATED;
    cpu_is_emulated = mode == START_EMULATED;
    if (cpu_is_gated) {
        __asm__ volatile("wrgsbase %0" ::"r"(&boot_cpu));
        boot_cpu.gdt = gate_gdt_view(&boot_cpu);
        return;
    }
    msr_init(&boot_cpu);
    descriptors_init(&boot_cpu, kernel_gdt);
    if (!cpu_is_emulated) { /* xgetbv and its like can't be emulated; nor has a program this GDT there */
        features_init();
        clock_show_cpu();
    }
}

void cpu_init_other(struct cpu_block *block)
{
    struct gdt_register gdtr = {sizeof(block->gdt) - 1, (uint64_t)block->gdt};

    if (cpu_is_gated) {
        __asm__ volatile("wrgsbase %0" ::"r"(&block->percpu));
        block->percpu.gdt = gate_gdt_view(&block->percpu);
        return;
    }
    memcpy(block->gdt, kernel_gdt, sizeof(block->gdt));
    __asm__ volatile("lgdt %0" ::"m"(gdtr));
    msr_init(&block->percpu);
    descriptors_init(&block->percpu, block->gdt);
    if (!cpu_is_emulated)
        features_init();
}

uint64_t arch_hwcap(unsigned which)
{
    return which == 1 ? cpuid(1, 0).edx : 0;
}
