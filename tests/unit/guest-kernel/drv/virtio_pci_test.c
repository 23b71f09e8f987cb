/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_pci_test.c - a PCI bus: who is there, where its registers and interrupts go, and devices that tell lies. */
// sources: guest-kernel/drv/pci.c guest-kernel/drv/virtio_pci.c guest-kernel/lib/fdt.c
#include <check.h>

#include "abi/errno.h"
#include "fake_pci.h"

#define PHANDLE_INTC 7
#define BAR_MEMORY_64 4u

/* Where the virtio structures of a good device are in its BAR 4. */
enum { AT_COMMON = 0x0, AT_ISR = 0x1000, AT_DEVICE = 0x2000, AT_NOTIFY = 0x3000, BAR_SIZE = 0x4000 };
enum { CAP_COMMON = 0x40, CAP_ISR = 0x50, CAP_DEVICE = 0x60, CAP_NOTIFY = 0x70 };

static struct fake_tree tree;
static struct fdt fdt;
static struct fdt_node bridge;
static struct pci_device seen[PCI_DEVICES];
static unsigned seen_count;

static int decode(const uint32_t *cells, unsigned count)
{
    return count == 2 && cells[1] == 4 ? (int)cells[0] : -1;
}

static void see(void *arg, const struct pci_device *device)
{
    (void)arg;
    seen[seen_count++] = *device;
}

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static void capability(unsigned device, unsigned at, unsigned next, unsigned type, uint32_t offset, uint32_t size)
{
    uint8_t *cap = fake_pci.config[device] + at;

    cap[0] = 9;
    cap[1] = (uint8_t)next;
    cap[2] = type == 2 ? 20 : 16;
    cap[3] = (uint8_t)type;
    cap[4] = 4; /* BAR */
    put32(cap + 8, offset);
    put32(cap + 12, size);
}

/* A virtio device of `type`, as QEMU makes them. */
static void add_virtio(unsigned device, unsigned type)
{
    uint8_t *config = fake_pci.config[device];

    memset(config, 0, PCI_CONFIG_SIZE);
    put32(config, (0x1040u + type) << 16 | 0x1af4);
    config[PCI_STATUS] = PCI_STATUS_CAPABILITIES;
    config[PCI_INTERRUPT_PIN] = 1;
    config[PCI_CAPABILITIES] = CAP_COMMON;
    put32(config + PCI_BAR0 + 16, BAR_MEMORY_64);
    fake_pci.bar_mask[device][4] = ~(BAR_SIZE - 1u);
    fake_pci.bar_mask[device][5] = UINT32_MAX;
    capability(device, CAP_COMMON, CAP_ISR, 1, AT_COMMON, 0x1000);
    capability(device, CAP_ISR, CAP_DEVICE, 3, AT_ISR, 0x1000);
    capability(device, CAP_DEVICE, CAP_NOTIFY, 4, AT_DEVICE, 0x1000);
    capability(device, CAP_NOTIFY, 0, 2, AT_NOTIFY, 0x1000);
    put32(config + CAP_NOTIFY + 16, 4); /* multiplier */
}

static void make_tree(void)
{
    memset(&tree, 0, sizeof(tree));
    tree_begin(&tree, "");
    tree_begin(&tree, "intc");
    TREE_CELLS(&tree, "phandle", PHANDLE_INTC);
    TREE_CELLS(&tree, "#interrupt-cells", 2);
    tree_end(&tree);
    tree_begin(&tree, "pcie");
    TREE_CELLS(&tree, "reg", 0, FAKE_ECAM, 0, sizeof(fake_pci.ecam));
    TREE_CELLS(&tree, "ranges", 0x01000000, 0, 0, 0, 0x18000000, 0, 0x10000, 0x02000000, 0, FAKE_PCI_MEMORY,
               FAKE_CPU_MEMORY >> 32, (uint32_t)FAKE_CPU_MEMORY, 0, FAKE_WINDOW);
    TREE_CELLS(&tree, "interrupt-map-mask", 0x1800, 0, 0, 7);
    TREE_CELLS(&tree, "interrupt-map", 0, 0, 0, 1, PHANDLE_INTC, 16, 4, /* */
               0x800, 0, 0, 1, PHANDLE_INTC, 17, 4,                     /* */
               0x800, 0, 0, 2, PHANDLE_INTC, 18, 4,                     /* */
               0x1000, 0, 0, 1, PHANDLE_INTC, 18, 9 /* a sense that is unknown */);
    tree_end(&tree);
    tree_end(&tree);
}

static void scan(void)
{
    seen_count = 0;
    fdt = tree_fdt(&tree);
    ck_assert(fdt_find(&fdt, "/pcie", &bridge));
    ck_assert_int_eq(pci_scan(&fdt, &bridge, decode, see, NULL), 0);
}

static enum virtio_id probe(struct virtio_device **dev)
{
    scan();
    ck_assert_uint_eq(seen_count, 1);
    *dev = NULL;
    return virtio_pci_probe(&seen[0], dev);
}

static void setup(void)
{
    fake_pci_init();
    make_tree();
}

START_TEST(devices_get_what_they_need)
{
    add_virtio(1, 2);
    add_virtio(5, 3);
    add_virtio(6, 3);
    fake_pci.config[6][PCI_INTERRUPT_PIN] = 0;
    add_virtio(4, 2);
    fake_pci.config[5][PCI_INTERRUPT_PIN] = 2;
    scan();
    ck_assert_uint_eq(seen_count, 4);
    ck_assert_uint_eq(seen[0].number, 1);
    ck_assert_uint_eq(seen[0].bar[4].base, FAKE_CPU_MEMORY);
    ck_assert_uint_eq(seen[0].bar[4].size, BAR_SIZE);
    ck_assert_uint_eq(seen[0].bar[5].size, 0);
    ck_assert_int_eq(seen[0].irq, 17);
    ck_assert_uint_eq(seen[1].number, 4);
    ck_assert_uint_eq(seen[1].bar[4].base, FAKE_CPU_MEMORY + BAR_SIZE);
    ck_assert_int_eq(seen[1].irq, 16);
    ck_assert_int_eq(seen[2].irq, 18);
    ck_assert_int_eq(seen[3].irq, -ENOENT);
    ck_assert_uint_eq(get32(fake_pci.config[4] + PCI_BAR0 + 16), (FAKE_PCI_MEMORY + BAR_SIZE) | BAR_MEMORY_64);
    ck_assert_uint_eq(get32(fake_pci.config[4] + PCI_COMMAND) & 0xffff, PCI_COMMAND_NO_INTX);
    ck_assert_uint_eq(fake_pci.errors, 0);
}
END_TEST

START_TEST(registers_are_aligned_and_limited)
{
    uint8_t *config = fake_pci.config[2];

    add_virtio(2, 2);
    fake_pci.bar_mask[2][0] = 0xfffffff0; /* 16 bytes: still a page of its own */
    put32(config + PCI_BAR0 + 4, 1);      /* I/O */
    fake_pci.bar_mask[2][1] = 0xffffff80;
    fake_pci.bar_mask[2][2] = 0xfff00000; /* 1 MiB: more than there is */
    fake_pci.bar_mask[2][3] = 0xffff0fff; /* no size at all */
    add_virtio(3, 2);
    fake_pci.bar_mask[3][4] = 0xffff0000;
    scan();
    ck_assert_uint_eq(seen[0].bar[0].base, FAKE_CPU_MEMORY);
    ck_assert_uint_eq(seen[0].bar[0].size, 16);
    ck_assert_uint_eq(seen[0].bar[1].size, 0);
    ck_assert_uint_eq(seen[0].bar[2].size, 0);
    ck_assert_uint_eq(get32(config + PCI_BAR0 + 8), 0);
    ck_assert_uint_eq(seen[0].bar[3].size, 0);
    ck_assert_uint_eq(seen[0].bar[4].base % BAR_SIZE, 0);
    ck_assert_uint_eq(seen[1].bar[4].base, FAKE_CPU_MEMORY + 0x10000);
    ck_assert_uint_eq(fake_pci.errors, 1);
    ck_assert_int_eq(seen[0].irq, -ENOENT); /* its row has a sense that the controller doesn't know */
}
END_TEST

START_TEST(a_device_works)
{
    static uint32_t ring[4];
    struct virtio_device *dev;
    struct virtqueue queue = {.index = 1, .size = 8, .desc = (void *)ring, .avail = (void *)ring, .used = (void *)ring};
    uint32_t value = 0;

    add_virtio(1, 3);
    ck_assert_int_eq(probe(&dev), VIRTIO_ID_CONSOLE);
    ck_assert_uint_eq(fake_pci.window[AT_COMMON + 0x14], VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
    put32(fake_pci.window + AT_DEVICE + 4, 0x12345678);
    dev->transport->config(dev, 4, &value);
    ck_assert_uint_eq(value, 0x12345678);
    dev->transport->config(dev, 0x1000, &value); /* behind its end */
    ck_assert_uint_eq(value, 0);

    fake_pci.window[AT_COMMON + 0x18] = 4; /* queue_size: fewer than wanted */
    fake_pci.window[AT_COMMON + 0x1e] = 3; /* queue_notify_off */
    dev->transport->queue_enable(dev, &queue, &value);
    ck_assert_uint_eq(value, 4);
    ck_assert_uint_eq(fake_pci.window[AT_COMMON + 0x1c], 0);
    queue.size = 4;
    dev->transport->queue_enable(dev, &queue, &value);
    ck_assert_uint_eq(fake_pci.window[AT_COMMON + 0x16], 1);
    ck_assert_uint_eq(fake_pci.window[AT_COMMON + 0x1c], 1);
    ck_assert_uint_eq(get32(fake_pci.window + AT_COMMON + 0x20), (uint32_t)(uintptr_t)ring);
    dev->transport->notify(dev, 1);
    ck_assert_uint_eq(fake_pci.window[AT_NOTIFY + 12], 1);
    fake_pci.window[AT_ISR] = VIRTIO_INTERRUPT_CONFIG;
    ck_assert_uint_eq(dev->transport->interrupt_take(dev), VIRTIO_INTERRUPT_CONFIG);
    ck_assert_int_eq(dev->transport->interrupt_enable(dev), 0);
    ck_assert_uint_eq(fake_pci.last_irq, 17);
    ck_assert_uint_eq(get32(fake_pci.config[1] + PCI_COMMAND) & 0xffff, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    kfree(dev);
}
END_TEST

START_TEST(a_queue_out_of_reach_is_none)
{
    struct virtio_device *dev;
    struct virtqueue queue = {.index = 0, .size = 4};
    uint32_t max = 9;

    add_virtio(1, 2);
    ck_assert_int_eq(probe(&dev), VIRTIO_ID_BLOCK);
    fake_pci.window[AT_COMMON + 0x18] = 4;
    fake_pci.window[AT_COMMON + 0x1f] = 4; /* queue_notify_off 1024: 4 KiB behind the structure's start */
    dev->transport->queue_enable(dev, &queue, &max);
    ck_assert_uint_eq(max, 0);
    dev->transport->notify(dev, 0);
    queue.index = 1000;
    dev->transport->queue_enable(dev, &queue, &max);
    ck_assert_uint_eq(max, 0);
    dev->transport->notify(dev, 1000);
    kfree(dev);
}
END_TEST

static void refused(void)
{
    struct virtio_device *dev;

    ck_assert_int_eq(probe(&dev), VIRTIO_ID_NONE);
    ck_assert_ptr_null(dev);
    setup();
    add_virtio(1, 2);
}

START_TEST(liars_are_refused)
{
    uint8_t *config = fake_pci.config[1];

    add_virtio(1, 2);
    config[PCI_STATUS] = 0; /* no capabilities */
    refused();
    config[PCI_CAPABILITIES] = 0x10; /* in the header */
    refused();
    config[CAP_NOTIFY + 1] = CAP_COMMON; /* a ring without its end... */
    config[CAP_ISR] = 5;                 /* ... and without an ISR */
    refused();
    config[CAP_COMMON + 4] = 6; /* no such BAR */
    refused();
    config[CAP_COMMON + 4] = 3; /* a BAR that isn't there */
    refused();
    put32(config + CAP_COMMON + 8, BAR_SIZE); /* behind the BAR */
    refused();
    put32(config + CAP_COMMON + 12, UINT32_MAX);
    refused();
    put32(config + CAP_COMMON + 12, 0x30); /* too short */
    refused();
    put32(config + CAP_COMMON + 8, 2); /* not aligned */
    refused();
    config[CAP_NOTIFY + 2] = 16; /* no multiplier */
    refused();
    memcpy(config + 0xf8, config + CAP_COMMON, 8); /* the end of the space cuts it off */
    config[PCI_CAPABILITIES] = 0xf8;
    refused();
    config[2] = 0x01; /* another vendor's device */
    config[0] = 0;
    refused();
    config[PCI_HEADER_TYPE] = 1; /* a bridge */
    scan();
    ck_assert_uint_eq(seen_count, 0);
}
END_TEST

static void never_reset(uint32_t offset, unsigned size)
{
    (void)size;
    if (offset == AT_COMMON + 0x14)
        fake_pci.window[offset] = 1;
}

START_TEST(one_that_is_never_reset)
{
    struct virtio_device *dev;

    add_virtio(1, 2);
    fake_pci.on_read = never_reset;
    ck_assert_int_eq(probe(&dev), VIRTIO_ID_NONE);
    ck_assert_uint_eq(fake_pci.errors, 1);
}
END_TEST

START_TEST(damaged_trees)
{
    add_virtio(1, 2);
    memset(&tree, 0, sizeof(tree));
    tree_begin(&tree, "");
    tree_begin(&tree, "pcie"); /* no ranges */
    TREE_CELLS(&tree, "reg", 0, FAKE_ECAM, 0, sizeof(fake_pci.ecam));
    tree_end(&tree);
    tree_end(&tree);
    fdt = tree_fdt(&tree);
    ck_assert(fdt_find(&fdt, "/pcie", &bridge));
    ck_assert_int_eq(pci_scan(&fdt, &bridge, decode, see, NULL), -EINVAL);

    memset(&tree, 0, sizeof(tree));
    tree_begin(&tree, "");
    tree_begin(&tree, "pcie"); /* an interrupt map that ends early, and of a controller that isn't there */
    TREE_CELLS(&tree, "reg", 0, FAKE_ECAM, 0, sizeof(fake_pci.ecam));
    TREE_CELLS(&tree, "ranges", 0x02000000, 0, FAKE_PCI_MEMORY, FAKE_CPU_MEMORY >> 32, (uint32_t)FAKE_CPU_MEMORY, 0,
               FAKE_WINDOW);
    TREE_CELLS(&tree, "interrupt-map", 0, 0, 0, 1, 99, 1);
    tree_end(&tree);
    tree_end(&tree);
    scan();
    ck_assert_int_eq(seen[0].irq, -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/drv/virtio_pci");
    TCase *tc = tcase_create("virtio_pci");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, devices_get_what_they_need);
    tcase_add_test(tc, registers_are_aligned_and_limited);
    tcase_add_test(tc, a_device_works);
    tcase_add_test(tc, a_queue_out_of_reach_is_none);
    tcase_add_test(tc, liars_are_refused);
    tcase_add_test(tc, one_that_is_never_reset);
    tcase_add_test(tc, damaged_trees);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
