/* SPDX-License-Identifier: Apache-2.0 */
/* residence.h - what a CPU holds of a program beside the frame: its registers, and the address space that it translates
 * with. Where there are several CPUs, registers are kept in memory, too, when their thread gives its CPU up. */
#ifndef GK_CORE_RESIDENCE_H
#define GK_CORE_RESIDENCE_H

#include "core/cpu.h"

/* `to` has become the current thread of `cpu`, this one, on which `from` ran. */
void residence_switch(struct cpu *cpu, const struct thread *from, struct thread *to);
/* The thread ends: no CPU holds anything of it. */
void residence_forget(const struct thread *thread);
/* The current thread is about to stop so that another one can look at its registers, and change them: they are in
 * memory alone. And it goes on, on whichever CPU: that has what is in memory. */
void residence_put_down(void);
void residence_take_up(void);

/* NULL: whichever it is. */
void residence_enter_space(struct cpu *cpu, struct space *space);
void residence_leave_space(struct cpu *cpu);
/* The current process has another space, or none (NULL). */
void residence_use_space(struct space *space);
/* There is going to be a second program's thread, or a second CPU: the current thread's registers need a place. 0 or
 * -ENOMEM. */
int residence_share_registers(void);

#endif
