/* SPDX-License-Identifier: Apache-2.0 */
/* kick.h - other CPUs are made to come into the kernel, where they wait for its lock. All with the kernel lock. */
#ifndef GK_CORE_KICK_H
#define GK_CORE_KICK_H

#include "core/cpu.h"

/* That CPU comes into the kernel, unless it is there. */
void kick_cpu(struct cpu *cpu);
/* The thread comes to heed its attention bit, wherever its program is now; a wait goes on. */
void kick_thread(struct thread *thread);
/* Returns once no other CPU is in user mode in that space (NULL: in any). Until this one gives the kernel lock up none
 * gets there. */
void kick_in(const struct arch_space *space);
/* All CPUs forget what they have fetched of code before they are in user mode again; kick_in calls them in. */
void kick_sync_code(void);

#endif
