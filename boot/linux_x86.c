/* SPDX-License-Identifier: Apache-2.0 */
/* linux_x86.c - see linux_x86.h. */
#include "boot/linux_x86.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/acpi_x86.h"

#define MIB (1024ull * 1024)

/*
 * Below 1 MiB: our structures where Linux may use the memory again, nothing where a PC has its video memory, and the
 * ACPI tables where a PC has its firmware: there even kernels look that aren't told of them (before 5.0).
 */
#define GDT_GPA 0x6000u
#define ZERO_PAGE_GPA 0x7000u
#define PAGE_TABLES_GPA 0x9000u
#define CMDLINE_GPA 0x20000u
#define CMDLINE_MAX 0x10000u
#define LOW_END 0xa0000u
#define ACPI_GPA 0xe0000u
#define RESET_GPA 0xffff0u
#define FIRMWARE_END 0x100000u
/* KVM's own pages (kvmarch/x86_64.c), in the hole where QEMU has them too. */
#define KVM_PAGES_GPA 0xfeffc000u
#define KVM_PAGES_BYTES 0x4000u

#define CMDLINE_MAX_ELF 2047u /* Linux's COMMAND_LINE_SIZE, less the NUL: an ELF file doesn't say */

/* Offsets in the zero page: Linux, Documentation/arch/x86/zero-page.rst and boot.rst. */
enum {
    ZP_RSDP = 0x070,
    ZP_EXT_INITRD = 0x0c0,
    ZP_EXT_INITRD_SIZE = 0x0c4,
    ZP_EXT_CMDLINE = 0x0c8,
    ZP_RANGE_COUNT = 0x1e8,
    ZP_BOOT_FLAG = 0x1fe,
    ZP_MAGIC = 0x202,
    ZP_VERSION = 0x206,
    ZP_LOADER = 0x210,
    ZP_LOADFLAGS = 0x211,
    ZP_INITRD = 0x218,
    ZP_INITRD_SIZE = 0x21c,
    ZP_CMDLINE = 0x228,
    ZP_ALIGNMENT = 0x230,
    ZP_CMDLINE_MAX = 0x238,
    ZP_RANGES = 0x2d0,
};
#define ZP_RANGE_BYTES 20u
#define LOADER_UNDEFINED 0xffu
#define LOADED_HIGH 1u
#define PROTOCOL_2_12 0x20cu
#define ELF_ALIGNMENT 0x1000000u

#define TABLE_ENTRIES 512u
#define GIBS_MAPPED 4u /* all that is below the hole's end: kernel, initrd, ACPI tables, local APICs */
#define PAGE_PRESENT_WRITABLE 0x3u
#define PAGE_LARGE 0x80u
#define LARGE_BYTES (2 * MIB)

/* Selectors of the protocol: code is 0x10, data 0x18 (__BOOT_CS, __BOOT_DS). */
#define GDT_CODE_64 0x00af9b000000ffffull
#define GDT_DATA 0x00cf93000000ffffull
#define GDT_ENTRIES 4u

struct linux_boot { /* plan->boot_data */
    uint8_t zero_page[4096];
    uint64_t table[2 + GIBS_MAPPED][TABLE_ENTRIES];
    uint64_t gdt[GDT_ENTRIES];
};

static void set(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

unsigned linux_x86_ranges(const struct plan *plan, struct x86_range range[X86_RANGES_MAX])
{
    const struct mem_range *memory = plan->memory;
    unsigned count = 0;

    range[count++] = (struct x86_range){0, LOW_END, X86_RANGE_RAM};
    range[count++] = (struct x86_range){ACPI_GPA, FIRMWARE_END - ACPI_GPA, X86_RANGE_RESERVED};
    range[count++] = (struct x86_range){MIB, memory[0].size - MIB, X86_RANGE_RAM};
    range[count++] = (struct x86_range){KVM_PAGES_GPA, KVM_PAGES_BYTES, X86_RANGE_RESERVED};
    for (unsigned i = 1; i < plan->memory_count; i++)
        range[count++] = (struct x86_range){memory[i].base, memory[i].size, X86_RANGE_RAM};
    return count;
}

int linux_x86_place(const struct plan *plan, struct plan_image *image, char *why, size_t why_size)
{
    image->gpa = plan->kernel.bzimage.pref_address;
    if (image->gpa >= MIB)
        return 0;
    snprintf(why, why_size, "has a bad setup header: pref_address 0x%" PRIx64 " is below 1 MiB", image->gpa);
    return -ENOEXEC;
}

/* ---- what both ways of entry have ---- */

static int add_image(struct plan *plan, const struct plan_image *image, char *why, size_t why_size)
{
    int error = plan_add_image(plan, image);

    if (error == 0)
        return 0;
    snprintf(why, why_size, "leaves no room for the %s, %" PRIu64 " bytes at 0x%" PRIx64, image->name, image->mem_size,
             image->gpa);
    return -ENOEXEC;
}

static int add_acpi(struct plan *plan, const struct plan_input *input, uint32_t lapic_base, uint32_t ioapic_base,
                    char *why, size_t why_size)
{
    const struct acpi_x86_input acpi = {
        .plan = plan,
        .cpus = input->cpus,
        .lapic_base = lapic_base,
        .ioapic_base = ioapic_base,
        .base = ACPI_GPA,
        .room = RESET_GPA - ACPI_GPA,
    };
    size_t size;
    int error = acpi_x86_create(&acpi, &plan->acpi, &size);

    if (error != 0) {
        snprintf(why, why_size, "can't have ACPI tables: %s", error == -ENOMEM ? "no memory" : "they are too large");
        return error;
    }
    const struct plan_image image = {
        .name = "ACPI tables", .gpa = ACPI_GPA, .data = plan->acpi, .file_size = size, .mem_size = size};
    return add_image(plan, &image, why, why_size);
}

/* With hardware-reduced ACPI Linux takes EFI's way of resetting, and where there is no EFI jumps to the BIOS's reset
 * vector in real mode (arch/x86/kernel/reboot.c). */
static int add_reset_code(struct plan *plan, char *why, size_t why_size)
{
    static const uint8_t code[] = {
        0xb0, 0xfe, /* mov al, 0xfe: the keyboard controller's command to reset */
        0xe6, 0x64, /* out 0x64, al */
        0xf4,       /* hlt */
        0xeb, 0xfd, /* jmp to the hlt */
    };
    const struct plan_image image = {
        .name = "reset code", .gpa = RESET_GPA, .data = code, .file_size = sizeof(code), .mem_size = sizeof(code)};

    return add_image(plan, &image, why, why_size);
}

int linux_x86_add_firmware(struct plan *plan, const struct plan_input *input, uint32_t lapic_base, uint32_t ioapic_base,
                           gpa_t *rsdp, char *why, size_t why_size)
{
    int error = add_acpi(plan, input, lapic_base, ioapic_base, why, why_size);

    *rsdp = ACPI_GPA;
    return error != 0 ? error : add_reset_code(plan, why, why_size);
}

int linux_x86_check_cmdline(const struct plan *plan, char *why, size_t why_size)
{
    size_t max = plan->kernel.format == KERNEL_BZIMAGE ? plan->kernel.bzimage.cmdline_max : CMDLINE_MAX_ELF;

    max = max < CMDLINE_MAX ? max : CMDLINE_MAX - 1;
    if (strlen(plan->cmdline) <= max)
        return 0;
    snprintf(why, why_size, "%zu bytes of command line, and the kernel takes %zu", strlen(plan->cmdline), max);
    return -ENAMETOOLONG;
}

/* Of each word the first letter counts. */
static bool has_reboot_word(const char *words, char letter)
{
    while (*words != '\0' && *words != ' ') {
        if (*words == letter)
            return true;
        words += strcspn(words, ", ");
        words += *words == ',';
    }
    return false;
}

bool linux_x86_restarts_by_fault(const char *cmdline)
{
    static const char key[] = "reboot=";

    for (const char *at = cmdline; (at = strstr(at, key)) != NULL; at++)
        if ((at == cmdline || at[-1] == ' ') && has_reboot_word(at + strlen(key), 't'))
            return true;
    return false;
}

/* ---- the 64-bit boot protocol ---- */

/* An ELF file has no setup header: what Linux looks at. */
static void set_header(uint8_t *page)
{
    set(page + ZP_BOOT_FLAG, 0xaa55, 2);
    memcpy(page + ZP_MAGIC, "HdrS", 4);
    set(page + ZP_VERSION, PROTOCOL_2_12, 2);
    page[ZP_LOADFLAGS] = LOADED_HIGH;
    set(page + ZP_ALIGNMENT, ELF_ALIGNMENT, 4);
    set(page + ZP_CMDLINE_MAX, CMDLINE_MAX_ELF, 4);
}

static void fill_zero_page(uint8_t *page, const struct plan *plan, gpa_t rsdp)
{
    struct x86_range range[X86_RANGES_MAX];
    unsigned count = linux_x86_ranges(plan, range);

    if (plan->kernel.format == KERNEL_BZIMAGE)
        memcpy(page + BZIMAGE_HEADER, plan->kernel.bzimage.header, plan->kernel.bzimage.header_size);
    else
        set_header(page);
    page[ZP_LOADER] = LOADER_UNDEFINED;
    set(page + ZP_RSDP, rsdp, 8);
    set(page + ZP_CMDLINE, CMDLINE_GPA, 4);
    set(page + ZP_EXT_CMDLINE, 0, 4);
    set(page + ZP_INITRD, plan->initrd_gpa, 4);
    set(page + ZP_EXT_INITRD, plan->initrd_gpa >> 32, 4);
    set(page + ZP_INITRD_SIZE, plan->initrd_size, 4);
    set(page + ZP_EXT_INITRD_SIZE, plan->initrd_size >> 32, 4);
    page[ZP_RANGE_COUNT] = (uint8_t)count;
    for (unsigned i = 0; i < count; i++) {
        uint8_t *at = page + ZP_RANGES + (size_t)i * ZP_RANGE_BYTES;

        set(at, range[i].addr, 8);
        set(at + 8, range[i].size, 8);
        set(at + 16, range[i].type, 4);
    }
}

/* SDM volume 3, 4.5: one table of each upper level, and large pages. */
static void fill_page_tables(uint64_t table[2 + GIBS_MAPPED][TABLE_ENTRIES])
{
    table[0][0] = (PAGE_TABLES_GPA + sizeof(table[0])) | PAGE_PRESENT_WRITABLE;
    for (uint64_t gib = 0; gib < GIBS_MAPPED; gib++) {
        table[1][gib] = (PAGE_TABLES_GPA + (2 + gib) * sizeof(table[0])) | PAGE_PRESENT_WRITABLE;
        for (uint64_t i = 0; i < TABLE_ENTRIES; i++)
            table[2 + gib][i] = (gib * TABLE_ENTRIES + i) * LARGE_BYTES | PAGE_LARGE | PAGE_PRESENT_WRITABLE;
    }
}

static int add_images(struct plan *plan, const struct linux_boot *boot, char *why, size_t why_size)
{
    const struct {
        const char *name;
        gpa_t gpa;
        const void *data;
        size_t size;
    } parts[] = {
        {"GDT", GDT_GPA, boot->gdt, sizeof(boot->gdt)},
        {"zero page", ZERO_PAGE_GPA, boot->zero_page, sizeof(boot->zero_page)},
        {"page tables", PAGE_TABLES_GPA, boot->table, sizeof(boot->table)},
        {"command line", CMDLINE_GPA, plan->cmdline, strlen(plan->cmdline) + 1},
    };
    int error = 0;

    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]) && error == 0; i++) {
        const struct plan_image image = {.name = parts[i].name,
                                         .gpa = parts[i].gpa,
                                         .data = parts[i].data,
                                         .file_size = parts[i].size,
                                         .mem_size = parts[i].size};
        error = add_image(plan, &image, why, why_size);
    }
    return error;
}

int linux_x86_enter(struct plan *plan, gpa_t rsdp, char *why, size_t why_size)
{
    struct linux_boot *boot = calloc(1, sizeof(*boot));

    if (boot == NULL) {
        snprintf(why, why_size, "no memory");
        return -ENOMEM;
    }
    plan->boot_data = boot;
    fill_zero_page(boot->zero_page, plan, rsdp);
    fill_page_tables(boot->table);
    boot->gdt[2] = GDT_CODE_64;
    boot->gdt[3] = GDT_DATA;
    plan->entry = (struct plan_entry){
        .pc = plan->kernel_entry + (plan->kernel.format == KERNEL_BZIMAGE ? BZIMAGE_ENTRY64 : 0),
        .arg = ZERO_PAGE_GPA,
        .mode = PLAN_ENTRY_LINUX64,
        .page_tables = PAGE_TABLES_GPA,
        .gdt = GDT_GPA,
        .gdt_bytes = sizeof(boot->gdt),
    };
    return add_images(plan, boot, why, why_size);
}
