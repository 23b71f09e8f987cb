/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.S - the way into user mode and back. user_enter(frame) is a function whose return is the next trap: the entry code
 * saves the user's registers where TSS.RSP0 points, in the trap frame itself, takes up the kernel's stack where
 * user_enter left it, and returns to its caller.
 */
#include "layout.h"
#include "registers.inc"

/* rsp: at the frame's vector. */
.macro leave_to_kernel
    push_registers
    mov %gs:PERCPU_KERNEL_SP, %rsp
    pop %rbp
    ret
.endm

/* One stub each 16 bytes (boot.S builds the IDT on that): error code if the processor gave none, the vector, on. */
    .section .text.vectors, "ax"
    .globl vectors
vectors:
    .set n, 0
    .rept VECTOR_COUNT
    .balign 16
    .if !(n == 8 || (n >= 10 && n <= 14) || n == 17 || n == 21 || n == 29 || n == 30)
    push $0
    .endif
    push $n
    .if n == VECTOR_DEBUG
    jmp debug_exception
    .elseif n < VECTOR_IRQ_BASE
    jmp exception
    .else
    jmp interrupt
    .endif
    .set n, n + 1
    .endr
    .balign 16
    push $0
    push $VECTOR_INT80
    jmp exception

    .text
/* On the stack: vector, error, rip, cs, rflags, rsp, ss. An exception or an interrupt out of a program leaves a null
 * selector in SS, `syscall` one with a descriptor. QEMU translates code anew for the other, so here it is what it is
 * everywhere else in the kernel. */
exception:
    testb $3, 3 * 8(%rsp)
    jz kernel_fault
save:
    swapgs
    cld /* compiled code counts on it; of `syscall` the mask clears it */
    push_registers
    mov $SEL_KERNEL_DATA, %eax
    mov %eax, %ss
    mov %gs:PERCPU_KERNEL_SP, %rsp
    pop %rbp
    ret

/*
 * On a stack of its own (IST 2): a program's watchpoint can come when `syscall` or `int` has begun, if the instruction before
 * that loaded SS from what is watched ("MOV SS" holds the exception back: Intel SDM vol. 3, 6.8.3). The kernel goes on then,
 * as if nothing had been; it has none of its own. Out of a program what the processor has pushed goes where it belongs.
 */
debug_exception:
    testb $3, 3 * 8(%rsp)
    jz 1f
    swapgs
    mov %rax, %gs:PERCPU_SCRATCH
    mov %rsp, %rax
    mov %gs:PERCPU_FRAME_SS, %rsp
    add $8, %rsp
    pushq 6 * 8(%rax)
    pushq 5 * 8(%rax)
    pushq 4 * 8(%rax)
    pushq 3 * 8(%rax)
    pushq 2 * 8(%rax)
    pushq 1 * 8(%rax)
    pushq (%rax)
    mov %gs:PERCPU_SCRATCH, %rax
    swapgs
    jmp save
1:  push %rax
    mov $0xffff0ff0, %eax /* as it is when nothing was hit: the next exception's are to be told apart */
    mov %rax, %db6
    pop %rax
    add $16, %rsp
    iretq

/* An interrupt out of the kernel can only come from cpu_idle: it leaves its vector and ends the wait by clearing IF. */
interrupt:
    testb $3, 3 * 8(%rsp)
    jnz save
    push %rax
    mov 8(%rsp), %eax
    mov %eax, %gs:PERCPU_IDLE_VECTOR
    pop %rax
    andl $~0x200, 4 * 8(%rsp)
    add $16, %rsp
    iretq

/* On the last instruction of the way out GS is the program's already. No context that it faults on gets there (signal.c, exec);
 * if one does, the report needs the kernel's. */
kernel_fault:
    push_registers
    cmpq $user_sysretq, FRAME_RIP(%rsp)
    je 1f
    cmpq $user_iretq, FRAME_RIP(%rsp)
    jne 2f
1:  swapgs
2:  mov %rsp, %rdi
    and $-16, %rsp
    call trap_in_kernel
    ud2

    .globl syscall_entry
    .balign 16
syscall_entry:
    swapgs
    mov %rsp, %gs:PERCPU_SCRATCH
    mov %gs:PERCPU_FRAME_SS, %rsp
    pushq %gs:PERCPU_SCRATCH
    push %r11
    push $SEL_USER_CODE
    push %rcx
    push $0
    push $VECTOR_SYSCALL
    leave_to_kernel

/* `syscall` of 32-bit code leads here on AMD's processors. Linux takes it as a system call with a convention of its vDSO's
 * alone; here it is what it is on Intel's, an undefined instruction. */
    .globl syscall_entry_32
    .balign 16
syscall_entry_32:
    swapgs
    mov %rsp, %gs:PERCPU_SCRATCH
    mov %gs:PERCPU_FRAME_SS, %rsp
    movq $SEL_USER_DATA, (%rsp)
    pushq %gs:PERCPU_SCRATCH
    push %r11
    push $SEL_USER_CODE_32
    sub $2, %ecx
    push %rcx
    push $0
    push $VECTOR_INVALID_OPCODE
    leave_to_kernel

/* user_enter: rdi = the frame. Keeps rsp and rbp only (x86.h says so to the compiler). */
    .globl user_enter
user_enter:
    push %rbp
    mov %rsp, %gs:PERCPU_KERNEL_SP
    mov %rdi, %rsp
    pop_registers
    swapgs
    cmpl $VECTOR_SYSCALL, (%rsp)
    jne 1f
    /* Back the way it came: rcx and r11 still are rip and rflags. A `syscall` can't stand at the end of the canonical half
     * (ISA_USER_TOP leaves a page), so rcx is canonical. */
    mov 5 * 8(%rsp), %rsp
user_sysretq:
    sysretq
1:  add $16, %rsp
user_iretq:
    iretq

/* void cpu_idle(void): waits for one interrupt. `sti` holds interrupts off for one more instruction, so none is lost. */
    .globl cpu_idle
cpu_idle:
    sti
    hlt
    cli
    ret
