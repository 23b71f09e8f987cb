/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_mmio.c - virtio over memory-mapped registers, version 2 (virtio 1.2, section 4.2). */
#include "drv/virtio.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "boot/abi.h"
#include "core/irq.h"
#include "core/log.h"
#include "lib/fdt.h"
#include "lib/list.h"
#include "mm/kmalloc.h"

#define MMIO_MAGIC 0x74726976u /* "virt" */
#define MMIO_VERSION 2u

enum mmio_register { /* section 4.2.2 */
                     REG_MAGIC = 0x000,
                     REG_VERSION = 0x004,
                     REG_DEVICE_ID = 0x008,
                     REG_VENDOR_ID = 0x00c,
                     REG_DEVICE_FEATURES = 0x010,
                     REG_DEVICE_FEATURES_SELECT = 0x014,
                     REG_DRIVER_FEATURES = 0x020,
                     REG_DRIVER_FEATURES_SELECT = 0x024,
                     REG_QUEUE_SELECT = 0x030,
                     REG_QUEUE_SIZE_MAX = 0x034,
                     REG_QUEUE_SIZE = 0x038,
                     REG_QUEUE_READY = 0x044,
                     REG_QUEUE_NOTIFY = 0x050,
                     REG_INTERRUPT_STATUS = 0x060,
                     REG_INTERRUPT_ACK = 0x064,
                     REG_STATUS = 0x070,
                     REG_QUEUE_DESC = 0x080,
                     REG_QUEUE_AVAIL = 0x090,
                     REG_QUEUE_USED = 0x0a0,
                     REG_REGION_SELECT = 0x0ac,
                     REG_REGION_SIZE = 0x0b0,
                     REG_REGION_BASE = 0x0b8,
                     REG_CONFIG = 0x100,
                     REGISTERS_SIZE = 0x200,
};

struct virtio_mmio {
    struct virtio_device dev;
    uint8_t *registers;
    unsigned irq;
    bool has_lists;       /* it takes lists of accesses */
    bool knows_word;      /* it tells of changes of its configuration in: */
    uint32_t has_changed; /* boot/abi.h, LVMM_MMIO_CAUSE_LOW */
};

/* ---- posted accesses ---- */

/* Accesses to one device that are still to be made, and the same as that device takes them in one access, where it does
 * (boot/abi.h). */
#define POSTED_MAX LVMM_MMIO_LIST_MAX

static struct {
    struct virtio_mmio *mmio;
    struct arch_mmio access[POSTED_MAX];
    unsigned count, read_count;
    struct {
        const struct arch_mmio *access;
        uint32_t *out;
    } read[POSTED_MAX]; /* where what is read goes */
    struct lvmm_mmio_list list;
} posted;

/* The device reads and writes the list: it is complete before, and not looked at before it is back. */
static void list_hand_over(struct virtio_mmio *mmio, unsigned count)
{
    paddr_t pa = virt_to_phys(&posted.list);
    struct arch_mmio address[2] = {
        {mmio->registers + LVMM_MMIO_LIST_HIGH, (uint32_t)(pa >> 32), 1},
        {mmio->registers + LVMM_MMIO_LIST_LOW, (uint32_t)pa, 1},
    };
    unsigned skipped = (pa >> 32) != 0 ? 0 : 1;

    posted.list.count = count;
    for (unsigned i = 0; i < count; i++)
        posted.list.access[i] = (struct lvmm_mmio_access){
            .offset = (uint16_t)((uint8_t *)posted.access[i].reg - mmio->registers),
            .write = posted.access[i].write,
            .value = posted.access[i].value,
        };
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    arch_mmio_batch(address + skipped, 2 - skipped);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < count; i++)
        posted.access[i].value = posted.list.access[i].value;
}

static void mmio_flush(struct virtio_device *dev)
{
    unsigned count = posted.count, read_count = posted.read_count;

    (void)dev; /* what is posted may be another's */
    posted.count = posted.read_count = 0;
    if (count > 1 && posted.mmio->has_lists)
        list_hand_over(posted.mmio, count);
    else
        arch_mmio_batch(posted.access, count);
    for (unsigned i = 0; i < read_count; i++)
        *posted.read[i].out = posted.read[i].access->value;
}

static const struct arch_mmio *post(struct virtio_device *dev, unsigned offset, uint32_t value, bool write)
{
    struct virtio_mmio *mmio = container_of(dev, struct virtio_mmio, dev);

    if (__builtin_expect(posted.count == POSTED_MAX || (posted.count != 0 && posted.mmio != mmio), false) != 0)
        mmio_flush(dev);
    posted.mmio = mmio;
    posted.access[posted.count] = (struct arch_mmio){mmio->registers + offset, value, write};
    return &posted.access[posted.count++];
}

/* Not inline, as the next: a boot goes through many places that post, and QEMU has to translate what is there. */
static __attribute__((noinline)) void mmio_read(struct virtio_device *dev, unsigned offset, uint32_t *out)
{
    const struct arch_mmio *access = post(dev, offset, 0, false);

    posted.read[posted.read_count].access = access;
    posted.read[posted.read_count++].out = out;
}

static __attribute__((noinline)) void mmio_write(struct virtio_device *dev, unsigned offset, uint32_t value)
{
    post(dev, offset, value, true);
}

/* ---- the transport ---- */

static void mmio_set_features(struct virtio_device *dev, uint64_t features)
{
    mmio_write(dev, REG_DRIVER_FEATURES_SELECT, 1);
    mmio_write(dev, REG_DRIVER_FEATURES, (uint32_t)(features >> 32));
    mmio_write(dev, REG_DRIVER_FEATURES_SELECT, 0);
    mmio_write(dev, REG_DRIVER_FEATURES, (uint32_t)features);
}

static void mmio_set_status(struct virtio_device *dev, uint8_t status)
{
    if (status == 0)
        container_of(dev, struct virtio_mmio, dev)->knows_word = false;
    mmio_write(dev, REG_STATUS, status);
}

static void mmio_read_status(struct virtio_device *dev, uint32_t *out)
{
    mmio_read(dev, REG_STATUS, out);
}

/* The upper half of an address register is zero after the machine's reset, in our devices as in QEMU's, and nobody has
 * written it since; so an address below 4 GiB needs one access instead of two. */
static void write_address(struct virtio_device *dev, unsigned offset, const void *address)
{
    paddr_t pa = virt_to_phys(address);

    mmio_write(dev, offset, (uint32_t)pa);
    if ((pa >> 32) != 0)
        mmio_write(dev, offset + 4, (uint32_t)(pa >> 32));
}

static void mmio_queue_enable(struct virtio_device *dev, const struct virtqueue *queue, uint32_t *max)
{
    mmio_write(dev, REG_QUEUE_SELECT, queue->index);
    mmio_read(dev, REG_QUEUE_SIZE_MAX, max);
    mmio_write(dev, REG_QUEUE_SIZE, queue->size);
    write_address(dev, REG_QUEUE_DESC, queue->desc);
    write_address(dev, REG_QUEUE_AVAIL, queue->avail);
    write_address(dev, REG_QUEUE_USED, queue->used);
    mmio_write(dev, REG_QUEUE_READY, 1);
}

static void mmio_queue_disable(struct virtio_device *dev, const struct virtqueue *queue)
{
    mmio_write(dev, REG_QUEUE_SELECT, queue->index);
    mmio_write(dev, REG_QUEUE_READY, 0);
}

static void mmio_config(struct virtio_device *dev, unsigned offset, uint32_t *out)
{
    mmio_read(dev, REG_CONFIG + offset, out);
}

static void mmio_region(struct virtio_device *dev, unsigned id, struct virtio_region *out)
{
    mmio_write(dev, REG_REGION_SELECT, id);
    for (unsigned half = 0; half < 2; half++) {
        mmio_read(dev, REG_REGION_SIZE + 4 * half, &out->size[half]);
        mmio_read(dev, REG_REGION_BASE + 4 * half, &out->base[half]);
    }
}

static void mmio_notify(struct virtio_device *dev, uint16_t queue_index)
{
    mmio_write(dev, REG_QUEUE_NOTIFY, queue_index);
    mmio_flush(dev);
}

/* Of a device that is ours, whose interrupts need no acknowledgement. The first time it is told of the word, and asked
 * for what came before. */
static uint32_t cause_take(struct virtio_device *dev)
{
    struct virtio_mmio *mmio = container_of(dev, struct virtio_mmio, dev);
    const paddr_t pa = virt_to_phys(&mmio->has_changed);
    uint32_t cause = 0;

    if (mmio->knows_word)
        return __atomic_exchange_n(&mmio->has_changed, 0, __ATOMIC_SEQ_CST) != 0 ? VIRTIO_INTERRUPT_CONFIG : 0;
    mmio->knows_word = true;
    if ((pa >> 32) != 0)
        mmio_write(dev, LVMM_MMIO_CAUSE_HIGH, (uint32_t)(pa >> 32));
    mmio_write(dev, LVMM_MMIO_CAUSE_LOW, (uint32_t)pa);
    mmio_read(dev, REG_INTERRUPT_STATUS, &cause);
    mmio_flush(dev);
    return cause;
}

/* Used buffers are acknowledged unseen: whoever is interrupted looks at the rings afterwards. A change of configuration
 * is not, or one that comes between the two accesses would be lost; unless nobody cares for it. */
static uint32_t mmio_interrupt_take(struct virtio_device *dev)
{
    uint32_t cause = 0;

    if (dev->is_ours)
        return dev->on_interrupt == NULL ? 0 : cause_take(dev);
    if (dev->on_interrupt == NULL) {
        mmio_write(dev, REG_INTERRUPT_ACK, VIRTIO_INTERRUPT_USED | VIRTIO_INTERRUPT_CONFIG);
        mmio_flush(dev);
        return 0;
    }
    mmio_read(dev, REG_INTERRUPT_STATUS, &cause);
    mmio_write(dev, REG_INTERRUPT_ACK, VIRTIO_INTERRUPT_USED);
    mmio_flush(dev);
    if (cause & VIRTIO_INTERRUPT_CONFIG) {
        mmio_write(dev, REG_INTERRUPT_ACK, VIRTIO_INTERRUPT_CONFIG);
        mmio_flush(dev);
    }
    return cause;
}

static void mmio_irq_handler(void *arg)
{
    virtio_interrupt(arg);
}

static int mmio_interrupt_enable(struct virtio_device *dev)
{
    struct virtio_mmio *mmio = container_of(dev, struct virtio_mmio, dev);

    return irq_register(mmio->irq, mmio_irq_handler, dev);
}

static const struct virtio_transport transport_mmio = {
    .set_features = mmio_set_features,
    .set_status = mmio_set_status,
    .read_status = mmio_read_status,
    .queue_enable = mmio_queue_enable,
    .queue_disable = mmio_queue_disable,
    .config = mmio_config,
    .region = mmio_region,
    .own_register = mmio_read,
    .flush = mmio_flush,
    .notify = mmio_notify,
    .interrupt_take = mmio_interrupt_take,
    .interrupt_enable = mmio_interrupt_enable,
};

/* Section 4.2.3.1.1: a device that isn't of this kind, or an empty slot, is passed over; the device tree says that it
 * is one, so it is reset and asked for its features in the same go. Those from 32 on are not read: we want VERSION_1
 * only, which every device of this version offers (section 6.1), and FEATURES_OK tells if it doesn't. */
static enum virtio_id identify_by(struct virtio_device *dev, uint32_t *vendor)
{
    uint32_t magic = 0, version = 0, id = 0, features = 0;

    mmio_read(dev, REG_MAGIC, &magic);
    mmio_read(dev, REG_VERSION, &version);
    mmio_read(dev, REG_DEVICE_ID, &id);
    mmio_read(dev, REG_VENDOR_ID, vendor);
    dev->status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER;
    mmio_write(dev, REG_STATUS, 0);
    mmio_write(dev, REG_STATUS, dev->status);
    mmio_write(dev, REG_DEVICE_FEATURES_SELECT, 0);
    mmio_read(dev, REG_DEVICE_FEATURES, &features);
    mmio_flush(dev);
    dev->offered = VIRTIO_F_VERSION_1 | features;
    return magic == MMIO_MAGIC && version == MMIO_VERSION ? (enum virtio_id)id : VIRTIO_ID_NONE;
}

/* Where one device takes lists the next one will: it is tried, and where it has no effect the device is asked again. */
static enum virtio_id identify(struct virtio_mmio *mmio)
{
    static bool lists_expected;
    uint32_t vendor = 0;

    mmio->has_lists = lists_expected;
    enum virtio_id id = identify_by(&mmio->dev, &vendor);
    if (id == VIRTIO_ID_NONE && mmio->has_lists) {
        mmio->has_lists = false;
        id = identify_by(&mmio->dev, &vendor);
    }
    mmio->has_lists = lists_expected = mmio->dev.is_ours = vendor == LVMM_MMIO_VENDOR;
    return id;
}

enum virtio_id virtio_mmio_probe(const struct fdt *fdt, const struct fdt_node *node, struct virtio_device **out)
{
    int irq = arch_fdt_irq(fdt, node);
    struct virtio_mmio *mmio;
    uint64_t base, size;
    enum virtio_id id;

    if (irq < 0 || !fdt_reg(fdt, node, &base, &size) || size < REGISTERS_SIZE || base % 4 != 0) {
        log_error("device tree: %s has no usable reg and interrupts", node->name);
        return VIRTIO_ID_NONE;
    }
    mmio = kmalloc(sizeof(*mmio));
    if (mmio == NULL)
        return VIRTIO_ID_NONE;
    mmio->dev.transport = &transport_mmio;
    mmio->registers = arch_map_device(base, size);
    mmio->irq = (unsigned)irq;
    id = mmio->registers != NULL ? identify(mmio) : VIRTIO_ID_NONE;
    if (id == VIRTIO_ID_NONE)
        kfree(mmio);
    else
        *out = &mmio->dev;
    return id;
}
