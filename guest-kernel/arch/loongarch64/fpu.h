/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fpu.h - the program's floating-point and vector state, which the kernel itself never touches.
 *
 * Each thread begins with floating point. Its first vector instruction traps, and it has these registers from then on,
 * as on Linux: so a signal frame tells which of them a thread uses.
 */
#ifndef GK_ARCH_LOONGARCH64_FPU_H
#define GK_ARCH_LOONGARCH64_FPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trap_frame;

enum fpu_level { FPU_PLAIN, FPU_LSX, FPU_LASX }; /* trap_frame.fpu_level: registers of 8, 16, 32 bytes */

struct fpu_flags {
    uint64_t fcc; /* a byte for each condition flag */
    uint32_t fcsr, padding;
};

/* The registers of a level, then struct fpu_flags: Linux's struct fpu_context, lsx_context, lasx_context. */
#define FPU_CONTEXT_MAX (32 * 32 + sizeof(struct fpu_flags))
static inline size_t fpu_context_size(unsigned level)
{
    return 32 * (8u << level) + sizeof(struct fpu_flags);
}
static inline struct fpu_flags *fpu_context_flags(void *context, unsigned level)
{
    return (struct fpu_flags *)(void *)((uint8_t *)context + 32 * (8u << level));
}

/* Whether the CPU has the registers of that level (enum fpu_level). */
bool fpu_has(unsigned level);
/* Stores the registers, of a level that is on, as a signal frame has them; and the way back. context has room for
 * fpu_context_size(level) bytes. */
void fpu_save(void *context, unsigned level);
void fpu_restore(const void *context, unsigned level);

/* The current thread's level is as its frame says. */
void fpu_switch(const struct trap_frame *frame);
/* As a program or a handler finds it: floating point alone, all zero. */
void fpu_reset(struct trap_frame *frame);
/* The program wants `level`. False: the CPU hasn't got it. */
bool fpu_enable(struct trap_frame *frame, unsigned level);

/* fpu.S: one part each. */
void fp_flags_save(struct fpu_flags *flags);
void fp_flags_restore(const struct fpu_flags *flags);

#endif
