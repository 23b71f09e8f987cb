/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_x86_64.c - the address map of QEMU's `microvm` without ACPI, and the PVH entry; and the same on `q35`, as far
 * as a bare kernel with a flash needs it.
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

/* The same in both machines. */
#define PLATFORM "lvmm-microvm"
#define COMPATIBLE "lvmm,microvm"
#define MEMORY_MIN (16 * MIB)
/* Up to 512 GiB with the hole below 4: the guest kernel's map of memory has one entry a GiB. */
#define MEMORY_MAX (511 * GIB)
#define CPUS_MAX 64
#define FLASH_BASE 0xffc00000
#define SERIAL {.space = DEVICE_PIO, .base = 0x3f8, .size = 8, .irq = 4}
#define POWER_OFF {.space = DEVICE_PIO, .base = 0x501, .size = 2}
#define FLASH {.space = DEVICE_MMIO, .base = FLASH_BASE, .size = 4 * MIB}

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

static void describe(struct fdt *fdt, const struct plan *plan, const struct plan_input *input)
{
    (void)plan;
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

static void explain_entry(const struct plan_entry *entry, char *text, size_t size)
{
    if (entry->mode == PLAN_ENTRY_LINUX64)
        snprintf(text, size, "rip 0x%" PRIx64 ", rsi 0x%" PRIx64 ", cr3 0x%" PRIx64 ", gdtr 0x%" PRIx64 "; 64-bit mode",
                 entry->pc, entry->arg, entry->page_tables, entry->gdt);
    else
        snprintf(text, size, "eip 0x%" PRIx64 ", ebx 0x%" PRIx64 "; 32-bit protected mode, paging off", entry->pc,
                 entry->arg);
}

/* ---- in place of firmware, for QEMU ---- */

/* Adds an instruction, or a part of the descriptor table: its first bytes, and the `size` bytes of what follows. */
static uint8_t *put(uint8_t *at, const char *opcode, size_t opcode_size, uint32_t operand, unsigned size)
{
    memcpy(at, opcode, opcode_size);
    at += opcode_size;
    for (; size > 0; size--, operand >>= 8)
        *at++ = (uint8_t)operand;
    return at;
}
#define OP(bytes) (bytes), sizeof(bytes) - 1

/*
 * From real mode to what PVH promises. The segments are as at reset, and no instruction here needs more of them than
 * their base. `more` are instructions for the machine, run in 32-bit mode.
 */
static unsigned enter_from_reset(const struct plan_entry *to, gpa_t at, const char *more, size_t more_size,
                                 uint32_t code[MACHINE_STUB_WORDS])
{
    enum { START32 = 26, GDT = 104, END = GDT + 24 };
    uint8_t *p = memset(code, 0, END);

    p = put(p, OP("\x66\x67\x0f\x01\x15"), (uint32_t)at + GDT, 4);     /* lgdt GDT */
    p = put(p, OP("\x66\xb8"), 0x11, 4);                               /* mov $(CR0_PE | CR0_ET), %eax */
    p = put(p, OP("\x0f\x22\xc0\x66\xea"), (uint32_t)at + START32, 4); /* mov %eax, %cr0; ljmp $8, START32 */
    p = put(p, OP(""), 8, 2);
    p = put(p, OP("\xb8"), 16, 4);                    /* START32: mov $16, %eax */
    p = put(p, OP("\x8e\xd8\x8e\xc0\x8e\xd0"), 0, 0); /* mov %eax, %ds, %es, %ss */
    p = put(p, more, more_size, 0, 0);
    p = put(p, OP("\xbb"), (uint32_t)to->arg, 4);                        /* mov $, %ebx */
    p = put(p, OP("\xb8"), (uint32_t)to->pc, 4);                         /* mov $, %eax */
    put(p, OP("\xff\xe0"), 0, 0);                                        /* jmp *%eax */
    p = put((uint8_t *)code + GDT, OP("\x17\0"), (uint32_t)at + GDT, 4); /* lgdt's operand, in the null descriptor */
    p = put(p, OP("\0\0\xff\xff\0\0"), 0x00cf9b00, 4);                   /* 8: 32-bit code, 4 GiB from 0 on */
    put(p, OP("\xff\xff\0\0"), 0x00cf9300, 4);                           /* 16: data, the same */
    return END / 4;
}

/* The firmware would find out what it is to do by a device of QEMU's, and copy the kernel: 2 ms. */
static unsigned stub(const struct plan_entry *to, gpa_t at, uint32_t code[MACHINE_STUB_WORDS])
{
    return enter_from_reset(to, at, OP(""), code);
}

/* ---- q35, which has a flash in QEMU ---- */

/* args.c tells QEMU to have so much below 4 GiB: its own limit for large guests, and the same for all others. */
#define Q35_RAM_LOW_MAX (2 * GIB)

static unsigned q35_memory_map(uint64_t size, struct mem_range range[MEM_RANGES])
{
    range[0] = (struct mem_range){.base = 0, .size = size < Q35_RAM_LOW_MAX ? size : Q35_RAM_LOW_MAX};
    if (size <= Q35_RAM_LOW_MAX)
        return 1;
    range[1] = (struct mem_range){.base = RAM_HIGH_BASE, .size = size - Q35_RAM_LOW_MAX};
    return 2;
}

/* QEMU's flash is one chip of 8 bits there. */
static void q35_describe(struct fdt *fdt, const struct plan *plan, const struct plan_input *input)
{
    describe(fdt, plan, input);
    fdtw_begin_at(fdt, "flash", FLASH_BASE);
    fdtw_string(fdt, "compatible", "cfi-flash");
    fdtw_reg(fdt, FLASH_BASE, (input->pflash_size + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1));
    fdtw_u32(fdt, "bank-width", 1);
    fdtw_end(fdt);
}

/* A register of the host bridge, by PCI's ports. */
static uint8_t *put_config_write(uint8_t *at, uint32_t offset, uint32_t value)
{
    at = put(at, OP("\xb8"), 0x80000000 + offset, 4); /* mov $, %eax */
    at = put(at, OP("\x66\xba"), 0xcf8, 2);           /* mov $, %dx */
    at = put(at, OP("\xef\xb8"), value, 4);           /* out %eax, %dx; mov $, %eax */
    return put(at, OP("\xb2\xfc\xef"), 0, 0);         /* mov $0xfc, %dl; out %eax, %dx */
}

/*
 * The flash has the guest's image where firmware would be. The chipset keeps the memory from 640 KiB to 1 MiB for
 * firmware; it is opened, as the tree calls it memory (Intel 82Q35 data sheet, 5.1: PAM0 to PAM6 at 0x90, SMRAM at 0x9d
 * with D_OPN and G_SMRAME).
 */
static unsigned q35_stub(const struct plan_entry *to, gpa_t at, uint32_t code[MACHINE_STUB_WORDS])
{
    uint8_t open_memory[64];
    uint8_t *p = put_config_write(open_memory, 0x90, 0x33333330);

    p = put_config_write(p, 0x94, 0x00333333);
    p = put_config_write(p, 0x9c, 0x00384a00);
    return enter_from_reset(to, at, (const char *)open_memory, (size_t)(p - open_memory), code);
}

const struct machine machine_x86_64_q35 = {
    .isa = "x86_64",
    .debian_name = "amd64",
    .variant = "q35",
    .elf_machine = EM_X86_64,
    .platform = PLATFORM,
    .compatible = COMPATIBLE,
    .memory_min = MEMORY_MIN,
    .memory_max = MEMORY_MAX,
    .cpus_max = CPUS_MAX,
    .memory_map = q35_memory_map,
    .serial = SERIAL,
    .power_off = POWER_OFF,
    .serial_type = &device_serial16550,
    .power_off_type = &device_debug_exit,
    .pflash = FLASH,
    .pflash_in_describe = true,
    .describe = q35_describe,
    .irq_cells = irq_cells,
    .entry = entry,
    .explain_entry = explain_entry,
    .stub = q35_stub,
};

const struct machine machine_x86_64 = {
    .isa = "x86_64",
    .debian_name = "amd64",
    .elf_machine = EM_X86_64,
    .platform = PLATFORM,
    .compatible = COMPATIBLE,
    .memory_min = MEMORY_MIN,
    .memory_max = MEMORY_MAX,
    .cpus_max = CPUS_MAX,
    .memory_map = memory_map,
    .window_limit = 512 * GIB,
    .serial = SERIAL,
    .power_off = POWER_OFF,
    .serial_type = &device_serial16550,
    .power_off_type = &device_debug_exit,
    .pflash = FLASH,
    .qemu_flash = &machine_x86_64_q35,
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
    .initrd_from = MIB, /* below, Linux isn't told of all memory, and has its tables */
    .initrd_limit = RAM_LOW_MAX,
    .entry = entry,
    .explain_entry = explain_entry,
    .stub = stub,
    .stub_in_rom = true,
};
