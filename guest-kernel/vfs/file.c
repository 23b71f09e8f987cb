/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - open file descriptions, and reads and writes as far as they are the same for all kinds of file. */
#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
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
    if (file->counted)
        inode_write_put(file->inode);
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

int64_t file_pread(struct file *file, struct iter *iter, uint64_t pos)
{
    int ret = may_read(file);
    if (ret)
        return ret;
    if (pos > INT64_MAX)
        return -EINVAL;
    return file->ops->seekable ? file->ops->read(file, iter, &pos) : -ESPIPE;
}

int64_t file_pwrite(struct file *file, struct iter *iter, uint64_t pos)
{
    int ret = may_write(file);
    if (ret)
        return ret;
    if (pos > INT64_MAX)
        return -EINVAL;
    return file->ops->seekable ? write_at(file, iter, &pos) : -ESPIPE;
}

int64_t file_seek(struct file *file, int64_t offset, int whence)
{
    int64_t from, size = file->inode ? (int64_t)file->inode->size : 0;
    if (file->flags & O_PATH)
        return -EBADF;
    if (!file->ops->seekable || !file->inode)
        return -ESPIPE;
    if (!S_ISREG(file->inode->mode) && !S_ISDIR(file->inode->mode))
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
    if (__builtin_add_overflow(from, offset, &from))
        return -EOVERFLOW;
    if (from < 0)
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
    if (!inode || (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode)))
        return -EINVAL;
    if (inode->fs->ops->sync)
        return inode->fs->ops->sync(inode->fs, false);
    return inode_write_back(inode);
}

int file_allocate(struct file *file, uint32_t mode, int64_t offset, int64_t size)
{
    struct inode *inode = file->inode;
    int64_t end;
    if (offset < 0 || size <= 0)
        return -EINVAL;
    if (mode & ~FALLOC_FL_KEEP_SIZE)
        return -EOPNOTSUPP;
    if (!file_is_writable(file))
        return -EBADF;
    if (!inode || S_ISFIFO(inode->mode))
        return -ESPIPE;
    if (S_ISDIR(inode->mode))
        return -EISDIR;
    if (!S_ISREG(inode->mode))
        return -ENODEV;
    if (__builtin_add_overflow(offset, size, &end))
        return -EFBIG;
    if (mode & FALLOC_FL_KEEP_SIZE) /* room beyond the end would have to be given back at the last close */
        return inode->ops->reserve ? -EOPNOTSUPP : 0;
    return (uint64_t)end > inode->size ? vfs_truncate(inode, (uint64_t)end) : 0;
}
