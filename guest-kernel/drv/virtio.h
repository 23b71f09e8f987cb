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

#include "drv/virtio_device.h"
#include "drv/virtqueue.h"

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

/* Waits until done(arg), with `queue`'s interrupts on, while nobody else runs: for what the device does at once. done
 * must become true when the device breaks. 0; -EIO if there can be no interrupts. */
int virtio_wait(struct virtqueue *queue, bool (*done)(void *arg), void *arg);

struct fdt;
struct fdt_node;
/* virtio_mmio.c: the device at a "virtio,mmio" node, reset. VIRTIO_ID_NONE: nothing that we can use; *out isn't set. */
enum virtio_id virtio_mmio_probe(const struct fdt *fdt, const struct fdt_node *node, struct virtio_device **out);
struct pci_device;
/* virtio_pci.c: the same at a PCI device. */
enum virtio_id virtio_pci_probe(const struct pci_device *device, struct virtio_device **out);

#endif
