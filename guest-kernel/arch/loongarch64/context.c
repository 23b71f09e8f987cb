/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - what is a thread's own beside its trap frame: its stack in the kernel, and what the CPU holds of its
 * program.
 */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/thread.h"
#include "mm/kmalloc.h"

#include "fpu.h"

/* What arch_switch (switch.S) takes off a stack. */
struct first_frame {
    uint64_t ra, fp, s0_to_s8[9];
} __attribute__((aligned(16)));

void arch_context_init(struct arch_context *context, void *stack, size_t size, void (*entry)(void))
{
    struct first_frame *frame = (struct first_frame *)(void *)((char *)stack + size) - 1;

    *frame = (struct first_frame){.ra = (uint64_t)entry};
    context->sp = (uint64_t)frame;
}

/* As much as the CPU has registers for: a thread's first vector instruction can't be refused. */
static size_t room_size(void)
{
    return fpu_context_size(fpu_has(FPU_LASX) ? FPU_LASX : fpu_has(FPU_LSX) ? FPU_LSX : FPU_PLAIN);
}

int arch_user_prepare(struct thread *thread)
{
    if (thread->vector == NULL)
        thread->vector = kmalloc(room_size());
    return thread->vector != NULL ? 0 : -ENOMEM;
}

void arch_user_release(struct thread *thread)
{
    kfree(thread->vector);
    thread->vector = NULL;
}

/* An exception that is both raised and enabled would be taken by the kernel when it writes FCSR0 (signal.c). */
void arch_user_save(struct thread *thread)
{
    struct trap_frame *frame = &thread->frame;
    struct fpu_flags *flags = fpu_context_flags(thread->vector, frame->fpu_level);

    fpu_switch(frame);
    fpu_save(thread->vector, frame->fpu_level);
    flags->fcsr &= ~((flags->fcsr & 0x1f) << 24);
}

void arch_user_load(struct thread *thread)
{
    fpu_switch(&thread->frame);
    fpu_restore(thread->vector, thread->frame.fpu_level);
}

void arch_user_copy(struct thread *child, struct thread *parent, uaddr_t sp)
{
    enum { REG_SP = 3, REG_A0 = 4 };

    child->frame = parent->frame;
    arch_user_save(child); /* what the CPU holds is the parent's */
    child->frame.regs[REG_A0] = 0;
    if (sp != 0)
        child->frame.regs[REG_SP] = sp;
}

int arch_clone_tls(struct thread *child, uint64_t value, bool is_32bit)
{
    (void)is_32bit; /* programs of 64 bits alone */
    arch_set_tls(child, value);
    return 0;
}
