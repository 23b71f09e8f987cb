/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - the types of processes and threads. One process with one thread for now; what is per thread is apart. */
#ifndef GK_CORE_THREAD_H
#define GK_CORE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/signal.h"
#include "arch/arch.h"
#include "core/cred.h"

struct abi;
struct fdtable;
struct inode;
struct resource_limit;
struct space;

struct signal_action { /* the kernel's view of Linux's struct sigaction (abi/signal.h has the user's layout) */
    uaddr_t handler, restorer;
    uint64_t flags, mask;
};

#define TIMER_SLACK_NS 50000u    /* a thread's at first, as on Linux */
#define SIGNALS_QUEUED_MAX 4096u /* RLIMIT_SIGPENDING of a program that doesn't ask for another */

/* Signals that wait, with what is to be told of each; a bit may be set without an entry (sigqueue.h). */
struct signal_entry;
struct signal_queue {
    uint64_t pending; /* bit signal - 1 */
    struct signal_entry *first, *last;
};

/* What a call that waited goes on with (restart_syscall): the call's own function, and what it left. */
struct restart {
    int64_t (*resume)(struct thread *thread); /* NULL: there is nothing to go on with */
    uint64_t deadline_ns;                     /* of the monotonic clock */
    uint64_t arg[3];
};

#define ITIMER_OFF UINT64_MAX

struct itimer {           /* core/itimer.h */
    uint64_t deadline_ns; /* on the monotonic clock; 0 or ITIMER_OFF: it isn't set */
    uint64_t interval_ns; /* 0: once */
};

struct thread;

struct process {
    int pid;
    struct thread *thread; /* the only one */
    struct space *space;   /* one reference */
    struct fdtable *files; /* one reference */
    struct inode *cwd;     /* one reference */
    struct inode *program; /* one reference, and inode_run_get; NULL before the first */
    const struct abi *abi; /* of its program; NULL before the first */
    struct cred cred;
    uint32_t umask;
    unsigned dumpable;       /* prctl(2): PR_SET_DUMPABLE ... */
    int parent_death_signal; /* PR_SET_PDEATHSIG: kept; the parent is outside the VM and outlives it */
    bool child_subreaper;    /* PR_SET_CHILD_SUBREAPER */
    struct itimer alarm;
    int policy, rt_priority, nice;        /* sys/sched.c */
    char name[16];                        /* comm */
    struct signal_action action[SIGNALS]; /* [signal - 1] */
    struct signal_queue signals;          /* sent to the process */
    struct signal_entry *signal_spare;    /* an entry that is free, or NULL */
    uint64_t signals_queued;              /* entries, its thread's too: at most signals_max (RLIMIT_SIGPENDING) */
    uint64_t signals_max;
    struct resource_limit *limits;      /* what setrlimit changed; NULL: the defaults (sys/limit.c) */
    uint64_t system_calls, page_faults; /* how many there were */
    bool exiting;
    uint32_t exit_code;   /* 0..255 */
    uint32_t exit_signal; /* or the signal that ended it */
};

struct thread {
    struct trap_frame frame; /* first: arch/ counts on its alignment */
    void *vector;            /* arch_user_prepare's: what a CPU holds of its program, while none does; or NULL */
    struct process *process;
    int tid;
    uint64_t signal_mask;
    struct signal_queue signals; /* sent to the thread */
    struct signal_info forced;   /* a fault's signal that is to be delivered first; signal 0: none */
    struct {
        uaddr_t base;
        uint64_t size;
        uint32_t flags; /* as given: SS_DISABLE ... */
    } signal_stack;     /* sigaltstack(2) */
    uint64_t
        saved_mask; /* with restore_mask: the mask to go back to once signals have been delivered: a handler's frame */
    bool restore_mask;      /* saves this one (rt_sigsuspend, ppoll, pselect6) */
    bool interrupted;       /* a wait of this system call ended by a signal: its result may be one of -ERESTART* */
    bool in_fault;          /* the kernel works on a page fault, not on a system call */
    bool call_is_32bit;     /* this system call came by a 32-bit program's way: its structures have that form */
    bool attention;         /* set by what gives reason to look at signals or the end before the program runs on */
    uint64_t syscall_first; /* with `interrupted`: of the frame, what the result takes the place of */
    struct restart restart;
    uaddr_t clear_child_tid, robust_list;
    uint64_t robust_list_size;
    uint64_t timer_slack_ns; /* PR_SET_TIMERSLACK: kept; timers here are exact */
};

static inline struct thread *current_thread(void)
{
    return arch_current();
}

/* Whether what the current system call points to is laid out as 32-bit programs have it. */
static inline bool call_is_32bit(void)
{
#ifdef ISA_HAS_I386
    return arch_current()->call_is_32bit;
#else
    return false;
#endif
}

static inline struct process *current_process(void)
{
    return arch_current()->process;
}

/* Whether a system call's process ID means the caller: 0 or its own. There is no other process. */
static inline bool process_is_current(uint64_t pid)
{
    return (int)pid == 0 || (int)pid == current_process()->pid;
}

#endif
