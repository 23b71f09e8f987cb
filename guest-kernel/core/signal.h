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

/* Sends a signal to the current process (the only one). Ignored and blocked signals as Linux does. */
void signal_send(struct process *process, int signal);
bool signal_is_pending(const struct thread *thread); /* one that is not blocked or ignored */
/* Acts on pending signals before the return to user mode. With SIGNAL_END, `*ending` is the signal. */
enum signal_verdict signal_deliver(struct thread *thread, int *ending);
/* Sets the mask: what can't be blocked is left out. */
void signal_set_mask(struct thread *thread, uint64_t mask);
/* A fault's signal, which can't be ignored or blocked: it comes before the program runs on. */
void signal_force(struct thread *thread, int signal, int code, uaddr_t address);

#endif
