/* SPDX-License-Identifier: Apache-2.0 */
/* fasync.c - see fasync.h. */
#include "vfs/fasync.h"

#include "abi/errno.h"
#include "mm/kmalloc.h"
#include "vfs/owner.h"
#include "vfs/vfs.h"

static void tell_owner(const struct fasync *async, int code)
{
    owner_signal(async->file, async->fd, code);
}

/* Where the list points to the file's entry; to NULL if it has none. */
static struct fasync **place_of(struct fasync **list, const struct file *file)
{
    while (*list != NULL && (*list)->file != file)
        list = &(*list)->next;
    return list;
}

static void take_out(struct fasync **at)
{
    struct fasync *async = *at;

    *at = async->next;
    async->file->flags &= ~O_ASYNC;
    kfree(async);
}

static int put_in(struct fasync **list, struct file *file, int fd)
{
    struct fasync *async = kmalloc(sizeof(*async));
    struct fasync *there = *place_of(list, file); /* another thread's, as this one waited for memory */

    if (there == NULL && async == NULL)
        return -ENOMEM;
    if (there != NULL) {
        kfree(async);
    } else {
        *async = (struct fasync){.next = *list, .file = file, .tell = tell_owner};
        *list = there = async;
    }
    there->fd = fd;
    file->flags |= O_ASYNC;
    return 0;
}

int fasync_set(struct fasync **list, struct file *file, int fd, bool on)
{
    struct fasync **at;

    if (on)
        return put_in(list, file, fd);
    at = place_of(list, file);
    if (*at != NULL)
        take_out(at);
    return 0;
}

void fasync_drop(struct fasync **list, bool (*goes)(const struct file *file))
{
    while (*list != NULL) {
        if (goes((*list)->file))
            take_out(list);
        else
            list = &(*list)->next;
    }
}
