/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - process groups and sessions (credentials(7), setpgid(2), setsid(2)). */
#include "sys/session.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "core/cred.h"
#include "core/group.h"
#include "core/pid.h"
#include "core/signal.h"
#include "core/threads.h"
#include "drv/tty.h"
#include "sys/kill.h"
#include "sys/syscall.h"

static bool leads_session(const struct process *process)
{
    return process->session == process->id;
}

/* Of any thread; the caller's with 0. NULL: there is none. */
static const struct process *process_of(int tid)
{
    const struct thread *thread;

    if (tid == 0)
        return current_process();
    thread = thread_find(tid);
    return thread != NULL ? thread->process : process_find(tid);
}

int64_t sys_getpgrp(const uint64_t arg[6])
{
    (void)arg;
    return current_process()->group->number;
}

int64_t sys_getpgid(const uint64_t arg[6])
{
    const struct process *process = process_of((int)arg[0]);

    return process != NULL ? process->group->number : -ESRCH;
}

int64_t sys_getsid(const uint64_t arg[6])
{
    const struct process *process = process_of((int)arg[0]);

    return process != NULL ? process->session->number : -ESRCH;
}

/* Whether the caller may change the group of `process`: itself, or a child that has not run another program yet. */
static int may_move(const struct process *process)
{
    const struct process *own = current_process();

    if (process->parent == own) {
        if (process->session != own->session)
            return -EPERM;
        if (process->has_execed)
            return -EACCES;
    } else if (process != own) {
        return -ESRCH;
    }
    return leads_session(process) ? -EPERM : 0;
}

/* A group of the caller's session. NULL: there is none with that number. */
static struct pid *group_find(int number)
{
    struct pid *group = pid_find(number);

    if (group == NULL || list_is_empty(&group->members))
        return NULL;
    return container_of(group->members.next, struct process, group_link)->session == current_process()->session ? group
                                                                                                                : NULL;
}

int64_t sys_setpgid(const uint64_t arg[6])
{
    int pid = (int)arg[0] != 0 ? (int)arg[0] : current_process()->pid;
    int number = (int)arg[1] != 0 ? (int)arg[1] : pid, error;
    struct process *process;
    struct pid *group;

    if (number < 0)
        return -EINVAL;
    process = process_find(pid);
    if (process == NULL)
        return thread_find(pid) != NULL ? -EINVAL : -ESRCH; /* only a process's first thread stands for it */
    error = may_move(process);
    if (error != 0)
        return error;
    group = number == pid ? process->id : group_find(number);
    if (group == NULL)
        return -EPERM;
    if (group != process->group) {
        kill_settle(process, process);
        process_set_group(process, group);
    }
    return 0;
}

int64_t sys_setsid(const uint64_t arg[6])
{
    struct process *process = current_process();

    (void)arg;
    if (leads_session(process) || !list_is_empty(&process->id->members))
        return -EPERM;
    kill_settle(process, process);
    process_set_session(process, process->id);
    process_set_group(process, process->id);
    process->terminal = NULL;
    return process->pid;
}

int64_t sys_vhangup(const uint64_t arg[6])
{
    struct tty *tty = tty_current();

    (void)arg;
    if (!cred_has(&current_thread()->cred, CAP_SYS_TTY_CONFIG))
        return -EPERM;
    if (tty != NULL)
        tty_hang_up(tty);
    return 0;
}

/* ---- orphaned groups ---- */

static struct pid *to_tell; /* those with many members, in no order, each with a reference; NULL: none */

static void tell(struct pid *group)
{
    static const struct signal_info hang_up = {.signal = SIGHUP, .code = SI_KERNEL},
                                    go_on = {.signal = SIGCONT, .code = SI_KERNEL};

    (void)kill_group(group, &hang_up);
    (void)kill_group(group, &go_on);
}

static void tell_later(struct pid *group)
{
    if (group->next_to_tell != NULL) /* it is one of them */
        return;
    pid_hold(group);
    group->next_to_tell = to_tell != NULL ? to_tell : group;
    to_tell = group;
}

void session_tell_orphaned(void)
{
    while (to_tell != NULL) {
        struct pid *group = to_tell;
        to_tell = group->next_to_tell != group ? group->next_to_tell : NULL;
        group->next_to_tell = NULL;
        tell(group);
        pid_drop(group);
    }
}

void session_group_left(const struct process *process, const struct process *parent)
{
    struct pid *group = process->group;

    if (parent->group == group || parent->session != process->session)
        return; /* it didn't look after this group */
    if (!group_is_orphaned(group) || group->stopped == 0)
        return;
    if (kill_is_to_many(group))
        tell_later(group);
    else
        tell(group);
}
