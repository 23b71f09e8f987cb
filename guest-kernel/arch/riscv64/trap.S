/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.S - the way into user mode and back. user_enter(frame) is a function whose return is the next trap: the entry code
 * saves the user's registers in the trap frame, takes up the kernel's stack where user_enter left it, and returns to its
 * caller.
 */
#include "layout.h"

/* All but sp (x2) and tp (x4), which need care, with the frame in sp. x5 comes last, or first, for those who need one. */
    .macro push_registers
    sd x1, 8(sp)
    sd x3, 24(sp)
    .irp n, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd x\n, 8 * \n(sp)
    .endr
    .endm

    .macro pop_registers
    ld x1, 8(sp)
    ld x3, 24(sp)
    .irp n, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ld x\n, 8 * \n(sp)
    .endr
    .endm

    .macro push_trap
    csrr t0, sepc
    csrr t1, sstatus
    csrr t2, scause
    csrr t3, stval
    sd t0, FRAME_PC(sp)
    sd t1, FRAME_STATUS(sp)
    sd t2, FRAME_CAUSE(sp)
    sd t3, FRAME_VALUE(sp)
    .endm

    .text
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw tp, sscratch, tp
    beqz tp, from_kernel
    sd sp, PERCPU_SCRATCH(tp)
    ld sp, PERCPU_FRAME(tp)
    push_registers
    csrr t1, sscratch
    ld t0, PERCPU_SCRATCH(tp)
    sd t1, FRAME_TP(sp)
    sd t0, FRAME_SP(sp)
    push_trap
    csrw sscratch, zero
    ld sp, PERCPU_KERNEL_SP(tp)
    ld ra, 0(sp)
    ld s0, 8(sp)
    addi sp, sp, 16
    ret

/* An interrupt out of the kernel can only come from cpu_idle: it leaves its cause and ends the wait by clearing SPIE. */
from_kernel:
    csrrw tp, sscratch, tp
    sd t0, PERCPU_SCRATCH(tp)
    csrr t0, scause
    bgez t0, kernel_fault
    sd t0, PERCPU_IDLE_CAUSE(tp)
    li t0, STATUS_SPIE
    csrc sstatus, t0
    ld t0, PERCPU_SCRATCH(tp)
    sret

/* On a stack of its own, as the usual one may be what is wrong. Neither C code nor what is here changes sepc and sstatus
 * before it goes back. */
kernel_fault:
    ld t0, PERCPU_SCRATCH(tp)
    sd sp, PERCPU_SCRATCH(tp)
    ld sp, PERCPU_FAULT_STACK(tp)
    addi sp, sp, -FRAME_SIZE
    push_registers
    ld t0, PERCPU_SCRATCH(tp)
    sd tp, FRAME_TP(sp)
    sd t0, FRAME_SP(sp)
    push_trap
    mv a0, sp
    call trap_in_kernel
    pop_registers
    ld sp, FRAME_SP(sp)
    sret

/* user_enter: a0 = the frame. Keeps sp, s0 and tp only (trap.c says so to the compiler). */
    .globl user_enter
user_enter:
    addi sp, sp, -16
    sd ra, 0(sp)
    sd s0, 8(sp)
    sd sp, PERCPU_KERNEL_SP(tp)
    csrw sscratch, tp
    mv sp, a0
    ld t0, FRAME_PC(sp)
    ld t1, FRAME_STATUS(sp)
    csrw sepc, t0
    csrw sstatus, t1
    ld x4, 32(sp)
    pop_registers
    ld sp, FRAME_SP(sp)
    sret

/* void cpu_idle(void): waits for an interrupt, and takes one if there is one. `wfi` ends when one is pending, whether or not
 * it would be taken, so none is lost. */
    .globl cpu_idle
cpu_idle:
    wfi
    csrsi sstatus, STATUS_SIE
    csrci sstatus, STATUS_SIE
    ret

