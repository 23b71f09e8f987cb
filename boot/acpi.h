/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acpi.h - the ACPI tables of a plan (ACPI 6.4, chapter 5): hardware-reduced, so that Linux looks for no PIT, 8259,
 * 8042, RTC or VGA, and finds the plan's devices, its CPUs and how it ends the machine. x86 only.
 */
#ifndef LVMM_BOOT_ACPI_H
#define LVMM_BOOT_ACPI_H

#include <stddef.h>
#include <stdint.h>

#include "boot/plan.h"

struct acpi_input {
    const struct plan *plan; /* its devices */
    unsigned cpus;           /* local APICs 0 .. cpus - 1 */
    uint32_t lapic_base, ioapic_base;
    gpa_t base;    /* where the tables will lie, below 4 GiB; the RSDP is the first of them */
    uint64_t room; /* bytes */
};

/* Makes them: *tables, *size bytes, is the caller's to free. 0, -ENOMEM, or -ENOSPC: they don't fit. */
int acpi_create(const struct acpi_input *input, void **tables, size_t *size);

#endif
