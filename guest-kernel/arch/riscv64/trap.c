/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - runs user contexts and says what a trap means (Privileged Architecture, table 22). */
#include "abi/signal.h"
#include "core/log.h"
#include "core/process.h"

#include "fpu.h"
#include "riscv.h"

enum cause {
    CAUSE_FETCH_MISALIGNED = 0,
    CAUSE_FETCH_ACCESS = 1,
    CAUSE_ILLEGAL = 2,
    CAUSE_BREAKPOINT = 3,
    CAUSE_LOAD_MISALIGNED = 4,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_MISALIGNED = 6,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_USER_ECALL = 8,
    CAUSE_FETCH_PAGE_FAULT = 12,
    CAUSE_LOAD_PAGE_FAULT = 13,
    CAUSE_STORE_PAGE_FAULT = 15,
};

/* By its cause: QEMU 7.2 shows no timer interrupt in the sip of VS-mode. */
static unsigned interrupt_acknowledge(uint64_t cause)
{
    switch (cause & ~CAUSE_IS_INTERRUPT) {
    case IRQ_TIMER:
        csr_clear(sie, 1u << IRQ_TIMER); /* once only */
        break;
    case IRQ_SOFTWARE:
        csr_clear(sip, 1u << IRQ_SOFTWARE);
        __asm__ volatile("fence" ::: "memory"); /* what comes from now on is another, and what it is about is there */
        break;
    case IRQ_EXTERNAL:
        return intc_acknowledge();
    default:
        break;
    }
    return ARCH_IRQ_NONE;
}

unsigned arch_wait_for_interrupt(void)
{
    struct percpu *cpu = percpu();

    for (cpu->idle_cause = 0; cpu->idle_cause == 0;)
        cpu_idle();
    return interrupt_acknowledge(cpu->idle_cause);
}

/*
 * A hart may have seen the entry before it was written. That is found out by its faulting there again, which costs less
 * than a fence after each entry that mm/ fills in.
 */
static void page_fault_decode(const struct trap_frame *frame, struct trap *trap, unsigned access)
{
    struct percpu *cpu = percpu();
    uint64_t page = frame->value & ~PAGE_MASK;

    if (cpu->fault_page == page)
        arch_tlb_flush_page(page);
    cpu->fault_page = page;
    *trap = (struct trap){.kind = TRAP_PAGE_FAULT, .access = access, .address = frame->value};
}

static void exception_decode(struct trap_frame *frame, struct trap *trap)
{
    switch (frame->cause) {
    case CAUSE_LOAD_PAGE_FAULT:
        page_fault_decode(frame, trap, ACCESS_READ);
        break;
    case CAUSE_STORE_PAGE_FAULT:
        page_fault_decode(frame, trap, ACCESS_WRITE);
        break;
    case CAUSE_FETCH_PAGE_FAULT:
        page_fault_decode(frame, trap, ACCESS_EXEC);
        break;
    case CAUSE_ILLEGAL:
        if (vector_turn_on(frame)) /* and it is tried again */
            *trap = (struct trap){.kind = TRAP_INTERRUPT, .irq = ARCH_IRQ_NONE};
        else
            *trap = (struct trap){.kind = TRAP_ILLEGAL, .code = ILL_ILLOPC, .address = frame->pc};
        break;
    case CAUSE_BREAKPOINT:
        *trap = (struct trap){.kind = TRAP_BREAKPOINT, .code = TRAP_BRKPT, .address = frame->pc};
        break;
    case CAUSE_FETCH_MISALIGNED:
    case CAUSE_LOAD_MISALIGNED:
    case CAUSE_STORE_MISALIGNED:
        *trap = (struct trap){.kind = TRAP_ALIGNMENT, .code = BUS_ADRALN, .address = frame->pc};
        break;
    default: /* an access fault: nothing is at that physical address, or the firmware keeps it */
        *trap = (struct trap){.kind = TRAP_PROTECTION, .code = SEGV_ACCERR, .address = frame->pc};
    }
}

static __attribute__((noinline)) void trap_decode(struct trap_frame *frame, struct trap *trap)
{
    if (frame->cause & CAUSE_IS_INTERRUPT) {
        trap->kind = TRAP_INTERRUPT;
        trap->irq = interrupt_acknowledge(frame->cause);
    } else {
        exception_decode(frame, trap);
    }
}

/* Inline, as a function of its own would have to keep all registers around user_enter once more. */
__attribute__((always_inline)) inline void arch_user_run(struct trap_frame *frame, struct trap *trap)
{
    if (percpu()->exec_pages != __atomic_load_n(&isa_exec_pages, __ATOMIC_RELAXED))
        code_catch_up();
    register uint64_t a0 __asm__("a0") = (uint64_t)frame;
    __asm__ volatile("call user_enter"
                     : "+r"(a0)::"ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a1", "a2", "a3", "a4", "a5", "a6",
                       "a7", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "memory");
    if (__builtin_expect(frame->cause == CAUSE_USER_ECALL, true) != 0) {
        frame->pc += 4;
        trap->kind = TRAP_SYSCALL;
    } else {
        trap_decode(frame, trap);
    }
}

void arch_frame_init(struct trap_frame *frame, unsigned word_size, uaddr_t pc, uaddr_t sp)
{
    (void)word_size; /* programs of 64 bits alone */
    uint64_t status = csr_read(sstatus) & ~(STATUS_SPP | STATUS_SUM | STATUS_MXR);

    *frame = (struct trap_frame){.pc = pc, .sp = sp, .status = status | STATUS_SPIE};
    fpu_reset(frame);
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

void arch_set_tls(struct thread *thread, uint64_t value)
{
    thread->frame.tp = value;
}

uint64_t arch_syscall_number(const struct trap_frame *frame)
{
    return frame->a7;
}

enum trap_kind arch_syscall_kind(const struct trap_frame *frame)
{
    (void)frame;
    return TRAP_SYSCALL;
}

const uint64_t *arch_syscall_args(const struct trap_frame *frame, enum trap_kind kind, uint64_t room[6])
{
    (void)kind, (void)room;
    return frame->argument;
}

void arch_syscall_return(struct trap_frame *frame, int64_t result)
{
    frame->a0 = (uint64_t)result;
}

int64_t arch_syscall_result(const struct trap_frame *frame)
{
    return (int64_t)frame->a0;
}

uint64_t arch_syscall_first(const struct trap_frame *frame)
{
    return frame->a0;
}

void arch_syscall_restart(struct trap_frame *frame, uint64_t first, bool resume)
{
    enum { RESTART_SYSCALL = 128 };

    frame->a0 = first;
    if (resume)
        frame->a7 = RESTART_SYSCALL;
    frame->pc -= 4;
}

/* `ecall` */
bool arch_is_syscall(const uint8_t code[4])
{
    return code[0] == 0x73 && code[1] == 0 && code[2] == 0 && code[3] == 0;
}

void arch_frame_print(const struct trap_frame *frame, char *buf, size_t size)
{
    snprintf(buf, size, "cause %lx stval=%lx pc=%lx ra=%lx sp=%lx gp=%lx tp=%lx a0=%lx sstatus=%lx",
             (unsigned long)frame->cause, (unsigned long)frame->value, (unsigned long)frame->pc,
             (unsigned long)frame->ra, (unsigned long)frame->sp, (unsigned long)frame->gp, (unsigned long)frame->tp,
             (unsigned long)frame->a0, (unsigned long)frame->status);
}

/*
 * Another hart may have mapped a stack after this one has seen that there was nothing: as for programs, that is found
 * out by faulting there again.
 */
static bool entry_is_stale(const struct trap_frame *frame)
{
    bool is_page_fault = frame->cause == CAUSE_LOAD_PAGE_FAULT || frame->cause == CAUSE_STORE_PAGE_FAULT;
    uint64_t page = frame->value & ~PAGE_MASK;

    if (!is_page_fault || page < ISA_STACKS || percpu()->fault_page == page)
        return false;
    percpu()->fault_page = page;
    tlb_flush_kernel_page(page);
    return true;
}

/* Returns to where it was interrupted if that is worth another try. */
void trap_in_kernel(const struct trap_frame *frame)
{
    char registers[200];

    if (entry_is_stale(frame))
        return;
    if (!panic_claim()) /* it can't even tell */
        arch_power_off();
    arch_frame_print(frame, registers, sizeof(registers));
    panic("exception in the kernel: %s", registers);
}
