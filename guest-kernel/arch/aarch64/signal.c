/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal.c - Linux's rt_sigframe on aarch64 (asm/sigcontext.h, asm/ucontext.h): the interrupted registers, then records
 * with the vector registers and a fault's syndrome, and above all a frame record for unwinders. All that comes back is
 * the program's and is checked.
 */
#include "abi/signal.h"
#include "abi/errno.h"
#include "core/sigframe.h"
#include "core/signal.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"
#include "sys/vdso.h"

#include "aarch64.h"

struct sigcontext {
    uint64_t fault_address, regs[31], sp, pc, pstate;
    uint64_t pad; /* the records, up to RECORDS_MAX bytes, are aligned to 16 */
};
_Static_assert(sizeof(struct sigcontext) == 288, "struct sigcontext without its records");
#define RECORDS_MAX 4096u

struct ucontext {
    uint64_t flags, link;
    struct sigaltstack_user stack;
    uint64_t mask, unused[15];
    uint64_t pad;
    struct sigcontext context;
};
_Static_assert(offsetof(struct ucontext, context) == 176, "struct ucontext");

struct record {
    uint32_t magic, size;
};
#define FPSIMD_MAGIC 0x46508001u
#define ESR_MAGIC 0x45535201u
#define EXTRA_MAGIC 0x45585401u

struct fpsimd_record {
    struct record head;
    uint32_t fpsr, fpcr;
    uint64_t registers[64];
};
_Static_assert(sizeof(struct fpsimd_record) == 528, "struct fpsimd_context");

struct esr_record {
    struct record head;
    uint64_t esr;
};

/* As we write it; the rest of the RECORDS_MAX bytes, up to the size that Linux's has, stays as it is. */
struct sigframe {
    struct siginfo_user info;
    struct ucontext ucontext;
    struct fpsimd_record fpsimd;
    struct esr_record esr; /* of the last fault; if it had none the end stands here already */
    struct record end;
};
#define SIGFRAME_SIZE (offsetof(struct sigframe, fpsimd) + RECORDS_MAX)
_Static_assert(SIGFRAME_SIZE == 4688, "struct rt_sigframe");

struct frame_record { /* AAPCS64, 6.4.6: what x29 points to */
    uint64_t fp, lr;
};

/* What a program may set: NZCV, TCO, DIT, SSBS, BTYPE. */
#define PSTATE_FLAGS 0xf0000000ull
#define PSTATE_USER (PSTATE_FLAGS | 1ull << 25 | 1ull << 24 | 1ull << 12 | 3ull << 10)
#define PSTATE_TCO (1ull << 25)
#define PSTATE_BTYPE (3ull << 10)
#define PSTATE_MODE_AND_MASKS 0x3dfull /* EL0t with interrupts on: 0 */

static void fpsimd_save(struct fpsimd_record *record)
{
    record->head = (struct record){FPSIMD_MAGIC, sizeof(*record)};
    record->fpsr = (uint32_t)sysreg_read(FPSR);
    record->fpcr = (uint32_t)sysreg_read(FPCR);
    fpu_save(record->registers);
}

static void fpsimd_load(const struct fpsimd_record *record)
{
    fpu_load(record->registers);
    sysreg_write(FPSR, record->fpsr);
    sysreg_write(FPCR, record->fpcr);
}

void fpu_reset(void)
{
    fpu_clear();
    sysreg_write(FPSR, 0);
    sysreg_write(FPCR, 0);
}

static void context_save(const struct trap_frame *f, struct sigcontext *c)
{
    *c = (struct sigcontext){.fault_address = f->fault_address, .sp = f->sp, .pc = f->pc, .pstate = f->pstate};
    memcpy(c->regs, f->x, sizeof(c->regs));
}

static void frame_fill(struct thread *thread, const struct signal_info *info, struct sigframe *frame)
{
    sigframe_fill_info(info, &frame->info);
    frame->ucontext = (struct ucontext){.mask = sigframe_mask(thread)};
    sigframe_fill_stack(thread, &frame->ucontext.stack);
    context_save(&thread->frame, &frame->ucontext.context);
    fpsimd_save(&frame->fpsimd);
    frame->esr = (struct esr_record){.head = {0, 0}};
    frame->end = (struct record){0, 0};
    if (thread->frame.esr != 0)
        frame->esr = (struct esr_record){{ESR_MAGIC, sizeof(frame->esr)}, thread->frame.esr};
}

int arch_signal_enter(struct thread *thread, int signal, const struct signal_action *action,
                      const struct signal_info *info)
{
    struct trap_frame *f = &thread->frame;
    const struct frame_record record = {f->x[29], f->x[30]};
    uaddr_t top = sigframe_stack(thread, action, f->sp), record_at = (top - sizeof(record)) & ~15ull;
    uaddr_t sp = record_at - SIGFRAME_SIZE;
    struct sigframe frame;

    if (sigframe_overflows(thread, f->sp, top, sp))
        return -EFAULT;
    frame_fill(thread, info, &frame);
    if (copy_to_user(record_at, &record, sizeof(record)) != 0 || copy_to_user(sp, &frame, sizeof(frame)) != 0)
        return -EFAULT;
    fpu_reset();
    f->x[0] = (uint64_t)signal;
    f->x[1] = sp + offsetof(struct sigframe, info);
    f->x[2] = sp + offsetof(struct sigframe, ucontext);
    f->x[29] = record_at;
    f->x[30] = action->flags & SA_RESTORER ? action->restorer : vdso_sigreturn(thread->process->space);
    f->sp = sp;
    f->pc = action->handler;
    f->pstate &= ~(PSTATE_TCO | PSTATE_BTYPE);
    return 0;
}

/* ---- the way back ---- */

/* Looks for the vector registers among the records; others that Linux knows are passed over. */
static int records_restore(uaddr_t at)
{
    struct fpsimd_record fpsimd = {.head = {0, 0}};
    struct record record;

    for (uaddr_t end = at + RECORDS_MAX; end - at >= sizeof(record); at += record.size) {
        if (copy_from_user(&record, at, sizeof(record)) != 0)
            return -EFAULT;
        if (record.magic == 0 && record.size == 0)
            break;
        if (record.size < sizeof(record) || record.size % 16 != 0 || record.size > end - at)
            return -EINVAL;
        if (record.magic == FPSIMD_MAGIC) {
            if (fpsimd.head.magic != 0 || record.size != sizeof(fpsimd) ||
                copy_from_user(&fpsimd, at, sizeof(fpsimd)) != 0)
                return -EINVAL;
        } else if (record.magic != ESR_MAGIC) {
            return -EINVAL;
        }
    }
    if (fpsimd.head.magic == 0)
        return -EINVAL;
    fpsimd_load(&fpsimd);
    return 0;
}

static int context_restore(struct trap_frame *f, const struct sigcontext *c)
{
    memcpy(f->x, c->regs, sizeof(f->x));
    f->sp = c->sp;
    f->pc = c->pc;
    f->pstate = c->pstate & PSTATE_USER;
    if (!(c->pstate & PSTATE_MODE_AND_MASKS))
        return 0;
    f->pstate &= PSTATE_FLAGS;
    return -EINVAL;
}

/* rt_sigreturn(2), entered by the handler's return with the frame at sp. Never returns a result of its own: x0 is the
 * interrupted context's. */
int64_t sys_rt_sigreturn(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    uaddr_t sp = thread->frame.sp;
    struct ucontext ucontext;

    (void)arg;
    if (!(sp & 15) && copy_from_user(&ucontext, sp + offsetof(struct sigframe, ucontext), sizeof(ucontext)) == 0) {
        int error = context_restore(&thread->frame, &ucontext.context);
        signal_return(thread, ucontext.mask, &ucontext.stack);
        if (error == 0 && records_restore(sp + offsetof(struct sigframe, fpsimd)) == 0)
            return (int64_t)thread->frame.x[0];
    }
    signal_force(thread, SIGSEGV, SI_KERNEL, 0);
    return (int64_t)thread->frame.x[0];
}
