/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klock.h - the kernel lock: the kernel's code runs on one CPU at a time. A CPU has the lock from a trap until it is
 * back in user mode, and not while it idles. Where there is but one CPU nobody asks for it.
 *
 * Calls that only look, and change nothing but what is atomic or the calling thread's own, share it: any number of CPUs
 * at once, while nobody has it for himself (the lock of a reader, of which each CPU has a part: who wants all of it
 * waits for all parts). Who shares it doesn't wait, nor wakes, allocates, frees or takes references; what it finds
 * stays until it gives its share up.
 *
 * A virtual CPU may be preempted by the host while it has the lock. Who waits for it therefore spins shortly and then
 * halts; who gives it up kicks one of those.
 */
#ifndef GK_CORE_KLOCK_H
#define GK_CORE_KLOCK_H

#include "core/cpu.h"

/* Takes the lock, which `cpu`, this one, hasn't got. Interrupts that come meanwhile are kept in cpu->interrupts. */
void klock_take(struct cpu *cpu);
void klock_give(const struct cpu *cpu);

/* Whether this CPU, which is in user mode as far as others can tell, shares the lock from now on. False: another one
 * has it, or wants it. */
bool klock_try_share(struct cpu *cpu);
void klock_unshare(struct cpu *cpu);
/* A call, or a fault, was carried out by sharing the lock, or couldn't be. */
static inline void klock_count_sharing(struct cpu *cpu, bool is_done)
{
    uint64_t *count = is_done ? &cpu->locking.shares : &cpu->locking.unshared;

    __atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
}

/* This CPU comes into the kernel, or goes to `place`. */
void klock_enter(struct cpu *cpu);
void klock_leave(struct cpu *cpu, enum cpu_place place);
/* As irq_wait, without the lock: others use the kernel meanwhile. */
void klock_halt(void);

#endif
