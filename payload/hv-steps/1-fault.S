/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 1-fault.S - a guest-page fault that nobody can serve: a load where neither memory nor a device is.
 *
 * With KVM: the second stage of translation (hgatp) has no page for the address, so the CPU traps into the hypervisor with
 * cause 21, a load guest-page fault, and the address in htval. KVM knows no memory there either and hands the load to lvmm
 * (KVM_EXIT_MMIO), which knows no device: it says so, and with `--unmapped end` ends the guest with status 125.
 * With QEMU's TCG there is no hypervisor: the bus answers with an error, and the guest itself gets cause 5, a load access
 * fault.
 */
#include "step.inc"

#define NOWHERE 0x18000000 /* between the serial port and the flash */

    .section .text.entry, "ax"
    .globl _start
_start:
    la sp, stack_top
    la t0, on_trap
    csrw stvec, t0
    print "1: a load at 0x18000000, where nothing is\n"
    j load

    .text
    .balign 64 /* so that this has an address of its own in the texts: 0x80200100 */
load:
    li t0, NOWHERE
    lw s0, 0(t0)

    /* With `--unmapped ignore`, as most machines have it, the load comes back with ones. */
    print "1: it came back with "
    mv a0, s0
    call print_hex
    print "\n"
    shut_down

    .balign 4
on_trap:
    print "1: trap, scause="
    csrr a0, scause
    call print_hex
    print ", stval="
    csrr a0, stval
    call print_hex
    print ", sepc="
    csrr a0, sepc
    call print_hex
    print "\n"
    shut_down
