/* SPDX-License-Identifier: Apache-2.0 */
/* bases.c - where a program's fs and gs begin: its thread pointers. */
#include "arch/arch.h"
#include "core/thread.h"

#include "x86.h"

/* The gate's way in loads both bases out of the frame each time; the direct way leaves them in the MSRs. */
void arch_set_tls(struct thread *thread, uint64_t value)
{
    thread->frame.fs_base = value;
    if (!cpu_is_gated && thread == arch_current())
        wrmsr(MSR_FS_BASE, value);
}

void thread_set_gs(struct thread *thread, uint64_t value)
{
    thread->frame.gs_base = value;
    if (!cpu_is_gated && thread == arch_current())
        wrmsr(MSR_KERNEL_GS_BASE, value); /* the program's while the kernel runs */
}

void frame_read_bases(struct trap_frame *frame)
{
    if (cpu_is_gated)
        return;
    frame->fs_base = rdmsr(MSR_FS_BASE); /* the program may have used wrfsbase */
    frame->gs_base = rdmsr(MSR_KERNEL_GS_BASE);
}

void frame_write_bases(const struct trap_frame *frame)
{
    if (cpu_is_gated)
        return;
    wrmsr(MSR_FS_BASE, frame->fs_base);
    wrmsr(MSR_KERNEL_GS_BASE, frame->gs_base);
}
