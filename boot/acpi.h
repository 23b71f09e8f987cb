/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acpi.h - ACPI tables (ACPI 6.5, chapter 5), hardware-reduced, so that Linux looks for none of a PC's fixed hardware:
 * what all machines' have in common, around the tables and devices that a machine hands in.
 */
#ifndef LVMM_BOOT_ACPI_H
#define LVMM_BOOT_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/aml.h"
#include "boot/plan.h"

#define ACPI_BODY_MAX 1024u
#define ACPI_TABLES_MAX 4u

/* A table of the machine's, without its header. Begins with its signature and revision, and is filled by acpi_put. */
struct acpi_table {
    const char *signature;
    uint8_t revision;
    bool overflow; /* there was no room for something */
    size_t size;
    uint8_t body[ACPI_BODY_MAX];
};

/* Appends the lower `size` bytes of a value, at most 8. */
void acpi_put(struct acpi_table *table, uint64_t value, unsigned size);

struct acpi_input {
    const struct plan *plan;
    gpa_t power;         /* sleep control, sleep status and reset register: enum acpi_power's; 0: none */
    uint16_t boot_flags; /* the FADT's IA-PC boot architecture flags */
    const struct acpi_table *table;
    unsigned table_count;                                          /* up to ACPI_TABLES_MAX */
    void (*add_devices)(struct aml *aml, const struct plan *plan); /* writes what the DSDT has in \_SB */
    gpa_t base;    /* where the tables will lie, below 4 GiB; the RSDP is the first of them */
    uint64_t room; /* bytes */
};

/* Makes them: *tables, *size bytes, is the caller's to free. The XSDT names the FADT, then input->table in its order.
 * 0, -ENOMEM, or -ENOSPC: they don't fit. */
int acpi_create(const struct acpi_input *input, void **tables, size_t *size);

#endif
