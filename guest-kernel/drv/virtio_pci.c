/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_pci.c - virtio over PCI, modern devices (virtio 1.2, section 4.1), with INTx. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/irq.h"
#include "core/log.h"
#include "drv/pci.h"
#include "drv/virtio.h"
#include "lib/list.h"
#include "mm/kmalloc.h"

#define VENDOR_VIRTIO 0x1af4
#define DEVICE_BASE 0x1040 /* + the device's type */
#define DEVICE_LAST 0x107f
#define QUEUES_MAX 32u
#define RESET_TRIES 1000000u

enum structure { STRUCT_COMMON = 1, STRUCT_NOTIFY = 2, STRUCT_ISR = 3, STRUCT_DEVICE = 4, STRUCTS }; /* section 4.1.4 */

enum common_register { /* section 4.1.4.3 */
                       COMMON_DEVICE_SELECT = 0x00,
                       COMMON_DEVICE_FEATURES = 0x04,
                       COMMON_DRIVER_SELECT = 0x08,
                       COMMON_DRIVER_FEATURES = 0x0c,
                       COMMON_STATUS = 0x14,
                       COMMON_QUEUE_SELECT = 0x16,
                       COMMON_QUEUE_SIZE = 0x18,
                       COMMON_QUEUE_ENABLE = 0x1c,
                       COMMON_QUEUE_NOTIFY_OFFSET = 0x1e,
                       COMMON_QUEUE_DESC = 0x20,
                       COMMON_QUEUE_AVAIL = 0x28,
                       COMMON_QUEUE_USED = 0x30,
                       COMMON_SIZE = 0x38,
};

enum capability_field { /* section 4.1.4 */
                        CAP_ID = 0,
                        CAP_LENGTH = 2,
                        CAP_TYPE = 3,
                        CAP_BAR = 4,
                        CAP_OFFSET = 8,
                        CAP_SIZE = 12,
                        CAP_MULTIPLIER = 16, /* the notification structure's only */
};
#define CAP_ID_VENDOR 9
#define CAP_LENGTH_MIN 16u

struct area {           /* a structure of the device */
    uint8_t *registers; /* NULL: it has none */
    uint32_t size;
};

struct virtio_pci {
    struct virtio_device dev;
    struct pci_device pci;
    struct area area[STRUCTS];
    uint32_t multiplier;
    uint8_t *doorbell[QUEUES_MAX]; /* NULL: not set up, or out of the structure */
};

static struct virtio_pci *virtio_pci(struct virtio_device *dev)
{
    return container_of(dev, struct virtio_pci, dev);
}

/* Registers are accessed at once: that costs little where there is PCI. */
static uint32_t common_read(struct virtio_device *dev, unsigned offset, unsigned size)
{
    return pci_reg_read(virtio_pci(dev)->area[STRUCT_COMMON].registers + offset, size);
}

static void common_write(struct virtio_device *dev, unsigned offset, unsigned size, uint32_t value)
{
    pci_reg_write(virtio_pci(dev)->area[STRUCT_COMMON].registers + offset, size, value);
}

/* ---- the transport ---- */

static void set_features(struct virtio_device *dev, uint64_t features)
{
    for (uint32_t half = 0; half < 2; half++) {
        common_write(dev, COMMON_DRIVER_SELECT, 4, half);
        common_write(dev, COMMON_DRIVER_FEATURES, 4, (uint32_t)(features >> 32 * half));
    }
}

static void set_status(struct virtio_device *dev, uint8_t status)
{
    common_write(dev, COMMON_STATUS, 1, status);
}

static void read_status(struct virtio_device *dev, uint32_t *out)
{
    *out = common_read(dev, COMMON_STATUS, 1);
}

static void write_address(struct virtio_device *dev, unsigned offset, const void *address)
{
    paddr_t pa = virt_to_phys(address);

    common_write(dev, offset, 4, (uint32_t)pa);
    common_write(dev, offset + 4, 4, (uint32_t)(pa >> 32));
}

/* Of the queue that is selected. */
static uint8_t *doorbell_of(struct virtio_device *dev)
{
    const struct virtio_pci *pci = virtio_pci(dev);
    const struct area *notify = &pci->area[STRUCT_NOTIFY];
    uint64_t offset = (uint64_t)common_read(dev, COMMON_QUEUE_NOTIFY_OFFSET, 2) * pci->multiplier;

    return offset % 2 == 0 && offset + 2 <= notify->size ? notify->registers + offset : NULL;
}

/* One that can't have so many entries is left alone: a queue can't be disabled again, and this is called once more. */
static void queue_enable(struct virtio_device *dev, const struct virtqueue *queue, uint32_t *max)
{
    *max = 0;
    if (queue->index >= QUEUES_MAX)
        return;
    common_write(dev, COMMON_QUEUE_SELECT, 2, queue->index);
    *max = common_read(dev, COMMON_QUEUE_SIZE, 2);
    if (*max < queue->size)
        return;
    uint8_t *doorbell = doorbell_of(dev);
    virtio_pci(dev)->doorbell[queue->index] = doorbell;
    if (doorbell == NULL) {
        *max = 0;
        return;
    }
    common_write(dev, COMMON_QUEUE_SIZE, 2, queue->size);
    write_address(dev, COMMON_QUEUE_DESC, queue->desc);
    write_address(dev, COMMON_QUEUE_AVAIL, queue->avail);
    write_address(dev, COMMON_QUEUE_USED, queue->used);
    common_write(dev, COMMON_QUEUE_ENABLE, 2, 1);
}

static void queue_disable(struct virtio_device *dev, const struct virtqueue *queue)
{
    (void)dev; /* it never was enabled */
    (void)queue;
}

static void config(struct virtio_device *dev, unsigned offset, uint32_t *out)
{
    const struct area *area = &virtio_pci(dev)->area[STRUCT_DEVICE];

    *out = area->size >= 4 && offset <= area->size - 4 ? pci_reg_read(area->registers + offset, 4) : 0;
}

static void flush(struct virtio_device *dev)
{
    (void)dev;
}

static void notify(struct virtio_device *dev, uint16_t queue_index)
{
    uint8_t *doorbell = queue_index < QUEUES_MAX ? virtio_pci(dev)->doorbell[queue_index] : NULL;

    if (doorbell != NULL)
        pci_reg_write(doorbell, 2, queue_index);
}

/* To read the status acknowledges it (section 4.1.4.5). */
static uint32_t interrupt_take(struct virtio_device *dev)
{
    return pci_reg_read(virtio_pci(dev)->area[STRUCT_ISR].registers, 1);
}

static void irq_handler(void *arg)
{
    virtio_interrupt(arg);
}

static int interrupt_enable(struct virtio_device *dev)
{
    struct virtio_pci *pci = virtio_pci(dev);
    int error = pci->pci.irq < 0 ? pci->pci.irq : irq_register((unsigned)pci->pci.irq, irq_handler, dev);

    if (error == 0)
        pci_write(&pci->pci, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    return error;
}

static const struct virtio_transport transport = {
    .set_features = set_features,
    .set_status = set_status,
    .read_status = read_status,
    .queue_enable = queue_enable,
    .queue_disable = queue_disable,
    .config = config,
    .flush = flush,
    .notify = notify,
    .interrupt_take = interrupt_take,
    .interrupt_enable = interrupt_enable,
};

/* ---- finding it ---- */

/* The structure that a capability names, if it lies in one of the device's windows. */
static bool area_map(const struct pci_device *pci, unsigned capability, struct area *out)
{
    uint32_t bar = pci_read(pci, capability + CAP_BAR, 1);
    uint64_t offset = pci_read(pci, capability + CAP_OFFSET, 4), size = pci_read(pci, capability + CAP_SIZE, 4);

    if (bar >= PCI_BARS || size == 0 || offset % 4 != 0 || offset > pci->bar[bar].size ||
        size > pci->bar[bar].size - offset)
        return false;
    out->registers = arch_map_device(pci->bar[bar].base + offset, size);
    out->size = (uint32_t)size;
    return out->registers;
}

/* The first of each kind that is usable, as section 4.1.4.1 wants. */
static void areas_find(struct virtio_pci *pci)
{
    unsigned left = PCI_CAPABILITIES_MAX;

    for (unsigned at = 0; (at = pci_capability_next(&pci->pci, at, &left)) != 0;) {
        if (at + CAP_LENGTH_MIN > PCI_CONFIG_SIZE || pci_read(&pci->pci, at + CAP_ID, 1) != CAP_ID_VENDOR)
            continue;
        uint32_t length = pci_read(&pci->pci, at + CAP_LENGTH, 1), type = pci_read(&pci->pci, at + CAP_TYPE, 1);
        bool has_multiplier = length >= CAP_MULTIPLIER + 4 && at + CAP_MULTIPLIER + 4 <= PCI_CONFIG_SIZE;

        if (length < CAP_LENGTH_MIN || type < STRUCT_COMMON || type >= STRUCTS || pci->area[type].registers != NULL ||
            (type == STRUCT_NOTIFY && !has_multiplier) || !area_map(&pci->pci, at, &pci->area[type]))
            continue;
        if (type == STRUCT_NOTIFY)
            pci->multiplier = pci_read(&pci->pci, at + CAP_MULTIPLIER, 4);
    }
}

static bool areas_suffice(const struct virtio_pci *pci)
{
    return pci->area[STRUCT_COMMON].registers != NULL && pci->area[STRUCT_COMMON].size >= COMMON_SIZE &&
           pci->area[STRUCT_NOTIFY].registers != NULL && pci->area[STRUCT_ISR].registers != NULL;
}

/* Section 4.1.4.3.2: the device is reset once it says so. */
static bool reset(struct virtio_device *dev)
{
    unsigned tries = 0;

    set_status(dev, 0);
    while (common_read(dev, COMMON_STATUS, 1) != 0)
        if (++tries == RESET_TRIES)
            return false;
    dev->status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER;
    set_status(dev, dev->status);
    for (uint32_t half = 0; half < 2; half++) {
        common_write(dev, COMMON_DEVICE_SELECT, 4, half);
        dev->offered |= (uint64_t)common_read(dev, COMMON_DEVICE_FEATURES, 4) << 32 * half;
    }
    return true;
}

enum virtio_id virtio_pci_probe(const struct pci_device *device, struct virtio_device **out)
{
    struct virtio_pci *pci;

    if (device->vendor != VENDOR_VIRTIO || device->device <= DEVICE_BASE || device->device > DEVICE_LAST)
        return VIRTIO_ID_NONE;
    pci = kmalloc(sizeof(*pci));
    if (pci == NULL)
        return VIRTIO_ID_NONE;
    pci->dev.transport = &transport;
    pci->pci = *device;
    pci_write(&pci->pci, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
    areas_find(pci);
    if (!areas_suffice(pci) || !reset(&pci->dev)) {
        log_error("PCI device %u: a virtio device that can't be used", device->number);
        pci_write(&pci->pci, PCI_COMMAND, 2, PCI_COMMAND_NO_INTX);
        kfree(pci);
        return VIRTIO_ID_NONE;
    }
    *out = &pci->dev;
    return (enum virtio_id)(device->device - DEVICE_BASE);
}
