/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio.h - virtio 1.2 devices as their drivers see them, whatever the transport.
 *
 * A driver calls, in this order: virtio_negotiate; virtqueue_create for each queue that it will use (device
 * configuration may be read from now on); virtio_start. An access to a device's register costs microseconds and more,
 * so each is made once: what the driver needs later it keeps.
 */
#ifndef GK_DRV_VIRTIO_H
#define GK_DRV_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drv/virtqueue.h"

enum virtio_id { VIRTIO_ID_NONE = 0, VIRTIO_ID_BLOCK = 2, VIRTIO_ID_CONSOLE = 3 }; /* section 5 */

/* Device status, section 2.1. */
enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_FAILED = 128,
};

/* Device-independent features, section 6. */
#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_VERSION_1 (1ull << 32)

/* Why a device interrupts, section 4.2.2: InterruptStatus. */
enum { VIRTIO_INTERRUPT_USED = 1, VIRTIO_INTERRUPT_CONFIG = 2 };

struct virtio_device;

/* What a transport does, section 4. */
struct virtio_transport {
    uint64_t (*features)(struct virtio_device *dev);
    void (*set_features)(struct virtio_device *dev, uint64_t features);
    uint8_t (*status)(struct virtio_device *dev);
    void (*set_status)(struct virtio_device *dev, uint8_t status); /* 0: resets the device */
    /* Selects a queue: the most entries that it can have, 0 if there is none. */
    uint32_t (*queue_select)(struct virtio_device *dev, uint16_t index);
    void (*queue_enable)(struct virtio_device *dev, const struct virtqueue *queue); /* the selected one */
    void (*notify)(struct virtio_device *dev, uint16_t queue_index);
    uint32_t (*interrupt_take)(struct virtio_device *dev);          /* reads and acknowledges: VIRTIO_INTERRUPT_* */
    uint32_t (*config)(struct virtio_device *dev, unsigned offset); /* 4 bytes of the device configuration */
    int (*interrupt_enable)(struct virtio_device *dev); /* virtio_interrupt is called from now on. 0 or -errno */
};

struct virtio_device {
    const struct virtio_transport *transport;
    uint64_t features; /* negotiated */
    bool interrupts;   /* enabled at the interrupt controller */
    bool broken;       /* it broke the protocol and is used no more */
    /* The driver's, called from the interrupt handler, so it must not wait. May be NULL. */
    void (*on_interrupt)(struct virtio_device *dev, bool config_changed);
    void *driver;
};

/* Section 3.1.1, steps 1 to 6: resets the device and accepts those of its features that are `wanted`, and VERSION_1.
 * 0, or -ENODEV: the device can't agree. */
int virtio_negotiate(struct virtio_device *dev, uint64_t wanted);
void virtio_start(struct virtio_device *dev); /* DRIVER_OK */
void virtio_give_up(struct virtio_device *dev);

/* The device broke the protocol: says so once, and marks it. */
void virtio_break(struct virtio_device *dev, const char *what);

/* Has the device's interrupts delivered. Called only when something is about to wait for one: a device that answers at
 * once never needs the interrupt controller. 0 or -errno. */
int virtio_interrupts(struct virtio_device *dev);
/* For transports: the device has interrupted. */
void virtio_interrupt(struct virtio_device *dev);

/* Waits until done(arg), with `queue`'s interrupts on. done must become true when the device breaks.
 * 0; -EINTR; -EIO if there can be no interrupts. */
int virtio_wait(struct virtqueue *queue, bool (*done)(void *arg), void *arg, bool interruptible);

struct fdt;
struct fdt_node;
/* virtio_mmio.c: the device at a "virtio,mmio" node. VIRTIO_ID_NONE: nothing that we can use, and *out is not set. */
enum virtio_id virtio_mmio_probe(const struct fdt *fdt, const struct fdt_node *node, struct virtio_device **out);

#endif
