/* SPDX-License-Identifier: Apache-2.0 */
/* debug.h - debug registers (Intel SDM vol. 3, 18.2), which a tracer sets for its tracee: four addresses at which the
 * program is stopped. A CPU has those of the program that it runs. The kernel never uses a program's addresses itself.
 */
#ifndef GK_ARCH_X86_64_DEBUG_H
#define GK_ARCH_X86_64_DEBUG_H

#include <stdint.h>

struct thread;
struct trap_frame;

#define DEBUG_ADDRESSES 4u

struct debug_registers { /* a thread's; all zero: it has none */
    uint64_t address[DEBUG_ADDRESSES];
    uint64_t control; /* DR7, as the tracer has set it */
    uint64_t status;  /* DR6 ^ what is always set there: of the last debug exception, or as the tracer has set it */
    uint8_t used;     /* bit n: address n was set or enabled once */
};

/* Those of a thread that has a room (arch_user_prepare): behind its vector registers there. */
struct debug_registers *debug_of(const struct thread *thread);
/* The CPU gets them, or forgets those that it had. */
void debug_load(const struct debug_registers *registers);
/* The thread has none any more; with those the CPU's, on which it runs. */
void debug_forget(struct thread *thread);

/* What a debug exception of the current thread's was: si_code. */
int debug_code(struct trap_frame *frame);

/* For ptrace(2): register n of struct user's u_debugreg, 0 to 7, of a thread that is stopped. 0; -EIO: there is none
 * such; -EINVAL: it can't be that; -ENOSPC: there are none to be had. */
uint64_t debug_peek(const struct thread *thread, unsigned n);
int debug_poke(struct thread *thread, unsigned n, uint64_t value);

#endif
