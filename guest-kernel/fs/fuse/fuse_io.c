/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_io.c - bytes of files of the host: pages for the cache, and writes, which go out at once.
 *
 * A read of many pages makes several messages, which the server sees together. A write takes the bytes into pages of
 * its own, as the program may change its buffer, or have it taken away, while the server reads; what the cache has
 * there follows when the server has them.
 */
#include "abi/errno.h"
#include "core/thread.h"
#include "core/wait.h"
#include "fs/fuse/fuse.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "vfs/pagecache.h"

#define MESSAGES_MAX 16u /* under way for one call */

static struct fuse_message *transfer_message(struct inode *inode, bool write, uint64_t handle, uint64_t pos,
                                             uint32_t size, uint32_t flags)
{
    struct fuse_transfer_in in = {.handle = handle, .offset = pos, .size = size, .transfer_flags = flags};

    return fuse_message(fuse_connection_of(inode), write ? FUSE_WRITE : FUSE_READ, inode->key, &in, sizeof(in));
}

static int64_t read_wait(struct fuse_message **message)
{
    uint32_t size = (*message)->data_size;

    return fuse_message_wait(message, NULL, 0, 0, size);
}

/* 0, or the error: `size` bytes were written, all of them. */
static int64_t write_wait(struct fuse_message **message)
{
    struct fuse_write_out out;
    uint32_t size = (*message)->data_size;
    int64_t got = fuse_message_wait(message, &out, sizeof(out), sizeof(out), sizeof(out));

    if (got < 0)
        return got;
    return out.size <= size ? (int64_t)out.size : -EIO;
}

/* ---- pages of the cache ---- */

/* The file ended before: what was to be in the pages from there on is zeros. */
static void rest_zero(struct page **pages, size_t from, size_t size)
{
    while (from < size) {
        size_t offset = from & PAGE_MASK, step = PAGE_SIZE - offset;
        memset((char *)page_data(pages[from >> PAGE_SHIFT]) + offset, 0, step);
        from += step;
    }
}

struct batch { /* messages for pages in a row, each of `most` pages but the last */
    struct inode *inode;
    struct fuse_message *message[MESSAGES_MAX];
    struct page **pages;
    uint64_t index, handle;
    unsigned count, messages, most;
    bool write;
};

/* Bytes of a file that a row of pages holds when it is stored. */
static size_t bytes_of(const struct inode *inode, uint64_t index, unsigned count)
{
    uint64_t start = index << PAGE_SHIFT, left = start < inode->size ? inode->size - start : 0;

    return left < (uint64_t)count << PAGE_SHIFT ? (size_t)left : (size_t)count << PAGE_SHIFT;
}

/* Hands over as many messages as there can be. */
static int batch_send(struct batch *batch)
{
    unsigned done = 0;

    while (done < batch->count && batch->messages < MESSAGES_MAX) {
        unsigned step = batch->count - done < batch->most ? batch->count - done : batch->most;
        size_t size = batch->write ? bytes_of(batch->inode, batch->index + done, step) : (size_t)step << PAGE_SHIFT;
        struct fuse_message *message;
        if (size == 0) /* the file has become shorter */
            break;
        message = transfer_message(batch->inode, batch->write, batch->handle, (batch->index + done) << PAGE_SHIFT,
                                   (uint32_t)size, batch->write ? FUSE_WRITE_CACHE : 0);
        if (message == NULL)
            return batch->messages != 0 ? 0 : -ENOMEM;
        fuse_message_pages(message, batch->pages + done, step, size, !batch->write);
        fuse_message_send(message, batch->write ? sizeof(struct fuse_write_out) : 0);
        batch->message[batch->messages++] = message;
        done += step;
    }
    batch->count = done;
    return 0;
}

/* Waits for all: the first error. */
static int batch_wait(struct batch *batch)
{
    struct page **pages = batch->pages;
    int first_error = 0;

    for (unsigned i = 0; i < batch->messages; i++) {
        struct fuse_message **message = &batch->message[i];
        unsigned count = (*message)->page_count;
        size_t size = (*message)->data_size;
        int64_t got = batch->write ? write_wait(message) : read_wait(message);
        fuse_message_end(*message);
        if (got >= 0 && !batch->write)
            rest_zero(pages, (size_t)got, (size_t)count << PAGE_SHIFT);
        else if (got >= 0 && (size_t)got < size)
            got = -EIO;
        if (got < 0 && first_error == 0)
            first_error = (int)got;
        pages += count;
    }
    return first_error;
}

static int pages_transfer(struct inode *inode, uint64_t index, struct page **pages, unsigned count, bool write)
{
    struct batch batch = {.inode = inode, .most = fuse_connection_of(inode)->pages_most, .write = write};
    int error = fuse_handle_get(fuse_node_of(inode), write ? FUSE_WRITING : FUSE_READING, &batch.handle);

    while (error == 0 && count != 0) {
        batch.messages = 0;
        batch.pages = pages;
        batch.index = index;
        batch.count = count;
        error = batch_send(&batch);
        if (batch.messages == 0)
            break;
        fuse_connection_kick(fuse_connection_of(inode));
        int failed = batch_wait(&batch);
        error = error != 0 ? error : failed;
        pages += batch.count;
        index += batch.count;
        count -= batch.count;
    }
    return error;
}

int fuse_read_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    return pages_transfer(inode, index, pages, count, false);
}

int fuse_write_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    int error = pages_transfer(inode, index, pages, count, true);

    fuse_node_changed(fuse_node_of(inode));
    if (inode->writers <= 0 && !inode->dirty) /* it was open for this alone */
        fuse_handle_put(fuse_node_of(inode), FUSE_WRITING);
    return error;
}

/* ---- writes, and reads past the cache ---- */

/* The server has `size` bytes at `pos` from the message's pages: what the cache has there becomes the same. */
static void cache_follow(struct inode *inode, const struct fuse_message *message, uint64_t pos, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t to = (pos + done) & PAGE_MASK, from = done & PAGE_MASK, step = PAGE_SIZE - (to > from ? to : from);
        struct page *page = pagecache_find_any(inode, (pos + done) >> PAGE_SHIFT);
        if (step > size - done)
            step = size - done;
        if (page != NULL && (page->flags & PAGE_LOCKED))
            page->flags |= PAGE_STALE; /* it is being filled with what was there */
        else if (page != NULL && !(page->flags & PAGE_WINDOW))
            memcpy((char *)page_data(page) + to, (const char *)page_data(message->pages[done >> PAGE_SHIFT]) + from,
                   step);
        if (page != NULL)
            page_put(page);
        done += step;
    }
}

/* Up to `size` bytes out of the program's memory. */
static int64_t pages_fill(const struct fuse_message *message, struct iter *iter, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t step = size - done < PAGE_SIZE ? size - done : PAGE_SIZE;
        int64_t moved = iter_drain(iter, page_data(message->pages[done >> PAGE_SHIFT]), step);
        if (moved < 0)
            return done != 0 ? (int64_t)done : moved;
        done += (size_t)moved;
        if ((size_t)moved < step)
            break;
    }
    return (int64_t)done;
}

/* The server has appended so much, where others may have done so meanwhile: the cache has nothing of it. Where the file
 * ends now, or -errno. */
static int64_t appended(struct inode *inode)
{
    int error = fuse_fetch_now(inode);

    return error != 0 ? error : (int64_t)inode->size;
}

/* follows: what the cache has at `pos` becomes the same. */
static int64_t write_some(struct inode *inode, struct iter *iter, uint64_t pos, size_t size, uint64_t handle,
                          bool follows)
{
    struct fuse_message *message = transfer_message(inode, true, handle, pos, 0, 0);
    int64_t moved = -ENOMEM, got;

    if (message != NULL && fuse_message_room(message, size, false) == 0)
        moved = pages_fill(message, iter, size);
    if (moved <= 0) {
        fuse_message_end(message);
        return moved;
    }
    message->data_size = (uint32_t)moved;
    ((struct fuse_transfer_in *)message->text)->size = (uint32_t)moved;
    fuse_message_send(message, sizeof(struct fuse_write_out));
    fuse_connection_kick(message->connection);
    got = write_wait(&message);
    if (got > 0 && follows) {
        if (pos > inode->size)
            pagecache_grow(inode);
        cache_follow(inode, message, pos, (size_t)got);
        if (pos + (uint64_t)got > inode->size)
            inode->size = pos + (uint64_t)got;
    }
    fuse_node_changed(fuse_node_of(inode));
    if (fuse_fs_of(inode)->is_told) /* but of neither that nor of others' writes in this very moment */
        fuse_node_of(inode)->is_modified = true;
    fuse_message_end(message);
    return got;
}

/* Room for the reply in the program's own buffer, if that is whole pages, which spares a copy; else in new pages. What
 * there is room for, or -ENOMEM. */
static int64_t read_room(struct fuse_message *message, struct iter *iter, size_t size)
{
    uint64_t base = iter_base(iter), in_segment = iter->segment->length - iter->offset;

    if (iter->user && !(base & PAGE_MASK) && in_segment >= PAGE_SIZE) {
        size_t room = fuse_message_user_room(message, base, size < in_segment ? size : (size_t)in_segment);
        if (room != 0)
            return (int64_t)room;
    }
    return fuse_message_room(message, size, true) == 0 ? (int64_t)size : -ENOMEM;
}

/* The program's page may be another one by now: then that is filled like any other. */
static bool page_is_there(struct iter *iter, const struct page *filled)
{
    uint64_t base = iter_base(iter);
    uint32_t *word;

    return iter->user && !(base & PAGE_MASK) && user_word_at_hand(base, true, &word) && word == page_data(filled);
}

/* The reply's bytes, to where the program wants them. */
static int64_t read_end(const struct fuse_message *message, struct iter *iter, int64_t size)
{
    int64_t done = 0;

    while (done < size) {
        size_t step = (size_t)(size - done) < PAGE_SIZE ? (size_t)(size - done) : PAGE_SIZE;
        const struct page *page = message->pages[done >> PAGE_SHIFT];
        int64_t moved = (int64_t)step;
        if (page_is_there(iter, page))
            iter_skip(iter, step);
        else
            moved = iter_fill(iter, page_data(page), step);
        if (moved < 0 && done == 0)
            return moved;
        if (moved > 0)
            done += moved;
        if (moved < (int64_t)step)
            break;
    }
    return done;
}

/* *size becomes what was asked for. */
static int64_t read_some(struct inode *inode, struct iter *iter, uint64_t pos, size_t *size, uint64_t handle)
{
    struct fuse_message *message = transfer_message(inode, false, handle, pos, 0, 0);
    int64_t got = message != NULL ? read_room(message, iter, *size) : -ENOMEM;

    if (got > 0) {
        *size = (size_t)got;
        ((struct fuse_transfer_in *)message->text)->size = (uint32_t)got;
        fuse_message_send(message, 0);
        fuse_connection_kick(message->connection);
        got = read_wait(&message);
    }
    if (got > 0)
        got = read_end(message, iter, got);
    fuse_message_end(message);
    return got;
}

/* Appending is the host's, as others there may append as well. Whoever has no right to that any more, by the file's
 * mode, has a handle to write from before: then the end is asked for, as well as that goes. */
static int transfer_begin(struct file *file, uint64_t *pos, bool write, uint64_t *handle, bool *appends)
{
    struct inode *inode = file->inode;
    struct fuse_node *node = fuse_node_of(inode);
    int error = -EACCES;

    *appends = write && (file->flags & O_APPEND);
    if (*appends)
        error = fuse_handle_get(node, FUSE_APPENDING, handle);
    if (error == -EACCES) {
        *appends = false;
        error = fuse_handle_get(node, write ? FUSE_WRITING : FUSE_READING, handle);
    }

    if (error == 0 && inode->dirty && !write) /* mappings may have changed what is read */
        error = pagecache_write_back(inode);
    if (error == 0 && write)
        error = fuse_ids_drop(inode);
    if (error == 0 && write && !*appends && (file->flags & O_APPEND)) {
        error = fuse_fetch_now(inode);
        *pos = inode->size;
    }
    return error;
}

int64_t fuse_transfer(struct file *file, struct iter *iter, uint64_t *pos, bool write)
{
    struct inode *inode = file->inode;
    uint64_t done = 0, look = WAIT_LOOP_BYTES, handle;
    bool appends;

    if (iter->left == 0)
        return 0;
    int64_t got = transfer_begin(file, pos, write, &handle, &appends);
    if (got != 0)
        return got;
    while (iter->left != 0) {
        size_t most = (size_t)fuse_connection_of(inode)->pages_most << PAGE_SHIFT;
        size_t size = iter->left < most ? (size_t)iter->left : most;
        if (*pos > INT64_MAX - PAGE_SIZE - size)
            got = write ? -EFBIG : 0;
        else
            got = write ? write_some(inode, iter, *pos, size, handle, !appends)
                        : read_some(inode, iter, *pos, &size, handle);
        if (got < 0 && done == 0)
            return got;
        if (got <= 0)
            break;
        *pos += (uint64_t)got;
        done += (uint64_t)got;
        if ((size_t)got < size)
            break;
        if (done >= look) {
            look += WAIT_LOOP_BYTES;
            if (wait_loop_ends(true))
                break;
        }
    }
    if (!write) {
        fuse_node_of(inode)->was_passed |= *pos == done;
        inode->read_next = *pos >> PAGE_SHIFT;
    }
    if (appends && (got = appended(inode)) >= 0)
        *pos = (uint64_t)got;
    return (int64_t)done;
}
