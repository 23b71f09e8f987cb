/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.c - see fpu.h. */
#include "fpu.h"

#include "mm/page.h"

#include "layout.h"
#include "riscv.h"

_Static_assert(offsetof(struct vector_state, vl) == VECTOR_VL, "vector.S counts on it");
_Static_assert(offsetof(struct vector_state, vtype) == VECTOR_VTYPE, "vector.S counts on it");
_Static_assert(offsetof(struct vector_state, vcsr) == VECTOR_VCSR, "vector.S counts on it");
_Static_assert(offsetof(struct vector_state, vlenb) == VECTOR_VLENB, "vector.S counts on it");
_Static_assert(offsetof(struct fpu_state, fcsr) == 256, "fpu.S counts on it");

/* Set once at boot. */
static bool d_is_there;
static uint64_t vector_bytes; /* 0: there is no V, or its registers are too wide for us */

/* By trying: sstatus.VS can be set where there is no V, too (QEMU 7.2 in VS-mode). */
void fpu_init(bool has_d)
{
    d_is_there = has_d;
    csr_set(sstatus, STATUS_VS_INITIAL);
    uint64_t vlenb = vector_probe();
    csr_clear(sstatus, STATUS_VS);
    if (vlenb <= PAGE_SIZE / 32)
        vector_bytes = 32 * vlenb;
}

bool fpu_is_there(void)
{
    return d_is_there;
}

bool vector_is_there(void)
{
    return vector_bytes;
}

uint64_t vector_size(void)
{
    return vector_bytes;
}

static const struct fpu_state fresh;

void fpu_reset(struct trap_frame *frame)
{
    frame->status &= ~(STATUS_FS | STATUS_VS);
    if (!fpu_is_there())
        return;
    csr_set(sstatus, STATUS_FS_INITIAL);
    fpu_restore(&fresh);
    frame->status |= STATUS_FS_INITIAL;
}

void fpu_handler_reset(struct trap_frame *frame)
{
    if (frame->status & STATUS_FS)
        fpu_restore(&fresh);
    if (frame->status & STATUS_VS)
        vector_clear();
}

bool vector_turn_on(struct trap_frame *frame)
{
    if (vector_bytes == 0 || (frame->status & STATUS_VS))
        return false;
    csr_set(sstatus, STATUS_VS_INITIAL);
    vector_clear();
    frame->status |= STATUS_VS_INITIAL;
    return true;
}
