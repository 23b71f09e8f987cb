/* SPDX-License-Identifier: Apache-2.0 */
/* watch_file.c - see watch_file.h: reading and polling a group's events. */
#include "vfs/watch_file.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/wait.h"
#include "lib/printf.h"
#include "mm/usercopy.h"
#include "vfs/anon.h"
#include "vfs/device.h"
#include "vfs/fasync.h"
#include "vfs/watch.h"

#define FIONREAD 0x541bu

/* ---- reading ---- */

static uint32_t name_room(const struct watch_event *event)
{
    const uint32_t unit = sizeof(struct inotify_event_user);

    return event->length != 0 ? (event->length + 1 + unit - 1) / unit * unit : 0;
}

static uint64_t size_for_user(const struct watch_event *event)
{
    return sizeof(struct inotify_event_user) + name_room(event);
}

static int event_put(const struct watch_event *event, struct iter *iter)
{
    const struct inotify_event_user head = {event->wd, event->mask, event->cookie, name_room(event)};
    uint32_t rest = head.size - event->length;

    if (iter_fill(iter, &head, sizeof(head)) != (int64_t)sizeof(head))
        return -EFAULT;
    if (head.size == 0)
        return 0;
    if (iter_fill(iter, event->name, event->length) != event->length || iter_zero(iter, rest) != rest)
        return -EFAULT;
    return 0;
}

/* The first event, if there is room for it: bytes. 0: there is none; -EINVAL: it is longer than what is left; -EFAULT:
 * it is lost. */
static int64_t event_read(struct watch_group *group, struct iter *iter)
{
    if (group->first == NULL)
        return 0;
    if (size_for_user(group->first) > iter->left)
        return -EINVAL;
    struct watch_event *event = watch_event_take(group);
    int64_t size = (int64_t)size_for_user(event);
    int error = event_put(event, iter);
    watch_event_free(group, event);
    return error != 0 ? error : size;
}

/* As many as are there and have room, and at least one. */
static int64_t inotify_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct watch_group *group = file->owner;
    int64_t done = 0, step;
    int error = 0;

    (void)pos;
    while (error == 0) {
        while ((step = event_read(group, iter)) > 0)
            done += step;
        if (step == -EFAULT)
            return step;
        if (step != 0 || done != 0)
            return done != 0 ? done : step;
        error = file->flags & O_NONBLOCK ? -EAGAIN : wait_on(&group->changed, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    }
    return error;
}

static uint32_t inotify_poll(struct file *file, struct poll_table *table)
{
    struct watch_group *group = file->owner;

    poll_hook(table, &group->changed);
    return group->first != NULL ? POLLIN | POLLRDNORM : 0;
}

static int inotify_fasync(struct file *file, int fd, bool on)
{
    struct watch_group *group = file->owner;

    return fasync_set(&group->owners, file, fd, on);
}

static int64_t inotify_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    const struct watch_group *group = file->owner;
    int bytes = 0;

    if (request != FIONREAD)
        return -ENOTTY;
    for (const struct watch_event *event = group->first; event != NULL; event = event->next)
        bytes += (int)size_for_user(event);
    return copy_to_user(arg, &bytes, sizeof(bytes));
}

/* ---- the file ---- */

static void inotify_release(struct file *file)
{
    struct watch_group *group = file->owner;

    wait_wake_all(&group->changed, POLLHUP);
    watch_group_destroy(group);
}

/* A line for each watch, the latest first, as Linux has it where there are no file handles. */
static int inotify_describe(struct file *file, char *buf, size_t size)
{
    const struct watch_group *group = file->owner;
    size_t length = 0;

    for (struct watch *watch = watch_previous(group, NULL); watch != NULL; watch = watch_previous(group, watch)) {
        const struct inode *inode = watch->inode;
        size_t at = length < size ? length : size;

        length += (size_t)snprintf(buf + at, size - at, "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:0 \n",
                                   (unsigned)watch->wd, (unsigned long)inode->number,
                                   inode->fs != NULL ? device_internal(inode->fs->device) : 0, watch->mask);
    }
    return length < INT32_MAX ? (int)length : INT32_MAX;
}

static const struct file_ops inotify_ops = {
    .describe = inotify_describe,
    .name = "anon_inode:inotify",
    .read = inotify_read,
    .plain_read = true,
    .ioctl = inotify_ioctl,
    .release = inotify_release,
    .poll = inotify_poll,
    .fasync = inotify_fasync,
    .seek_is_void = true,
};

struct watch_group *inotify_group(const struct file *file)
{
    return file->ops == &inotify_ops ? file->owner : NULL;
}

int inotify_create(uint32_t uid, uint32_t flags, struct file **out)
{
    struct watch_group *group;
    int error = watch_group_create(uid, &group);

    if (error != 0)
        return error;
    error = anon_file_new(&inotify_ops, O_RDONLY | flags, group, out);
    if (error != 0)
        watch_group_destroy(group);
    return error;
}
