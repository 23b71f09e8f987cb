/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_fs.c - file systems that a server on the host has (virtio 1.2, section 5.11): carries fs/fuse's requests.
 *
 * As with disks (virtio_blk.c) requests stand in line until the ring has room for them, whoever looks takes in what has
 * been used, and interrupts are asked for only while somebody waits. The server may be slow, or hang: a signal that
 * ends the process ends a wait, and so does patience, and what the server has then remains its own (vfs/fuse_port.h).
 */
#include "drv/virtio_fs.h"

#include "abi/errno.h"
#include "boot/abi_dax.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/wait.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/window.h"
#include "vfs/fuse_port.h"

enum { QUEUE_FIRST = 0, QUEUE_REQUESTS = 1, QUEUES }; /* section 5.11.2 */
#define QUEUE_SIZE 128u                               /* as many as such devices have */
#define QUEUE_FIRST_SIZE 16u
#define RANGES_AT_ONCE 4096u   /* that have gone: a device can't keep us for ever */
#define STATUS_NEEDS_RESET 64u /* section 2.1: the device's own way to say that it is at its end */

struct line { /* requests that wait for room in a ring, in order */
    struct fuse_request *first, **last;
};

struct virtio_fs {
    struct fuse_port port;
    struct virtio_device *dev;
    struct virtqueue *queue[QUEUES];
    struct line line[QUEUES];
    bool indirect;
    bool resigned;             /* the device has said so itself: lvmm has told the user by then */
    struct wait_queue waiters; /* struct fs_waiter */
    unsigned awaited[QUEUES];  /* how many of them wait for a request of that queue */
    uint64_t replies;
};

_Static_assert(sizeof(((struct fuse_request *)0)->room) >= FUSE_SEGMENTS_MAX * sizeof(struct virtq_desc),
               "a request has room for a list of all its segments");

static struct virtio_fs *fs_of(struct fuse_port *port)
{
    return container_of(port, struct virtio_fs, port);
}

/* ---- the end of a request ---- */

static void request_end(struct fuse_request *request, int result, uint32_t written)
{
    request->result = result;
    request->written = written;
    request->ended = true;
    if (request->done != NULL)
        request->done(request);
}

static struct fuse_request *line_take(struct line *line)
{
    struct fuse_request *request = line->first;

    if (request == NULL)
        return NULL;
    line->first = request->next;
    if (line->first == NULL)
        line->last = &line->first;
    return request;
}

/* The server is gone: the device is reset, so that what it had is ours again, and all requests fail. */
static void fs_fail(struct virtio_fs *fs)
{
    struct fuse_request *request;

    if (!fs->port.gone && fs->resigned)
        log_info("the server of shared folders (%s) is gone", fs->port.tag);
    else if (!fs->port.gone)
        log_error("the server of shared folders (%s) is gone, or doesn't do what it should", fs->port.tag);
    fs->port.gone = true;
    if (fs->dev->status != 0)
        virtio_reset(fs->dev);
    for (unsigned i = 0; i < QUEUES; i++) {
        while ((request = virtqueue_forget(fs->queue[i])) != NULL)
            request_end(request, -EIO, 0);
        while ((request = line_take(&fs->line[i])) != NULL)
            request_end(request, -EIO, 0);
    }
}

/* ---- the start of a request ---- */

/* Gives the device the request. False: the ring has no room. */
static bool request_submit(struct virtio_fs *fs, unsigned number, struct fuse_request *request)
{
    struct virtqueue *queue = fs->queue[number];
    unsigned count = request->read_count + request->write_count;
    struct virtq_chain chain;

    if (queue->free_count < (fs->indirect ? 1 : count))
        return false;
    virtq_chain_begin(&chain, queue, fs->indirect ? (struct virtq_desc *)request->room : NULL);
    for (unsigned i = 0; i < count; i++)
        virtq_chain_add(&chain, request->segment[i].addr, request->segment[i].size, i >= request->read_count);
    return virtq_chain_submit(&chain, request) == 0;
}

/* As many of those that wait as there is room for. */
static void line_advance(struct virtio_fs *fs, unsigned number)
{
    struct line *line = &fs->line[number];

    while (line->first != NULL && request_submit(fs, number, line->first))
        (void)line_take(line);
}

/* Takes in what the device has done, and wakes who has waited for that. */
static void fs_reap(struct virtio_fs *fs)
{
    struct fuse_request *request;
    bool any = false;
    uint32_t written;

    for (unsigned i = 0; i < QUEUES; i++) {
        while ((request = virtqueue_take(fs->queue[i], &written)) != NULL) {
            fs->replies++;
            fs->port.silent_ns = 0;
            request_end(request, 0, written);
            any = true;
        }
    }
    if (fs->dev->broken) {
        fs_fail(fs);
    } else if (any) {
        for (unsigned i = 0; i < QUEUES; i++) {
            line_advance(fs, i);
            virtqueue_kick(fs->queue[i]);
        }
    }
    if (any || fs->dev->broken)
        wait_wake_all(&fs->waiters, 0);
}

static void fs_start(struct fuse_port *port, struct fuse_request *request)
{
    struct virtio_fs *fs = fs_of(port);
    unsigned number = request->first ? QUEUE_FIRST : QUEUE_REQUESTS;
    struct line *line = &fs->line[number];

    request->ended = false;
    if (fs->dev->broken) {
        request_end(request, -EIO, 0);
        return;
    }
    request->next = NULL;
    *line->last = request;
    line->last = &request->next;
    line_advance(fs, number);
}

static void fs_kick(struct fuse_port *port)
{
    struct virtio_fs *fs = fs_of(port);

    for (unsigned i = 0; i < QUEUES && !fs->dev->broken; i++)
        virtqueue_kick(fs->queue[i]);
}

static bool is_awaited(const struct virtio_fs *fs, unsigned number)
{
    return (fs->waiters.first != NULL && fs->awaited[number] != 0) || (fs->port.hears && number == QUEUE_REQUESTS);
}

/* Has the device interrupt for those who wait. What it has done before it knew of that is taken in here. */
static void fs_watch(struct virtio_fs *fs)
{
    bool again;

    do {
        fs_reap(fs);
        again = false;
        for (unsigned i = 0; i < QUEUES; i++) {
            bool on = is_awaited(fs, i);
            virtqueue_set_interrupts(fs->queue[i], on);
            again = again || (on && virtqueue_has_used(fs->queue[i]));
        }
    } while (again && !fs->dev->broken);
}

/* What interrupts is the next thing that the device does, as of when it was asked to. */
static void fs_settle(struct fuse_port *port)
{
    if (port->hears)
        fs_watch(fs_of(port));
    else
        fs_reap(fs_of(port));
}

static void fs_hear(struct fuse_port *port)
{
    struct virtio_fs *fs = fs_of(port);

    if (!fs->dev->broken && virtio_interrupts(fs->dev) != 0)
        return;
    port->hears = true;
    fs_watch(fs);
}

/* ---- waiting ---- */

struct fs_waiter {
    struct waiter waiter;
    const struct fuse_request *request;
};

/* Requests have ended: whether it has what it waits for. */
static bool waiter_look(struct waiter *waiter, uint32_t events)
{
    const struct fs_waiter *own = container_of(waiter, struct fs_waiter, waiter);

    (void)events;
    if (!own->request->ended)
        return false;
    wait_remove(waiter);
    (void)sched_wake(waiter->thread);
    return true;
}

/* Files have become shorter on the host, of which pages are shown: the 0 at the end tells lvmm that all is done. */
static void ranges_take(struct virtio_fs *fs)
{
    struct fuse_shown *shown = &fs->port.shown;
    const struct virtio_transport *transport = fs->dev->transport;

    for (unsigned i = 0; shown->size != 0 && i < RANGES_AT_ONCE; i++) {
        uint32_t count = 0, first = 0;
        transport->own_register(fs->dev, LVMM_MMIO_GONE_COUNT, &count);
        transport->own_register(fs->dev, LVMM_MMIO_GONE_FIRST, &first);
        transport->flush(fs->dev);
        if (count == 0)
            break;
        if (shown->gone != NULL)
            shown->gone(&fs->port, (uint64_t)first * LVMM_DAX_PAGE, (uint64_t)count * LVMM_DAX_PAGE);
    }
}

/* In user mode, in idle, or where a long loop lets it in: nobody is in the middle of anything. */
static void fs_interrupt(struct virtio_device *dev, bool config_changed)
{
    struct virtio_fs *fs = dev->driver;
    uint32_t status = 0;

    if (config_changed && !dev->broken) {
        dev->transport->read_status(dev, &status);
        dev->transport->flush(dev);
        dev->broken = fs->resigned = status & STATUS_NEEDS_RESET;
        ranges_take(fs);
    }
    fs_watch(fs);
}

/* Sleeps until somebody wakes us: 0, or an error. *heard: when the server last said something, or the wait began. */
static int wait_once(struct virtio_fs *fs, unsigned how, uint64_t patience_ns, uint64_t *heard)
{
    uint64_t replies = fs->replies;
    int error = sched_sleep(patience_ns == FUSE_NO_END ? WAIT_FOREVER : *heard + patience_ns, how);

    if (fs->replies != replies)
        *heard = clock_monotonic_ns();
    if (error == -ETIMEDOUT && fs->replies != replies)
        return 0;
    if (error == -ETIMEDOUT)
        fs->port.silent_ns = patience_ns;
    return error;
}

static int fs_wait(struct fuse_port *port, const struct fuse_request *request, unsigned how, uint64_t patience_ns)
{
    struct virtio_fs *fs = fs_of(port);
    struct fs_waiter own = {{.thread = arch_current(), .wake = waiter_look}, request};
    const unsigned number = request->first ? QUEUE_FIRST : QUEUE_REQUESTS;
    uint64_t heard;
    int error = 0;

    fs_settle(port);
    if (request->ended) /* the device was faster than we are */
        return 0;
    if (port->silent_ns != 0 && port->silent_ns >= patience_ns)
        return -ETIMEDOUT;
    heard = patience_ns == FUSE_NO_END ? 0 : clock_monotonic_ns();
    if (!fs->dev->broken && virtio_interrupts(fs->dev) != 0)
        fs->dev->broken = true;
    fs->awaited[number]++;
    while (error == 0 && !request->ended) {
        wait_add(&fs->waiters, &own.waiter);
        fs_watch(fs);
        if (own.waiter.queue != NULL) /* else its turn has come by that very look */
            error = wait_once(fs, how, patience_ns, &heard);
        wait_remove(&own.waiter);
    }
    fs->awaited[number]--;
    if (!is_awaited(fs, number))
        virtqueue_set_interrupts(fs->queue[number], false);
    if (request->ended)
        return 0;
    return error == -ETIMEDOUT ? error : -EINTR;
}

static const struct fuse_port_ops virtio_fs_ops = {
    .start = fs_start,
    .kick = fs_kick,
    .wait = fs_wait,
    .settle = fs_settle,
    .hear = fs_hear,
};

/* ---- set-up ---- */

#define FEATURES (VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)

static int queues_create(struct virtio_fs *fs)
{
    int error = virtqueue_create(fs->dev, QUEUE_FIRST, QUEUE_FIRST_SIZE, &fs->queue[QUEUE_FIRST]);

    if (error == 0)
        error = virtqueue_create(fs->dev, QUEUE_REQUESTS, QUEUE_SIZE, &fs->queue[QUEUE_REQUESTS]);
    for (unsigned i = 0; i < QUEUES; i++)
        fs->line[i].last = &fs->line[i].first;
    return error;
}

static uint64_t half_join(const uint32_t half[2])
{
    return (uint64_t)half[1] << 32 | half[0];
}

/* Region 0 and, behind it, the one that can only be read; or region 0 is that itself. */
static void shown_find(struct virtio_fs *fs, const struct virtio_region region[2])
{
    struct fuse_shown *shown = &fs->port.shown;
    uint64_t base = half_join(region[0].base), size = half_join(region[0].size);
    uint64_t size_read = half_join(region[1].size), all = size + size_read;
    bool has_both = size_read != 0 && size_read != UINT64_MAX && half_join(region[1].base) == base + size;

    if (size == 0 || size == UINT64_MAX || ((base | size) & PAGE_MASK) ||
        (has_both && ((size_read & PAGE_MASK) || all < size)))
        return;
    if (virtio_interrupts(fs->dev) != 0 || !window_open(base, has_both ? all : size)) {
        log_info("virtio-fs: %s: its window can't be used: files are read", fs->port.tag);
        return;
    }
    shown->base = base;
    shown->size = has_both ? all : size;
    shown->read_from = has_both ? size : 0;
}

/* Its tag, 36 bytes of the configuration (section 5.11.4). */
static int fs_start_device(struct virtio_fs *fs)
{
    uint32_t words[FUSE_TAG_MAX / sizeof(uint32_t)] = {0};
    struct virtio_region region[2] = {{{0}, {0}}};
    struct virtio_device *dev = fs->dev;
    int error = virtio_negotiate(dev, FEATURES);

    if (error != 0)
        return error;
    fs->indirect = dev->features & VIRTIO_F_INDIRECT_DESC;
    error = queues_create(fs);
    if (error != 0)
        return error;
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        virtio_config(dev, i * (unsigned)sizeof(words[0]), &words[i]);
    for (unsigned i = 0; i < 2 && dev->is_ours && dev->transport->region != NULL; i++)
        dev->transport->region(dev, i == 0 ? LVMM_DAX_REGION : LVMM_DAX_REGION_READ, &region[i]);
    error = virtio_configure(dev);
    if (error != 0)
        return error;
    memcpy(fs->port.tag, words, sizeof(words));
    /* Section 2.7.5.3.1: no chain is longer than the queue. */
    uint16_t size = fs->queue[QUEUE_REQUESTS]->size;
    fs->port.segments_max = size < FUSE_SEGMENTS_MAX ? size : FUSE_SEGMENTS_MAX;
    if (size < FUSE_SEGMENTS_LEAST)
        return -ENODEV;
    virtio_start(dev);
    shown_find(fs, region);
    return 0;
}

int virtio_fs_create(struct virtio_device *dev)
{
    struct virtio_fs *fs = kmalloc(sizeof(*fs));
    int error;

    if (fs == NULL)
        return -ENOMEM;
    fs->dev = dev;
    dev->driver = fs;
    dev->only_answers = true;
    dev->on_interrupt = fs_interrupt;
    error = fs_start_device(fs);
    if (error != 0) { /* the queues, if there are some, stay: the device may know them */
        virtio_give_up(dev);
        dev->on_interrupt = NULL;
        kfree(fs);
        return error;
    }
    fs->port.ops = &virtio_fs_ops;
    fuse_port_add(&fs->port);
    log_info("virtio-fs: %s", fs->port.tag);
    return 0;
}
