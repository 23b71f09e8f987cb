/* SPDX-License-Identifier: Apache-2.0 */
/* turns.h - contexts for unit tests: threads of the host, of which one runs at a time. It includes no header of the
 * host's, whose sched.h has the same names as the kernel's. */
#ifndef TESTS_UNIT_GUEST_KERNEL_TURNS_H
#define TESTS_UNIT_GUEST_KERNEL_TURNS_H

#define TURNS 16

/* The caller is context `self` from now on. */
void turns_init(unsigned self);
/* Context `index` is one that begins with entry() when its turn comes, which doesn't return. */
void turn_make(unsigned index, void (*entry)(void));
/* It is the turn of `to`; comes back when it is that of `from`, the caller, again. */
void turn_pass(unsigned from, unsigned to);

#endif
