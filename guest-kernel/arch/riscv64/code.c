/* SPDX-License-Identifier: Apache-2.0 */
/*
 * code.c - instruction fetches, which aren't coherent with stores: a hart sees what was written to memory for certain
 * when it has fenced its own fetches since (Unprivileged Architecture, "Zifencei").
 */
#include "riscv.h"

uint64_t isa_exec_pages;

void arch_code_sync(void)
{
    percpu()->exec_pages = isa_exec_pages;
    __asm__ volatile("fence.i" ::: "memory");
}

/* Called without the kernel's lock: what was written before the count was raised is in memory before the fence. */
void code_catch_up(void)
{
    percpu()->exec_pages = __atomic_load_n(&isa_exec_pages, __ATOMIC_ACQUIRE);
    __asm__ volatile("fence.i" ::: "memory");
}

/* The other harts that have this one's user half in use; bits are the kernel's numbers of CPUs. */
static uint32_t harts_of_space(void)
{
    uint32_t harts = 0;

    for (unsigned n = 0; n < ARCH_CPUS_MAX; n++)
        if (&percpus[n] != percpu() && percpus[n].root != 0 && percpus[n].root == percpu()->root)
            harts |= 1u << n;
    return harts;
}

/* Numbers of harts may lie far apart: one call reaches those from `base` on that a word has bits for. */
void code_sync_space(void)
{
    uint32_t harts = harts_of_space();

    isa_code_changed();
    while (harts != 0) {
        const uint32_t base = percpus[__builtin_ctz(harts)].hart;
        uint64_t mask = 0;
        for (unsigned n = 0; n < ARCH_CPUS_MAX; n++) {
            uint32_t distance = percpus[n].hart - base;
            if ((harts & 1u << n) && distance < 64) {
                mask |= 1ull << distance;
                harts &= ~(1u << n);
            }
        }
        sbi_remote_fence_i(mask, base);
    }
}
