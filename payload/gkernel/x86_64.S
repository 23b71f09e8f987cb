/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86_64.S - gkernel's way in: the PVH entry (Xen, "x86/HVM direct boot ABI"). 32-bit protected mode without paging,
 * ebx = the physical address of hvm_start_info.
 */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

#define CR0_PE (1 << 0)
#define CR0_PG (1 << 31)
#define CR4_PAE (1 << 5)
#define MSR_EFER 0xc0000080
#define EFER_LME (1 << 8)

#define PTE_P 0x01
#define PTE_W 0x02
#define PTE_PCD 0x10
#define PTE_PS 0x80

    .section .note.pvh, "a", @note
    .balign 4
    .long 4f - 3f /* name size */
    .long 4       /* descriptor size */
    .long XEN_ELFNOTE_PHYS32_ENTRY
3:  .asciz "Xen"
4:  .long gkernel_entry

    .section .text.entry, "ax"
    .code32
    .globl gkernel_entry
gkernel_entry:
    movl $stack_top, %esp
    movl %ebx, %edi /* gkernel_main's argument; the upper half becomes zero with the first 32-bit write in long mode */

    movl $page_root, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $(CR0_PE | CR0_PG), %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $start64

    .code64
start64:
    movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %edi, %edi
    xorl %ebp, %ebp
    call gkernel_main

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 0x08: 64-bit code */
    .quad 0x00cf93000000ffff /* 0x10: data */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

/*
 * Memory and devices one to one: the first GiB, where the kernel is, and the last below 4 GiB, where the flash is. The
 * tables are made by the assembler, because a store costs more than a byte of the file where ring 0 is emulated.
 */
    .section .data
    .balign 4096
page_root:
    .quad page_gib + PTE_P + PTE_W
    .fill 511, 8, 0
page_gib:
    .quad page_first + PTE_P + PTE_W
    .quad 0, 0
    .quad page_last + PTE_P + PTE_W
    .fill 508, 8, 0
page_first:
    .set page, 0
    .rept 512
    .quad page + PTE_P + PTE_W + PTE_PS
    .set page, page + 0x200000
    .endr
page_last:
    .set page, 0xc0000000
    .rept 512
    .quad page + PTE_P + PTE_W + PTE_PCD + PTE_PS
    .set page, page + 0x200000
    .endr

    .section .bss
    .balign 16
    .skip 8192
stack_top:

    .section .note.GNU-stack, "", @progbits
