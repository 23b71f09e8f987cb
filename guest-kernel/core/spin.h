/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spin.h - a lock among those who share the kernel lock (core/klock.h), around a few instructions. Who has all of that
 * lock is alone, and needs none of these.
 */
#ifndef GK_CORE_SPIN_H
#define GK_CORE_SPIN_H

#include <stdbool.h>

#include "arch/arch.h"

struct spin {
    bool taken;
};

static inline void spin_lock(struct spin *spin)
{
    while (__atomic_exchange_n(&spin->taken, true, __ATOMIC_ACQUIRE))
        while (__atomic_load_n(&spin->taken, __ATOMIC_RELAXED))
            arch_cpu_relax();
}

static inline void spin_unlock(struct spin *spin)
{
    __atomic_store_n(&spin->taken, false, __ATOMIC_RELEASE);
}

#endif
