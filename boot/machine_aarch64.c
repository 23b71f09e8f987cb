/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_aarch64.c - the address map of QEMU's `virt`, entered as Linux is (Documentation/arm64/booting.rst): EL1, MMU
 * and caches off, x0 = the device tree.
 */
#include "boot/machine.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "boot/fdt.h"
#include "boot/plan.h"

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)

#define RAM_BASE 0x40000000ull

#define GICD_BASE 0x08000000
#define GICD_SIZE 0x10000
#define GICR_BASE 0x080a0000
#define GICR_SIZE 0x00f60000
#define GICC_BASE 0x08010000 /* GICv2 */
#define GICC_SIZE 0x10000

/* QEMU puts a tree of its own in the first MiB; our kernel is linked at 2 MiB. */
#define FDT_GPA (RAM_BASE + MIB)
#define FDT_MAX MIB

/* Linux's Image goes to its offset from an address that is a multiple of 2 MiB: above the trees. */
#define IMAGE_ALIGN (2 * MIB)
#define IMAGE_BASE (RAM_BASE + IMAGE_ALIGN)
/* Kernel and initrd lie in so much from a multiple of 1 GiB on. */
#define IMAGE_WINDOW (32 * 1024 * MIB)

/* Cells of an interrupt (Linux, bindings/interrupt-controller/arm,gic-v3.yaml): kind, number, trigger. */
#define GIC_SPI 0
#define GIC_PPI 1
#define IRQ_EDGE_RISING 1
#define IRQ_LEVEL_HIGH 4

#define CPUS_PER_CLUSTER 16 /* of KVM's MPIDR_EL1 and QEMU's */

static unsigned memory_map(uint64_t size, struct mem_range range[MEM_RANGES])
{
    range[0] = (struct mem_range){.base = RAM_BASE, .size = size};
    return 1;
}

static void describe_cpus(struct fdt *fdt, unsigned cpus)
{
    fdtw_begin(fdt, "cpus");
    fdtw_u32(fdt, "#address-cells", 1);
    fdtw_u32(fdt, "#size-cells", 0);
    for (unsigned i = 0; i < cpus; i++) {
        uint32_t mpidr = i / CPUS_PER_CLUSTER << 8 | i % CPUS_PER_CLUSTER;
        fdtw_begin_at(fdt, "cpu", mpidr);
        fdtw_string(fdt, "device_type", "cpu");
        fdtw_string(fdt, "compatible", "arm,armv8");
        fdtw_u32(fdt, "reg", mpidr);
        fdtw_string(fdt, "enable-method", "psci");
        fdtw_end(fdt);
    }
    fdtw_end(fdt);
}

static void describe_psci(struct fdt *fdt)
{
    fdtw_begin(fdt, "psci");
    fdtw_string_list(fdt, "compatible", "arm,psci-1.0\0arm,psci-0.2\0");
    fdtw_string(fdt, "method", "hvc");
    fdtw_end(fdt);
}

/* The secure, physical, virtual and hypervisor timers' interrupts. */
static void describe_timer(struct fdt *fdt)
{
    static const uint32_t interrupts[] = {GIC_PPI, 13, IRQ_LEVEL_HIGH, GIC_PPI, 14, IRQ_LEVEL_HIGH,
                                          GIC_PPI, 11, IRQ_LEVEL_HIGH, GIC_PPI, 10, IRQ_LEVEL_HIGH};

    fdtw_begin(fdt, "timer");
    fdtw_string(fdt, "compatible", "arm,armv8-timer");
    fdtw_u32(fdt, "interrupt-parent", FDT_PHANDLE_INTC);
    fdtw_cells(fdt, "interrupts", interrupts, 12);
    fdtw_empty(fdt, "always-on");
    fdtw_end(fdt);
}

static void describe_gic(struct fdt *fdt, unsigned version)
{
    const uint32_t second_base = version == 2 ? GICC_BASE : GICR_BASE;
    const uint32_t second_size = version == 2 ? GICC_SIZE : GICR_SIZE;

    fdtw_begin_at(fdt, "intc", GICD_BASE);
    fdtw_string(fdt, "compatible", version == 2 ? "arm,cortex-a15-gic" : "arm,gic-v3");
    fdtw_cells(fdt, "reg", (const uint32_t[]){0, GICD_BASE, 0, GICD_SIZE, 0, second_base, 0, second_size}, 8);
    fdtw_empty(fdt, "interrupt-controller");
    fdtw_u32(fdt, "#interrupt-cells", 3);
    fdtw_u32(fdt, "phandle", FDT_PHANDLE_INTC);
    fdtw_end(fdt);
}

static void describe_clock(struct fdt *fdt)
{
    fdtw_begin(fdt, "apb-pclk");
    fdtw_string(fdt, "compatible", "fixed-clock");
    fdtw_u32(fdt, "#clock-cells", 0);
    fdtw_u32(fdt, "clock-frequency", 24000000);
    fdtw_u32(fdt, "phandle", DEVICE_PHANDLE_CLOCK);
    fdtw_end(fdt);
}

static void describe(struct fdt *fdt, const struct plan *plan, const struct plan_input *input)
{
    (void)plan;
    describe_cpus(fdt, input->cpus);
    describe_psci(fdt);
    describe_timer(fdt);
    describe_gic(fdt, input->irqchip_version);
    describe_clock(fdt);
}

/* All our devices' lines are edges. */
static unsigned irq_cells(uint32_t irq, unsigned irqchip_version, uint32_t cells[3])
{
    (void)irqchip_version;
    cells[0] = GIC_SPI;
    cells[1] = irq;
    cells[2] = IRQ_EDGE_RISING;
    return 3;
}

/* Linux, Documentation/arm64/booting.rst. Old kernels can't use the memory below them, and those that move themselves
 * don't mind: as low as there is room. */
static int place_linux(const struct plan *plan, struct plan_image *image, char *why, size_t why_size)
{
    uint64_t offset = plan->kernel.flat.load_offset;

    if (offset % 4096 != 0) {
        snprintf(why, why_size, "has a bad header of an arm64 Image: text_offset 0x%" PRIx64, offset);
        return -ENOEXEC;
    }
    image->gpa = IMAGE_BASE + offset;
    return 0;
}

static int entry(struct plan *plan, const struct plan_input *input, char *why, size_t why_size)
{
    (void)input;
    return plan_enter_with_fdt(plan, FDT_GPA, FDT_MAX, why, why_size);
}

/* ldr x0, argument; ldr x17, pc; br x17; nop; argument: .quad; pc: .quad */
static unsigned stub(const struct plan_entry *entry, gpa_t at, uint32_t code[MACHINE_STUB_WORDS])
{
    (void)at;
    const uint32_t words[] = {0x58000080,           0x580000b1,
                              0xd61f0220,           0xd503201f,
                              (uint32_t)entry->arg, (uint32_t)(entry->arg >> 32),
                              (uint32_t)entry->pc,  (uint32_t)(entry->pc >> 32)};
    unsigned count = sizeof(words) / sizeof(words[0]);

    for (unsigned i = 0; i < count; i++)
        code[i] = words[i];
    return count;
}

static void explain_entry(const struct plan_entry *entry, char *text, size_t size)
{
    snprintf(text, size, "pc 0x%" PRIx64 ", x0 0x%" PRIx64 "; EL1, MMU off", entry->pc, entry->arg);
}

const struct machine machine_aarch64 = {
    .isa = "aarch64",
    .debian_name = "arm64",
    .elf_machine = EM_AARCH64,
    .platform = "lvmm-virt",
    .compatible = "lvmm,virt",
    .memory_min = 16 * MIB,
    .memory_max = 255 * GIB, /* QEMU's */
    .cpus_max = 64,
    .memory_map = memory_map,
    .window_limit = 512 * GIB, /* KVM's guests have 40 bits of address, unless they are told otherwise */
    .serial = {.space = DEVICE_MMIO, .base = 0x09000000, .size = 0x1000, .irq = 1},
    .serial_type = &device_pl011,
    .pflash = {.space = DEVICE_MMIO, .base = 0x04000000, .size = 64 * MIB},
    .virtio = {.space = DEVICE_MMIO, .base = 0x0a000000, .size = 0x200, .irq = 16},
    .virtio_stride = 0x200,
    .virtio_slots = 32,
    .describe = describe,
    .irq_cells = irq_cells,
    .linux_console = "ttyAMA0",
    .place_linux = place_linux,
    .initrd_limit = RAM_BASE + IMAGE_WINDOW,
    .entry = entry,
    .explain_entry = explain_entry,
    .stub = stub,
};
