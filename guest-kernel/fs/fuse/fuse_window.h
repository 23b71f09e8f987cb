/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_window.h - what of the server's window (vfs/fuse_port.h: struct fuse_shown) shows what: pieces of it, each for
 * a part of a file.
 *
 * A piece is made when it is first needed. When all are in use, the one that was looked for longest ago shows something
 * else; what the cache has of it goes before, out of programs' tables too. A piece of which somebody holds a page stays
 * as it is.
 */
#ifndef GK_FS_FUSE_FUSE_WINDOW_H
#define GK_FS_FUSE_FUSE_WINDOW_H

#include "core/wait_queue.h"
#include "fs/fuse/fuse.h"

struct fuse_piece {
    struct list lru;         /* of its part of the window: the oldest first */
    struct fuse_node *node;  /* whose file it shows; NULL: nobody's */
    struct fuse_piece *next; /* the node's */
    uint64_t start, offset;  /* bytes: in the window, in the file */
    uint32_t size;
    bool busy; /* somebody is at work on it: `changed` tells when that has ended */
    bool writable;
    bool gone; /* what it is about to show, while the server was asked for it */
};

struct fuse_part { /* pieces of one size, one behind the other */
    struct list lru;
    uint64_t start; /* of the first */
    uint32_t piece_size, count, made;
    bool writable;
    struct fuse_piece *pieces; /* of which `made` have been used; NULL: none has */
};

enum { FUSE_PARTS = 4 };

struct fuse_window {
    struct fuse_fs *fs;
    paddr_t base;
    struct fuse_part part[FUSE_PARTS];
    struct wait_queue changed; /* a piece isn't busy any more */
};

/* Of what the port has, of which pieces begin at multiples of `alignment`. NULL: no memory, or the pieces would be too
 * large. */
struct fuse_window *fuse_window_create(struct fuse_fs *fs, uint32_t alignment);
/* Nobody has a piece any more. NULL: does nothing. */
void fuse_window_free(struct fuse_window *window);

/* The node's piece that shows the page at `index`, a writable one if there is one. NULL: none does. */
struct fuse_piece *fuse_piece_find(const struct fuse_node *node, uint64_t index);
/* One for that page of the node, busy, that shows something else so far: the caller has it shown (fuse_piece_show).
 * NULL: there is none. May give way. */
struct fuse_piece *fuse_piece_take(struct fuse_window *window, struct fuse_node *node, uint64_t index, bool writable);
/* Has the server show the file, whose node's it is, in a piece that is busy, which then isn't any more. 0 or -errno:
 * then it isn't the node's. -EINTR: the thread is to end; -EAGAIN: what it showed has gone by now (`gone`). */
int fuse_piece_show(struct fuse_window *window, struct inode *inode, struct fuse_piece *piece);
/* It was looked for. */
void fuse_piece_touch(struct fuse_window *window, struct fuse_piece *piece);
/* The node has it no longer, nor the cache its pages. Not one that is busy. */
void fuse_piece_drop(struct fuse_window *window, struct fuse_piece *piece);
/* The node, whose inode has gone, with its pages, is about to go: nothing of it is shown any more. Waits for nothing.
 */
void fuse_pieces_forget(struct fuse_node *node);
/* Calls `visit` for each piece that has some of the bytes from `start` to `end` of the window; it may drop the piece.
 */
typedef void fuse_piece_visit(struct fuse_window *window, struct fuse_piece *piece);
void fuse_piece_each(struct fuse_window *window, uint64_t start, uint64_t end, fuse_piece_visit *visit);
/* Its page that shows the file's page at `index`, borrowed. */
struct page *fuse_piece_page(const struct fuse_window *window, const struct fuse_piece *piece, uint64_t index);

#endif
