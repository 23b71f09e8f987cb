/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.S - floating-point registers, condition flags and control to and from struct fpu_context (cpu.h). */

#define FCC_OFFSET 256
#define FCSR_OFFSET 264

    .text
/* void fpu_save(struct fpu_context *out) */
    .globl fpu_save
fpu_save:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fst.d $f\n, $a0, \n * 8
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    movcf2gr $t0, $fcc\n
    st.b $t0, $a0, FCC_OFFSET + \n
    .endr
    movfcsr2gr $t0, $fcsr0
    st.w $t0, $a0, FCSR_OFFSET
    ret

/* void fpu_restore(const struct fpu_context *from) */
    .globl fpu_restore
fpu_restore:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fld.d $f\n, $a0, \n * 8
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    ld.b $t0, $a0, FCC_OFFSET + \n
    movgr2cf $fcc\n, $t0
    .endr
    ld.w $t0, $a0, FCSR_OFFSET
    movgr2fcsr $fcsr0, $t0
    ret
