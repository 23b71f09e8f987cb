/* SPDX-License-Identifier: Apache-2.0 */
/* acpi_reader.h - follows ACPI tables by their own rules, and has iasl read them and compile what it has read. */
#ifndef TESTS_ACPI_READER_H
#define TESTS_ACPI_READER_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/boot/golden.h"

struct acpi_reader {
    uint8_t *tables; /* the RSDP first */
    size_t size;
    uint64_t base; /* the guest's address of it */
};

static inline uint64_t acpi_get(const uint8_t *bytes, size_t offset, unsigned count)
{
    uint64_t value = 0;

    memcpy(&value, bytes + offset, count);
    return value;
}

static inline unsigned acpi_sum(const uint8_t *bytes, size_t count)
{
    uint8_t total = 0;

    while (count > 0)
        total = (uint8_t)(total + bytes[--count]);
    return total;
}

/* A table at an address of the guest's, with its header checked. */
static inline const uint8_t *acpi_table_at(const struct acpi_reader *acpi, uint64_t address, const char *signature)
{
    ck_assert_uint_ge(address, acpi->base);
    ck_assert_uint_lt(address, acpi->base + acpi->size);
    const uint8_t *table = acpi->tables + (address - acpi->base);
    ck_assert_mem_eq(table, signature, 4);
    uint64_t length = acpi_get(table, 4, 4);
    ck_assert_uint_ge(length, 36);
    ck_assert_uint_le(address - acpi->base + length, acpi->size);
    ck_assert_uint_eq(acpi_sum(table, length), 0);
    return table;
}

static inline const uint8_t *acpi_xsdt_entry(const struct acpi_reader *acpi, unsigned index, const char *signature)
{
    const uint8_t *xsdt = acpi_table_at(acpi, acpi_get(acpi->tables, 24, 8), "XSDT");

    ck_assert_uint_ge(acpi_get(xsdt, 4, 4), 36 + 8 * ((uint64_t)index + 1));
    return acpi_table_at(acpi, acpi_get(xsdt, 36 + 8 * (size_t)index, 8), signature);
}

/* ---- iasl ---- */

static inline void acpi_run(const char *folder, const char *command)
{
    char line[512];

    snprintf(line, sizeof(line), "cd %s && { %s; } >log 2>&1 || { cat log >&2; false; }", folder, command);
    ck_assert_msg(system(line) == 0, "%s", command);
}

static inline void acpi_write_table(const char *folder, const char *name, const uint8_t *table)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s.dat", folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(table, 1, acpi_get(table, 4, 4), file), acpi_get(table, 4, 4));
    fclose(file);
}

/* The text that iasl made of the DSDT, without the comments at its top, which have names and the time. */
static inline void acpi_golden(const char *folder, const char *isa)
{
    static char text[65536];
    char path[128];

    snprintf(path, sizeof(path), "%s/dsdt.dsl", folder);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    const char *end = strstr(text, "*/\n");
    ck_assert_ptr_nonnull(end);
    snprintf(path, sizeof(path), "tests/golden/%s-dsdt.asl.golden", isa);
    golden_compare(path, end + 3);
}

/* A table that is data: what is compiled again differs in its header, which names the compiler. */
static inline void acpi_iasl_data(const char *folder, const uint8_t *table, const char *name)
{
    char command[128];

    acpi_write_table(folder, name, table);
    snprintf(command, sizeof(command), "iasl -d %s.dat", name);
    acpi_run(folder, command);
    acpi_run(folder, "! grep -iE 'error|warning|invalid' log");
    snprintf(command, sizeof(command), "iasl -p again %s.dsl", name);
    acpi_run(folder, command);
    snprintf(command, sizeof(command), "cmp -i 36 %s.dat again.aml", name);
    acpi_run(folder, command);
}

/* Of the DSDT and of the XSDT's tables whose names begin the list (in the XSDT's order; "" is one that iasl doesn't
 * know). The DSDT is compared with the golden file of `isa`, unless NULL. */
static inline void acpi_iasl(const struct acpi_reader *acpi, const char *const *signature, const char *isa)
{
    char folder[] = "/tmp/lvmm-acpi-XXXXXX", remove[64];
    const uint8_t *fadt = acpi_xsdt_entry(acpi, 0, "FACP");

    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (unsigned i = 0; signature[i] != NULL; i++)
        if (signature[i][0] != '\0')
            acpi_iasl_data(folder, acpi_xsdt_entry(acpi, i, signature[i]), signature[i]);
    acpi_write_table(folder, "dsdt", acpi_table_at(acpi, acpi_get(fadt, 140, 8), "DSDT"));
    acpi_run(folder, "iasl -d dsdt.dat");
    acpi_run(folder, "! grep -iE 'error|warning|invalid' log");
    acpi_run(folder, "iasl -p again dsdt.dsl");
    acpi_run(folder, "iasl -p again dsdt.dsl | grep -F '0 Errors, 0 Warnings'");
    if (isa != NULL)
        acpi_golden(folder, isa);
    snprintf(remove, sizeof(remove), "rm -r %s", folder);
    ck_assert_int_eq(system(remove), 0);
}

#endif
