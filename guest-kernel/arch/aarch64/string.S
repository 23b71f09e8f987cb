/* SPDX-License-Identifier: Apache-2.0 */
/* string.S - memcpy and memset by pairs of registers, and zeroing by whole cache lines. */
    .text
    .globl memcpy
memcpy:
    mov x3, x0
    subs x2, x2, #64
    b.lo 2f
1:  ldp x4, x5, [x1]
    ldp x6, x7, [x1, #16]
    ldp x8, x9, [x1, #32]
    ldp x10, x11, [x1, #48]
    add x1, x1, #64
    stp x4, x5, [x3]
    stp x6, x7, [x3, #16]
    stp x8, x9, [x3, #32]
    stp x10, x11, [x3, #48]
    add x3, x3, #64
    subs x2, x2, #64
    b.hs 1b
2:  tbz x2, #5, 3f /* less than 64 are left, which the low bits still say */
    ldp x4, x5, [x1], #16
    ldp x6, x7, [x1], #16
    stp x4, x5, [x3], #16
    stp x6, x7, [x3], #16
3:  tbz x2, #4, 4f
    ldp x4, x5, [x1], #16
    stp x4, x5, [x3], #16
4:  tbz x2, #3, 5f
    ldr x4, [x1], #8
    str x4, [x3], #8
5:  tbz x2, #2, 6f
    ldr w4, [x1], #4
    str w4, [x3], #4
6:  tbz x2, #1, 7f
    ldrh w4, [x1], #2
    strh w4, [x3], #2
7:  tbz x2, #0, 8f
    ldrb w4, [x1]
    strb w4, [x3]
8:  ret

    .globl memset
memset:
    mov x3, x0
    and x1, x1, #0xff
    mov x4, #0x0101010101010101
    mul x4, x4, x1
    cbnz x4, 2f
    mrs x5, dczid_el0 /* bit 4: prohibited; else the logarithm of the block in words */
    tbnz x5, #4, 2f
    mov x6, #4
    lsl x6, x6, x5
    sub x7, x6, #1
    tst x3, x7 /* a page as a rule: otherwise it isn't worth the trouble */
    b.ne 2f
1:  cmp x2, x6
    b.lo 2f
    dc zva, x3
    add x3, x3, x6
    sub x2, x2, x6
    b 1b
2:  subs x2, x2, #64
    b.lo 4f
3:  stp x4, x4, [x3]
    stp x4, x4, [x3, #16]
    stp x4, x4, [x3, #32]
    stp x4, x4, [x3, #48]
    add x3, x3, #64
    subs x2, x2, #64
    b.hs 3b
4:  tbz x2, #5, 5f
    stp x4, x4, [x3], #16
    stp x4, x4, [x3], #16
5:  tbz x2, #4, 6f
    stp x4, x4, [x3], #16
6:  tbz x2, #3, 7f
    str x4, [x3], #8
7:  tbz x2, #2, 8f
    str w4, [x3], #4
8:  tbz x2, #1, 9f
    strh w4, [x3], #2
9:  tbz x2, #0, 10f
    strb w4, [x3]
10: ret
