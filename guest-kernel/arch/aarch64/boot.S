/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.S - entry as Linux's (Documentation/arm64/booting.rst: EL1, MMU off, x0 = the device tree), straight to the kernel's
 * half of the address space on page tables that are constants.
 */
#include "layout.h"

#define VALID_TABLE 0x3
#define BLOCK_NORMAL 0x705 /* valid block, attribute 1, inner shareable, accessed */
#define BLOCK_DEVICE 0x401 /* valid block, attribute 0, accessed */
#define READ_ONLY 0x80
#define NOT_GLOBAL 0x800
#define PXN 0x0020000000000000
#define UXN 0x0040000000000000
#define PHYS(symbol) ((symbol)-KERNEL_BASE)

    .section .text.boot, "ax"
    .globl boot_entry
boot_entry:
    mov x19, x0
    ldr x30, =boot_high
    b mmu_on
boot_high:
    ldr x0, =boot_stack_top
    mov sp, x0
    mov x29, xzr
    mov x0, x19
    bl start
    brk #0

    /* Another CPU, by PSCI's CPU_ON: x0 = its number. */
    .globl secondary_entry
secondary_entry:
    mov x19, x0
    ldr x30, =secondary_high
    b mmu_on
secondary_high:
    ldr x0, =cpu_memory
    ldr x0, [x0, x19, lsl #3]
    add x0, x0, #CPU_MEMORY_SIZE
    mov sp, x0
    mov x29, xzr
    mov x0, x19
    bl start_secondary
    brk #0

    /* Turns the MMU on and returns to x30, a kernel address. */
mmu_on:
    mrs x1, id_aa64mmfr0_el1
    and x1, x1, #0xf /* PARange; the tables have 48 bits of address: 5 */
    mov x2, #5
    cmp x1, x2
    csel x1, x1, x2, lo
    ldr x2, =TCR_BASE
    orr x2, x2, x1, lsl #TCR_IPS_SHIFT
    msr tcr_el1, x2
    mov x2, #MAIR_VALUE
    msr mair_el1, x2
    adrp x2, identity_l0
    msr ttbr0_el1, x2
    adrp x2, kernel_l0
    msr ttbr1_el1, x2
    tlbi vmalle1
    dsb nsh
    isb
    ldr x2, =SCTLR_VALUE
    msr sctlr_el1, x2
    isb
    ret

    .section .data.pagetables, "aw"
    .balign 4096
    .globl kernel_l0
kernel_l0: /* TTBR1: entry 0 is DIRECT_BASE, entry 511 has KERNEL_BASE */
    .quad PHYS(direct_l1) + VALID_TABLE
    .fill 510, 8, 0
    .quad PHYS(kernel_l1) + VALID_TABLE

    .globl direct_l1
direct_l1: /* arch_map_memory adds to it */
    .quad BLOCK_DEVICE + PXN + UXN
    .quad PHYS(direct_first) + VALID_TABLE
    .fill 510, 8, 0

direct_first: /* the GiB of the kernel: whose text and constants are not to be written here either */
    .set at, RAM_GIB
    .rept 512
    .if at == KERNEL_TEXT_PHYS || at == KERNEL_RODATA_PHYS
    .quad at + BLOCK_NORMAL + READ_ONLY + PXN + UXN
    .else
    .quad at + BLOCK_NORMAL + PXN + UXN
    .endif
    .set at, at + 0x200000
    .endr

kernel_l1: /* 0xffffff8000000000 on; KERNEL_BASE + RAM_GIB is entry 509 */
    .fill 509, 8, 0
    .quad PHYS(kernel_l2) + VALID_TABLE
    .fill 2, 8, 0

kernel_l2:
    .quad 0
    .quad KERNEL_TEXT_PHYS + BLOCK_NORMAL + READ_ONLY + UXN
    .quad KERNEL_RODATA_PHYS + BLOCK_NORMAL + READ_ONLY + PXN + UXN
    .quad KERNEL_DATA_PHYS + BLOCK_NORMAL + PXN + UXN
    .quad KERNEL_TABLES_PHYS + BLOCK_NORMAL + PXN + UXN
    .fill 507, 8, 0

identity_l0: /* TTBR0 while the MMU comes on: the text where it is in physical memory */
    .quad PHYS(identity_l1) + VALID_TABLE
    .fill 511, 8, 0
identity_l1:
    .quad 0
    .quad RAM_GIB + BLOCK_NORMAL + READ_ONLY + UXN + NOT_GLOBAL
    .fill 510, 8, 0

    .section .bss.stack, "aw", @nobits
    .balign 4096
    .skip BOOT_STACK_SIZE
boot_stack_top:
