/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - open file descriptions, and reads and writes as far as they are the same for all kinds of file. */
#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/lock.h"
#include "vfs/pagecache.h"
#include "vfs/vfs.h"

int file_new(struct inode *inode, const struct file_ops *ops, uint32_t flags, void *owner, struct file **out)
{
    struct file *file = kmalloc(sizeof(*file));
    if (!file)
        return -ENOMEM;
    *file = (struct file){.ops = ops, .inode = inode, .flags = flags, .refs = 1, .owner = owner};
    if (inode)
        inode_get(inode);
    *out = file;
    return 0;
}

void file_get(struct file *file)
{
    file->refs++;
}

void file_put(struct file *file)
{
    if (--file->refs)
        return;
    if (file->ops && file->ops->release)
        file->ops->release(file);
    if (file->extra != NULL)
        file->extra->release(file);
    inode_put(file->inode);
    kfree(file);
}

static int may_read(const struct file *file)
{
    if (!file_is_readable(file))
        return -EBADF;
    return file->ops->read ? 0 : -EINVAL;
}

static int may_write(const struct file *file)
{
    if (!file_is_writable(file))
        return -EBADF;
    return file->ops->write ? 0 : -EINVAL;
}

static int64_t write_at(struct file *file, struct iter *iter, uint64_t *pos)
{
    int64_t done = file->ops->write(file, iter, pos);
    if (done > 0 && (file->flags & O_DSYNC)) { /* O_SYNC has that bit too */
        int ret = file_sync(file);
        if (ret)
            return ret;
    }
    return done;
}

int64_t file_read(struct file *file, struct iter *iter)
{
    int ret = may_read(file);
    return ret ? ret : file->ops->read(file, iter, file->ops->seekable ? &file->pos : NULL);
}

int64_t file_write(struct file *file, struct iter *iter)
{
    int ret = may_write(file);
    return ret ? ret : write_at(file, iter, file->ops->seekable ? &file->pos : NULL);
}

/* Whether there can be `size` bytes at `pos`: offsets are signed (Linux's rw_verify_area). */
static int check_range(const struct file *file, uint64_t pos, uint64_t size)
{
    if (pos > INT64_MAX)
        return -EINVAL;
    if (!file->ops->seekable)
        return -ESPIPE;
    return size > INT64_MAX - pos ? -EINVAL : 0;
}

int64_t file_pread(struct file *file, struct iter *iter, uint64_t pos)
{
    int ret = may_read(file);
    if (ret)
        return ret;
    ret = check_range(file, pos, iter->left);
    return ret ? ret : file->ops->read(file, iter, &pos);
}

int64_t file_pwrite(struct file *file, struct iter *iter, uint64_t pos)
{
    int ret = may_write(file);
    if (ret)
        return ret;
    ret = check_range(file, pos, iter->left);
    return ret ? ret : write_at(file, iter, &pos);
}

int64_t file_seek(struct file *file, int64_t offset, int whence)
{
    int64_t from, size;
    if (file->flags & O_PATH)
        return -EBADF;
    if (!file->ops->seekable || !file->inode)
        return -ESPIPE;
    size = (int64_t)(file->ops->size != NULL ? file->ops->size(file) : file->inode->size);
    if (!S_ISREG(file->inode->mode) && !S_ISDIR(file->inode->mode) && file->ops->size == NULL)
        return 0; /* /dev/null and its like: any place is the same */
    switch (whence) {
    case SEEK_SET:
        from = 0;
        break;
    case SEEK_CUR:
        from = (int64_t)file->pos;
        break;
    case SEEK_END:
        from = size;
        break;
    case SEEK_DATA: /* a file is one stretch of data with a hole at its end */
    case SEEK_HOLE:
        if (offset < 0 || offset >= size)
            return -ENXIO;
        from = whence == SEEK_HOLE ? size - offset : 0;
        break;
    default:
        return -EINVAL;
    }
    if (__builtin_add_overflow(from, offset, &from) || from < 0)
        return -EINVAL;
    file->pos = (uint64_t)from;
    return from;
}

int64_t file_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    if (file->flags & O_PATH)
        return -EBADF;
    return file->ops->ioctl ? file->ops->ioctl(file, request, arg) : -ENOTTY;
}

int file_sync(struct file *file)
{
    struct inode *inode = file->inode;
    if (file->flags & O_PATH)
        return -EBADF;
    if (file->ops->sync != NULL)
        return file->ops->sync(file);
    if (!inode || (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode)))
        return -EINVAL;
    int ret = inode_write_back(inode);
    return !ret && inode->fs->ops->sync ? inode->fs->ops->sync(inode->fs) : ret;
}
