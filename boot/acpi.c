/* SPDX-License-Identifier: Apache-2.0 */
/* acpi.c - see acpi.h. RSDP, XSDT, the machine's tables, DSDT, FADT, in this order. */
#include "boot/acpi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 36u
#define TABLE_ALIGN 16u
#define FADT_BYTES 276u /* revision 6 */
#define DSDT_MAX (PLAN_DEVICES * 128u + 256u)

/* The RSDP, 5.2.5.3. */
enum { RSDP_CHECKSUM = 8, RSDP_OEM = 9, RSDP_REVISION = 15, RSDP_LENGTH = 20, RSDP_XSDT = 24, RSDP_CHECKSUM_ALL = 32 };
#define RSDP_BYTES 36u
#define RSDP_FIRST_BYTES 20u /* what the first checksum is about */

/* Offsets in the FADT, 5.2.9. */
enum {
    FADT_DSDT = 40,
    FADT_BOOT_FLAGS = 109,
    FADT_FLAGS = 112,
    FADT_RESET = 116,
    FADT_RESET_VALUE = 128,
    FADT_MINOR = 131,
    FADT_X_DSDT = 140,
    FADT_SLEEP_CONTROL = 244,
    FADT_SLEEP_STATUS = 256,
    FADT_HYPERVISOR = 268,
};
#define FLAG_WBINVD (1u << 0)
#define FLAG_NO_POWER_BUTTON (1u << 4) /* none among the fixed registers */
#define FLAG_NO_SLEEP_BUTTON (1u << 5)
#define FLAG_RESET_REGISTER (1u << 10)
#define FLAG_HEADLESS (1u << 12)
#define FLAG_HARDWARE_REDUCED (1u << 20)

/* Generic address structure, 5.2.3.2. */
enum { SPACE_MEMORY = 0, ACCESS_BYTE = 1 };

struct tables {
    const struct acpi_input *input;
    uint8_t *bytes;
    size_t size; /* the next table begins here */
};

static void set(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint8_t checksum(const uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return (uint8_t)-sum;
}

/* A table's header (5.2.6), without its length and checksum. */
static uint8_t *begin_table(struct tables *tables, const char *signature, uint8_t revision)
{
    uint8_t *table = tables->bytes + tables->size;

    memcpy(table, signature, 4);
    table[8] = revision;
    memcpy(table + 10, "LVMM  ", 6);
    memcpy(table + 16, "MICROVM ", 8);
    set(table + 24, 1, 4);
    memcpy(table + 28, "LVMM", 4);
    set(table + 32, 1, 4);
    return table;
}

/* Returns its address in guest memory. */
static gpa_t end_table(struct tables *tables, uint8_t *table, size_t size)
{
    gpa_t at = tables->input->base + (gpa_t)(table - tables->bytes);

    set(table + 4, size, 4);
    table[9] = checksum(table, size);
    tables->size += (size + TABLE_ALIGN - 1) & ~(size_t)(TABLE_ALIGN - 1);
    return at;
}

static gpa_t add_dsdt(struct tables *tables, bool *overflow)
{
    const uint8_t power_off[] = {ACPI_POWER_S5, 0, 0, 0};
    uint8_t *table = begin_table(tables, "DSDT", 2);
    struct aml aml = {.bytes = table + HEADER_BYTES, .room = DSDT_MAX - HEADER_BYTES};
    size_t begin = aml_begin_scope(&aml, "\\_SB_");

    tables->input->add_devices(&aml, tables->input->plan);
    aml_end(&aml, begin);
    aml_name_package(&aml, "\\_S5_", power_off, sizeof(power_off));
    *overflow = *overflow || aml.overflow;
    return end_table(tables, table, HEADER_BYTES + aml.size);
}

static void set_register(uint8_t *at, gpa_t address)
{
    at[0] = SPACE_MEMORY;
    at[1] = 8; /* bits */
    at[3] = ACCESS_BYTE;
    set(at + 4, address, 8);
}

static gpa_t add_fadt(struct tables *tables, gpa_t dsdt)
{
    gpa_t power = tables->input->power;
    uint32_t flags = FLAG_WBINVD | FLAG_NO_POWER_BUTTON | FLAG_NO_SLEEP_BUTTON | FLAG_HEADLESS | FLAG_HARDWARE_REDUCED;
    uint8_t *table = begin_table(tables, "FACP", 6);

    if (power != 0) {
        flags |= FLAG_RESET_REGISTER;
        set_register(table + FADT_RESET, power + ACPI_POWER_RESET);
        table[FADT_RESET_VALUE] = ACPI_POWER_RESET_VALUE;
        set_register(table + FADT_SLEEP_CONTROL, power + ACPI_POWER_CONTROL);
        set_register(table + FADT_SLEEP_STATUS, power + ACPI_POWER_STATUS);
    }
    set(table + FADT_DSDT, dsdt, 4);
    set(table + FADT_BOOT_FLAGS, tables->input->boot_flags, 2);
    set(table + FADT_FLAGS, flags, 4);
    table[FADT_MINOR] = 4;
    set(table + FADT_X_DSDT, dsdt, 8);
    memcpy(table + FADT_HYPERVISOR, "LVMM", 4);
    return end_table(tables, table, FADT_BYTES);
}

static gpa_t add_table(struct tables *tables, const struct acpi_table *table)
{
    uint8_t *at = begin_table(tables, table->signature, table->revision);

    memcpy(at + HEADER_BYTES, table->body, table->size);
    return end_table(tables, at, HEADER_BYTES + table->size);
}

static gpa_t add_xsdt(struct tables *tables, uint8_t *table, const gpa_t *entries, unsigned count)
{
    gpa_t at = tables->input->base + (gpa_t)(table - tables->bytes);

    for (unsigned i = 0; i < count; i++)
        set(table + HEADER_BYTES + 8ul * i, entries[i], 8);
    set(table + 4, HEADER_BYTES + 8ul * count, 4);
    table[9] = 0;
    table[9] = checksum(table, HEADER_BYTES + 8ul * count);
    return at;
}

static void fill_rsdp(uint8_t *rsdp, gpa_t xsdt)
{
    memcpy(rsdp, "RSD PTR ", 8);
    memcpy(rsdp + RSDP_OEM, "LVMM  ", 6);
    rsdp[RSDP_REVISION] = 2;
    set(rsdp + RSDP_LENGTH, RSDP_BYTES, 4);
    set(rsdp + RSDP_XSDT, xsdt, 8);
    rsdp[RSDP_CHECKSUM] = checksum(rsdp, RSDP_FIRST_BYTES);
    rsdp[RSDP_CHECKSUM_ALL] = checksum(rsdp, RSDP_BYTES);
}

/* A greatest size. */
static size_t size_for(const struct acpi_input *input)
{
    return 1024u + FADT_BYTES + DSDT_MAX + input->table_count * (HEADER_BYTES + TABLE_ALIGN + ACPI_BODY_MAX);
}

void acpi_put(struct acpi_table *table, uint64_t value, unsigned size)
{
    if (size > sizeof(table->body) - table->size) {
        table->overflow = true;
        return;
    }
    set(table->body + table->size, value, size);
    table->size += size;
}

int acpi_create(const struct acpi_input *input, void **tables, size_t *size)
{
    struct tables t = {.input = input, .bytes = calloc(1, size_for(input))};
    gpa_t entries[1 + ACPI_TABLES_MAX];
    bool overflow = false;

    if (t.bytes == NULL)
        return -ENOMEM;
    t.size = (RSDP_BYTES + TABLE_ALIGN - 1) & ~(size_t)(TABLE_ALIGN - 1);
    uint8_t *xsdt = begin_table(&t, "XSDT", 1);
    end_table(&t, xsdt, HEADER_BYTES + (1ul + input->table_count) * sizeof(entries[0])); /* its place; filled below */
    for (unsigned i = 0; i < input->table_count; i++) {
        entries[1 + i] = add_table(&t, &input->table[i]);
        overflow = overflow || input->table[i].overflow;
    }
    gpa_t dsdt = add_dsdt(&t, &overflow);
    entries[0] = add_fadt(&t, dsdt);
    fill_rsdp(t.bytes, add_xsdt(&t, xsdt, entries, 1 + input->table_count));
    if (overflow || t.size > input->room) {
        free(t.bytes);
        return -ENOSPC;
    }
    *tables = t.bytes;
    *size = t.size;
    return 0;
}
