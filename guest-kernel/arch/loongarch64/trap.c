/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c - runs user contexts and says what a trap means (LoongArch Reference Manual vol. 1, table 7-8). */
#include "abi/signal.h"
#include "core/log.h"
#include "core/thread.h"
#include "mm/page.h"

#include "cpu.h"
#include "fpu.h"

enum exception { /* ESTAT.Ecode */
                 EXC_INTERRUPT = 0x0,
                 EXC_LOAD_INVALID = 0x1,
                 EXC_STORE_INVALID = 0x2,
                 EXC_FETCH_INVALID = 0x3,
                 EXC_NOT_DIRTY = 0x4,
                 EXC_NOT_READABLE = 0x5,
                 EXC_NOT_EXECUTABLE = 0x6,
                 EXC_PRIVILEGE_LEVEL = 0x7,
                 EXC_ADDRESS = 0x8,
                 EXC_ALIGNMENT = 0x9,
                 EXC_BOUNDS = 0xa,
                 EXC_BREAK = 0xc,
                 EXC_UNDEFINED = 0xd,
                 EXC_PRIVILEGED = 0xe,
                 EXC_FPU_DISABLED = 0xf,
                 EXC_LSX_DISABLED = 0x10,
                 EXC_LASX_DISABLED = 0x11,
                 EXC_FPU = 0x12,
};

enum { BREAK_OVERFLOW = 6, BREAK_DIVIDE = 7 }; /* Linux, asm/break.h */

static unsigned exception_of(const struct trap_frame *frame)
{
    return frame->estat >> 16 & 0x3f;
}

/* Another CPU's is cleared first: what that has written before is seen after, and a later one interrupts again. */
static unsigned interrupt_acknowledge(uint64_t estat)
{
    if (estat & IS_TIMER)
        csr_write(CSR_TICLR, 1);
    if (estat & IS_IPI) {
        iocsr_write(IOCSR_IPI_CLEAR, ~0u);
        barrier();
    }
    return estat & IS_EIOINTC ? intc_acknowledge() : ARCH_IRQ_NONE;
}

unsigned arch_wait_for_interrupt(void)
{
    cpu_idle();
    csr_write(CSR_PRMD, PRMD_USER); /* as user_enter wants it */
    return interrupt_acknowledge(csr_read(CSR_ESTAT));
}

/* The TLB keeps an entry that isn't valid as any other, so it is dropped before somebody makes it valid. It holds no
 * translation that could be used meanwhile, hence none of what arch_tlb_flush_page flushes. */
static void tlb_drop_faulting(void)
{
    enum { TLBIDX_NONE = 1u << 31 };

    __asm__ volatile("tlbsrch" ::: "memory"); /* for CSR.TLBEHI, which the exception has set */
    if (!(csr_read(CSR_TLBIDX) & TLBIDX_NONE)) {
        csr_write(CSR_TLBIDX, csr_read(CSR_TLBIDX) | TLBIDX_NONE);
        __asm__ volatile("tlbwr" ::: "memory");
    }
}

/* Whether what ran there is data, which the TLB lets be executed (refill_entry). The tables are read as refill_entry
 * reads them: other CPUs may be about to change them. */
static bool is_data(uaddr_t pc)
{
    uint64_t entry = csr_read(CSR_PGDL);

    if (pc >= ISA_USER_TOP)
        return false;
    for (unsigned level = ISA_PT_LEVELS; level > 0 && isa_pte_is_present(entry); level--) {
        const volatile uint64_t *table = phys_to_virt(isa_pte_address(entry));
        entry = table[isa_pt_index(pc, level - 1)];
    }
    return isa_pte_is_present(entry) && !isa_pte_allows(entry, ACCESS_EXEC);
}

static void page_fault_decode(const struct trap_frame *frame, struct trap *trap)
{
    trap->kind = TRAP_PAGE_FAULT;
    trap->address = frame->badv;
    switch (exception_of(frame)) {
    case EXC_STORE_INVALID:
    case EXC_NOT_DIRTY:
        trap->access = ACCESS_WRITE;
        break;
    case EXC_FETCH_INVALID:
    case EXC_NOT_EXECUTABLE:
        trap->access = ACCESS_EXEC;
        __asm__ volatile("ibar 0"); /* what the kernel wrote there is what is fetched */
        break;
    default: /* refill_entry takes a load of the instruction's own bytes for its fetch */
        trap->access = frame->badv == frame->pc ? ACCESS_EXEC : ACCESS_READ;
    }
    tlb_drop_faulting();
}

/* An instruction that checks bounds: of which address, register rj says. */
static void bounds_decode(const struct trap_frame *frame, struct trap *trap)
{
    uint32_t instruction = (uint32_t)csr_read(CSR_BADI);

    trap->kind = TRAP_PROTECTION;
    trap->code = SEGV_BNDERR;
    trap->address = frame->regs[instruction >> 5 & 31];
}

static void break_decode(struct trap *trap)
{
    uint32_t instruction = (uint32_t)csr_read(CSR_BADI);

    trap->kind = TRAP_BREAKPOINT;
    trap->code = TRAP_BRKPT;
    if ((instruction & 0x7fff) == BREAK_DIVIDE || (instruction & 0x7fff) == BREAK_OVERFLOW) {
        trap->kind = TRAP_ARITHMETIC;
        trap->code = (instruction & 0x7fff) == BREAK_DIVIDE ? FPE_INTDIV : FPE_INTOVF;
    }
}

/* FCSR0: what was raised is in bits 24 to 28, inexact first. */
static void fpu_decode(struct trap *trap)
{
    static const int codes[5] = {FPE_FLTRES, FPE_FLTUND, FPE_FLTOVF, FPE_FLTDIV, FPE_FLTINV};
    struct fpu_flags flags;

    fp_flags_save(&flags);
    trap->kind = TRAP_ARITHMETIC;
    trap->code = FPE_FLTUNK;
    for (unsigned i = 0; i < 5; i++)
        if (flags.fcsr & 1u << (24 + i))
            trap->code = codes[i];
    flags.fcsr &= ~((flags.fcsr & 0x1f) << 24); /* those that are enabled, as Linux */
    fp_flags_restore(&flags);
}

/* The first vector instruction: it is tried again, if the CPU has such. */
static bool vector_enable(struct trap_frame *frame, struct trap *trap)
{
    unsigned exception = exception_of(frame);

    if ((exception == EXC_LSX_DISABLED && fpu_enable(frame, FPU_LSX)) ||
        (exception == EXC_LASX_DISABLED && fpu_enable(frame, FPU_LASX))) {
        trap->kind = TRAP_INTERRUPT;
        trap->irq = ARCH_IRQ_NONE;
        return true;
    }
    return false;
}

static void exception_decode(struct trap_frame *frame, struct trap *trap)
{
    if (vector_enable(frame, trap))
        return;
    trap->address = frame->pc;
    trap->code = 0;
    switch (exception_of(frame)) {
    case EXC_ADDRESS: /* SIGBUS on Linux, whatever the address */
        trap->kind = TRAP_ALIGNMENT;
        trap->code = BUS_ADRERR;
        trap->address = frame->badv;
        break;
    case EXC_ALIGNMENT:
        trap->kind = TRAP_ALIGNMENT;
        trap->code = BUS_ADRALN;
        trap->address = frame->badv;
        break;
    case EXC_BREAK:
        break_decode(trap);
        break;
    case EXC_FPU:
        fpu_decode(trap);
        break;
    case EXC_BOUNDS:
        bounds_decode(frame, trap);
        break;
    default:
        if (is_data(frame->pc)) {
            trap->kind = TRAP_PAGE_FAULT;
            trap->access = ACCESS_EXEC;
            break;
        }
        trap->kind = TRAP_ILLEGAL;
        trap->code = SI_KERNEL;
        trap->address = 0;
    }
}

/* False: a system call; but for the temporary registers and what it says of the trap, the frame is complete. */
static inline bool enter(struct trap_frame *frame)
{
    register uint64_t a0 __asm__("$r4") = (uint64_t)frame;

    __asm__ volatile("bl user_enter"
                     : "+r"(a0)::"$r1", "$r2", "$r5", "$r6", "$r7", "$r8", "$r9", "$r10", "$r11", "$r12", "$r13",
                       "$r14", "$r15", "$r16", "$r17", "$r18", "$r19", "$r20", "$r22", "$r23", "$r24", "$r25", "$r26",
                       "$r27", "$r28", "$r29", "$r30", "$r31", "memory");
    return a0;
}

static __attribute__((noinline)) void trap_decode(struct trap_frame *frame, struct trap *trap)
{
    switch (exception_of(frame)) {
    case EXC_INTERRUPT:
        trap->kind = TRAP_INTERRUPT;
        trap->irq = interrupt_acknowledge(frame->estat);
        break;
    case EXC_LOAD_INVALID:
    case EXC_STORE_INVALID:
    case EXC_FETCH_INVALID:
    case EXC_NOT_DIRTY:
    case EXC_NOT_READABLE:
    case EXC_NOT_EXECUTABLE:
    case EXC_PRIVILEGE_LEVEL:
        page_fault_decode(frame, trap);
        break;
    default:
        exception_decode(frame, trap);
    }
}

/* `frame` is the current thread's: arch_set_current has told the entry code where it is. Inline, as a function of its
 * own would have to keep all registers around user_enter once more. */
__attribute__((always_inline)) inline void arch_user_run(struct trap_frame *frame, struct trap *trap)
{
    if (__builtin_expect(enter(frame), false) != 0) {
        trap_decode(frame, trap);
        return;
    }
    frame->pc += 4;
    trap->kind = TRAP_SYSCALL;
}

/* ---- frames ---- */

enum { REG_TP = 2, REG_SP = 3, REG_A0 = 4, REG_A7 = 11 };

void arch_set_tls(struct thread *thread, uint64_t value)
{
    thread->frame.regs[REG_TP] = value;
}

void arch_frame_init(struct trap_frame *frame, unsigned word_size, uaddr_t pc, uaddr_t sp)
{
    (void)word_size; /* programs of 64 bits alone */
    *frame = (struct trap_frame){.pc = pc, .regs[REG_SP] = sp};
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
    return frame->regs[REG_SP];
}

uint64_t arch_syscall_number(const struct trap_frame *frame)
{
    return frame->regs[REG_A7];
}

enum trap_kind arch_syscall_kind(const struct trap_frame *frame)
{
    (void)frame;
    return TRAP_SYSCALL;
}

const uint64_t *arch_syscall_args(const struct trap_frame *frame, enum trap_kind kind, uint64_t room[6])
{
    (void)kind, (void)room;
    return &frame->regs[REG_A0];
}

void arch_syscall_return(struct trap_frame *frame, int64_t result)
{
    frame->regs[REG_A0] = (uint64_t)result;
}

int64_t arch_syscall_result(const struct trap_frame *frame)
{
    return (int64_t)frame->regs[REG_A0];
}

uint64_t arch_syscall_first(const struct trap_frame *frame)
{
    return frame->regs[REG_A0];
}

void arch_syscall_restart(struct trap_frame *frame, uint64_t first, bool resume)
{
    enum { RESTART_SYSCALL = 128 };

    frame->regs[REG_A0] = first;
    if (resume)
        frame->regs[REG_A7] = RESTART_SYSCALL;
    frame->pc -= 4;
}

/* `syscall`, with any number */
bool arch_is_syscall(const uint8_t code[4])
{
    return (code[1] & 0x80) == 0 && code[2] == 0x2b && code[3] == 0;
}

void arch_frame_print(const struct trap_frame *frame, char *buf, size_t size)
{
    snprintf(buf, size, "estat %lx badv=%lx pc=%lx sp=%lx ra=%lx a0=%lx", (unsigned long)frame->estat,
             (unsigned long)frame->badv, (unsigned long)frame->pc, (unsigned long)frame->regs[REG_SP],
             (unsigned long)frame->regs[1], (unsigned long)frame->regs[REG_A0]);
}

void trap_in_kernel(const struct trap_frame *frame)
{
    char registers[160];

    if (!panic_claim()) /* it can't even tell */
        arch_power_off();
    arch_frame_print(frame, registers, sizeof(registers));
    panic("exception in the kernel: %s", registers);
}
