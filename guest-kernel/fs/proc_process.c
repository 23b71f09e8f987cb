/* SPDX-License-Identifier: Apache-2.0 */
/* proc_process.c - the processes in the root of /proc, their threads below task/, and what the directory of each has.
 */
#include "abi/errno.h"
#include "core/pid.h"
#include "core/threads.h"
#include "fs/proc.h"
#include "fs/proc_process.h"
#include "lib/string.h"

static const struct proc_entry process_entry = {
    .name = "PID", .mode = S_IFDIR | 0555, .is_process = true, .entries = proc_process_entries};

/* A thread's number leads to its process, too, though only those of first threads are listed. */
int proc_root_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out)
{
    int number = proc_name_number(name, length);
    struct pid *id = number > 0 ? pid_find(number) : NULL;

    if (id == NULL || (id->process == NULL && id->thread == NULL))
        return -ENOENT;
    return proc_inode_create(dir->inode.fs, &process_entry, id, false, -1, out);
}

/* The position is the number: so nothing is told twice or left out, whoever comes and goes meanwhile. */
int proc_root_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base)
{
    const struct pid *id = pos < INT32_MAX ? pid_from((int)pos) : NULL;

    (void)dir;
    for (; id != NULL; id = pid_from(id->number + 1))
        if (id->process != NULL && id->number != 0 &&
            !proc_emit_number(&process_entry, id, false, emit, arg, pos_base + (uint64_t)id->number + 1))
            break;
    return 0;
}

int proc_root_refresh(struct proc_inode *at)
{
    at->inode.links = 2;
    for (const struct proc_entry *entry = at->entry->entries; entry->name != NULL; entry++)
        at->inode.links += S_ISDIR(entry->mode);
    for (const struct pid *id = pid_from(1); id != NULL; id = pid_from(id->number + 1))
        at->inode.links += id->process != NULL;
    return 0;
}

int64_t proc_self_link(const struct proc_inode *at, char *buf)
{
    (void)at;
    return snprintf(buf, PATH_MAX, "%d", current_process()->pid);
}

int64_t proc_thread_self_link(const struct proc_inode *at, char *buf)
{
    (void)at;
    return snprintf(buf, PATH_MAX, "%d/task/%d", current_process()->pid, current_thread()->tid);
}
