/* SPDX-License-Identifier: Apache-2.0 */
/* acpi_x86.c - see acpi_x86.h. */
#include "boot/acpi_x86.h"

#include <stdio.h>

#include "boot/acpi.h"

/* The FADT's boot flags, ACPI 6.5, 5.2.9.3. */
#define BOOT_NO_VGA (1u << 2)
#define BOOT_NO_RTC (1u << 5)

/* MADT, 5.2.12. */
enum { MADT_LAPIC = 0, MADT_IOAPIC = 1, LAPIC_ENABLED = 1 };

static void add_device(struct aml *aml, const struct plan *plan, const struct plan_device *device)
{
    const struct device_window *window = &device->window;
    const struct aml_resource resource[] = {
        {.kind = window->space == DEVICE_PIO ? AML_PORTS : AML_MEMORY,
         .base = (uint32_t)window->base,
         .size = (uint32_t)window->size},
        {.kind = AML_INTERRUPT_EDGE, .base = window->irq},
    };
    bool is_serial = device->type == plan->machine->serial_type;
    uint32_t slot = 0;
    char name[8] = "COM1";

    if (!is_serial) {
        slot = (uint32_t)((window->base - plan->machine->virtio.base) / plan->machine->virtio_stride);
        snprintf(name, sizeof(name), "VR%02u", slot % 100);
    }
    size_t begin = aml_begin_device(aml, name);
    if (is_serial)
        aml_name_eisa(aml, "_HID", "PNP0501");
    else
        aml_name_string(aml, "_HID", "LNRO0005");
    aml_name_integer(aml, "_UID", slot);
    aml_name_resources(aml, resource, window->irq != 0 ? 2 : 1);
    aml_end(aml, begin);
}

/* Those that Linux has an identification for. */
static bool has_name(const struct plan *plan, const struct plan_device *device)
{
    return device->type == plan->machine->serial_type || device->type == &device_virtio_blk ||
           device->type == &device_virtio_console || device->type == &device_virtio_fs ||
           device->type == &device_virtio_sockets;
}

static void add_devices(struct aml *aml, const struct plan *plan)
{
    for (unsigned i = 0; i < plan->device_count; i++)
        if (has_name(plan, &plan->device[i]))
            add_device(aml, plan, &plan->device[i]);
}

static gpa_t power_registers(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->device_count; i++)
        if (plan->device[i].type == &device_acpi_power)
            return plan->device[i].window.base;
    return 0;
}

static void fill_madt(struct acpi_table *madt, const struct acpi_x86_input *input)
{
    acpi_put(madt, input->lapic_base, 4);
    acpi_put(madt, 0, 4); /* flags: no 8259 */
    for (unsigned i = 0; i < input->cpus; i++) {
        acpi_put(madt, MADT_LAPIC, 1);
        acpi_put(madt, 8, 1);
        acpi_put(madt, i, 1); /* the processor's UID, then its local APIC's ID */
        acpi_put(madt, i, 1);
        acpi_put(madt, LAPIC_ENABLED, 4);
    }
    acpi_put(madt, MADT_IOAPIC, 1);
    acpi_put(madt, 12, 1);
    acpi_put(madt, 0, 2); /* ID */
    acpi_put(madt, input->ioapic_base, 4);
    acpi_put(madt, 0, 4); /* its inputs are interrupts 0 and on */
}

int acpi_x86_create(const struct acpi_x86_input *input, void **tables, size_t *size)
{
    struct acpi_table madt = {.signature = "APIC", .revision = 5};
    const struct acpi_input acpi = {
        .plan = input->plan,
        .power = power_registers(input->plan),
        .boot_flags = BOOT_NO_VGA | BOOT_NO_RTC,
        .table = &madt,
        .table_count = 1,
        .add_devices = add_devices,
        .base = input->base,
        .room = input->room,
    };

    fill_madt(&madt, input);
    return acpi_create(&acpi, tables, size);
}
