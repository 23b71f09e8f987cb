/* SPDX-License-Identifier: Apache-2.0 */
/* sigtrace.c - the stops of threads that are traced; see tracing.h. */
#include "core/tracing.h"

#include "core/residence.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/sigqueue.h"
#include "core/wait.h"

#define EVENT_SHIFT 8u

/* ---- telling the tracer ---- */

static void tell(const struct tracee *tracee, int why, int status, bool is_stop)
{
    struct process *tracer = tracee->tracer->process;
    struct signal_info info = {.signal = SIGCHLD, .code = why};
    const struct signal_action *action;

    if (tracer->sighand == NULL)
        return;
    info.child.pid = tracee->id->number;
    info.child.uid = tracee->thread != NULL ? tracee->thread->cred.user.real : 0;
    info.child.status = status;
    action = &tracer->sighand->action[SIGCHLD - 1];
    if (action->handler != SIG_IGN && !(is_stop && (action->flags & SA_NOCLDSTOP)))
        (void)signal_send_info(tracer, NULL, &info);
    wait_wake_all(&tracer->children_changed, 0);
}

void trace_tell_end(const struct tracee *tracee, int code, int status)
{
    tell(tracee, code, status, false);
}

/* ---- stopping ---- */

static bool is_to_end(const struct thread *thread)
{
    return thread->ending || thread->process->exiting;
}

/* A tracer that lets it go frees the structure: it is looked at only while it is still the thread's. */
static void wait_for_tracer(struct thread *thread, bool (*ends)(const struct thread *thread))
{
    const struct tracee *tracee = thread->tracee;

    residence_put_down();
    while (thread->tracee == tracee && tracee->is_stopped && !ends(thread))
        sched_stop();
    residence_take_up();
}

static int stop(int code, int why, struct signal_info *info, bool (*ends)(const struct thread *thread))
{
    struct thread *thread = current_thread();
    struct tracee *tracee = thread->tracee;

    if (ends(thread))
        return 0;
    tracee->code = code;
    tracee->info = info;
    tracee->is_stopped = tracee->is_untold = true;
    thread->trace_signal = 0;
    tell(tracee, why, code & 0x7f, true);
    wait_for_tracer(thread, ends);
    thread->attention = true; /* what came meanwhile */
    tracee = thread->tracee;
    if (tracee != NULL) {
        tracee->is_stopped = tracee->is_listening = tracee->is_untold = false;
        tracee->info = NULL;
    }
    return ends(thread) ? 0 : thread->trace_signal;
}

int trace_stop(int code, int why, struct signal_info *info)
{
    return stop(code, why, info, is_to_end);
}

static struct signal_info own_info(const struct thread *thread, int signal, int code)
{
    return (struct signal_info){
        .signal = signal,
        .code = code,
        .sender = {.pid = thread->tid, .uid = thread->cred.user.real},
    };
}

int trace_notify(int code, uint64_t message)
{
    struct thread *thread = current_thread();
    struct signal_info info = own_info(thread, SIGTRAP, code);

    thread->tracee->message = message;
    return trace_stop(code, CLD_TRAPPED, &info);
}

bool trace_wants(const struct thread *thread, unsigned event)
{
    return thread->tracee != NULL && (thread->tracee->options & TRACE_OPTION(event));
}

void trace_event(unsigned event, uint64_t message)
{
    if (trace_wants(current_thread(), event))
        (void)trace_notify(SIGTRAP | (int)(event << EVENT_SHIFT), message);
}

/* ---- signals ---- */

int trace_signal(struct thread *thread, struct signal_info *info, bool is_fault)
{
    int before = info->signal, signal = trace_stop(before, CLD_TRAPPED, info);

    if (signal == 0)
        return 0;
    if (signal != info->signal) {
        const struct process *from = thread->tracee != NULL ? thread->tracee->tracer->process : thread->process->parent;

        *info = (struct signal_info){.signal = signal, .code = SI_USER, .sender = {.pid = from->pid}};
        info->sender.uid = process_uid(from);
    }
    if (!(thread->signal_mask & SIGNAL_BIT(signal)) || (is_fault && signal == before))
        return signal;
    (void)sigqueue_add(thread->process, &thread->signals, info);
    return 0;
}

/* As Linux's do_jobctl_trap: who was attached to in the old way tells of the signal alone, and has no info. */
void trace_group_stop(struct thread *thread)
{
    const struct process *process = thread->process;
    int signal = process->stopping ? process->stop_signal : SIGTRAP;
    int code = signal | TRACE_EVENT_STOP << EVENT_SHIFT;
    struct signal_info info = own_info(thread, signal, code);

    if (!thread->tracee->is_seized)
        (void)trace_stop(signal, CLD_STOPPED, NULL);
    else
        (void)trace_stop(code, CLD_STOPPED, &info);
}

void trace_trap(struct thread *thread)
{
    thread->tracee->trap_due = false;
    if (thread->tracee->is_seized || thread->process->stopping)
        trace_group_stop(thread);
}

/* ---- the end, and other programs ---- */

/* One whose process is told to end stops all the same, unless it is killed. If it is told so only now, it is woken as
 * those are that wait for anything else. */
static bool is_killed(const struct thread *thread)
{
    return thread->process->killed;
}

static bool is_exiting(const struct thread *thread)
{
    return thread->process->exiting;
}

void trace_exit(int status)
{
    struct thread *thread = current_thread();
    const int code = SIGTRAP | TRACE_EVENT_EXIT << EVENT_SHIFT;
    struct signal_info info = own_info(thread, SIGTRAP, code);

    if (!trace_wants(thread, TRACE_EVENT_EXIT))
        return;
    thread->tracee->message = (uint64_t)status;
    (void)stop(code, CLD_TRAPPED, &info, thread->process->exiting ? is_killed : is_exiting);
}

void trace_exec(int old_tid)
{
    struct thread *thread = current_thread();
    const struct signal_info trap = own_info(thread, SIGTRAP, SI_USER);

    if (thread->tracee == NULL)
        return;
    if (trace_wants(thread, TRACE_EVENT_EXEC))
        trace_event(TRACE_EVENT_EXEC, (uint64_t)old_tid);
    else if (!thread->tracee->is_seized)
        (void)signal_send_info(thread->process, thread, &trap);
}
