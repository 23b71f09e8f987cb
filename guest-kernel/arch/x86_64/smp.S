/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smp.S - where another CPU begins: in real mode, at the page below 1 MiB that SIPI names (Intel SDM vol. 3, 9.4). It goes
 * on to the boot CPU's own entry with ebx = 0, and from there comes to smp_high.
 */
#include "layout.h"

#define PHYS(symbol) ((symbol)-KERNEL_BASE)
#define AT(symbol) (SMP_TRAMPOLINE + (symbol) - smp_trampoline)

    .section .rodata
    .balign 16
    .globl smp_trampoline, smp_trampoline_size
smp_trampoline:
    .code16
    cli
    xor %eax, %eax
    mov %ax, %ds
    lgdtl AT(gdtr)
    mov $1, %eax /* PE */
    mov %eax, %cr0
    ljmpl $0x08, $AT(1f)
    .code32
1:  mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %ebx, %ebx
    mov $PHYS(boot_entry), %eax
    jmp *%eax
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff /* flat 32-bit code */
    .quad 0x00cf93000000ffff
gdtr:
    .word gdtr - gdt - 1
    .long AT(gdt)
smp_trampoline_size:
    .quad . - smp_trampoline

    .text
    .code64
    .globl smp_high
smp_high: /* the kernel's segments and page tables */
    mov smp_starting_stack, %rsp
    xor %ebp, %ebp
    cmpb $0, cpu_is_gated
    jne 1f
    call smp_cpu_main
    ud2
1:  mov $smp_starting_gdtr, %rdi /* through a gate of its own to CPL 3, as the boot CPU */
    call gate_load
    lea -8(%rsp), %rax
    push $SEL_USER_DATA
    push %rax
    push $2
    push $SEL_USER_CODE
    push $smp_cpu_main
    iretq
