/* SPDX-License-Identifier: Apache-2.0 */
/*
 * riscv64.S - gkernel's way in: S-mode, satp 0, so that memory and devices are one to one; a0 = hart, a1 = device tree
 * (Linux, Documentation/arch/riscv/boot.rst).
 */
    .section .text.entry, "ax"
    .globl gkernel_entry
gkernel_entry:
    la sp, stack_top
    mv a0, a1
    call gkernel_main

    .section .bss
    .balign 16
    .skip 8192
stack_top:

    .section .note.GNU-stack, "", @progbits
