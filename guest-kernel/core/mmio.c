/* SPDX-License-Identifier: Apache-2.0 */
/* mmio.c - lists of accesses to device registers, one after the other. Weak: an ISA may have a better way in arch/. */
#include "arch/arch.h"

__attribute__((weak)) void arch_mmio_batch(struct arch_mmio *list, unsigned count)
{
    for (struct arch_mmio *at = list; at < list + count; at++) {
        volatile uint32_t *reg = at->reg;
        if (at->write != 0)
            *reg = at->value;
        else
            at->value = *reg;
    }
}
