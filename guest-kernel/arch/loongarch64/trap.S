/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.S - the way into user mode and back. user_enter(frame) is a function whose return is the next trap: the entry code
 * saves the user's registers in the current thread's frame, takes up the kernel's stack where user_enter left it, and
 * returns to its caller.
 *
 * In the kernel, $r21 is the CPU's struct percpu.
 */
#include "layout.h"

.macro each_register op, base
    .irp n, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op $r\n, \base, \n * 8
    .endr
.endm

    .text
/* user_enter: a0 = the frame. Keeps sp, fp and r21 only (cpu.h says so to the compiler). */
    .globl user_enter
user_enter:
    addi.d $sp, $sp, -16
    st.d $ra, $sp, 0
    st.d $fp, $sp, 8
    st.d $sp, $r21, PERCPU_KERNEL_SP
    ld.d $t0, $a0, FRAME_PC
    csrwr $t0, CSR_ERA
    ori $t0, $zero, PRMD_USER
    csrwr $t0, CSR_PRMD
    each_register ld.d, $a0
    ld.d $a0, $a0, 4 * 8
    ertn

/* Where exceptions and interrupts lead, in mapped mode (ECFG.VS is 0: one entry for all). */
    .section .text.vectors, "ax"
    .balign 4096
    .globl trap_entry
trap_entry:
    csrwr $a0, CSR_SAVE_SCRATCH
    csrrd $a0, CSR_PRMD
    andi $a0, $a0, 3
    beqz $a0, kernel_trap
    csrrd $a0, CSR_SAVE_FRAME
    each_register st.d, $a0
    csrrd $t0, CSR_SAVE_SCRATCH
    st.d $t0, $a0, 4 * 8
    csrrd $t0, CSR_ERA
    st.d $t0, $a0, FRAME_PC
    csrrd $t0, CSR_ESTAT
    st.d $t0, $a0, FRAME_ESTAT
    csrrd $t0, CSR_BADV
    st.d $t0, $a0, FRAME_BADV
    csrrd $r21, CSR_SAVE_PERCPU
    ld.d $sp, $r21, PERCPU_KERNEL_SP
    ld.d $ra, $sp, 0
    ld.d $fp, $sp, 8
    addi.d $sp, $sp, 16
    ret

/* An interrupt out of the kernel can only come from cpu_idle: it ends the wait with interrupts off. All else is a fault. */
kernel_trap:
    csrrd $a0, CSR_ESTAT
    bstrpick.d $a0, $a0, 21, 16
    bnez $a0, kernel_fault
    la.pcrel $a0, idle_end
    csrwr $a0, CSR_ERA
    csrwr $zero, CSR_PRMD
    csrrd $a0, CSR_SAVE_SCRATCH
    ertn

kernel_fault:
    csrrd $a0, CSR_SAVE_SCRATCH
    addi.d $sp, $sp, -FRAME_SIZE
    each_register st.d, $sp
    st.d $a0, $sp, 4 * 8
    addi.d $a0, $sp, FRAME_SIZE
    st.d $a0, $sp, 3 * 8
    csrrd $a0, CSR_ERA
    st.d $a0, $sp, FRAME_PC
    csrrd $a0, CSR_ESTAT
    st.d $a0, $sp, FRAME_ESTAT
    csrrd $a0, CSR_BADV
    st.d $a0, $sp, FRAME_BADV
    move $a0, $sp
    bstrins.d $sp, $zero, 3, 0
    bl trap_in_kernel
    break 0

/* void cpu_idle(void): waits for one interrupt. One that comes between the two instructions goes on at idle_end too, so
 * none is lost. */
    .text
    .globl cpu_idle
cpu_idle:
    ori $t0, $zero, CRMD_IE
    csrxchg $t0, $t0, CSR_CRMD
    idle 0
idle_end:
    ret

/*
 * TLB refill, in direct address mode: a page that is in no TLB. The pair of entries is read by plain loads rather than
 * by ldpte, which in QEMU 7.2 loses their upper bits, NX among them. What is not mapped comes as an entry without V,
 * whose use is an ordinary exception.
 */
    .section .text.vectors, "ax"
    .balign 4096
    .globl refill_entry
refill_entry:
    csrwr $t0, CSR_TLBRSAVE
    csrwr $t1, CSR_SAVE_REFILL
    csrrd $t0, CSR_PGD
    beqz $t0, 2f
    lddir $t0, $t0, 3
    beqz $t0, 2f
    lddir $t0, $t0, 1
    beqz $t0, 2f
    csrrd $t1, CSR_TLBRBADV
    bstrpick.d $t1, $t1, 24, 15
    alsl.d $t0, $t1, $t0, 4
    ld.d $t1, $t0, 0
    csrwr $t1, CSR_TLBRELO0
    ld.d $t1, $t0, 8
    csrwr $t1, CSR_TLBRELO1
1:  tlbfill
    csrrd $t1, CSR_SAVE_REFILL
    csrrd $t0, CSR_TLBRSAVE
    ertn
2:  csrwr $zero, CSR_TLBRELO0 /* no table: no page */
    csrwr $zero, CSR_TLBRELO1
    b 1b
