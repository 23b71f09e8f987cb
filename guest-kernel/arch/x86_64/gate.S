/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.S - the way in and out on soft KVM, where ring 0 is emulated and ring 3 is native: the kernel's C code runs at CPL 3
 * in an address space of its own, and the few instructions here at CPL 0 carry each trap across.
 *
 * Every instruction at CPL 0 costs some hundred nanoseconds, so the gate saves nothing that the kernel can save natively:
 * a stub pushes the vector and rax, loads the kernel's page tables and leaves by iretq through a frame prepared in memory.
 * The frame and all of a CPU's gate state stand around its TSS.RSP0 (layout.h), which the gate reaches through rsp and the
 * kernel through GS: a CPU needs a TSS, a GDT that names it, and such a place mapped beside the gate, and no code knows
 * which CPU it runs on.
 */
#include "layout.h"
#include "registers.inc"

#define PHYS(symbol) ((symbol)-KERNEL_BASE)

    .section .gate.text, "ax"

/* One stub each 16 bytes. Vector 3 is also how the kernel asks the gate for something. */
    .set n, 0
    .rept VECTOR_COUNT
    .balign 16
    .if n == 3
    jmp gate_int3
    .elseif n == VECTOR_PAGE_FAULT
    push %rax
    push $n
    jmp gate_page_fault
    .else
    .if !(n == 8 || (n >= 10 && n <= 13) || n == 17 || n == 21 || n == 29 || n == 30)
    push $0
    .endif
    push %rax
    push $n
    .if n < VECTOR_IRQ_BASE
    jmp gate_to_kernel
    .else
    jmp gate_interrupt
    .endif
    .endif
    .set n, n + 1
    .endr

/* rsp = RSP0 + GATE_VECTOR */
gate_to_kernel:
    mov $PHYS(gate_pml4), %eax
    mov %rax, %cr3
    sub $(GATE_VECTOR), %rsp
    iretq

gate_page_fault:
    mov %cr2, %rax
    push %rax
    mov $PHYS(gate_pml4), %eax
    mov %rax, %cr3
    sub $(GATE_CR2), %rsp
    iretq

/* Out of CPL 0 it ends GATE_OP_IDLE: its vector is the result, and IF is cleared so that it is the only one. */
gate_interrupt:
    movl $0, gate_lapic_eoi(%rip)
    testb $3, GATE_CS - GATE_VECTOR(%rsp)
    jnz gate_to_kernel
    pop %rax
    add $16, %rsp
    andl $~0x200, 16(%rsp)
    iretq

/*
 * A request counts only from the kernel's own two int3 instructions: their addresses are mapped in no program's address
 * space. Anything else is a program's breakpoint.
 */
gate_int3:
    cmpq $gate_resume_site, (%rsp)
    jne 1f
    mov GATE_USER_CR3 - GATE_RIP(%rsp), %rax
    mov %rax, %cr3
    mov GATE_USER_RAX - GATE_RIP(%rsp), %rax
    add $(GATE_USER_FRAME - GATE_RIP), %rsp
    iretq
1:  cmpq $gate_call_site, (%rsp)
    je gate_request
    push $0
    push %rax
    push $3
    jmp gate_to_kernel

gate_request:
    cmp $GATE_OP_MMIO, %eax
    je gate_mmio
    jb gate_idle
    cmp $GATE_OP_XSAVE, %eax
    je gate_xsave
    jb gate_out
    cmp $GATE_OP_RELOAD, %eax
    je gate_reload
    ja gate_selectors
    cmp $GATE_OP_SEGMENTS, %eax
    jb gate_leave

/* The segments of a 32-bit program: KVM emulates its code too, and knows only what was loaded at CPL 0 or there. */
    mov %edi, %ds
    mov %esi, %es
    iretq

/* edi: a selector with RPL 3, whose descriptor has changed; esi: what takes its place where it is loaded. Only there: what
 * another register holds may be no descriptor any more. rax: fs, and gs 16 bits higher, as they were. */
.macro segment_renew segment
    mov %\segment, %ecx
    or $3, %ecx
    cmp %edi, %ecx
    jne 1f
    mov %esi, %\segment
1:
.endm
gate_reload:
    mov %gs, %eax
    shl $16, %eax
    mov %fs, %ecx
    or %ecx, %eax
    segment_renew ds
    segment_renew es
    segment_renew fs
    segment_renew gs
    iretq

/* rax: ds, es, fs and gs, from the lowest 16 bits on. esi: whether they get what rdi holds of the same form. */
gate_selectors:
    mov %gs, %eax
    shl $16, %rax
    mov %fs, %ecx
    or %rcx, %rax
    shl $16, %rax
    mov %es, %ecx
    or %rcx, %rax
    shl $16, %rax
    mov %ds, %ecx
    or %rcx, %rax
    test %esi, %esi
    jz 1f
    mov %edi, %ds
    shr $16, %rdi
    mov %edi, %es
    shr $16, %rdi
    mov %edi, %fs
    shr $16, %rdi
    mov %edi, %gs
1:  iretq

/* Bytes at rsi, rcx of them, to port dx: string output leaves KVM's emulator for us once for many bytes. */
gate_out:
    rep outsb
    iretq

gate_idle:
    sti
    hlt
    cli
    iretq

/* A list of device register accesses (struct arch_mmio) at rdi, esi of them. */
gate_mmio:
    mov (%rdi), %rdx
    cmpb $0, 12(%rdi)
    jne 1f
    mov (%rdx), %eax
    mov %eax, 8(%rdi)
    jmp 2f
1:  mov 8(%rdi), %eax
    mov %eax, (%rdx)
2:  add $16, %rdi
    dec %esi
    jnz gate_mmio
    iretq

/* Turns XSAVE on for programs with what KVM has of XCR0 = edi: the CPU may have more (AMX). */
gate_xsave:
    mov $0xd, %eax
    xor %ecx, %ecx
    mov %rbx, %r8
    cpuid
    mov %r8, %rbx
    and %eax, %edi
    mov %edi, %eax
    not %eax
    test $3, %al /* x87 and SSE */
    jnz 1f
    mov %cr4, %rax
    or $0x40000, %rax /* OSXSAVE */
    mov %rax, %cr4
    mov %edi, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    xsetbv
1:  iretq

gate_leave: /* rdi: the start info */
    mov %edi, %ebx
    mov $START_EMULATED, %esi
    mov $start_ring0, %rax
    jmp *%rax

/* Where `syscall` leads. Only hardware ever comes here, and only from boot.S's probe. */
    .org GATE_LSTAR_OFFSET
    .globl gate_lstar
gate_lstar:
    mov $start_direct, %rax
    jmp *%rax

    .section .gate.data, "aw"
    .globl gate_idt, gate_gdt
gate_idt:
    .set n, 0
    .rept VECTOR_COUNT
    .word n * 16, SEL_KERNEL_CODE
    .if n == 8
    .byte 1, 0x8e
    .elseif n == VECTOR_PAGE_FAULT
    .byte 2, 0x8e
    .elseif n == 3
    .byte 0, 0xee
    .else
    .byte 0, 0x8e
    .endif
    .word 0
    .long GATE_BASE >> 32, 0
    .set n, n + 1
    .endr
    .org GATE_GDT
gate_gdt:
    .quad 0, 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00cffb000000ffff
    .quad 0x00cff3000000ffff
    .quad 0x00affb000000ffff
    .quad 0
    .quad 0x0000890000000067 | ((GATE_DATA + GATE_TSS) & 0xffffff) << 16 | (((GATE_DATA + GATE_TSS) >> 24) & 0xff) << 56
    .quad (GATE_DATA + GATE_TSS) >> 32
    .skip (GDT_ENTRIES - 10) * 8 /* the program's own, from SEL_TLS on */
    .org GATE_TSS
    .long 0
    .quad GATE_DATA + GATE_RSP0, 0, 0
    .quad 0
    .quad GATE_DATA + GATE_IST /* IST 1: a double fault */
    .quad GATE_DATA + GATE_RSP0 /* IST 2: a page fault; at CPL 0, too (trap.c, is_failed_syscall) */
    .skip 5 * 8
    .quad 0
    .word 0, 104
    .org GATE_RSP0
    .quad start_gated, SEL_USER_CODE, 2, boot_stack_top, SEL_USER_DATA /* once; then as start_gated sets it */
    .skip GATE_IN_USER + 8 - 0x28

/* ---- the kernel's side, at CPL 3 ---- */

    .text

/* rip, cs, rflags, rsp, ss, through rax. */
.macro copy_hardware_frame from, from_base, to, to_base
    .irp i, 0, 8, 16, 24, 32
    mov \from + \i(\from_base), %rax
    mov %rax, \to + \i(\to_base)
    .endr
.endm

/* The same as user_enter. */
    .globl gate_user_enter
gate_user_enter:
    push %rbp
    mov %rsp, %gs:PERCPU_KERNEL_SP
    mov %gs:PERCPU_SELF, %rax
    mov %rax, FRAME_CPU(%rdi)
    mov PERCPU_GATE(%rax), %rbx
    lea FRAME_VECTOR(%rdi), %rax
    mov %rax, GATE_KERNEL_RSP(%rbx)
    copy_hardware_frame FRAME_RIP, %rdi, GATE_USER_FRAME, %rbx
    mov FRAME_RAX(%rdi), %rax
    mov %rax, GATE_USER_RAX(%rbx)
    mov FRAME_FS_BASE(%rdi), %rax
    wrfsbase %rax
    mov FRAME_GS_BASE(%rdi), %rax
    wrgsbase %rax
    movq $1, GATE_IN_USER(%rbx)
    mov %rdi, %rsp
    pop_registers
    int3
    .globl gate_resume_site
gate_resume_site:
    ud2

/* From the gate, with the program's registers but rax, and rsp just above the frame's general registers. The frame says
 * which CPU this is: gate_user_enter was here last. */
    .globl gate_kernel_entry
gate_kernel_entry:
    push_registers /* rax only takes its place; it is filled below */
    cld
    rdfsbase %rax
    mov %rax, FRAME_FS_BASE(%rsp)
    rdgsbase %rax
    mov %rax, FRAME_GS_BASE(%rsp)
    mov FRAME_CPU(%rsp), %rax
    wrgsbase %rax
    mov PERCPU_GATE(%rax), %rbx
    mov GATE_RAX(%rbx), %rax
    mov %rax, FRAME_RAX(%rsp)
    mov GATE_VECTOR(%rbx), %rax
    mov %rax, FRAME_VECTOR(%rsp)
    mov GATE_ERROR(%rbx), %rax
    mov %rax, FRAME_ERROR(%rsp)
    copy_hardware_frame GATE_RIP, %rbx, FRAME_RIP, %rsp
    mov GATE_IN_USER(%rbx), %rax
    movq $0, GATE_IN_USER(%rbx)
    test %eax, %eax
    jz 1f /* the kernel itself has faulted */
    mov %gs:PERCPU_KERNEL_SP, %rsp
    pop %rbp
    ret
1:  mov %rsp, %rdi
    mov %gs:PERCPU_FAULT_STACK, %rsp
    call trap_in_kernel
    ud2

/* uint64_t gate_call(uint64_t op, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t rcx) */
    .globl gate_call
gate_call:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %rcx
    int3
    .globl gate_call_site
gate_call_site:
    ret
