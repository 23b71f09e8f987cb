/* SPDX-License-Identifier: Apache-2.0 */
/* hoststream.c - see hoststream.h. */
#include "devices/hoststream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

static void hoststream_init(struct hoststream *stream, struct loop *loop, int fd, void (*ready)(void *, uint32_t),
                            void *owner)
{
    memset(stream, 0, sizeof(*stream));
    stream->fd = fd;
    stream->own_fd = -1;
    stream->loop = loop;
    stream->watch = (struct loop_watch){.fd = -1, .ready = ready, .owner = owner};
}

void hoststream_init_input(struct hoststream *stream, struct loop *loop, int fd, void (*ready)(void *, uint32_t),
                           void *owner)
{
    hoststream_init(stream, loop, fd, ready, owner);
}

void hoststream_init_output(struct hoststream *stream, struct loop *loop, int fd, void (*ready)(void *, uint32_t),
                            void *owner)
{
    hoststream_init(stream, loop, fd, ready, owner);
    stream->output = true;
}

void hoststream_fini(struct hoststream *stream)
{
    hoststream_ignore(stream);
    if (stream->own_fd >= 0 && stream->own_fd != stream->fd)
        close(stream->own_fd);
    stream->own_fd = -1;
}

/* Opens the same pipe or terminal once more. Needs /proc and the right to open it: -1 where one is missing. */
static int open_again(const struct hoststream *stream)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", stream->fd);
    return open(path, (stream->output ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int hoststream_open(struct hoststream *stream)
{
    struct stat st;

    if (stream->kind != HOSTSTREAM_UNUSED)
        return 0;
    if (fstat(stream->fd, &st) < 0)
        return -errno;
    if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
        stream->own_fd = stream->fd;
        stream->kind = HOSTSTREAM_FILE;
    } else {
        /* Only what has no state per open file: opening an unknown device again may mean something. */
        if (S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(stream->fd)))
            stream->own_fd = open_again(stream);
        stream->kind = HOSTSTREAM_NONBLOCKING;
        if (stream->own_fd < 0) {
            /* A number of our own, for epoll takes each number once and two ports may have the same stream. */
            stream->own_fd = fcntl(stream->fd, F_DUPFD_CLOEXEC, 0);
            stream->kind = HOSTSTREAM_POLLED;
        }
        if (stream->own_fd < 0) {
            stream->kind = HOSTSTREAM_UNUSED;
            return -errno;
        }
    }
    stream->watch.fd = stream->own_fd;
    return 0;
}

/* Is a POLLED stream ready? Others find out by trying. */
static bool hoststream_ready(const struct hoststream *stream)
{
    struct pollfd p = {.fd = stream->own_fd, .events = stream->output ? POLLOUT : POLLIN};

    return stream->kind != HOSTSTREAM_POLLED || poll(&p, 1, 0) == 1;
}

static ssize_t io_result(ssize_t n)
{
    if (n >= 0)
        return n;
    return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

ssize_t hoststream_read(struct hoststream *stream, void *buffer, size_t size)
{
    int rc = hoststream_open(stream);

    if (rc < 0)
        return rc;
    if (!hoststream_ready(stream))
        return -EAGAIN;
    return io_result(read(stream->own_fd, buffer, size));
}

/* Linux calls a pipe writable when it takes PIPE_BUF bytes without blocking: a write to a POLLED stream is no longer.
 */
static ssize_t write_some(const struct hoststream *stream, const struct iovec *iov)
{
    size_t size = iov->iov_len < PIPE_BUF ? iov->iov_len : PIPE_BUF;

    return io_result(write(stream->own_fd, iov->iov_base, size));
}

ssize_t hoststream_write(struct hoststream *stream, const struct iovec *iov, unsigned count)
{
    int rc = hoststream_open(stream);

    if (rc < 0)
        return rc;
    if (!hoststream_ready(stream))
        return -EAGAIN;
    if (stream->kind == HOSTSTREAM_POLLED)
        return write_some(stream, iov);
    return io_result(writev(stream->own_fd, iov, (int)count));
}

int hoststream_wait(struct hoststream *stream)
{
    int rc = hoststream_open(stream);

    if (rc < 0)
        return rc;
    if (stream->kind == HOSTSTREAM_FILE)
        return -EPERM;
    if (stream->watched)
        return 0;
    rc = loop_add(stream->loop, &stream->watch, stream->output ? EPOLLOUT : EPOLLIN);
    if (rc == 0)
        stream->watched = true;
    else if (rc == -EPERM) /* such as /dev/null */
        stream->kind = HOSTSTREAM_FILE;
    return rc;
}

void hoststream_ignore(struct hoststream *stream)
{
    if (!stream->watched)
        return;
    loop_remove(stream->loop, &stream->watch);
    stream->watched = false;
}
