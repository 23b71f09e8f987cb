/* SPDX-License-Identifier: Apache-2.0 */
/* fifo.c - how pipes come to be, open and change their size: pipe(2), fifo(7). */
#include "abi/errno.h"
#include "core/clock.h"
#include "core/thread.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/pipe.h"

#define SLOTS 16u                /* at first: 64 KiB */
#define SIZE_MAX_USER (1u << 20) /* /proc/sys/fs/pipe-max-size: without CAP_SYS_RESOURCE */
#define RING_ORDER_MAX 7u        /* the most that mm/page.h gives */

/* ---- the ring's memory ---- */

static unsigned order_of(size_t size)
{
    unsigned order = 0;

    while ((size_t)PAGE_SIZE << order < size)
        order++;
    return order;
}

static struct pipe_buffer *ring_alloc(unsigned slots)
{
    size_t size = slots * sizeof(struct pipe_buffer);
    struct page *pages;

    if (size <= PAGE_SIZE)
        return kmalloc(size);
    if (order_of(size) > RING_ORDER_MAX)
        return NULL;
    pages = page_alloc_order_dirty(order_of(size));
    return pages != NULL ? page_data(pages) : NULL;
}

static void ring_free(struct pipe_buffer *ring, unsigned slots)
{
    size_t size = slots * sizeof(*ring);

    if (size <= PAGE_SIZE)
        kfree(ring);
    else
        page_put_order(page_of(virt_to_phys(ring)), order_of(size));
}

uint64_t pipe_size(const struct pipe *pipe)
{
    return (uint64_t)pipe->slots << PAGE_SHIFT;
}

/* The number of pages, a power of two, for a size in bytes. 0: it is too large. */
static unsigned slots_for(uint32_t size)
{
    unsigned slots = 1;

    if (size > 1u << 31)
        return 0;
    while ((uint64_t)slots << PAGE_SHIFT < size)
        slots *= 2;
    return slots;
}

int64_t pipe_set_size(struct pipe *pipe, uint32_t size)
{
    unsigned slots = slots_for(size), used = pipe_used(pipe);
    struct pipe_buffer *ring;

    if (slots == 0)
        return -EINVAL;
    if (slots > pipe->slots && (uint64_t)slots << PAGE_SHIFT > SIZE_MAX_USER &&
        !cred_has(&current_thread()->cred, CAP_SYS_RESOURCE))
        return -EPERM;
    if (slots < used)
        return -EBUSY;
    ring = ring_alloc(slots);
    if (ring == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < used; i++)
        ring[i] = *pipe_at(pipe, i);
    ring_free(pipe->ring, pipe->slots);
    pipe->ring = ring;
    pipe->slots = slots;
    pipe->tail = 0;
    pipe->head = used;
    pipe_wake_writers(pipe);
    return (int64_t)pipe_size(pipe);
}

/* ---- life ---- */

/* The inode's pipe, with one more file. 0 or -ENOMEM. */
static int pipe_get(struct inode *inode)
{
    struct pipe *pipe = inode->pipe;

    if (pipe == NULL) {
        pipe = kmalloc(sizeof(*pipe));
        if (pipe == NULL)
            return -ENOMEM;
        pipe->ring = ring_alloc(SLOTS);
        if (pipe->ring == NULL) {
            kfree(pipe);
            return -ENOMEM;
        }
        pipe->slots = SLOTS;
        inode->pipe = pipe;
    }
    pipe->files++;
    return 0;
}

void pipe_put(struct inode *inode)
{
    struct pipe *pipe = inode->pipe;

    if (--pipe->files != 0)
        return;
    inode->pipe = NULL;
    while (!pipe_is_empty(pipe))
        pipe_drop(pipe);
    if (pipe->spare != NULL)
        page_put(pipe->spare);
    ring_free(pipe->ring, pipe->slots);
    kfree(pipe);
}

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

static int open_reader(struct pipe *pipe, struct file *file)
{
    int error = 0;

    pipe->read_opens++;
    if (pipe->readers++ == 0)
        tell_peers(pipe);
    if (pipe->writers != 0)
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

    if ((file->flags & O_NONBLOCK) && pipe->readers == 0)
        return -ENXIO;
    pipe->write_opens++;
    if (pipe->writers++ == 0)
        tell_peers(pipe);
    if (pipe->readers != 0)
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
