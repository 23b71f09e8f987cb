/* SPDX-License-Identifier: Apache-2.0 */
/* sigframe.h - what every ISA's signal frame has in common (arch/<isa>/signal.c lays it out). */
#ifndef GK_CORE_SIGFRAME_H
#define GK_CORE_SIGFRAME_H

#include <stdint.h>

#include "lib/types.h"

struct sigaltstack_user;
struct siginfo_user;
struct signal_action;
struct signal_info;
struct thread;

/* Where the frame's stack begins: the alternate one if the action wants it and it isn't in use already, else `sp`. */
uaddr_t sigframe_stack(const struct thread *thread, const struct signal_action *action, uaddr_t sp);
/* The mask that the handler's return goes back to. */
uint64_t sigframe_mask(const struct thread *thread);
void sigframe_fill_stack(const struct thread *thread, struct sigaltstack_user *out);
void sigframe_fill_info(const struct signal_info *info, struct siginfo_user *out);

#endif
