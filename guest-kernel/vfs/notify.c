/* SPDX-License-Identifier: Apache-2.0 */
/* notify.c - see notify.h. */
#include "vfs/notify.h"

static uint32_t with_type(const struct inode *inode, uint32_t mask)
{
    return S_ISDIR(inode->mode) ? mask | IN_ISDIR : mask;
}

/* The directory first, as on Linux: who watches both has them in that order. */
static void tell_both(const struct dentry *dentry, uint32_t mask, bool of_unlinked)
{
    struct watch_news news = {.mask = with_type(dentry->inode, mask), .of_unlinked = of_unlinked};
    struct inode *dir = dentry->parent->inode;

    if (!dentry_is_root(dentry) && dir->watches != NULL) {
        news.name = dentry->name;
        news.length = dentry->length;
        watch_tell(dir, &news);
        news.name = NULL;
    }
    watch_tell(dentry->inode, &news);
}

/* Whoever may list a directory doesn't learn what goes through its FIFOs and devices. */
static bool is_special(const struct inode *inode)
{
    return !S_ISREG(inode->mode) && !S_ISDIR(inode->mode);
}

void notify_dentry(const struct dentry *dentry, uint32_t mask)
{
    if (watch_count != 0)
        tell_both(dentry, mask, false);
}

void notify_file_now(const struct file *file, uint32_t mask)
{
    const struct dentry *dentry = file->path.dentry;

    if (dentry == NULL || (file->flags & O_PATH))
        return;
    if (is_special(file->inode) && (mask & (IN_ACCESS | IN_MODIFY)))
        notify_inode(file->inode, mask);
    else
        tell_both(dentry, mask, !dentry->hashed && !dentry_is_root(dentry));
}

void notify_path(const struct path *path, struct inode *inode, uint32_t mask)
{
    if (path->dentry != NULL)
        notify_dentry(path->dentry, mask);
    else
        notify_inode(inode, mask);
}

void notify_inode(struct inode *inode, uint32_t mask)
{
    if (watch_count != 0)
        watch_tell(inode, &(struct watch_news){.mask = with_type(inode, mask)});
}

void notify_name(struct inode *dir, const char *name, size_t length, const struct inode *inode, uint32_t mask)
{
    if (watch_count != 0)
        watch_tell(dir, &(struct watch_news){.mask = with_type(inode, mask), .name = name, .length = length});
}

uint32_t notify_cookie(void)
{
    static uint32_t last;

    return ++last;
}

void notify_move(const struct notify_move *move)
{
    struct watch_news news = {.cookie = notify_cookie()};

    if (watch_count == 0)
        return;
    if (move->old_dir == move->new_dir)
        watch_tell(move->old_dir, &(struct watch_news){.mask = WATCH_RENAMED});
    news.mask = with_type(move->moved, IN_MOVED_FROM);
    news.name = move->old_name;
    news.length = move->old_length;
    watch_tell(move->old_dir, &news);
    news.mask = with_type(move->moved, IN_MOVED_TO);
    news.name = move->new_name;
    news.length = move->new_length;
    watch_tell(move->new_dir, &news);
    if (move->replaced != NULL)
        notify_inode(move->replaced, IN_ATTRIB);
    watch_tell(move->moved, &(struct watch_news){.mask = IN_MOVE_SELF});
}
