/* SPDX-License-Identifier: Apache-2.0 */
/* pci.c - see pci.h. Bindings: IEEE 1275 for PCI ("ranges", "interrupt-map"), and the device tree's
 * "pci-host-ecam-generic". */
#include "drv/pci.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/log.h"

#define DEVICE_STRIDE 0x8000u /* of ECAM: 8 functions of 4 KiB */
#define NO_VENDOR 0xffff
#define CAPABILITIES_START 0x40u

#define BAR_IS_IO 1u
#define BAR_TYPE 6u
#define BAR_TYPE_64 4u
#define BAR_FLAGS 0xfu
#define PAGE_BAR_MIN 0x1000u /* each in pages of its own */

struct window { /* memory that devices can have */
    uint64_t pci, cpu, size, used;
};

#define CHILD_CELLS 4u  /* the device's address, and the pin */
#define PARENT_CELLS 4u /* at most, of an address and of a specifier */

struct irq_map { /* "interrupt-map" */
    const uint32_t *row;
    uint32_t cells;
    uint32_t mask[CHILD_CELLS];
    uint32_t phandle; /* the controller that was looked up last; its cells of an address and of a specifier */
    uint32_t address, interrupt;
};

struct host {
    const struct fdt *fdt;
    const struct fdt_node *node;
    pci_irq_decode *decode;
    uint8_t *ecam;
    unsigned devices;
    struct window window;
    struct irq_map irq_map;
};

/* ---- registers ---- */

uint32_t pci_reg_read(uint8_t *reg, unsigned size)
{
    struct arch_mmio access = {.reg = reg, .write = size == 1 ? MMIO_8 : size == 2 ? MMIO_16 : 0};

    arch_mmio_batch(&access, 1);
    return access.value;
}

void pci_reg_write(uint8_t *reg, unsigned size, uint32_t value)
{
    struct arch_mmio access = {.reg = reg,
                               .value = value,
                               .write = MMIO_WRITE | (size == 1   ? MMIO_8
                                                      : size == 2 ? MMIO_16
                                                                  : 0)};

    arch_mmio_batch(&access, 1);
}

uint32_t pci_read(const struct pci_device *device, unsigned offset, unsigned size)
{
    return pci_reg_read(device->config + offset, size);
}

void pci_write(const struct pci_device *device, unsigned offset, unsigned size, uint32_t value)
{
    pci_reg_write(device->config + offset, size, value);
}

unsigned pci_capability_next(const struct pci_device *device, unsigned offset, unsigned *left)
{
    if (offset == 0 && !(pci_read(device, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES))
        return 0;
    offset = pci_read(device, offset != 0 ? offset + 1 : PCI_CAPABILITIES, 1) & ~3u;
    if (offset < CAPABILITIES_START || *left == 0)
        return 0;
    --*left;
    return offset; /* aligned, so 4 bytes of it are there */
}

/* ---- base addresses ---- */

/* 0: no room. */
static uint64_t window_take(struct window *window, uint64_t size)
{
    uint64_t step = size < PAGE_BAR_MIN ? PAGE_BAR_MIN : size;
    uint64_t at = (window->pci + window->used + step - 1) & ~(step - 1);

    if (at < window->pci || at - window->pci > window->size || size > window->size - (at - window->pci))
        return 0;
    window->used = at - window->pci + size;
    return at;
}

/* What remains of all ones says how large it is (PCI Local Bus 3.0, 6.2.5.1). */
static uint32_t bar_probe(const struct pci_device *device, unsigned offset)
{
    pci_write(device, offset, 4, UINT32_MAX);
    return pci_read(device, offset, 4);
}

/* Returns how many registers it takes. */
static unsigned bar_assign(struct window *window, struct pci_device *device, unsigned n)
{
    unsigned offset = PCI_BAR0 + n * 4;
    uint32_t low = bar_probe(device, offset);
    bool is_64 = !(low & BAR_IS_IO) && (low & BAR_TYPE) == BAR_TYPE_64 && n + 1 < PCI_BARS;
    uint64_t mask = low & ~BAR_FLAGS, at = 0;

    mask |= (uint64_t)(is_64 ? bar_probe(device, offset + 4) : UINT32_MAX) << 32;
    uint64_t size = ~mask + 1;
    bool usable = !(low & BAR_IS_IO) && (uint32_t)mask != 0 && !(size & (size - 1));
    if (usable)
        at = window_take(window, size);
    if (at != 0)
        device->bar[n] = (struct pci_bar){window->cpu + (at - window->pci), size};
    else if (usable)
        log_error("PCI device %u: no room for %lx bytes of registers", device->number, (unsigned long)size);
    pci_write(device, offset, 4, (uint32_t)at);
    if (is_64)
        pci_write(device, offset + 4, 4, (uint32_t)(at >> 32));
    return is_64 ? 2 : 1;
}

/* ---- interrupts ---- */

static uint32_t map_cell(const struct irq_map *map, uint32_t n)
{
    return __builtin_bswap32(map->row[n]);
}

static void map_find(struct host *host)
{
    struct irq_map *map = &host->irq_map;
    const uint32_t *mask;
    uint32_t size = 0;

    map->row = fdt_property(host->fdt, host->node, "interrupt-map", &size); /* aligned to 4, as all properties */
    map->cells = map->row != NULL ? size / 4 : 0;
    mask = fdt_property(host->fdt, host->node, "interrupt-map-mask", &size);
    for (unsigned i = 0; i < CHILD_CELLS; i++)
        map->mask[i] = mask != NULL && i < size / 4 ? __builtin_bswap32(mask[i]) : UINT32_MAX;
}

/* Finds the controller of a row: how many cells it wants. */
static bool parent_find(struct host *host, uint32_t phandle)
{
    struct irq_map *map = &host->irq_map;
    struct fdt_node parent;

    if (map->phandle == phandle)
        return true;
    if (!fdt_find_phandle(host->fdt, phandle, &parent) ||
        !fdt_cell(host->fdt, &parent, "#interrupt-cells", 0, &map->interrupt))
        return false;
    if (!fdt_cell(host->fdt, &parent, "#address-cells", 0, &map->address))
        map->address = 0;
    if (map->address > PARENT_CELLS || map->interrupt < 1 || map->interrupt > PARENT_CELLS)
        return false;
    map->phandle = phandle;
    return true;
}

static bool row_matches(const struct irq_map *map, uint32_t row, const uint32_t child[CHILD_CELLS])
{
    for (unsigned i = 0; i < CHILD_CELLS; i++)
        if ((map_cell(map, row + i) ^ child[i]) & map->mask[i])
            return false;
    return true;
}

static int irq_of(struct host *host, unsigned number, uint32_t pin)
{
    const uint32_t child[CHILD_CELLS] = {number << 11, 0, 0, pin};
    const struct irq_map *map = &host->irq_map;
    uint32_t cells[PARENT_CELLS], length;

    for (uint32_t row = 0; pin != 0 && row + CHILD_CELLS < map->cells; row += length) {
        if (!parent_find(host, map_cell(map, row + CHILD_CELLS)))
            break;
        length = CHILD_CELLS + 1 + map->address + map->interrupt;
        if (length > map->cells - row)
            break;
        if (!row_matches(map, row, child))
            continue;
        for (uint32_t i = 0; i < map->interrupt; i++)
            cells[i] = map_cell(map, row + length - map->interrupt + i);
        int irq = host->decode(cells, map->interrupt);
        return irq < 0 ? -ENOENT : irq;
    }
    return -ENOENT;
}

/* ---- the bus ---- */

static uint64_t cells_64(const uint32_t *cells)
{
    return (uint64_t)__builtin_bswap32(cells[0]) << 32 | __builtin_bswap32(cells[1]);
}

/* The row of "ranges" for 32-bit memory: three cells of the bus, two of the CPU, two of size. */
static bool window_find(struct host *host)
{
    enum { ROW = 7, SPACE_SHIFT = 24, SPACE_MASK = 3, SPACE_MEMORY = 2 };
    struct window *window = &host->window;
    uint32_t size = 0;
    const uint32_t *row = fdt_property(host->fdt, host->node, "ranges", &size);

    for (; row != NULL && size >= ROW * 4; row += ROW, size -= ROW * 4) {
        if ((__builtin_bswap32(row[0]) >> SPACE_SHIFT & SPACE_MASK) != SPACE_MEMORY)
            continue;
        window->pci = cells_64(row + 1);
        window->cpu = cells_64(row + 3);
        window->size = cells_64(row + 5);
        return window->pci != 0 && window->pci <= UINT32_MAX && window->size <= UINT32_MAX - window->pci + 1;
    }
    return false;
}

/* False: there is none. */
static bool device_set_up(struct host *host, unsigned number, struct pci_device *device)
{
    *device = (struct pci_device){.config = host->ecam + number * DEVICE_STRIDE, .number = number, .irq = -ENOENT};
    uint32_t id = pci_read(device, PCI_VENDOR, 4);

    device->vendor = (uint16_t)id;
    device->device = (uint16_t)(id >> 16);
    if (device->vendor == NO_VENDOR || (pci_read(device, PCI_HEADER_TYPE, 1) & 0x7f) != 0)
        return false;
    pci_write(device, PCI_COMMAND, 2, PCI_COMMAND_NO_INTX);
    for (unsigned n = 0; n < PCI_BARS;)
        n += bar_assign(&host->window, device, n);
    device->irq = irq_of(host, number, pci_read(device, PCI_INTERRUPT_PIN, 1));
    return true;
}

int pci_scan(const struct fdt *fdt, const struct fdt_node *node, pci_irq_decode *decode,
             void (*found)(void *arg, const struct pci_device *device), void *arg)
{
    struct host host = {.fdt = fdt, .node = node, .decode = decode};
    struct pci_device device;
    uint64_t base, size;

    if (!fdt_reg(fdt, node, &base, &size) || !window_find(&host))
        return -EINVAL;
    map_find(&host);
    host.devices = size / DEVICE_STRIDE < PCI_DEVICES ? (unsigned)(size / DEVICE_STRIDE) : PCI_DEVICES;
    host.ecam = arch_map_device(base, (uint64_t)host.devices * DEVICE_STRIDE);
    if (host.ecam == NULL)
        return -EINVAL;
    for (unsigned number = 0; number < host.devices; number++)
        if (device_set_up(&host, number, &device))
            found(arg, &device);
    return 0;
}
