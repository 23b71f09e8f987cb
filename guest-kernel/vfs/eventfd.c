/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd.c - reading, writing and polling counters. */
#include "vfs/eventfd.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/wait.h"
#include "lib/printf.h"
#include "mm/kmalloc.h"
#include "vfs/anon.h"

struct eventfd {
    uint64_t count;
    bool semaphore;
    struct wait_queue changed;
};

static int64_t eventfd_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct eventfd *event = file->owner;
    uint64_t taken;
    int error = 0;

    (void)pos;
    if (iter->left < sizeof(taken))
        return -EINVAL;
    while (event->count == 0 && error == 0)
        error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&event->changed, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    if (error != 0)
        return error;
    taken = event->semaphore ? 1 : event->count;
    event->count -= taken;
    wait_wake_all(&event->changed, POLLOUT);
    return iter_fill(iter, &taken, sizeof(taken)) == sizeof(taken) ? (int64_t)sizeof(taken) : -EFAULT;
}

static int add(struct file *file, uint64_t more)
{
    struct eventfd *event = file->owner;
    int error = 0;

    if (more == UINT64_MAX)
        return -EINVAL;
    while (UINT64_MAX - event->count <= more && error == 0)
        error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&event->changed, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    if (error != 0)
        return error;
    event->count += more;
    wait_wake_all(&event->changed, POLLIN);
    return 0;
}

/* As on Linux, each buffer of a vector is a write of its own. */
static int64_t eventfd_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    int64_t done = 0;

    (void)pos;
    do {
        uint64_t more = 0, size = iter->count != 0 ? iter->segment->length - iter->offset : 0;
        int error = size != sizeof(more) ? -EINVAL : 0;

        if (error == 0 && iter_drain(iter, &more, sizeof(more)) < (int64_t)sizeof(more))
            error = -EFAULT;
        if (error == 0)
            error = add(file, more);
        if (error != 0)
            return done != 0 ? done : error;
        done += (int64_t)sizeof(more);
        (void)iter_base(iter); /* to the next buffer */
    } while (iter->left != 0);
    return done;
}

static uint32_t eventfd_poll(struct file *file, struct poll_table *table)
{
    struct eventfd *event = file->owner;

    poll_hook(table, &event->changed);
    return (event->count != 0 ? POLLIN : 0) | (event->count == UINT64_MAX ? POLLERR : 0) |
           (event->count < UINT64_MAX - 1 ? POLLOUT : 0);
}

static void eventfd_release(struct file *file)
{
    struct eventfd *event = file->owner;

    wait_wake_all(&event->changed, POLLHUP);
    kfree(event);
}

static int eventfd_describe(struct file *file, char *buf, size_t size)
{
    const struct eventfd *event = file->owner;

    return snprintf(buf, size, "eventfd-count: %16lx\neventfd-id: -1\neventfd-semaphore: %d\n",
                    (unsigned long)event->count, event->semaphore);
}

static const struct file_ops eventfd_ops = {
    .describe = eventfd_describe,
    .name = "anon_inode:[eventfd]",
    .read = eventfd_read,
    .write = eventfd_write,
    .plain_write = true,
    .release = eventfd_release,
    .poll = eventfd_poll,
    .seek_is_void = true,
};

bool eventfd_is(const struct file *file)
{
    return file->ops == &eventfd_ops;
}

void eventfd_signal(struct file *file)
{
    struct eventfd *event = file->owner;

    if (event->count < UINT64_MAX)
        event->count++;
    wait_wake_all(&event->changed, POLLIN | (event->count == UINT64_MAX ? POLLERR : 0));
}

int eventfd_create(uint64_t count, bool semaphore, uint32_t flags, struct file **out)
{
    struct eventfd *event = kmalloc(sizeof(*event));
    int error;

    if (event == NULL)
        return -ENOMEM;
    event->count = count;
    event->semaphore = semaphore;
    error = anon_file_new(&eventfd_ops, O_RDWR | flags, event, out);
    if (error != 0)
        kfree(event);
    return error;
}
