/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acpi_loongarch64.h - the ACPI tables of a plan on LoongArch: CPUs, interrupt controllers, memory, PCI, serial port,
 * clock, and how it ends the machine. Linux takes the tables where it gets any, and then doesn't look at the tree.
 */
#ifndef LVMM_BOOT_ACPI_LOONGARCH64_H
#define LVMM_BOOT_ACPI_LOONGARCH64_H

#include <stddef.h>
#include <stdint.h>

#include "boot/plan.h"

/* Makes them, for `room` bytes at `base`, where the RSDP is: *tables, *size bytes, is the caller's to free. 0, -ENOMEM,
 * or -ENOSPC: they don't fit. */
int acpi_loongarch64_create(const struct plan *plan, unsigned cpus, gpa_t base, uint64_t room, void **tables,
                            size_t *size);

#endif
