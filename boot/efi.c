/* SPDX-License-Identifier: Apache-2.0 */
/* efi.c - see efi.h. */
#include "boot/efi.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096u                           /* EFI's */
#define TABLES_ALIGN 65536u                        /* no page of Linux's has anything beside the tables */
#define SYSTEM_TABLE_SIGNATURE 0x5453595320494249u /* "IBI SYST" */
#define REVISION (2u << 16 | 100u)

enum { MEMORY_RESERVED = 0, MEMORY_CONVENTIONAL = 7 }; /* EFI_MEMORY_TYPE */
#define MEMORY_WB 8u

struct system_table {
    uint64_t signature;
    uint32_t revision, header_size, crc32, reserved;
    uint64_t vendor;
    uint32_t vendor_revision, pad;
    uint64_t console[6]; /* handles and protocols of input, output and errors: none */
    uint64_t runtime_services, boot_services;
    uint32_t table_count, pad2;
    uint64_t tables;
};

struct configuration_table {
    uint8_t guid[16];
    uint64_t address;
};

struct memory_descriptor {
    uint32_t type, pad;
    uint64_t physical, virtual_address, pages, attributes;
};

/* What Linux's EFI stub makes of GetMemoryMap (include/linux/efi.h, struct efi_boot_memmap). */
struct boot_memmap {
    uint64_t map_size, descriptor_size;
    uint32_t version, pad;
    uint64_t key, buffer_size;
};

/* The range that has the tables is three. */
#define DESCRIPTORS (MEM_RANGES + 2)

struct efi_tables {
    struct system_table system;
    struct configuration_table configuration[2];
    struct boot_memmap memmap;
    struct memory_descriptor descriptor[DESCRIPTORS];
    uint16_t vendor[5];
};

_Static_assert(sizeof(struct system_table) == 120, "EFI_SYSTEM_TABLE");
_Static_assert(sizeof(struct configuration_table) == 24, "EFI_CONFIGURATION_TABLE");
_Static_assert(sizeof(struct memory_descriptor) == 40, "EFI_MEMORY_DESCRIPTOR");
_Static_assert(sizeof(struct efi_tables) <= EFI_CMDLINE_OFFSET, "EFI_CMDLINE_OFFSET");

/* LINUX_EFI_BOOT_MEMMAP_GUID and EFI's of a flattened device tree, as they lie in memory. */
static const uint8_t guid_memmap[16] = {0x3f, 0x68, 0x0f, 0x80, 0x8b, 0xd0, 0x3a, 0x42,
                                        0xa2, 0x93, 0x96, 0x5c, 0x3c, 0x6f, 0xe2, 0xb4};
static const uint8_t guid_fdt[16] = {0xd5, 0x21, 0xb6, 0xb1, 0x9c, 0xf1, 0xa5, 0x41,
                                     0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0};

static unsigned add_descriptor(struct efi_tables *tables, unsigned count, uint32_t type, gpa_t from, gpa_t to)
{
    if (from == to)
        return count;
    tables->descriptor[count] = (struct memory_descriptor){
        .type = type, .physical = from, .pages = (to - from) / PAGE_BYTES, .attributes = MEMORY_WB};
    return count + 1;
}

/* The tables themselves are not to be used as memory. */
static void fill_memmap(struct efi_tables *tables, const struct plan *plan, gpa_t at, uint64_t size)
{
    unsigned count = 0;

    for (unsigned i = 0; i < plan->memory_count; i++) {
        gpa_t base = plan->memory[i].base, end = base + plan->memory[i].size;
        bool here = at >= base && at < end;
        gpa_t first_end = here ? at : end;

        count = add_descriptor(tables, count, MEMORY_CONVENTIONAL, base, first_end);
        if (here) {
            count = add_descriptor(tables, count, MEMORY_RESERVED, at, at + size);
            count = add_descriptor(tables, count, MEMORY_CONVENTIONAL, at + size, end);
        }
    }
    tables->memmap = (struct boot_memmap){.map_size = count * sizeof(struct memory_descriptor),
                                          .descriptor_size = sizeof(struct memory_descriptor),
                                          .version = 1,
                                          .buffer_size = sizeof(tables->descriptor)};
}

static void add_configuration(struct configuration_table *table, const uint8_t guid[16], gpa_t address)
{
    memcpy(table->guid, guid, sizeof(table->guid));
    table->address = address;
}

static void fill(struct efi_tables *tables, const struct plan *plan, gpa_t at, uint64_t size)
{
    static const uint16_t vendor[] = {'l', 'v', 'm', 'm', 0};

    memcpy(tables->vendor, vendor, sizeof(vendor));
    tables->system = (struct system_table){
        .signature = SYSTEM_TABLE_SIGNATURE,
        .revision = REVISION,
        .header_size = sizeof(struct system_table),
        .vendor = at + offsetof(struct efi_tables, vendor),
        .table_count = 2,
        .tables = at + offsetof(struct efi_tables, configuration),
    };
    add_configuration(&tables->configuration[0], guid_memmap, at + offsetof(struct efi_tables, memmap));
    add_configuration(&tables->configuration[1], guid_fdt, plan->fdt_gpa);
    fill_memmap(tables, plan, at, size);
}

int efi_add_tables(struct plan *plan, gpa_t *systab, char *why, size_t why_size)
{
    size_t length = strlen(plan->cmdline) + 1;
    uint64_t size = (EFI_CMDLINE_OFFSET + length + TABLES_ALIGN - 1) & ~(uint64_t)(TABLES_ALIGN - 1);
    char *data = calloc(1, EFI_CMDLINE_OFFSET + length);
    struct plan_image image = {
        .name = "EFI tables", .data = data, .file_size = EFI_CMDLINE_OFFSET + length, .mem_size = size};

    plan->boot_data = data;
    if (data == NULL) {
        snprintf(why, why_size, "no memory");
        return -ENOMEM;
    }
    if (plan_add_image_high(plan, &image, 0, 0) != 0) {
        snprintf(why, why_size, "leaves no room for the EFI tables");
        return -ENOEXEC;
    }
    fill((struct efi_tables *)(void *)data, plan, image.gpa, size);
    memcpy(data + EFI_CMDLINE_OFFSET, plan->cmdline, length);
    *systab = image.gpa;
    return 0;
}
