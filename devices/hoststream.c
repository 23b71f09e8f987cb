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
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOSTSTREAM_BUFFERS 16u /* of one call; a list may have more */

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

/* Needs /proc and the right to open it. Only what has no state per open file: opening an unknown device again may mean
 * something. */
void hoststream_open_again(struct hoststream *stream)
{
    char path[32];
    struct stat st;

    if (stream->fd < 0 || stream->own_fd >= 0 || fstat(stream->fd, &st) < 0)
        return;
    if (!S_ISFIFO(st.st_mode) && !(S_ISCHR(st.st_mode) && isatty(stream->fd)))
        return;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", stream->fd);
    stream->own_fd = open(path, (stream->output ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
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
        stream->is_terminal = S_ISCHR(st.st_mode) && isatty(stream->fd);
        stream->is_socket = S_ISSOCK(st.st_mode);
        stream->kind = HOSTSTREAM_NONBLOCKING;
        if (stream->own_fd < 0) {
            /* A number of our own, for epoll takes each number once and two ports may have the same stream. */
            stream->own_fd = fcntl(stream->fd, F_DUPFD_CLOEXEC, 0);
            stream->kind = HOSTSTREAM_POLLED;
        }
        if (stream->own_fd < 0) {
            stream->kind = HOSTSTREAM_UNUSED;
            return errno > 0 ? -errno : -EBADF;
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

/* Is it another job's terminal? Reading it would stop us (SIGTTIN), or fail where that is blocked. */
static bool is_in_background(const struct hoststream *stream)
{
    pid_t group = stream->is_terminal && !stream->output ? tcgetpgrp(stream->fd) : -1;

    return group >= 0 && group != getpgrp();
}

/* May the stream be read or written now? 0; -EAGAIN: it isn't ready; -ENOTTY: another job's terminal; -errno. */
static int hoststream_check(struct hoststream *stream)
{
    int error = hoststream_open(stream);

    if (error == 0 && !hoststream_ready(stream))
        error = -EAGAIN;
    if (error == 0 && is_in_background(stream))
        error = -ENOTTY;
    return error;
}

/* Copies the list's first HOSTSTREAM_AT_ONCE bytes, as far as they are in `max` buffers; returns how many buffers. */
static unsigned first_part(const struct iovec *iov, unsigned count, struct iovec *part, unsigned max, size_t bytes)
{
    unsigned n = 0;

    while (n < count && n < max && bytes > 0) {
        part[n] = iov[n];
        if (part[n].iov_len > bytes)
            part[n].iov_len = bytes;
        bytes -= part[n].iov_len;
        n++;
    }
    return n;
}

ssize_t hoststream_readv(struct hoststream *stream, const struct iovec *iov, unsigned count)
{
    struct iovec part[HOSTSTREAM_BUFFERS];
    int error = hoststream_check(stream);

    if (error < 0)
        return error;
    count = first_part(iov, count, part, HOSTSTREAM_BUFFERS, HOSTSTREAM_AT_ONCE);
    if (stream->is_socket) /* another process may have read it since the poll */
        return io_result(recvmsg(stream->own_fd, &(struct msghdr){.msg_iov = part, .msg_iovlen = count}, MSG_DONTWAIT));
    return io_result(readv(stream->own_fd, part, (int)count));
}

ssize_t hoststream_read(struct hoststream *stream, void *buffer, size_t size)
{
    return hoststream_readv(stream, &(struct iovec){.iov_base = buffer, .iov_len = size}, 1);
}

ssize_t hoststream_write(struct hoststream *stream, const struct iovec *iov, unsigned count)
{
    struct iovec part[HOSTSTREAM_BUFFERS];
    size_t most = HOSTSTREAM_AT_ONCE;
    int error = hoststream_check(stream);

    if (error < 0)
        return error;
    /* Linux calls a pipe writable when it takes PIPE_BUF bytes without blocking: a write to it is no longer. */
    if (stream->kind == HOSTSTREAM_POLLED && !stream->is_socket)
        most = PIPE_BUF;
    count = first_part(iov, count, part, HOSTSTREAM_BUFFERS, most);
    if (stream->is_socket)
        return io_result(sendmsg(stream->own_fd, &(struct msghdr){.msg_iov = part, .msg_iovlen = count},
                                 MSG_DONTWAIT | MSG_NOSIGNAL));
    return io_result(writev(stream->own_fd, part, (int)count));
}

int hoststream_wait(struct hoststream *stream)
{
    int error = hoststream_open(stream);

    if (error < 0)
        return error;
    if (stream->kind == HOSTSTREAM_FILE)
        return -EPERM;
    if (stream->watched)
        return 0;
    error = loop_add(stream->loop, &stream->watch, stream->output ? EPOLLOUT : EPOLLIN);
    if (error == 0)
        stream->watched = true;
    else if (error == -EPERM) /* such as /dev/null */
        stream->kind = HOSTSTREAM_FILE;
    return error;
}

void hoststream_ignore(struct hoststream *stream)
{
    if (!stream->watched)
        return;
    loop_remove(stream->loop, &stream->watch);
    stream->watched = false;
}
