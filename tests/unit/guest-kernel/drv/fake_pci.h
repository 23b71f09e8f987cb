/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_pci.h - a host bridge made of memory, for tests of drv/pci.c and drv/virtio_pci.c: its node in a device tree, 32
 * configuration spaces whose base address registers have a size, and a window that devices' registers can be in. An
 * access outside of these, or not in its natural size, aborts. Also stands in for the kernel services that the two use.
 */
#ifndef TESTS_DRV_FAKE_PCI_H
#define TESTS_DRV_FAKE_PCI_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "core/irq.h"
#include "core/log.h"
#include "drv/pci.h"
#include "drv/virtio.h"
#include "lib/fdt.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

#define FAKE_ECAM 0x20000000u
#define FAKE_DEVICE_STRIDE 0x8000u
#define FAKE_PCI_MEMORY 0x40000000u  /* as the bus sees the window */
#define FAKE_CPU_MEMORY 0x140000000u /* as the CPU does */
#define FAKE_WINDOW 0x40000u

static struct fake_pci {
    uint8_t config[PCI_DEVICES][PCI_CONFIG_SIZE]; /* vendor 0xffff: no device */
    uint32_t bar_mask[PCI_DEVICES][PCI_BARS];     /* the bits of a register that can be written */
    uint8_t window[FAKE_WINDOW];
    uint8_t ecam[PCI_DEVICES * FAKE_DEVICE_STRIDE]; /* places only: the bytes are in config */
    unsigned registered, last_irq, errors;
    void (*on_read)(uint32_t offset, unsigned size); /* of the window: a device that changes it */
} fake_pci;

static void fake_must(bool condition)
{
    if (!condition)
        abort();
}

static void fake_pci_init(void)
{
    memset(&fake_pci, 0, sizeof(fake_pci));
    for (unsigned i = 0; i < PCI_DEVICES; i++)
        memset(fake_pci.config[i], 0xff, 4);
}

/* ---- registers ---- */

void *arch_map_device(paddr_t pa, uint64_t size)
{
    if (pa >= FAKE_ECAM && pa - FAKE_ECAM <= sizeof(fake_pci.ecam) && size <= sizeof(fake_pci.ecam) - (pa - FAKE_ECAM))
        return fake_pci.ecam + (pa - FAKE_ECAM);
    fake_must(pa >= FAKE_CPU_MEMORY && pa - FAKE_CPU_MEMORY <= FAKE_WINDOW &&
              size <= FAKE_WINDOW - (pa - FAKE_CPU_MEMORY));
    return fake_pci.window + (pa - FAKE_CPU_MEMORY);
}

static void fake_config_write(unsigned device, unsigned offset, const uint8_t *bytes, unsigned size)
{
    unsigned bar = (offset - PCI_BAR0) / 4;
    uint32_t value;

    if (offset >= PCI_BAR0 && bar < PCI_BARS) { /* the others are as they are read */
        uint32_t old, mask = fake_pci.bar_mask[device][bar];
        fake_must(size == 4);
        memcpy(&value, bytes, 4);
        memcpy(&old, fake_pci.config[device] + offset, 4);
        value = (value & mask) | (old & ~mask);
        bytes = (const uint8_t *)&value;
    } else if (offset < PCI_BAR0 && offset != PCI_COMMAND) {
        return;
    }
    memcpy(fake_pci.config[device] + offset, bytes, size);
}

static void fake_config_access(struct arch_mmio *access, unsigned size)
{
    size_t at = (size_t)((uint8_t *)access->reg - fake_pci.ecam);
    unsigned device = (unsigned)(at / FAKE_DEVICE_STRIDE), offset = at % FAKE_DEVICE_STRIDE;

    fake_must(offset + size <= PCI_CONFIG_SIZE);
    if (access->write & MMIO_WRITE)
        fake_config_write(device, offset, (uint8_t *)&access->value, size);
    else
        memcpy(&access->value, fake_pci.config[device] + offset, size);
}

static void fake_window_access(struct arch_mmio *access, unsigned size)
{
    uint8_t *reg = access->reg;

    fake_must(reg >= fake_pci.window && reg + size <= fake_pci.window + FAKE_WINDOW);
    if (!(access->write & MMIO_WRITE) && fake_pci.on_read != NULL)
        fake_pci.on_read((uint32_t)(reg - fake_pci.window), size);
    if (access->write & MMIO_WRITE)
        memcpy(reg, &access->value, size);
    else
        memcpy(&access->value, reg, size);
}

void arch_mmio_batch(struct arch_mmio *list, unsigned count)
{
    for (; count != 0; list++, count--) {
        unsigned size = list->write & MMIO_8 ? 1 : list->write & MMIO_16 ? 2 : 4;
        bool is_config =
            (uint8_t *)list->reg >= fake_pci.ecam && (uint8_t *)list->reg < fake_pci.ecam + sizeof(fake_pci.ecam);

        fake_must((uintptr_t)list->reg % size == 0);
        if (!(list->write & MMIO_WRITE))
            list->value = 0;
        if (is_config)
            fake_config_access(list, size);
        else
            fake_window_access(list, size);
    }
}

/* ---- a tree ---- */

struct fake_tree {
    uint32_t words[512];
    char strings[512];
    uint32_t count, strings_size;
};

static void tree_word(struct fake_tree *tree, uint32_t value)
{
    tree->words[tree->count++] = __builtin_bswap32(value);
}

static void tree_begin(struct fake_tree *tree, const char *name)
{
    tree_word(tree, 1);
    strcpy((char *)&tree->words[tree->count], name);
    tree->count += (uint32_t)strlen(name) / 4 + 1;
}

static void tree_cells(struct fake_tree *tree, const char *name, const uint32_t *cells, uint32_t count)
{
    tree_word(tree, 3);
    tree_word(tree, count * 4);
    tree_word(tree, tree->strings_size);
    strcpy(tree->strings + tree->strings_size, name);
    tree->strings_size += (uint32_t)strlen(name) + 1;
    for (uint32_t i = 0; i < count; i++)
        tree_word(tree, cells[i]);
}
#define TREE_CELLS(tree, name, ...) \
    tree_cells(tree, name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void tree_end(struct fake_tree *tree)
{
    tree_word(tree, 2);
}

/* A reader of it; the tree lives as long. */
static struct fdt tree_fdt(const struct fake_tree *tree)
{
    return (struct fdt){
        .structs = (const uint8_t *)tree->words,
        .structs_end = (const uint8_t *)(tree->words + tree->count),
        .strings = tree->strings,
        .strings_size = tree->strings_size,
    };
}

/* ---- kernel services ---- */

int irq_register(unsigned irq, void (*handler)(void *arg), void *arg)
{
    (void)handler, (void)arg;
    fake_pci.registered++;
    fake_pci.last_irq = irq;
    return 0;
}

void *kmalloc(size_t size)
{
    return calloc(1, size);
}

void kfree(void *ptr)
{
    free(ptr);
}

paddr_t virt_to_phys(const void *va)
{
    return (uintptr_t)va;
}

void virtio_interrupt(struct virtio_device *dev)
{
    (void)dev;
}

void log_error(const char *fmt, ...)
{
    (void)fmt;
    fake_pci.errors++;
}

#endif
