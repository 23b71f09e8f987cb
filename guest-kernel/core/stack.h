/* SPDX-License-Identifier: Apache-2.0 */
/* stack.h - the stacks that threads have in the kernel. */
#ifndef GK_CORE_STACK_H
#define GK_CORE_STACK_H

#define STACK_SIZE 0x4000u

/* STACK_SIZE bytes, 16-byte aligned, with any contents; NULL: memory is used up. */
void *stack_alloc(void);
void stack_free(void *stack); /* which nobody runs on */

#endif
