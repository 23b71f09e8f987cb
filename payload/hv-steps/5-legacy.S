/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 5-legacy.S - the end as SBI 0.1 had it: the legacy shutdown, which takes no argument. Kernels for teaching still use it.
 * It doesn't return, but where there is none: KVM of a Linux without RISCV_SBI_V01, as Debian's. Then it is SRST.
 */
#include "step.inc"

    .section .text.entry, "ax"
    .globl _start
_start:
    la sp, stack_top
    print "5: shutting down by the legacy call, or else by SRST\n"
    li a7, SBI_LEGACY_SHUTDOWN
    li a6, 0
    ecall
    shut_down
