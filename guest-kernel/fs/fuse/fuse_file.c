/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_file.c - opening, sizes, room and storing of files of the host. */
#include "abi/errno.h"
#include "abi/fsflags.h"
#include "fs/fuse/fuse_told.h"
#include "fs/fuse/fuse_dax.h"
#include "vfs/flusher.h"
#include "vfs/inode_attr.h"
#include "vfs/pagecache.h"

/* ---- opening and closing ---- */

static int file_opens(struct inode *inode, uint32_t flags)
{
    uint64_t number;
    int error = fuse_fetch(inode);

    if (error != 0 || (flags & O_PATH))
        return error;
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
    if (writes)
        error = fuse_handle_get(fuse_node_of(inode), FUSE_WRITING, &number);
    if (error == 0 && (flags & O_ACCMODE) != O_WRONLY)
        error = fuse_handle_get(fuse_node_of(inode), FUSE_READING, &number);
    return error;
}

/* Mappings may have left something to be written: then it stays open until that is done, soon. */
static void file_closed(struct inode *inode)
{
    struct fuse_node *node = fuse_node_of(inode);

    if (inode->writers > 0 || !(fuse_handle_is_open(node, FUSE_WRITING) || fuse_handle_is_open(node, FUSE_APPENDING)))
        return;
    if (inode->dirty) {
        flusher_wake();
        return;
    }
    fuse_handle_put(node, FUSE_WRITING);
    fuse_handle_put(node, FUSE_APPENDING);
    fuse_connection_kick(fuse_connection_of(inode)); /* who waits for that on the host need not wait for more */
}

static void file_all_closed(struct inode *inode)
{
    struct fuse_node *node = fuse_node_of(inode);

    if (inode->writers <= 0 && !inode->dirty)
        fuse_handle_put(node, FUSE_WRITING);
    fuse_handle_put(node, FUSE_APPENDING);
    fuse_handle_put(node, FUSE_READING);
}

/* ---- size, room, storing ---- */

int fuse_truncate(struct inode *inode, uint64_t size)
{
    struct fuse_node *node = fuse_node_of(inode);
    struct fuse_setattr_in in = {.which = FUSE_SET_SIZE, .size = size};
    struct fuse_attr_out out;
    int error = fuse_ids_drop(inode);

    if (error != 0)
        return error;
    if (fuse_handle_is_open(node, FUSE_WRITING)) {
        in.which |= FUSE_SET_HANDLE;
        in.handle = node->open[FUSE_WRITING].number;
    }
    struct fuse_message *message = fuse_node_message(inode, FUSE_SETATTR, &in, sizeof(in));
    if (message == NULL)
        return -ENOMEM;
    fuse_node_changed(node); /* a size that is under way isn't to bring pages back */
    int64_t got = fuse_call(&message, &out, sizeof(out), sizeof(out));
    fuse_message_end(message);
    if (got >= 0)
        inode->size = size;
    fuse_node_changed(node);
    if (got < 0)
        (void)fuse_fetch_now(inode); /* what it has left of it */
    return got < 0 ? fuse_doubt(fuse_fs_of(inode), (int)got) : 0;
}

int fuse_allocate(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size)
{
    struct fuse_node *node = fuse_node_of(inode);
    struct fuse_fallocate_in in = {.offset = pos, .length = size, .mode = mode};

    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) /* as on Linux */
        return -EOPNOTSUPP;
    int error = fuse_fs_of(inode)->has_no_allocate ? -EOPNOTSUPP : fuse_handle_get(node, FUSE_WRITING, &in.handle);

    inode_written(inode);
    if (error == 0)
        error = fuse_ids_drop(inode);
    if (error == 0 && inode->dirty)
        error = pagecache_write_back(inode);
    if (error != 0)
        return error;
    struct fuse_message *message = fuse_message(fuse_connection_of(inode), FUSE_FALLOCATE, inode->key, &in, sizeof(in));
    if (message == NULL)
        return -ENOMEM;
    error = (int)fuse_call(&message, NULL, 0, 0);
    fuse_message_end(message);
    if (error == -ENOSYS) {
        fuse_fs_of(inode)->has_no_allocate = true;
        return -EOPNOTSUPP;
    }
    fuse_node_changed(node);
    if (mode & ~FALLOC_FL_KEEP_SIZE) /* what changed pages know nothing of */
        pagecache_forget(inode, pos >> PAGE_SHIFT, (pos + size + PAGE_MASK) >> PAGE_SHIFT);
    return error != 0 ? error : fuse_fetch_now(inode);
}

/* Where the server can't tell, all is data. */
int64_t fuse_seek_data(struct inode *inode, uint64_t pos, bool hole)
{
    struct fuse_fs *fs = fuse_fs_of(inode);
    struct fuse_lseek_in in = {.offset = pos, .whence = hole ? SEEK_HOLE : SEEK_DATA};
    int64_t all_data = hole ? (int64_t)inode->size : (int64_t)pos;
    struct fuse_lseek_out out;
    int error = fs->has_no_seek ? 0 : fuse_handle_get(fuse_node_of(inode), FUSE_READING, &in.handle);

    if (fs->has_no_seek)
        return all_data;
    if (error == 0 && inode->dirty)
        error = pagecache_write_back(inode);
    if (error != 0)
        return error;
    struct fuse_message *message = fuse_message(&fs->connection, FUSE_LSEEK, inode->key, &in, sizeof(in));
    if (message == NULL)
        return -ENOMEM;
    int64_t got = fuse_call(&message, &out, sizeof(out), sizeof(out));
    fuse_message_end(message);
    if (got == -ENOSYS) {
        fs->has_no_seek = true;
        return all_data;
    }
    if (got < 0)
        return got;
    return out.offset >= pos && out.offset <= INT64_MAX ? (int64_t)out.offset : -EIO;
}

int fuse_sync(struct inode *inode, bool data_only)
{
    struct fuse_node *node = fuse_node_of(inode);
    struct fuse_fs *fs = fuse_fs_of(inode);
    bool is_dir = S_ISDIR(inode->mode);
    struct fuse_fsync_in in = {.flags = data_only};
    enum fuse_handle_kind kind = is_dir                                    ? FUSE_LISTING
                                 : fuse_handle_is_open(node, FUSE_WRITING) ? FUSE_WRITING
                                                                           : FUSE_READING;
    int error = is_dir ? 0 : pagecache_write_back(inode);

    if (error == 0 && !fs->has_no_fsync)
        error = fuse_handle_get(node, kind, &in.handle);
    if (error != 0 || fs->has_no_fsync)
        return error;
    struct fuse_message *message =
        fuse_message(&fs->connection, is_dir ? FUSE_FSYNCDIR : FUSE_FSYNC, inode->key, &in, sizeof(in));
    if (message == NULL)
        return -ENOMEM;
    error = (int)fuse_call(&message, NULL, 0, 0);
    fuse_message_end(message);
    if (error == -ENOSYS && !is_dir)
        fs->has_no_fsync = true;
    return error == -ENOSYS ? 0 : error;
}

const struct inode_ops fuse_file_ops = {
    .set_attr = fuse_set_attr,
    .fetch = fuse_fetch,
    .get_xattr = fuse_get_xattr,
    .set_xattr = fuse_set_xattr,
    .list_xattr = fuse_list_xattr,
    .seek_data = fuse_seek_data,
    .allocate = fuse_allocate,
    .truncate = fuse_truncate,
    .read_pages = fuse_read_pages,
    .write_pages = fuse_write_pages,
    .show_pages = fuse_show_pages,
    .show_written = fuse_show_written,
    .sync = fuse_sync,
    .opens = file_opens,
    .closed = file_closed,
    .all_closed = file_all_closed,
    .transfer = fuse_transfer,
    .reads_past = fuse_reads_past,
    .lock = fuse_lock,
    .test_lock = fuse_test_lock,
    .unlock = fuse_unlock,
    .blocks = fuse_blocks,
    .release = fuse_release,
};
