/* SPDX-License-Identifier: Apache-2.0 */
/* proc_links.c - where the links of a process lead: exe, cwd, root, and each of fd/. */
#include "abi/errno.h"
#include "core/pid.h"
#include "fs/proc_process.h"
#include "vfs/fs_context.h"
#include "vfs/nameless.h"

/* There is nothing there: why. */
static int nothing(const struct proc_inode *at)
{
    return proc_process(at) == NULL ? -ESRCH : -ENOENT;
}

static int place_copy(const struct path *path, struct path *out)
{
    *out = *path;
    path_get(out);
    return 0;
}

/* Of what is in no directory. The inode may be another's to let go meanwhile. */
static int nameless(struct inode *inode, struct path *out)
{
    int error;

    inode_get(inode);
    error = nameless_path(inode, "", 0, out);
    inode_put(inode);
    return error;
}

/* The place's path, and its references back. */
static int64_t print_and_put(const struct path *path, char *buf)
{
    int64_t length = proc_path_print(path, buf);

    path_put(path);
    return length;
}

int proc_exe_follow(const struct proc_inode *at, struct path *out)
{
    const struct process *process = proc_process(at);

    return process != NULL && process->program.dentry != NULL ? place_copy(&process->program, out) : nothing(at);
}

int64_t proc_exe_link(const struct proc_inode *at, char *buf)
{
    struct path path;
    int error = proc_exe_follow(at, &path);

    return error != 0 ? error : print_and_put(&path, buf);
}

int proc_cwd_follow(const struct proc_inode *at, struct path *out)
{
    const struct thread *thread = proc_thread(at);

    return thread != NULL && thread->fs != NULL ? place_copy(&thread->fs->cwd, out) : nothing(at);
}

int64_t proc_cwd_link(const struct proc_inode *at, char *buf)
{
    struct path path;
    int error = proc_cwd_follow(at, &path);

    return error != 0 ? error : print_and_put(&path, buf);
}

int proc_root_follow(const struct proc_inode *at, struct path *out)
{
    const struct thread *thread = proc_thread(at);

    return thread != NULL && thread->fs != NULL ? place_copy(&thread->fs->root, out) : nothing(at);
}

int64_t proc_root_link(const struct proc_inode *at, char *buf)
{
    struct path path;
    int error = proc_root_follow(at, &path);

    return error != 0 ? error : print_and_put(&path, buf);
}

int proc_fd_follow(const struct proc_inode *at, struct path *out)
{
    const struct file *file = proc_fd_file(at);

    if (file == NULL)
        return -ENOENT;
    if (file->path.mount != NULL)
        return place_copy(&file->path, out);
    return file->inode != NULL ? nameless(file->inode, out) : -ENXIO;
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
