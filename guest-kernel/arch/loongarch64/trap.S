/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trap.S - the way into user mode and back. user_enter(frame) is a function whose return is the next trap: the entry code
 * saves the user's registers in the current thread's frame, takes up the kernel's stack where user_enter left it, and
 * returns to its caller.
 *
 * In the kernel, $r21 is the CPU's struct percpu.
 */
#include "layout.h"

/* Those that a system call keeps, but for a0. */
.macro each_kept op, base
    .irp n, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op $r\n, \base, \n * 8
    .endr
.endm

.macro each_temporary op, base
    .irp n, 12, 13, 14, 15, 16, 17, 18, 19, 20
    \op $r\n, \base, \n * 8
    .endr
.endm

    .text
/*
 * user_enter: a0 = the frame; returns 0 for a system call, 1 for another trap. Keeps sp and r21 only (trap.c says so to the
 * compiler). PRMD is PRMD_USER already: since the last trap, or cpu_init, or arch_wait_for_interrupt.
 */
    .globl user_enter
user_enter:
    st.d $ra, $r21, PERCPU_KERNEL_RA
    st.d $sp, $r21, PERCPU_KERNEL_SP
    ld.d $t0, $a0, FRAME_PC
    csrwr $t0, CSR_ERA
    each_kept ld.d, $a0
    each_temporary ld.d, $a0
    ld.d $a0, $a0, 4 * 8
    ertn

.macro save_a0_pc
    csrrd $t0, CSR_SAVE_SCRATCH
    st.d $t0, $a0, 4 * 8
    csrrd $t0, CSR_ERA
    st.d $t0, $a0, FRAME_PC
.endm

.macro return_to_kernel kind
    ori $a0, $zero, \kind
    csrrd $r21, CSR_SAVE_PERCPU
    ld.d $sp, $r21, PERCPU_KERNEL_SP
    ld.d $ra, $r21, PERCPU_KERNEL_RA
    ret
.endm

/*
 * Where exceptions and interrupts lead, in mapped mode (ECFG.VS is 0: one entry for all). Of a system call the temporary
 * registers are not saved; when the program goes on they are what they were at an earlier trap. (Linux doesn't keep them
 * either.)
 */
    .section .text.vectors, "ax"
    .balign 4096
    .globl trap_entry
trap_entry:
    csrwr $a0, CSR_SAVE_SCRATCH
    csrrd $a0, CSR_ESTAT
    bstrpick.d $a0, $a0, 21, 16
    addi.d $a0, $a0, -EXC_SYSCALL
    bnez $a0, not_syscall
    csrrd $a0, CSR_SAVE_FRAME
    each_kept st.d, $a0
    save_a0_pc
    return_to_kernel 0

not_syscall:
    csrrd $a0, CSR_PRMD
    andi $a0, $a0, 3
    beqz $a0, kernel_trap
    csrrd $a0, CSR_SAVE_FRAME
    each_kept st.d, $a0
    each_temporary st.d, $a0
    save_a0_pc
    csrrd $t0, CSR_ESTAT
    st.d $t0, $a0, FRAME_ESTAT
    csrrd $t0, CSR_BADV
    st.d $t0, $a0, FRAME_BADV
    return_to_kernel 1

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
    each_kept st.d, $sp
    each_temporary st.d, $sp
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
 *
 * No entry with NX gets into the TLB: QEMU reads the instruction that a no-execute exception is about, which raises the
 * exception again, and so on for ever within QEMU. What is not executable is invalid to a fetch that misses (its address
 * is that of the instruction), and else valid without NX. A jump to data that the TLB holds thus executes it, up to the
 * first word that is no instruction (trap.c) or traps.
 */
    .section .text.vectors, "ax"
    .balign 4096
    .globl refill_entry
refill_entry:
    csrwr $t0, CSR_TLBRSAVE
    csrwr $t1, CSR_SAVE_REFILL
    csrwr $t2, CSR_SAVE_REFILL2
    csrrd $t0, CSR_PGD
    beqz $t0, 2f
    lddir $t0, $t0, 3
    beqz $t0, 2f
    lddir $t0, $t0, 1
    beqz $t0, 2f
    csrrd $t1, CSR_TLBRBADV
    csrrd $t2, CSR_TLBRERA
    bstrins.d $t2, $zero, 1, 0
    beq $t1, $t2, 3f
1:  bstrpick.d $t1, $t1, 24, 15
    alsl.d $t0, $t1, $t0, 4
    ld.d $t1, $t0, 0
    ld.d $t2, $t0, 8
    bstrins.d $t1, $zero, PTE_NX_BIT, PTE_NX_BIT
    bstrins.d $t2, $zero, PTE_NX_BIT, PTE_NX_BIT
    csrwr $t1, CSR_TLBRELO0
    csrwr $t2, CSR_TLBRELO1
    tlbfill
    csrrd $t2, CSR_SAVE_REFILL2
    csrrd $t1, CSR_SAVE_REFILL
    csrrd $t0, CSR_TLBRSAVE
    ertn
2:  csrwr $zero, CSR_TLBRELO0 /* no page */
    csrwr $zero, CSR_TLBRELO1
    tlbfill
    csrrd $t2, CSR_SAVE_REFILL2
    csrrd $t1, CSR_SAVE_REFILL
    csrrd $t0, CSR_TLBRSAVE
    ertn
3:  bstrpick.d $t2, $t1, 24, 14 /* a fetch */
    alsl.d $t2, $t2, $t0, 3
    ld.d $t2, $t2, 0
    bstrpick.d $t2, $t2, PTE_NX_BIT, PTE_NX_BIT
    beqz $t2, 1b
    b 2b
