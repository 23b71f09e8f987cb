/* SPDX-License-Identifier: Apache-2.0 */
/* fifo.c - how pipes come to be and FIFOs are opened: pipe(2), fifo(7). */
#include "abi/errno.h"
#include "core/clock.h"
#include "core/thread.h"
#include "mm/kmalloc.h"
#include "vfs/pipe.h"

/* ---- pipe(2) ---- */

static void inode_release(struct inode *inode)
{
    kfree(inode);
}

static const struct inode_ops pipe_inode_ops = {.release = inode_release};

static struct inode *inode_create(void)
{
    static uint64_t last_number = 3; /* of the standard streams */
    const struct cred *cred = &current_thread()->cred;
    struct inode *inode = kmalloc(sizeof(*inode));

    if (inode == NULL)
        return NULL;
    inode_init(inode, NULL, &pipe_inode_ops, ++last_number, S_IFIFO | 0600);
    inode->uid = cred->user.fs;
    inode->gid = cred->group.fs;
    inode->atime = inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
    return inode;
}

static int end_create(struct inode *inode, uint32_t flags, struct file **out)
{
    int error = pipe_get(inode);

    if (error != 0)
        return error;
    error = file_new(inode, &file_ops_pipe, flags, inode->pipe, out);
    if (error != 0) {
        pipe_put(inode);
        return error;
    }
    inode->pipe->readers += file_is_readable(*out);
    inode->pipe->writers += file_is_writable(*out);
    return 0;
}

int pipe_create(uint32_t flags, struct file *ends[2])
{
    struct inode *inode = inode_create();
    int error;

    if (inode == NULL)
        return -ENOMEM;
    error = end_create(inode, O_RDONLY | (flags & O_NONBLOCK), &ends[0]);
    if (error == 0) {
        error = end_create(inode, O_WRONLY | flags, &ends[1]);
        if (error == 0)
            inode->pipe->read_opens = inode->pipe->write_opens = 1;
        else
            file_put(ends[0]);
    }
    inode_put(inode);
    return error;
}

/* ---- FIFOs ---- */

/* Waits until the other side has been opened once more. 0 or -ERESTARTSYS. */
static int wait_for_peer(struct pipe *pipe, const uint32_t *opens)
{
    uint32_t before = *opens;
    int error = 0;

    while (*opens == before && error == 0)
        error = wait_on(&pipe->readable, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    return *opens != before ? 0 : error;
}

static void tell_peers(struct pipe *pipe)
{
    wait_wake_all(&pipe->readable, 0);
}

/* A pipe that is opened anew, by /proc/PID/fd, is there: nobody is waited for, as on Linux. */
static bool is_pipe(const struct inode *inode)
{
    return inode->ops == &pipe_inode_ops;
}

static int open_reader(struct pipe *pipe, struct file *file)
{
    int error = 0;

    pipe->read_opens++;
    if (pipe->readers++ == 0)
        tell_peers(pipe);
    if (pipe->writers != 0 || is_pipe(file->inode))
        return 0;
    if (file->flags & O_NONBLOCK)
        file->pos = pipe->write_opens; /* for poll: no writer has gone */
    else
        error = wait_for_peer(pipe, &pipe->write_opens);
    if (error != 0 && --pipe->readers == 0)
        wait_wake_all(&pipe->room, 0);
    return error;
}

static int open_writer(struct pipe *pipe, const struct file *file)
{
    int error;

    if ((file->flags & O_NONBLOCK) && pipe->readers == 0 && !is_pipe(file->inode))
        return -ENXIO;
    pipe->write_opens++;
    if (pipe->writers++ == 0)
        tell_peers(pipe);
    if (pipe->readers != 0 || is_pipe(file->inode))
        return 0;
    error = wait_for_peer(pipe, &pipe->read_opens);
    if (error != 0 && --pipe->writers == 0)
        wait_wake_all(&pipe->readable, 0);
    return error;
}

static void open_both(struct pipe *pipe)
{
    pipe->read_opens++;
    pipe->write_opens++;
    pipe->readers++;
    pipe->writers++;
    if (pipe->readers == 1 || pipe->writers == 1)
        tell_peers(pipe);
}

int fifo_open(struct inode *inode, struct file *file)
{
    int error = pipe_get(inode);

    if (error != 0)
        return error;
    switch (file->flags & O_ACCMODE) {
    case O_RDONLY:
        error = open_reader(inode->pipe, file);
        break;
    case O_WRONLY:
        error = open_writer(inode->pipe, file);
        break;
    case O_RDWR:
        open_both(inode->pipe);
        break;
    default:
        error = -EINVAL;
    }
    if (error != 0) {
        pipe_put(inode);
        return error;
    }
    file->ops = &file_ops_pipe;
    file->owner = inode->pipe;
    return 0;
}
