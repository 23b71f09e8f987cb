/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loongarch64.S - gkernel's way in: direct address mode, so that memory and devices are one to one, interrupts off, a0 = the
 * device tree. All CPUs come here.
 */
#define CSR_CPUID 0x20

    .section .text.entry, "ax"
    .globl gkernel_entry
gkernel_entry:
    csrrd $t0, CSR_CPUID
    andi $t0, $t0, 0x1ff
    bnez $t0, 1f
    la.pcrel $sp, stack_top
    bl gkernel_main
1:  idle 0
    b 1b

    .section .bss
    .balign 16
    .skip 8192
stack_top:

    .section .note.GNU-stack, "", @progbits
