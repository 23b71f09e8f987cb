/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.S - the program's floating-point registers, which the kernel itself never touches; a0 = struct fpu_state. */
    .option arch, +f, +d
    .text
    .globl fpu_save
fpu_save:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fsd f\n, 8 * \n(a0)
    .endr
    frcsr t0
    sw t0, 256(a0)
    ret

    .globl fpu_restore
fpu_restore:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fld f\n, 8 * \n(a0)
    .endr
    lw t0, 256(a0)
    fscsr t0
    ret
