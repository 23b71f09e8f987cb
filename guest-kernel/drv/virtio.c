/* SPDX-License-Identifier: Apache-2.0 */
/* virtio.c - what all virtio devices have in common: start-up, interrupts, the end. */
#include "drv/virtio.h"

#include "abi/errno.h"
#include "core/log.h"
#include "core/outside.h"
#include "core/wait.h"

static void status_add(struct virtio_device *dev, uint8_t status)
{
    dev->status |= status; /* 2.1.1: no bit is ever cleared */
    dev->transport->set_status(dev, dev->status);
}

int virtio_negotiate(struct virtio_device *dev, uint64_t wanted)
{
    if (!(dev->offered & VIRTIO_F_VERSION_1)) {
        virtio_give_up(dev);
        return -ENODEV;
    }
    dev->features = dev->offered & (wanted | VIRTIO_F_VERSION_1);
    dev->transport->set_features(dev, dev->features);
    status_add(dev, VIRTIO_FEATURES_OK);
    dev->transport->read_status(dev, &dev->answered);
    return 0;
}

/* The queues that turned out to be too long for the device are made shorter. */
static int queues_check(struct virtio_device *dev)
{
    bool any = false;

    for (struct virtqueue *queue = dev->queues; queue != NULL; queue = queue->next) {
        if (queue->size_max == 0)
            return -ENOENT;
        if (queue->size <= queue->size_max)
            continue;
        virtqueue_shorten(queue);
        dev->transport->queue_disable(dev, queue);
        dev->transport->queue_enable(dev, queue, &queue->size_max);
        any = true;
    }
    if (any)
        dev->transport->flush(dev);
    return 0;
}

int virtio_configure(struct virtio_device *dev)
{
    int error;

    dev->transport->flush(dev);
    error = dev->answered & VIRTIO_FEATURES_OK ? queues_check(dev) : -ENODEV;
    if (error != 0)
        virtio_give_up(dev);
    return error;
}

void virtio_start(struct virtio_device *dev)
{
    status_add(dev, VIRTIO_DRIVER_OK);
}

void virtio_give_up(struct virtio_device *dev)
{
    status_add(dev, VIRTIO_FAILED);
    dev->transport->flush(dev);
}

void virtio_reset(struct virtio_device *dev)
{
    dev->status = 0;
    dev->transport->set_status(dev, 0);
    dev->transport->flush(dev);
}

void virtio_interrupt(struct virtio_device *dev)
{
    /* Section 4.2.3.4.1 wants the cause read and acknowledged. It also comes first for a reason: what the device uses
     * after the acknowledgement gives a new edge, what it used before we see now. */
    uint32_t cause = dev->transport->interrupt_take(dev);

    if (!dev->only_answers)
        outside_heard();
    if (dev->on_interrupt != NULL)
        dev->on_interrupt(dev, cause & VIRTIO_INTERRUPT_CONFIG);
    else if (dev->on_used != NULL)
        dev->on_used(dev);
}

int virtio_interrupts(struct virtio_device *dev)
{
    int error;

    if (dev->interrupts)
        return 0;
    error = dev->transport->interrupt_enable(dev);
    if (error != 0) {
        log_error("a virtio device's interrupt can't be used: error %d", -error);
        return -EIO;
    }
    dev->interrupts = true;
    /* An interrupt that was raised earlier holds the line up, and an edge would never come. */
    virtio_interrupt(dev);
    return 0;
}

int virtio_wait(struct virtqueue *queue, bool (*done)(void *arg), void *arg)
{
    int error;

    if (done(arg)) /* the device was faster than we are */
        return 0;
    error = virtio_interrupts(queue->dev);
    if (error != 0)
        return error;
    virtqueue_set_interrupts(queue, true); /* wait_in_place then looks at done before it sleeps */
    error = wait_in_place(done, arg, WAIT_FOREVER, false);
    virtqueue_set_interrupts(queue, false);
    return error;
}
