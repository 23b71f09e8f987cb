/* SPDX-License-Identifier: Apache-2.0 */
/* tracee.c - who traces whom: attachments, and what is left of tracees that have ended; see tracing.h. */
#include "abi/errno.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/sigqueue.h"
#include "core/tracing.h"
#include "core/kick.h"
#include "mm/kmalloc.h"

static unsigned ended_count;

unsigned trace_ended_count(void)
{
    return ended_count;
}

int trace_attach(struct thread *thread, struct thread *tracer, bool is_seized, uint32_t options)
{
    struct tracee *tracee = kmalloc(sizeof(*tracee));

    if (tracee == NULL)
        return -ENOMEM;
    tracee->tracer = tracer;
    tracee->thread = thread;
    tracee->id = thread->id;
    pid_get(tracee->id);
    tracee->is_seized = is_seized;
    tracee->options = options;
    tracee->is_capable = cred_has(&current_thread()->cred, CAP_SYS_PTRACE);
    list_insert(&tracer->process->tracees, &tracee->link);
    tracee->id->tracee = thread->tracee = tracee;
    kick_thread(thread);
    return 0;
}

static void release(struct tracee *tracee)
{
    list_remove(&tracee->link);
    tracee->id->tracee = NULL;
    pid_put(tracee->id);
    kfree(tracee);
}

void trace_forget(struct tracee *tracee)
{
    ended_count--;
    release(tracee);
}

/* Its process is stopped, or about to be: it stops as well, now that it has no tracer. */
static void stop_again(struct thread *thread)
{
    struct process *process = thread->process;

    if (!process->stopping || process->exiting || thread->ending || thread->stop_due)
        return;
    thread->stop_due = true;
    process->stop_left++;
    sched_signal(thread);
}

void trace_detach(struct tracee *tracee, int signal)
{
    struct thread *thread = tracee->thread;

    if (thread == NULL) {
        trace_forget(tracee);
        return;
    }
    thread->tracee = NULL;
    stop_again(thread);
    if (tracee->is_stopped) {
        thread->trace_signal = signal;
        sched_continue(thread);
    }
    release(tracee);
    kick_thread(thread);
}

int trace_inherit(struct thread *child, const struct thread *parent)
{
    const struct tracee *from = parent->tracee;
    const struct signal_info stop = {.signal = SIGSTOP, .code = SI_USER};
    int error = trace_attach(child, from->tracer, from->is_seized, from->options);

    if (error != 0)
        return error;
    child->tracee->is_capable = from->is_capable;
    child->tracee->in_call = from->in_call;
    child->tracee->trap_due = from->is_seized;
    if (!from->is_seized)
        (void)sigqueue_add(child->process, &child->signals, &stop); /* one of the kernel's is always taken */
    return 0;
}

void trace_thread_ends(struct tracee *tracee, bool is_first, int status)
{
    const struct process *tracer = tracee->tracer->process;

    tracee->thread->tracee = NULL;
    tracee->thread = NULL;
    tracee->is_stopped = tracee->is_listening = false;
    tracee->is_untold = !is_first;
    tracee->status = status;
    ended_count++;
    if (is_first)
        return;
    trace_tell_end(tracee, status & 0x7f ? CLD_KILLED : CLD_EXITED, status & 0x7f ? status & 0x7f : status >> 8);
    if (tracer->sighand == NULL || tracer->sighand->action[SIGCHLD - 1].handler == SIG_IGN ||
        (tracer->sighand->action[SIGCHLD - 1].flags & SA_NOCLDWAIT))
        trace_forget(tracee);
}

void trace_number_take(struct thread *thread)
{
    struct tracee *first = thread->process->id->tracee, *tracee = thread->tracee;

    if (first != NULL)
        trace_forget(first);
    if (tracee == NULL)
        return;
    tracee->id->tracee = NULL;
    pid_put(tracee->id);
    tracee->id = thread->process->id;
    pid_get(tracee->id);
    tracee->id->tracee = tracee;
}
