/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.S - the way into user mode and back. user_enter(frame) is a function whose return is the next trap: the vectors save
 * the user's registers in the trap frame, whose address user_enter left on the kernel's stack, and return to its caller.
 */
#include "layout.h"

    .macro from_user kind
    .balign 128
    stp x0, x1, [sp, #-16]!
    mov x1, #\kind
    b save
    .endm

    .macro from_kernel kind
    .balign 128
    msr tpidrro_el0, x0
    mov x0, #\kind
    msr tpidr_el0, x0
    b kernel_fault
    .endm

    .text
    .balign 2048
    .globl vectors
vectors: /* Arm ARM, D1.3.1.5: from EL1 with SP_EL0, from EL1, from EL0, from 32-bit EL0 */
    from_kernel TRAP_FROM_SYNC
    from_kernel TRAP_FROM_IRQ
    from_kernel TRAP_FROM_FIQ
    from_kernel TRAP_FROM_SERROR
    from_kernel TRAP_FROM_SYNC
    from_kernel TRAP_FROM_IRQ
    from_kernel TRAP_FROM_FIQ
    from_kernel TRAP_FROM_SERROR
    from_user TRAP_FROM_SYNC
    from_user TRAP_FROM_IRQ
    from_user TRAP_FROM_FIQ
    from_user TRAP_FROM_SERROR
    from_kernel TRAP_FROM_SYNC
    from_kernel TRAP_FROM_IRQ
    from_kernel TRAP_FROM_FIQ
    from_kernel TRAP_FROM_SERROR
    .balign 128

    /* user_enter: x0 = the frame. Keeps sp and x29 only (trap.c says so to the compiler). */
    .globl user_enter
user_enter:
    stp x29, x30, [sp, #-32]!
    str x0, [sp, #16]
    ldp x1, x2, [x0, #FRAME_PC]
    msr elr_el1, x1
    msr spsr_el1, x2
    ldp x30, x1, [x0, #FRAME_SP - 8]
    msr sp_el0, x1
    ldp x2, x3, [x0, #16]
    ldp x4, x5, [x0, #32]
    ldp x6, x7, [x0, #48]
    ldp x8, x9, [x0, #64]
    ldp x10, x11, [x0, #80]
    ldp x12, x13, [x0, #96]
    ldp x14, x15, [x0, #112]
    ldp x16, x17, [x0, #128]
    ldp x18, x19, [x0, #144]
    ldp x20, x21, [x0, #160]
    ldp x22, x23, [x0, #176]
    ldp x24, x25, [x0, #192]
    ldp x26, x27, [x0, #208]
    ldp x28, x29, [x0, #224]
    ldp x0, x1, [x0]
    eret

    /* On the stack: the user's x0 and x1, then what user_enter left. x1: the kind. */
save:
    ldr x0, [sp, #32]
    stp x2, x3, [x0, #16]
    ldp x2, x3, [sp], #16
    stp x2, x3, [x0]
    stp x4, x5, [x0, #32]
    stp x6, x7, [x0, #48]
    stp x8, x9, [x0, #64]
    stp x10, x11, [x0, #80]
    stp x12, x13, [x0, #96]
    stp x14, x15, [x0, #112]
    stp x16, x17, [x0, #128]
    stp x18, x19, [x0, #144]
    stp x20, x21, [x0, #160]
    stp x22, x23, [x0, #176]
    stp x24, x25, [x0, #192]
    stp x26, x27, [x0, #208]
    stp x28, x29, [x0, #224]
    mrs x2, sp_el0
    stp x30, x2, [x0, #FRAME_SP - 8]
    mrs x2, elr_el1
    mrs x3, spsr_el1
    stp x2, x3, [x0, #FRAME_PC]
    ldp x29, x30, [sp], #32
    ret

    /* The program is lost, so its thread pointers and its stack pointer serve as scratch registers: x0, the kind, and sp.
     * The stack may be what is wrong: each CPU has another. */
kernel_fault:
    mov x0, sp
    msr sp_el0, x0
    ldr x0, =cpu_memory
    mov sp, x0
    mrs x0, contextidr_el1
    lsl x0, x0, #3
    add sp, sp, x0
    mov x0, sp
    ldr x0, [x0]
    mov sp, x0
    add sp, sp, #PANIC_STACK_SIZE
    sub sp, sp, #FRAME_SIZE
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    mrs x0, sp_el0
    stp x30, x0, [sp, #FRAME_SP - 8]
    mrs x0, tpidrro_el0
    stp x0, x1, [sp]
    mrs x2, elr_el1
    mrs x3, spsr_el1
    stp x2, x3, [sp, #FRAME_PC]
    mov x0, sp
    mrs x1, tpidr_el0
    bl trap_in_kernel
    brk #0
