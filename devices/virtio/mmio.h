/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmio.h - the virtio-mmio transport, version 2 (virtio 1.2, section 4.2): registers, device status, queue set-up.
 * A device of a certain type embeds struct virtio_device as its first member and gives virtio_device_ops.
 *
 * Locking: `lock` guards the device, its queues and what the type adds. The transport takes it on each register access
 * (any vCPU's thread) and calls the ops with it; the type takes it in its handlers on the loop's thread. It is the only
 * lock of a device; what is called with it held (interrupt, services, the owner's callbacks) must not call back.
 */
#ifndef LVMM_DEVICES_VIRTIO_MMIO_H
#define LVMM_DEVICES_VIRTIO_MMIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/virtio/queue.h"

#define VIRTIO_MMIO_QUEUE_NOTIFY 0x050u

/* Device status, 2.1. */
enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_DEVICE_NEEDS_RESET = 64,
    VIRTIO_FAILED = 128,
};

/* Feature bits of all devices, 6. */
#define VIRTIO_F_INDIRECT_DESC (UINT64_C(1) << 28)
#define VIRTIO_F_EVENT_IDX (UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1 (UINT64_C(1) << 32)

struct virtio_device;

/* All called with the lock held, but destroy. */
struct virtio_device_ops {
    uint32_t device_id; /* 5 */
    /* The driver runs from now on, with the queues that are ready. NULL: notify is called for those that have something
     * already. A device that has it leaves the queues' rings to somebody else, and uses none of the calls below on
     * them. */
    void (*start)(struct virtio_device *dev);
    /* The driver says that queue `index` has something new. Also called at DRIVER_OK for a queue that has already. */
    void (*notify)(struct virtio_device *dev, unsigned index);
    /* The queue is about to stop: on return nothing that came from it touches guest memory any more. May be NULL. */
    void (*queue_stop)(struct virtio_device *dev, unsigned index);
    /* Where the shared memory region of this number is (2.10), and its size. False: there is none. NULL: none at all.
     */
    bool (*region)(struct virtio_device *dev, uint32_t number, uint64_t *base, uint64_t *bytes);
    /* A register that the driver reads and that is lvmm's own (boot/abi_dax.h). NULL: they are zero. */
    uint32_t (*own_read)(struct virtio_device *dev, uint64_t reg);
    void (*reset)(struct virtio_device *dev); /* after all queues were stopped. May be NULL */
    void (*destroy)(struct virtio_device *dev);
};

struct virtio_device {
    struct device device;
    const struct virtio_device_ops *ops;
    struct device_env env;
    pthread_mutex_t lock;

    uint64_t features;  /* offered */
    const void *config; /* device configuration space; no device here has a writable field */
    size_t config_size;
    struct virtqueue *queue;
    unsigned queue_count;

    /* Registers. */
    uint64_t driver_features;
    uint32_t device_features_sel, driver_features_sel, queue_sel;
    uint32_t status, interrupt_status;
    uint32_t list_high; /* boot/abi.h */
    uint32_t cause_high;
    gpa_t cause; /* where changes of the configuration are told; 0: nowhere */

    uint32_t shm_sel;
};

struct virtio_init {
    const struct virtio_device_ops *ops;
    uint64_t features; /* of the type; those of all devices are added */
    const void *config;
    size_t config_size;
    struct virtqueue *queue; /* zeroed */
    unsigned queue_count;
};

/* Fills `dev` as after a reset; what the type adds is the type's to fill. `init` is copied, but what it points to stays
 * the caller's and must live as long as the device. Before vCPUs and the loop know of it. */
void virtio_init(struct virtio_device *dev, const struct device_env *env, const struct virtio_init *init);
/* For the type's destroy, after the loop and the vCPUs have stopped. The structure itself is the type's to free. */
void virtio_fini(struct virtio_device *dev);

/* For the types, lock held. A queue may be used only while the driver is running: the calls below say 0 otherwise. */
bool virtio_has_feature(const struct virtio_device *dev, uint64_t feature);
bool virtio_pending(struct virtio_device *dev, struct virtqueue *queue);
/* Takes the next chain; none once the VM has ended. A bad ring makes the device need a reset (2.1.2), and there is
 * nothing to take. */
bool virtio_pop(struct virtio_device *dev, struct virtqueue *queue, struct queue_chain *chain);
/* Has the VM ended? Asked before each chain that is taken, and by what works long on one. */
bool virtio_has_ended(const struct virtio_device *dev);
/* Goes on with `task` on the loop's thread, which takes the lock: for work that is more than one notification may do.
 * Where that can't be done the device needs a reset. */
void virtio_continue(struct virtio_device *dev, struct loop_task *task);
/* The device can't go on, whatever the driver does before it resets it (2.1.2). */
void virtio_need_reset(struct virtio_device *dev);
/* Somebody else has pushed something and found that the driver wants an interrupt. */
void virtio_interrupt_used(struct virtio_device *dev);
/* Tells the driver that a register has something new for it (2.4.1: as if the configuration had changed). */
void virtio_interrupt_config(struct virtio_device *dev);
/* Interrupts if the driver wants to know what was pushed. */
void virtio_interrupt(struct virtio_device *dev, struct virtqueue *queue);

#endif
