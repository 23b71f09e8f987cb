/* SPDX-License-Identifier: Apache-2.0 */
/* sigframe.h - what every ISA's signal frame has in common (arch/<isa>/signal.c lays it out), and the alternate stack.
 */
#ifndef GK_CORE_SIGFRAME_H
#define GK_CORE_SIGFRAME_H

#include "core/thread.h"

/* ---- the alternate stack (sigaltstack(2)) ---- */

/* What sigaltstack and a frame say of it, for a thread whose stack pointer is `sp`. */
void sigstack_get(const struct thread *thread, uaddr_t sp, struct sigaltstack_user *out);
/* 0; -EPERM: it is in use; -EINVAL: flags; -ENOMEM: too small. */
int sigstack_set(struct thread *thread, uaddr_t sp, const struct sigaltstack_user *stack);

/* ---- the way into a handler ---- */

/* Where the frame's stack begins: the alternate one if the action wants it and it isn't in use already, else `sp`. */
uaddr_t sigframe_stack(const struct thread *thread, const struct signal_action *action, uaddr_t sp);
/* Whether a frame at `frame` on the stack that begins at `top` (sigframe_stack, of the same `sp`) would leave the
 * alternate stack. */
bool sigframe_overflows(const struct thread *thread, uaddr_t sp, uaddr_t top, uaddr_t frame);
/* The mask that the handler's return goes back to. */
uint64_t sigframe_mask(const struct thread *thread);
void sigframe_fill_stack(const struct thread *thread, struct sigaltstack_user *out);
void sigframe_fill_info(const struct signal_info *info, struct siginfo_user *out);
/* The faulting address that an ISA's registers in the frame tell; 0: the signal is no fault's. */
uaddr_t sigframe_fault_address(const struct signal_info *info);
/* The frame is there: a stack with SS_AUTODISARM is given up. */
void sigframe_entered(struct thread *thread);

#endif
