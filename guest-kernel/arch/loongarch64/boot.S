/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.S - the entry, for each CPU: direct address mode, interrupts off, a0 = the device tree's physical address. Memory
 * is zero (boot/abi.h), so there is no bss to clear. All code addresses are relative, so that it runs before and after
 * the step from the physical address to the window.
 */
#include "layout.h"

    .section .text.boot, "ax"
    .globl boot_entry
boot_entry:
    csrrd $t0, CSR_CPUID
    andi $t0, $t0, 0x1ff
    bnez $t0, other_cpu
    bl enter_window
    la.pcrel $sp, boot_stack + BOOT_STACK_SIZE
    b start

/* Waits for arch_cpu_start: an IPI, with something in mailbox 0. `idle` ends with an interrupt even if those are off; of an
 * IPI that came before it was enabled there is none (QEMU 7.2), so its bit is looked at first. */
other_cpu:
    li.w $t0, IOCSR_IPI_ENABLE
    li.w $t1, -1
    iocsrwr.w $t1, $t0
    li.w $t0, IS_IPI
    csrwr $t0, CSR_ECFG
1:  li.w $t0, IOCSR_IPI_STATUS
    iocsrrd.w $t1, $t0
    bnez $t1, 2f
    idle 0
    b 1b
2:  li.w $t0, IOCSR_IPI_CLEAR
    iocsrwr.w $t1, $t0
    li.w $t0, IOCSR_IPI_MAILBOX0
    iocsrrd.w $t1, $t0
    beqz $t1, 1b
    csrwr $zero, CSR_ECFG
    dbar 0
    bl enter_window
    la.pcrel $t0, start_stack
    ld.d $sp, $t0, 0
    b start_other

/* Windows on, then continues at the caller's address in the cached one. Keeps a0. */
enter_window:
    li.d $t0, WINDOW_UNCACHED | 1
    csrwr $t0, CSR_DMW0
    li.d $t1, WINDOW_CACHED | 0x11
    move $t0, $t1
    csrwr $t0, CSR_DMW1
    bstrins.d $t1, $zero, 11, 0
    bstrpick.d $ra, $ra, 47, 0
    or $ra, $ra, $t1
    li.w $t0, CRMD_KERNEL
    pcaddi $t2, 5
    bstrpick.d $t2, $t2, 47, 0
    or $t2, $t2, $t1
    jr $t2
    nop
    csrwr $t0, CSR_CRMD
    jr $ra

    .bss
    .balign 16
boot_stack:
    .space BOOT_STACK_SIZE
