/* SPDX-License-Identifier: Apache-2.0 */
/* mmio.c - lists of accesses to device registers. On soft KVM an access costs 56 us at CPL 3, and 8 us at CPL 0 after
 * the 20 us of the way there: the gate makes them all. */
#include "arch/arch.h"

#include "layout.h"
#include "x86.h"

/* Not inline: each of its places is seldom come to, and a device costs more than a call. */
__attribute__((noinline)) void arch_mmio_batch(struct arch_mmio *list, unsigned count)
{
    if (cpu_is_gated && count != 0) {
        gate_call(GATE_OP_MMIO, (uint64_t)list, count, 0, 0);
        return;
    }
    for (struct arch_mmio *at = list; at < list + count; at++) {
        volatile uint32_t *reg = at->reg;
        if (at->write != 0)
            *reg = at->value;
        else
            at->value = *reg;
    }
}
