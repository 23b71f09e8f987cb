/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_file.c - the data of files in memory: the page cache is all there is, and what it lacks is a hole. */
#include "abi/errno.h"
#include "core/clock.h"
#include "core/wait.h"
#include "fs/tmpfs.h"
#include "vfs/seal.h"
#include "vfs/sparse.h"

static int file_truncate(struct inode *inode, uint64_t size)
{
    inode->size = size;
    return 0;
}

static int64_t file_seek_data(struct inode *inode, uint64_t pos, bool hole)
{
    return sparse_seek(inode, pos, hole);
}

/* Pages for all that lacks some. On an error those go again that nothing was written to. */
static int room_make(struct inode *inode, uint64_t first, uint64_t end)
{
    uint64_t index = first;
    int error = 0;

    for (; index < end && error == 0; index++) {
        error = sparse_reserve(inode, index);
        if (error == 0 && index % (WAIT_LOOP_BYTES / PAGE_SIZE) == 0 && wait_loop_ends(false))
            error = -EINTR;
    }
    if (error != 0)
        sparse_unreserve(inode, first, index);
    return error;
}

static int room_add(struct inode *inode, bool keep_size, uint64_t start, uint64_t end)
{
    const struct tmpfs *tmpfs = tmpfs_of(inode->fs);
    uint64_t first = start >> PAGE_SHIFT, last = (end + PAGE_MASK) >> PAGE_SHIFT;

    if ((inode->seals & F_SEAL_GROW) && end > inode->size)
        return -EPERM;
    if (tmpfs->most_pages != 0 && last - first > tmpfs->most_pages)
        return -ENOSPC; /* rather than after having taken all that there is */
    int error = room_make(inode, first, last);
    if (error == 0 && !keep_size && end > inode->size)
        sparse_grow(inode, end);
    return error;
}

/* As Linux's shmem_fallocate. */
static int file_allocate_room(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size)
{
    int error;

    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
        return -EOPNOTSUPP;
    if (mode & FALLOC_FL_PUNCH_HOLE)
        error = sparse_punch(inode, pos, pos + size);
    else
        error = room_add(inode, mode & FALLOC_FL_KEEP_SIZE, pos, pos + size);
    if (error == 0)
        inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
    return error;
}

static int file_set_attr(struct inode *inode, struct attr_change *change)
{
    bool is_sealed = (inode->seals & F_SEAL_EXEC) && (change->which & ATTR_MODE);

    return is_sealed && ((change->mode ^ inode->mode) & 0111) ? -EPERM : 0;
}

const struct inode_ops tmpfs_file_ops = {
    .set_attr = file_set_attr,
    .set_flags = tmpfs_set_flags,
    .set_acl = tmpfs_set_acl,
    .get_xattr = tmpfs_get_xattr,
    .set_xattr = tmpfs_set_xattr,
    .list_xattr = tmpfs_list_xattr,
    .seek_data = file_seek_data,
    .allocate = file_allocate_room,
    .truncate = file_truncate,
    .count_page = tmpfs_count_page,
    .blocks = tmpfs_blocks,
    .release = tmpfs_release,
};
