/* SPDX-License-Identifier: Apache-2.0 */
/* tracing.h - threads that others trace (ptrace(2)): who traces whom, and the stops in which a tracer finds them. The
 * call is sys/ptrace.c's. Who isn't traced pays nothing: a tracee runs in a loop of its own (core/process.c). */
#ifndef GK_CORE_TRACING_H
#define GK_CORE_TRACING_H

#include "core/pid.h"
#include "core/thread.h"

enum { /* PTRACE_EVENT_*: in the second byte of a stop's code */
       TRACE_EVENT_FORK = 1,
       TRACE_EVENT_VFORK = 2,
       TRACE_EVENT_CLONE = 3,
       TRACE_EVENT_EXEC = 4,
       TRACE_EVENT_VFORK_DONE = 5,
       TRACE_EVENT_EXIT = 6,
       TRACE_EVENT_SECCOMP = 7,
       TRACE_EVENT_STOP = 128,
};

#define TRACE_OPTION(event) (1u << (event))
enum { /* PTRACE_O_*; those of events are TRACE_OPTION */
       TRACE_SYSGOOD = 1,
       TRACE_EXITKILL = 1 << 20,
       TRACE_OPTIONS = 0xff | TRACE_EXITKILL,
};

enum trace_resume {
    TRACE_RUN,
    TRACE_SYSCALL,
    TRACE_STEP,
    TRACE_EMULATE,      /* to its next call, which isn't carried out: the tracer does that (PTRACE_SYSEMU) */
    TRACE_EMULATE_STEP, /* the same, or to the next instruction */
};

enum { TRACE_CALL_ENTRY = 1, TRACE_CALL_EXIT = 2 }; /* PTRACE_EVENTMSG_SYSCALL_*: the message of a call's stops */

/* A thread that is traced, or was when it ended and hasn't been waited for. */
struct tracee {
    struct list link;      /* tracees of its tracer's process */
    struct thread *tracer; /* the thread that traces it: it alone can ask for anything */
    struct thread *thread; /* NULL: it has ended */
    struct pid *id;        /* its number, which stays its own: one user */
    uint32_t options;      /* TRACE_SYSGOOD ... */
    bool is_seized;        /* by PTRACE_SEIZE */
    bool is_capable;       /* who had it traced had CAP_SYS_PTRACE then: set-id programs get their rights */
    enum trace_resume resume;
    bool is_stopped;          /* until its tracer has it go on, or it is killed */
    bool is_listening;        /* PTRACE_LISTEN: as far as its tracer can tell it runs */
    bool is_untold;           /* its tracer hasn't waited for the stop, or for the end */
    bool trap_due;            /* it is to stop for PTRACE_INTERRUPT or SIGCONT, or as it is new */
    bool in_call;             /* what its program did last is a system call: thread->syscall_first is of that */
    int code;                 /* of the stop: what the status tells in its upper bytes */
    int status;               /* of the end of a thread that isn't its process's first: as wait4(2) has it */
    uint64_t message;         /* PTRACE_GETEVENTMSG */
    struct signal_info *info; /* of the stop: on the tracee's stack; NULL: it has none */
};

/* ---- attachments: core/tracee.c ---- */

/* `thread`, which has no tracer and hasn't ended, gets one, which isn't about to end either. It isn't stopped by that.
 * The rights that count are the current thread's. 0 or -ENOMEM. */
int trace_attach(struct thread *thread, struct thread *tracer, bool is_seized, uint32_t options);
/* It has no tracer any more, and goes on with `signal` (0: none), or stops with its process. The structure is freed. */
void trace_detach(struct tracee *tracee, int signal);
/* A new thread is traced as the one that makes it: with CLONE_PTRACE, or since an option asks for it. Its first stop is
 * prepared. 0 or -ENOMEM. */
int trace_inherit(struct thread *child, const struct thread *parent);
/* The thread, which is current and has left its process, has ended with the status. The tracer learns of it unless it
 * was its process's first: of that with the process's end (trace_tell_end). */
void trace_thread_ends(struct tracee *tracee, bool is_first, int status);
void trace_tell_end(const struct tracee *tracee, int code, int status);
/* The structure of one that has ended is freed. */
void trace_forget(struct tracee *tracee);
/* By execve the thread takes its process's number: nobody waits any more for the one that had it. */
void trace_number_take(struct thread *thread);
/* Ended tracees that are no processes: each holds memory and a number. */
unsigned trace_ended_count(void);

/* Who traces the process's first thread, or did; NULL: nobody. */
static inline struct process *trace_process_tracer(const struct process *process)
{
    return process->id->tracee != NULL ? process->id->tracee->tracer->process : NULL;
}
/* Another process than its parent does: that is told of the end first. */
static inline bool trace_hides_end(const struct process *process)
{
    return process->id->tracee != NULL && trace_process_tracer(process) != process->parent;
}
static inline bool trace_emulates(const struct tracee *tracee)
{
    return tracee->resume == TRACE_EMULATE || tracee->resume == TRACE_EMULATE_STEP;
}
static inline bool trace_is_stopped(const struct thread *thread)
{
    return thread->tracee != NULL && thread->tracee->is_stopped;
}

/* ---- stops: core/sigtrace.c; of the current thread, which is traced; afterwards it may not be any more ---- */

/* Stops until the tracer has it go on. `code` is a signal, and an event in the second byte; why: CLD_TRAPPED or
 * CLD_STOPPED; `info` is what PTRACE_GETSIGINFO shows and PTRACE_SETSIGINFO changes, or NULL. The signal with which it
 * goes on, 0: none. A thread that is to end doesn't stop. */
int trace_stop(int code, int why, struct signal_info *info);
/* The same with an info of its own, of the code. */
int trace_notify(int code, uint64_t message);
/* If its tracer has asked for the event, a stop of that. */
void trace_event(unsigned event, uint64_t message);
bool trace_wants(const struct thread *thread, unsigned event);
/* It is about to act on the signal: what the tracer makes of it. 0: nothing, or one that the thread blocks and that
 * waits now. A fault's own can't be blocked. *info is the new one's. */
int trace_signal(struct thread *thread, struct signal_info *info, bool is_fault);
/* trap_due, or it stops with its process. */
void trace_trap(struct thread *thread);
void trace_group_stop(struct thread *thread);
/* Before its end: `status` as wait4(2) has it. Killed, it doesn't stop. */
void trace_exit(int status);
/* It runs another program. */
void trace_exec(int old_tid);

/* ---- from elsewhere: core/sigtrap.c ---- */

/* The tracee, which is stopped, goes on. */
void trace_resume(struct tracee *tracee, enum trace_resume how, int signal);
/* It stops soon, wherever it is (PTRACE_INTERRUPT, SIGCONT). */
void trace_set_trap(struct tracee *tracee);

#endif
