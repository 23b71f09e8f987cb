/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.S - the hostile guest's way in (PVH entry, then long mode), its second CPU's (from real mode), exceptions.
 */
#define PTE_P 0x01
#define PTE_W 0x02
#define PTE_PCD 0x10
#define PTE_PS 0x80

#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define TRAMPOLINE 0x8000

    .section .note.pvh, "a", @note
    .balign 4
    .long 4
    .long 4
    .long XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long gkernel_entry

/* To long mode, with the tables below: from 32-bit protected mode. */
.macro long_mode target
    movl $page_root, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x20, %eax /* PAE */
    movl %eax, %cr4
    movl $0xc0000080, %ecx /* EFER: LME */
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80000001, %eax /* PG, PE */
    movl %eax, %cr0
    ljmp $8, $\target
.endm

.macro data_segments
    movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
.endm

    .section .text.entry, "ax"
    .code32
    .globl gkernel_entry
gkernel_entry:
    movl $first_stack_top, %esp
    movl %ebx, %edi
    lgdt gdt_pointer
    long_mode first64
    .code64
first64:
    data_segments
    movl %edi, %edi
    call hostile_main

/* Copied to TRAMPOLINE: a start-up interrupt begins there in real mode. */
    .globl trampoline, trampoline_end
trampoline:
    .code16
    cli
    xorw %ax, %ax
    movw %ax, %ds
    lgdtl TRAMPOLINE + (trampoline_gdt_pointer - trampoline)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $0x18, $second32
    .balign 8
trampoline_gdt_pointer:
    .word 31
    .long gdt
trampoline_end:
    .code32
second32:
    data_segments
    long_mode second64
    .code64
second64:
    data_segments
    movq $second_stack_top, %rsp
    call hostile_second

    .globl exception_entry
exception_entry:
    movq $exception_stack_top, %rsp
    call hostile_exception

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 0x08: 64-bit code */
    .quad 0x00cf93000000ffff /* 0x10: data */
    .quad 0x00cf9b000000ffff /* 0x18: 32-bit code */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

/* 4 GiB one to one; the last GiB, where the devices are, isn't cached. */
    .section .data
    .balign 4096
page_root:
    .quad page_gib + PTE_P + PTE_W
    .fill 511, 8, 0
page_gib:
    .set gib, 0
    .rept 4
    .quad page_dirs + 4096 * gib + PTE_P + PTE_W
    .set gib, gib + 1
    .endr
    .fill 508, 8, 0
page_dirs:
    .set page, 0
    .rept 1536
    .quad page + PTE_P + PTE_W + PTE_PS
    .set page, page + 0x200000
    .endr
    .rept 512
    .quad page + PTE_P + PTE_W + PTE_PCD + PTE_PS
    .set page, page + 0x200000
    .endr

    .section .bss
    .balign 16
    .skip 16384
first_stack_top:
    .globl second_stack
second_stack:
    .skip 16384
second_stack_top:
    .skip 4096
exception_stack_top:

    .section .note.GNU-stack, "", @progbits
