/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.c - Linux's rt_sigframe on x86_64 (asm/sigcontext.h, asm/ucontext.h): the interrupted registers and vector
 * state on the user's stack, and the way back. All that comes back is the program's and is checked.
 */
#include "abi/signal.h"
#include "abi/errno.h"
#include "core/sigframe.h"
#include "core/signal.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"

#include "fpu.h"
#include "layout.h"
#include "signal_i386.h"
#include "x86.h"

struct sigcontext {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, vector, old_mask, cr2, fpstate, reserved[8];
};
_Static_assert(sizeof(struct sigcontext) == 256, "struct sigcontext");

struct ucontext {
    uint64_t flags, link;
    struct sigaltstack_user stack;
    struct sigcontext context;
    uint64_t mask;
};
_Static_assert(sizeof(struct ucontext) == 304, "struct ucontext");

struct sigframe {
    uint64_t return_address;
    struct ucontext ucontext;
    struct siginfo_user info;
};
_Static_assert(sizeof(struct sigframe) == 440, "struct rt_sigframe");

enum { UC_FP_XSTATE = 1, UC_SIGCONTEXT_SS = 2, UC_STRICT_RESTORE_SS = 4 };
/* What a frame may set (Linux's FIX_EFLAGS): CF PF AF ZF SF TF DF OF RF AC. The others stay. */
#define RFLAGS_FRAME 0x50dd5ull
#define RFLAGS_HANDLER_CLEAR 0x10500ull /* TF DF RF */
#define RED_ZONE 128

/* Linux's __VIRTUAL_MASK_SHIFT: bits 47 to 63 of an address are the same. `iretq` to another is a fault of the
 * kernel's, at CPL 0 with the program's GS: such a context never gets there. */
static bool is_canonical(uint64_t address)
{
    return (int64_t)(address << 16) >> 16 == (int64_t)address;
}

static void context_save(const struct trap_frame *f, struct sigcontext *c)
{
    *c = (struct sigcontext){
        .r8 = f->r8,
        .r9 = f->r9,
        .r10 = f->r10,
        .r11 = f->r11,
        .r12 = f->r12,
        .r13 = f->r13,
        .r14 = f->r14,
        .r15 = f->r15,
        .rdi = f->rdi,
        .rsi = f->rsi,
        .rbp = f->rbp,
        .rbx = f->rbx,
        .rdx = f->rdx,
        .rax = f->rax,
        .rcx = f->rcx,
        .rsp = f->rsp,
        .rip = f->rip,
        .rflags = f->rflags,
        .cs = (uint16_t)f->cs,
        .ss = SEL_USER_DATA,
        .error = f->error,
        .vector = f->vector < VECTOR_COUNT ? f->vector : 0,
    };
}

/* Segment bases and descriptors stay. */
static void context_restore(struct trap_frame *f, const struct sigcontext *c)
{
    f->r8 = c->r8;
    f->r9 = c->r9;
    f->r10 = c->r10;
    f->r11 = c->r11;
    f->r12 = c->r12;
    f->r13 = c->r13;
    f->r14 = c->r14;
    f->r15 = c->r15;
    f->rdi = c->rdi;
    f->rsi = c->rsi;
    f->rbp = c->rbp;
    f->rbx = c->rbx;
    f->rdx = c->rdx;
    f->rax = c->rax;
    f->rcx = c->rcx;
    f->rsp = c->rsp;
    f->rip = c->rip;
    f->rflags = (f->rflags & ~RFLAGS_FRAME) | (c->rflags & RFLAGS_FRAME);
    f->cs = c->cs | 3; /* can_run looks at it */
    f->ss = SEL_USER_DATA;
    f->vector = 0; /* by iretq: all registers are as given */
    f->error = 0;
}

/* What `iretq` would fault on, or what is no code of a program's. Linux tries, and makes a signal of the fault. */
static bool can_run(const struct trap_frame *f)
{
    if (f->cs == SEL_USER_CODE)
        return is_canonical(f->rip);
    return f->cs == SEL_USER_CODE_32 && f->rip <= UINT32_MAX;
}

/* Of stack segments there is only ours. */
static bool stack_is_ours(const struct ucontext *ucontext)
{
    return !(ucontext->flags & UC_STRICT_RESTORE_SS) || (ucontext->context.ss | 3) == SEL_USER_DATA;
}

int arch_signal_enter(struct thread *thread, int signal, const struct signal_action *action,
                      const struct signal_info *info)
{
    struct trap_frame *f = &thread->frame;
    struct sigframe frame;

    if (__builtin_expect((action->flags & SIGNAL_ACTION_32BIT) != 0, false) != 0)
        return signal_enter_i386(thread, signal, action, info);
    /* The red zone is the interrupted function's, unless the stack is another one. */
    uaddr_t below = f->rsp - RED_ZONE, top = sigframe_stack(thread, action, below);
    uaddr_t fpstate = (top - fpu_user_size()) & ~63ull;
    uaddr_t sp = ((fpstate - sizeof(frame)) & ~15ull) - 8; /* as after a call (psABI 3.2.2) */

    if (!(action->flags & SA_RESTORER) || sigframe_overflows(thread, below, top, sp))
        return -EFAULT;
    frame.return_address = action->restorer;
    frame.ucontext.link = 0;
    frame.ucontext.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (fpu_has_xsave() ? UC_FP_XSTATE : 0);
    sigframe_fill_stack(thread, &frame.ucontext.stack);
    context_save(f, &frame.ucontext.context);
    frame.ucontext.context.cr2 = sigframe_fault_address(info);
    frame.ucontext.context.fpstate = fpstate;
    frame.ucontext.mask = sigframe_mask(thread);
    sigframe_fill_info(info, &frame.info);
    if (fpu_save_to_user(fpstate) != 0 || copy_to_user(sp, &frame, sizeof(frame)) != 0)
        return -EFAULT;

    fpu_reset();
    f->cs = SEL_USER_CODE;
    f->rip = action->handler;
    f->rsp = sp;
    f->rdi = (uint64_t)signal;
    f->rsi = sp + offsetof(struct sigframe, info);
    f->rdx = sp + offsetof(struct sigframe, ucontext);
    f->rax = 0;
    f->rflags &= ~RFLAGS_HANDLER_CLEAR;
    f->vector = 0;
    if (!can_run(f))
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
    return 0;
}

/* rt_sigreturn(2): the restorer was entered by the handler's `ret`, which took return_address off the stack. Never
 * returns a result of its own: rax is the interrupted context's. */
int64_t sys_rt_sigreturn(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    struct ucontext ucontext;
    const struct sigcontext *context = &ucontext.context;

    (void)arg;
    if (copy_from_user(&ucontext, thread->frame.rsp, sizeof(ucontext)) != 0 ||
        (context->fpstate != 0 && fpu_restore_from_user(context->fpstate) != 0)) {
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
        return 0;
    }
    signal_return(thread, ucontext.mask, &ucontext.stack); /* first, as Linux: a stack in use stays as it is */
    context_restore(&thread->frame, context);
    if (!can_run(&thread->frame) || !stack_is_ours(&ucontext))
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
    return (int64_t)context->rax;
}
