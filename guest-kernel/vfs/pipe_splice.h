/* SPDX-License-Identifier: Apache-2.0 */
/* pipe_splice.h - bytes into pipes and between them as references to pages, without a copy (splice(2), tee(2)). */
#ifndef GK_VFS_PIPE_SPLICE_H
#define GK_VFS_PIPE_SPLICE_H

#include "vfs/pipe.h"

/* Waits until the pipe has room. 0, -EAGAIN, -ERESTARTSYS; -EPIPE (and SIGPIPE): it has no reader. */
int splice_wait_room(struct pipe *pipe, bool nonblocking);

/* Fills a pipe that has room from a file that can be read, at *pos, on which it steps; what is not seekable is read
 * where it is. As much as there is room for, at most `size` bytes: how many; 0: the end; -EINVAL: not from such a file,
 * or its error. nonblocking: SPLICE_F_NONBLOCK, for a file that heeds it (file_ops.splice_read). */
int64_t splice_from_file(struct file *in, uint64_t *pos, struct pipe *pipe, uint64_t size, bool nonblocking);

/* Moves up to `size` bytes from one pipe to another or, with `keep`, copies them. How many; 0: the end of `in`; or
 * -EAGAIN, -ERESTARTSYS, -EPIPE. */
int64_t splice_pipes(struct pipe *in, struct pipe *out, uint64_t size, bool nonblocking, bool keep);

/* A program's buffers, as they are when they are read, into a pipe. How many bytes, or -EFAULT, -EAGAIN ... */
int64_t splice_from_user(struct iter *iter, struct pipe *pipe, bool nonblocking);

#endif
