/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - runs user contexts and says what a trap means. */
#include "abi/signal.h"
#include "arch/arch.h"
#include "core/log.h"
#include "core/thread.h"

#include "aarch64.h"
#include "debug.h"

/* ESR_EL1.ISS of an abort: ISFSC and DFSC in bits 0 to 5 (Arm ARM, D17.2.37) */
enum { ABORT_WRITE = 1 << 6, ABORT_CACHE = 1 << 8 };
enum { FAULT_KIND = 0x3c, FAULT_ADDRESS_SIZE = 0x00, FAULT_PERMISSION = 0x0c, FAULT_ALIGNMENT = 0x21 };
enum { FAULT_TRANSLATION_0 = 0x04 };
#define ESR_EC_AND_IL 0xfe000000u

/* The fault's address, without the top byte of a program's pointer, which is its own (TCR_EL1.TBI0). */
static uint64_t fault_address(void)
{
    uint64_t far = sysreg_read(far_el1);

    return far & (uint64_t)((int64_t)(far << 8) >> 8);
}

/* What a signal frame says of it. Whether there is something at an address of the kernel's is nobody's business: that
 * is a translation fault of the first level, as with Linux. */
static void fault_remember(struct trap_frame *frame, uint64_t esr, uint64_t address)
{
    if (ESR_EC(esr) == EC_DATA_ABORT && address >= ISA_USER_TOP)
        esr = (esr & (ESR_EC_AND_IL | ABORT_WRITE | ABORT_CACHE)) | FAULT_TRANSLATION_0;
    else if (ESR_EC(esr) == EC_INSTRUCTION_ABORT && address >= ISA_USER_TOP)
        esr = (esr & ESR_EC_AND_IL) | FAULT_TRANSLATION_0;
    frame->esr = esr;
    frame->fault_address = address;
}

static void abort_decode(struct trap_frame *frame, uint64_t esr, struct trap *trap)
{
    unsigned status = esr & 0x3f;
    bool fetch = ESR_EC(esr) == EC_INSTRUCTION_ABORT;
    bool write = !fetch && (esr & ABORT_WRITE) && !(esr & ABORT_CACHE);

    trap->address = fault_address();
    fault_remember(frame, esr, trap->address);
    trap->kind = TRAP_PAGE_FAULT;
    trap->access = fetch ? ACCESS_EXEC : write ? ACCESS_WRITE : ACCESS_READ;
    if ((status & FAULT_KIND) > FAULT_ADDRESS_SIZE && (status & FAULT_KIND) <= FAULT_PERMISSION)
        return; /* translation, access flag, permission */
    trap->kind = TRAP_ALIGNMENT;
    trap->code = status == FAULT_ALIGNMENT ? BUS_ADRALN : BUS_OBJERR;
}

/* The instruction faulted itself: its address is the fault's. */
static void instruction_fault(struct trap_frame *frame, struct trap *trap, enum trap_kind kind, int code)
{
    fault_remember(frame, 0, 0);
    trap->kind = kind;
    trap->code = code;
    trap->address = frame->pc;
}

static void alignment_fault(struct trap_frame *frame, uint64_t esr, struct trap *trap, uint64_t address)
{
    fault_remember(frame, esr, 0);
    trap->kind = TRAP_ALIGNMENT;
    trap->code = BUS_ADRALN;
    trap->address = address;
}

/* Of a floating-point exception, as far as the CPU says which (TFV), the gravest (Arm ARM, D17.2.37; Linux,
 * do_fpsimd_exc). */
static int exception_code(uint64_t esr)
{
    enum {
        TFV = 1 << 23,
        INVALID = 1 << 0,
        ZERO_DIVIDE = 1 << 1,
        OVERFLOW = 1 << 2,
        UNDERFLOW = 1 << 3,
        INEXACT = 1 << 4
    };

    if (!(esr & TFV))
        return FPE_FLTUNK;
    if (esr & INVALID)
        return FPE_FLTINV;
    if (esr & ZERO_DIVIDE)
        return FPE_FLTDIV;
    if (esr & OVERFLOW)
        return FPE_FLTOVF;
    if (esr & UNDERFLOW)
        return FPE_FLTUND;
    return esr & INEXACT ? FPE_FLTRES : FPE_FLTUNK;
}

static void sync_decode(struct trap_frame *frame, uint64_t esr, struct trap *trap)
{
    trap->code = 0;
    trap->irq = ARCH_IRQ_NONE;
    switch (ESR_EC(esr)) {
    case EC_INSTRUCTION_ABORT:
    case EC_DATA_ABORT:
        abort_decode(frame, esr, trap);
        break;
    case EC_WFX: /* nothing to wait for */
        frame->pc += 4;
        trap->kind = TRAP_INTERRUPT;
        break;
    case EC_UNKNOWN: /* how a CPU without FEAT_IDST reports it */
    case EC_SYSTEM_REGISTER:
        if (hwcap_emulate_mrs(frame))
            trap->kind = TRAP_INTERRUPT;
        else
            instruction_fault(frame, trap, TRAP_ILLEGAL, ILL_ILLOPC);
        break;
    case EC_PAC:
    case EC_BTI:
        instruction_fault(frame, trap, TRAP_ILLEGAL, ESR_EC(esr) == EC_PAC ? ILL_ILLOPN : ILL_ILLOPC);
        break;
    case EC_PC_ALIGNMENT:
        alignment_fault(frame, esr, trap, fault_address());
        break;
    case EC_SP_ALIGNMENT:
        alignment_fault(frame, esr, trap, frame->sp);
        break;
    case EC_FP_EXCEPTION:
        instruction_fault(frame, trap, TRAP_ARITHMETIC, exception_code(esr));
        break;
    case EC_BRK:
        instruction_fault(frame, trap, TRAP_BREAKPOINT, TRAP_BRKPT);
        break;
    case EC_BREAKPOINT:
        instruction_fault(frame, trap, TRAP_BREAKPOINT, TRAP_HWBKPT);
        break;
    case EC_WATCHPOINT: /* the address is what was watched, as the program has it */
        instruction_fault(frame, trap, TRAP_BREAKPOINT, TRAP_HWBKPT);
        trap->address = sysreg_read(far_el1);
        break;
    case EC_STEP:
        instruction_fault(frame, trap, TRAP_BREAKPOINT, TRAP_TRACE);
        break;
    default:
        instruction_fault(frame, trap, TRAP_ILLEGAL, ILL_ILLOPC);
    }
}

/* What user_enter doesn't keep; the compiler saves what it needs, which is little. */
#define ENTER_CLOBBERS                                                                                             \
    "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", \
        "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "memory", "cc"

static inline uint64_t enter(struct trap_frame *frame)
{
    register struct trap_frame *x0 __asm__("x0") = frame;
    register uint64_t kind __asm__("x1");

    __asm__ volatile("bl user_enter" : "+r"(x0), "=r"(kind)::ENTER_CLOBBERS);
    return kind;
}

static __attribute__((noinline)) void trap_decode(struct trap_frame *frame, uint64_t kind, struct trap *trap)
{
    if (kind == TRAP_FROM_SYNC) {
        sync_decode(frame, sysreg_read(esr_el1), trap);
        return;
    }
    if (kind == TRAP_FROM_SERROR)
        panic("SError: esr=%lx", (unsigned long)sysreg_read(esr_el1));
    trap->kind = TRAP_INTERRUPT;
    gic_acknowledge(&trap->irq);
}

/* Inline, as a function of its own would have to keep all registers around user_enter once more. */
__attribute__((always_inline)) inline void arch_user_run(struct trap_frame *frame, struct trap *trap)
{
    uint64_t kind = enter(frame);

    if (__builtin_expect(kind == TRAP_FROM_SYNC && ESR_EC(sysreg_read(esr_el1)) == EC_SVC, true) != 0)
        trap->kind = TRAP_SYSCALL;
    else
        trap_decode(frame, kind, trap);
}

/* WFI ends when an interrupt is pending, whether it may be taken or not: it is acknowledged here, and none is lost. */
unsigned arch_wait_for_interrupt(void)
{
    unsigned irq;

    do
        __asm__ volatile("dsb sy; wfi" ::: "memory");
    while (!gic_acknowledge(&irq));
    return irq;
}

/* ---- frames ---- */

void arch_set_tls(struct thread *thread, uint64_t value)
{
    thread->frame.tls = value;
    if (thread == arch_current())
        sysreg_write(tpidr_el0, value);
}

void arch_frame_init(struct trap_frame *frame, unsigned word_size, uaddr_t pc, uaddr_t sp)
{
    (void)word_size;                                  /* programs of 64 bits alone */
    *frame = (struct trap_frame){.pc = pc, .sp = sp}; /* pstate 0: EL0, interrupts on */
    sysreg_write(tpidr_el0, 0);
    fpu_reset();
    debug_forget(container_of(frame, struct thread, frame));
}

uint64_t arch_frame_pc(const struct trap_frame *frame)
{
    return frame->pc;
}

void arch_frame_set_pc(struct trap_frame *frame, uaddr_t pc)
{
    frame->pc = pc;
}

uint64_t arch_frame_sp(const struct trap_frame *frame)
{
    return frame->sp;
}

uint64_t arch_syscall_number(const struct trap_frame *frame)
{
    return frame->x[8] & UINT32_MAX; /* Linux takes w8 */
}

enum trap_kind arch_syscall_kind(const struct trap_frame *frame)
{
    (void)frame;
    return TRAP_SYSCALL;
}

const uint64_t *arch_syscall_args(const struct trap_frame *frame, enum trap_kind kind, uint64_t room[6])
{
    (void)kind, (void)room;
    return frame->x;
}

void arch_syscall_return(struct trap_frame *frame, int64_t result)
{
    frame->x[0] = (uint64_t)result;
}

int64_t arch_syscall_result(const struct trap_frame *frame)
{
    return (int64_t)frame->x[0];
}

uint64_t arch_syscall_first(const struct trap_frame *frame)
{
    return frame->x[0];
}

void arch_syscall_restart(struct trap_frame *frame, uint64_t first, bool resume)
{
    enum { RESTART_SYSCALL = 128 };

    frame->x[0] = first;
    if (resume)
        frame->x[8] = RESTART_SYSCALL;
    frame->pc -= 4;
}

/* `svc`, with any number */
bool arch_is_syscall(const uint8_t code[4])
{
    return (code[0] & 0x1f) == 1 && (code[2] & 0xe0) == 0 && code[3] == 0xd4;
}

void arch_frame_print(const struct trap_frame *frame, char *buf, size_t size)
{
    snprintf(buf, size, "esr=%lx pc=%lx sp=%lx pstate=%lx x0=%lx x1=%lx x29=%lx x30=%lx", (unsigned long)frame->esr,
             (unsigned long)frame->pc, (unsigned long)frame->sp, (unsigned long)frame->pstate,
             (unsigned long)frame->x[0], (unsigned long)frame->x[1], (unsigned long)frame->x[29],
             (unsigned long)frame->x[30]);
}

_Noreturn void trap_in_kernel(struct trap_frame *frame, uint64_t kind);
_Noreturn void trap_in_kernel(struct trap_frame *frame, uint64_t kind)
{
    char registers[200];

    if (!panic_claim()) /* it can't even tell */
        arch_power_off();
    frame->esr = sysreg_read(esr_el1);
    arch_frame_print(frame, registers, sizeof(registers));
    panic("exception in the kernel: kind %lu %s far=%lx", (unsigned long)kind, registers,
          (unsigned long)sysreg_read(far_el1));
}
