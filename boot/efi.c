/* SPDX-License-Identifier: Apache-2.0 */
/* efi.c - see efi.h. */
#include "boot/efi.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096u    /* EFI's */
#define TABLES_ALIGN 65536u /* no page of Linux's has anything beside the tables */
#define ACPI_ROOM 16384u
#define SYSTEM_TABLE_SIGNATURE 0x5453595320494249u /* "IBI SYST" */
#define REVISION (2u << 16 | 100u)

/* EFI_MEMORY_TYPE */
enum { MEMORY_RESERVED = 0, MEMORY_CONVENTIONAL = 7, MEMORY_ACPI_RECLAIM = 9 };
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

/* Ranges that aren't for use, the tables' and the tree's, each make two more. */
#define KEPT 2
#define DESCRIPTORS (MEM_RANGES + 2 * KEPT)

/* Linux, include/linux/efi.h: struct linux_efi_initrd and struct linux_efi_random_seed. */
struct initrd {
    uint64_t base, size;
};

struct random_seed {
    uint32_t size;
    uint8_t bits[sizeof(((struct plan_input *)0)->rng_seed)];
};

struct efi_tables {
    struct system_table system;
    struct configuration_table configuration[5];
    struct boot_memmap memmap;
    struct memory_descriptor descriptor[DESCRIPTORS];
    struct initrd initrd;
    struct random_seed seed;
    uint16_t vendor[5];
};

struct kept {
    gpa_t at;
    uint64_t size;
    uint32_t type;
};

_Static_assert(sizeof(struct system_table) == 120, "EFI_SYSTEM_TABLE");
_Static_assert(sizeof(struct configuration_table) == 24, "EFI_CONFIGURATION_TABLE");
_Static_assert(sizeof(struct memory_descriptor) == 40, "EFI_MEMORY_DESCRIPTOR");
_Static_assert(sizeof(struct efi_tables) <= EFI_CMDLINE_OFFSET, "EFI_CMDLINE_OFFSET");

/* As they lie in memory: LINUX_EFI_BOOT_MEMMAP_GUID, EFI's of a flattened device tree and of ACPI 2.0 and later,
 * LINUX_EFI_RANDOM_SEED_TABLE_GUID and LINUX_EFI_INITRD_MEDIA_GUID. */
static const uint8_t guid_memmap[16] = {0x3f, 0x68, 0x0f, 0x80, 0x8b, 0xd0, 0x3a, 0x42,
                                        0xa2, 0x93, 0x96, 0x5c, 0x3c, 0x6f, 0xe2, 0xb4};
static const uint8_t guid_fdt[16] = {0xd5, 0x21, 0xb6, 0xb1, 0x9c, 0xf1, 0xa5, 0x41,
                                     0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0};
static const uint8_t guid_acpi[16] = {0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
                                      0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81};
static const uint8_t guid_seed[16] = {0xbc, 0xe5, 0xe1, 0x1c, 0xeb, 0x7c, 0xf2, 0x42,
                                      0x81, 0xe5, 0x8a, 0xad, 0xf1, 0x80, 0xf5, 0x7b};
static const uint8_t guid_initrd[16] = {0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f,
                                        0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68};

static unsigned add_descriptor(struct efi_tables *tables, unsigned count, uint32_t type, gpa_t from, gpa_t to)
{
    if (from == to)
        return count;
    tables->descriptor[count] = (struct memory_descriptor){
        .type = type, .physical = from, .pages = (to - from) / PAGE_BYTES, .attributes = MEMORY_WB};
    return count + 1;
}

/* Of the ranges to keep, those in a range of memory, lowest first. */
static unsigned fill_range(struct efi_tables *tables, unsigned count, const struct mem_range *range,
                           const struct kept kept[KEPT])
{
    gpa_t from = range->base, end = range->base + range->size;

    for (unsigned i = 0; i < KEPT; i++) {
        if (kept[i].at < from || kept[i].at >= end)
            continue;
        count = add_descriptor(tables, count, MEMORY_CONVENTIONAL, from, kept[i].at);
        count = add_descriptor(tables, count, kept[i].type, kept[i].at, kept[i].at + kept[i].size);
        from = kept[i].at + kept[i].size;
    }
    return add_descriptor(tables, count, MEMORY_CONVENTIONAL, from, end);
}

static uint64_t round_up(uint64_t size)
{
    return (size + TABLES_ALIGN - 1) & ~(uint64_t)(TABLES_ALIGN - 1);
}

/* Neither the tables themselves are to be used as memory, nor the tree: it has the stub's instructions, in which the
 * other CPUs wait, and where Linux takes ACPI it doesn't keep the tree. */
static void fill_memmap(struct efi_tables *tables, const struct plan *plan, const struct plan_image *image)
{
    const struct kept here = {image->gpa, image->mem_size, MEMORY_ACPI_RECLAIM};
    const struct kept tree = {plan->fdt_gpa, round_up(plan->fdt_size), MEMORY_RESERVED};
    bool tree_first = tree.at < here.at;
    const struct kept kept[KEPT] = {tree_first ? tree : here, tree_first ? here : tree};
    unsigned count = 0;

    for (unsigned i = 0; i < plan->memory_count; i++)
        count = fill_range(tables, count, &plan->memory[i], kept);
    tables->memmap = (struct boot_memmap){.map_size = count * sizeof(struct memory_descriptor),
                                          .descriptor_size = sizeof(struct memory_descriptor),
                                          .version = 1,
                                          .buffer_size = sizeof(tables->descriptor)};
}

static void add_configuration(struct efi_tables *tables, const uint8_t guid[16], gpa_t address)
{
    struct configuration_table *table = &tables->configuration[tables->system.table_count++];

    memcpy(table->guid, guid, sizeof(table->guid));
    table->address = address;
}

/* What the tree tells a kernel without ACPI. */
static void fill_configuration(struct efi_tables *tables, const struct plan *plan, const struct plan_input *input,
                               gpa_t at, gpa_t acpi)
{
    add_configuration(tables, guid_memmap, at + offsetof(struct efi_tables, memmap));
    add_configuration(tables, guid_fdt, plan->fdt_gpa);
    add_configuration(tables, guid_acpi, acpi);
    tables->seed.size = sizeof(tables->seed.bits);
    memcpy(tables->seed.bits, input->rng_seed, sizeof(tables->seed.bits));
    add_configuration(tables, guid_seed, at + offsetof(struct efi_tables, seed));
    if (plan->initrd_size == 0)
        return;
    tables->initrd = (struct initrd){plan->initrd_gpa, plan->initrd_size};
    add_configuration(tables, guid_initrd, at + offsetof(struct efi_tables, initrd));
}

static void fill(struct efi_tables *tables, const struct plan *plan, const struct plan_input *input,
                 const struct plan_image *image, gpa_t acpi)
{
    static const uint16_t vendor[] = {'l', 'v', 'm', 'm', 0};

    memcpy(tables->vendor, vendor, sizeof(vendor));
    tables->system = (struct system_table){
        .signature = SYSTEM_TABLE_SIGNATURE,
        .revision = REVISION,
        .header_size = sizeof(struct system_table),
        .vendor = image->gpa + offsetof(struct efi_tables, vendor),
        .tables = image->gpa + offsetof(struct efi_tables, configuration),
    };
    fill_configuration(tables, plan, input, image->gpa, acpi);
    fill_memmap(tables, plan, image);
}

/* To their place behind the others. */
static int add_acpi(const struct plan *plan, const struct plan_input *input, efi_acpi_maker *make, char *place,
                    gpa_t base)
{
    void *tables;
    size_t size;
    int error = make(plan, input->cpus, base, ACPI_ROOM, &tables, &size);

    if (error != 0)
        return error;
    memcpy(place, tables, size);
    free(tables);
    return 0;
}

int efi_add_tables(struct plan *plan, const struct plan_input *input, efi_acpi_maker *make_acpi, gpa_t *systab,
                   char *why, size_t why_size)
{
    size_t length = strlen(plan->cmdline) + 1;
    size_t acpi = (EFI_CMDLINE_OFFSET + length + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
    char *data = calloc(1, acpi + ACPI_ROOM);
    struct plan_image image = {.name = "EFI and ACPI tables",
                               .data = data,
                               .file_size = acpi + ACPI_ROOM,
                               .mem_size = round_up(acpi + ACPI_ROOM)};

    plan->boot_data = data;
    if (data == NULL) {
        snprintf(why, why_size, "no memory");
        return -ENOMEM;
    }
    if (plan_add_image_high(plan, &image, 0, 0) != 0) {
        snprintf(why, why_size, "leaves no room for the EFI tables");
        return -ENOEXEC;
    }
    int error = add_acpi(plan, input, make_acpi, data + acpi, image.gpa + acpi);
    if (error != 0) {
        snprintf(why, why_size, "can't have ACPI tables: %s", error == -ENOMEM ? "no memory" : "they are too large");
        return error;
    }
    fill((struct efi_tables *)(void *)data, plan, input, &image, image.gpa + acpi);
    memcpy(data + EFI_CMDLINE_OFFSET, plan->cmdline, length);
    *systab = image.gpa;
    return 0;
}
