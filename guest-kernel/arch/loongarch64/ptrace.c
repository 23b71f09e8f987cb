/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace.c - what a tracer sees of loongarch64: the registers of struct user_pt_regs and user_fp_state (asm/ptrace.h).
 */
#include "abi/errno.h"
#include "core/tracing.h"
#include "lib/string.h"

#include "fpu.h"

enum { NT_PRSTATUS = 1, NT_PRFPREG = 2 };
enum { REG_A0 = 4, FP_REGISTERS = 32 };

struct user_regs {
    uint64_t regs[32], first, pc, badv, reserved[10];
};
_Static_assert(sizeof(struct user_regs) == 360, "struct user_pt_regs");

struct user_fp {
    uint64_t registers[FP_REGISTERS];
    struct fpu_flags flags;
};
_Static_assert(sizeof(struct user_fp) == 272, "struct user_fp_state");

static void regs_get(const struct thread *thread, void *bytes)
{
    const struct trap_frame *f = &thread->frame;
    bool in_call = thread->interrupted || (thread->tracee != NULL && thread->tracee->in_call);
    struct user_regs regs = {.pc = f->pc, .badv = f->badv};

    memcpy(regs.regs, f->regs, sizeof(regs.regs));
    regs.first = in_call ? thread->syscall_first : f->regs[REG_A0];
    memcpy(bytes, &regs, sizeof(regs));
}

static int regs_set(struct thread *thread, const void *bytes)
{
    struct trap_frame *f = &thread->frame;
    struct user_regs regs;

    memcpy(&regs, bytes, sizeof(regs));
    memcpy(f->regs + 1, regs.regs + 1, sizeof(regs.regs) - sizeof(regs.regs[0]));
    f->pc = regs.pc;
    return 0;
}

/* Of a vector register the lower 8 bytes are the floating-point one. */
static void fp_get(const struct thread *thread, void *bytes)
{
    const unsigned step = 8u << thread->frame.fpu_level;
    struct user_fp fp;

    for (unsigned i = 0; i < FP_REGISTERS; i++)
        memcpy(&fp.registers[i], (const char *)thread->vector + i * step, sizeof(fp.registers[i]));
    fp.flags = *fpu_context_flags(thread->vector, thread->frame.fpu_level);
    fp.flags.padding = 0;
    memcpy(bytes, &fp, sizeof(fp));
}

/* What is both raised and enabled would be taken by the kernel. */
static int fp_set(struct thread *thread, const void *bytes)
{
    const unsigned step = 8u << thread->frame.fpu_level;
    struct user_fp fp;

    memcpy(&fp, bytes, sizeof(fp));
    for (unsigned i = 0; i < FP_REGISTERS; i++)
        memcpy((char *)thread->vector + i * step, &fp.registers[i], sizeof(fp.registers[i]));
    fp.flags.fcsr &= ~((fp.flags.fcsr & 0x1f) << 24);
    *fpu_context_flags(thread->vector, thread->frame.fpu_level) = fp.flags;
    return 0;
}

static const struct arch_regset sets[] = {
    {.note = NT_PRSTATUS, .unit = sizeof(uint64_t), .size = sizeof(struct user_regs), .get = regs_get, .set = regs_set},
    {.note = NT_PRFPREG, .unit = sizeof(uint64_t), .size = sizeof(struct user_fp), .get = fp_get, .set = fp_set},
};

const struct arch_regset *arch_regset(unsigned note)
{
    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        if (sets[i].note == note)
            return &sets[i];
    return NULL;
}

/* ---- what other ISAs have ---- */

unsigned arch_ptrace_regset(unsigned request, bool *is_set)
{
    (void)request;
    *is_set = false;
    return 0;
}

int arch_peek_user(const struct thread *thread, uint64_t offset, uint64_t *value)
{
    (void)thread, (void)offset, (void)value;
    return -EIO;
}

int arch_poke_user(struct thread *thread, uint64_t offset, uint64_t value)
{
    (void)thread, (void)offset, (void)value;
    return -EIO;
}

/* ---- calls: the number and the arguments are where the program has put them ---- */

/* Nothing is shown otherwise than the program has put it; but number -1 that is the program's own has Linux's result.
 */
void arch_traced_call(struct thread *thread)
{
    if ((int32_t)arch_syscall_number(&thread->frame) == -1)
        arch_syscall_return(&thread->frame, -ENOSYS);
}

uint64_t arch_traced_call_number(const struct thread *thread)
{
    return arch_syscall_number(&thread->frame);
}

/* Number -1 is none's: the result is what the tracer has put there. */
bool arch_traced_call_goes_on(struct thread *thread)
{
    return (int32_t)arch_syscall_number(&thread->frame) != -1;
}
