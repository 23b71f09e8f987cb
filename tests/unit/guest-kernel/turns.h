/* SPDX-License-Identifier: Apache-2.0 */
/* turns.h - contexts for unit tests, each with a stack of its own, of which one runs at a time. It includes no header
 * of the host's, some of which have the kernel's names. */
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
