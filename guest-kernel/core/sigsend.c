/* SPDX-License-Identifier: Apache-2.0 */
/* sigsend.c - signals are sent: which thread is to take one, and what sending alone does already (signal(7)). */
#include "abi/errno.h"
#include "abi/poll.h"
#include "core/end.h"
#include "core/group.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/sigqueue.h"
#include "core/tracee.h"
#include "core/wait.h"
#include "core/threads.h"

void (*signal_trace)(struct thread *thread, const struct signal_info *info);

/* ---- who takes it ---- */

/* Whether the thread would act on a signal at once. */
static bool takes(const struct thread *thread, uint64_t bit)
{
    return ((~thread->signal_mask | thread->signals_awaited) & bit) && thread->state != THREAD_STOPPED &&
           !thread->ending;
}

/* The thread that is to take a signal to its process: the current one rather than another, one that waits for it
 * rather than one that doesn't. NULL: nobody can take it now. */
static struct thread *receiver_of(struct process *process, uint64_t bit)
{
    struct thread *current = arch_current(), *found = NULL;

    if (current->process == process && takes(current, bit))
        return current;
    for_each_thread(process, thread)
    {
        if (!takes(thread, bit))
            continue;
        if (thread->signals_awaited & bit)
            return thread;
        if (found == NULL)
            found = thread;
    }
    return found;
}

/* Whether nothing is to become of it: a blocked signal is kept even if it is ignored now, as the action may change
 * before it is unblocked. */
static bool is_for_nothing(const struct process *process, const struct thread *thread, int signal)
{
    if (!signal_is_ignored(process, signal))
        return false;
    if (thread == NULL)
        thread = container_of(process->threads.next, struct thread, sibling);
    return thread->tracee == NULL && !((thread->signal_mask | thread->signals_awaited) & SIGNAL_BIT(signal));
}

void signal_retarget(struct thread *from, uint64_t set)
{
    struct process *process = from->process;

    set &= process->signals.pending;
    for_each_thread(process, thread)
    {
        if (set == 0)
            return;
        if (thread == from || !takes(thread, set))
            continue;
        set &= thread->signal_mask & ~thread->signals_awaited;
        sched_signal(thread);
    }
}

/* ---- stopping and going on ---- */

void signal_tell_parent(struct process *process, int code, int status)
{
    struct process *parent = process->parent;
    const struct signal_action *action;
    struct signal_info info = {.signal = SIGCHLD, .code = code};

    if (parent->sighand == NULL)
        return;
    info.child.pid = process->pid;
    info.child.uid = process_uid(process);
    info.child.status = status;
    action = &parent->sighand->action[SIGCHLD - 1];
    if (action->handler != SIG_IGN && !(action->flags & SA_NOCLDSTOP))
        (void)signal_send_info(parent, NULL, &info);
    wait_wake_all(&parent->children_changed, 0);
}

static void go_on(struct process *process)
{
    bool was_stopped = process->stopped;

    if (!process->stopping)
        return;
    process->stopping = process->stopped = process->stop_untold = false;
    group_recount(process);
    process->stop_left = 0;
    process->continue_untold = true;
    for_each_thread(process, thread)
    {
        thread->stop_due = false;
        if (!trace_is_stopped(thread)) /* which goes on when its tracer says so */
            sched_continue(thread);
    }
    /* In the middle of a stop: as if it had been over, and the news that it goes on were lost (Linux). */
    signal_tell_parent(process, was_stopped ? CLD_CONTINUED : CLD_STOPPED, was_stopped ? SIGCONT : 0);
}

/* What cancels what, whether it is blocked or ignored or not. */
static void stop_or_go_on(struct process *process, int signal)
{
    if (signal != SIGCONT) {
        signal_drop(process, SIGNAL_BIT(SIGCONT));
        return;
    }
    signal_drop(process, SIGNALS_STOP);
    go_on(process);
    for_each_thread(process, thread)
    {
        if (thread->tracee != NULL && thread->tracee->is_seized)
            trace_set_trap(thread->tracee);
    }
}

/* ---- sending ---- */

/* A signal to the process, or to one of its threads, that nobody takes. */
static void trace_untaken(struct process *process, struct thread *thread, const struct signal_info *info)
{
    if (thread == NULL)
        thread = container_of(process->threads.next, struct thread, sibling);
    if (__builtin_expect(thread->traced != NULL, false) != 0)
        signal_trace(thread, info);
}

/* A signal is in a queue: whoever is to take it does. */
static void announce(struct process *process, struct thread *thread, const struct signal_info *info)
{
    int signal = info->signal;
    uint64_t bit = SIGNAL_BIT(signal);
    struct thread *receiver = thread;

    wait_wake_all(&process->sighand->arrived, POLLIN);
    if (thread == NULL)
        receiver = receiver_of(process, bit);
    else if (!takes(thread, bit))
        return;
    if (receiver == NULL)
        return;
    if (!signal_ends(process, signal) || (receiver->signal_mask & bit) || receiver->tracee != NULL) {
        sched_signal(receiver);
        return;
    }
    if (!process->exiting)
        trace_untaken(process, receiver, info);
    process_end(process, 0, (uint32_t)signal);
}

/* What comes before a signal is queued. False: it isn't. */
static bool is_wanted(struct process *process, struct thread *thread, const struct signal_info *info)
{
    int signal = info->signal;

    if (signal == SIGKILL && process->exiting)
        process_end(process, 0, SIGKILL); /* sooner */
    if (process->sighand == NULL || process->exiting)
        return false;
    if (signal == SIGKILL && !process->is_init) {
        process_end(process, 0, SIGKILL);
        return false;
    }
    if (SIGNAL_BIT(signal) & (SIGNALS_STOP | SIGNAL_BIT(SIGCONT)))
        stop_or_go_on(process, signal);
    if (!is_for_nothing(process, thread, signal))
        return true;
    trace_untaken(process, thread, info);
    return false;
}

static struct signal_queue *queue_of(struct process *process, struct thread *thread)
{
    return thread != NULL ? &thread->signals : &process->signals;
}

int signal_send_info(struct process *process, struct thread *thread, const struct signal_info *info)
{
    int error;

    if (!is_wanted(process, thread, info))
        return 0;
    error = sigqueue_add(process, queue_of(process, thread), info);
    if (error == 0)
        announce(process, thread, info);
    return error;
}

bool signal_send_entry(struct process *process, struct thread *thread, struct signal_entry *entry)
{
    if (!is_wanted(process, thread, &entry->info))
        return false;
    sigqueue_add_entry(queue_of(process, thread), entry);
    announce(process, thread, &entry->info);
    return true;
}

void signal_send(struct process *process, int signal)
{
    struct signal_info info = {.signal = signal, .code = SI_KERNEL};
    struct thread *thread = NULL;

    if (signal < 1 || signal > SIGNALS)
        return;
    if ((signal == SIGPIPE || signal == SIGXFSZ) && process == current_process()) {
        thread = current_thread(); /* as if it had sent it to itself (Linux's send_sig) */
        info.code = SI_USER;
        info.sender.pid = process->pid;
        info.sender.uid = thread->cred.user.real;
    }
    (void)signal_send_info(process, thread, &info); /* the kernel's own are always taken */
}
