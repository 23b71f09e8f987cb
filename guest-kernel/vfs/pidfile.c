/* SPDX-License-Identifier: Apache-2.0 */
/* pidfile.c - see pidfile.h. */
#include "vfs/pidfile.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/wait.h"
#include "lib/printf.h"
#include "mm/kmalloc.h"
#include "vfs/vfs.h"

static struct pid *pid_of(const struct file *file)
{
    return file->owner;
}

static uint32_t poll_events(struct file *file, struct poll_table *table)
{
    struct pid *pid = pid_of(file);

    poll_hook(table, &pid->changed);
    if (file->flags & PIDFD_THREAD)
        return pid->thread != NULL ? 0 : pid->process != NULL ? POLLIN | POLLRDNORM : POLLIN | POLLRDNORM | POLLHUP;
    if (pid->process == NULL)
        return POLLIN | POLLRDNORM | POLLHUP;
    return pid->process->ended ? POLLIN | POLLRDNORM : 0;
}

static void release(struct file *file)
{
    pid_drop(pid_of(file));
}

static int describe(struct file *file, char *buf, size_t size)
{
    const struct pid *pid = pid_of(file);
    int number = pid->process != NULL || pid->thread != NULL ? pid->number : -1;

    return snprintf(buf, size, "Pid:\t%d\nNSpid:\t%d\n", number, number);
}

static const struct file_ops pidfd_ops = {
    .describe = describe, .name = "anon_inode:[pidfd]", .poll = poll_events, .release = release};

static void inode_release(struct inode *inode)
{
    kfree(inode);
}

static const struct inode_ops pidfd_inode_ops = {.release = inode_release};

/* As Linux's pidfs has it: no type of file, and each process has a number of its own. */
static int inode_create(const struct pid *pid, struct inode **out)
{
    struct inode *inode = kmalloc(sizeof(*inode));

    if (inode == NULL)
        return -ENOMEM;
    inode_init(inode, NULL, &pidfd_inode_ops, pid->serial, 0700);
    *out = inode;
    return 0;
}

bool pidfd_inode_is(const struct inode *inode)
{
    return inode->ops == &pidfd_inode_ops;
}

int pidfd_file(struct pid *pid, uint32_t flags, struct file **out)
{
    struct inode *inode;
    int error;

    pid_hold(pid); /* first, as memory for the file may be waited for */
    error = inode_create(pid, &inode);
    if (error == 0) {
        error = file_new(inode, &pidfd_ops, O_RDWR | flags, pid, out);
        inode_put(inode);
    }
    if (error != 0)
        pid_drop(pid);
    return error;
}

struct pid *pidfd_file_pid(const struct file *file)
{
    return file->ops == &pidfd_ops ? pid_of(file) : NULL;
}
