/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_riscv64.c - the address map of QEMU's riscv64 `virt`. The kernel runs in S-mode on top of an SBI: KVM's own,
 * or OpenSBI in QEMU's machine, which has a device tree of its own.
 *
 * Entry: a0 = hart, a1 = device tree, satp 0 (Linux, Documentation/arch/riscv/boot.rst).
 */
#include "boot/machine.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot/fdt.h"
#include "boot/plan.h"

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)

/* The first 2 MiB of memory are the firmware's. QEMU puts a device tree of its own into the last 2 MiB of memory, or of
 * those below 3 GiB: the guest gets memory up to there, and from there on. */
#define RAM_BASE 0x80200000u
#define RAM_HOLE 0xbfe00000u
#define RAM_HIGH_BASE 0xc0000000u

/* Behind our kernel's constants (guest-kernel/arch/riscv64/layout.h), where it is neither writable nor executable. */
#define FDT_GPA 0x80500000u
#define FDT_MAX MIB

#define CLINT_BASE 0x02000000u
#define CLINT_SIZE 0x10000u
#define PLIC_BASE 0x0c000000u
#define PLIC_SIZE 0x600000u
#define PLIC_SOURCES 96u
/* The interrupt controller that KVM has, where it has one: an APLIC that sends messages to each hart's IMSIC. */
#define IRQCHIP_AIA 1u
#define APLIC_BASE 0x0d000000u
#define APLIC_SIZE 0x4000u
#define IMSIC_BASE 0x28000000u
#define IMSIC_SIZE 0x1000u
#define AIA_IRQS 63u /* the fewest that an IMSIC may have */
#define FINISHER_BASE 0x00100000u
#define FINISHER_SIZE 0x1000u
#define FINISHER_PASS 0x5555u
#define FINISHER_RESET 0x7777u
#define SERIAL_HZ 3686400u

/* Where QEMU has OpenSBI (-bios default); its device tree is behind it. */
#define FIRMWARE_BASE 0x80000000u
#define FIRMWARE_FDT 0x80100000u
/* OpenSBI wants a console, since 1.3 or so. As a UART of SiFive's, memory is always ready for the next character. */
#define FIRMWARE_CONSOLE 0x80180000u

/* Linux's Image goes to its offset from the start of memory, the firmware's included, and to a multiple of this. */
#define IMAGE_ALIGN 0x200000u

#define TIMEBASE_HZ 10000000u /* QEMU's */

/* What our kernel is told, which finds out the rest by itself; and Linux of QEMU's CPUs: the extensions that those of
 * QEMU 7.2 have, as vmm/tcg/args.c asks for them, and that need no help of OpenSBI. */
#define ISA_OURS "rv64imafdc_zicsr_zifencei"
#define ISA_QEMU "rv64imafdcv_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs_sstc"

#define HARTS_MAX 32u

#define IRQ_EDGE_RISING 1u

/* Local interrupts of a hart (Privileged Architecture, table 18). */
enum { IRQ_M_SOFT = 3, IRQ_M_TIMER = 7, IRQ_S_EXTERNAL = 9, IRQ_M_EXTERNAL = 11 };

static unsigned memory_map(uint64_t size, struct mem_range range[MEM_RANGES])
{
    const uint64_t low = RAM_HOLE - RAM_BASE;

    range[0] = (struct mem_range){.base = RAM_BASE, .size = size < low ? size : low};
    if (size <= low)
        return 1;
    range[1] = (struct mem_range){.base = RAM_HIGH_BASE, .size = size - low};
    return 2;
}

#define PHANDLE_FINISHER (FDT_PHANDLE_INTC + 1 + HARTS_MAX)
#define PHANDLE_IMSICS (PHANDLE_FINISHER + 1)

static uint32_t hart_phandle(uint32_t hart)
{
    return FDT_PHANDLE_INTC + 1 + hart;
}

/* The same for Linux 6.7 and later: "rv64imac_zicsr" as a list, "i", "m" ... "zicsr" (Linux,
 * bindings/riscv/extensions.yaml). */
static void describe_extensions(struct fdt *fdt, const char *isa)
{
    char list[512];
    uint32_t size = 0;
    size_t letters = strcspn(isa, "_");

    for (size_t i = strlen("rv64"); i < letters && size + 2 <= sizeof(list); i++) {
        list[size++] = isa[i];
        list[size++] = '\0';
    }
    for (const char *name = isa + letters; *name == '_';) {
        size_t length = strcspn(++name, "_");

        if (size + length + 1 > sizeof(list))
            break;
        memcpy(list + size, name, length);
        size += (uint32_t)length;
        list[size++] = '\0';
        name += length;
    }
    fdtw_string(fdt, "riscv,isa-base", "rv64i");
    fdtw_bytes(fdt, "riscv,isa-extensions", list, size);
}

static void describe_isa(struct fdt *fdt, const struct plan *plan, bool aia)
{
    const char *isa = plan->cpu_isa != NULL ? plan->cpu_isa : ISA_QEMU;

    if (!plan->linux_guest) {
        fdtw_string(fdt, "riscv,isa", aia ? ISA_OURS "_ssaia" : ISA_OURS);
        return;
    }
    fdtw_string(fdt, "riscv,isa", isa);
    describe_extensions(fdt, isa);
}

static void describe_hart(struct fdt *fdt, const struct plan *plan, uint32_t hart, bool aia)
{
    fdtw_begin_at(fdt, "cpu", hart);
    fdtw_string(fdt, "device_type", "cpu");
    fdtw_u32(fdt, "reg", hart);
    fdtw_string(fdt, "status", "okay");
    fdtw_string(fdt, "compatible", "riscv");
    describe_isa(fdt, plan, aia);
    fdtw_string(fdt, "mmu-type", "riscv,sv39");
    fdtw_begin(fdt, "interrupt-controller");
    fdtw_string(fdt, "compatible", "riscv,cpu-intc");
    fdtw_empty(fdt, "interrupt-controller");
    fdtw_u32(fdt, "#interrupt-cells", 1);
    fdtw_u32(fdt, "phandle", hart_phandle(hart));
    fdtw_end(fdt);
    fdtw_end(fdt);
}

/* "interrupts-extended": two local interrupts of each hart. */
static void interrupts_of_harts(struct fdt *fdt, unsigned harts, uint32_t first, uint32_t second)
{
    uint32_t cells[4 * HARTS_MAX];

    for (uint32_t hart = 0; hart < harts; hart++) {
        cells[4 * hart] = cells[4 * hart + 2] = hart_phandle(hart);
        cells[4 * hart + 1] = first;
        cells[4 * hart + 3] = second;
    }
    fdtw_cells(fdt, "interrupts-extended", cells, 4 * harts);
}

/* Its contexts: M-mode's of hart 0, S-mode's, M-mode's of hart 1 ... */
static void describe_plic(struct fdt *fdt, unsigned harts)
{
    fdtw_begin_at(fdt, "interrupt-controller", PLIC_BASE);
    fdtw_string_list(fdt, "compatible", "sifive,plic-1.0.0\0riscv,plic0\0");
    fdtw_reg(fdt, PLIC_BASE, PLIC_SIZE);
    interrupts_of_harts(fdt, harts, IRQ_M_EXTERNAL, IRQ_S_EXTERNAL);
    fdtw_empty(fdt, "interrupt-controller");
    fdtw_u32(fdt, "#interrupt-cells", 1);
    fdtw_u32(fdt, "#address-cells", 0);
    fdtw_u32(fdt, "riscv,ndev", PLIC_SOURCES);
    fdtw_u32(fdt, "phandle", FDT_PHANDLE_INTC);
    fdtw_end(fdt);
}

/* One of each hart, in order. */
static void describe_imsics(struct fdt *fdt, unsigned harts)
{
    uint32_t cells[2 * HARTS_MAX];

    for (uint32_t hart = 0; hart < harts; hart++) {
        cells[2 * hart] = hart_phandle(hart);
        cells[2 * hart + 1] = IRQ_S_EXTERNAL;
    }
    fdtw_begin_at(fdt, "interrupt-controller", IMSIC_BASE);
    fdtw_string_list(fdt, "compatible", "qemu,imsics\0riscv,imsics\0");
    fdtw_reg(fdt, IMSIC_BASE, harts * IMSIC_SIZE);
    fdtw_cells(fdt, "interrupts-extended", cells, 2 * harts);
    fdtw_empty(fdt, "interrupt-controller");
    fdtw_u32(fdt, "#interrupt-cells", 0);
    fdtw_empty(fdt, "msi-controller");
    fdtw_u32(fdt, "#msi-cells", 0);
    fdtw_u32(fdt, "riscv,num-ids", AIA_IRQS);
    fdtw_u32(fdt, "phandle", PHANDLE_IMSICS);
    fdtw_end(fdt);
}

static void describe_aplic(struct fdt *fdt)
{
    fdtw_begin_at(fdt, "interrupt-controller", APLIC_BASE);
    fdtw_string_list(fdt, "compatible", "qemu,aplic\0riscv,aplic\0");
    fdtw_reg(fdt, APLIC_BASE, APLIC_SIZE);
    fdtw_empty(fdt, "interrupt-controller");
    fdtw_u32(fdt, "#interrupt-cells", 2);
    fdtw_u32(fdt, "#address-cells", 0);
    fdtw_u32(fdt, "msi-parent", PHANDLE_IMSICS);
    fdtw_u32(fdt, "riscv,num-sources", AIA_IRQS);
    fdtw_u32(fdt, "phandle", FDT_PHANDLE_INTC);
    fdtw_end(fdt);
}

static void describe(struct fdt *fdt, const struct plan *plan, const struct plan_input *input)
{
    const bool aia = input->irqchip_version == IRQCHIP_AIA;

    fdtw_begin(fdt, "cpus");
    fdtw_u32(fdt, "#address-cells", 1);
    fdtw_u32(fdt, "#size-cells", 0);
    fdtw_u32(fdt, "timebase-frequency", input->timebase_hz != 0 ? input->timebase_hz : TIMEBASE_HZ);
    for (uint32_t hart = 0; hart < input->cpus; hart++)
        describe_hart(fdt, plan, hart, aia);
    fdtw_end(fdt);
    if (aia) {
        describe_imsics(fdt, input->cpus);
        describe_aplic(fdt);
    } else {
        describe_plic(fdt, input->cpus);
    }
}

static void describe_hart_to_firmware(struct fdt *fdt, uint32_t hart)
{
    fdtw_begin_at(fdt, "cpu", hart);
    fdtw_string(fdt, "device_type", "cpu");
    fdtw_u32(fdt, "reg", hart);
    fdtw_string(fdt, "riscv,isa", "rv64imafdc");
    fdtw_begin(fdt, "interrupt-controller");
    fdtw_u32(fdt, "phandle", hart_phandle(hart));
    fdtw_end(fdt);
    fdtw_end(fdt);
}

/* The finisher does what is written to it. */
static void describe_finisher(struct fdt *fdt, const char *name, const char *compatible, uint32_t value)
{
    fdtw_begin(fdt, name);
    fdtw_string(fdt, "compatible", compatible);
    fdtw_u32(fdt, "regmap", PHANDLE_FINISHER);
    fdtw_u32(fdt, "offset", 0);
    fdtw_u32(fdt, "value", value);
    fdtw_end(fdt);
}

/* Other kernels than ours may print by SBI calls, so that OpenSBI's console has to be the machine's. */
static void describe_firmware_console(struct fdt *fdt, const struct plan *plan)
{
    const struct device_window *serial = &plan->machine->serial;

    if (plan->bare) {
        fdtw_begin_at(fdt, "serial", serial->base);
        fdtw_string(fdt, "compatible", "ns16550a");
        fdtw_reg(fdt, serial->base, serial->size);
        fdtw_u32(fdt, "clock-frequency", SERIAL_HZ);
    } else {
        fdtw_begin_at(fdt, "serial", FIRMWARE_CONSOLE);
        fdtw_string(fdt, "compatible", "sifive,uart0");
        fdtw_reg(fdt, FIRMWARE_CONSOLE, 0x1000);
    }
    fdtw_end(fdt);
}

/* What OpenSBI drives itself: M-mode's timer and inter-processor interrupts, a console, and the way to power off; our
 * kernel doesn't ask for a reset. */
static void describe_firmware(struct fdt *fdt, const struct plan *plan, const struct plan_input *input)
{
    fdtw_begin(fdt, "cpus");
    fdtw_u32(fdt, "#address-cells", 1);
    fdtw_u32(fdt, "#size-cells", 0);
    fdtw_u32(fdt, "timebase-frequency", TIMEBASE_HZ);
    for (uint32_t hart = 0; hart < input->cpus; hart++)
        describe_hart_to_firmware(fdt, hart);
    fdtw_end(fdt);
    fdtw_begin_at(fdt, "clint", CLINT_BASE);
    fdtw_string(fdt, "compatible", "riscv,clint0");
    fdtw_reg(fdt, CLINT_BASE, CLINT_SIZE);
    interrupts_of_harts(fdt, input->cpus, IRQ_M_SOFT, IRQ_M_TIMER);
    fdtw_end(fdt);
    fdtw_begin_at(fdt, "test", FINISHER_BASE);
    fdtw_string_list(fdt, "compatible", "sifive,test1\0syscon\0");
    fdtw_reg(fdt, FINISHER_BASE, FINISHER_SIZE);
    fdtw_u32(fdt, "phandle", PHANDLE_FINISHER);
    fdtw_end(fdt);
    describe_finisher(fdt, "poweroff", "syscon-poweroff", FINISHER_PASS);
    if (plan->linux_guest)
        describe_finisher(fdt, "reboot", "syscon-reboot", FINISHER_RESET);
    describe_firmware_console(fdt, plan);
}

/* A device's interrupt, which is an edge: an APLIC has a second cell that says so, a PLIC has none. */
static unsigned irq_cells(uint32_t irq, unsigned irqchip_version, uint32_t cells[3])
{
    cells[0] = irq;
    cells[1] = IRQ_EDGE_RISING;
    return irqchip_version == IRQCHIP_AIA ? 2 : 1;
}

/* Linux, Documentation/arch/riscv/boot-image-header.rst and boot.rst. A kernel for M-mode would want offset 0. */
static int place_linux(const struct plan *plan, struct plan_image *image, char *why, size_t why_size)
{
    uint64_t offset = plan->kernel.flat.load_offset;

    if (offset < RAM_BASE - FIRMWARE_BASE || offset % IMAGE_ALIGN != 0) {
        snprintf(why, why_size,
                 "is a riscv Image with text_offset 0x%" PRIx64
                 "; a kernel for S-mode has a multiple of 2 MiB there, and at least that",
                 offset);
        return -ENOEXEC;
    }
    image->gpa = FIRMWARE_BASE + offset;
    return 0;
}

static int entry(struct plan *plan, const struct plan_input *input, char *why, size_t why_size)
{
    (void)input;
    return plan_enter_with_fdt(plan, FDT_GPA, FDT_MAX, why, why_size);
}

/*
 * In M-mode: to OpenSBI (docs/firmware/fw_dynamic.md) with the hart's number, its device tree and what is to follow.
 * That is the second part, in S-mode: there a0 is the hart still, and a1 becomes the kernel's device tree.
 */
static unsigned stub(const struct plan_entry *to, gpa_t at, uint32_t code[MACHINE_STUB_WORDS])
{
    enum { INFO = 6, POINTERS = INFO + 12, NEXT = POINTERS + 8, END = NEXT + 4 };
    const uint64_t data[] = {
        /* struct fw_dynamic_info: magic "OSBI", version, the next address, mode (S), options (no banner), boot hart */
        0x4942534f, 2, at + 4 * NEXT, 1, 1, 0,
        /* the pointers that are loaded below */
        FIRMWARE_FDT, FIRMWARE_BASE, to->arg, to->pc};
    const uint32_t first[] = {
        0xf1402573, /* csrr a0, mhartid */
        0x00000617, /* auipc a2, 0 */
        0x04463583, /* ld a1, FIRMWARE_FDT */
        0x04c63283, /* ld t0, FIRMWARE_BASE */
        0x01460613, /* addi a2, a2, the info's */
        0x00028067, /* jr t0 */
    };
    const uint32_t next[] = {
        0x00000297, /* auipc t0, 0 */
        0xff02b583, /* ld a1, the tree */
        0xff82b283, /* ld t0, the kernel */
        0x00028067, /* jr t0 */
    };

    memcpy(code, first, sizeof(first));
    memcpy(code + INFO, data, sizeof(data));
    memcpy(code + NEXT, next, sizeof(next));
    return END;
}

static void explain_entry(const struct plan_entry *entry, char *text, size_t size)
{
    snprintf(text, size, "pc 0x%" PRIx64 ", a0 the hart, a1 0x%" PRIx64 "; S-mode, satp 0", entry->pc, entry->arg);
}

const struct machine machine_riscv64 = {
    .isa = "riscv64",
    .debian_name = "riscv64",
    .elf_machine = EM_RISCV,
    .platform = "lvmm-virt",
    .compatible = "lvmm,virt",
    .memory_min = 16 * MIB,
    .memory_max = 120 * GIB, /* what the guest kernel's map of memory reaches in Sv39 */
    .cpus_max = HARTS_MAX,
    .timebase_hz = TIMEBASE_HZ,
    .memory_map = memory_map,
    .window_limit = 252 * GIB, /* the same */
    .serial = {.space = DEVICE_MMIO, .base = 0x10000000, .size = 0x100, .irq = 10},
    .serial_type = &device_serial16550,
    .pflash = {.space = DEVICE_MMIO, .base = 0x22000000, .size = 32 * MIB},
    .virtio = {.space = DEVICE_MMIO, .base = 0x10001000, .size = 0x1000, .irq = 1},
    .virtio_stride = 0x1000,
    .virtio_slots = 8,
    .describe = describe,
    .describe_firmware = describe_firmware,
    .firmware_fdt = FIRMWARE_FDT,
    .irq_cells = irq_cells,
    .linux_console = "ttyS0",
    .place_linux = place_linux,
    .entry = entry,
    .explain_entry = explain_entry,
    .stub = stub,
};
