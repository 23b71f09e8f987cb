/* SPDX-License-Identifier: Apache-2.0 */
/* debug.h - breakpoints and watchpoints of the CPU (Arm ARM, D2), and its single steps, which a tracer sets for its
 * tracee. A CPU has those of the program that it runs, and they stop it at EL0 alone: the kernel never runs into them.
 */
#ifndef GK_ARCH_AARCH64_DEBUG_H
#define GK_ARCH_AARCH64_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;

#define DEBUG_SLOTS 16u       /* of each kind, at most */
#define DEBUG_REGSET_SIZE 264 /* struct user_hwdebug_state (asm/ptrace.h) */

enum debug_kind { DEBUG_BREAK, DEBUG_WATCH, DEBUG_KINDS };

struct debug_slot {    /* as the tracer has asked for it */
    uint64_t address;  /* of the first byte */
    uint8_t length;    /* bytes, 1 to 8 */
    uint8_t type;      /* of a watchpoint: 1: what is read, 2: what is written */
    bool enabled, set; /* set: it was asked for once; those behind one that wasn't weren't either */
};

struct debug_registers { /* a thread's, behind its vector registers (arch_user_prepare); all zero: it has none */
    struct debug_slot slots[DEBUG_KINDS][DEBUG_SLOTS];
};

/* This CPU stops nobody yet. */
void debug_init(void);
/* The CPU gets those of the thread, or forgets those that it had. */
void debug_load(const struct thread *thread);
/* The thread, which runs on this CPU, has none any more. */
void debug_forget(struct thread *thread);

/* For ptrace(2), of a thread that is stopped: struct user_hwdebug_state. What is set is the first `size` bytes: 0;
 * -EINVAL: it can't be that; -ENOSPC: the CPU has no more of them. What came before the one refused stays. */
void debug_get(const struct thread *thread, enum debug_kind kind, void *bytes);
int debug_set(struct thread *thread, enum debug_kind kind, const void *bytes, size_t size);

#endif
