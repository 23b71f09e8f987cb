/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio.h - virtio 1.2 devices as their drivers see them, whatever the transport.
 *
 * A driver calls, in this order: virtio_negotiate; virtqueue_create for each queue that it will use, and virtio_config
 * for what it wants to know; virtio_configure; virtio_start. An access to a device's register costs microseconds and
 * more, and a single one nearly as much as a list. So none is made twice, and all are posted: they are carried out in
 * order, together, when something that was read is wanted (virtio_configure) or the device is to do something
 * (virtqueue_kick).
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
#define VIRTIO_F_EVENT_IDX (1ull << 29)
#define VIRTIO_F_VERSION_1 (1ull << 32)

/* Why a device interrupts, section 4.2.2: InterruptStatus. */
enum { VIRTIO_INTERRUPT_USED = 1, VIRTIO_INTERRUPT_CONFIG = 2 };

struct virtio_device;

/* What a transport does, section 4. All but the last three are posted; what is read is stored at the next flush. */
struct virtio_transport {
    void (*set_features)(struct virtio_device *dev, uint64_t features);
    void (*set_status)(struct virtio_device *dev, uint8_t status);
    void (*read_status)(struct virtio_device *dev, uint32_t *out);
    /* *max: the most entries that the queue can have, 0 if there is none. */
    void (*queue_enable)(struct virtio_device *dev, const struct virtqueue *queue, uint32_t *max);
    void (*queue_disable)(struct virtio_device *dev, const struct virtqueue *queue);
    void (*config)(struct virtio_device *dev, unsigned offset, uint32_t *out); /* 4 bytes of the configuration */
    void (*flush)(struct virtio_device *dev);
    void (*notify)(struct virtio_device *dev, uint16_t queue_index);
    uint32_t (*interrupt_take)(struct virtio_device *dev); /* reads and acknowledges: VIRTIO_INTERRUPT_* */
    int (*interrupt_enable)(struct virtio_device *dev);    /* virtio_interrupt is called from now on. 0 or -errno */
};

struct virtio_device {
    const struct virtio_transport *transport;
    uint64_t offered;         /* by the device; the transport has reset it and read this */
    uint64_t features;        /* negotiated */
    uint8_t status;           /* as we wrote it last */
    uint32_t answered;        /* as the device gave it back after FEATURES_OK */
    struct virtqueue *queues; /* all that were created */
    bool is_ours;             /* LVMM_MMIO_VENDOR: it is lvmm's own device, not QEMU's */
    bool interrupts;          /* enabled at the interrupt controller */
    bool broken;              /* it broke the protocol and is used no more */
    /* The driver's, called from the interrupt handler, so it must not wait. NULL: changes of the configuration don't
     * matter to it, and rings are looked at by those who wait. */
    void (*on_interrupt)(struct virtio_device *dev, bool config_changed);
    void *driver;
};

/* Section 3.1.1, steps 4 to 6: accepts those of the device's features that are `wanted`, and VERSION_1. (Steps 1 to 3,
 * reset and ACKNOWLEDGE and DRIVER, are done by the transport when it finds the device.) 0 or -ENODEV. */
int virtio_negotiate(struct virtio_device *dev, uint64_t wanted);
/* Has 4 bytes of the device configuration read; *out is there after virtio_configure. */
static inline void virtio_config(struct virtio_device *dev, unsigned offset, uint32_t *out)
{
    dev->transport->config(dev, offset, out);
}
/* Carries out all that, and looks at the answers. 0; -ENODEV: the device can't agree; -ENOENT: it has no such queue. */
int virtio_configure(struct virtio_device *dev);
void virtio_start(struct virtio_device *dev); /* DRIVER_OK */
void virtio_give_up(struct virtio_device *dev);
/* The device forgets everything; it touches no memory of ours after that. */
void virtio_reset(struct virtio_device *dev);

/* Has the device's interrupts delivered. Called only when something is about to wait for one: a device that answers at
 * once never needs the interrupt controller. 0 or -errno. */
int virtio_interrupts(struct virtio_device *dev);
/* For transports: the device has interrupted. */
void virtio_interrupt(struct virtio_device *dev);

/* Waits until done(arg), with `queue`'s interrupts on. done must become true when the device breaks.
 * 0; -ERESTARTSYS; -EIO if there can be no interrupts. */
int virtio_wait(struct virtqueue *queue, bool (*done)(void *arg), void *arg, bool interruptible);

struct fdt;
struct fdt_node;
/* virtio_mmio.c: the device at a "virtio,mmio" node, reset. VIRTIO_ID_NONE: nothing that we can use; *out isn't set. */
enum virtio_id virtio_mmio_probe(const struct fdt *fdt, const struct fdt_node *node, struct virtio_device **out);
struct pci_device;
/* virtio_pci.c: the same at a PCI device. */
enum virtio_id virtio_pci_probe(const struct pci_device *device, struct virtio_device **out);

#endif
