/* SPDX-License-Identifier: Apache-2.0 */
/* fpu.c - see fpu.h. */
#include "fpu.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "mm/kmalloc.h"
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

/* ---- a thread's room ---- */

struct room {
    struct fpu_state fpu;
    struct vector_state vector;
    void *registers; /* vector_bytes of them */
};

static unsigned loads;

unsigned fpu_loads(void)
{
    return loads;
}

int arch_user_prepare(struct thread *thread)
{
    struct room *room = thread->vector != NULL ? NULL : kmalloc(sizeof(*room));

    if (thread->vector != NULL)
        return 0;
    if (room != NULL && vector_bytes != 0 && (room->registers = kmalloc(vector_bytes)) == NULL) {
        kfree(room);
        room = NULL;
    }
    thread->vector = room;
    return room != NULL ? 0 : -ENOMEM;
}

void arch_user_release(struct thread *thread)
{
    struct room *room = thread->vector;

    if (room == NULL)
        return;
    kfree(room->registers);
    kfree(room);
    thread->vector = NULL;
}

/* What the program has on is on while the kernel works for it, whoever ran last; user_enter sets all of sstatus. */
static void status_turn_on(const struct trap_frame *frame)
{
    csr_set(sstatus, frame->status & (STATUS_FS | STATUS_VS));
}

void arch_user_save(struct thread *thread)
{
    struct room *room = thread->vector;
    uint64_t status = thread->frame.status;

    status_turn_on(&thread->frame);
    if (status & STATUS_FS)
        fpu_save(&room->fpu);
    if (status & STATUS_VS)
        vector_save(&room->vector, room->registers);
}

void arch_user_load(struct thread *thread)
{
    const struct room *room = thread->vector;
    uint64_t status = thread->frame.status;

    loads++;
    status_turn_on(&thread->frame);
    if (status & STATUS_FS)
        fpu_restore(&room->fpu);
    if (status & STATUS_VS)
        vector_restore(&room->vector, room->registers);
}
