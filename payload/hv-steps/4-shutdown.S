/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 4-shutdown.S - the end: the system reset extension, with a reason.
 *
 * With KVM the call ends KVM_RUN for good (KVM_EXIT_SYSTEM_EVENT, a shutdown with the reason as its datum), and lvmm ends
 * with status 0, or with 1 if the reason is a failure. With TCG OpenSBI writes to QEMU's power-off device, and the reason is lost.
 */
#include "step.inc"

    .section .text.entry, "ax"
    .globl _start
_start:
    la sp, stack_top
    print "4: shutting down by SRST\n"
    li a7, SBI_SRST
    li a6, SBI_SRST_RESET
    li a0, 0
    li a1, 0
    ecall
    print "4: SRST came back\n" /* it must not */
1:  wfi
    j 1b
