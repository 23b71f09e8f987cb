/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 3-console.S - a call from the guest to what is below it: a console by SBI calls.
 *
 * `ecall` from S-mode goes to M-mode, or in a virtual machine to the hypervisor (cause 10, environment call from VS-mode).
 * KVM serves most of the SBI itself, but has no console: those calls it hands to lvmm (KVM_EXIT_RISCV_SBI), which with
 * --verbose shows each. With TCG it is OpenSBI that serves them, and lvmm sees none.
 *
 * There are two consoles, and one of them may lack: the legacy one where Linux was built without RISCV_SBI_V01, as Debian's
 * is (the call then fails in KVM, and lvmm doesn't see it), DBCN before OpenSBI 1.3 and Linux 6.8.
 */
#include "step.inc"

    .section .rodata
by_character:
    .asciz "[3] a character with each call\n"
by_text:
    .asciz "[3] a text with one call, where DBCN is\n"
by_text_end:
    .balign 8
by_text_size:
    .dword by_text_end - by_text - 1 /* without the zero */

    .section .text.entry, "ax"
    .globl _start
_start:
    la sp, stack_top
    la a0, by_character
    call put_string

    li a7, SBI_BASE
    li a6, SBI_BASE_PROBE
    li a0, SBI_DBCN
    ecall
    beqz a1, 1f
    li a7, SBI_DBCN
    li a6, SBI_DBCN_WRITE
    ld a0, by_text_size
    la a1, by_text
    li a2, 0
    ecall
    j 2f
1:  la a0, by_text
    call put_string
2:  shut_down

    .text
/* Prints the string at a0 with a call for each character: the legacy one or, where that fails, DBCN's. */
put_string:
    mv s0, a0
1:  lbu a0, 0(s0)
    beqz a0, 3f
    li a7, SBI_LEGACY_PUTCHAR
    li a6, 0
    ecall
    beqz a0, 2f
    lbu a0, 0(s0)
    li a7, SBI_DBCN
    li a6, SBI_DBCN_WRITE_BYTE
    ecall
2:  addi s0, s0, 1
    j 1b
3:  ret
