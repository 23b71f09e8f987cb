/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.c - Linux's rt_sigframe on loongarch64 (asm/sigcontext.h, asm/ucontext.h): the interrupted registers, then a
 * chain of extended contexts, here that of the floating-point or vector registers, on the user's stack; and the way
 * back. All that comes back is the program's and is checked.
 */
#include "abi/signal.h"
#include "abi/errno.h"
#include "core/sigframe.h"
#include "core/signal.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"
#include "sys/vdso.h"

#include "fpu.h"

struct context_info { /* struct sctx_info: before each extended context; the last has magic 0 */
    uint32_t magic, size;
    uint64_t padding;
};
#define SC_USED_FP 1u
#define SC_ADDRERR_RD (1u << 30)
#define SC_ADDRERR_WR (1u << 31)
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

/* By fpu_level: FPU_CTX_MAGIC, LSX_CTX_MAGIC, LASX_CTX_MAGIC, and how each is aligned. */
static const uint32_t fpu_magic[] = {0x46505501, 0x53580001, 0x41535801};
static const unsigned fpu_align[] = {16, 16, 32};

enum { REG_RA = 1, REG_SP = 3, REG_A0 = 4, REG_A1 = 5, REG_A2 = 6 };

static void context_save(const struct trap_frame *f, struct sigcontext *c)
{
    c->pc = f->pc;
    for (unsigned i = 1; i < 32; i++)
        c->regs[i] = f->regs[i];
    c->flags = SC_USED_FP | f->fault_flags;
}

/* Where the registers stand below `top`, between their header and the chain's end. */
static uaddr_t extended_place(uaddr_t top, unsigned level)
{
    return (top - sizeof(struct context_info) - fpu_context_size(level)) & ~(uaddr_t)(fpu_align[level] - 1);
}

/* The thread's registers at `at`, and the chain's end below `top`. 0 or -EFAULT. */
static int extended_save(uaddr_t top, uaddr_t at, unsigned level)
{
    uint8_t context[FPU_CONTEXT_MAX] __attribute__((aligned(32)));
    const struct context_info end = {.magic = 0};
    uaddr_t end_at = top - sizeof(end);
    const struct context_info info = {.magic = fpu_magic[level],
                                      .size = (uint32_t)(end_at - at + sizeof(struct context_info))};

    fpu_context_flags(context, level)->padding = 0;
    fpu_save(context, level);
    return copy_to_user(end_at, &end, sizeof(end)) != 0 || copy_to_user(at, context, fpu_context_size(level)) != 0 ||
                   copy_to_user(at - sizeof(info), &info, sizeof(info)) != 0
               ? -EFAULT
               : 0;
}

/* As Linux keeps them: of the last page fault (ESTAT.Ecode 1 to 7; 2 and 4 are writes) that became a signal. */
static void fault_note(struct trap_frame *f, const struct signal_info *info)
{
    unsigned exception = f->estat >> 16 & 0x3f;

    if ((info->signal == SIGSEGV || info->signal == SIGBUS) && info->code > 0 && info->code != SI_KERNEL &&
        exception >= 1 && exception <= 7)
        f->fault_flags = exception == 2 || exception == 4 ? SC_ADDRERR_WR : SC_ADDRERR_RD;
}

int arch_signal_enter(struct thread *thread, int signal, const struct signal_action *action,
                      const struct signal_info *info)
{
    struct trap_frame *f = &thread->frame;
    struct sigframe frame = {.ucontext.mask = sigframe_mask(thread)};
    uaddr_t top = sigframe_stack(thread, action, f->regs[REG_SP]),
            extended = extended_place(top & ~15ull, f->fpu_level);
    uaddr_t sp = extended - sizeof(struct context_info) - sizeof(frame);

    if (sigframe_overflows(thread, f->regs[REG_SP], top, sp))
        return -EFAULT;
    sigframe_fill_stack(thread, &frame.ucontext.stack);
    sigframe_fill_info(info, &frame.info);
    fault_note(f, info);
    context_save(f, &frame.ucontext.context);
    if (extended_save(top & ~15ull, extended, f->fpu_level) != 0 || copy_to_user(sp, &frame, sizeof(frame)) != 0)
        return -EFAULT;

    fpu_reset(f);
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
static int fpu_return(struct trap_frame *f, uaddr_t at, unsigned level)
{
    uint8_t context[FPU_CONTEXT_MAX] __attribute__((aligned(32)));
    struct fpu_flags *flags = fpu_context_flags(context, level);

    if (!fpu_has(level))
        return -EINVAL;
    if (copy_from_user(context, at, fpu_context_size(level)) != 0)
        return -EFAULT;
    uint32_t pending = (flags->fcsr & 0x1f) << 24 & flags->fcsr;
    flags->fcsr &= ~pending;
    f->fpu_level = level;
    fpu_switch(f);
    fpu_restore(context, level);
    return pending != 0 ? SIGFPE : 0;
}

/* -EINVAL: no context that we know, or one that is too short. */
static int context_level(const struct context_info *info)
{
    for (int level = FPU_PLAIN; level <= FPU_LASX; level++)
        if (info->magic == fpu_magic[level])
            return info->size >= sizeof(*info) + fpu_context_size((unsigned)level) ? level : -EINVAL;
    return -EINVAL;
}

/* The chain of extended contexts. 0; a signal that is due; -errno: it is damaged. */
static int extended_return(struct trap_frame *f, uaddr_t at)
{
    struct context_info info;
    int signal = 0;

    for (unsigned i = 0; i < CONTEXTS_MAX && signal >= 0; i++) {
        if (copy_from_user(&info, at, sizeof(info)) != 0)
            return -EFAULT;
        if (info.magic == 0)
            return signal;
        int level = context_level(&info);
        signal = level < 0 ? level : fpu_return(f, at + sizeof(info), (unsigned)level);
        at += info.size;
    }
    return signal < 0 ? signal : -EINVAL;
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
    if (copy_from_user(&ucontext, at, sizeof(ucontext)) != 0 || (due = extended_return(f, at + sizeof(ucontext))) < 0) {
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
        return (int64_t)f->regs[REG_A0];
    }
    f->pc = ucontext.context.pc;
    for (unsigned i = 1; i < 32; i++)
        f->regs[i] = ucontext.context.regs[i];
    signal_return(thread, ucontext.mask, &ucontext.stack);
    if (due != 0)
        signal_force(thread, due, SI_KERNEL, 0);
    return (int64_t)f->regs[REG_A0];
}
