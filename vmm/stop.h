/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stop.h - why a run ends early: signals, --timeout and limits (vmm/limits.h); the deadline by which it has ended
 * whatever hangs; and the one signal that is no end.
 *
 * Everything starts in a signal handler, on whichever thread the kernel finds: it makes `fd` readable, calls whom it
 * was told to, and sets a timer. If the process is still there when that is over, the timer's signal ends it, so the
 * last deadline needs the help of no thread: not of one that blocks, nor of one that waits for a lock.
 */
#ifndef LVMM_STOP_H
#define LVMM_STOP_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum stop_reason { STOP_NONE = 0, STOP_TIMEOUT = -1, STOP_LIMIT = -2 }; /* a positive one is a signal's number */

/* How long an end may take that began with a signal or with --timeout. */
#define STOP_GRACE_NS 800000000u

/* Signals that have a use of our own; from anybody else they are a reason to end like the others. The first makes
 * KVM_RUN return: pthread_kill to a thread of ours. */
#define STOP_KICK_SIGNAL SIGRTMIN
#define STOP_DEADLINE_SIGNAL (SIGRTMIN + 1)
#define STOP_LIMIT_SIGNAL (SIGRTMIN + 2) /* a limit is reached, if who was given to stop_on_limit says so */
/* Anybody's way to turn the trace on and off. */
#define STOP_TRACE_SIGNAL SIGUSR2

struct stop {
    int fd; /* an eventfd, readable (and never read) once the run is to end */

    /* The rest is stop.c's; handlers look at it on any thread. */
    atomic_int reason; /* enum stop_reason: the first one */
    int timeout_status;
    int timer;     /* of the kernel; -1: none */
    bool by_alarm; /* the system had no timer: setitimer(2) stands for it */
    atomic_uint_fast64_t grace_end_ns;
    void (*_Atomic call)(void *owner);
    void *call_owner;
    bool (*_Atomic is_limit)(void *owner, bool by_timer);
    void *limit_owner;
    atomic_int fatal;   /* the signal of a fault of our own, or of abort(3); 0: none */
    atomic_uint traces; /* so many STOP_TRACE_SIGNALs there were */
    void (*_Atomic trace)(void *owner);
    void *trace_owner;
    void (*_Atomic at_end)(void *owner);
    void *at_end_owner;
    void (*_Atomic ended)(void *owner); /* NULL: the guest hasn't */
    void *ended_owner;
};

/*
 * From now on every signal that ends a process by default is a reason to end the run, but STOP_TRACE_SIGNAL, and
 * those that we were started to ignore (nohup, `&` in a script). SIGPIPE and SIGXFSZ are ignored: the write that they
 * are about gives an error. No signal is blocked, whatever the parent had blocked. timeout_ns 0: none; the time starts
 * now. timeout_status: that the process ends with at the deadline after that, or
 * after a limit. One at a time in a process. 0 or -errno.
 */
int stop_init(struct stop *stop, uint64_t timeout_ns, int timeout_status);

/* Calls call(owner) when the run is to end, in a signal handler and on any thread: at once if it has come to that
 * already. NULL: no longer. To be set by a thread that outlives all others that take signals. */
void stop_on_request(struct stop *stop, void (*call)(void *owner), void *owner);

/* Calls call(owner) after each STOP_TRACE_SIGNAL, as stop_on_request does; at once if there were some already. */
void stop_on_trace(struct stop *stop, void (*call)(void *owner), void *owner);
unsigned stop_traces(const struct stop *stop); /* how many there were */

/* From now on STOP_LIMIT_SIGNAL ends the run with STOP_LIMIT if is_limit(owner, by_timer) says so, in a signal handler;
 * else it is a signal like others. by_timer: it is a timer's. */
void stop_on_limit(struct stop *stop, bool (*is_limit)(void *owner, bool by_timer), void *owner);

/* Calls at_end(owner) when the deadline ends the process, and when a fault of our own does, in a signal handler: what
 * must not stay as it is, such as a terminal's mode. */
void stop_at_end(struct stop *stop, void (*at_end)(void *owner), void *owner);

/* The guest has ended; what is still done takes as long as it takes, whatever time was left. A signal that ends
 * processes calls call(owner) from now on, in a signal handler, which makes it short. */
void stop_guest_ended(struct stop *stop, void (*call)(void *owner), void *owner);

/* Why the run was to end first; STOP_NONE: it wasn't. */
int stop_reason(struct stop *stop);

/* The signal of a fault of our own that ends the process now; 0: none. For at_end. */
int stop_fatal(const struct stop *stop);

/* Ends the process by this signal as if it had never been caught. No core: it would hold the guest's memory. */
_Noreturn void stop_die(int number);

#endif
