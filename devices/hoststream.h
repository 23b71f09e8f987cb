/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoststream.h - a descriptor that lvmm inherited (stdin, a pipe, a terminal) as a device reads or writes it: without
 * ever blocking for good, and without O_NONBLOCK on it, for its open file is shared with other processes.
 *
 * A pipe or terminal is opened once more by hoststream_open_again, while lvmm can still open things; nothing else is
 * done before the first use. The device's lock guards it.
 */
#ifndef LVMM_DEVICES_HOSTSTREAM_H
#define LVMM_DEVICES_HOSTSTREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "vmm/loop.h"

enum hoststream_kind {
    HOSTSTREAM_UNUSED,      /* not looked at yet */
    HOSTSTREAM_FILE,        /* always ready: an ordinary file, /dev/null */
    HOSTSTREAM_NONBLOCKING, /* we opened it again, with O_NONBLOCK of our own */
    HOSTSTREAM_POLLED,      /* was not opened again: asked before each use */
};

#define HOSTSTREAM_AT_ONCE                                                                     \
    (1u << 20) /* bytes: a large file isn't read or written in one call, which nothing can end \
                */

struct hoststream {
    int fd;     /* the caller's */
    int own_fd; /* what is used and watched: fd itself for a file, else ours */
    bool output;
    bool is_terminal, is_socket;
    bool watched;
    enum hoststream_kind kind;
    struct loop *loop;
    struct loop_watch watch;
};

/* `ready` is called on the loop's thread while the stream is watched and ready. It takes the device's lock. */
void hoststream_init_input(struct hoststream *stream, struct loop *loop, int fd, void (*ready)(void *, uint32_t),
                           void *owner);
void hoststream_init_output(struct hoststream *stream, struct loop *loop, int fd, void (*ready)(void *, uint32_t),
                            void *owner);
/* To be called before lvmm is locked in. A stream that it isn't called for, or that can't be opened, is POLLED. */
void hoststream_open_again(struct hoststream *stream);
void hoststream_fini(struct hoststream *stream); /* the loop doesn't run */

/* Bytes; 0: end of input; -EAGAIN: not ready; -ENOTTY: a terminal that is another job's now, not to be read until it is
 * ours again; or another -errno. */
ssize_t hoststream_read(struct hoststream *stream, void *buffer, size_t size);
/* The same into several buffers, at most HOSTSTREAM_AT_ONCE bytes. */
ssize_t hoststream_readv(struct hoststream *stream, const struct iovec *iov, unsigned count);
/* Bytes, perhaps fewer than given (at most HOSTSTREAM_AT_ONCE); -EAGAIN: not ready; or another -errno (-EPIPE: the
 * reader is gone). */
ssize_t hoststream_write(struct hoststream *stream, const struct iovec *iov, unsigned count);

/* Watches it until hoststream_ignore. Any thread. 0; -EPERM: it is always ready, use it; or another -errno. */
int hoststream_wait(struct hoststream *stream);
/* No longer watches it. Only on the loop's thread. */
void hoststream_ignore(struct hoststream *stream);

#endif
