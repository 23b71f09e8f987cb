/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu.S - floating-point and vector registers to and from memory, a0 (fpu.h). The vector registers lie over the
 * floating-point ones: $vr0 has $f0 as its lower half, $xr0 has $vr0.
 */
.macro each op, prefix, size
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op $\prefix\n, $a0, \n * \size
    .endr
.endm

.macro fill op, prefix, lane
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op $\prefix\n, $t0, \lane
    .endr
.endm

.macro function name
    .globl \name
\name:
.endm

    .text
function fp_save
    each fst.d, f, 8
    ret
function fp_restore
    each fld.d, f, 8
    ret
function lsx_save
    each vst, vr, 16
    ret
function lsx_restore
    each vld, vr, 16
    ret
function lasx_save
    each xvst, xr, 32
    ret
function lasx_restore
    each xvld, xr, 32
    ret

/* What lies above the floating-point registers, or above LSX's: all ones, as Linux has it for a thread that begins. */
function lsx_fill
    addi.w $t0, $zero, -1
    fill vinsgr2vr.d, vr, 1
    ret
function lasx_fill
    addi.w $t0, $zero, -1
    fill xvinsgr2vr.d, xr, 2
    fill xvinsgr2vr.d, xr, 3
    ret

/* The condition flags, a byte each, then FCSR0. */
function fp_flags_save
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    movcf2gr $t0, $fcc\n
    st.b $t0, $a0, \n
    .endr
    movfcsr2gr $t0, $fcsr0
    st.w $t0, $a0, 8
    ret
function fp_flags_restore
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    ld.b $t0, $a0, \n
    movgr2cf $fcc\n, $t0
    .endr
    ld.w $t0, $a0, 8
    movgr2fcsr $fcsr0, $t0
    ret
