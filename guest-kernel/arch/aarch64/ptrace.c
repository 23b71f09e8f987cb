/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace.c - what a tracer sees of aarch64: the registers of struct user_pt_regs and user_fpsimd_state (asm/ptrace.h).
 */
#include "abi/errno.h"
#include "core/tracing.h"
#include "lib/string.h"

#include "aarch64.h"
#include "debug.h"

#define PSTATE_PROGRAM 0xf3201c00ull /* what a program can have set: NZCV, TCO, DIT, SS, SSBS, BTYPE */
#define PSTATE_TRACER (PSTATE_PROGRAM & ~(1ull << 21)) /* SS isn't a tracer's */

enum { NT_PRSTATUS = 1, NT_PRFPREG = 2, NT_ARM_TLS = 0x401, NT_ARM_HW_BREAK, NT_ARM_HW_WATCH };

struct user_regs {
    uint64_t x[31], sp, pc, pstate;
};
_Static_assert(sizeof(struct user_regs) == 272, "struct user_pt_regs");

struct user_fp {
    uint64_t registers[64];
    uint32_t fpsr, fpcr, reserved[2];
};
_Static_assert(sizeof(struct user_fp) == 528, "struct user_fpsimd_state");

static void regs_get(const struct thread *thread, void *bytes)
{
    const struct trap_frame *f = &thread->frame;
    struct user_regs regs = {.sp = f->sp, .pc = f->pc, .pstate = f->pstate};

    memcpy(regs.x, f->x, sizeof(regs.x));
    memcpy(bytes, &regs, sizeof(regs));
}

/* The program stays at EL0, with interrupts on. */
static int regs_set(struct thread *thread, const void *bytes)
{
    struct trap_frame *f = &thread->frame;
    struct user_regs regs;

    memcpy(&regs, bytes, sizeof(regs));
    memcpy(f->x, regs.x, sizeof(regs.x));
    f->sp = regs.sp;
    f->pc = regs.pc;
    f->pstate = (f->pstate & ~PSTATE_TRACER) | (regs.pstate & PSTATE_TRACER);
    return 0;
}

static void fp_get(const struct thread *thread, void *bytes)
{
    struct user_fp fp = {.fpsr = thread->frame.fpsr, .fpcr = thread->frame.fpcr};

    memcpy(fp.registers, thread->vector, sizeof(fp.registers));
    memcpy(bytes, &fp, sizeof(fp));
}

static int fp_set(struct thread *thread, const void *bytes)
{
    struct user_fp fp;

    memcpy(&fp, bytes, sizeof(fp));
    memcpy(thread->vector, fp.registers, sizeof(fp.registers));
    thread->frame.fpsr = fp.fpsr;
    thread->frame.fpcr = fp.fpcr;
    return 0;
}

static void tls_get(const struct thread *thread, void *bytes)
{
    memcpy(bytes, &thread->frame.tls, sizeof(thread->frame.tls));
}

static int tls_set(struct thread *thread, const void *bytes)
{
    memcpy(&thread->frame.tls, bytes, sizeof(thread->frame.tls));
    return 0;
}

static void breakpoints_get(const struct thread *thread, void *bytes)
{
    debug_get(thread, DEBUG_BREAK, bytes);
}

static int breakpoints_set(struct thread *thread, const void *bytes, size_t size)
{
    return debug_set(thread, DEBUG_BREAK, bytes, size);
}

static void watchpoints_get(const struct thread *thread, void *bytes)
{
    debug_get(thread, DEBUG_WATCH, bytes);
}

static int watchpoints_set(struct thread *thread, const void *bytes, size_t size)
{
    return debug_set(thread, DEBUG_WATCH, bytes, size);
}

static const struct arch_regset sets[] = {
    {.note = NT_PRSTATUS, .unit = 8, .size = sizeof(struct user_regs), .get = regs_get, .set = regs_set},
    {.note = NT_PRFPREG, .unit = 4, .size = sizeof(struct user_fp), .get = fp_get, .set = fp_set},
    {.note = NT_ARM_TLS, .unit = 8, .size = sizeof(uint64_t), .get = tls_get, .set = tls_set},
    {.note = NT_ARM_HW_BREAK,
     .unit = 4,
     .size = DEBUG_REGSET_SIZE,
     .get = breakpoints_get,
     .set_first = breakpoints_set},
    {.note = NT_ARM_HW_WATCH,
     .unit = 4,
     .size = DEBUG_REGSET_SIZE,
     .get = watchpoints_get,
     .set_first = watchpoints_set},
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
