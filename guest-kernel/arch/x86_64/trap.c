/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - runs user contexts and says what a trap means. */
#include "abi/signal.h"
#include "arch/arch.h"
#include "core/irq.h"
#include "core/process.h"
#include "lib/log.h"
#include "mm/page.h"
#include "mm/pagetable.h"

#include "layout.h"
#include "x86.h"

#define RFLAGS_IF 0x200
#define RFLAGS_FIXED 0x2

static uint64_t cr2_read(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

/* Also after an idle wait. */
static void interrupt_handle(uint64_t vector)
{
    if (vector == VECTOR_SPURIOUS)
        return;
    apic_eoi();
    if (vector < VECTOR_IRQ_BASE + VECTOR_IRQ_COUNT)
        irq_dispatch((unsigned)vector - VECTOR_IRQ_BASE);
}

void arch_wait_for_interrupt(void)
{
    cpu_idle();
    interrupt_handle(percpu()->idle_vector);
}

enum { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_USER = 4, FAULT_FETCH = 16 };

/*
 * On soft KVM `syscall` leaves CPL at 3, and the fetch at LSTAR, a supervisor page, faults. A program that jumps to
 * LSTAR by itself looks the same and makes a system call that returns to rcx: nothing it could not have done properly.
 */
static bool is_faulting_syscall(const struct trap_frame *frame, uint64_t address)
{
    return percpu()->syscall_faults && address == (uint64_t)syscall_entry && frame->rip == address &&
           frame->error == (FAULT_PRESENT | FAULT_USER | FAULT_FETCH);
}

static void page_fault_decode(struct trap_frame *frame, struct trap *trap)
{
    trap->address = cr2_read();
    if (is_faulting_syscall(frame, trap->address)) {
        frame->rip = frame->rcx;
        frame->rflags = (frame->r11 & 0x244dd5) | RFLAGS_IF | RFLAGS_FIXED;
        frame->vector = VECTOR_SYSCALL;
        trap->kind = TRAP_SYSCALL;
        return;
    }
    trap->kind = TRAP_PAGE_FAULT;
    trap->access = frame->error & FAULT_FETCH ? ACCESS_EXEC : frame->error & FAULT_WRITE ? ACCESS_WRITE : ACCESS_READ;
}

static void exception_decode(struct trap_frame *frame, struct trap *trap)
{
    switch (frame->vector) {
    case 0:
        trap->kind = TRAP_ARITHMETIC;
        trap->code = FPE_INTDIV;
        break;
    case 16: /* x87 */
    case 19: /* SIMD */
        trap->kind = TRAP_ARITHMETIC;
        trap->code = FPE_FLTINV;
        break;
    case 1:
    case 3:
        trap->kind = TRAP_BREAKPOINT;
        trap->code = frame->vector == 3 ? SI_KERNEL : TRAP_BRKPT;
        break;
    case 6:
        trap->kind = TRAP_ILLEGAL;
        trap->code = ILL_ILLOPN;
        break;
    case 17:
        trap->kind = TRAP_ALIGNMENT;
        trap->code = BUS_ADRALN;
        break;
    case VECTOR_PAGE_FAULT:
        page_fault_decode(frame, trap);
        return;
    default:
        trap->kind = TRAP_PROTECTION;
        trap->code = SI_KERNEL;
    }
    trap->address = trap->kind == TRAP_PROTECTION ? 0 : frame->rip;
}

void arch_user_run(struct trap_frame *frame, struct trap *trap)
{
    struct percpu *cpu = percpu();
    uint64_t end = (uint64_t)&frame->fs_base;

    cpu->frame_end = end;
    cpu->tss.rsp[0] = end;
    user_enter(frame);
    if (frame->vector == VECTOR_SYSCALL) {
        trap->kind = TRAP_SYSCALL;
        return;
    }
    trap->code = 0;
    if (frame->vector < VECTOR_IRQ_BASE) {
        exception_decode(frame, trap);
        return;
    }
    trap->kind = TRAP_INTERRUPT;
    interrupt_handle(frame->vector);
}

/* One page of user code: a `syscall`. What comes back tells the machine's way. */
void trap_probe_syscall(void)
{
    static const uint8_t code[] = {0x0f, 0x05, 0x0f, 0x0b}; /* syscall; ud2 */
    const uaddr_t va = 0x10000;
    struct trap_frame frame __attribute__((aligned(16)));
    struct arch_space space;
    struct page *page = page_alloc();
    uint64_t *pte;

    if (!page || arch_space_init(&space) || !(pte = pagetable_create(&space, va)))
        panic("no memory");
    __builtin_memcpy(page_data(page), code, sizeof(code));
    *pte = isa_pte_page(page_phys(page), ACCESS_READ | ACCESS_EXEC);
    arch_space_activate(&space);
    arch_frame_init(&frame, va, 0);

    struct percpu *cpu = percpu();
    cpu->frame_end = cpu->tss.rsp[0] = (uint64_t)&frame.fs_base;
    do
        user_enter(&frame);
    while (frame.vector >= VECTOR_IRQ_BASE && frame.vector < VECTOR_COUNT);
    cpu->syscall_faults = frame.vector == VECTOR_PAGE_FAULT && cr2_read() == (uint64_t)syscall_entry;
    if (frame.vector != VECTOR_SYSCALL && !cpu->syscall_faults)
        panic("`syscall` came in as exception %lu at %lx", (unsigned long)frame.vector, (unsigned long)frame.rip);
    pagetable_unmap(&space, va, va + PAGE_SIZE);
    arch_space_deactivate();
    pagetable_destroy(&space);
}

/* ---- frames ---- */

void arch_frame_init(struct trap_frame *frame, uaddr_t pc, uaddr_t sp)
{
    *frame = (struct trap_frame){
        .rip = pc,
        .rsp = sp,
        .cs = SEL_USER_CODE,
        .ss = SEL_USER_DATA,
        .rflags = RFLAGS_IF | RFLAGS_FIXED,
    };
    wrmsr(MSR_FS_BASE, 0);
    wrmsr(MSR_KERNEL_GS_BASE, 0); /* the program's GS base while the kernel runs */
}

uint64_t arch_frame_pc(const struct trap_frame *frame)
{
    return frame->rip;
}

uint64_t arch_frame_sp(const struct trap_frame *frame)
{
    return frame->rsp;
}

uint64_t arch_syscall_number(const struct trap_frame *frame)
{
    return frame->rax;
}

void arch_syscall_args(const struct trap_frame *frame, enum trap_kind kind, uint64_t args[6])
{
    if (kind == TRAP_SYSCALL_I386) {
        const uint64_t regs[6] = {frame->rbx, frame->rcx, frame->rdx, frame->rsi, frame->rdi, frame->rbp};
        for (unsigned i = 0; i < 6; i++)
            args[i] = (uint32_t)regs[i];
        return;
    }
    args[0] = frame->rdi;
    args[1] = frame->rsi;
    args[2] = frame->rdx;
    args[3] = frame->r10;
    args[4] = frame->r8;
    args[5] = frame->r9;
}

void arch_syscall_return(struct trap_frame *frame, int64_t result)
{
    frame->rax = (uint64_t)result;
}

void arch_frame_print(const struct trap_frame *frame, char *buf, size_t size)
{
    snprintf(buf, size, "vector %lu error %lx rip=%lx rsp=%lx rflags=%lx rax=%lx", (unsigned long)frame->vector,
             (unsigned long)frame->error, (unsigned long)frame->rip, (unsigned long)frame->rsp,
             (unsigned long)frame->rflags, (unsigned long)frame->rax);
}

void arch_set_tls(struct trap_frame *frame, uint64_t value)
{
    frame->fs_base = value;
    wrmsr(MSR_FS_BASE, value);
}

void trap_in_kernel(const struct trap_frame *frame)
{
    char registers[160];

    arch_frame_print(frame, registers, sizeof(registers));
    panic("exception in the kernel: %s cr2=%lx", registers, (unsigned long)cr2_read());
}
