/* SPDX-License-Identifier: Apache-2.0 */
/* children.c - waiting for children: wait4, waitid. */
#include "sys/syscall.h"

#include "abi/errno.h"
#include "abi/i386.h"
#include "abi/signal.h"
#include "abi/wait.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/tracing.h"
#include "core/wait.h"
#include "sys/exit.h"
#include "sys/pidfd.h"
#include "sys/rusage.h"
#include "sys/user.h"

/* Which children are waited for, and what was found. */
struct wanted {
    uint32_t which, options;
    int id;
    const struct pid *pid; /* P_PIDFD: one reference */
};

struct found {
    int pid, code, status; /* CLD_*, and what goes with it */
    uint32_t uid;
    struct usage usage; /* the child's, and those that it has waited for */
};

/* Whether it is a child that the current process traces itself. */
static bool is_traced_here(const struct process *child)
{
    return trace_process_tracer(child) == current_process();
}

static bool is_wanted(const struct wanted *wanted, const struct process *child)
{
    bool is_clone = child->end_signal != SIGCHLD;

    if ((wanted->options & WNOTHREAD) && child->parent_thread != current_thread())
        return false;
    if (!(wanted->options & WALL) && !is_traced_here(child) && is_clone != ((wanted->options & WCLONE) != 0))
        return false;
    switch (wanted->which) {
    case P_PID:
        return child->pid == wanted->id;
    case P_PGID:
        return child->group->number == wanted->id;
    case P_PIDFD:
        return child->id == wanted->pid;
    default:
        return true;
    }
}

static void found_fill(struct found *found, struct process *child, int code, int status)
{
    const struct thread *first = child->id->thread;

    found->pid = child->pid;
    found->code = code;
    found->status = status;
    found->uid = first != NULL ? first->cred.user.real : child->ended_cred.user.real;
    usage_get(child, &found->usage);
    usage_add(&found->usage, &child->children_used);
}

/* What a child and those that it has waited for have used is its parent's children's; what they have read and written
 * is told as the parent's own, as on Linux. */
static void child_reap(struct process *child, const struct usage *usage)
{
    struct process *process = current_process();

    usage_add(&process->children_used, usage);
    process->children_used.io = (struct io_counts){0};
    io_counts_add(&process->ended_used.io, &usage->io);
    process_reap(child);
}

/* What a tracer finds without asking for it. */
static bool stop_take(struct tracee *tracee, const struct wanted *wanted, struct found *found)
{
    if (!tracee->is_stopped || !tracee->is_untold || tracee->is_listening)
        return false;
    found_fill(found, tracee->thread->process, CLD_TRAPPED, tracee->code);
    found->pid = tracee->id->number;
    found->uid = tracee->thread->cred.user.real;
    if (!(wanted->options & WNOWAIT))
        tracee->is_untold = false;
    return true;
}

/* A thread that has ended, and isn't its process's first. */
static bool thread_take(struct tracee *tracee, const struct wanted *wanted, struct found *found)
{
    int signal = tracee->status & 0x7f;

    if (!tracee->is_untold || !(wanted->options & WEXITED))
        return false;
    *found = (struct found){.pid = tracee->id->number,
                            .code = signal != 0 ? CLD_KILLED : CLD_EXITED,
                            .status = signal != 0 ? signal : tracee->status >> 8};
    if (!(wanted->options & WNOWAIT))
        trace_forget(tracee);
    return true;
}

/* The end of a process that isn't a child: its parent is to learn of it, once this one has. */
static bool end_take(struct process *process, const struct wanted *wanted, struct found *found)
{
    bool killed = process->exit_signal != 0;

    if (!process->ended || !(wanted->options & WEXITED))
        return false;
    found_fill(found, process, killed ? CLD_KILLED : CLD_EXITED,
               (int)(killed ? process->exit_signal : process->exit_code));
    if (wanted->options & WNOWAIT)
        return true;
    trace_forget(process->id->tracee);
    process_show_end(process);
    return true;
}

/* Whom the tracee is of; NULL: it has ended, and wasn't its process's first. */
static struct process *process_of(const struct tracee *tracee)
{
    return tracee->thread != NULL ? tracee->thread->process : tracee->id->process;
}

/* Those that are children are among them. */
static bool tracee_is_wanted(const struct wanted *wanted, const struct tracee *tracee)
{
    const struct process *process = process_of(tracee);

    if ((wanted->options & WNOTHREAD) && tracee->tracer != current_thread())
        return false;
    if (tracee->id->process != NULL && tracee->id->process->parent == current_process())
        return false;
    switch (wanted->which) {
    case P_PID:
        return tracee->id->number == wanted->id;
    case P_PGID:
        return process != NULL && process->group->number == wanted->id;
    case P_PIDFD:
        return tracee->id == wanted->pid;
    default:
        return true;
    }
}

/* Of one that is no child. */
static bool tracee_take(struct tracee *tracee, const struct wanted *wanted, struct found *found)
{
    if (tracee->thread != NULL)
        return stop_take(tracee, wanted, found);
    if (tracee->id->process != NULL)
        return end_take(tracee->id->process, wanted, found);
    return thread_take(tracee, wanted, found);
}

/* As children_look, of those that it traces, children apart. */
static int tracees_look(const struct wanted *wanted, struct found *found)
{
    const struct list *tracees = &current_process()->tracees;
    int result = -ECHILD;

    for (struct list *at = tracees->next; at != tracees; at = at->next) {
        struct tracee *tracee = container_of(at, struct tracee, link);

        if (!tracee_is_wanted(wanted, tracee))
            continue;
        if (tracee_take(tracee, wanted, found))
            return 1;
        result = 0;
    }
    return result;
}

/* Whether the child has ended, stopped or gone on, as far as that is asked for and hasn't been told. */
static bool child_take(struct process *child, const struct wanted *wanted, struct found *found)
{
    bool forget = !(wanted->options & WNOWAIT);

    if (child->ended && trace_hides_end(child))
        return false;
    if (child->ended) {
        if (!(wanted->options & WEXITED))
            return false;
        found_fill(found, child, child->exit_signal != 0 ? CLD_KILLED : CLD_EXITED,
                   (int)(child->exit_signal != 0 ? child->exit_signal : child->exit_code));
        if (forget)
            child_reap(child, &found->usage);
        return true;
    }
    if (is_traced_here(child)) {
        if (stop_take(child->id->tracee, wanted, found))
            return true;
    } else if ((wanted->options & WSTOPPED) && child->stopped && child->stop_untold) {
        found_fill(found, child, CLD_STOPPED, child->stop_signal);
        if (forget)
            child->stop_untold = false;
        return true;
    }
    if (!(wanted->options & WCONTINUED) || !child->continue_untold)
        return false;
    found_fill(found, child, CLD_CONTINUED, SIGCONT);
    if (forget)
        child->continue_untold = false;
    return true;
}

/* The only child that can be meant; NULL: there is none. */
static struct process *child_named(const struct wanted *wanted)
{
    struct process *child = wanted->which == P_PID ? process_find(wanted->id) : wanted->pid->process;

    return child != NULL && child->parent == current_process() && is_wanted(wanted, child) ? child : NULL;
}

/* 1: one was found; 0: none yet; -ECHILD: as Linux also if all that are there have ended and weren't to be taken, as
 * nothing else is going to come of them. Who names one of ten thousand doesn't have the others looked at. */
static int children_look(const struct wanted *wanted, struct found *found)
{
    const struct process *process = current_process();
    bool any = false;

    if (wanted->which == P_PID || wanted->which == P_PIDFD) {
        struct process *child = child_named(wanted);
        if (child == NULL)
            return -ECHILD;
        if (child_take(child, wanted, found))
            return 1;
        return child->ended && !trace_hides_end(child) ? -ECHILD : 0;
    }
    for (struct list *at = process->children.next; at != &process->children; at = at->next) {
        struct process *child = container_of(at, struct process, sibling);

        if (!is_wanted(wanted, child))
            continue;
        if (child_take(child, wanted, found))
            return 1;
        any = any || !child->ended || trace_hides_end(child);
    }
    return any ? 0 : -ECHILD;
}

static int all_look(const struct wanted *wanted, struct found *found)
{
    int tracees, result = children_look(wanted, found);

    if (result > 0 || list_is_empty(&current_process()->tracees))
        return result;
    tracees = tracees_look(wanted, found);
    return tracees == -ECHILD ? result : tracees;
}

/* As all_look, but waits. */
static int children_wait(const struct wanted *wanted, struct found *found)
{
    struct wait_queue *queue = &current_process()->children_changed;
    int result;

    while ((result = all_look(wanted, found)) == 0 && !(wanted->options & WNOHANG)) {
        int error = wait_on(queue, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
        if (error != 0)
            return error;
    }
    return result;
}

/* ---- wait4 ---- */

static uint32_t status_of(const struct found *found)
{
    switch (found->code) {
    case CLD_EXITED:
        return (uint32_t)found->status << 8;
    case CLD_STOPPED:
    case CLD_TRAPPED:
        return (uint32_t)found->status << 8 | 0x7f;
    case CLD_CONTINUED:
        return 0xffff;
    default:
        return (uint32_t)found->status;
    }
}

/* wait4(2): a process number that can't be negated is nobody's. */
int64_t sys_wait4(const uint64_t arg[6])
{
    const uint32_t known = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE;
    struct wanted wanted = {.which = P_PID, .options = (uint32_t)arg[2] | WEXITED, .id = (int)arg[0]};
    struct found found;
    int result;

    if ((uint32_t)arg[2] & ~known)
        return -EINVAL;
    if (wanted.id == INT32_MIN)
        return -ESRCH;
    if (wanted.id == -1) {
        wanted.which = P_ALL;
    } else if (wanted.id <= 0) {
        wanted.which = P_PGID;
        wanted.id = wanted.id != 0 ? -wanted.id : current_process()->group->number;
    }
    result = children_wait(&wanted, &found);
    if (result <= 0)
        return result;
    uint32_t status = status_of(&found);
    if (arg[1] != 0 && user_put(arg[1], status))
        return -EFAULT;
    return arg[3] != 0 && usage_put(&found.usage, arg[3]) != 0 ? -EFAULT : found.pid;
}

int64_t sys_i386_waitpid(const uint64_t arg[6])
{
    const uint64_t wide[6] = {arg[0], arg[1], arg[2], 0};

    return sys_wait4(wide);
}

/* ---- waitid ---- */

static int wanted_check(uint32_t which, int id, uint32_t options)
{
    const uint32_t kinds = WEXITED | WSTOPPED | WCONTINUED;
    const uint32_t known = kinds | WNOHANG | WNOWAIT | WNOTHREAD | WALL | WCLONE;

    if ((options & ~known) || !(options & kinds))
        return -EINVAL;
    switch (which) {
    case P_ALL:
        return 0;
    case P_PID:
        return id > 0 ? 0 : -EINVAL;
    case P_PGID:
    case P_PIDFD:
        return id >= 0 ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* Linux writes an empty answer beside an error, too. */
static int answer_put(const struct found *found, uaddr_t address)
{
    struct waitid_answer answer = {0};

    if (found != NULL)
        answer = (struct waitid_answer){
            .signo = SIGCHLD, .code = found->code, .pid = found->pid, .uid = found->uid, .status = found->status};
    if (call_is_32bit()) {
        const struct i386_waitid_answer half = {answer.signo, 0, answer.code, answer.pid, answer.uid, answer.status};
        return user_put(address, half);
    }
    return user_put(address, answer);
}

/* A descriptor that isn't to wait makes the call one that doesn't, but says so. */
static int pidfd_wait(struct wanted *wanted, struct found *found)
{
    bool nonblocking = false; /* also where there is no such descriptor */
    struct pid *pid = pidfd_pid((uint64_t)wanted->id, &nonblocking);
    bool hurries = nonblocking && !(wanted->options & WNOHANG);
    int result;

    if (pid == NULL)
        return -EBADF;
    if (nonblocking)
        wanted->options |= WNOHANG;
    wanted->pid = pid;
    pid_hold(pid);
    result = children_wait(wanted, found);
    pid_drop(pid);
    return result == 0 && hurries ? -EAGAIN : result;
}

int64_t sys_waitid(const uint64_t arg[6])
{
    struct wanted wanted = {.which = (uint32_t)arg[0], .id = (int)arg[1], .options = (uint32_t)arg[3]};
    struct found found;
    int result = wanted_check(wanted.which, wanted.id, wanted.options);

    if (wanted.which == P_PGID && wanted.id == 0)
        wanted.id = current_process()->group->number;
    if (result == 0)
        result = wanted.which == P_PIDFD ? pidfd_wait(&wanted, &found) : children_wait(&wanted, &found);
    if (result > 0 && arg[4] != 0 && usage_put(&found.usage, arg[4]) != 0)
        return -EFAULT;
    if (arg[2] != 0 && answer_put(result > 0 ? &found : NULL, arg[2]) != 0)
        return -EFAULT;
    return result < 0 ? result : 0;
}
