/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aarch64.S - gkernel's way in: EL1, MMU off, so that memory and devices are one to one; x0 = device tree (Linux,
 * Documentation/arch/arm64/booting.rst).
 */
    .section .text.entry, "ax"
    .globl gkernel_entry
gkernel_entry:
    adrp x1, stack_top
    add x1, x1, :lo12:stack_top
    mov sp, x1
    mov x29, xzr
    bl gkernel_main

    .section .bss
    .balign 16
    .skip 8192
stack_top:

    .section .note.GNU-stack, "", @progbits
