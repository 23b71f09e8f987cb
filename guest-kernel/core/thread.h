/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h - the types of processes (thread groups) and their threads. */
#ifndef GK_CORE_THREAD_H
#define GK_CORE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/signal.h"
#include "arch/arch.h"
#include "core/cred.h"
#include "core/place.h"
#include "core/timer.h"
#include "core/wait_queue.h"
#include "lib/list.h"

struct abi;
struct cpu;
struct control_files; /* net/control.h */
struct fdtable;
struct filter;     /* core/filter.h */
struct fs_context; /* vfs/fs_context.h */
struct mutex;
struct pid;
struct posix_timer;
struct resource_limit;
struct sem_undo_list;
struct space;
struct terminal;
struct thread;
struct tracee; /* core/tracing.h */

#define PERSONALITY_NO_CHANCE 0x40000u /* ADDR_NO_RANDOMIZE: execve leaves nothing to chance of where things go */

struct signal_action { /* the kernel's view of Linux's struct sigaction (abi/signal.h has the user's layout) */
    uaddr_t handler, restorer;
    uint64_t flags, mask; /* flags: SA_*, and SIGNAL_ACTION_32BIT */
};
/* A 32-bit program's way has set it: the handler gets a frame of that form. */
#define SIGNAL_ACTION_32BIT (1ull << 32)

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

struct sighand {                          /* what signals do; CLONE_SIGHAND shares it */
    struct signal_action action[SIGNALS]; /* [signal - 1] */
    struct wait_queue arrived;            /* signalfd: a signal was sent to somebody who has this */
    uint32_t refs;
};

struct cpu_ticks { /* how often a tick found the program at work, or the kernel for it: core/tick.h */
    uint64_t user, system;
};
struct cpu_split { /* CPU time as it was told last */
    uint64_t user_ns, system_ns;
};

/* What /proc/PID/io tells: [0] of reading, [1] of writing. */
struct io_counts {
    uint64_t bytes[2], calls[2]; /* that calls moved, whatever from; the calls */
    uint64_t disk[2];            /* bytes read from disks; that were made to be written to them */
};

static inline void io_counts_add(struct io_counts *counts, const struct io_counts *more)
{
    for (unsigned i = 0; i < 2; i++) {
        counts->bytes[i] += more->bytes[i];
        counts->calls[i] += more->calls[i];
        counts->disk[i] += more->disk[i];
    }
}

/* What getrusage(2) tells. */
struct usage {
    struct cpu_split cpu;
    uint64_t page_faults, major_faults; /* all; those that waited for a disk */
    uint64_t waits, preemptions;        /* switches to others: it waited, or had to */
    uint64_t resident_most;             /* pages */
    struct io_counts io;                /* of a process: those of the children that were waited for, too */
};

/* A thread group. It is there from its first thread's start until it has been waited for. */
struct process {
    int pid;
    struct pid *id;      /* one reference (core/pid.h) */
    struct list threads; /* thread.sibling: those that have not ended */
    unsigned thread_count;
    bool is_empty;           /* its last thread has left it */
    struct space *space;     /* one reference; NULL: it has ended */
    struct sighand *sighand; /* one reference */
    struct path program;     /* with references, and inode_run_get; all zero before the first */
    const struct abi *abi;   /* of its program; NULL before the first */
    unsigned dumpable;       /* prctl(2): PR_SET_DUMPABLE ... */
    bool child_subreaper;    /* PR_SET_CHILD_SUBREAPER */
    struct timer alarm;      /* ITIMER_REAL */
    uint64_t alarm_interval_ns;
    struct {
        struct cpu_timer timer;
        uint64_t interval_ns;
    } cpu_alarm[2];                    /* ITIMER_VIRTUAL, ITIMER_PROF */
    struct cpu_timer cpu_limit;        /* RLIMIT_CPU: sys/limit.c */
    struct cpu_timer *cpu_timers;      /* of its CPU time: core/cputimer.c */
    struct cpu_timer *user_timers;     /* of its user time, by ticks */
    struct cpu_ticks ticks;            /* its threads', those that have ended too: core/tick.c */
    struct cpu_split cpu_told;         /* of all of them */
    struct posix_timer *posix_timers;  /* sys/posixtimer.c */
    int posix_timer_next;              /* the next one's number */
    struct signal_queue signals;       /* sent to the process */
    struct signal_entry *signal_spare; /* an entry that is free, or NULL */
    uint64_t signals_queued;           /* entries, its threads' too: at most signals_max (RLIMIT_SIGPENDING) */
    uint64_t signals_max;
    struct resource_limit *limits;      /* what setrlimit changed; NULL: the defaults (sys/limit.c) */
    uint64_t system_calls, page_faults; /* how many there were, of threads that have ended too */

    /* The family: sys/clone.c, sys/exit.c, sys/children.c. */
    struct process *parent;       /* NULL: the kernel's own */
    struct thread *parent_thread; /* of it, that made this one or has taken it over; NULL: the kernel's own process */
    uint32_t execs, parent_execs; /* how many programs it has run; its parent had, when it was made */
    struct list children;         /* process.sibling */
    struct list sibling;
    struct list tracees;                      /* tracee.link: whom its threads trace, or did (core/tracing.h) */
    int end_signal;                           /* sent to the parent when it ends; 0: none (clone(2)) */
    struct wait_queue children_changed;       /* its threads that wait for a child */
    struct pid *group, *session;              /* one reference each */
    struct list group_link;                   /* pid.members of `group` */
    bool counts_looked_after, counts_stopped; /* in its group: core/group.c */
    uint64_t rounds_settled;     /* signals to many that were begun and are none of its any more: sys/kill.c */
    struct terminal *terminal;   /* its controlling one; NULL: none. core/terminal.c */
    struct pid *lost_foreground; /* of a session's leader: who was in front when that hung up, or NULL */
    bool has_execed;             /* since it was made: setpgid(2) */
    bool is_init;                /* process 1: signals that it has no handler for do nothing to it */

    /* Stopped by SIGSTOP and its like (core/sigstop.c). A parent that asks for it is told of a stop (WUNTRACED: the
     * status is stop_signal << 8 | 0x7f) while `stopped` and `stop_untold` hold, and that it goes on (WCONTINUED:
     * 0xffff) while `continue_untold` does; who tells it clears the latter one, unless with WNOWAIT. */
    bool stopping;                     /* its threads are to stop, or have: until SIGCONT, or the end */
    bool stopped;                      /* all have */
    bool stop_untold, continue_untold; /* the parent has not been told */
    int stop_signal;                   /* why it stopped */
    unsigned stop_left;                /* threads with stop_due */

    struct wait_queue threads_left; /* who has execve end the other threads: each that has */
    bool exiting;                   /* all its threads are to end */
    struct list *untold;            /* the first of them that may wait, and wasn't woken yet (core/end.h); or NULL */
    bool killed;                    /* it ends by SIGKILL, or was sent that while it ended */
    bool ended;                     /* they have: a zombie */
    uint32_t exit_code;             /* 0..255 */
    uint32_t exit_signal;           /* or the signal that ended it */
    uint64_t ended_cpu_ns;          /* CPU time of its threads that have ended */
    struct cred ended_cred;         /* its first thread's when that ended, without groups; and its name */
    char ended_name[16];
    uint64_t start_ns;                      /* when it began, by clock_monotonic_ns */
    int oom_score_adj, oom_score_adj_least; /* proc(5): -1000 to 1000; below which only CAP_SYS_RESOURCE can set it */
    struct usage ended_used, children_used; /* of threads that have ended; of children that have and were waited for */
};

enum thread_state {
    THREAD_READY,          /* runs, or is in the run queue */
    THREAD_WAITS,          /* until it is woken, or a signal comes */
    THREAD_WAITS_KILLABLE, /* until it is woken, or a signal that ends it comes */
    THREAD_WAITS_DEEP,     /* until it is woken */
    THREAD_STOPPED,        /* by SIGSTOP and its like */
    THREAD_DEAD,
};
enum wake_reason { WOKEN, WOKEN_BY_TIME, WOKEN_BY_SIGNAL };

struct sched_rank {
    int policy, rt_priority, nice; /* policy: with SCHED_RESET_ON_FORK, if it is a thread's own */
};

struct sched_entity {              /* core/sched.c alone changes it */
    struct sched_rank own;         /* as was asked for, and as is told: sched_set_policy */
    struct sched_rank lent;        /* with is_lent: by who waits for its locks: sched_lend */
    int policy, rt_priority, nice; /* by which it is scheduled: the better of both */
    bool is_lent;
    uint32_t weight;
    uint64_t vruntime; /* CPU time by weight: who has had least is next */
    uint64_t cpu_ns;   /* CPU time up to since_ns */
    uint64_t since_ns; /* it has the CPU since then */
    uint64_t slice_ns; /* what it has had of its slice; may be more */
    uint64_t rt_ticks; /* since it last waited, if it isn't an ordinary one: core/tick.c */
    struct tree_node node;
    struct list link; /* of those with its real-time priority */
    bool is_queued;
    struct cpu *cpu;             /* where it has the CPU or is queued, or was last (core/cpu.h); NULL: nowhere yet */
    struct cpu *ran_on;          /* where it had the CPU last */
    uint32_t allowed;            /* CPUs that may run it, a bit each */
    uint16_t io_priority;        /* ioprio_set(2): kept */
    uint64_t waits, preemptions; /* how often it gave the CPU to another: it waited, or had to */
};

struct thread {
    struct trap_frame frame; /* first: arch/ counts on its alignment */
    void *vector;            /* arch_user_prepare's: what a CPU holds of its program, while none does; or NULL */
    struct process *process;
    int tid;
    struct pid *id; /* one reference */
    struct list sibling;
    enum thread_state state;
    enum wake_reason reason;
    bool ending;            /* this thread is to end (exit(2), or another's execve) */
    unsigned wants_no_wait; /* locks that it has and with which it must not wait for memory (vfs/volume.h) */
#ifdef GK_CHECKS
    struct mutex *held; /* what it has, linked by next_held: core/lock_check.h */
#endif
    bool stop_due;               /* it is to stop before its program runs on: process->stopping */
    void (*entry)(void);         /* where it begins */
    struct arch_context context; /* while it has not got the CPU */
    void *stack;                 /* of the kernel; core/stack.h */
    struct sched_entity sched;
    uint64_t page_faults, major_faults; /* as struct usage has them */
    struct io_counts io;
    struct fdtable *files;             /* one reference */
    struct fs_context *fs;             /* one reference */
    struct control_files **files_left; /* while it puts files of sockets: those that are still to be (net/control.c) */
    struct sem_undo_list *sem_undo;    /* one reference; NULL: nothing is to be undone (ipc/semundo.h) */
    struct cred cred;
    struct tracee *tracee;  /* with a tracer: what is of that (core/tracing.h); NULL: it has none */
    int trace_signal;       /* with which its tracer has it go on; 0: none */
    struct filter *filters; /* the newest of those that its calls go through: one reference; NULL: none */
    char name[16];          /* comm */
    uint32_t personality;   /* PERSONALITY_NO_CHANCE, or 0 */
    uint64_t start_ns;      /* as process.start_ns */
    uint64_t signal_mask;
    uint64_t signals_awaited;     /* rt_sigtimedwait: what it waits for, of what it has blocked */
    struct signal_queue signals;  /* sent to the thread */
    struct cpu_timer *cpu_timers; /* of its CPU time: core/cputimer.c */
    struct cpu_ticks ticks;
    struct cpu_split cpu_told;
    struct signal_info forced; /* a fault's signal that is to be delivered first; signal 0: none */
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
    struct traced *traced; /* sys/trace.c's; NULL: nothing was told of it */
    bool traced_late;      /* trace_late is to be called */
    uaddr_t set_child_tid, clear_child_tid, robust_list;
    uint64_t robust_list_size;
    struct list pi_locks;           /* futex_pi.link: locks that it has, and others wait for (sys/futex_boost.h) */
    struct futex_waiter *pi_waiter; /* its wait for such a lock; NULL: there is none */
    bool pi_left;                   /* it is ending, and has let all of them go */
    uaddr_t rseq;                   /* rseq(2): its struct rseq; 0: none. What follows is of it */
    uint32_t rseq_size, rseq_signature;
    bool rseq_told;          /* which CPU it is on */
    struct vfork *vfork;     /* who waits until this thread has let its space go: sys/clone.c; NULL: nobody */
    uint64_t timer_slack_ns; /* PR_SET_TIMERSLACK: kept; timers here are exact */
    int parent_death_signal; /* PR_SET_PDEATHSIG: sent to it when the thread that made its process ends */
    bool over_nproc;         /* RLIMIT_NPROC was exceeded when it took its user ID: execve(2) looks again */
};

/* All threads of a process that have not ended. */
#define for_each_thread(process, each)                                                        \
    for (struct thread *each = container_of((process)->threads.next, struct thread, sibling); \
         &each->sibling != &(process)->threads; each = container_of(each->sibling.next, struct thread, sibling))

/* A process's real user ID: that of the first of its threads. */
static inline uint32_t process_uid(const struct process *process)
{
    return list_is_empty(&process->threads)
               ? process->ended_cred.user.real
               : container_of(process->threads.next, struct thread, sibling)->cred.user.real;
}

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

/* Whether a 32-bit program's way led to it, also if what it points to has the usual form (those with "time64"). */
static inline bool call_comes_from_i386(void)
{
#ifdef ISA_HAS_I386
    return arch_syscall_kind(&arch_current()->frame) == TRAP_SYSCALL_I386;
#else
    return false;
#endif
}

static inline struct process *current_process(void)
{
    return arch_current()->process;
}

/* Whether a system call's process ID means the caller: 0 or its own. */
static inline bool process_is_current(uint64_t pid)
{
    return (int)pid == 0 || (int)pid == current_process()->pid || (int)pid == current_thread()->tid;
}

#endif
