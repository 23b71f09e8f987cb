/* SPDX-License-Identifier: Apache-2.0 */
/* dnotify.c - see dnotify.h: watches (vfs/watch.h) of no group, whose news are signals. */
#include "vfs/dnotify.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "mm/kmalloc.h"
#include "vfs/fdtable.h"
#include "vfs/owner.h"
#include "vfs/vfs.h"
#include "vfs/watch.h"

struct dnotify {
    struct watch watch; /* of the directory, to which `file` has a reference */
    struct file_watcher watcher;
    const struct file *file;
    const struct fdtable *table;
    int fd; /* as the signal has it: the latest that something was wanted by */
    bool goes_on;
};

int dnotify_enabled = 1;

static void dnotify_end(struct dnotify *dnotify)
{
    watch_detach(&dnotify->watch);
    file_unwatch(&dnotify->watcher);
    kfree(dnotify);
}

static void file_goes(struct file_watcher *watcher)
{
    dnotify_end(container_of(watcher, struct dnotify, watcher));
}

static void descriptor_closes(struct file_watcher *watcher, const struct fdtable *table)
{
    struct dnotify *dnotify = container_of(watcher, struct dnotify, watcher);

    if (dnotify->table == table)
        dnotify_end(dnotify);
}

/* Once, but for DN_MULTISHOT. What happens to the directory itself counts as what happens in it. */
static void tell(struct watch *watch, const struct watch_news *news)
{
    struct dnotify *dnotify = container_of(watch, struct dnotify, watch);

    if (!(watch->mask & news->mask))
        return;
    owner_signal(dnotify->file, dnotify->fd, POLL_MSG);
    if (!dnotify->goes_on)
        dnotify_end(dnotify);
}

static uint32_t events_of(uint32_t wanted)
{
    static const struct {
        uint32_t wanted, events;
    } map[] = {
        {DN_ACCESS, IN_ACCESS},
        {DN_MODIFY, IN_MODIFY},
        {DN_CREATE, IN_CREATE | IN_MOVED_TO},
        {DN_DELETE, IN_DELETE | IN_MOVED_FROM},
        {DN_RENAME, WATCH_RENAMED},
        {DN_ATTRIB, IN_ATTRIB},
    };
    uint32_t events = 0;

    for (unsigned i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (wanted & map[i].wanted)
            events |= map[i].events;
    return events;
}

static struct dnotify *dnotify_find(const struct file *file, const struct fdtable *table)
{
    for (struct file_watcher *at = file->watchers; at != NULL; at = at->next) {
        struct dnotify *dnotify = container_of(at, struct dnotify, watcher);

        if (at->file_goes == file_goes && dnotify->table == table)
            return dnotify;
    }
    return NULL;
}

static struct dnotify *dnotify_new(struct file *file, const struct fdtable *table)
{
    struct dnotify *dnotify = kmalloc(sizeof(*dnotify));

    if (dnotify == NULL)
        return NULL;
    dnotify->file = file;
    dnotify->table = table;
    dnotify->watch.tell = tell;
    dnotify->watcher.file_goes = file_goes;
    dnotify->watcher.descriptor_closes = descriptor_closes;
    return dnotify;
}

/* Who has made room by then may find the descriptor closed, by which what it wanted would have ended. */
static int dnotify_add(struct file *file, int fd, uint32_t wanted)
{
    const struct fdtable *table = current_thread()->files;
    struct file_extra *extra = file_extra_get(file);
    struct dnotify *fresh = extra != NULL ? dnotify_new(file, table) : NULL, *dnotify;

    if (fresh == NULL)
        return -ENOMEM;
    dnotify = dnotify_find(file, table);
    bool is_closed = fd_get(table, fd) != file;
    if (dnotify != NULL || is_closed)
        kfree(fresh);
    if (is_closed)
        return 0;
    if (dnotify == NULL) {
        dnotify = fresh;
        watch_attach(&dnotify->watch, file->inode);
        file_watch(file, &dnotify->watcher);
    }
    dnotify->fd = fd;
    dnotify->watch.mask |= events_of(wanted);
    dnotify->goes_on |= (wanted & DN_MULTISHOT) != 0;
    owner_set_default(&extra->owner, F_OWNER_PID, current_process()->id);
    return 0;
}

int dnotify_set(struct file *file, int fd, uint32_t wanted)
{
    struct dnotify *dnotify;

    if (dnotify_enabled == 0)
        return -EINVAL;
    if (wanted & ~DN_MULTISHOT) {
        if (file->inode == NULL || !S_ISDIR(file->inode->mode))
            return -ENOTDIR;
        int error = dnotify_add(file, fd, wanted);
        if (error == 0)
            watch_others(file->inode);
        return error;
    }
    dnotify = dnotify_find(file, current_thread()->files);
    if (dnotify != NULL)
        dnotify_end(dnotify);
    return 0;
}
