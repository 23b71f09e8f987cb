/* SPDX-License-Identifier: Apache-2.0 */
/* residence.h - what a CPU holds of a program beside the frame: its registers, and the address space that it translates
 * with. Where there are several CPUs, registers are kept in memory, too, when their thread gives its CPU up. */
#ifndef GK_CORE_RESIDENCE_H
#define GK_CORE_RESIDENCE_H

#include "core/cpu.h"

/* `to` is about to get `cpu`, this one, from `from`; and has become its current thread. */
void residence_leave(struct cpu *cpu, struct thread *from, struct thread *to);
void residence_enter(struct cpu *cpu, struct thread *to);
/* The thread ends: no CPU holds anything of it. */
void residence_forget(const struct thread *thread);

/* NULL: whichever it is. */
void residence_enter_space(struct cpu *cpu, struct space *space);
void residence_leave_space(struct cpu *cpu);
/* The current process has another space, or none (NULL). */
void residence_use_space(struct space *space);
/* There is going to be a second program's thread, or a second CPU: the current thread's registers need a place. 0 or
 * -ENOMEM. */
int residence_share_registers(void);

#endif
