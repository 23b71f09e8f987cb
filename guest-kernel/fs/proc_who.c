/* SPDX-License-Identifier: Apache-2.0 */
/* proc_who.c - whom an inode under /proc tells of, and who may look into a process. */
#include "abi/errno.h"
#include "core/cred.h"
#include "core/pid.h"
#include "core/sched.h"
#include "core/threads.h"
#include "fs/proc.h"
#include "mm/space.h"
#include "vfs/fdtable.h"

#define SUID_DUMP_USER 1u

struct thread *proc_thread(const struct proc_inode *at)
{
    if (at->id->process == process_kernel())
        return sched_boot_thread();
    return at->id->thread;
}

struct process *proc_process(const struct proc_inode *at)
{
    const struct thread *thread = at->id->thread;

    if (at->of_thread && thread == NULL)
        return NULL;
    return at->id->process != NULL ? at->id->process : thread != NULL ? thread->process : NULL;
}

struct space *proc_space_get(const struct proc_inode *at)
{
    const struct thread *thread = proc_thread(at);
    struct space *space = thread != NULL ? thread->process->space : NULL;

    if (space != NULL)
        space->refs++;
    return space;
}

const struct cred *proc_cred(const struct proc_inode *at)
{
    const struct thread *thread = proc_thread(at);
    const struct process *process = proc_process(at);

    return thread != NULL ? &thread->cred : process != NULL ? &process->ended_cred : NULL;
}

const char *proc_name(const struct proc_inode *at)
{
    const struct thread *thread = proc_thread(at);
    const struct process *process = proc_process(at);

    if (process == process_kernel())
        return "init";
    return thread != NULL ? thread->name : process != NULL ? process->ended_name : NULL;
}

struct fdtable *proc_files(const struct proc_inode *at)
{
    const struct thread *thread = proc_thread(at);

    return thread != NULL ? thread->files : NULL;
}

struct file *proc_fd_file(const struct proc_inode *at)
{
    const struct fdtable *table = proc_files(at);

    return table != NULL ? fd_get(table, at->fd) : NULL;
}

static bool ids_are(const struct cred_ids *ids, uint32_t id)
{
    return ids->effective == id && ids->saved == id && ids->real == id;
}

uint32_t proc_execs(const struct proc_inode *at)
{
    const struct process *process = at->id != NULL ? proc_process(at) : NULL;

    return process != NULL ? process->execs : 0;
}

int proc_may_look(const struct proc_inode *at)
{
    const struct cred *own = &current_thread()->cred, *cred = proc_cred(at);
    const struct process *process = proc_process(at);
    bool may_trace = cred_has(own, CAP_SYS_PTRACE);

    if (cred == NULL || process == NULL)
        return -ESRCH;
    if (process == current_process() || may_trace)
        return 0;
    if (!ids_are(&cred->user, own->user.fs) || !ids_are(&cred->group, own->group.fs))
        return -EACCES;
    /* What is opened of one that is being made shows the memory that it gets. */
    if ((process->space != NULL || process->thread_count != 0) && process->dumpable != SUID_DUMP_USER)
        return -EACCES;
    return cred->permitted & ~own->effective ? -EACCES : 0;
}
