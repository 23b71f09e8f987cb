/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.h - the program's floating-point and vector registers, which the kernel itself never touches. */
#ifndef GK_ARCH_RISCV64_FPU_H
#define GK_ARCH_RISCV64_FPU_H

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;

struct fpu_state { /* of the D extension, as struct __riscv_d_ext_state */
    uint64_t f[32];
    uint32_t fcsr;
};

struct vector_state { /* as struct __riscv_v_ext_state */
    uint64_t vstart, vl, vtype, vcsr, vlenb;
    uint64_t registers; /* in a signal frame: where they are */
};

/* What this hart has: the tree tells of D (has_d); V shows itself. Call fpu_init first. */
void fpu_init(bool has_d);
bool fpu_is_there(void);
bool vector_is_there(void);
uint64_t vector_size(void); /* bytes of the 32 registers, at most a page */
/* How often harts have been given a thread's registers: who waits, and is loaded anew, on this hart or another one,
 * finds it changed. */
unsigned fpu_loads(void);

/* A fresh program's: D zero, V off. Sets the frame's sstatus. */
void fpu_reset(struct trap_frame *frame);
/* A handler's: zero as well, but what the program has on stays on. */
void fpu_handler_reset(struct trap_frame *frame);
/* A program's first vector instruction is illegal, as on Linux. True: they are on now, and zero. */
bool vector_turn_on(struct trap_frame *frame);

/* fpu.S, vector.S. sstatus must have them on. */
void fpu_save(struct fpu_state *state);
void fpu_restore(const struct fpu_state *state);
void vector_save(struct vector_state *state, void *registers);
void vector_restore(const struct vector_state *state, const void *registers);
void vector_clear(void);
uint64_t vector_probe(void);

#endif
