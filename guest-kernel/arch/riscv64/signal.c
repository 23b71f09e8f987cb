/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.c - Linux's rt_sigframe on riscv64 (asm/sigcontext.h, asm/ucontext.h): the interrupted registers on the user's
 * stack, and the way back. All that comes back is the program's and is checked.
 */
#include "abi/signal.h"
#include "abi/errno.h"
#include "core/sigframe.h"
#include "core/signal.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"
#include "sys/vdso.h"

#include "fpu.h"
#include "riscv.h"

#define REGISTERS_SIZE (32 * sizeof(uint64_t)) /* pc and x1 to x31, as in struct trap_frame */

struct sigcontext {
    uint64_t registers[32];
    struct fpu_state fpu; /* struct __riscv_d_ext_state, in the room of the Q extension's */
    uint8_t unused[252];
    uint32_t reserved, end[2]; /* struct __riscv_ctx_hdr: of what follows, or zero */
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct sigcontext) == 784, "struct sigcontext");
_Static_assert(offsetof(struct sigcontext, reserved) == 256 + 516, "struct __riscv_extra_ext_header");

struct ucontext {
    uint64_t flags, link;
    struct sigaltstack_user stack;
    uint64_t mask;
    uint8_t unused[120];
    struct sigcontext context;
};
_Static_assert(sizeof(struct ucontext) == 960, "struct ucontext");
_Static_assert(offsetof(struct ucontext, context) == 176, "struct ucontext");

struct sigframe {
    struct siginfo_user info;
    struct ucontext ucontext;
};
_Static_assert(sizeof(struct sigframe) == 1088, "struct rt_sigframe");

/* ---- the extension that follows the frame (struct __riscv_ctx_hdr): vector registers, if the program uses them ----
 */

#define V_MAGIC 0x53465457u

struct extension_header {
    uint32_t magic, size;
};

/* Between a hart and the user; guarded as the kernel is. A copy may wait, and others use it meanwhile, on this hart or
 * on another one; or the thread's registers have been loaded anew. Then it is filled again. */
static char vector_registers[PAGE_SIZE];

static struct vector_use {
    unsigned uses, loads;
} vector_last;

static struct vector_use vector_use_begin(void)
{
    vector_last.uses++;
    vector_last.loads = fpu_loads();
    return vector_last;
}

static bool vector_use_is_spoilt(const struct vector_use *use)
{
    return use->uses != vector_last.uses || use->loads != fpu_loads();
}

/* Of a header, the state and the registers. */
static uint32_t extension_size(void)
{
    return (uint32_t)(sizeof(struct extension_header) + sizeof(struct vector_state) + vector_size());
}

static bool uses_vector(const struct trap_frame *f)
{
    return f->status & STATUS_VS;
}

/* How much follows struct sigframe, whose last member is the first header: the rest of the extension, and an empty
 * header. */
static uint64_t extension_room(const struct trap_frame *f)
{
    return uses_vector(f) ? extension_size() : 0;
}

/* Behind the frame, at `at`. */
static int extension_save(uaddr_t at, struct sigcontext *c)
{
    struct vector_state state = {.registers = at + sizeof(state)};
    const struct extension_header end = {0};
    struct vector_use use;

    c->end[0] = V_MAGIC;
    c->end[1] = extension_size();
    do {
        use = vector_use_begin();
        vector_save(&state, vector_registers);
        if (copy_to_user(state.registers, vector_registers, vector_size()) != 0)
            return -EFAULT;
    } while (vector_use_is_spoilt(&use));
    return copy_to_user(at, &state, sizeof(state)) != 0 ||
                   copy_to_user(state.registers + vector_size(), &end, sizeof(end)) != 0
               ? -EFAULT
               : 0;
}

static int vector_from_user(struct trap_frame *f, uaddr_t at)
{
    struct vector_state state;
    struct vector_use use;

    if (copy_from_user(&state, at, sizeof(state)) != 0)
        return -EFAULT;
    do {
        use = vector_use_begin();
        if (copy_from_user(vector_registers, state.registers, vector_size()) != 0)
            return -EFAULT;
    } while (vector_use_is_spoilt(&use));
    vector_restore(&state, vector_registers);
    f->status |= STATUS_VS_DIRTY;
    return 0;
}

/* The headers from the frame's own on; what follows it is at `at`. */
static int extension_restore(struct trap_frame *f, const struct sigcontext *c, uaddr_t at)
{
    struct extension_header header = {c->end[0], c->end[1]};
    int error = 0;

    while (error == 0 && header.magic == V_MAGIC) {
        if (!uses_vector(f) || header.size != extension_size())
            return -EINVAL;
        error = vector_from_user(f, at);
        at += header.size;
        if (error == 0)
            error = copy_from_user(&header, at - sizeof(header), sizeof(header));
    }
    return error != 0 || header.magic != 0 || header.size != 0 ? -EINVAL : 0;
}

static void context_save(const struct trap_frame *f, struct sigcontext *c)
{
    memcpy(c->registers, f, REGISTERS_SIZE);
    if (f->status & STATUS_FS)
        fpu_save(&c->fpu);
}

/* 0 or -EINVAL. */
static int context_restore(struct trap_frame *f, const struct sigcontext *c)
{
    if (c->reserved != 0)
        return -EINVAL;
    memcpy(f, c->registers, REGISTERS_SIZE);
    if (f->status & STATUS_FS) {
        fpu_restore(&c->fpu);
        f->status |= STATUS_FS_DIRTY;
    }
    return 0;
}

int arch_signal_enter(struct thread *thread, int signal, const struct signal_action *action,
                      const struct signal_info *info)
{
    struct trap_frame *f = &thread->frame;
    struct sigframe frame = {.ucontext.mask = sigframe_mask(thread)};
    uaddr_t top = sigframe_stack(thread, action, f->sp), sp = (top - sizeof(frame) - extension_room(f)) & ~15ull;

    if (sigframe_overflows(thread, f->sp, top, sp))
        return -EFAULT;
    sigframe_fill_stack(thread, &frame.ucontext.stack);
    sigframe_fill_info(info, &frame.info);
    context_save(f, &frame.ucontext.context);
    if (uses_vector(f) && extension_save(sp + sizeof(frame), &frame.ucontext.context) != 0)
        return -EFAULT;
    if (copy_to_user(sp, &frame, sizeof(frame)) != 0)
        return -EFAULT;
    fpu_handler_reset(f);
    f->pc = action->handler;
    f->ra = vdso_sigreturn(thread->process->space);
    f->sp = sp;
    f->a0 = (uint64_t)signal;
    f->a1 = sp + offsetof(struct sigframe, info);
    f->a2 = sp + offsetof(struct sigframe, ucontext);
    return 0;
}

/* rt_sigreturn(2). Never returns a result of its own: a0 is the interrupted context's. */
int64_t sys_rt_sigreturn(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    struct ucontext ucontext;

    (void)arg;
    uaddr_t frame = thread->frame.sp;
    if (copy_from_user(&ucontext, frame + offsetof(struct sigframe, ucontext), sizeof(ucontext)) != 0 ||
        context_restore(&thread->frame, &ucontext.context) != 0 ||
        extension_restore(&thread->frame, &ucontext.context, frame + sizeof(struct sigframe)) != 0) {
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
        return 0;
    }
    signal_return(thread, ucontext.mask, &ucontext.stack);
    return (int64_t)thread->frame.a0;
}
