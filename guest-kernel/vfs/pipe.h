/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipe.h - pipes and FIFOs (pipe(7)): a ring of buffers, each a part of a page.
 *
 * A buffer's page may be the pipe's own, or anybody's who doesn't mind that its bytes are read later (splice(2)).
 */
#ifndef GK_VFS_PIPE_H
#define GK_VFS_PIPE_H

#include "core/wait.h"
#include "vfs/vfs.h"

enum {
    PIPE_MERGE = 1,  /* a write may add to what is in the page: it is the pipe's own */
    PIPE_PACKET = 2, /* a read takes it whole, or what it has room for, and the rest is lost (O_DIRECT) */
};

struct pipe_buffer {
    struct page *page;     /* one reference */
    uint16_t offset, size; /* the bytes that haven't been read: never none */
    uint32_t flags;
};

struct pipe {
    struct pipe_buffer *ring;
    unsigned slots;      /* a power of two */
    unsigned head, tail; /* the next one to be filled, and to be read; they count on, modulo 2^32 */
    unsigned reserved;   /* slots of those who wait while they get what is to be in them */
    unsigned readers, writers;
    unsigned files;                   /* open ones, and opens that wait for a peer */
    uint32_t read_opens, write_opens; /* how many there ever were */
    bool taken, taken_awaited;        /* somebody reads, and waits meanwhile: nobody else does; who waits for that */
    bool polled;                      /* somebody has: readers are told of each write */
    struct page *spare;               /* for the next write, or NULL */
    struct wait_queue readable, room; /* read and write wait exclusively */
    struct fasync *reader_owners, *writer_owners; /* who is told of each write, and of each read: vfs/fasync.h */
};

extern const struct file_ops file_ops_pipe;

/* A new pipe's two ends. flags: O_NONBLOCK, O_DIRECT. 0 or -ENOMEM. */
int pipe_create(uint32_t flags, struct file *ends[2]);
/* open(2) of a FIFO: may wait for a peer. 0, -ENXIO, -EINVAL, -ENOMEM, -ERESTARTSYS. Sets the file's ops. */
int fifo_open(struct inode *inode, struct file *file);

/* One more file for the inode's pipe, which is made if there is none: 0 or -ENOMEM. And one less: it goes with the
 * last. */
int pipe_get(struct inode *inode);
void pipe_put(struct inode *inode);

/* The pipe of an open file, borrowed; NULL: it is none. */
struct pipe *pipe_of(const struct file *file);
uint64_t pipe_size(const struct pipe *pipe);
/* F_SETPIPE_SZ: the size that it has then, or -EINVAL, -EPERM, -EBUSY, -ENOMEM. */
int64_t pipe_set_size(struct pipe *pipe, uint32_t size);

/* ---- for splice ---- */

static inline unsigned pipe_used(const struct pipe *pipe)
{
    return pipe->head - pipe->tail;
}
static inline bool pipe_is_empty(const struct pipe *pipe)
{
    return pipe->head == pipe->tail;
}
static inline bool pipe_is_full(const struct pipe *pipe)
{
    return pipe_used(pipe) + pipe->reserved >= pipe->slots;
}
/* The nth buffer from the oldest on; pipe_used() is the first free one. */
static inline struct pipe_buffer *pipe_at(const struct pipe *pipe, unsigned n)
{
    return &pipe->ring[(pipe->tail + n) & (pipe->slots - 1)];
}
/* The oldest buffer is empty: it goes. */
void pipe_drop(struct pipe *pipe);
/* Adds a buffer to a pipe that isn't full; takes over the reference to the page. */
void pipe_add(struct pipe *pipe, const struct pipe_buffer *buffer);
/* For who may wait, as when it looks at user memory, before it has the buffer: keeps room for it in a pipe that isn't
 * full, and gives that up, right before pipe_add or as there is nothing to be added. */
static inline void pipe_reserve(struct pipe *pipe)
{
    pipe->reserved++;
}
static inline void pipe_unreserve(struct pipe *pipe)
{
    pipe->reserved--;
}
/* Waits until there is something that nobody has taken, or no writer; until there is room, or no reader. `how`:
 * WAIT_EXCLUSIVE, for who wakes the next one if it leaves something over, or else 0, as it may use up nothing of what
 * it was woken for (tee). 0, -EAGAIN, -ERESTARTSYS. */
int pipe_wait_readable(struct pipe *pipe, bool nonblocking, unsigned how);
int pipe_wait_room(struct pipe *pipe, bool nonblocking, unsigned how);
/* Tells readers that there is something now, and writers that there is room: those who wait. */
void pipe_wake_readers(struct pipe *pipe);
void pipe_wake_writers(struct pipe *pipe);
/* The same, and signals to the owners of their files. */
void pipe_tell_readers(struct pipe *pipe);
void pipe_tell_writers(struct pipe *pipe);
/* Sets and resets `taken`; who waited for that is woken. */
static inline void pipe_take(struct pipe *pipe)
{
    pipe->taken = true;
}
void pipe_tell_given_back(struct pipe *pipe);
static inline void pipe_give_back(struct pipe *pipe)
{
    pipe->taken = false;
    if (pipe->taken_awaited)
        pipe_tell_given_back(pipe);
}
/* There is no reader: SIGPIPE to the thread. -EPIPE. */
int pipe_broken(void);

/* How large the pipes of those without CAP_SYS_RESOURCE may be (/proc/sys/fs/pipe-max-size). */
extern int pipe_size_max;

#endif
