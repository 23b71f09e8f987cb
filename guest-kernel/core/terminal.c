/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.c - see terminal.h: job control, as Linux's tty_jobctrl.c has it for pseudo-terminals. */
#include "core/terminal.h"

#include "abi/errno.h"
#include "core/cred.h"
#include "core/group.h"
#include "core/pid.h"
#include "core/signal.h"

static bool leads_session(const struct process *process)
{
    return process->session == process->id;
}

/* Puts another in the place of one; either may be NULL. The number itself may be given anew once nobody has it: it then
 * is another's, which isn't in the foreground for that. */
static void pid_exchange(struct pid **place, struct pid *pid)
{
    struct pid *old = *place;

    if (pid != NULL)
        pid_hold(pid);
    *place = pid;
    pid_drop(old);
}

static void group_signal(const struct pid *group, int signal)
{
    if (group == NULL)
        return;
    for (const struct list *at = group->members.next; at != &group->members; at = at->next)
        signal_send(container_of(at, struct process, group_link), signal);
}

void terminal_signal(const struct terminal *terminal, int signal)
{
    group_signal(terminal->foreground, signal);
}

/* ---- whose it is ---- */

void terminal_give(struct terminal *terminal, struct process *leader)
{
    pid_exchange(&terminal->session, leader->session);
    pid_exchange(&terminal->foreground, leader->group);
    pid_exchange(&leader->lost_foreground, NULL);
    leader->terminal = terminal;
}

/* It is nobody's. `told`: the leader is sent what tells of a terminal that is gone. */
static void take_away(struct terminal *terminal, bool told)
{
    struct pid *session = terminal->session;

    if (session == NULL)
        return;
    for (struct pid *pid = pid_from(0); pid != NULL; pid = pid_from(pid->number + 1)) {
        struct process *process = pid->process;

        if (process == NULL || process->session != session || process->terminal != terminal)
            continue;
        process->terminal = NULL;
        if (!told || !leads_session(process))
            continue;
        signal_send(process, SIGHUP);
        signal_send(process, SIGCONT);
        pid_exchange(&process->lost_foreground, terminal->foreground);
    }
    pid_exchange(&terminal->session, NULL);
    pid_exchange(&terminal->foreground, NULL);
}

void terminal_hang_up(struct terminal *terminal)
{
    take_away(terminal, true);
}

void terminal_opened(struct terminal *terminal, bool readable)
{
    struct process *process = current_process();

    if (readable && leads_session(process) && process->terminal == NULL && terminal->session == NULL)
        terminal_give(terminal, process);
}

int terminal_take(struct terminal *terminal, bool steal, bool readable)
{
    struct process *process = current_process();
    bool may_all = cred_has(&current_thread()->cred, CAP_SYS_ADMIN);

    if (leads_session(process) && process->session == terminal->session)
        return 0;
    if (!leads_session(process) || process->terminal != NULL)
        return -EPERM;
    if (terminal->session != NULL && !(steal && may_all))
        return -EPERM;
    if (!readable && !may_all)
        return -EPERM;
    take_away(terminal, false);
    terminal_give(terminal, process);
    return 0;
}

int terminal_let_go(struct terminal *terminal)
{
    struct process *process = current_process();

    if (process->terminal != terminal)
        return -ENOTTY;
    if (leads_session(process)) {
        group_signal(terminal->foreground, SIGHUP);
        group_signal(terminal->foreground, SIGCONT);
        take_away(terminal, false);
    }
    process->terminal = NULL;
    return 0;
}

void terminal_leader_ends(struct process *leader)
{
    if (!leads_session(leader))
        return;
    if (leader->terminal != NULL) {
        group_signal(leader->terminal->foreground, SIGHUP);
        take_away(leader->terminal, false);
    } else if (leader->lost_foreground != NULL) { /* it has hung up before */
        group_signal(leader->lost_foreground, SIGHUP);
        group_signal(leader->lost_foreground, SIGCONT);
    }
    pid_exchange(&leader->lost_foreground, NULL);
}

/* ---- who is in the foreground ---- */

static bool is_unheard(const struct thread *thread, int signal)
{
    return (thread->signal_mask & SIGNAL_BIT(signal)) ||
           thread->process->sighand->action[signal - 1].handler == SIG_IGN;
}

int terminal_check(const struct terminal *terminal, int signal)
{
    struct thread *thread = current_thread();
    const struct process *process = thread->process;

    if (process->terminal != terminal || terminal->foreground == NULL || process->group == terminal->foreground)
        return 0;
    if (is_unheard(thread, signal))
        return signal == SIGTTIN ? -EIO : 0;
    if (group_is_orphaned(process->group))
        return -EIO;
    group_signal(process->group, signal);
    thread->interrupted = thread->attention = true; /* the call is made again once it goes on */
    thread->syscall_first = arch_syscall_first(&thread->frame);
    return -ERESTARTSYS;
}

int terminal_foreground_get(const struct terminal *terminal, bool by_master, int *number)
{
    if (!by_master && current_process()->terminal != terminal)
        return -ENOTTY;
    *number = terminal->foreground != NULL ? terminal->foreground->number : 0;
    return 0;
}

/* The session that a group is in, or, where the number names none, the thread's. NULL: there is neither. */
static const struct pid *session_of(const struct pid *pid)
{
    if (!list_is_empty(&pid->members))
        return container_of(pid->members.next, struct process, group_link)->session;
    if (pid->thread != NULL)
        return pid->thread->process->session;
    return pid->process != NULL ? pid->process->session : NULL;
}

int terminal_foreground_set(struct terminal *terminal, int number)
{
    const struct process *process = current_process();
    struct pid *group = pid_find(number);

    if (number < 0)
        return -EINVAL;
    if (process->terminal != terminal || terminal->session != process->session)
        return -ENOTTY;
    if (group == NULL)
        return -ESRCH;
    if (session_of(group) != process->session)
        return -EPERM;
    pid_exchange(&terminal->foreground, group);
    return 0;
}

int terminal_session_get(const struct terminal *terminal, bool by_master, int *number)
{
    if ((!by_master && current_process()->terminal != terminal) || terminal->session == NULL)
        return -ENOTTY;
    *number = terminal->session->number;
    return 0;
}
