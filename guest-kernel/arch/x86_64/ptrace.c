/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace.c - what a tracer sees of x86_64: struct user with its registers (sys/user.h), single steps by RFLAGS.TF. */
#include "abi/errno.h"
#include "core/tracing.h"
#include "lib/string.h"

#include "debug.h"
#include "fpu.h"
#include "layout.h"
#include "x86.h"

#define RFLAGS_TF 0x100ull
/* What a tracer may change: CF PF AF ZF SF TF DF OF NT RF AC. */
#define RFLAGS_TRACER 0x54dd5ull

enum { NT_PRSTATUS = 1, NT_PRFPREG = 2, NT_X86_XSTATE = 0x202 };
enum { GETREGS = 12, SETREGS = 13, GETFPREGS = 14, SETFPREGS = 15 };

struct user_regs { /* struct user_regs_struct */
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs, rflags, rsp,
        ss, fs_base, gs_base, ds, es, fs, gs;
};
_Static_assert(sizeof(struct user_regs) == 216, "struct user_regs_struct");
#define USER_SIZE 928u  /* of the kernel's struct user, with the registers at its beginning */
#define USER_DEBUG 848u /* u_debugreg in it */

/* ---- stepping ---- */

/* All registers are to be as the frame has them: by iretq. */
static void frame_changes(struct trap_frame *frame)
{
    if (frame->vector == VECTOR_SYSCALL)
        frame->vector = VECTOR_SYSCALL_CHANGED;
}

bool arch_traced_enter(struct trap_frame *frame, bool step)
{
    if (!step || (frame->rflags & RFLAGS_TF))
        return false;
    frame_changes(frame);
    frame->rflags |= RFLAGS_TF;
    return true;
}

/* `syscall` has kept it in r11, too. */
void arch_step_end(struct trap_frame *frame)
{
    frame->rflags &= ~RFLAGS_TF;
    if (frame->vector == VECTOR_SYSCALL)
        frame->r11 &= ~RFLAGS_TF;
}

/* ---- calls ---- */

void arch_traced_call(struct thread *thread)
{
    thread->frame.rax = (uint64_t)(int64_t)-ENOSYS;
}

uint64_t arch_traced_call_number(const struct thread *thread)
{
    return (uint64_t)(int64_t)(int32_t)thread->syscall_first;
}

/* Number -1 is none's: the result is what the tracer has put there. */
bool arch_traced_call_goes_on(struct thread *thread)
{
    if ((int32_t)thread->syscall_first == -1)
        return false;
    thread->frame.rax = thread->syscall_first;
    return true;
}

/* ---- the registers ---- */

static bool is_in_call(const struct thread *thread)
{
    return thread->interrupted || (thread->tracee != NULL && thread->tracee->in_call);
}

static void regs_get(const struct thread *thread, void *bytes)
{
    const struct trap_frame *f = &thread->frame;
    const struct user_regs regs = {
        .r15 = f->r15,
        .r14 = f->r14,
        .r13 = f->r13,
        .r12 = f->r12,
        .rbp = f->rbp,
        .rbx = f->rbx,
        .r11 = f->r11,
        .r10 = f->r10,
        .r9 = f->r9,
        .r8 = f->r8,
        .rax = f->rax,
        .rcx = f->rcx,
        .rdx = f->rdx,
        .rsi = f->rsi,
        .rdi = f->rdi,
        .orig_rax = is_in_call(thread) ? thread->syscall_first : UINT64_MAX,
        .rip = f->rip,
        .cs = f->cs,
        .rflags = f->rflags,
        .rsp = f->rsp,
        .ss = f->ss,
        .fs_base = f->fs_base,
        .gs_base = f->gs_base,
        .ds = f->selectors & 0xffff,
        .es = f->selectors >> 16 & 0xffff,
        .fs = f->selectors >> 32 & 0xffff,
        .gs = f->selectors >> 48,
    };

    memcpy(bytes, &regs, sizeof(regs));
}

/* What iretq would fault on, or what isn't a program's. */
static bool can_be(const struct trap_frame *f, const struct user_regs *regs)
{
    uint64_t top = f->cs == SEL_USER_CODE ? ISA_USER_TOP : (uint64_t)UINT32_MAX + 1;

    return regs->rip < top && regs->fs_base < ISA_USER_TOP && regs->gs_base < ISA_USER_TOP;
}

/* A call that a signal has interrupted is made again only if its number is still there: a debugger that has the thread
 * call a function takes it away meanwhile, and puts it back with the other registers. */
static void call_set(struct thread *thread, uint64_t number)
{
    int64_t result = (int64_t)thread->frame.rax;
    bool restarts = result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
                    result == -ERESTART_RESTARTBLOCK;

    thread->syscall_first = number;
    if ((int64_t)number < 0) {
        thread->interrupted = false;
    } else if (restarts) {
        thread->interrupted = true;
        thread->attention = true;
    }
}

/* Segments stay as they are: programs of 64 bits have no others. */
static int regs_set(struct thread *thread, const void *bytes)
{
    struct trap_frame *f = &thread->frame;
    struct user_regs regs;

    memcpy(&regs, bytes, sizeof(regs));
    if (!can_be(f, &regs))
        return -EIO;
    frame_changes(f);
    f->r15 = regs.r15;
    f->r14 = regs.r14;
    f->r13 = regs.r13;
    f->r12 = regs.r12;
    f->rbp = regs.rbp;
    f->rbx = regs.rbx;
    f->r11 = regs.r11;
    f->r10 = regs.r10;
    f->r9 = regs.r9;
    f->r8 = regs.r8;
    f->rax = regs.rax;
    f->rcx = regs.rcx;
    f->rdx = regs.rdx;
    f->rsi = regs.rsi;
    f->rdi = regs.rdi;
    f->rip = regs.rip;
    f->rflags = (f->rflags & ~RFLAGS_TRACER) | (regs.rflags & RFLAGS_TRACER);
    f->rsp = regs.rsp;
    f->fs_base = regs.fs_base;
    f->gs_base = regs.gs_base;
    call_set(thread, regs.orig_rax);
    return 0;
}

static void fpregs_get(const struct thread *thread, void *bytes)
{
    fpu_legacy_get(thread->vector, bytes);
}

static int fpregs_set(struct thread *thread, const void *bytes)
{
    return fpu_legacy_set(thread->vector, bytes);
}

static void xstate_get(const struct thread *thread, void *bytes)
{
    fpu_xstate_get(thread->vector, bytes);
}

static int xstate_set(struct thread *thread, const void *bytes)
{
    return fpu_xstate_set(thread->vector, bytes);
}

/* Of all that XSAVE keeps: how much that is, the CPU says. */
static const struct arch_regset *xstate(void)
{
    static struct arch_regset set = {
        .note = NT_X86_XSTATE, .unit = sizeof(uint64_t), .get = xstate_get, .set = xstate_set, .is_whole = true};

    set.size = (uint16_t)fpu_xstate_size();
    return &set;
}

const struct arch_regset *arch_regset(unsigned note)
{
    static const struct arch_regset sets[] = {
        {.note = NT_PRSTATUS,
         .unit = sizeof(uint64_t),
         .size = sizeof(struct user_regs),
         .get = regs_get,
         .set = regs_set},
        {.note = NT_PRFPREG, .unit = sizeof(uint64_t), .size = FPU_LEGACY_SIZE, .get = fpregs_get, .set = fpregs_set},
    };

    if (note == NT_X86_XSTATE)
        return xstate();

    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        if (sets[i].note == note)
            return &sets[i];
    return NULL;
}

unsigned arch_ptrace_regset(unsigned request, bool *is_set)
{
    *is_set = request == SETREGS || request == SETFPREGS;
    if (request == GETREGS || request == SETREGS)
        return NT_PRSTATUS;
    return request == GETFPREGS || request == SETFPREGS ? NT_PRFPREG : 0;
}

/* The number of the debug register there; DEBUG_NONE: there is another thing. */
#define DEBUG_NONE 8u
static unsigned debug_number(uint64_t offset)
{
    uint64_t number = (offset - USER_DEBUG) / sizeof(uint64_t);

    return offset >= USER_DEBUG && number < DEBUG_NONE ? (unsigned)number : DEBUG_NONE;
}

/* Of what is behind the registers only those for debugging are there: the rest is zero. */
int arch_peek_user(const struct thread *thread, uint64_t offset, uint64_t *value)
{
    uint64_t regs[sizeof(struct user_regs) / sizeof(uint64_t)];

    if (offset % sizeof(uint64_t) != 0 || offset >= USER_SIZE)
        return -EIO;
    regs_get(thread, regs);
    if (debug_number(offset) != DEBUG_NONE)
        *value = debug_peek(thread, debug_number(offset));
    else
        *value = offset < sizeof(regs) ? regs[offset / sizeof(uint64_t)] : 0;
    return 0;
}

int arch_poke_user(struct thread *thread, uint64_t offset, uint64_t value)
{
    uint64_t regs[sizeof(struct user_regs) / sizeof(uint64_t)];

    if (offset % sizeof(uint64_t) != 0)
        return -EIO;
    if (debug_number(offset) != DEBUG_NONE)
        return debug_poke(thread, debug_number(offset), value);
    if (offset >= sizeof(regs))
        return -EIO;
    regs_get(thread, regs);
    regs[offset / sizeof(uint64_t)] = value;
    return regs_set(thread, regs);
}
