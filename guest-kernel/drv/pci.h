/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.h - the devices of a PCI host bridge whose configuration space is memory-mapped ("pci-host-ecam-generic"). No
 * firmware has been there: base addresses are given out here, from the bridge's window below 4 GiB. Bus 0 only,
 * function 0 of each device: that is what our machines have.
 *
 * The devices are the VMM's. All that their configuration space says is checked all the same.
 */
#ifndef GK_DRV_PCI_H
#define GK_DRV_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/fdt.h"
#include "lib/types.h"

#define PCI_CONFIG_SIZE 256u /* of what is looked at */
#define PCI_BARS 6u
#define PCI_DEVICES 32u

enum pci_register { /* PCI Local Bus 3.0, 6.1 */
                    PCI_VENDOR = 0x00,
                    PCI_DEVICE = 0x02,
                    PCI_COMMAND = 0x04,
                    PCI_STATUS = 0x06,
                    PCI_HEADER_TYPE = 0x0e,
                    PCI_BAR0 = 0x10,
                    PCI_CAPABILITIES = 0x34,
                    PCI_INTERRUPT_PIN = 0x3d,
};
enum { PCI_COMMAND_MEMORY = 1 << 1, PCI_COMMAND_MASTER = 1 << 2, PCI_COMMAND_NO_INTX = 1 << 10 };
enum { PCI_STATUS_CAPABILITIES = 1 << 4 };

struct pci_bar {
    paddr_t base;  /* as the CPU sees it */
    uint64_t size; /* 0: there is none, or it is not memory, or it found no room */
};

struct pci_device {
    uint8_t *config; /* its PCI_CONFIG_SIZE bytes */
    unsigned number;
    uint16_t vendor, device;
    struct pci_bar bar[PCI_BARS];
    int irq; /* the interrupt controller's input, or -ENOENT */
};

/* What an interrupt specifier of the machine's controller means: the input, or -1 (isa_irq_decode). */
typedef int pci_irq_decode(const uint32_t *cells, unsigned count);

/* Gives each device at the host bridge `node` its addresses, and calls found(arg, device), in the order of their
 * numbers. The device is the callee's to copy; it doesn't decode, master or interrupt yet. 0, or -EINVAL: the node is
 * damaged. */
int pci_scan(const struct fdt *fdt, const struct fdt_node *node, pci_irq_decode *decode,
             void (*found)(void *arg, const struct pci_device *device), void *arg);

/* Registers in their natural size: 1, 2 or 4 bytes, aligned to it. Those of a device's memory, at once; and those of
 * its configuration space. */
uint32_t pci_reg_read(uint8_t *reg, unsigned size);
void pci_reg_write(uint8_t *reg, unsigned size, uint32_t value);
uint32_t pci_read(const struct pci_device *device, unsigned offset, unsigned size);
void pci_write(const struct pci_device *device, unsigned offset, unsigned size, uint32_t value);

/* The next capability after the one at `offset` (0: the first), or 0. At least 4 bytes of it are in the configuration
 * space. *left counts the steps that may still be taken, so that a list that bites its tail ends; it starts at
 * PCI_CAPABILITIES_MAX. */
#define PCI_CAPABILITIES_MAX 48u
unsigned pci_capability_next(const struct pci_device *device, unsigned offset, unsigned *left);

#endif
