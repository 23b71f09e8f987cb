/* SPDX-License-Identifier: Apache-2.0 */
/* acpi_loongarch64.c - see acpi_loongarch64.h. MADT, SRAT, MCFG, and the DSDT's devices. */
#include "boot/acpi_loongarch64.h"

#include "boot/acpi.h"
#include "boot/map_loongarch64.h"

/* Interrupts of the PIC are global system interrupts from here on: those below are of controllers that aren't there. */
#define GSI_BASE 64

/* MADT, ACPI 6.5, 5.2.12.20 and on, and the version that each structure has. */
enum { MADT_CORE_PIC = 17, MADT_EIO_PIC = 20, MADT_MSI_PIC = 21, MADT_BIO_PIC = 22, MADT_VERSION = 1 };
enum { ENABLED = 1 }; /* a CPU's or a range of memory's flag, in MADT and SRAT */
#define NODES_ALL 0xffff
#define PIC_WINDOW 0x1000

/* SRAT, 5.2.16. */
enum { SRAT_CPU = 0, SRAT_MEMORY = 1 };

static void fill_madt(struct acpi_table *madt, unsigned cpus)
{
    acpi_put(madt, 0, 4); /* no local APIC */
    acpi_put(madt, 0, 4); /* flags */
    for (unsigned i = 0; i < cpus; i++) {
        acpi_put(madt, MADT_CORE_PIC, 1);
        acpi_put(madt, 15, 1);
        acpi_put(madt, MADT_VERSION, 1);
        acpi_put(madt, i, 4); /* the processor's UID, then its CSR.CPUID */
        acpi_put(madt, i, 4);
        acpi_put(madt, ENABLED, 4);
    }
    acpi_put(madt, MADT_EIO_PIC, 1);
    acpi_put(madt, 13, 1);
    acpi_put(madt, MADT_VERSION, 1);
    acpi_put(madt, EIOINTC_CPU_INPUT, 1);
    acpi_put(madt, 0, 1); /* node */
    acpi_put(madt, NODES_ALL, 8);

    acpi_put(madt, MADT_MSI_PIC, 1);
    acpi_put(madt, 19, 1);
    acpi_put(madt, MADT_VERSION, 1);
    acpi_put(madt, MSI_BASE, 8);
    acpi_put(madt, MSI_FIRST, 4);
    acpi_put(madt, MSI_COUNT, 4);

    acpi_put(madt, MADT_BIO_PIC, 1);
    acpi_put(madt, 17, 1);
    acpi_put(madt, MADT_VERSION, 1);
    acpi_put(madt, PIC_BASE, 8);
    acpi_put(madt, PIC_WINDOW, 2);
    acpi_put(madt, 0, 2); /* ID */
    acpi_put(madt, GSI_BASE, 2);
}

/* One node. A kernel that knows of nodes has no memory but what this table says. */
static void fill_srat(struct acpi_table *srat, const struct plan *plan, unsigned cpus)
{
    acpi_put(srat, 1, 4);
    acpi_put(srat, 0, 8);
    for (unsigned i = 0; i < cpus; i++) {
        acpi_put(srat, SRAT_CPU, 1);
        acpi_put(srat, 16, 1);
        acpi_put(srat, 0, 1); /* node */
        acpi_put(srat, i, 1);
        acpi_put(srat, ENABLED, 4);
        acpi_put(srat, 0, 8);
    }
    for (unsigned i = 0; i < plan->memory_count; i++) {
        acpi_put(srat, SRAT_MEMORY, 1);
        acpi_put(srat, 40, 1);
        acpi_put(srat, 0, 6); /* node */
        acpi_put(srat, plan->memory[i].base, 8);
        acpi_put(srat, plan->memory[i].size, 8);
        acpi_put(srat, 0, 4);
        acpi_put(srat, ENABLED, 4);
        acpi_put(srat, 0, 8);
    }
}

/* PCI Firmware Specification 3.0, 4.1.2. */
static void fill_mcfg(struct acpi_table *mcfg)
{
    acpi_put(mcfg, 0, 8);
    acpi_put(mcfg, ECAM_BASE, 8);
    acpi_put(mcfg, 0, 2); /* segment group, first and last bus */
    acpi_put(mcfg, 0, 1);
    acpi_put(mcfg, ECAM_BUSES - 1, 1);
    acpi_put(mcfg, 0, 4);
}

/* ---- the DSDT's devices ---- */

static void add_serial(struct aml *aml, const struct device_window *window)
{
    const struct aml_resource resource[] = {
        {.kind = AML_MEMORY, .base = (uint32_t)window->base, .size = (uint32_t)window->size},
        {.kind = AML_INTERRUPT_LEVEL, .base = GSI_BASE + window->irq},
    };
    size_t begin = aml_begin_device(aml, "COM1");

    aml_name_eisa(aml, "_HID", "PNP0501");
    aml_name_integer(aml, "_UID", 0);
    aml_name_resources(aml, resource, 2);
    aml_end(aml, begin);
}

static void add_clock(struct aml *aml)
{
    static const struct aml_resource resource[] = {
        {.kind = AML_MEMORY, .base = RTC_BASE, .size = RTC_SIZE},
        {.kind = AML_INTERRUPT_LEVEL, .base = GSI_BASE + RTC_IRQ},
    };
    size_t begin = aml_begin_device(aml, "RTC0");

    aml_name_string(aml, "_HID", "LOON0001");
    aml_name_integer(aml, "_UID", 0);
    aml_name_resources(aml, resource, 2);
    aml_end(aml, begin);
}

/* Each device's first pin is swizzled by its number (6.2.13: a device's address, a pin, no link, an interrupt). */
static void add_routes(struct aml *aml, unsigned devices)
{
    size_t routes = aml_begin_name_package(aml, "_PRT", (uint8_t)(devices * PCI_PINS));

    for (uint32_t i = 0; i < devices * PCI_PINS; i++) {
        uint32_t device = i / PCI_PINS, pin = i % PCI_PINS;
        size_t route = aml_begin_package(aml, 4);

        aml_integer(aml, device << 16 | 0xffff);
        aml_integer(aml, pin);
        aml_integer(aml, 0);
        aml_integer(aml, GSI_BASE + PCI_IRQ + (device + pin) % PCI_PINS);
        aml_end(aml, route);
    }
    aml_end(aml, routes);
}

static void add_pci(struct aml *aml, const struct machine *machine)
{
    static const struct aml_resource windows[] = {
        {.kind = AML_BUSES, .base = 0, .size = ECAM_BUSES},
        {.kind = AML_PORT_WINDOW, .base = PCI_IO_OFFSET, .size = PCI_IO_SIZE, .offset = PCI_IO_BASE - PCI_IO_OFFSET},
        {.kind = AML_MEMORY_WINDOW, .base = PCI_MEM_BASE, .size = PCI_MEM_SIZE},
    };
    size_t begin = aml_begin_device(aml, "PCI0");

    aml_name_eisa(aml, "_HID", "PNP0A08");
    aml_name_eisa(aml, "_CID", "PNP0A03");
    aml_name_integer(aml, "_SEG", 0);
    aml_name_integer(aml, "_BBN", 0);
    aml_name_integer(aml, "_UID", 0);
    aml_name_integer(aml, "_CCA", 1);
    aml_name_resources(aml, windows, 3);
    add_routes(aml, (unsigned)machine->virtio.base + machine->virtio_slots);
    aml_end(aml, begin);
}

/* What MCFG tells of has to be a device's too (PCI Firmware Specification 3.0, 4.1.2). */
static void add_ecam(struct aml *aml)
{
    static const struct aml_resource ecam = {.kind = AML_MEMORY, .base = ECAM_BASE, .size = ECAM_SIZE};
    size_t begin = aml_begin_device(aml, "RES0");

    aml_name_eisa(aml, "_HID", "PNP0C02");
    aml_name_integer(aml, "_UID", 0);
    aml_name_resources(aml, &ecam, 1);
    aml_end(aml, begin);
}

static void add_devices(struct aml *aml, const struct plan *plan)
{
    add_serial(aml, &plan->machine->serial);
    add_clock(aml);
    add_pci(aml, plan->machine);
    add_ecam(aml);
}

int acpi_loongarch64_create(const struct plan *plan, unsigned cpus, gpa_t base, uint64_t room, void **tables,
                            size_t *size)
{
    struct acpi_table table[] = {
        {.signature = "APIC", .revision = 6},
        {.signature = "SRAT", .revision = 3},
        {.signature = "MCFG", .revision = 1},
    };
    const struct acpi_input input = {
        .plan = plan,
        .power = GED_BASE,
        .table = table,
        .table_count = sizeof(table) / sizeof(table[0]),
        .add_devices = add_devices,
        .base = base,
        .room = room,
    };

    fill_madt(&table[0], cpus);
    fill_srat(&table[1], plan, cpus);
    fill_mcfg(&table[2]);
    return acpi_create(&input, tables, size);
}
