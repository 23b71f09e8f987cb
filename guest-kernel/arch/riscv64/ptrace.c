/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace.c - what a tracer sees of riscv64: the registers of struct user_regs_struct and __riscv_d_ext_state
 * (asm/ptrace.h). */
#include "abi/errno.h"
#include "core/tracing.h"
#include "lib/string.h"

#include "fpu.h"
#include "riscv.h"

enum { NT_PRSTATUS = 1, NT_PRFPREG = 2 };

#define REGISTERS_SIZE (32 * sizeof(uint64_t)) /* pc and x1 to x31, as in struct trap_frame */

static void regs_get(const struct thread *thread, void *bytes)
{
    memcpy(bytes, &thread->frame, REGISTERS_SIZE);
}

static int regs_set(struct thread *thread, const void *bytes)
{
    memcpy(&thread->frame, bytes, REGISTERS_SIZE);
    return 0;
}

static void fp_get(const struct thread *thread, void *bytes)
{
    memcpy(bytes, thread->vector, sizeof(struct fpu_state));
}

static int fp_set(struct thread *thread, const void *bytes)
{
    memcpy(thread->vector, bytes, sizeof(struct fpu_state));
    return 0;
}

static const struct arch_regset sets[] = {
    {.note = NT_PRSTATUS, .unit = sizeof(uint64_t), .size = REGISTERS_SIZE, .get = regs_get, .set = regs_set},
    {.note = NT_PRFPREG, .unit = sizeof(uint64_t), .size = sizeof(struct fpu_state), .get = fp_get, .set = fp_set},
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
