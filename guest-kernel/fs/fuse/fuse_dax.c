/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_dax.c - see fuse_dax.h. */
#include "fs/fuse/fuse_dax.h"

#include "abi/errno.h"
#include "core/log.h"
#include "core/wait.h"
#include "fs/fuse/fuse_window.h"
#include "lib/string.h"
#include "vfs/pageindex.h"

#define READ_MOST (32u << 10)  /* bytes of a file that is read */
#define PAGES_LEAST 16u        /* are put into the cache at a time */
#define GONE_MOST 64u          /* times */
#define PASS_LEAST (64u << 10) /* bytes of a read */

static struct fuse_window *window_of(const struct inode *inode)
{
    return fuse_fs_of(inode)->window;
}

static uint64_t page_end(const struct inode *inode)
{
    return (inode->size + PAGE_MASK) >> PAGE_SHIFT;
}

/* ---- a file that has become shorter, or that the host can't read ---- */

static void piece_gone(struct fuse_window *window, struct fuse_piece *piece)
{
    if (piece->node == NULL)
        return;
    piece->node->asks_size = true;
    if (piece->busy) /* it is about to go, or to show something else, which may be what has gone */
        piece->gone = true;
    else
        fuse_piece_drop(window, piece);
}

static void range_gone(struct fuse_port *port, uint64_t start, uint64_t size)
{
    struct fuse_window *window = port->fs != NULL ? container_of(port->fs, struct fuse_fs, fs)->window : NULL;

    if (window != NULL)
        fuse_piece_each(window, start, start + size, piece_gone);
}

/* ---- the page cache's ---- */

/* The node's piece for that page, which shows it, and a writable one if that is wanted. -EOPNOTSUPP: there can be none;
 * -EAGAIN: what it showed has gone at once. Nobody else runs from its being found to the return. */
static int piece_get(struct fuse_window *window, struct inode *inode, uint64_t index, bool writable,
                     struct fuse_piece **out)
{
    struct fuse_node *node = fuse_node_of(inode);

    for (;;) {
        struct fuse_piece *piece = fuse_piece_find(node, index);
        if (piece != NULL && piece->busy) {
            int error = wait_on(&window->changed, WAIT_FOREVER, WAIT_KILLABLE);
            if (error != 0)
                return -EINTR;
            continue;
        }
        if (piece != NULL && (piece->writable || !writable)) {
            fuse_piece_touch(window, piece);
            *out = piece;
            return 0;
        }
        piece = fuse_piece_take(window, node, index, writable);
        if (piece == NULL)
            return -EOPNOTSUPP;
        int error = fuse_piece_show(window, inode, piece);
        if (error == -EINTR || error == -EAGAIN || (error != 0 && fuse_connection_of(inode)->port->gone))
            return error;
        if (error != 0) {
            node->is_read = error != -ENOMEM;
            return -EOPNOTSUPP;
        }
    }
}

/* Puts up to `want` of the piece's pages into the cache, from that at `index` on. *out is the first. */
static int pages_insert(const struct fuse_window *window, const struct fuse_piece *piece, struct inode *inode,
                        uint64_t index, unsigned want, struct page **out)
{
    uint64_t end = (piece->offset + piece->size) >> PAGE_SHIFT, at = index;

    if (index >= page_end(inode))
        return -ENXIO;
    if (end > page_end(inode))
        end = page_end(inode);
    if (end - index > want)
        end = index + want;
    for (; at < end; at++) {
        int error = pagecache_insert(inode, at, fuse_piece_page(window, piece, at));
        if (error != 0 && at == index)
            return error == -EEXIST ? -EAGAIN : error;
        if (error != 0)
            break;
    }
    *out = fuse_piece_page(window, piece, index);
    page_get(*out);
    return 0;
}

/* What was shown isn't any more: was that as the file has become shorter? If it happens often it may be that the host
 * can't read it, which is told by reading it. */
static int size_ask(struct inode *inode)
{
    struct fuse_node *node = fuse_node_of(inode);

    node->asks_size = false;
    if (node->times_gone < GONE_MOST)
        node->times_gone++;
    else
        node->is_read = true;
    return fuse_fetch_now(inode);
}

/* Whichever of the pieces it is of: the next who looks for it finds a writable one. */
static void page_forget(struct inode *inode, uint64_t index)
{
    struct page **slot = pageindex_slot(inode, index);

    if (slot == NULL || *slot == NULL || !((*slot)->flags & PAGE_WINDOW))
        return;
    (void)object_unmap_page(&inode->object, index, *slot);
    pageindex_clear(inode, index);
}

int fuse_show_pages(struct inode *inode, uint64_t index, unsigned want, struct page **out)
{
    struct fuse_window *window = window_of(inode);
    struct fuse_node *node = fuse_node_of(inode);
    struct fuse_piece *piece;

    int error = node->asks_size ? size_ask(inode) : 0;
    if (error == 0 && index >= page_end(inode)) /* or has it become longer? */
        error = fuse_fetch_now(inode);
    if (error == 0 && index >= page_end(inode))
        error = -ENXIO;
    if (error == 0 && (window == NULL || inode->size <= READ_MOST || node->is_read))
        error = -EOPNOTSUPP;
    if (error == 0)
        error = piece_get(window, inode, index, false, &piece);
    if (error != 0)
        return error;
    return pages_insert(window, piece, inode, index, want > PAGES_LEAST ? want : PAGES_LEAST, out);
}

int fuse_show_written(struct inode *inode, uint64_t index)
{
    struct fuse_window *window = window_of(inode);
    struct fuse_piece *piece;
    int error = piece_get(window, inode, index, true, &piece);

    if (error == -EOPNOTSUPP) /* then it is read, and stored, like any other's */
        fuse_node_of(inode)->is_read = true;
    else if (error != 0 && error != -EAGAIN)
        return error;
    struct page **slot = pageindex_slot(inode, index);
    if (error == 0 && slot != NULL && *slot == fuse_piece_page(window, piece, index)) {
        fuse_node_changed(fuse_node_of(inode)); /* the time of its change is the host's to set */
        return 0;
    }
    page_forget(inode, index);
    return -EAGAIN;
}

/* Whether a short file's first page is in the cache, and thus all of what somebody has read. */
static bool is_cached(const struct inode *inode)
{
    struct page **slot = pageindex_slot(inode, 0);

    return slot != NULL && *slot != NULL;
}

/* A page that is shown costs the host's KVM a fault, ten times what its bytes cost to copy, which pays for who comes
 * back; and a page of the cache is memory that nobody else had, which costs as much, and stays. So a file that is read
 * in order by large reads, or a short one by a single read, is read past the cache the first time, into pages that
 * others had, and shown or kept the second. */
bool fuse_reads_past(const struct inode *inode, uint64_t pos, uint64_t size)
{
    const struct fuse_node *node = fuse_node_of(inode);
    uint64_t index = pos >> PAGE_SHIFT;

    if (pos >= inode->size)
        return false;
    if (inode->size <= READ_MOST)
        return pos == 0 && size >= inode->size && !node->was_passed && !is_cached(inode);
    if (size < PASS_LEAST || window_of(inode) == NULL || node->is_read || fuse_piece_find(node, index) != NULL)
        return false;
    return pos == 0 ? !node->was_passed : index == inode->read_next;
}

/* ---- the beginning and the end ---- */

void fuse_dax_begin(struct fuse_fs *fs, const struct fuse_init_out *init)
{
    struct fuse_shown *shown = &fs->connection.port->shown;

    if (shown->size == 0 || !(init->flags & FUSE_MAP_ALIGNMENT) || init->map_alignment >= 32)
        return;
    fs->window = fuse_window_create(fs, 1u << init->map_alignment);
    if (fs->window == NULL)
        return;
    shown->gone = range_gone;
    log_info("virtiofs: %s: pages of files are the host's", fs->connection.port->tag);
}

void fuse_dax_end(struct fuse_fs *fs)
{
    fs->connection.port->shown.gone = NULL;
    fuse_window_free(fs->window);
    fs->window = NULL;
}
