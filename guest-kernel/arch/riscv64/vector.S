/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vector.S - the program's vector registers (V extension 1.0), which the kernel itself never touches. a0 = struct
 * vector_state, a1 = room for the 32 registers.
 */
#include "layout.h"

    .option arch, +v
    .text
    .globl vector_save
vector_save:
    csrr t0, vstart
    csrr t1, vl
    csrr t2, vtype
    csrr t3, vcsr
    csrr t4, vlenb
    sd t0, VECTOR_VSTART(a0)
    sd t1, VECTOR_VL(a0)
    sd t2, VECTOR_VTYPE(a0)
    sd t3, VECTOR_VCSR(a0)
    sd t4, VECTOR_VLENB(a0)
    vsetvli t0, zero, e8, m8, ta, ma
    .irp n, 0, 8, 16, 24
    vse8.v v\n, (a1)
    add a1, a1, t0
    .endr
    ret

/* Whatever the state says, the hart makes something legal of it. */
    .globl vector_restore
vector_restore:
    vsetvli t0, zero, e8, m8, ta, ma
    .irp n, 0, 8, 16, 24
    vle8.v v\n, (a1)
    add a1, a1, t0
    .endr
    ld t0, VECTOR_VSTART(a0)
    ld t1, VECTOR_VL(a0)
    ld t2, VECTOR_VTYPE(a0)
    ld t3, VECTOR_VCSR(a0)
    vsetvl zero, t1, t2
    csrw vcsr, t3
    csrw vstart, t0
    ret

    .globl vector_clear
vector_clear:
    vsetvli t0, zero, e8, m8, ta, ma
    .irp n, 0, 8, 16, 24
    vmv.v.i v\n, 0
    .endr
    li t0, 0
    vsetvl zero, t0, zero
    csrw vcsr, zero
    ret

/* Bytes of a register, 0 if there are none: then the instruction traps, to where it would have gone on. */
    .globl vector_probe
vector_probe:
    lla t0, 1f
    csrrw t0, stvec, t0
    li a0, 0
    csrr a0, vlenb
    .balign 4
1:  csrw stvec, t0
    ret
