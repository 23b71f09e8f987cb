/* SPDX-License-Identifier: Apache-2.0 */
/* exit.c - the end of a thread, and with its last one of a process: what it had goes back, its parent learns of it. */
#include "sys/exit.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "abi/wait.h"
#include "core/cputimer.h"
#include "core/end.h"
#include "core/group.h"
#include "core/lock_check.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/residence.h"
#include "core/sched.h"
#include "core/service.h"
#include "core/signal.h"
#include "core/tracing.h"
#include "core/sigqueue.h"
#include "core/terminal.h"
#include "core/threads.h"
#include "core/wait.h"
#include "ipc/semexit.h"
#include "ipc/shm.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/kmalloc.h"
#include "net/garbage.h"
#include "sys/futex.h"
#include "sys/rusage.h"
#include "sys/seccomp.h"
#include "sys/session.h"
#include "sys/syscall.h"
#include "sys/trace.h"
#include "sys/user.h"
#include "vfs/fdtable.h"

static struct process *the_program; /* with it ends the VM */
static struct process *the_init;    /* it, if it is process 1, or NULL */
static struct program_status program_status;

/* ---- what processes share ---- */

struct sighand *sighand_create(const struct sighand *from)
{
    struct sighand *sighand = kmalloc(sizeof(*sighand));

    if (sighand == NULL)
        return NULL;
    if (from != NULL)
        memcpy(sighand->action, from->action, sizeof(sighand->action));
    sighand->refs = 1;
    return sighand;
}

void sighand_put(struct sighand *sighand)
{
    if (--sighand->refs != 0)
        return;
    wait_wake_all(&sighand->arrived, 0);
    while (sighand->arrived.first !=
           NULL) /* who polls a signalfd for a process that has ended: nothing comes any more */
        wait_remove(sighand->arrived.first);
    kfree(sighand);
}

void sighand_reset(struct sighand *sighand)
{
    for (struct signal_action *action = sighand->action; action < sighand->action + SIGNALS; action++)
        *action = (struct signal_action){.handler = action->handler == SIG_IGN ? SIG_IGN : SIG_DFL};
}

/* ---- the end of a process ---- */

void process_program_put(struct process *process)
{
    struct path program = process->program;

    if (program.dentry == NULL)
        return;
    process->program = (struct path){0};
    inode_run_put(path_inode(&program));
    path_put(&program);
}

/* What the parent is sent. One that runs another program than the one that made it knows of SIGCHLD alone. */
static int end_signal(const struct process *process)
{
    return process->parent_execs == process->parent->execs ? process->end_signal : SIGCHLD;
}

static void parent_tell(struct process *process)
{
    struct process *parent = process->parent;
    struct signal_info info = {.signal = end_signal(process),
                               .code = process->exit_signal != 0 ? CLD_KILLED : CLD_EXITED};
    struct usage usage;

    if (info.signal >= 1 && info.signal <= SIGNALS &&
        !(info.signal == SIGCHLD && parent->sighand->action[SIGCHLD - 1].handler == SIG_IGN)) {
        usage_get(process, &usage);
        info.child.pid = process->pid;
        info.child.uid = process->ended_cred.user.real;
        info.child.status = (int)(process->exit_signal != 0 ? process->exit_signal : process->exit_code);
        usage_ticks(&usage, &info.child.utime, &info.child.stime);
        (void)signal_send_info(parent, NULL, &info);
    }
    wait_wake_all(&parent->children_changed, 0);
}

/* Nobody is going to wait for it: its parent is the kernel, or doesn't want to know (SIGCHLD ignored, SA_NOCLDWAIT). */
static bool is_unwanted(const struct process *process)
{
    const struct process *parent = process->parent;
    const struct signal_action *action;

    if (parent == process_kernel())
        return true;
    action = &parent->sighand->action[SIGCHLD - 1];
    return end_signal(process) == SIGCHLD && (action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT));
}

/* The boot's thread waits for the end of the program, and only then for that of others. */
static void boot_tell(void)
{
    if (the_program == NULL)
        service_wake();
}

void process_reap(struct process *process)
{
    if (process->id->tracee != NULL)
        trace_forget(process->id->tracee);
    process_free(process);
    boot_tell();
}

void process_show_end(struct process *process)
{
    if (process->parent != process_kernel())
        parent_tell(process);
    if (is_unwanted(process))
        process_reap(process);
}

/* The thread that made the process has ended: those of its threads that asked for it are sent a signal. */
static void parent_death_tell(struct process *child)
{
    const struct thread *ending = current_thread();

    for_each_thread(child, thread)
    {
        struct signal_info info = {.signal = thread->parent_death_signal, .code = SI_USER};
        if (info.signal == 0)
            continue;
        info.sender.pid = ending->process->pid;
        info.sender.uid = ending->cred.user.real;
        (void)signal_send_info(child, NULL, &info);
    }
}

static void orphan_adopt(struct process *orphan, struct process *by)
{
    const struct process *old = orphan->parent;
    struct thread *thread = list_is_empty(&by->threads) ? NULL : container_of(by->threads.next, struct thread, sibling);
    bool ended = orphan->ended;

    process_set_parent(orphan, by, thread);
    orphan->parent_execs = by->execs;
    orphan->end_signal = SIGCHLD;
    parent_death_tell(orphan);
    session_group_left(orphan, old);
    if (ended && !trace_hides_end(orphan))
        process_show_end(orphan);
}

/* Who takes its children: the nearest ancestor that has asked for it (PR_SET_CHILD_SUBREAPER), or process 1. */
static struct process *reaper_of(const struct process *process)
{
    struct process *at = process->parent;

    while (at != process_kernel() && ((!at->child_subreaper && !at->is_init) || at->exiting))
        at = at->parent;
    return at;
}

/* An ancestor may have ended itself, and isn't in the way to process 1 then. */
static struct process *adopter_of(const struct process *process)
{
    struct process *reaper = reaper_of(process);

    return reaper == process_kernel() && the_init != NULL && !the_init->exiting ? the_init : reaper;
}

#define CHILDREN_AT_ONCE 64u

/* in_turns: others come in between, who may add siblings of the children (CLONE_PARENT), or end themselves. */
static void children_leave(struct process *process, bool in_turns)
{
    while (!list_is_empty(&process->children)) {
        struct process *reaper = adopter_of(process);

        for (unsigned i = 0; i < CHILDREN_AT_ONCE && !list_is_empty(&process->children); i++)
            orphan_adopt(container_of(process->children.next, struct process, sibling), reaper);
        if (!in_turns)
            continue;
        session_tell_orphaned();
        if (!list_is_empty(&process->children))
            (void)wait_loop_ends(true);
    }
}

/* The children that a thread has made are another's of its process, which goes on. */
static void children_hand_over(struct process *process, const struct thread *from)
{
    struct thread *to = container_of(process->threads.next, struct thread, sibling);

    for (struct list *at = process->children.next, *next; at != &process->children; at = next) {
        struct process *child = container_of(at, struct process, sibling);

        next = at->next;
        if (child->parent_thread != from)
            continue;
        child->parent_thread = to;
        parent_death_tell(child);
    }
}

static void program_has_ended(const struct process *process)
{
    program_status = (struct program_status){
        .code = process->exit_code,
        .signal = process->exit_signal,
        .system_calls = process->system_calls,
        .page_faults = process->page_faults,
    };
    memcpy(program_status.name, current_thread()->name, sizeof(program_status.name));
    the_program = the_init = NULL;
}

/* Another process than its parent traces it. */
static void tracer_tell(struct process *process)
{
    if (process->exit_signal != 0)
        trace_tell_end(process->id->tracee, CLD_KILLED, (int)process->exit_signal);
    else
        trace_tell_end(process->id->tracee, CLD_EXITED, (int)process->exit_code);
}

static void process_ended(struct process *process)
{
    bool hidden, unwanted;

    if (process == the_program)
        program_has_ended(process);
    children_leave(process, false); /* what came since process_leave */
    process->ended = true;
    group_recount(process);
    session_group_left(process, process->parent);
    hidden = trace_hides_end(process);
    unwanted = !hidden && is_unwanted(process);
    wait_wake_all(&process->id->changed, POLLIN | POLLRDNORM);
    if (hidden)
        tracer_tell(process);
    else if (process->parent != process_kernel())
        parent_tell(process);
    sighand_put(process->sighand);
    process->sighand = NULL;
    boot_tell();
    if (unwanted)
        process_reap(process);
}

/* What its last thread leaves. */
static void process_leave(struct process *process)
{
    struct space *space = process->space;

    alarms_end(process);
    posix_timers_end(process);
    usage_space_left(process);
    residence_use_space(NULL);
    process->space = NULL;
    space_put(space);
    process_program_put(process);
    terminal_leader_ends(process);
    children_leave(process, true);
}

/* ---- the end of a thread ---- */

void vfork_release(struct thread *thread)
{
    struct vfork *vfork = thread->vfork;

    if (vfork == NULL)
        return;
    thread->vfork = NULL;
    vfork->released = true;
    wait_wake_all(&vfork->queue, 0);
}

/* Nobody is left but the program, and with it ends the machine. */
static bool is_last_of_all(const struct process *process)
{
    const struct list *programs = &process_kernel()->children;

    return process == the_program && list_is_empty(&process->children) && programs->next == &process->sibling &&
           programs->prev == &process->sibling;
}

/* Then nobody is told, and its structures aren't given back one by one: nobody wants their memory. */
static void program_leaves_all(struct process *process)
{
    list_remove(&process->sibling);
    process->ended = true;
    program_has_ended(process);
    service_wake();
}

/* What others may know of: it leaves its process, and with the last one the process ends. */
static void thread_leaves_others(struct thread *thread, bool is_last, int status)
{
    struct process *process = thread->process;

    vfork_release(thread);
    signal_thread_leaves(thread);
    cputimer_thread_ends(thread);
    if (thread->tracee != NULL)
        trace_thread_ends(thread->tracee, thread->id == process->id, status);
    thread_leave(thread);
    if (is_last)
        process_ended(process);
    else
        children_hand_over(process, thread);
}

#define LEAVES_AT_ONCE 64u

static void tracee_leave(struct tracee *tracee)
{
    struct process *process = tracee->id->process;
    bool was_hidden = process != NULL && process->ended && trace_hides_end(process);

    if (tracee->thread != NULL && (tracee->options & TRACE_EXITKILL))
        process_end(tracee->thread->process, 0, SIGKILL);
    trace_detach(tracee, tracee->is_untold && tracee->code <= SIGNALS ? tracee->code : 0);
    if (was_hidden)
        process_show_end(process);
}

/* False: there may be more of them. */
static bool tracees_leave_some(const struct thread *tracer)
{
    struct list *tracees = &tracer->process->tracees, *next;
    unsigned count = 0;

    for (struct list *at = tracees->next; at != tracees; at = next) {
        struct tracee *tracee = container_of(at, struct tracee, link);

        next = at->next;
        if (tracee->tracer != tracer)
            continue;
        if (count++ == LEAVES_AT_ONCE)
            return false;
        tracee_leave(tracee);
    }
    return true;
}

/* Those that the thread traces go on without it, or are killed (PTRACE_O_EXITKILL). Others change the list in between:
 * what is left of it is gone through anew. */
static void tracees_leave(const struct thread *thread)
{
    while (!tracees_leave_some(thread))
        (void)wait_loop_ends(true);
}

#define ENDS_AT_ONCE 16u

/* As wait4(2) has it. */
static int end_status(const struct process *process)
{
    return process->exit_signal != 0 ? (int)process->exit_signal : (int)(process->exit_code << 8);
}

void user_thread_end(void)
{
    static unsigned ends;
    struct thread *thread = current_thread();
    struct process *process = thread->process;
    struct fdtable *files = thread->files;
    struct fs_context *fs = thread->fs;
    int status = end_status(process);
    bool is_last;

    process_end_go_on(process);
    trace_exit(status);
    tracees_leave(thread);
    trace_thread_end();
    if (++ends % ENDS_AT_ONCE == 0)
        (void)wait_loop_ends(true); /* where many end in a row no program runs in between */
    futex_thread_exit(thread);
    semexit_leave(thread, true);
    shm_thread_ends(thread);
    thread->files = NULL; /* first: a file's end may wait, and others reach for a thread's descriptors (pidfd_getfd) */
    thread->fs = NULL;
    fdtable_put(files);
    unix_rights_collect();
    fs_context_put(fs);
    cred_release(&thread->cred);
    is_last = process->thread_count == 1; /* now: the others may have ended while this one waited */
    if (is_last) {
        process->exiting = true; /* its children's new parent isn't one that ends */
        process_leave(process);
    }
    if (is_last && !CHECKS_ON && is_last_of_all(process)) /* a kernel with checks counts what was given back */
        program_leaves_all(process);
    else
        thread_leaves_others(thread, is_last, status);
    seccomp_end(thread);
    thread->process = process_kernel();
    session_tell_orphaned();
    lock_check_none();
    sched_end();
}

/* Now that the current space is its own. */
static void child_tid_set(struct thread *thread)
{
    int tid = thread->tid;

    if (thread->set_child_tid != 0)
        (void)user_put(thread->set_child_tid, tid); /* as Linux: who gave a bad address isn't told */
    thread->set_child_tid = 0;
}

void user_thread_begin(void)
{
    child_tid_set(current_thread());
}

int64_t sys_exit_group(const uint64_t arg[6])
{
    process_exit((uint32_t)arg[0] & 0xff, 0);
    return 0;
}

/* A process whose threads end one by one has the last one's status. */
int64_t sys_exit(const uint64_t arg[6])
{
    struct thread *thread = current_thread();

    thread->ending = thread->attention = true;
    if (!thread->process->exiting) {
        thread->process->exit_code = (uint32_t)arg[0] & 0xff;
        thread->process->exit_signal = 0;
    }
    return 0;
}

/* ---- the end of the program ---- */

static void others_end(void)
{
    for (struct pid *pid = pid_from(0); pid != NULL; pid = pid_from(pid->number + 1))
        if (pid->process != NULL && pid->process != process_kernel())
            process_end(pid->process, 0, SIGKILL);
}

void exit_end_program(void)
{
    if (the_program == NULL)
        return;
    process_end(the_program, 0, 0);
    process_end(the_program, 0, SIGKILL); /* the status stays, but no tracer holds its threads up (PTRACE_EVENT_EXIT) */
}

static bool all_have_ended(void)
{
    for (const struct pid *pid = pid_from(0); pid != NULL; pid = pid_from(pid->number + 1))
        if (pid->process != NULL && pid->process != process_kernel() && !pid->process->ended)
            return false;
    return true;
}

void exit_wait_for_program(struct process *program, struct program_status *status)
{
    the_program = program;
    the_init = program->is_init ? program : NULL;
    while (the_program != NULL)
        service_wait();
    if (!list_is_empty(&process_kernel()->children)) {
        others_end();
        while (!all_have_ended())
            service_wait();
    }
    *status = program_status;
}
