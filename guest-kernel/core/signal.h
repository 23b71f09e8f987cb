/* SPDX-License-Identifier: Apache-2.0 */
/* signal.h - which signals are pending, and what becomes of them (signal(7)). What ends a process is its caller's. */
#ifndef GK_CORE_SIGNAL_H
#define GK_CORE_SIGNAL_H

#include "core/sigset.h"
#include "core/thread.h"

/* What the delivery of signals came to. */
enum signal_verdict {
    SIGNAL_GO_ON,   /* nothing is due (any more): the program goes on where it was */
    SIGNAL_HANDLER, /* it goes on in a handler */
    SIGNAL_STOP,    /* the thread is to stop: signal_stop */
    SIGNAL_END,     /* a signal ends the process */
};

/* ---- sending: core/sigsend.c ---- */

/* A signal of the kernel's own to the process; SIGPIPE and SIGXFSZ to the current process are its thread's own. One
 * that is ignored and not blocked is dropped. */
void signal_send(struct process *process, int signal);
/* One with an info, which is copied, to the process or, if `thread` isn't NULL, to this thread of it. To a process that
 * ends, and to the kernel's own, nothing is sent. Whether the sender may is the caller's. 0 or -EAGAIN (sigqueue_add).
 */
int signal_send_info(struct process *process, struct thread *thread, const struct signal_info *info);
/* The same with an entry of the sender's own (sigqueue.h), which is in no queue. False: it isn't wanted. */
bool signal_send_entry(struct process *process, struct thread *thread, struct signal_entry *entry);
/* A thread doesn't take those of `set` any more: if one waits, sent to the process, another thread is to take it. */
void signal_retarget(struct thread *from, uint64_t set);
/* The parent learns that the process has stopped or goes on: CLD_STOPPED, CLD_CONTINUED. */
void signal_tell_parent(struct process *process, int code, int status);

/* ---- taking: core/sigtake.c ---- */

/* Takes one of `set` that waits, blocked or not: of the thread before the process, faults' signals first, then the
 * lowest number. The signal, or 0: none waits. */
int signal_take(struct thread *thread, uint64_t set, struct signal_info *info);
/* Forgets those of `set` that wait, of the process and of all its threads. */
void signal_drop(struct process *process, uint64_t set);

/* ---- stopping: core/sigstop.c ---- */

/* A thread of the process has taken a signal that stops it: all its threads are to stop. False: its group is orphaned,
 * so that it doesn't. */
bool signal_stop_begin(struct process *process, int signal);
/* The current thread stops, if it is to, until the process goes on or ends. */
void signal_stop(struct thread *thread);
/* A thread is new in its process, or about to leave it: others count it, and take what it would have taken. */
void signal_thread_begins(struct thread *thread);
void signal_thread_leaves(struct thread *thread);

/* ---- delivery: core/signal.c ---- */

/* What is told of a signal that a thread with `traced` takes or that is sent to it for nothing, set at boot. It must
 * not wait. */
extern void (*signal_trace)(struct thread *thread, const struct signal_info *info);

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
