/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_sync.c - what is dirty gets to stable storage: all of it, or what one file needs.
 *
 * Data go to their places first, which may change inodes and maps; then a commit takes what has changed, with its own
 * flushes of the disk's cache, before the last of which the data were written. Where nothing is to be committed, data
 * need a flush all the same.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"
#include "fs/ext4/ext4_journal.h"
#include "vfs/volume.h"

#define RETRIES_MAX 3u /* as Linux */

/* ---- commits ---- */

/* Without a journal: all that is dirty, in no order. */
static int write_all(struct ext4_fs *e4)
{
    int error = ext4_buffers_write(e4);

    if (error == 0 && !ext4_option_is_set(&e4->options, EXT4_NO_BARRIER))
        error = blk_flush(e4->dev);
    if (error == 0)
        ext4_blocks_committed(e4, 0);
    return error;
}

/* *flushed: the disk's cache was, on the way. */
static int commit(struct ext4_fs *e4, uint32_t tid, bool *flushed)
{
    struct ext4_journal *journal = e4->journal;

    *flushed = false;
    if (journal == NULL) {
        *flushed = true;
        return write_all(e4);
    }
    if (tid == 0 || !journal->is_open || jbd2_is_committed(&journal->jbd2, tid))
        return 0;
    *flushed = true;
    return jbd2_commit(&journal->jbd2, tid);
}

int ext4_commit(struct ext4_fs *e4, uint32_t tid)
{
    bool flushed;

    return e4->is_dead ? -EROFS : commit(e4, tid, &flushed);
}

uint32_t ext4_running_tid(const struct ext4_fs *e4)
{
    return e4->journal != NULL ? jbd2_running_tid(&e4->journal->jbd2) : 0;
}

int ext4_commit_all(struct ext4_fs *e4)
{
    return ext4_commit(e4, ext4_running_tid(e4));
}

/* The same, and what was written beside it. */
static int commit_and_flush(struct ext4_fs *e4, uint32_t tid)
{
    bool flushed;

    if (e4->is_dead)
        return -EROFS;
    int error = commit(e4, tid, &flushed);
    return error == 0 && !flushed && !ext4_option_is_set(&e4->options, EXT4_NO_BARRIER) ? blk_flush(e4->dev) : error;
}

bool ext4_blocks_retry(struct ext4_fs *e4, int error, unsigned *tries)
{
    uint64_t kept = e4->alloc != NULL ? e4->alloc->kept : 0;

    if (error != -ENOSPC || kept == 0 || ++*tries > RETRIES_MAX)
        return false;
    return ext4_commit_all(e4) == 0 && e4->alloc->kept < kept;
}

bool ext4_room_retry(struct ext4_fs *e4, int error, unsigned *tries)
{
    if (error != -ENOSPC || *tries != 0 || !ext4_reap(e4))
        return ext4_blocks_retry(e4, error, tries);
    ++*tries;
    return ext4_commit_all(e4) == 0;
}

/* ---- all ---- */

static int inodes_write(struct filesystem *fs)
{
    static const uint32_t types[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK};
    int result = 0;

    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        int error = writeback_inodes(fs, types[i]);
        if (error != 0 && result == 0)
            result = error;
    }
    return result;
}

int ext4_sync(struct filesystem *fs, bool all)
{
    struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);
    bool entered = volume_enter(fs);
    int error = 0;

    if (e4->fs.device_read_only || e4->dev->read_only) {
        volume_leave(fs, entered);
        return 0;
    }
    int files = inodes_write(fs);
    ext4_reap(e4);
    if (!fs->read_only || e4->is_dead)
        error = commit_and_flush(e4, ext4_running_tid(e4));
    if (error != 0 && !e4->is_dead) /* it is tried again, as are those that are dying */
        filesystem_mark_dirty(fs);
    else if (list_is_empty(&e4->dying))
        filesystem_forget_dirty(fs);
    volume_leave(fs, entered);
    return error == 0 && all ? files : error;
}

/* ---- one file ---- */

int ext4_sync_inode(struct inode *inode, bool data_only)
{
    struct ext4_fs *e4 = ext4_of(inode);
    struct ext4_inode *ei = ext4_inode_of(inode);
    bool entered = volume_enter(inode->fs);
    bool is_late = e4->fs.read_only && (inode->dirty || inode->meta_dirty); /* it can't be stored any more */
    int error = e4->is_dead || is_late ? -EROFS : 0;

    if (error == 0 && !e4->fs.read_only) {
        error = data_only ? pagecache_write_back(inode) : inode_write_back(inode);
        if (error == 0)
            error = commit_and_flush(e4, data_only ? ei->data_tid : ei->tid);
    }
    volume_leave(inode->fs, entered);
    return error;
}
