/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.S - the program's vector registers, which the kernel itself never touches, to and from memory. */
    .arch_extension fp
    .arch_extension simd

    .macro each_pair op
    \op q0, q1, [x0]
    \op q2, q3, [x0, #0x20]
    \op q4, q5, [x0, #0x40]
    \op q6, q7, [x0, #0x60]
    \op q8, q9, [x0, #0x80]
    \op q10, q11, [x0, #0xa0]
    \op q12, q13, [x0, #0xc0]
    \op q14, q15, [x0, #0xe0]
    \op q16, q17, [x0, #0x100]
    \op q18, q19, [x0, #0x120]
    \op q20, q21, [x0, #0x140]
    \op q22, q23, [x0, #0x160]
    \op q24, q25, [x0, #0x180]
    \op q26, q27, [x0, #0x1a0]
    \op q28, q29, [x0, #0x1c0]
    \op q30, q31, [x0, #0x1e0]
    .endm

    .text
    /* void fpu_save(void *registers): the 32 registers; fpu_load likewise. FPSR and FPCR are the caller's. */
    .globl fpu_save
fpu_save:
    each_pair stp
    ret

    .globl fpu_load
fpu_load:
    each_pair ldp
    ret

    /* void fpu_clear(void) */
    .globl fpu_clear
fpu_clear:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    movi v\n\().2d, #0
    .endr
    ret
