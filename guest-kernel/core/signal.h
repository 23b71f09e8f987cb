/* SPDX-License-Identifier: Apache-2.0 */
/* signal.h - which signals are pending, and what becomes of them (signal(7)). What ends a process is its caller's. */
#ifndef GK_CORE_SIGNAL_H
#define GK_CORE_SIGNAL_H

#include "core/thread.h"

/* What the delivery of signals came to. */
enum signal_verdict {
    SIGNAL_GO_ON,   /* nothing is due (any more): the program goes on where it was */
    SIGNAL_HANDLER, /* it goes on in a handler */
    SIGNAL_END,     /* a signal ends the process */
};

/* A signal of the kernel's own to the process. One that is ignored and not blocked is dropped. */
void signal_send(struct process *process, int signal);
/* One with an info, which is copied, to the process or, if `thread` isn't NULL, to this thread of it. 0 or -EAGAIN
 * (sigqueue_add). */
int signal_send_info(struct process *process, struct thread *thread, const struct signal_info *info);

bool signal_is_pending(const struct thread *thread);    /* one that is not blocked or ignored */
bool signal_fatal_pending(const struct thread *thread); /* one that is about to end the process */
/* All that wait, of the thread and of its process. */
uint64_t signal_pending_set(const struct thread *thread);
/* Takes one of `set` that waits, blocked or not: of the thread before the process, faults' signals first, then the
 * lowest number. The signal, or 0: none waits. */
int signal_take(struct thread *thread, uint64_t set, struct signal_info *info);
/* Forgets a signal that waits. */
void signal_drop(struct thread *thread, int signal);
/* Whether the process's action for the signal is to do nothing. */
bool signal_is_ignored(const struct process *process, int signal);

/* Acts on pending signals before the return to user mode, and decides whether a system call that one of them has
 * interrupted is made again (-ERESTART*, abi/errno.h). With SIGNAL_END, `*ending` is the signal. */
enum signal_verdict signal_deliver(struct thread *thread, int *ending);
/* Sets the mask: what can't be blocked is left out. */
void signal_set_mask(struct thread *thread, uint64_t mask);
/* A handler returns: what rt_sigreturn takes from its frame beside the registers. The frame's stack pointer says
 * whether the alternate stack is in use. */
void signal_return(struct thread *thread, uint64_t mask, const struct sigaltstack_user *stack);
/* A fault's signal, which can't be ignored or blocked: it comes before the program runs on. */
void signal_force(struct thread *thread, int signal, int code, uaddr_t address);

#endif
