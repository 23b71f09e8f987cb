/* SPDX-License-Identifier: Apache-2.0 */
/* group.c - see group.h. */
#include "core/group.h"

#include "core/pid.h"

static void count(bool *counts, unsigned *members, bool is)
{
    *members += (unsigned)is - (unsigned)*counts;
    *counts = is;
}

/* Whether somebody outside the group, but in its session, looks after the process; not the kernel, which has no parent.
 */
static bool is_looked_after(const struct process *process)
{
    const struct process *parent = process->parent;

    return !process->ended && parent->parent != NULL && parent->group != process->group &&
           parent->session == process->session;
}

void group_recount(struct process *process)
{
    count(&process->counts_looked_after, &process->group->looked_after, is_looked_after(process));
    count(&process->counts_stopped, &process->group->stopped, process->stopped);
}

void group_uncount(struct process *process)
{
    count(&process->counts_looked_after, &process->group->looked_after, false);
    count(&process->counts_stopped, &process->group->stopped, false);
}

bool group_is_orphaned(const struct pid *group)
{
    return group->looked_after == 0;
}
