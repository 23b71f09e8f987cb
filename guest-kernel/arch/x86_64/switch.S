/* SPDX-License-Identifier: Apache-2.0 */
/* switch.S - from a thread's stack in the kernel to another one's. The same at CPL 0 and behind the gate. */

/* void arch_switch(struct arch_context *from, const struct arch_context *to): keeps what a function must keep (psABI 3.2.1;
 * the kernel has no vector registers). context.c builds such a stack for a thread that hasn't run. */
    .text
    .globl arch_switch
    .balign 16
arch_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov (%rsi), %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
