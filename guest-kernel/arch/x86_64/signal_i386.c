/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_i386.c - Linux's two frames for handlers of 32-bit programs (asm/sigframe.h, asm/sigcontext.h: sigframe_ia32,
 * rt_sigframe_ia32) and the way back. All that comes back is the program's and is checked.
 */
#include "signal_i386.h"

#include "abi/errno.h"
#include "abi/i386.h"
#include "abi/signal.h"
#include "core/abi.h"
#include "core/sigframe.h"
#include "lib/string.h"
#include "mm/space.h"
#include "mm/usercopy.h"
#include "sys/i386_siginfo.h"
#include "sys/syscall.h"

#include "fpu.h"
#include "layout.h"
#include "x86.h"

#define RFLAGS_FRAME 0x50dd5ull /* as in signal.c */
#define RFLAGS_HANDLER_CLEAR 0x10500ull

struct context {
    uint32_t gs, fs, es, ds;
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax, vector, error, eip, cs, eflags, esp_at_signal, ss;
    uint32_t fpstate, old_mask, cr2;
};
_Static_assert(sizeof(struct context) == 88, "struct sigcontext_32");

struct frame { /* of a handler without SA_SIGINFO */
    uint32_t return_address;
    int32_t signal;
    struct context context;
    uint8_t unused[624]; /* where the x87 state was once */
    uint32_t mask_high;
    uint8_t code[8];
};
_Static_assert(sizeof(struct frame) == 732, "struct sigframe_ia32");

struct rt_frame {
    uint32_t return_address;
    int32_t signal;
    uint32_t info_address, ucontext_address;
    struct i386_siginfo info;
    struct {
        uint32_t flags, link;
        struct i386_stack stack;
        struct context context;
        i386_u64 mask;
    } ucontext;
    uint8_t code[8];
};
_Static_assert(sizeof(struct rt_frame) == 268, "struct rt_sigframe_ia32");

enum { UC_FP_XSTATE = 1 };

/* The way back as debuggers look for it in a frame: of either kind. */
static const uint8_t code[16] = ISA_SIGRETURN_32BIT;

/* ---- x87 state, which stands before the rest in the form of FSAVE (asm/fpu/types.h, struct fregs_state) ---- */

struct x87 {
    uint32_t control, status, tags, fip, fcs, fdp, fds;
    uint8_t registers[8][10];
    uint16_t status_again, magic; /* magic: 0, the other form is there, too */
};
_Static_assert(sizeof(struct x87) == 112, "struct fregs_state");

struct fxsave_head {
    uint16_t control, status;
    uint8_t tags, reserved;
    uint16_t opcode;
    uint64_t rip, rdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t registers[8][16];
};
_Static_assert(sizeof(struct fxsave_head) == 160, "FXSAVE");

/* Of a register that isn't empty: 0 a number, 1 zero, 2 another (Intel SDM vol. 1, 8.1.7). */
static unsigned tag_of(const uint8_t value[16])
{
    uint64_t significand;
    unsigned exponent = (value[8] | value[9] << 8) & 0x7fff;

    memcpy(&significand, value, sizeof(significand));
    if (exponent == 0)
        return significand == 0 ? 1 : 2;
    return exponent == 0x7fff || !(significand >> 63) ? 2 : 0;
}

/* Tags are by register, the registers by their place on the stack. */
static uint32_t tags_expand(const struct fxsave_head *fx)
{
    unsigned top = fx->status >> 11 & 7;
    uint32_t tags = 0xffff0000;

    for (unsigned i = 0; i < 8; i++)
        tags |= (fx->tags >> i & 1 ? tag_of(fx->registers[(i - top) & 7]) : 3u) << 2 * i;
    return tags;
}

static uint8_t tags_shrink(uint32_t tags)
{
    uint8_t there = 0;

    for (unsigned i = 0; i < 8; i++)
        if ((tags >> 2 * i & 3) != 3)
            there |= (uint8_t)(1 << i);
    return there;
}

/* Both to the user: the whole state to `fpstate`, which is aligned, and the x87 form of it before that. */
static int state_save(const struct trap_frame *f, uaddr_t fpstate)
{
    struct fxsave_head fx;
    struct x87 x87;

    if (fpu_save_to_user(fpstate) != 0 || copy_from_user(&fx, fpstate, sizeof(fx)) != 0)
        return -EFAULT;
    x87 = (struct x87){
        .control = fx.control | 0xffff0000u,
        .status = fx.status | 0xffff0000u,
        .tags = tags_expand(&fx),
        .fip = (uint32_t)fx.rip,
        .fcs = (uint16_t)f->cs,
        .fdp = (uint32_t)fx.rdp,
        .fds = (f->selectors & 0xffff) | 0xffff0000u,
        .status_again = fx.status,
    };
    for (unsigned i = 0; i < 8; i++)
        memcpy(x87.registers[i], fx.registers[i], sizeof(x87.registers[i]));
    return copy_to_user(fpstate - sizeof(x87), &x87, sizeof(x87));
}

/* What a handler has changed of the x87 form goes into the other one, which is the program's own and of no use
 * afterwards, and all of that is loaded. */
static int state_restore(uaddr_t at)
{
    uaddr_t fpstate = at + sizeof(struct x87);
    struct fxsave_head fx;
    struct x87 x87;

    if (at == 0) {
        fpu_reset();
        return 0;
    }
    if (copy_from_user(&x87, at, sizeof(x87)) != 0 || copy_from_user(&fx, fpstate, sizeof(fx)) != 0)
        return -EFAULT;
    fx.control = (uint16_t)x87.control;
    fx.status = (uint16_t)x87.status;
    fx.tags = tags_shrink(x87.tags);
    fx.opcode = (uint16_t)(x87.fcs >> 16);
    fx.rip = x87.fip;
    fx.rdp = x87.fdp;
    for (unsigned i = 0; i < 8; i++)
        memcpy(fx.registers[i], x87.registers[i], sizeof(x87.registers[i]));
    if (copy_to_user(fpstate, &fx, sizeof(fx)) != 0)
        return -EFAULT;
    return fpu_restore_from_user(fpstate);
}

/* ---- registers ---- */

static void context_save(const struct trap_frame *f, struct context *c, uint64_t mask, uaddr_t fpstate)
{
    *c = (struct context){
        .gs = (uint32_t)(f->selectors >> 48),
        .fs = f->selectors >> 32 & 0xffff,
        .es = f->selectors >> 16 & 0xffff,
        .ds = f->selectors & 0xffff,
        .edi = (uint32_t)f->rdi,
        .esi = (uint32_t)f->rsi,
        .ebp = (uint32_t)f->rbp,
        .esp = (uint32_t)f->rsp,
        .ebx = (uint32_t)f->rbx,
        .edx = (uint32_t)f->rdx,
        .ecx = (uint32_t)f->rcx,
        .eax = (uint32_t)f->rax,
        .vector = f->vector < VECTOR_COUNT ? (uint32_t)f->vector : 0,
        .error = (uint32_t)f->error,
        .eip = (uint32_t)f->rip,
        .cs = (uint16_t)f->cs,
        .eflags = (uint32_t)f->rflags,
        .esp_at_signal = (uint32_t)f->rsp,
        .ss = (uint16_t)f->ss,
        .fpstate = (uint32_t)(fpstate - sizeof(struct x87)),
        .old_mask = (uint32_t)mask,
    };
}

/* False: `iretq` would fault on it. */
static bool context_restore(struct trap_frame *f, const struct context *c)
{
    f->rdi = c->edi;
    f->rsi = c->esi;
    f->rbp = c->ebp;
    f->rsp = c->esp;
    f->rbx = c->ebx;
    f->rdx = c->edx;
    f->rcx = c->ecx;
    f->rax = c->eax;
    f->rip = c->eip;
    f->rflags = (f->rflags & ~RFLAGS_FRAME) | (c->eflags & RFLAGS_FRAME);
    f->cs = (c->cs & 0xffff) | 3;
    f->vector = 0;
    f->error = 0;
    segments_change(f, (c->ds & 0xffff) | (uint64_t)(c->es & 0xffff) << 16 | (uint64_t)(c->fs & 0xffff) << 32 |
                           (uint64_t)(c->gs & 0xffff) << 48);
    f->ss = (c->ss & 0xffff) | 3;
    if ((f->cs == SEL_USER_CODE || f->cs == SEL_USER_CODE_32) && segments_is_stack(f, (unsigned)f->ss))
        return true;
    f->cs = SEL_USER_CODE_32;
    f->ss = SEL_USER_DATA;
    return false;
}

/* ---- the way in ---- */

/* Where a frame of that size is to be, which Linux aligns for the code of a function; 0: there is no room. */
static uaddr_t frame_place(const struct thread *thread, const struct signal_action *action, size_t size,
                           uaddr_t *fpstate)
{
    uaddr_t below = thread->frame.rsp, top = sigframe_stack(thread, action, below), sp;

    *fpstate = (top - fpu_user_size()) & ~63ull;
    sp = ((*fpstate - sizeof(struct x87) - size + 4) & ~15ull) - 4;
    return sigframe_overflows(thread, below, top, sp) || sp > UINT32_MAX || top > UINT32_MAX + 1ull ? 0 : sp;
}

/* The program's own; else what its return page has (sys/return_page.c), or, in a 64-bit program, which has none, the
 * code in the frame. */
static uint32_t return_address(const struct thread *thread, const struct signal_action *action, unsigned at,
                               uaddr_t own)
{
    const struct process *process = thread->process;

    if (action->flags & SA_RESTORER)
        return (uint32_t)action->restorer;
    return (uint32_t)(process->abi->word_size == sizeof(uint32_t) ? process->space->vdso + at : own);
}

static uaddr_t frame_put(struct thread *thread, int signal, const struct signal_action *action,
                         const struct signal_info *info)
{
    struct frame frame = {.signal = signal};
    uaddr_t fpstate, sp = frame_place(thread, action, sizeof(frame), &fpstate);
    uint64_t mask = sigframe_mask(thread);

    if (sp == 0 || state_save(&thread->frame, fpstate) != 0)
        return 0;
    context_save(&thread->frame, &frame.context, mask, fpstate);
    frame.context.cr2 = (uint32_t)sigframe_fault_address(info);
    frame.mask_high = (uint32_t)(mask >> 32);
    memcpy(frame.code, code, sizeof(frame.code));
    frame.return_address = return_address(thread, action, 0, sp + offsetof(struct frame, code));
    thread->frame.rdx = thread->frame.rcx = 0;
    return copy_to_user(sp, &frame, sizeof(frame)) == 0 ? sp : 0;
}

static uaddr_t rt_frame_put(struct thread *thread, int signal, const struct signal_action *action,
                            const struct signal_info *info)
{
    struct rt_frame frame = {.signal = signal};
    uaddr_t fpstate, sp = frame_place(thread, action, sizeof(frame), &fpstate);
    struct sigaltstack_user stack;

    if (sp == 0 || state_save(&thread->frame, fpstate) != 0)
        return 0;
    sigframe_fill_stack(thread, &stack);
    frame.info_address = (uint32_t)(sp + offsetof(struct rt_frame, info));
    frame.ucontext_address = (uint32_t)(sp + offsetof(struct rt_frame, ucontext));
    i386_siginfo_fill(info, &frame.info);
    frame.ucontext.flags = fpu_has_xsave() ? UC_FP_XSTATE : 0;
    frame.ucontext.stack = (struct i386_stack){(uint32_t)stack.sp, stack.flags, (uint32_t)stack.size};
    frame.ucontext.mask = sigframe_mask(thread);
    context_save(&thread->frame, &frame.ucontext.context, frame.ucontext.mask, fpstate);
    frame.ucontext.context.cr2 = (uint32_t)sigframe_fault_address(info);
    memcpy(frame.code, code + 8, sizeof(frame.code));
    frame.return_address = return_address(thread, action, 8, sp + offsetof(struct rt_frame, code));
    thread->frame.rdx = frame.info_address;
    thread->frame.rcx = frame.ucontext_address;
    return copy_to_user(sp, &frame, sizeof(frame)) == 0 ? sp : 0;
}

int signal_enter_i386(struct thread *thread, int signal, const struct signal_action *action,
                      const struct signal_info *info)
{
    struct trap_frame *f = &thread->frame;
    uaddr_t sp;

    segments_save(f);
    sp = action->flags & SA_SIGINFO ? rt_frame_put(thread, signal, action, info)
                                    : frame_put(thread, signal, action, info);
    if (sp == 0)
        return -EFAULT;
    fpu_reset();
    f->cs = SEL_USER_CODE_32;
    f->ss = SEL_USER_DATA;
    f->rip = action->handler;
    f->rsp = sp;
    f->rax = (uint64_t)signal;
    f->rflags &= ~RFLAGS_HANDLER_CLEAR;
    f->vector = 0;
    segments_change(f, (f->selectors & ~0xffffffffull) | SEL_USER_DATA | SEL_USER_DATA << 16);
    return 0;
}

/* ---- the way back ---- */

static int64_t go_back(struct thread *thread, const struct context *context, uint64_t mask,
                       const struct sigaltstack_user *stack)
{
    segments_save(&thread->frame);
    if (state_restore(context->fpstate) != 0) {
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
        return 0;
    }
    signal_return(thread, mask, stack);
    if (!context_restore(&thread->frame, context))
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
    return (int64_t)context->eax;
}

/* sigreturn(2): the handler's `ret` has taken the return address, the code there the signal's number. */
int64_t sys_i386_sigreturn(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    struct sigaltstack_user stack;
    struct frame frame;

    (void)arg;
    sigframe_fill_stack(thread, &stack);
    if (copy_from_user(&frame, (uint32_t)(thread->frame.rsp - 8), sizeof(frame)) != 0) {
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
        return 0;
    }
    return go_back(thread, &frame.context, frame.context.old_mask | (uint64_t)frame.mask_high << 32, &stack);
}

int64_t sys_i386_rt_sigreturn(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    struct sigaltstack_user stack;
    struct rt_frame frame;

    (void)arg;
    if (copy_from_user(&frame, (uint32_t)(thread->frame.rsp - 4), sizeof(frame)) != 0) {
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
        return 0;
    }
    stack = (struct sigaltstack_user){
        .sp = frame.ucontext.stack.sp, .flags = frame.ucontext.stack.flags, .size = frame.ucontext.stack.size};
    return go_back(thread, &frame.ucontext.context, frame.ucontext.mask, &stack);
}
