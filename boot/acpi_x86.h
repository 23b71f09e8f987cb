/* SPDX-License-Identifier: Apache-2.0 */
/* acpi_x86.h - the ACPI tables of a plan on x86: its devices, its CPUs' local APICs, and how it ends the machine. */
#ifndef LVMM_BOOT_ACPI_X86_H
#define LVMM_BOOT_ACPI_X86_H

#include <stddef.h>
#include <stdint.h>

#include "boot/plan.h"

struct acpi_x86_input {
    const struct plan *plan; /* its devices */
    unsigned cpus;           /* local APICs 0 .. cpus - 1 */
    uint32_t lapic_base, ioapic_base;
    gpa_t base;    /* where the tables will lie, below 4 GiB; the RSDP is the first of them */
    uint64_t room; /* bytes */
};

/* Makes them: *tables, *size bytes, is the caller's to free. 0, -ENOMEM, or -ENOSPC: they don't fit. */
int acpi_x86_create(const struct acpi_x86_input *input, void **tables, size_t *size);

#endif
