/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mmio.c - virtio-mmio registers (virtio 1.2, 4.2.2). Strict: what the driver must not do in a state has no effect.
 */
#include "devices/virtio/mmio.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "boot/abi.h"
#include "boot/abi_dax.h"
#include "vmm/log.h"

/* Register offsets, table 4.1. */
enum {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_VENDOR_ID = 0x00c,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SEL = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SEL = 0x024,
    REG_QUEUE_SEL = 0x030,
    REG_QUEUE_SIZE_MAX = 0x034,
    REG_QUEUE_SIZE = 0x038,
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = VIRTIO_MMIO_QUEUE_NOTIFY,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESC_LOW = 0x080,
    REG_QUEUE_DESC_HIGH = 0x084,
    REG_QUEUE_DRIVER_LOW = 0x090,
    REG_QUEUE_DRIVER_HIGH = 0x094,
    REG_QUEUE_DEVICE_LOW = 0x0a0,
    REG_QUEUE_DEVICE_HIGH = 0x0a4,
    REG_SHM_SEL = 0x0ac,
    REG_SHM_LEN_LOW = 0x0b0,
    REG_SHM_LEN_HIGH = 0x0b4,
    REG_SHM_BASE_LOW = 0x0b8,
    REG_SHM_BASE_HIGH = 0x0bc,
    REG_CONFIG_GENERATION = 0x0fc,
    REG_CONFIG = 0x100,
};

#define MMIO_MAGIC 0x74726976u /* "virt" */

enum { INTERRUPT_USED_BUFFER = 1, INTERRUPT_CONFIG_CHANGE = 2 };

static bool driver_runs(const struct virtio_device *dev)
{
    return (dev->status & (VIRTIO_DRIVER_OK | VIRTIO_DEVICE_NEEDS_RESET | VIRTIO_FAILED)) == VIRTIO_DRIVER_OK;
}

/* A word that isn't in memory is the guest's loss. */
static void interrupt(struct virtio_device *dev, uint32_t cause)
{
    const uint32_t changed = htole32(1);

    dev->interrupt_status |= cause;
    if (cause == INTERRUPT_CONFIG_CHANGE && dev->cause != 0)
        mem_write(dev->env.mem, dev->cause, &changed, sizeof(changed));
    irqline_raise(&dev->env.irq);
}

/* Says so with a configuration change once the driver runs. */
void virtio_need_reset(struct virtio_device *dev)
{
    dev->status |= VIRTIO_DEVICE_NEEDS_RESET;
    if (dev->status & VIRTIO_DRIVER_OK)
        interrupt(dev, INTERRUPT_CONFIG_CHANGE);
}

static void needs_reset(struct virtio_device *dev)
{
    log_detail("virtio device at 0x%" PRIx64 ": bad queue, the guest must reset it", dev->env.window.base);
    virtio_need_reset(dev);
}

bool virtio_has_feature(const struct virtio_device *dev, uint64_t feature)
{
    return (dev->driver_features & feature) != 0;
}

bool virtio_has_ended(const struct virtio_device *dev)
{
    const struct device_services *services = dev->env.services;

    return services != NULL && services->has_ended != NULL && services->has_ended(dev->env.vm);
}

void virtio_continue(struct virtio_device *dev, struct loop_task *task)
{
    int error = dev->env.loop != NULL ? loop_post(dev->env.loop, task) : -ENOTSUP;

    if (error != 0) {
        log_error("virtio device at 0x%" PRIx64 ": can't go on: %s", dev->env.window.base, strerror(-error));
        needs_reset(dev);
    }
}

bool virtio_pending(struct virtio_device *dev, struct virtqueue *queue)
{
    int error = driver_runs(dev) ? queue_pending(queue) : 0;

    if (error < 0)
        needs_reset(dev);
    return error > 0;
}

bool virtio_pop(struct virtio_device *dev, struct virtqueue *queue, struct queue_chain *chain)
{
    int error = driver_runs(dev) && !virtio_has_ended(dev) ? queue_pop(queue, chain) : 0;

    if (error < 0)
        needs_reset(dev);
    return error > 0;
}

void virtio_interrupt(struct virtio_device *dev, struct virtqueue *queue)
{
    if (driver_runs(dev) && queue_should_interrupt(queue))
        interrupt(dev, INTERRUPT_USED_BUFFER);
}

void virtio_interrupt_used(struct virtio_device *dev)
{
    if (driver_runs(dev))
        interrupt(dev, INTERRUPT_USED_BUFFER);
}

void virtio_interrupt_config(struct virtio_device *dev)
{
    if (driver_runs(dev))
        interrupt(dev, INTERRUPT_CONFIG_CHANGE);
}

/* ---- queues ---- */

static struct virtqueue *selected(struct virtio_device *dev)
{
    return dev->queue_sel < dev->queue_count ? &dev->queue[dev->queue_sel] : NULL;
}

static void queue_disable(struct virtio_device *dev, unsigned index)
{
    if (!dev->queue[index].ready)
        return;
    if (dev->ops->queue_stop != NULL)
        dev->ops->queue_stop(dev, index);
    queue_stop(&dev->queue[index]);
}

static void queue_enable(struct virtio_device *dev, struct virtqueue *queue)
{
    queue->mem = dev->env.mem;
    queue->indirect = virtio_has_feature(dev, VIRTIO_F_INDIRECT_DESC);
    queue->event_idx = virtio_has_feature(dev, VIRTIO_F_EVENT_IDX);
    if (queue_start(queue) < 0)
        needs_reset(dev);
}

static void notify(struct virtio_device *dev, uint32_t index)
{
    if (index < dev->queue_count && dev->queue[index].ready && driver_runs(dev))
        dev->ops->notify(dev, index);
}

static void set_half(uint64_t *address, uint32_t value, bool high)
{
    *address = high ? (*address & UINT32_MAX) | (uint64_t)value << 32 : (*address & ~(uint64_t)UINT32_MAX) | value;
}

/* Set-up of the selected queue: after the features are agreed on (3.1.1), and not while the queue is in use. */
static void queue_write(struct virtio_device *dev, uint64_t reg, uint32_t value)
{
    struct virtqueue *queue = selected(dev);

    if (queue == NULL || !(dev->status & VIRTIO_FEATURES_OK) ||
        (dev->status & (VIRTIO_DEVICE_NEEDS_RESET | VIRTIO_FAILED)))
        return;
    if (queue->ready) {
        if (reg == REG_QUEUE_READY && value == 0)
            queue_disable(dev, dev->queue_sel);
        return;
    }
    switch (reg) {
    case REG_QUEUE_SIZE:
        if (value > 0 && value <= QUEUE_SIZE_MAX && (value & (value - 1)) == 0)
            queue->size = (uint16_t)value;
        break;
    case REG_QUEUE_DESC_LOW:
    case REG_QUEUE_DESC_HIGH:
        set_half(&queue->desc_gpa, value, reg == REG_QUEUE_DESC_HIGH);
        break;
    case REG_QUEUE_DRIVER_LOW:
    case REG_QUEUE_DRIVER_HIGH:
        set_half(&queue->driver_gpa, value, reg == REG_QUEUE_DRIVER_HIGH);
        break;
    case REG_QUEUE_DEVICE_LOW:
    case REG_QUEUE_DEVICE_HIGH:
        set_half(&queue->device_gpa, value, reg == REG_QUEUE_DEVICE_HIGH);
        break;
    case REG_QUEUE_READY:
        if (value == 1)
            queue_enable(dev, queue);
        break;
    }
}

/* ---- status ---- */

static void device_reset(struct virtio_device *dev)
{
    for (unsigned i = 0; i < dev->queue_count; i++) {
        struct virtqueue *queue = &dev->queue[i];

        queue_disable(dev, i);
        queue->desc_gpa = queue->driver_gpa = queue->device_gpa = 0;
        queue->size = QUEUE_SIZE_MAX;
    }
    dev->driver_features = 0;
    dev->device_features_sel = dev->driver_features_sel = dev->queue_sel = dev->shm_sel = 0;
    dev->status = dev->interrupt_status = 0;
    dev->cause_high = 0;
    dev->cause = 0;
    if (dev->ops->reset != NULL)
        dev->ops->reset(dev);
}

/* 3.1.1, step 6: FEATURES_OK stays clear unless the driver chose a subset of the offer, and no legacy interface. */
static bool features_acceptable(const struct virtio_device *dev)
{
    return (dev->driver_features & ~dev->features) == 0 && virtio_has_feature(dev, VIRTIO_F_VERSION_1);
}

static void status_write(struct virtio_device *dev, uint32_t value)
{
    const uint32_t known = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_DRIVER_OK | VIRTIO_FEATURES_OK | VIRTIO_FAILED;
    uint32_t old = dev->status;

    if (value == 0) {
        device_reset(dev);
        return;
    }
    value &= known;
    if ((old & known & ~value) != 0) /* 2.1.1: the driver must not clear a bit */
        return;
    if (!(old & VIRTIO_FEATURES_OK) && (value & VIRTIO_FEATURES_OK) && !features_acceptable(dev))
        value &= ~(uint32_t)VIRTIO_FEATURES_OK;
    if (!(value & VIRTIO_FEATURES_OK))
        value &= ~(uint32_t)VIRTIO_DRIVER_OK;
    dev->status = value | (old & VIRTIO_DEVICE_NEEDS_RESET);
    if ((old & VIRTIO_DRIVER_OK) || !driver_runs(dev))
        return;
    if (dev->ops->start != NULL) {
        dev->ops->start(dev);
        return;
    }
    /* Buffers that were made available before DRIVER_OK count from now on, and their notification had no effect. */
    for (unsigned i = 0; i < dev->queue_count; i++)
        if (virtio_pending(dev, &dev->queue[i]))
            notify(dev, i);
}

/* ---- registers ---- */

/* All ones, where there is no such region (4.2.2). */
static uint32_t region_read(struct virtio_device *dev, uint64_t reg)
{
    uint64_t base = UINT64_MAX, bytes = UINT64_MAX;

    if (dev->ops->region == NULL || !dev->ops->region(dev, dev->shm_sel, &base, &bytes))
        base = bytes = UINT64_MAX;
    switch (reg) {
    case REG_SHM_LEN_LOW:
        return (uint32_t)bytes;
    case REG_SHM_LEN_HIGH:
        return (uint32_t)(bytes >> 32);
    case REG_SHM_BASE_LOW:
        return (uint32_t)base;
    default:
        return (uint32_t)(base >> 32);
    }
}

static uint32_t register_read(struct virtio_device *dev, uint64_t reg)
{
    const struct virtqueue *queue = selected(dev);

    switch (reg) {
    case REG_MAGIC:
        return MMIO_MAGIC;
    case REG_VERSION:
        return 2;
    case REG_DEVICE_ID:
        return dev->ops->device_id;
    case REG_VENDOR_ID:
        return LVMM_MMIO_VENDOR;
    case REG_DEVICE_FEATURES:
        return dev->device_features_sel < 2 ? (uint32_t)(dev->features >> (32 * dev->device_features_sel)) : 0;
    case REG_QUEUE_SIZE_MAX:
        return queue != NULL ? QUEUE_SIZE_MAX : 0;
    case REG_QUEUE_READY:
        return queue != NULL && queue->ready;
    case REG_INTERRUPT_STATUS:
        return dev->interrupt_status;
    case REG_STATUS:
        return dev->status;
    case REG_CONFIG_GENERATION:
        return 0; /* our configuration never changes */
    case REG_SHM_LEN_LOW:
    case REG_SHM_LEN_HIGH:
    case REG_SHM_BASE_LOW:
    case REG_SHM_BASE_HIGH:
        return region_read(dev, reg);
    case LVMM_MMIO_GONE_COUNT:
    case LVMM_MMIO_GONE_FIRST:
        return dev->ops->own_read != NULL ? dev->ops->own_read(dev, reg) : 0;
    default:
        return 0;
    }
}

static void driver_features_write(struct virtio_device *dev, uint32_t value)
{
    if (dev->status & VIRTIO_FEATURES_OK)
        return;
    if (dev->driver_features_sel < 2)
        set_half(&dev->driver_features, value, dev->driver_features_sel == 1);
}

static void register_write(struct virtio_device *dev, uint64_t reg, uint32_t value)
{
    switch (reg) {
    case REG_DEVICE_FEATURES_SEL:
        dev->device_features_sel = value;
        break;
    case REG_DRIVER_FEATURES_SEL:
        dev->driver_features_sel = value;
        break;
    case REG_DRIVER_FEATURES:
        driver_features_write(dev, value);
        break;
    case REG_QUEUE_SEL:
        dev->queue_sel = value;
        break;
    case REG_SHM_SEL:
        dev->shm_sel = value;
        break;
    case REG_QUEUE_NOTIFY:
        notify(dev, value);
        break;
    case REG_INTERRUPT_ACK:
        dev->interrupt_status &= ~value;
        break;
    case LVMM_MMIO_CAUSE_HIGH:
        dev->cause_high = value;
        break;
    case LVMM_MMIO_CAUSE_LOW:
        dev->cause = value % sizeof(uint32_t) == 0 ? (gpa_t)dev->cause_high << 32 | value : 0;
        break;
    case REG_STATUS:
        status_write(dev, value);
        break;
    default:
        queue_write(dev, reg, value);
        break;
    }
}

static void config_read(const struct virtio_device *dev, uint64_t offset, void *data, unsigned size)
{
    size_t n = 0;

    if (offset < dev->config_size)
        n = size < dev->config_size - offset ? size : dev->config_size - offset;
    memset(data, 0, size);
    if (n > 0)
        memcpy(data, (const uint8_t *)dev->config + offset, n);
}

/* ---- lists of accesses (boot/abi.h) ---- */

static void access_run(struct virtio_device *dev, struct lvmm_mmio_access *access)
{
    if (access->offset % sizeof(access->value) != 0)
        return;
    if (access->write == 0 && access->offset >= REG_CONFIG)
        config_read(dev, access->offset - REG_CONFIG, &access->value, sizeof(access->value));
    else if (access->write == 0)
        access->value = register_read(dev, access->offset);
    else if (access->offset < REG_CONFIG)
        register_write(dev, access->offset, access->value);
}

/* Lock held. The list is copied before it is looked at; one that isn't in memory or is too long is not carried out. */
static void list_run(struct virtio_device *dev, gpa_t gpa)
{
    struct lvmm_mmio_list list;
    const size_t head = offsetof(struct lvmm_mmio_list, access);

    if (mem_read(dev->env.mem, gpa, &list, head) != 0 || list.count > LVMM_MMIO_LIST_MAX)
        return;
    size_t size = list.count * sizeof(list.access[0]);
    if (mem_read(dev->env.mem, gpa + head, list.access, size) != 0)
        return;
    for (unsigned i = 0; i < list.count && !virtio_has_ended(dev); i++)
        access_run(dev, &list.access[i]);
    mem_write(dev->env.mem, gpa + head, list.access, size);
}

/* 4.2.2.2: registers are accessed with aligned 32-bit reads and writes; other widths are the driver's mistake. */
static void mmio_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    struct virtio_device *dev = owner;
    uint32_t value;

    if (offset >= REG_CONFIG) {
        config_read(dev, offset - REG_CONFIG, data, size);
        return;
    }
    memset(data, 0, size);
    if (size != sizeof(value) || offset % sizeof(value) != 0)
        return;
    pthread_mutex_lock(&dev->lock);
    value = register_read(dev, offset);
    pthread_mutex_unlock(&dev->lock);
    memcpy(data, &value, sizeof(value));
}

static void mmio_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    struct virtio_device *dev = owner;
    uint32_t value;

    if (offset >= REG_CONFIG || size != sizeof(value) || offset % sizeof(value) != 0)
        return;
    memcpy(&value, data, sizeof(value));
    pthread_mutex_lock(&dev->lock);
    if (offset == LVMM_MMIO_LIST_HIGH)
        dev->list_high = value;
    else if (offset == LVMM_MMIO_LIST_LOW)
        list_run(dev, (uint64_t)dev->list_high << 32 | value);
    else
        register_write(dev, offset, value);
    pthread_mutex_unlock(&dev->lock);
}

/* ---- struct device ---- */

static void mmio_destroy(struct device *device)
{
    struct virtio_device *dev = (struct virtio_device *)device;

    dev->ops->destroy(dev);
}

static const struct device_ops mmio_device_ops = {
    .io = {.read = mmio_read, .write = mmio_write},
    .destroy = mmio_destroy,
};

void virtio_init(struct virtio_device *dev, const struct device_env *env, const struct virtio_init *init)
{
    dev->device.ops = &mmio_device_ops;
    dev->ops = init->ops;
    dev->env = *env;
    pthread_mutex_init(&dev->lock, NULL); /* of the default type: it has no resource to lack */
    dev->features = init->features | VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX;
    dev->config = init->config;
    dev->config_size = init->config_size;
    dev->queue = init->queue;
    dev->queue_count = init->queue_count;
    for (unsigned i = 0; i < dev->queue_count; i++)
        dev->queue[i].size = QUEUE_SIZE_MAX;
}

void virtio_fini(struct virtio_device *dev)
{
    pthread_mutex_destroy(&dev->lock);
}
