/* SPDX-License-Identifier: Apache-2.0 */
/* proc_links.c - where the links of a process lead: exe, cwd, root, and each of fd/. */
#include "abi/errno.h"
#include "core/pid.h"
#include "fs/proc_process.h"

/* The path of an inode that the process has. Whoever looks at it may wait, so it is kept meanwhile. */
static int64_t inode_link(const struct proc_inode *at, struct inode *inode, char *buf)
{
    int64_t length;

    if (inode == NULL)
        return proc_process(at) == NULL ? -ESRCH : -ENOENT;
    inode_get(inode);
    length = proc_path(inode, buf);
    inode_put(inode);
    return length;
}

int64_t proc_exe_link(const struct proc_inode *at, char *buf)
{
    const struct process *process = proc_process(at);

    return inode_link(at, process != NULL ? process->program : NULL, buf);
}

int64_t proc_cwd_link(const struct proc_inode *at, char *buf)
{
    const struct thread *thread = proc_thread(at);

    return inode_link(at, thread != NULL && thread->fs != NULL ? thread->fs->cwd : NULL, buf);
}

int64_t proc_root_link(const struct proc_inode *at, char *buf)
{
    const struct thread *thread = proc_thread(at);

    return inode_link(at, thread != NULL && thread->fs != NULL ? vfs_root() : NULL, buf);
}

int64_t proc_fd_link(const struct proc_inode *at, char *buf)
{
    struct file *file = proc_fd_file(at);
    int64_t length;

    if (file == NULL)
        return -ENOENT;
    file_get(file);
    length = proc_path_of_file(file, buf);
    file_put(file);
    return length;
}
