/* SPDX-License-Identifier: Apache-2.0 */
/* switch.S - from a thread's stack in the kernel to another one's. */

/* void arch_switch(struct arch_context *from, const struct arch_context *to): keeps what a function must keep (AAPCS64, 6.1.1;
 * the kernel has no vector registers). context.c builds such a stack for a thread that hasn't run. */
    .text
    .globl arch_switch
arch_switch:
    sub sp, sp, #0x60
    stp x19, x20, [sp, #0x0]
    stp x21, x22, [sp, #0x10]
    stp x23, x24, [sp, #0x20]
    stp x25, x26, [sp, #0x30]
    stp x27, x28, [sp, #0x40]
    stp x29, x30, [sp, #0x50]
    mov x2, sp
    str x2, [x0]
    ldr x2, [x1]
    mov sp, x2
    ldp x19, x20, [sp, #0x0]
    ldp x21, x22, [sp, #0x10]
    ldp x23, x24, [sp, #0x20]
    ldp x25, x26, [sp, #0x30]
    ldp x27, x28, [sp, #0x40]
    ldp x29, x30, [sp, #0x50]
    add sp, sp, #0x60
    ret
