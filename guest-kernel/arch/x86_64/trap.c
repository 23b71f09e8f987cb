/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - runs user contexts and says what a trap means. */
#include "abi/signal.h"
#include "arch/arch.h"
#include "core/log.h"
#include "core/process.h"
#include "core/smp.h"
#include "mm/usercopy.h"

#include "debug.h"
#include "fpu.h"
#include "layout.h"
#include "x86.h"

#define RFLAGS_IF 0x200
#define RFLAGS_FIXED 0x2
#define RFLAGS_PROGRAM 0x244dd5 /* what a program can have set: CF PF AF ZF SF TF DF OF NT AC ID */

static uint64_t cr2_read(void)
{
    uint64_t value;

    if (cpu_is_gated)
        return *gate_slot(GATE_CR2);
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

/* Also after an idle wait. The gate has acknowledged it already. All inputs are edge-triggered: what comes while the
 * handler runs isn't lost. */
static unsigned interrupt_acknowledge(uint64_t vector)
{
    if (vector == VECTOR_SPURIOUS)
        return ARCH_IRQ_NONE;
    if (!cpu_is_gated)
        apic_eoi();
    return vector < VECTOR_IRQ_BASE + VECTOR_IRQ_COUNT ? (unsigned)vector - VECTOR_IRQ_BASE : ARCH_IRQ_NONE;
}

unsigned arch_wait_for_interrupt(void)
{
    if (cpu_is_gated)
        return interrupt_acknowledge(gate_call(GATE_OP_IDLE, 0, 0, 0, 0) & 0xff);
    cpu_idle();
    return interrupt_acknowledge(percpu()->idle_vector);
}

enum { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_USER = 4, FAULT_FETCH = 16 };

/*
 * On soft KVM `syscall` leaves CPL at 3, and the fetch at LSTAR, a supervisor page, faults. So does a jump there; but
 * `syscall` has cleared IF (SFMASK), which a program can't.
 */
static bool is_faulting_syscall(const struct trap_frame *frame)
{
    uint64_t lstar = cpu_is_gated ? GATE_BASE + GATE_LSTAR_OFFSET : (uint64_t)syscall_entry;

    return (cpu_is_gated || cpu_is_emulated) && frame->rip == lstar && !(frame->rflags & RFLAGS_IF) &&
           frame->error == (FAULT_PRESENT | FAULT_USER | FAULT_FETCH);
}

/*
 * Of AMD's processors `syscall` of 32-bit code goes to CSTAR, which soft KVM doesn't keep: it goes to 0 at CPL 0, on
 * the program's stack, and with its rip in rcx. Nothing is ever mapped there (SPACE_LOWEST), and no jump leads to CPL
 * 0.
 */
static bool is_failed_syscall(const struct trap_frame *frame)
{
    return cpu_is_gated && frame->rip == 0 && frame->cs == SEL_KERNEL_CODE;
}

/* Past an instruction or back to it. 32-bit code goes round at 4 GiB, where `iretq` would fault on what is beyond. */
static void rip_move(struct trap_frame *frame, int64_t by)
{
    frame->rip += (uint64_t)by;
    if (frame->cs != SEL_USER_CODE)
        frame->rip = (uint32_t)frame->rip;
}

static void fault_set(struct trap *trap, enum trap_kind kind, int code, uaddr_t address)
{
    trap->kind = kind;
    trap->code = code;
    trap->address = address;
}

/* 32-bit code is emulated there, and what KVM's emulator doesn't know (x87, SSE) is undefined. `ud2` and `syscall` are
 * so on hardware, too. */
static void instruction_explain(const struct trap_frame *frame, const uint8_t code[2])
{
    enum { TWO_BYTES = 0x0f, UD2 = 0x0b, SYSCALL = 0x05 };
    static bool told;

    if (told || frame->cs != SEL_USER_CODE_32 || (code[0] == TWO_BYTES && (code[1] == UD2 || code[1] == SYSCALL)))
        return;
    told = true;
    log_error("this KVM emulates 32-bit code, and not the instruction at %lx: --accel tcg runs all of them",
              (unsigned long)frame->rip);
}

/* There, `int n` raises #UD at the instruction: what it would be. False: it is another instruction. */
static bool software_interrupt_decode(struct trap_frame *frame, struct trap *trap)
{
    enum { INT = 0xcd, INT3 = 0xcc, SIZE = 2 };
    uint8_t code[SIZE];

    if (!(cpu_is_gated || cpu_is_emulated))
        return false;
    smp_enter_kernel();
    if (copy_from_user(code, frame->rip, sizeof(code)) != 0)
        return false;
    if (code[0] == INT3) { /* in 32-bit code alone, which KVM emulates */
        rip_move(frame, 1);
        fault_set(trap, TRAP_BREAKPOINT, SI_KERNEL, 0);
        return true;
    }
    if (code[0] != INT) {
        instruction_explain(frame, code);
        return false;
    }
    if (code[1] == VECTOR_INT80) {
        rip_move(frame, SIZE);
        trap->kind = TRAP_SYSCALL_I386;
    } else if (code[1] == VECTOR_BREAKPOINT) {
        rip_move(frame, SIZE);
        trap->kind = TRAP_BREAKPOINT;
        trap->code = SI_KERNEL;
    } else { /* #GP: a gate that programs may not use, or none */
        trap->kind = TRAP_PROTECTION;
        trap->code = SI_KERNEL;
    }
    trap->address = 0;
    return true;
}

static void page_fault_decode(struct trap_frame *frame, struct trap *trap)
{
    if (is_faulting_syscall(frame)) {
        frame->rip = frame->rcx;
        frame->rflags = (frame->r11 & RFLAGS_PROGRAM) | RFLAGS_IF | RFLAGS_FIXED;
        frame->vector = VECTOR_SYSCALL;
        trap->kind = TRAP_SYSCALL;
        return;
    }
    if (is_failed_syscall(frame)) { /* here what it is on Intel's, an undefined instruction (as in trap.S) */
        frame->cs = SEL_USER_CODE_32;
        frame->ss = SEL_USER_DATA;
        frame->rip = (uint32_t)(frame->rcx - 2);
        frame->rflags = (frame->r11 & RFLAGS_PROGRAM) | RFLAGS_IF | RFLAGS_FIXED;
        fault_set(trap, TRAP_ILLEGAL, ILL_ILLOPN, frame->rip);
        return;
    }
    trap->kind = TRAP_PAGE_FAULT;
    trap->address = cr2_read();
    trap->access = frame->error & FAULT_FETCH ? ACCESS_EXEC : frame->error & FAULT_WRITE ? ACCESS_WRITE : ACCESS_READ;
}

/* Signals, codes and addresses as Linux has them (arch/x86/kernel/traps.c). */
static void exception_decode(struct trap_frame *frame, struct trap *trap)
{
    int code;

    switch (frame->vector) {
    case VECTOR_DIVIDE:
        fault_set(trap, TRAP_ARITHMETIC, FPE_INTDIV, frame->rip);
        break;
    case VECTOR_X87:
    case VECTOR_SIMD:
        code = fpu_exception_code(frame->vector == VECTOR_X87);
        fault_set(trap, code != 0 ? TRAP_ARITHMETIC : TRAP_INTERRUPT, code, frame->rip);
        break;
    case VECTOR_DEBUG: /* `int1` traps here too */
        fault_set(trap, TRAP_BREAKPOINT, debug_code(frame), frame->rip);
        break;
    case VECTOR_BREAKPOINT:
        fault_set(trap, TRAP_BREAKPOINT, SI_KERNEL, 0);
        break;
    case VECTOR_INVALID_OPCODE:
        if (!software_interrupt_decode(frame, trap))
            fault_set(trap, TRAP_ILLEGAL, ILL_ILLOPN, frame->rip);
        break;
    case VECTOR_NO_SEGMENT:
    case VECTOR_STACK:
        fault_set(trap, TRAP_ALIGNMENT, SI_KERNEL, 0);
        break;
    case VECTOR_ALIGNMENT:
        fault_set(trap, TRAP_ALIGNMENT, BUS_ADRALN, 0);
        break;
    case VECTOR_PAGE_FAULT:
        page_fault_decode(frame, trap);
        break;
    default:
        fault_set(trap, TRAP_PROTECTION, SI_KERNEL, 0);
    }
}

#define ENTER_CLOBBERS \
    "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc"

static inline void enter(struct trap_frame *frame)
{
    if (cpu_is_gated)
        __asm__ volatile("call gate_user_enter" : "+D"(frame)::ENTER_CLOBBERS);
    else
        __asm__ volatile("call user_enter" : "+D"(frame)::ENTER_CLOBBERS);
}

/* `frame` is the current thread's: arch_set_current has told the entry code where it is. */
void arch_user_run(struct trap_frame *frame, struct trap *trap)
{
    enter(frame);
    if (__builtin_expect(frame->vector == VECTOR_SYSCALL, true) != 0) {
        trap->kind = TRAP_SYSCALL;
        return;
    }
    if (frame->vector == VECTOR_INT80) {
        trap->kind = TRAP_SYSCALL_I386;
        return;
    }
    trap->code = 0;
    trap->irq = ARCH_IRQ_NONE;
    if (frame->vector < VECTOR_IRQ_BASE) {
        exception_decode(frame, trap);
        return;
    }
    trap->kind = TRAP_INTERRUPT;
    trap->irq = interrupt_acknowledge(frame->vector);
}

/* ---- frames ---- */

void arch_frame_init(struct trap_frame *frame, unsigned word_size, uaddr_t pc, uaddr_t sp)
{
    bool is_32bit = word_size == sizeof(uint32_t);

    segments_reset(frame, is_32bit ? SEL_USER_DATA : 0);
    *frame = (struct trap_frame){
        .rip = pc,
        .rsp = sp,
        .cs = is_32bit ? SEL_USER_CODE_32 : SEL_USER_CODE,
        .ss = SEL_USER_DATA,
        .rflags = RFLAGS_IF | RFLAGS_FIXED,
        .cpu = (uint64_t)percpu(), /* a fault of the kernel's before it runs lands here, too */
    };
    frame_write_bases(frame);
    debug_forget(container_of(frame, struct thread, frame));
    fpu_exec();
}

uint64_t arch_frame_pc(const struct trap_frame *frame)
{
    return frame->rip;
}

void arch_frame_set_pc(struct trap_frame *frame, uaddr_t pc)
{
    frame->rip = pc;
    frame->vector = 0; /* by iretq */
}

uint64_t arch_frame_sp(const struct trap_frame *frame)
{
    return frame->rsp;
}

uint64_t arch_syscall_number(const struct trap_frame *frame)
{
    return (uint32_t)frame->rax; /* Linux takes eax */
}

enum trap_kind arch_syscall_kind(const struct trap_frame *frame)
{
    return frame->vector >= VECTOR_SYSCALL ? TRAP_SYSCALL : TRAP_SYSCALL_I386;
}

const uint64_t *arch_syscall_args(const struct trap_frame *frame, enum trap_kind kind, uint64_t room[6])
{
    if (kind == TRAP_SYSCALL)
        return frame->argument;
    const uint64_t regs[6] = {frame->rbx, frame->rcx, frame->rdx, frame->rsi, frame->rdi, frame->rbp};
    for (unsigned i = 0; i < 6; i++)
        room[i] = (uint32_t)regs[i];
    return room;
}

void arch_syscall_return(struct trap_frame *frame, int64_t result)
{
    frame->rax = (uint64_t)result;
}

int64_t arch_syscall_result(const struct trap_frame *frame)
{
    return (int64_t)frame->rax;
}

uint64_t arch_syscall_first(const struct trap_frame *frame)
{
    return frame->rax;
}

/* `syscall` and `int 0x80` have two bytes each. rcx isn't rip any more, so the way back is iretq. */
void arch_syscall_restart(struct trap_frame *frame, uint64_t first, bool resume)
{
    enum { RESTART_SYSCALL = 219, RESTART_SYSCALL_I386 = 0 };

    if (resume)
        first = frame->vector >= VECTOR_SYSCALL ? RESTART_SYSCALL : RESTART_SYSCALL_I386;
    frame->rax = first;
    rip_move(frame, -2);
    frame->vector = 0;
}

/* `syscall` or `int 0x80` */
bool arch_is_syscall(const uint8_t code[4])
{
    return (code[2] == 0x0f && code[3] == 0x05) || (code[2] == 0xcd && code[3] == VECTOR_INT80);
}

void arch_frame_print(const struct trap_frame *frame, char *buf, size_t size)
{
    snprintf(buf, size, "vector %lu error %lx rip=%lx rsp=%lx rflags=%lx rax=%lx", (unsigned long)frame->vector,
             (unsigned long)frame->error, (unsigned long)frame->rip, (unsigned long)frame->rsp,
             (unsigned long)frame->rflags, (unsigned long)frame->rax);
}

void trap_in_kernel(const struct trap_frame *frame)
{
    char registers[160];

    if (!panic_claim()) /* it can't even tell */
        arch_power_off();
    arch_frame_print(frame, registers, sizeof(registers));
    panic("exception in the kernel: %s cr2=%lx", registers, (unsigned long)cr2_read());
}
