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

/* The other harts that have the user half with the table at `root` in use; bits are the kernel's numbers of CPUs. */
static uint32_t harts_using(paddr_t root)
{
    uint32_t harts = 0;

    for (unsigned n = 0; n < harts_started; n++)
        if (&percpus[n] != percpu() && percpus[n].root == root)
            harts |= 1u << n;
    return harts;
}

/* Those of `harts` whose numbers are among the 64 that begin with the lowest CPU's, as SBI calls want them. */
static uint32_t harts_near(uint32_t harts, uint32_t base, uint64_t *mask)
{
    uint32_t near = 0;

    *mask = 0;
    for (unsigned n = 0; n < harts_started; n++) {
        uint32_t distance = percpus[n].hart - base;
        if ((harts & 1u << n) && distance < 64) {
            *mask |= 1ull << distance;
            near |= 1u << n;
        }
    }
    return near;
}

void isa_code_publish(const struct arch_space *space)
{
    uint32_t harts = harts_using(space->root);

    isa_code_changed();
    while (harts != 0) {
        const uint32_t base = percpus[__builtin_ctz(harts)].hart;
        uint64_t mask;
        harts &= ~harts_near(harts, base, &mask);
        sbi_remote_fence_i(mask, base);
    }
}
