/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.c - see fpu.h. */
#include "fpu.h"

#include "arch/arch.h"

#include "csr.h"
#include "layout.h"

void fp_save(void *registers);
void lsx_save(void *registers);
void lasx_save(void *registers);
void fp_restore(const void *registers);
void lsx_restore(const void *registers);
void lasx_restore(const void *registers);
void lsx_fill(void);
void lasx_fill(void);

#define CPUCFG2_LSX (1u << 6)
#define CPUCFG2_LASX (1u << 7)

bool fpu_has(unsigned level)
{
    static const uint32_t bit[] = {[FPU_LSX] = CPUCFG2_LSX, [FPU_LASX] = CPUCFG2_LASX};

    return level == FPU_PLAIN || (cpucfg(2) & bit[level]);
}

/* EUEN: floating point, LSX, LASX, one bit each; the wider ones need the narrower. */
static void level_set(unsigned level)
{
    csr_write(CSR_EUEN, (2u << level) - 1);
}

void fpu_switch(const struct trap_frame *frame)
{
    level_set(frame->fpu_level);
}

bool fpu_enable(struct trap_frame *frame, unsigned level)
{
    if (!fpu_has(level))
        return false;
    level_set(level);
    if (frame->fpu_level < FPU_LSX)
        lsx_fill();
    if (level == FPU_LASX)
        lasx_fill();
    frame->fpu_level = level;
    return true;
}

void fpu_save(void *context, unsigned level)
{
    static void (*const save[])(void *registers) = {fp_save, lsx_save, lasx_save};

    save[level](context);
    fp_flags_save(fpu_context_flags(context, level));
}

void fpu_restore(const void *context, unsigned level)
{
    static void (*const restore[])(const void *registers) = {fp_restore, lsx_restore, lasx_restore};

    restore[level](context);
    fp_flags_restore((const struct fpu_flags *)(const void *)((const uint8_t *)context + 32 * (8u << level)));
}

void fpu_reset(struct trap_frame *frame)
{
    static const uint8_t fresh[32 * 8 + sizeof(struct fpu_flags)] __attribute__((aligned(8)));

    frame->fpu_level = FPU_PLAIN;
    fpu_switch(frame);
    fpu_restore(fresh, FPU_PLAIN);
}
