/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - what is a thread's own beside its trap frame: its stack in the kernel, and what the CPU holds of its
 * program.
 */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/thread.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#include "debug.h"
#include "fpu.h"
#include "x86.h"

/* What arch_switch (switch.S) takes off a stack, then what `entry` finds on it as its caller: none. */
struct first_frame {
    uint64_t r15, r14, r13, r12, rbx, rbp, rip, caller;
};

void arch_context_init(struct arch_context *context, void *stack, size_t size, void (*entry)(void))
{
    struct first_frame *frame = (struct first_frame *)(void *)((char *)stack + size) - 1;

    *frame = (struct first_frame){.rip = (uint64_t)entry};
    context->sp = (uint64_t)frame;
}

int arch_user_prepare(struct thread *thread)
{
    if (thread->vector != NULL)
        return 0;
    thread->vector = kmalloc(fpu_room_size() + sizeof(struct debug_registers));
    if (thread->vector == NULL)
        return -ENOMEM;
    fpu_room_init(thread->vector);
    return 0;
}

void arch_user_release(struct thread *thread)
{
    kfree(thread->vector);
    thread->vector = NULL;
}

void arch_user_save(struct thread *thread)
{
    frame_read_bases(&thread->frame);
    segments_save(&thread->frame);
    fpu_save(thread->vector);
}

void arch_user_load(struct thread *thread)
{
    segments_load(&thread->frame);
    frame_write_bases(&thread->frame);
    fpu_load(thread->vector);
    debug_load(debug_of(thread));
}

void arch_user_copy(struct thread *child, struct thread *parent, uaddr_t sp)
{
    frame_read_bases(&parent->frame);
    segments_save(&parent->frame);
    child->frame = parent->frame;
    child->frame.rax = 0;
    if (sp != 0)
        child->frame.rsp = sp;
    fpu_save(child->vector);
}
