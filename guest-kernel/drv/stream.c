/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.c - stdin, stdout and stderr as streams on ports of the console.
 *
 * A write returns when the host has taken the bytes, so what a program writes to stdout and to stderr comes out in that
 * order. A read asks the host for as much as the program asked for and no more: what the program leaves unread stays in
 * the host's pipe, for whoever reads it next.
 */
#include "drv/stream.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/termios.h"
#include "core/mutex.h"
#include "core/outside.h"
#include "drv/internal.h"
#include "drv/virtio_console.h"
#include "mm/check.h"
#include "mm/usercopy.h"

#define PAGES 16u /* at a time */
#define SIGPIPE 13

struct stream {
    struct console_port *port; /* NULL: not opened yet */
    struct inode inode;
    struct mutex mutex;       /* of who moves bytes through the pages; readers don't have it while they wait for some */
    struct page *page[PAGES]; /* allocated as needed, then kept */
    unsigned pages;
    /* Reading. */
    bool asked;               /* the device has our pages */
    uint32_t ready_at, ready; /* bytes that it gave, and how far they have been read */
};

static struct stream streams[3];

/* Has frames for up to `bytes`, the bytes that they can hold. */
static uint32_t pages_get(struct stream *stream, const struct virtqueue *queue, uint64_t bytes)
{
    unsigned most = queue->size < PAGES ? queue->size : PAGES;
    unsigned want = bytes < most * PAGE_SIZE ? (unsigned)((bytes + PAGE_SIZE - 1) / PAGE_SIZE) : most;

    while (stream->pages < want) {
        struct page *page = page_alloc_dirty();

        if (page == NULL)
            break;
        check_count_kept();
        stream->page[stream->pages++] = page;
    }
    if (want > stream->pages)
        want = stream->pages;
    return bytes < want * PAGE_SIZE ? (uint32_t)bytes : (uint32_t)(want * PAGE_SIZE);
}

/* Gives the device the first `bytes` of the stream's pages. */
static int pages_submit(struct stream *stream, struct virtqueue *queue, uint32_t bytes, bool device_writes)
{
    struct virtq_chain chain;
    unsigned i;
    int error;

    virtq_chain_begin(&chain, queue, NULL);
    for (i = 0; bytes != 0; i++) {
        uint32_t part = bytes < PAGE_SIZE ? bytes : (uint32_t)PAGE_SIZE;

        virtq_chain_add(&chain, page_phys(stream->page[i]), part, device_writes);
        bytes -= part;
    }
    error = virtq_chain_submit(&chain, stream);
    if (error == 0)
        virtqueue_kick(queue);
    return error;
}

/* ---- writing ---- */

static int64_t broken_pipe(void)
{
    drv_signal(SIGPIPE);
    return -EPIPE;
}

/* 0; or what the host's write has come to, which is told once: -errno. */
static int64_t take_error(struct console_port *port)
{
    uint32_t error = port->error;

    port->error = 0;
    if (port->closed || error == EPIPE)
        return broken_pipe();
    return -(int64_t)error;
}

/* Copies a part of what is to be written into the stream's pages; its size or -errno. */
static int64_t pages_fill(struct stream *stream, struct iter *iter)
{
    uint32_t room = pages_get(stream, stream->port->tx, iter->left), n = 0;

    if (room == 0)
        return -ENOMEM;
    while (n < room) {
        uint32_t part = room - n < PAGE_SIZE ? room - n : (uint32_t)PAGE_SIZE;
        int64_t moved = iter_drain(iter, page_data(stream->page[n / PAGE_SIZE]), part);

        if (moved < 0)
            return n != 0 ? n : moved;
        n += (uint32_t)moved;
        if (moved < part) /* a fault in the middle */
            break;
    }
    return n;
}

/* Writes as much as fits into the pages. The bytes written, or -errno. */
static int64_t write_part(struct stream *stream, struct iter *iter)
{
    struct console_port *port = stream->port;
    int64_t size, failed;
    int error = console_wait_sent(port, true); /* something is there only if a signal cut its write short */

    if (error != 0)
        return error;
    if (console_is_broken())
        return -EIO;
    size = take_error(port);
    if (size < 0)
        return size;
    size = pages_fill(stream, iter);
    if (size < 0)
        return size;
    error = pages_submit(stream, port->tx, (uint32_t)size, false);
    if (error != 0)
        return -EIO;
    error = console_wait_sent(port, true);
    if (error == -EIO || console_is_broken())
        return -EIO;
    if (error != 0)
        console_promise(port);
    console_poll(); /* what it tells of this write it has told before it gave the pages back, unless QEMU stands between
                     */
    failed = take_error(port);
    if (failed < 0)
        return failed;
    return size; /* also after a signal: the bytes are on their way and can't be called back */
}

static int64_t write_all(struct file *file, struct stream *stream, struct iter *iter)
{
    int64_t total = 0;

    while (iter->left != 0) {
        int64_t n;

        if ((file->flags & O_NONBLOCK) && !console_is_sent(stream->port))
            return total != 0 ? total : -EAGAIN;
        n = write_part(stream, iter);
        if (n < 0)
            return total != 0 ? total : n;
        total += n;
        if (stream->port->tx->outstanding != 0)
            break;
    }
    return total;
}

static int64_t stream_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct stream *stream = file->owner;
    int64_t result;
    int error = console_listen();

    (void)pos;
    if (error == 0 && stream->port->tx == NULL)
        error = -EBADF;
    if (error == 0)
        error = mutex_lock_for(&stream->mutex, file->flags & O_NONBLOCK);
    if (error != 0)
        return error;
    result = write_all(file, stream, iter);
    mutex_unlock(&stream->mutex);
    return result;
}

/* ---- reading ---- */

/* Takes over what the device has read for us, if it has. */
static void receive(struct stream *stream)
{
    uint32_t bytes;

    if (stream->asked && virtqueue_take(stream->port->rx, &bytes) != NULL) {
        outside_heard();
        stream->asked = false;
        stream->ready_at = 0;
        stream->ready = bytes;
        stream->port->events = 0; /* what was said before that isn't true any more */
        stream->port->polled = false;
        wait_wake_all(&stream->port->received, POLLIN | POLLRDNORM); /* the interrupt finds nothing new to tell of */
    }
}

static int ask(struct stream *stream, uint64_t bytes)
{
    uint32_t room;
    int error;

    if (stream->asked)
        return 0;
    if (bytes > console_want_max())
        bytes = console_want_max();
    room = pages_get(stream, stream->port->rx, bytes);
    if (room == 0)
        return -ENOMEM;
    error = pages_submit(stream, stream->port->rx, room, true);
    if (error != 0)
        return error;
    stream->asked = true;
    stream->port->events = 0; /* by the time that there is an answer, it has changed */
    stream->port->polled = false;
    console_want(LVMM_PORT_STDIN, room);
    return 0;
}

/* Is there something to read, or the end? Asks the host, but takes nothing from it. poll(2)'s bits, or -EIO. */
static int64_t look(struct stream *stream)
{
    struct console_port *port = stream->port;
    int error = 0;

    console_poll();
    receive(stream);
    if (stream->ready_at < stream->ready)
        return POLLIN | POLLRDNORM;
    if (console_is_broken())
        return POLLERR;
    if (port->closed)
        return POLLHUP;
    if (stream->asked) /* a read that a signal cut short; what comes will be seen above */
        return 0;
    if (!port->polled)
        error = console_ask(LVMM_PORT_STDIN);
    if (error != 0)
        return error;
    return (port->events & POLLIN ? POLLIN | POLLRDNORM : 0) | (port->events & (POLLHUP | POLLERR));
}

static int64_t copy_ready(struct stream *stream, struct iter *iter)
{
    int64_t total = 0;

    while (stream->ready_at < stream->ready && iter->left != 0) {
        uint32_t in_page = stream->ready_at % PAGE_SIZE;
        uint32_t part = stream->ready - stream->ready_at;
        const uint8_t *data = page_data(stream->page[stream->ready_at / PAGE_SIZE]);
        int64_t moved;

        if (part > PAGE_SIZE - in_page)
            part = (uint32_t)PAGE_SIZE - in_page;
        moved = iter_fill(iter, data + in_page, part);
        if (moved <= 0)
            return total != 0 ? total : moved;
        stream->ready_at += (uint32_t)moved;
        total += moved;
    }
    return total;
}

/* Reads what has come, or asks for it: then *waits is true, and the device tells when it has something. */
static int64_t read_part(struct file *file, struct stream *stream, struct iter *iter, bool *waits)
{
    console_poll(); /* before receive: the end of file comes after all data */
    receive(stream);
    *waits = false;
    if (stream->ready_at < stream->ready)
        return copy_ready(stream, iter);
    if (console_is_broken())
        return -EIO;
    if (stream->port->closed)
        return 0;
    if (file->flags & O_NONBLOCK) {
        int64_t events = look(stream);

        if (events <= 0)
            return events != 0 ? events : -EAGAIN;
    }
    *waits = true;
    return ask(stream, iter->left);
}

static int64_t stream_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct stream *stream = file->owner;
    int64_t result = console_listen();
    bool waits = true;

    (void)pos;
    if (stream->port->rx == NULL || iter->left == 0)
        return 0;
    while (result == 0 && waits) {
        result = mutex_lock_interruptible(&stream->mutex);
        if (result != 0)
            break;
        result = read_part(file, stream, iter, &waits);
        mutex_unlock(&stream->mutex);
        if (result == 0 && waits)
            result = console_wait_received(stream->port);
    }
    return result;
}

/* ---- the file ---- */

static uint32_t poll_read(struct stream *stream)
{
    int64_t events = look(stream);

    return events < 0 ? POLLERR : (uint32_t)events;
}

static uint32_t poll_write(struct stream *stream)
{
    if (!console_is_sent(stream->port))
        return 0;
    return POLLOUT | POLLWRNORM | (stream->port->closed ? POLLERR : 0);
}

static uint32_t stream_poll(struct file *file, struct poll_table *table)
{
    struct stream *stream = file->owner;
    struct virtqueue *rx = stream->port->rx;
    uint32_t (*poll)(struct stream *stream) = rx != NULL ? poll_read : poll_write;
    uint32_t events;

    poll_hook(table, rx != NULL ? &stream->port->received : &stream->port->sent);
    if (console_listen() != 0)
        return POLLERR;
    events = poll(stream);
    if (events != 0)
        return events;
    if (console_interrupts(rx != NULL ? rx : stream->port->tx) != 0)
        return POLLERR;
    return poll(stream); /* it may have come before the interrupts were on */
}

/* What was received and the host's rest. */
static int64_t count_readable(struct stream *stream, uint64_t arg)
{
    uint32_t bytes;
    int error = console_listen();

    if (error == 0 && !stream->port->closed && !stream->asked)
        error = console_ask(LVMM_PORT_STDIN);
    if (error != 0)
        return error;
    receive(stream);
    bytes = stream->ready - stream->ready_at;
    if (!stream->port->closed && !stream->asked)
        bytes += stream->port->bytes;
    return copy_to_user(arg, &bytes, sizeof(bytes));
}

static int64_t stream_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    struct stream *stream = file->owner;

    return request == FIONREAD && stream->port->rx != NULL ? count_readable(stream, arg) : -ENOTTY;
}

static const struct file_ops stream_ops = {.read = stream_read,
                                           .write = stream_write,
                                           .ioctl = stream_ioctl,
                                           .poll = stream_poll,
                                           .splice = SPLICE_READ | SPLICE_WRITE};

/* Opened anew by /proc/PID/fd: in its own direction only. */
static int stream_reopen(struct inode *inode, struct file *file)
{
    struct stream *stream = container_of(inode, struct stream, inode);
    bool is_input = stream == &streams[0];

    if (is_input ? file_is_writable(file) : file_is_readable(file))
        return -EACCES;
    file->ops = &stream_ops;
    file->owner = stream;
    return 0;
}

static void no_release(struct inode *inode)
{
    (void)inode; /* it stays */
}

static const struct inode_ops stream_inode_ops = {.open = stream_reopen, .release = no_release};

int stream_open(unsigned n, struct file **out)
{
    struct stream *stream = &streams[n];

    if (stream->port == NULL) {
        struct console_port *port = console_port(LVMM_PORT_STDIN + n);

        if (port == NULL)
            return -ENODEV;
        stream->port = port;
        mutex_set_rank(&stream->mutex, n == 0 ? RANK_READING : RANK_WRITING);
        inode_init(&stream->inode, NULL, &stream_inode_ops, n + 1, S_IFIFO | 0600);
    }
    return file_new(&stream->inode, &stream_ops, n == 0 ? O_RDONLY : O_WRONLY, stream, out);
}

int stream_attach_stderr(struct file *file)
{
    struct stream *stream = &streams[2];

    if (stream->port == NULL)
        return -ENODEV;
    file->ops = &stream_ops;
    file->owner = stream;
    return 0;
}
