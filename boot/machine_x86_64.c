/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_x86_64.c - the address map of QEMU's `microvm` without ACPI, and the PVH entry.
 *
 * PVH: Xen's docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h. The one module is the device tree, or Linux's
 * initrd. Linux that isn't PVH is entered as linux_x86.h says.
 */
#include "boot/machine.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/fdt.h"
#include "boot/linux_x86.h"
#include "boot/plan.h"

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)

#define PAGE_BYTES 4096u
#define RAM_LOW_MAX (3 * GIB)
#define RAM_HIGH_BASE (4 * GIB)

#define IOAPIC_BASE 0xfec00000
#define LAPIC_BASE 0xfee00000
#define APIC_WINDOW 0x1000

/* Below 1 MiB, where firmware would be; the device tree between there and our kernel's link address, 2 MiB. */
#define START_INFO_GPA 0x6000
#define FDT_GPA 0x100000
#define FDT_MAX (MIB - PAGE_BYTES)

#define START_INFO_MAGIC 0x336ec578
#define START_INFO_VERSION 1
#define MEMMAP_RAM 1 /* types are those of linux_x86.h */

struct start_info {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modlist_paddr, cmdline_paddr, rsdp_paddr, memmap_paddr;
    uint32_t memmap_entries, reserved;
};

struct start_module {
    uint64_t paddr, size, cmdline_paddr, reserved;
};

struct start_memmap {
    uint64_t addr, size;
    uint32_t type, reserved;
};

_Static_assert(sizeof(struct start_info) == 56, "hvm_start_info");
_Static_assert(sizeof(struct start_module) == 32, "hvm_modlist_entry");
_Static_assert(sizeof(struct start_memmap) == 24, "hvm_memmap_table_entry");

struct boot_data {
    struct start_info info;
    struct start_module module;
    struct start_memmap memmap[X86_RANGES_MAX];
    char cmdline[];
};

static unsigned memory_map(uint64_t size, struct mem_range range[MEM_RANGES])
{
    range[0] = (struct mem_range){.base = 0, .size = size < RAM_LOW_MAX ? size : RAM_LOW_MAX};
    if (size <= RAM_LOW_MAX)
        return 1;
    range[1] = (struct mem_range){.base = RAM_HIGH_BASE, .size = size - RAM_LOW_MAX};
    return 2;
}

static void describe(struct fdt *fdt, const struct plan_input *input)
{
    fdtw_begin(fdt, "cpus");
    fdtw_u32(fdt, "#address-cells", 1);
    fdtw_u32(fdt, "#size-cells", 0);
    for (uint32_t id = 0; id < input->cpus; id++) { /* of the local APIC */
        fdtw_begin_at(fdt, "cpu", id);
        fdtw_string(fdt, "device_type", "cpu");
        fdtw_u32(fdt, "reg", id);
        fdtw_end(fdt);
    }
    fdtw_end(fdt);

    fdtw_begin_at(fdt, "interrupt-controller", IOAPIC_BASE);
    fdtw_string(fdt, "compatible", "intel,ce4100-ioapic");
    fdtw_reg(fdt, IOAPIC_BASE, APIC_WINDOW);
    fdtw_empty(fdt, "interrupt-controller");
    fdtw_u32(fdt, "#interrupt-cells", 2);
    fdtw_u32(fdt, "phandle", FDT_PHANDLE_INTC);
    fdtw_end(fdt);

    /* The clock that its timer counts: KVM's and QEMU's run at 1 GHz. */
    fdtw_begin_at(fdt, "lapic", LAPIC_BASE);
    fdtw_string(fdt, "compatible", "intel,ce4100-lapic");
    fdtw_reg(fdt, LAPIC_BASE, APIC_WINDOW);
    fdtw_u32(fdt, "clock-frequency", 1000000000);
    fdtw_end(fdt);
}

/* Binding intel,ce4100-ioapic: the input, then its sense; 0 is a rising edge. */
static unsigned irq_cells(uint32_t irq, unsigned irqchip_version, uint32_t cells[3])
{
    (void)irqchip_version;
    cells[0] = irq;
    cells[1] = 0;
    return 2;
}

static unsigned fill_memmap(struct start_memmap *memmap, const struct plan *plan)
{
    struct x86_range range[X86_RANGES_MAX];
    unsigned count = plan->linux_guest ? linux_x86_ranges(plan, range) : plan->memory_count;

    _Static_assert((int)MEMMAP_RAM == (int)X86_RANGE_RAM, "one set of types");
    for (unsigned i = 0; i < plan->memory_count && !plan->linux_guest; i++)
        range[i] = (struct x86_range){plan->memory[i].base, plan->memory[i].size, X86_RANGE_RAM};
    for (unsigned i = 0; i < count; i++)
        memmap[i] = (struct start_memmap){.addr = range[i].addr, .size = range[i].size, .type = range[i].type};
    return count;
}

static void fill_boot_data(struct boot_data *data, const struct plan *plan, gpa_t rsdp)
{
    struct start_module module = {.paddr = plan->fdt_gpa, .size = plan->fdt_size};

    if (plan->linux_guest)
        module = (struct start_module){.paddr = plan->initrd_gpa, .size = plan->initrd_size};
    data->info = (struct start_info){
        .magic = START_INFO_MAGIC,
        .version = START_INFO_VERSION,
        .nr_modules = module.size != 0,
        .modlist_paddr = module.size != 0 ? START_INFO_GPA + offsetof(struct boot_data, module) : 0,
        .cmdline_paddr = START_INFO_GPA + offsetof(struct boot_data, cmdline),
        .rsdp_paddr = rsdp,
        .memmap_paddr = START_INFO_GPA + offsetof(struct boot_data, memmap),
    };
    data->module = module;
    data->info.memmap_entries = fill_memmap(data->memmap, plan);
}

static int enter_pvh(struct plan *plan, const char *cmdline, gpa_t rsdp, char *why, size_t why_size)
{
    size_t size = sizeof(struct boot_data) + strlen(cmdline) + 1;
    struct boot_data *data = calloc(1, size);

    if (data == NULL) {
        snprintf(why, why_size, "no memory");
        return -ENOMEM;
    }
    plan->boot_data = data;
    fill_boot_data(data, plan, rsdp);
    memcpy(data->cmdline, cmdline, strlen(cmdline) + 1);
    const struct plan_image image = {
        .name = "PVH start info", .gpa = START_INFO_GPA, .data = data, .file_size = size, .mem_size = size};
    if (plan_add_image(plan, &image) != 0) {
        snprintf(why, why_size, "leaves no room for the PVH start info, %zu bytes at 0x%x", size, START_INFO_GPA);
        return -ENOEXEC;
    }
    plan->entry = (struct plan_entry){.pc = plan->kernel.elf.pvh_entry, .arg = START_INFO_GPA};
    plan->entry.mode = plan->linux_guest ? PLAN_ENTRY_LINUX : PLAN_ENTRY_USUAL;
    return 0;
}

static int enter_linux(struct plan *plan, const struct plan_input *input, char *why, size_t why_size)
{
    gpa_t rsdp = 0;
    int error = linux_x86_check_cmdline(plan, why, why_size);

    if (error == 0)
        error = linux_x86_add_firmware(plan, input, LAPIC_BASE, IOAPIC_BASE, &rsdp, why, why_size);
    if (error != 0)
        return error;
    plan->fault_is_reset = linux_x86_restarts_by_fault(plan->cmdline);
    return plan->kernel.elf.has_pvh ? enter_pvh(plan, plan->cmdline, rsdp, why, why_size)
                                    : linux_x86_enter(plan, rsdp, why, why_size);
}

static int entry(struct plan *plan, const struct plan_input *input, char *why, size_t why_size)
{
    if (plan->linux_guest)
        return enter_linux(plan, input, why, why_size);
    if (!plan->kernel.elf.has_pvh) {
        snprintf(why, why_size, "has no PVH entry note (XEN_ELFNOTE_PHYS32_ENTRY)");
        return -ENOEXEC;
    }
    int error = plan_place_fdt(plan, FDT_GPA, FDT_MAX, why, why_size);
    if (error != 0)
        return error;
    /* Our guest kernel reads /chosen; another one reads the command line. */
    return enter_pvh(plan, input->append != NULL ? input->append : "", 0, why, why_size);
}

const struct machine machine_x86_64 = {
    .isa = "x86_64",
    .debian_name = "amd64",
    .elf_machine = EM_X86_64,
    .platform = "lvmm-microvm",
    .compatible = "lvmm,microvm",
    .memory_min = 16 * MIB,
    .memory_max =
        511 * GIB, /* up to 512 GiB with the hole below 4: the guest kernel's map of memory has one entry a GiB */
    .cpus_max = 64,
    .memory_map = memory_map,
    .serial = {.space = DEVICE_PIO, .base = 0x3f8, .size = 8, .irq = 4},
    .power_off = {.space = DEVICE_PIO, .base = 0x501, .size = 2},
    .serial_type = &device_serial16550,
    .power_off_type = &device_debug_exit,
    .pflash = {.space = DEVICE_MMIO, .base = 0xffc00000, .size = 4 * MIB},
    .virtio = {.space = DEVICE_MMIO, .base = 0xfeb00000, .size = 0x200, .irq = 5},
    .virtio_stride = 0x200,
    .virtio_slots = 8,
    .describe = describe,
    .irq_cells = irq_cells,
    .linux_power_type = &device_acpi_power,
    .linux_reset_type = &device_keyboard_reset,
    .linux_power = {.space = DEVICE_MMIO, .base = 0xfea00200, .size = ACPI_POWER_BYTES},
    .linux_reset = {.space = DEVICE_PIO, .base = 0x64, .size = 1},
    .linux_console = "ttyS0",
    .place_linux = linux_x86_place,
    .initrd_limit = RAM_LOW_MAX,
    .entry = entry,
};
