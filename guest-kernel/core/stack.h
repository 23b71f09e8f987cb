/* SPDX-License-Identifier: Apache-2.0 */
/* stack.h - the stacks that threads have in the kernel. */
#ifndef GK_CORE_STACK_H
#define GK_CORE_STACK_H

/* The deepest use, where a program is loaded, is 6 KiB. */
#define STACK_SIZE 0x4000u

/* STACK_SIZE bytes, 16-byte aligned, with any contents; NULL: memory is used up. Not for a device: its pages are
 * anywhere. What runs off its end faults in a page that isn't mapped, where the ISA can do that (ISA_STACKS). */
void *stack_alloc(void);
void stack_free(void *stack); /* which nobody runs on */

/* For the current thread, whose stack it is, when it is about to leave it: where a stack can run off its end unseen, it
 * ends the kernel if it has. NULL: it is on the boot stack. */
void stack_check(const void *stack);

#endif
