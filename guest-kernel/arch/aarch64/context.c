/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - what is a thread's own beside its trap frame: its stack in the kernel, and what the CPU holds of its
 * program.
 */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/thread.h"
#include "mm/kmalloc.h"

#include "aarch64.h"
#include "debug.h"

/* What arch_switch (switch.S) takes off a stack. */
struct first_frame {
    uint64_t x19_to_x29[11], x30;
} __attribute__((aligned(16)));

void arch_context_init(struct arch_context *context, void *stack, size_t size, void (*entry)(void))
{
    struct first_frame *frame = (struct first_frame *)(void *)((char *)stack + size) - 1;

    *frame = (struct first_frame){.x30 = (uint64_t)entry};
    context->sp = (uint64_t)frame;
}

int arch_user_prepare(struct thread *thread)
{
    if (thread->vector == NULL)
        thread->vector = kmalloc(FPU_REGISTERS_SIZE + sizeof(struct debug_registers));
    return thread->vector != NULL ? 0 : -ENOMEM;
}

void arch_user_release(struct thread *thread)
{
    kfree(thread->vector);
    thread->vector = NULL;
}

void arch_user_save(struct thread *thread)
{
    struct trap_frame *frame = &thread->frame;

    frame->tls = sysreg_read(tpidr_el0); /* the program writes it by itself */
    frame->fpsr = (uint32_t)sysreg_read(FPSR);
    frame->fpcr = (uint32_t)sysreg_read(FPCR);
    fpu_save(thread->vector);
    /* What it has asked of the caches is done for all CPUs before it goes on on another, which wouldn't wait for it. */
    __asm__ volatile("dsb ish" ::: "memory");
}

void arch_user_load(struct thread *thread)
{
    const struct trap_frame *frame = &thread->frame;

    sysreg_write(tpidr_el0, frame->tls);
    sysreg_write(FPSR, frame->fpsr);
    sysreg_write(FPCR, frame->fpcr);
    fpu_load(thread->vector);
    debug_load(thread);
}

void arch_user_copy(struct thread *child, struct thread *parent, uaddr_t sp)
{
    child->frame = parent->frame;
    arch_user_save(child); /* what the CPU holds is the parent's */
    child->frame.x[0] = 0;
    if (sp != 0)
        child->frame.sp = sp;
}

int arch_clone_tls(struct thread *child, uint64_t value, bool is_32bit)
{
    (void)is_32bit; /* programs of 64 bits alone */
    arch_set_tls(child, value);
    return 0;
}
