/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_loongarch64.c - the address map of QEMU's `virt` for LoongArch, and our own entry.
 *
 * Entry: direct address mode, interrupts off, a0 = physical address of the device tree; the pc is the ELF entry's
 * physical address. CPUs other than 0 enter there too, and wait for their IPI mailbox.
 *
 * Linux's (Documentation/arch/loongarch/booting.rst): a0 = 1, a1 = command line, a2 = EFI system table, all physical;
 * CPUs other than 0 wait in firmware, which here are the stub's instructions. It gets ACPI tables besides the tree.
 */
#include "boot/machine.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/acpi_loongarch64.h"
#include "boot/efi.h"
#include "boot/fdt.h"
#include "boot/map_loongarch64.h"
#include "boot/plan.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* Below our kernel's link address, 4 MiB, and above the 2 MiB where newer QEMUs put tables of their own. */
#define FDT_GPA 0x300000
#define FDT_MAX MIB

enum { PHANDLE_CPUINTC = FDT_PHANDLE_INTC + 1, PHANDLE_EIOINTC, PHANDLE_MSI, PHANDLE_GED };
enum { IRQ_LEVEL_HIGH = 4 };

static unsigned memory_map(uint64_t size, struct mem_range range[MEM_RANGES])
{
    range[0] = (struct mem_range){.base = 0, .size = size < RAM_LOW_MAX ? size : RAM_LOW_MAX};
    if (size <= RAM_LOW_MAX)
        return 1;
    range[1] = (struct mem_range){.base = RAM_HIGH_BASE, .size = size - RAM_LOW_MAX};
    return 2;
}

static void describe_cpus(struct fdt *fdt, unsigned cpus)
{
    fdtw_begin(fdt, "cpus");
    fdtw_u32(fdt, "#address-cells", 1);
    fdtw_u32(fdt, "#size-cells", 0);
    for (uint32_t id = 0; id < cpus; id++) { /* CSR.CPUID */
        fdtw_begin_at(fdt, "cpu", id);
        fdtw_string(fdt, "device_type", "cpu");
        fdtw_string(fdt, "compatible", "loongson,la464");
        fdtw_u32(fdt, "reg", id);
        fdtw_end(fdt);
    }
    fdtw_end(fdt);
}

static void begin_controller(struct fdt *fdt, const char *name, const char *compatible, uint32_t phandle,
                             uint32_t cells)
{
    fdtw_begin(fdt, name);
    fdtw_string(fdt, "compatible", compatible);
    fdtw_u32(fdt, "phandle", phandle);
    fdtw_empty(fdt, "interrupt-controller");
    fdtw_u32(fdt, "#interrupt-cells", cells);
}

/* CPU <- extended I/O interrupts <- the bridge's two controllers: lines and messages. */
static void describe_interrupts(struct fdt *fdt)
{
    begin_controller(fdt, "cpuic", "loongson,cpu-interrupt-controller", PHANDLE_CPUINTC, 1);
    fdtw_end(fdt);

    begin_controller(fdt, "eiointc@1400", "loongson,ls2k2000-eiointc", PHANDLE_EIOINTC, 1);
    fdtw_reg(fdt, EIOINTC_IOCSR, EIOINTC_SIZE);
    fdtw_u32(fdt, "interrupt-parent", PHANDLE_CPUINTC);
    fdtw_u32(fdt, "interrupts", EIOINTC_CPU_INPUT);
    fdtw_end(fdt);

    begin_controller(fdt, "platic@10000000", "loongson,pch-pic-1.0", FDT_PHANDLE_INTC, 2);
    fdtw_reg(fdt, PIC_BASE, PIC_SIZE);
    fdtw_u32(fdt, "interrupt-parent", PHANDLE_EIOINTC);
    fdtw_u32(fdt, "loongson,pic-base-vec", 0);
    fdtw_end(fdt);

    fdtw_begin_at(fdt, "msi", MSI_BASE);
    fdtw_string(fdt, "compatible", "loongson,pch-msi-1.0");
    fdtw_u32(fdt, "phandle", PHANDLE_MSI);
    fdtw_reg(fdt, MSI_BASE, 8);
    fdtw_empty(fdt, "interrupt-controller");
    fdtw_empty(fdt, "msi-controller");
    fdtw_u32(fdt, "interrupt-parent", PHANDLE_EIOINTC);
    fdtw_u32(fdt, "loongson,msi-base-vec", MSI_FIRST);
    fdtw_u32(fdt, "loongson,msi-num-vecs", MSI_COUNT);
    fdtw_end(fdt);
}

/* Each device's first pin is swizzled by its number, so four of them say it all. */
static void write_interrupt_map(struct fdt *fdt)
{
    uint32_t map[PCI_PINS * PCI_PINS][7];

    for (uint32_t i = 0; i < PCI_PINS * PCI_PINS; i++) {
        uint32_t device = i / PCI_PINS, pin = i % PCI_PINS;
        const uint32_t row[7] = {device << 11,  0, 0, pin + 1, FDT_PHANDLE_INTC, PCI_IRQ + (device + pin) % PCI_PINS,
                                 IRQ_LEVEL_HIGH};
        for (unsigned n = 0; n < 7; n++)
            map[i][n] = row[n];
    }
    fdtw_cells(fdt, "interrupt-map", map[0], PCI_PINS * PCI_PINS * 7);
    fdtw_cells(fdt, "interrupt-map-mask", (const uint32_t[]){(PCI_PINS - 1) << 11, 0, 0, 7}, 4);
}

/* Bindings: "pci-host-ecam-generic" and IEEE 1275's for PCI. */
static void describe_pci(struct fdt *fdt)
{
    static const uint32_t ranges[] = {
        0x01000000, 0, PCI_IO_OFFSET, 0, PCI_IO_BASE,  0, PCI_IO_SIZE, /* I/O */
        0x02000000, 0, PCI_MEM_BASE,  0, PCI_MEM_BASE, 0, PCI_MEM_SIZE /* memory below 4 GiB */
    };

    fdtw_begin_at(fdt, "pcie", ECAM_BASE);
    fdtw_string(fdt, "compatible", "pci-host-ecam-generic");
    fdtw_string(fdt, "device_type", "pci");
    fdtw_u32(fdt, "#address-cells", 3);
    fdtw_u32(fdt, "#size-cells", 2);
    fdtw_u32(fdt, "#interrupt-cells", 1);
    fdtw_u32(fdt, "linux,pci-domain", 0);
    fdtw_cells(fdt, "bus-range", (const uint32_t[]){0, ECAM_BUSES - 1}, 2);
    fdtw_empty(fdt, "dma-coherent");
    fdtw_reg(fdt, ECAM_BASE, ECAM_SIZE);
    fdtw_cells(fdt, "ranges", ranges, sizeof(ranges) / sizeof(ranges[0]));
    fdtw_cells(fdt, "msi-map", (const uint32_t[]){0, PHANDLE_MSI, 0, 0x10000}, 4);
    write_interrupt_map(fdt);
    fdtw_end(fdt);
}

static void describe_syscon(struct fdt *fdt, const char *name, const char *compatible, uint32_t offset, uint32_t value)
{
    fdtw_begin(fdt, name);
    fdtw_string(fdt, "compatible", compatible);
    fdtw_u32(fdt, "regmap", PHANDLE_GED);
    fdtw_u32(fdt, "offset", offset);
    fdtw_u32(fdt, "value", value);
    fdtw_end(fdt);
}

/* ACPI 6.4, 4.8.3.7: sleep type 5 and the enable bit; QEMU's value for a reset. */
static void describe_power(struct fdt *fdt)
{
    fdtw_begin_at(fdt, "ged", GED_BASE);
    fdtw_string(fdt, "compatible", "syscon");
    fdtw_u32(fdt, "phandle", PHANDLE_GED);
    fdtw_reg(fdt, GED_BASE, 3);
    fdtw_u32(fdt, "reg-shift", 0);
    fdtw_u32(fdt, "reg-io-width", 1);
    fdtw_end(fdt);
    describe_syscon(fdt, "poweroff", "syscon-poweroff", 0, 0x34);
    describe_syscon(fdt, "reboot", "syscon-reboot", 2, 0x42);
}

/* Where I/O ports below PCI's are: Linux's drivers of a PC's devices look there, whether there is something or not. */
static void describe_isa(struct fdt *fdt)
{
    fdtw_begin_at(fdt, "isa", ISA_IO_BASE);
    fdtw_string(fdt, "compatible", "isa");
    fdtw_u32(fdt, "#address-cells", 2);
    fdtw_u32(fdt, "#size-cells", 1);
    fdtw_cells(fdt, "ranges", (const uint32_t[]){1, 0, 0, ISA_IO_BASE, ISA_IO_SIZE}, 5);
    fdtw_end(fdt);
}

static void describe(struct fdt *fdt, const struct plan *plan, const struct plan_input *input)
{
    if (plan->linux_guest)
        describe_isa(fdt);
    describe_cpus(fdt, input->cpus);
    describe_interrupts(fdt);
    describe_pci(fdt);
    describe_power(fdt);
    if (input->pflash) {
        fdtw_begin_at(fdt, "rom", ROM_BASE);
        fdtw_string(fdt, "compatible", "mtd-rom");
        fdtw_reg(fdt, ROM_BASE, (input->pflash_size + 0xfff) & ~0xfffull);
        fdtw_u32(fdt, "bank-width", 4);
        fdtw_end(fdt);
    }
    fdtw_begin_at(fdt, "rtc", RTC_BASE);
    fdtw_string(fdt, "compatible", "loongson,ls7a-rtc");
    fdtw_reg(fdt, RTC_BASE, RTC_SIZE);
    fdtw_u32(fdt, "interrupt-parent", FDT_PHANDLE_INTC);
    fdtw_cells(fdt, "interrupts", (const uint32_t[]){RTC_IRQ, IRQ_LEVEL_HIGH}, 2);
    fdtw_end(fdt);
}

/* Binding loongson,pch-pic-1.0: the input, then its sense. */
static unsigned irq_cells(uint32_t irq, unsigned irqchip_version, uint32_t cells[3])
{
    (void)irqchip_version;
    cells[0] = irq;
    cells[1] = IRQ_LEVEL_HIGH;
    return 2;
}

/* To its offset from the start of memory. Where its entry is it says itself. */
static int place_linux(const struct plan *plan, struct plan_image *image, char *why, size_t why_size)
{
    uint64_t offset = plan->kernel.flat.load_offset;

    if (offset % 4096 != 0) {
        snprintf(why, why_size, "has a bad header of a loongarch Image: load offset 0x%" PRIx64, offset);
        return -ENOEXEC;
    }
    image->gpa = offset;
    return 0;
}

/* The word itself, if the command line has it. */
static char *find_word(char *cmdline, const char *word)
{
    size_t length = strlen(word);

    for (char *at = cmdline; (at = strstr(at, word)) != NULL; at += length)
        if ((at == cmdline || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return at;
    return NULL;
}

/* A plain earlycon looks into the tree, which isn't there for a kernel with ACPI, and that ends Debian's without a word
 * (a kernel with ACPI_SPCR_TABLE would look for a table). So it is told the port. */
static int name_earlycon(struct plan *plan)
{
    static const char earlycon[] = "earlycon";
    char *at = find_word(plan->cmdline, earlycon), *named;
    int before;

    if (at == NULL)
        return 0;
    at += strlen(earlycon);
    before = (int)(at - plan->cmdline);
    if (asprintf(&named, "%.*s=uart8250,mmio,0x%" PRIx64 "%s", before, plan->cmdline, plan->machine->serial.base, at) <
        0)
        return -ENOMEM;
    free(plan->cmdline);
    plan->cmdline = named;
    return 0;
}

static int entry(struct plan *plan, const struct plan_input *input, char *why, size_t why_size)
{
    int error;

    if (!plan->linux_guest)
        return plan_enter_with_fdt(plan, FDT_GPA, FDT_MAX, why, why_size);
    error = plan_place_fdt(plan, FDT_GPA, FDT_MAX, why, why_size);
    if (error != 0)
        return error;
    plan->entry = (struct plan_entry){.pc = plan->kernel_entry, .mode = PLAN_ENTRY_LINUX};
    if (name_earlycon(plan) != 0) {
        snprintf(why, why_size, "no memory");
        return -ENOMEM;
    }
    return efi_add_tables(plan, input, acpi_loongarch64_create, &plan->entry.arg, why, why_size);
}

/* LoongArch Reference Manual vol. 1, 2.2.1: an address below 2^52 takes lu12i.w, ori and lu32i.d. */
static unsigned load_address(uint32_t *code, unsigned reg, uint64_t value)
{
    code[0] = 0x14000000u | (uint32_t)(value >> 12 & 0xfffff) << 5 | reg;     /* lu12i.w */
    code[1] = 0x03800000u | (uint32_t)(value & 0xfff) << 10 | reg << 5 | reg; /* ori */
    code[2] = 0x16000000u | (uint32_t)(value >> 32 & 0xfffff) << 5 | reg;     /* lu32i.d */
    return 3;
}

enum { REG_A0 = 4, REG_A1 = 5, REG_A2 = 6, REG_T0 = 12 };

/* The other CPUs wait for an inter-processor interrupt, with something in mailbox 0, and go there (LoongArch's IOCSRs:
 * 0x1000 IPI status, 0x1004 enable, 0x100c clear, 0x1020 mailbox 0). */
static unsigned linux_stub(const struct plan_entry *at, uint32_t *code)
{
    static const uint32_t others[] = {
        0x03800404, /* ori $a0, $zero, 1 */
        0x0400800c, /* csrrd $t0, CPUID */
        0x40004580, /* beqz $t0, behind these */
        0x1400002d, /* lu12i.w $t1, 1 */
        0x038081ae, /* ori $t2, $t1, 0x20 */
        0x06481dc0, /* iocsrwr.d $zero, $t2 */
        0x1400002c, /* lu12i.w $t0, 1: the IPI's bit */
        0x0400118c, /* csrxchg $t0, $t0, ECFG */
        0x02fffc0c, /* addi.d $t0, $zero, -1 */
        0x038011af, /* ori $t3, $t1, 4 */
        0x064819ec, /* iocsrwr.w $t0, $t3 */
        0x06488000, /* idle 0 */
        0x064809cc, /* iocsrrd.w $t0, $t2 */
        0x43fff99f, /* beqz $t0, idle */
        0x064809ac, /* iocsrrd.w $t0, $t1 */
        0x038031af, /* ori $t3, $t1, 0xc */
        0x064819ec, /* iocsrwr.w $t0, $t3 */
        0x06480dcc, /* iocsrrd.d $t0, $t2 */
        0x4c000180, /* jirl $zero, $t0, 0 */
    };
    unsigned n = sizeof(others) / sizeof(others[0]);

    memcpy(code, others, sizeof(others));
    n += load_address(code + n, REG_A1, at->arg + EFI_CMDLINE_OFFSET);
    n += load_address(code + n, REG_A2, at->arg);
    return n;
}

static unsigned stub(const struct plan_entry *at, gpa_t place, uint32_t code[MACHINE_STUB_WORDS])
{
    unsigned n = at->mode == PLAN_ENTRY_LINUX ? linux_stub(at, code) : load_address(code, REG_A0, at->arg);

    (void)place;
    n += load_address(code + n, REG_T0, at->pc);
    code[n++] = 0x4c000000u | REG_T0 << 5; /* jirl zero, t0, 0 */
    return n;
}

static void explain_entry(const struct plan_entry *entry, char *text, size_t size)
{
    if (entry->mode == PLAN_ENTRY_LINUX)
        snprintf(text, size, "pc 0x%" PRIx64 ", a0 1, a1 0x%" PRIx64 ", a2 0x%" PRIx64 "; direct addresses", entry->pc,
                 entry->arg + EFI_CMDLINE_OFFSET, entry->arg);
    else
        snprintf(text, size, "pc 0x%" PRIx64 ", a0 0x%" PRIx64 "; direct addresses", entry->pc, entry->arg);
}

const struct machine machine_loongarch64 = {
    .isa = "loongarch64",
    .debian_name = "loong64",
    .elf_machine = EM_LOONGARCH,
    .platform = "lvmm-virt",
    .compatible = "lvmm,virt",
    .memory_min = 16 * MIB,
    .memory_max = 32 * GIB, /* the guest kernel's table of page frames must fit in the low 256 MiB */
    .cpus_max = 4,          /* QEMU's */
    .memory_map = memory_map,
    .serial = {.space = DEVICE_MMIO, .base = 0x1fe001e0, .size = 8, .irq = 2},
    .serial_type = &device_serial16550,
    .power_off_type = NULL, /* ACPI's GED, in describe */
    .pflash = {.space = DEVICE_MMIO, .base = ROM_BASE, .size = 4 * MIB},
    .pflash_is_rom = true, /* QEMU 7.2 has no flash device there, but the firmware's ROM */
    .pflash_in_describe = true,
    .virtio = {.space = DEVICE_PCI, .base = 1, .size = 1}, /* device numbers; 0 is the host bridge */
    .virtio_stride = 1,
    .virtio_slots = 8,
    .describe = describe,
    .irq_cells = irq_cells,
    .linux_console = "ttyS0",
    .place_linux = place_linux,
    .entry = entry,
    .explain_entry = explain_entry,
    .stub = stub,
};
