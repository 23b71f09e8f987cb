/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shootdown.h - how translations that other CPUs' TLBs may hold come to an end (TLB shootdown), by generations.
 *
 * A space's generation goes up with each change that a TLB must not outlive. Who makes one kicks those CPUs that are in
 * user mode in that space and waits until they have left: they can't go back before it gives the kernel lock up, and
 * forget their translations on the way if their generation isn't the space's. So it doesn't matter in which order it
 * changes entries and frees what they led to. CPUs that have gone over to another space, and may have some of this
 * one's translations under its ASID, look at the generation when they come back to it (core/asid.h). The kernel itself
 * reaches user memory by walking page tables, never by the TLB.
 */
#ifndef GK_CORE_SHOOTDOWN_H
#define GK_CORE_SHOOTDOWN_H

#include "core/cpu.h"

/* The space's translations change: no other CPU uses the old ones from now on. True: this one has the space active, and
 * what it knows is the caller's to forget (mm/tlb.h does both). */
bool shootdown(struct arch_space *space);

/* This CPU is about to go to user mode. */
void shootdown_catch_up(struct cpu *cpu);

#endif
