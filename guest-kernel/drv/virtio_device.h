/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_device.h - a virtio 1.2 device's state and what a transport does for it: known to virtio.c, its queues and its
 * drivers. */
#ifndef GK_DRV_VIRTIO_DEVICE_H
#define GK_DRV_VIRTIO_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct virtqueue;

enum virtio_id { /* section 5 */
                 VIRTIO_ID_NONE = 0,
                 VIRTIO_ID_BLOCK = 2,
                 VIRTIO_ID_CONSOLE = 3,
                 VIRTIO_ID_SOCKETS = 19,
                 VIRTIO_ID_FS = 26
};

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
    bool only_answers;        /* what it has to say is no news from outside (core/outside.h) */
    bool broken;              /* it broke the protocol and is used no more */
    /* The driver's, called from the interrupt handler, so it must not wait. NULL: changes of the configuration don't
     * matter to it, and rings are looked at by those who wait. */
    void (*on_interrupt)(struct virtio_device *dev, bool config_changed);
    void (*on_used)(struct virtio_device *dev); /* the same for one to which they don't matter, but its rings do */
    void *driver;
};

#endif
