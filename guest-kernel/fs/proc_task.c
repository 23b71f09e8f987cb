/* SPDX-License-Identifier: Apache-2.0 */
/* proc_task.c - /proc/PID/task: the threads of a process. */
#include "abi/errno.h"
#include "core/pid.h"
#include "fs/proc_process.h"

static const struct proc_entry thread_entry = {.name = "TID", .mode = S_IFDIR | 0555, .entries = proc_thread_entries};

int proc_task_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out)
{
    int number = proc_name_number(name, length);
    struct pid *id = number > 0 ? pid_find(number) : NULL;

    if (id == NULL || id->thread == NULL || id->thread->process != proc_process(dir))
        return -ENOENT;
    return proc_inode_create(dir->inode.fs, &thread_entry, id, true, -1, out);
}

/* The thread of the process with the least number from `least` on; NULL: none. */
static const struct thread *thread_from(const struct process *process, uint64_t least)
{
    const struct thread *found = NULL;

    for_each_thread(process, thread) if ((uint64_t)thread->tid >= least && (found == NULL || thread->tid < found->tid))
        found = thread;
    return found;
}

int proc_task_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base)
{
    const struct process *process = proc_process(dir);
    const struct thread *thread = process != NULL ? thread_from(process, pos) : NULL;

    for (; thread != NULL; thread = thread_from(process, (uint64_t)thread->tid + 1))
        if (!proc_emit_number(&thread_entry, thread->id, true, emit, arg, pos_base + (uint64_t)thread->tid + 1))
            break;
    return 0;
}

int proc_task_refresh(struct proc_inode *at)
{
    const struct process *process = proc_process(at);

    if (process == NULL)
        return -ENOENT;
    at->inode.links = 2 + process->thread_count;
    return 0;
}
