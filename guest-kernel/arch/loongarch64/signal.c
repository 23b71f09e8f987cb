/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.c - Linux's rt_sigframe on loongarch64 (asm/sigcontext.h, asm/ucontext.h): the interrupted registers, then a
 * chain of extended contexts, here the floating-point one, on the user's stack; and the way back. All that comes back
 * is the program's and is checked.
 */
#include "abi/signal.h"
#include "abi/errno.h"
#include "core/process.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"
#include "sys/vdso.h"

#include "cpu.h"

struct context_info { /* struct sctx_info: before each extended context; the last has magic 0 */
    uint32_t magic, size;
    uint64_t padding;
};
#define FPU_MAGIC 0x46505501u
#define SC_USED_FP 1u
#define CONTEXTS_MAX 8u /* in a chain; Linux knows four kinds */

struct sigcontext {
    uint64_t pc, regs[32];
    uint32_t flags, padding;
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct sigcontext) == 272, "struct sigcontext");

struct ucontext {
    uint64_t flags, link;
    struct sigaltstack_user stack;
    uint64_t mask, mask_reserved[15];
    struct sigcontext context; /* the extended contexts follow */
};
_Static_assert(offsetof(struct ucontext, context) == 176, "struct ucontext");

struct sigframe {
    struct siginfo_user info;
    struct ucontext ucontext;
};
_Static_assert(sizeof(struct sigframe) == 576, "struct rt_sigframe");

struct extended {
    struct context_info fpu_info;
    struct fpu_context fpu;
    struct context_info end;
};
_Static_assert(sizeof(struct fpu_context) == 272, "struct fpu_context");
_Static_assert(sizeof(struct extended) == 304, "extended contexts");

enum { REG_RA = 1, REG_SP = 3, REG_A0 = 4, REG_A1 = 5, REG_A2 = 6 };

static uint64_t previous_mask(const struct thread *thread)
{
    return thread->restore_mask ? thread->saved_mask : thread->signal_mask;
}

static bool on_signal_stack(const struct thread *thread, uaddr_t sp)
{
    return !(thread->signal_stack.flags & SS_DISABLE) && sp - thread->signal_stack.base < thread->signal_stack.size;
}

static uaddr_t stack_choose(const struct thread *thread, const struct signal_action *action)
{
    uaddr_t sp = thread->frame.regs[REG_SP];

    if ((action->flags & SA_ONSTACK) && thread->signal_stack.size && !(thread->signal_stack.flags & SS_DISABLE) &&
        !on_signal_stack(thread, sp))
        return thread->signal_stack.base + thread->signal_stack.size;
    return sp;
}

static void info_fill(struct siginfo_user *out, const struct signal_info *info)
{
    *out = (struct siginfo_user){.signo = info->signal, .code = info->code};
    if (info->code > 0)
        out->fault.address = info->address;
    else
        out->kill.pid = current_process()->pid;
}

static void context_save(const struct trap_frame *f, struct sigcontext *c)
{
    c->pc = f->pc;
    for (unsigned i = 1; i < 32; i++)
        c->regs[i] = f->regs[i];
    c->flags = SC_USED_FP;
}

static void extended_save(struct extended *out)
{
    *out = (struct extended){.fpu_info = {.magic = FPU_MAGIC, .size = sizeof(out->fpu_info) + sizeof(out->fpu)}};
    fpu_save(&out->fpu);
}

int arch_signal_enter(struct thread *thread, int signal, const struct signal_action *action,
                      const struct signal_info *info)
{
    struct trap_frame *f = &thread->frame;
    struct sigframe frame = {.ucontext.mask = previous_mask(thread)};
    struct extended extended;
    uaddr_t above = (stack_choose(thread, action) & ~15ull) - sizeof(extended), sp = above - sizeof(frame);

    frame.ucontext.stack = (struct sigaltstack_user){
        .sp = thread->signal_stack.base,
        .flags = (uint32_t)thread->signal_stack.flags,
        .size = thread->signal_stack.size,
    };
    info_fill(&frame.info, info);
    context_save(f, &frame.ucontext.context);
    extended_save(&extended);
    if (copy_to_user(above, &extended, sizeof(extended)) || copy_to_user(sp, &frame, sizeof(frame)))
        return -EFAULT;

    f->regs[REG_RA] = vdso_sigreturn(thread->process->space);
    f->regs[REG_SP] = sp;
    f->regs[REG_A0] = (uint64_t)signal;
    f->regs[REG_A1] = sp + offsetof(struct sigframe, info);
    f->regs[REG_A2] = sp + offsetof(struct sigframe, ucontext);
    f->pc = action->handler;
    return 0;
}

/* The exceptions that the handler has both raised and enabled are not to be taken by the kernel's write of FCSR: they
 * are SIGFPE. */
static int fpu_return(uaddr_t at)
{
    struct fpu_context fpu;

    if (copy_from_user(&fpu, at, sizeof(fpu)))
        return -EFAULT;
    uint32_t pending = (fpu.fcsr & 0x1f) << 24 & fpu.fcsr;
    fpu.fcsr &= ~pending;
    fpu_restore(&fpu);
    return pending ? SIGFPE : 0;
}

/* The chain of extended contexts. 0; a signal that is due; -errno: it is damaged. */
static int extended_return(uaddr_t at)
{
    struct context_info info;
    int signal = 0;

    for (unsigned i = 0; i < CONTEXTS_MAX; i++) {
        if (copy_from_user(&info, at, sizeof(info)))
            return -EFAULT;
        if (info.magic == 0)
            return signal;
        if (info.magic != FPU_MAGIC || info.size < sizeof(info) + sizeof(struct fpu_context))
            return -EINVAL;
        signal = fpu_return(at + sizeof(info));
        if (signal < 0)
            return signal;
        at += info.size;
    }
    return -EINVAL;
}

/* rt_sigreturn(2): sp is the frame. Never returns a result of its own: a0 is the interrupted context's. */
int64_t sys_rt_sigreturn(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    struct trap_frame *f = &thread->frame;
    uaddr_t at = f->regs[REG_SP] + offsetof(struct sigframe, ucontext);
    struct ucontext ucontext;
    int due;

    (void)arg;
    if (copy_from_user(&ucontext, at, sizeof(ucontext)) || (due = extended_return(at + sizeof(ucontext))) < 0) {
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
        return (int64_t)f->regs[REG_A0];
    }
    signal_set_mask(thread, ucontext.mask);
    f->pc = ucontext.context.pc;
    for (unsigned i = 1; i < 32; i++)
        f->regs[i] = ucontext.context.regs[i];
    if (due)
        signal_force(thread, due, SI_KERNEL, 0);
    return (int64_t)f->regs[REG_A0];
}
