/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 2-demand.S - a guest-page fault that is served: the flash is mapped when it is first read, and the guest resumes.
 *
 * With KVM the first load traps into the hypervisor, as in step 1, and lvmm has a device there: the flash. It gives the
 * value and asks KVM to map the image's pages, for reading only. The guest goes on behind the load and has noticed nothing; its
 * second load finds the page and takes no exit.
 */
#include "step.inc"

#define FLASH 0x22000000 /* where --pflash FILE is */

/* read_flash: prints its first four characters. */
    .macro read_flash
    li t0, FLASH
    lw s1, 0(t0)
    call print_word
    .endm

    .section .text.entry, "ax"
    .globl _start
_start:
    la sp, stack_top
    print "2: reading the flash at 0x22000000: "
    read_flash
    print "\n2: and once more, without an exit: "
    read_flash
    print "\n"
    shut_down

    .text
/* Prints the four characters of s1, the lowest byte first. */
print_word:
    addi sp, sp, -16
    sd ra, 0(sp)
    li s2, 4
1:  andi a0, s1, 0xff
    call print_char
    srli s1, s1, 8
    addi s2, s2, -1
    bnez s2, 1b
    ld ra, 0(sp)
    addi sp, sp, 16
    ret
