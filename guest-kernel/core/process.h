/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - processes and threads. One process with one thread for now; whatever is per thread is already apart. */
#ifndef GK_CORE_PROCESS_H
#define GK_CORE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"
#include "mm/space.h"

struct fdtable;
struct inode;
struct resource_limit;

#define SIGNALS 64

struct signal_action { /* the kernel's view of Linux's struct sigaction (abi/signal.h has the user's layout) */
    uaddr_t handler, restorer;
    uint64_t flags, mask;
};

/* What a handler with SA_SIGINFO is told. */
struct signal_info {
    int signal, code;
    uaddr_t address; /* of a fault */
};

struct thread;

struct process {
    int pid;
    struct thread *thread; /* the only one */
    struct space *space;   /* one reference */
    struct fdtable *files; /* one reference */
    struct inode *cwd;     /* one reference */
    struct inode *program; /* one reference, and inode_run_get; NULL before the first */
    uint32_t umask;
    char name[16];                        /* comm */
    struct signal_action action[SIGNALS]; /* [signal - 1] */
    uint64_t pending;                     /* signals sent to the process: bit signal - 1 */
    struct resource_limit *limits;        /* what setrlimit changed; NULL: the defaults (sys/limit.c) */
    uint64_t system_calls, page_faults;   /* how many there were */
    bool exiting;
    uint32_t exit_code;   /* 0..255 */
    uint32_t exit_signal; /* or the signal that ended it */
};

struct thread {
    struct trap_frame frame; /* first: arch/ counts on its alignment */
    struct process *process;
    int tid;
    uint64_t signal_mask, pending;
    struct {
        uaddr_t base;
        uint64_t size;
        int flags;  /* SS_DISABLE ... */
    } signal_stack; /* sigaltstack(2) */
    uint64_t
        saved_mask; /* with restore_mask: the mask to go back to once signals have been delivered: a handler's frame */
    bool restore_mask; /* saves this one (rt_sigsuspend, ppoll, pselect6) */
    bool attention;    /* set by what gives reason to look at signals or the end before the program runs on */
    uaddr_t clear_child_tid, robust_list;
    uint64_t robust_list_size;
};

static inline struct thread *current_thread(void)
{
    return arch_current();
}

static inline struct process *current_process(void)
{
    return arch_current()->process;
}

/* Runs the current thread until its process exits. The kernel's main loop; system calls go to `on_syscall`. */
void process_run(void (*on_syscall)(enum trap_kind kind));

/* Marks the current process as ended; process_run then returns. */
void process_exit(uint32_t code, uint32_t signal);

/* Sends a signal to the current process (the only one). Ignored and blocked signals as Linux does. */
void signal_send(struct process *process, int signal);
bool signal_is_pending(const struct thread *thread);    /* one that is not blocked or ignored */
bool signal_fatal_pending(const struct thread *thread); /* one that is about to end the process */
/* Acts on pending signals before the return to user mode: default actions, or a handler's frame. */
void signal_deliver(struct thread *thread);
/* Restores the mask when a handler returns (rt_sigreturn): what can't be blocked is left out. */
void signal_set_mask(struct thread *thread, uint64_t mask);
/* A fault's signal: can't be ignored or blocked. */
void signal_force(struct thread *thread, int signal, int code, uaddr_t address);

#endif
