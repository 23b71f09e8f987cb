/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - open file descriptions, and reads and writes as far as they are the same for all kinds of file. */
#include "abi/errno.h"
#include "core/clock.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/inode_attr.h"
#include "vfs/inode_flags.h"
#include "vfs/notify.h"
#include "vfs/owner.h"
#include "vfs/pagecache.h"
#include "vfs/path.h"
#include "vfs/permission.h"
#include "vfs/vfs.h"

uint64_t file_count;

int file_new(struct inode *inode, const struct file_ops *ops, uint32_t flags, void *owner, struct file **out)
{
    struct file *file = kmalloc(sizeof(*file));
    const struct cred *cred = permission_cred();

    if (file == NULL)
        return -ENOMEM;
    *file = (struct file){.ops = ops,
                          .inode = inode,
                          .flags = flags,
                          .refs = 1,
                          .owner = owner,
                          .opener = cred != NULL ? cred->serial : 0};
    mutex_set_rank(&file->pos_lock, RANK_POSITION);
    file_count++;
    *out = file;
    if (inode != NULL)
        inode_get(inode);
    if (inode != NULL && ops == &file_ops_regular) {
        inode->opens++;
        if (inode->write_errors & 1) /* one that nobody was told of is for the next who asks */
            file->write_errors = inode->write_errors;
    }
    return 0;
}

void file_get(struct file *file)
{
    file->refs++;
}

void file_free(struct file *file)
{
    notify_file(file, file_is_writable(file) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
    while (file->watchers != NULL)
        file->watchers->file_goes(file->watchers);
    if ((file->flags & O_ASYNC) && file->ops != NULL && file->ops->fasync != NULL)
        (void)file->ops->fasync(file, -1, false);
    if (file->ops != NULL && file->ops->release != NULL)
        file->ops->release(file);
    if (file->extra != NULL)
        file->extra->release(file);
    if (file->ops == &file_ops_regular && --file->inode->opens == 0 && file->inode->ops->all_closed != NULL)
        file->inode->ops->all_closed(file->inode);
    if (file->counted) {
        inode_write_put(file->inode);
        if (file->inode->writers == 0 && file->inode->ops->closed != NULL)
            file->inode->ops->closed(file->inode);
        if (file->path.mount != NULL)
            file->path.mount->writers--;
    }
    if (file->path.mount != NULL)
        dentry_put(file->path.dentry);
    inode_put_in_turns(file->inode); /* of which the dentry, if it goes as well, has no reference any more */
    if (file->path.mount != NULL)
        mount_put(file->path.mount);
    file_count--;
    kfree(file);
}

static int may_read(const struct file *file)
{
    if (!file_is_readable(file))
        return -EBADF;
    return file->ops->read != NULL ? 0 : -EINVAL;
}

static int may_write(const struct file *file)
{
    if (!file_is_writable(file))
        return -EBADF;
    return file->ops->write != NULL ? 0 : -EINVAL;
}

/* Whether there is anything behind it to be brought up to date: fsync(2) of another is refused. */
static bool can_sync(const struct file *file)
{
    const struct inode *inode = file->inode;

    return file->ops->sync != NULL || (inode != NULL && (S_ISREG(inode->mode) || S_ISDIR(inode->mode)));
}

static int64_t write_at(struct file *file, struct iter *iter, uint64_t *pos)
{
    int64_t done = file->ops->write(file, iter, pos);

    if (done > 0 && (file->flags & O_DSYNC) && can_sync(file)) { /* O_SYNC has that bit too */
        int error = file_sync(file, (file->flags & O_SYNC) != O_SYNC);
        if (error != 0)
            return error;
    }
    return done;
}

/* Those who share the open file read one after the other, as what one waits for moves the position (Linux's
 * f_pos_lock). Only the file's own calls are made with it. */
static int64_t regular_transfer(struct file *file, struct iter *iter, bool write)
{
    mutex_lock(&file->pos_lock);
    int64_t done = write ? write_at(file, iter, &file->pos) : file->ops->read(file, iter, &file->pos);
    mutex_unlock(&file->pos_lock);
    return done;
}

int64_t file_read(struct file *file, struct iter *iter)
{
    int error = may_read(file);

    if (error != 0)
        return error;
    if (file->ops == &file_ops_regular)
        return regular_transfer(file, iter, false);
    return file->ops->read(file, iter, file->ops->seekable ? &file->pos : NULL);
}

int64_t file_write(struct file *file, struct iter *iter)
{
    int error = may_write(file);

    if (error != 0)
        return error;
    if (file->ops == &file_ops_regular)
        return regular_transfer(file, iter, true);
    return write_at(file, iter, file->ops->seekable ? &file->pos : NULL);
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
    int error = may_read(file);

    if (error != 0)
        return error;
    error = check_range(file, pos, iter->left);
    return error != 0 ? error : file->ops->read(file, iter, &pos);
}

int64_t file_pwrite(struct file *file, struct iter *iter, uint64_t pos)
{
    int error = may_write(file);

    if (error != 0)
        return error;
    error = check_range(file, pos, iter->left);
    return error != 0 ? error : write_at(file, iter, &pos);
}

/* Where the file system doesn't know better, a file is one stretch of data with a hole at its end. */
static int64_t data_seek(struct inode *inode, int64_t offset, bool hole)
{
    if (inode->ops->seek_data != NULL)
        return inode->ops->seek_data(inode, (uint64_t)offset, hole);
    return hole ? (int64_t)inode->size : offset;
}

int64_t file_seek_claimed(struct file *file, int64_t offset, int whence)
{
    int64_t from, size;
    int error;

    if (file->flags & O_PATH)
        return -EBADF;
    if (file->ops->seek != NULL)
        return file->ops->seek(file, offset, whence);
    if (file->ops->seek_is_void)
        return 0;
    if (!file->ops->seekable || file->inode == NULL)
        return -ESPIPE;
    if (whence >= SEEK_END && (error = inode_fetch(file->inode)) != 0)
        return error;
    size = (int64_t)(file->ops->size != NULL ? file->ops->size(file) : file->inode->size);
    if (!S_ISREG(file->inode->mode) && !S_ISDIR(file->inode->mode) && file->ops->size == NULL)
        return 0; /* /dev/null and its like: any place is the same */
    switch (whence) {
    case SEEK_SET:
        from = 0;
        break;
    case SEEK_CUR:
        from = (int64_t)file->pos;
        if (S_ISDIR(file->inode->mode)) {
            from = (int64_t)directory_pos_told(file, file->pos);
            if (offset == 0)
                return from;
        }
        break;
    case SEEK_END:
        from = size;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        if (offset < 0 || offset >= size)
            return -ENXIO;
        from = data_seek(file->inode, offset, whence == SEEK_HOLE);
        if (from < 0)
            return from;
        offset = 0;
        break;
    default:
        return -EINVAL;
    }
    if (__builtin_add_overflow(from, offset, &from) || from < 0)
        return -EINVAL;
    file->pos = S_ISDIR(file->inode->mode) ? directory_pos_meant(file, (uint64_t)from) : (uint64_t)from;
    return from;
}

int64_t file_seek(struct file *file, int64_t offset, int whence)
{
    if (file->ops != &file_ops_regular)
        return file_seek_claimed(file, offset, whence);
    mutex_lock(&file->pos_lock);
    int64_t at = file_seek_claimed(file, offset, whence);
    mutex_unlock(&file->pos_lock);
    return at;
}

int64_t file_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    if (file->flags & O_PATH)
        return -EBADF;
    return file->ops->ioctl != NULL ? file->ops->ioctl(file, request, arg) : -ENOTTY;
}

/* What of the file itself could not be stored since this was last asked of the open file: each is told of that once,
 * though it happened behind everybody's back (Linux's errseq_t). */
static int write_error_take(struct file *file)
{
    struct inode *inode = file->inode;

    if (file->write_errors == inode->write_errors)
        return 0;
    inode->write_errors |= 1;
    file->write_errors = inode->write_errors;
    return inode->write_error;
}

static int inode_sync(struct inode *inode, bool data_only)
{
    if (!data_only)
        inode_store_atime(inode);
    if (inode->ops->sync != NULL)
        return inode->ops->sync(inode, data_only);
    return inode->fs->ops->sync != NULL ? inode->fs->ops->sync(inode->fs, false) : inode_write_back(inode);
}

int file_sync(struct file *file, bool data_only)
{
    struct inode *inode = file->inode;

    if (file->flags & O_PATH)
        return -EBADF;
    if (file->ops->sync != NULL)
        return file->ops->sync(file);
    if (!can_sync(file))
        return -EINVAL;
    int error = inode_sync(inode, data_only);
    int own = write_error_take(file);
    return error != 0 ? error : own;
}

/* Whether these FALLOC_FL_* are known, and go together. */
static bool are_modes(uint32_t mode)
{
    bool keeps = mode & FALLOC_FL_KEEP_SIZE;

    switch (mode & ~FALLOC_FL_KEEP_SIZE) {
    case 0:
    case FALLOC_FL_ZERO_RANGE:
    case FALLOC_FL_UNSHARE_RANGE:
        return true;
    case FALLOC_FL_PUNCH_HOLE:
        return keeps;
    case FALLOC_FL_COLLAPSE_RANGE:
    case FALLOC_FL_INSERT_RANGE:
        return !keeps;
    default:
        return false;
    }
}

int file_allocate(struct file *file, uint32_t mode, int64_t offset, int64_t size)
{
    struct inode *inode = file->inode;
    int64_t end;

    if (offset < 0 || size <= 0)
        return -EINVAL;
    if (!are_modes(mode))
        return -EOPNOTSUPP;
    if (!file_is_writable(file))
        return -EBADF;
    if (inode != NULL &&
        ((inode->flags & FS_IMMUTABLE_FL) || ((inode->flags & FS_APPEND_FL) && (mode & ~FALLOC_FL_KEEP_SIZE))))
        return -EPERM;
    if (inode == NULL || S_ISFIFO(inode->mode))
        return -ESPIPE;
    if (S_ISDIR(inode->mode))
        return -EISDIR;
    if (!S_ISREG(inode->mode) && !S_ISBLK(inode->mode))
        return -ENODEV;
    if (__builtin_add_overflow(offset, size, &end))
        return -EFBIG;
    bool is_disk = S_ISBLK(inode->mode);
    if (is_disk ? file->ops->allocate == NULL : inode->ops->allocate == NULL)
        return -EOPNOTSUPP;
    mutex_lock(&inode->lock);
    int error = is_disk ? file->ops->allocate(file, mode, (uint64_t)offset, (uint64_t)size)
                        : inode->ops->allocate(inode, mode, (uint64_t)offset, (uint64_t)size);
    if (error == 0 && !is_disk)
        inode_written(inode);
    mutex_unlock(&inode->lock);
    if (error == 0)
        notify_file(file, IN_MODIFY);
    return error;
}

int64_t file_start(struct file *file, struct iter *iter, uint64_t pos, bool write, struct file_io *io)
{
    bool direct = file->ops == &file_ops_regular && (file->flags & O_DIRECT) && !(write && (file->flags & O_DSYNC));
    int64_t result = direct ? direct_start(file, iter, pos, write, io) : -ENOTBLK;

    if (result != -ENOTBLK)
        return result;
    if (!file->ops->seekable)
        return write ? file_write(file, iter) : file_read(file, iter);
    return write ? file_pwrite(file, iter, pos) : file_pread(file, iter, pos);
}
