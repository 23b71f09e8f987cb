/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open_shared.c - see open_shared.h. What is changed is counts of references and kmalloc's list, which those who share
 * the lock change one at a time; nothing is freed that another one may be looking at. Nor is anybody told of it: where
 * there are watches, this isn't the way.
 */
#include "vfs/open_shared.h"

#include "abi/errno.h"
#include "core/spin.h"
#include "mm/kmalloc.h"
#include "vfs/lock.h"
#include "vfs/mount.h"
#include "vfs/open_file.h"
#include "vfs/watch.h"

#define FLAGS_USUAL (O_ACCMODE | O_CREAT | O_NOCTTY | O_NONBLOCK | O_APPEND | O_LARGEFILE | O_NOFOLLOW | O_CLOEXEC)

static struct spin sharers;

bool open_found_shared(struct fdtable *table, const struct path *path, uint32_t flags, int64_t *fd)
{
    struct inode *inode = path_inode(path);
    struct file *file;
    bool can;

    if (table->refs != 1 || (flags & ~FLAGS_USUAL) || !S_ISREG(inode->mode) || inode->ops->open != NULL ||
        inode->ops->opens != NULL || lock_lease_is_there() || watch_count != 0)
        return false;
    *fd = fd_lowest(table);
    if (*fd < 0 || *fd >= (int64_t)table->slots)
        return false;
    spin_lock(&sharers);
    can = kmalloc_is_at_hand(sizeof(*file));
    if (can) {
        int error = open_found(path, flags, false, &file);
        *fd = error != 0 ? error : fd_install(table, file, 0, flags & O_CLOEXEC);
    }
    spin_unlock(&sharers);
    return can;
}

/* Whether its end changes nothing but counts. */
static bool is_plain(const struct file *file)
{
    return file->refs == 1 && file->ops == &file_ops_regular && file->watchers == NULL && file->extra == NULL &&
           file->path.mount != NULL && file->inode->locks == NULL && file->inode->links != 0 &&
           file->inode->ops->all_closed == NULL;
}

bool close_shared(struct fdtable *table, int fd)
{
    const struct file *file = fd_get(table, fd);
    bool can;

    if (table->refs != 1 || file == NULL || !is_plain(file) || watch_count != 0)
        return false;
    spin_lock(&sharers);
    can = file->path.mount->refs > 1 && dentry_can_idle(file->path.dentry);
    if (can)
        (void)fd_close(table, fd);
    spin_unlock(&sharers);
    return can;
}
