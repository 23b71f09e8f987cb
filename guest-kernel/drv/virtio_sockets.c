/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_sockets.c - carries frames of sockets whose peers are outside (boot/abi_net.h, net/outside.h): a device of
 * vsock's number, whose rings lvmm's network helper has.
 *
 * Frames to the host stand in line until the ring has room for them. Those from it are looked at when the device
 * interrupts: in user mode, in idle, or where a long loop lets interrupts in, so nobody is in the middle of anything. A
 * CPU that is about to idle looks for them by itself for a while: an answer that comes soon then costs no interrupt.
 */
#include "drv/virtio_sockets.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "boot/abi.h"
#include "core/cpu.h"
#include "core/log.h"
#include "core/news.h"
#include "core/sched.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/outside.h"

#define QUEUE_SIZE 128u /* as many as such devices have */
#define BUFFERS 16u
#define BUFFER_ORDER 2u
#define BUFFER_BYTES ((uint32_t)PAGE_SIZE << BUFFER_ORDER)
#define FEATURES VIRTIO_F_EVENT_IDX
#define STATUS_NEEDS_RESET 64u /* virtio 1.2, section 2.1 */
#define LOOK_NS 50000u         /* about what an interrupt costs where it costs most */
#define LOOKS_LEFT_OUT 63u     /* at most, after looks in vain */

_Static_assert(BUFFER_BYTES >= LVMM_NET_BUFFER_MIN, "a buffer takes any frame");

static struct {
    struct virtio_device *dev;
    struct virtqueue *to_guest, *to_host;
    struct page *buffer[BUFFERS];
    struct outside_frame *first, **last; /* that wait for room in the ring */
    bool is_started;
    bool may_look;     /* LVMM_NET_LOOK */
    unsigned to_leave; /* so many looks are left out after one in vain */
    unsigned left;     /* and so many still are */
} sockets;

static void look(void);

/* Frames have gone or come, so others may come soon. What somebody else wants before the CPU idles is done instead. */
static void expect_frames(void)
{
    if (sockets.may_look && sched_before_idle == NULL)
        sched_before_idle = look;
}

/* ---- to the host ---- */

static void frame_end(struct outside_frame *frame)
{
    if (frame->sent != NULL)
        frame->sent(frame);
    else
        kfree(frame);
}

static bool submit(struct outside_frame *frame)
{
    struct virtq_chain chain;

    if (sockets.to_host->free_count < 2)
        return false;
    virtq_chain_begin(&chain, sockets.to_host, NULL);
    virtq_chain_add(&chain, virt_to_phys(&frame->head), sizeof(frame->head), false);
    if (frame->head.size != 0)
        virtq_chain_add(&chain, virt_to_phys(frame->payload), frame->head.size, false);
    return virtq_chain_submit(&chain, frame) == 0;
}

static struct outside_frame *line_take(void)
{
    struct outside_frame *frame = sockets.first;

    if (frame == NULL)
        return NULL;
    sockets.first = frame->next;
    if (sockets.first == NULL)
        sockets.last = &sockets.first;
    return frame;
}

static void line_advance(void)
{
    while (sockets.first != NULL && submit(sockets.first))
        (void)line_take();
}

/* What the device has read. An interrupt is wanted only while frames wait for room. */
static void reap(void)
{
    struct outside_frame *frame;

    while ((frame = virtqueue_take(sockets.to_host, NULL)) != NULL)
        frame_end(frame);
}

static void kick(void)
{
    do {
        reap();
        line_advance();
        virtqueue_set_interrupts(sockets.to_host, sockets.first != NULL);
    } while (sockets.first != NULL && !sockets.dev->broken && virtqueue_has_used(sockets.to_host));
    if (!sockets.dev->broken)
        virtqueue_kick(sockets.to_host);
}

static void send_frame(struct outside_frame *frame)
{
    frame->next = NULL;
    if (!sockets.is_started || sockets.dev->broken) {
        frame_end(frame);
        return;
    }
    expect_frames();
    *sockets.last = frame;
    sockets.last = &frame->next;
    line_advance();
}

/* ---- the end ---- */

/* The device forgets all, so that what it had is ours again. */
static void let_go(void)
{
    struct outside_frame *frame;

    if (sockets.dev->status != 0)
        virtio_reset(sockets.dev);
    while (virtqueue_forget(sockets.to_guest) != NULL)
        continue;
    while ((frame = virtqueue_forget(sockets.to_host)) != NULL)
        frame_end(frame);
    while ((frame = line_take()) != NULL)
        frame_end(frame);
}

static void buffers_free(void)
{
    for (unsigned i = 0; i < BUFFERS; i++) {
        if (sockets.buffer[i] != NULL)
            page_put_order(sockets.buffer[i], BUFFER_ORDER);
        sockets.buffer[i] = NULL;
    }
}

static void stop(void)
{
    let_go();
    buffers_free();
    sockets.is_started = false;
    sockets.dev->broken = true;
}

static void fail(void)
{
    if (!sockets.is_started)
        return;
    log_error("the network is gone: the process that serves it has ended, or breaks the protocol");
    sockets.dev->broken = true;
    let_go();
    outside_fail();
    sockets.is_started = false;
}

/* ---- from the host ---- */

static int give_buffer(struct page *page)
{
    struct virtq_chain chain;

    virtq_chain_begin(&chain, sockets.to_guest, NULL);
    virtq_chain_add(&chain, page_phys(page), BUFFER_BYTES, true);
    return virtq_chain_submit(&chain, page);
}

static bool take_frame(struct page *page, uint32_t written)
{
    const uint8_t *bytes = page_data(page);
    struct lvmm_net_frame head;

    if (written < sizeof(head))
        return false;
    memcpy(&head, bytes, sizeof(head)); /* once: what was checked stays so */
    return head.size <= written - sizeof(head) && outside_came(&head, bytes + sizeof(head));
}

static void take_frames(void)
{
    struct page *page;
    uint32_t written;

    do {
        while ((page = virtqueue_take(sockets.to_guest, &written)) != NULL) {
            news_came();
            expect_frames();
            if (!take_frame(page, written))
                sockets.dev->broken = true;
            (void)give_buffer(page);
        }
        virtqueue_set_interrupts(sockets.to_guest, true);
    } while (!sockets.dev->broken && virtqueue_has_used(sockets.to_guest));
    if (!sockets.dev->broken)
        virtqueue_kick(sockets.to_guest);
}

static void take_all(struct virtio_device *dev)
{
    if (!dev->broken)
        take_frames();
    if (!dev->broken)
        kick();
    if (dev->broken)
        fail();
}

/* Others that could run meanwhile may want the kernel. */
static bool looks_now(void)
{
    if (!sockets.is_started || sockets.dev->broken || cpu_is_one_of_many)
        return false;
    if (sockets.left == 0)
        return true;
    sockets.left--;
    return false;
}

/* Before the CPU idles: until the first frame is there, or it has taken so long that an interrupt is cheaper. The more
 * often that is in vain the seldomer it is done. */
static void look(void)
{
    uint64_t end_ns;

    if (!looks_now())
        return;
    virtqueue_set_interrupts(sockets.to_guest, false);
    end_ns = arch_clock_ns() + LOOK_NS;
    while (!virtqueue_has_used(sockets.to_guest) && arch_clock_ns() < end_ns)
        arch_cpu_relax();
    if (virtqueue_has_used(sockets.to_guest))
        sockets.to_leave = 0;
    else if (sockets.to_leave < LOOKS_LEFT_OUT)
        sockets.to_leave = 2 * sockets.to_leave + 1;
    sockets.left = sockets.to_leave;
    take_all(sockets.dev);
}

static void interrupted(struct virtio_device *dev, bool config_changed)
{
    uint32_t status = 0;

    if (!sockets.is_started)
        return;
    if (config_changed && !dev->broken) {
        dev->transport->read_status(dev, &status);
        dev->transport->flush(dev);
        dev->broken = status & STATUS_NEEDS_RESET;
    }
    take_all(dev);
}

/* ---- the start ---- */

/* Not before a socket wants it: most programs that have a network don't use it at once. */
static int start(void)
{
    int error = 0;

    if (sockets.dev->broken)
        return -ENETDOWN;
    for (unsigned i = 0; i < BUFFERS && error == 0; i++) {
        sockets.buffer[i] = page_alloc_order_dirty(BUFFER_ORDER);
        error = sockets.buffer[i] != NULL ? 0 : -ENOMEM;
    }
    if (error != 0) {
        buffers_free();
        return error;
    }
    sockets.is_started = true;
    for (unsigned i = 0; i < BUFFERS; i++)
        (void)give_buffer(sockets.buffer[i]);
    virtqueue_set_interrupts(sockets.to_guest, true);
    error = virtio_interrupts(sockets.dev);
    if (error != 0) {
        stop();
        return -ENETDOWN;
    }
    virtqueue_kick(sockets.to_guest);
    return 0;
}

static const struct outside_link link = {.start = start, .send = send_frame, .kick = kick, .stop = stop};

static int start_device(struct virtio_device *dev)
{
    uint32_t magic[2] = {0};
    int error = virtio_negotiate(dev, FEATURES);

    if (error == 0)
        error = virtqueue_create(dev, LVMM_NET_TO_GUEST, QUEUE_SIZE, &sockets.to_guest);
    if (error == 0)
        error = virtqueue_create(dev, LVMM_NET_TO_HOST, QUEUE_SIZE, &sockets.to_host);
    if (error != 0)
        return error;
    virtio_config(dev, 0, &magic[0]);
    virtio_config(dev, sizeof(magic[0]), &magic[1]);
    error = virtio_configure(dev);
    if (error != 0)
        return error;
    if ((magic[0] | (uint64_t)magic[1] << 32) != LVMM_NET_MAGIC)
        return -ENODEV;
    virtio_start(dev);
    return 0;
}

int virtio_sockets_create(struct virtio_device *dev, const struct fdt *fdt)
{
    struct lvmm_net_config *config;
    struct fdt_node chosen;
    const void *told;
    uint32_t size;
    int error;

    if (!fdt_find(fdt, "/chosen", &chosen))
        return -ENODEV;
    told = fdt_property(fdt, &chosen, LVMM_PROP_NET, &size);
    if (told == NULL || size != sizeof(*config))
        return -ENODEV;
    config = kmalloc(sizeof(*config));
    if (config == NULL)
        return -ENOMEM;
    memcpy(config, told, sizeof(*config));
    sockets.dev = dev;
    sockets.last = &sockets.first;
    sockets.may_look = config->flags & LVMM_NET_LOOK;
    dev->on_interrupt = interrupted;
    error = start_device(dev);
    if (error != 0) {
        virtio_give_up(dev);
        dev->on_interrupt = NULL;
        kfree(config);
        return error;
    }
    outside_begin(&link, config);
    log_info("network: %u sockets", config->sockets);
    return 0;
}
