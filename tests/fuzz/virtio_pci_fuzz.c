/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_pci_fuzz.c - any bytes as the configuration spaces and registers of PCI devices, used as far as they let us.
 */
// sources: guest-kernel/drv/pci.c guest-kernel/drv/virtio_pci.c guest-kernel/lib/fdt.c
#include "tests/fuzz/input.h"
#include "tests/unit/guest-kernel/drv/fake_pci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int decode(const uint32_t *cells, unsigned count)
{
    return count >= 1 && cells[0] < 64 ? (int)cells[0] : -1;
}

static void use(void *arg, const struct pci_device *device)
{
    static uint64_t ring[64];
    struct virtio_device *dev;
    struct virtqueue queue = {.size = 4, .desc = (void *)ring, .avail = (void *)ring, .used = (void *)ring};
    uint32_t value;

    (void)arg;
    if (virtio_pci_probe(device, &dev) == VIRTIO_ID_NONE)
        return;
    dev->transport->set_features(dev, VIRTIO_F_VERSION_1);
    for (queue.index = 0; queue.index < 40; queue.index++) {
        dev->transport->queue_enable(dev, &queue, &value);
        dev->transport->notify(dev, queue.index);
        dev->transport->config(dev, queue.index * 64u, &value);
    }
    dev->transport->interrupt_take(dev);
    dev->transport->interrupt_enable(dev);
    kfree(dev);
}

static void fill_device(struct input *input, unsigned device)
{
    uint8_t *config = fake_pci.config[device];

    input_bytes(input, config, PCI_CONFIG_SIZE);
    for (unsigned n = 0; n < PCI_BARS; n++)
        fake_pci.bar_mask[device][n] = 0xfffffff0u << (input_u8(input) & 31);
    memcpy(config, &(uint16_t){0x1af4}, 2);
    memcpy(config + 2, &(uint16_t){(uint16_t)(0x1040 + (config[2] & 3))}, 2);
    config[PCI_HEADER_TYPE] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct fake_tree tree = {.count = 0};
    uint32_t map[16];
    struct fdt_node node;

    fake_pci_init();
    input_bytes(&input, map, sizeof(map));
    tree_begin(&tree, "pcie");
    TREE_CELLS(&tree, "phandle", 1);
    TREE_CELLS(&tree, "#interrupt-cells", map[0] & 7);
    TREE_CELLS(&tree, "#address-cells", map[1] & 7);
    TREE_CELLS(&tree, "reg", 0, FAKE_ECAM, 0, sizeof(fake_pci.ecam));
    TREE_CELLS(&tree, "ranges", 0x02000000, 0, FAKE_PCI_MEMORY, FAKE_CPU_MEMORY >> 32, (uint32_t)FAKE_CPU_MEMORY, 0,
               FAKE_WINDOW);
    TREE_CELLS(&tree, "interrupt-map-mask", map[2], 0, 0, map[3]);
    tree_cells(&tree, "interrupt-map", map, map[4] & 15);
    tree_end(&tree);
    for (unsigned i = 1; i < 4; i++)
        fill_device(&input, i);
    input_bytes(&input, fake_pci.window, sizeof(fake_pci.window));
    struct fdt fdt = tree_fdt(&tree);
    must(fdt_root(&fdt, &node));
    pci_scan(&fdt, &node, decode, use, NULL);
    return 0;
}
