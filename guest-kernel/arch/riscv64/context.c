/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - what is a thread's own beside its trap frame: its stack in the kernel (what the hart holds of its
 * program: fpu.c). */
#include "arch/arch.h"
#include "core/thread.h"

#include "riscv.h"

/* What arch_switch (switch.S) takes off a stack. */
struct first_frame {
    uint64_t ra, s0_to_s11[12];
} __attribute__((aligned(16)));

void arch_context_init(struct arch_context *context, void *stack, size_t size, void (*entry)(void))
{
    struct first_frame *frame = (struct first_frame *)(void *)((char *)stack + size) - 1;

    *frame = (struct first_frame){.ra = (uint64_t)entry};
    context->sp = (uint64_t)frame;
}

void arch_user_copy(struct thread *child, struct thread *parent, uaddr_t sp)
{
    child->frame = parent->frame;
    arch_user_save(child); /* what the hart holds is the parent's */
    child->frame.a0 = 0;
    if (sp != 0)
        child->frame.sp = sp;
}

int arch_clone_tls(struct thread *child, uint64_t value, bool is_32bit)
{
    (void)is_32bit; /* programs of 64 bits alone */
    arch_set_tls(child, value);
    return 0;
}
