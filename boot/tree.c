/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - writes a plan's device tree: /chosen, memory, the machine's own nodes, then the devices by bus. */
#include "boot/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "boot/abi.h"
#include "boot/abi_net.h"
#include "boot/fdt.h"

/* For a console= that names none, and for earlycon: the path of the serial port's node (write_devices). */
static void write_stdout_path(struct fdt *fdt, const struct machine *machine)
{
    char path[64];

    snprintf(path, sizeof(path), "/soc/%s@%llx", machine->serial_type->node_name,
             (unsigned long long)machine->serial.base);
    fdtw_string(fdt, "stdout-path", path);
}

static void write_initrd(struct fdt *fdt, const struct plan *plan)
{
    if (plan->initrd_size == 0)
        return;
    fdtw_u64(fdt, LVMM_PROP_INITRD_START, plan->initrd_gpa);
    fdtw_u64(fdt, LVMM_PROP_INITRD_END, plan->initrd_gpa + plan->initrd_size);
}

/* Linux, Documentation/devicetree/usage-model.rst. */
static void write_chosen_linux(struct fdt *fdt, const struct plan *plan)
{
    fdtw_string(fdt, "bootargs", plan->cmdline);
    if (plan->machine->serial.space == DEVICE_MMIO)
        write_stdout_path(fdt, plan->machine);
    write_initrd(fdt, plan);
}

static void write_given(struct fdt *fdt, const char *name, const char *string)
{
    if (string != NULL)
        fdtw_string(fdt, name, string);
}

static void write_chosen_ours(struct fdt *fdt, const struct plan *plan, const struct plan_input *input)
{
    uint32_t flags = (input->init ? LVMM_FLAG_INIT : 0) | (plan->initrd_size != 0 ? LVMM_FLAG_INITRD : 0) |
                     (input->usage ? LVMM_FLAG_USAGE : 0);
    char *bootargs = NULL;
    if (asprintf(&bootargs, "%s%s", input->verbose ? "verbose " : "", input->append != NULL ? input->append : "") < 0) {
        fdt->error = -ENOMEM;
        return;
    }
    fdtw_string(fdt, "bootargs", bootargs);
    free(bootargs);
    if (input->argv != NULL)
        fdtw_bytes(fdt, LVMM_PROP_ARGV, input->argv, (uint32_t)input->argv_size);
    if (input->envp != NULL)
        fdtw_bytes(fdt, LVMM_PROP_ENVP, input->envp, (uint32_t)input->envp_size);
    write_given(fdt, LVMM_PROP_CWD, input->cwd);
    write_given(fdt, LVMM_PROP_USER, input->user);
    write_given(fdt, LVMM_PROP_HOSTNAME, input->hostname);
    if (input->shares != NULL)
        fdtw_bytes(fdt, LVMM_PROP_SHARES, input->shares, (uint32_t)input->shares_size);
    if (input->net != NULL)
        fdtw_bytes(fdt, LVMM_PROP_NET, input->net, sizeof(*input->net));
    fdtw_u32(fdt, LVMM_PROP_TTY, input->tty);
    if (input->rows != 0 && input->columns != 0)
        fdtw_cells(fdt, LVMM_PROP_WINSIZE, (const uint32_t[]){input->rows, input->columns}, 2);
    fdtw_u64(fdt, LVMM_PROP_REALTIME, input->realtime_ns);
    if (input->trace != 0)
        fdtw_u32(fdt, LVMM_PROP_TRACE, input->trace);
    if (flags != 0)
        fdtw_u32(fdt, LVMM_PROP_FLAGS, flags);
    if (input->threads != 0)
        fdtw_u32(fdt, LVMM_PROP_THREADS, input->threads);
    write_initrd(fdt, plan);
    if (plan->initrd_size != 0)
        fdtw_u64(fdt, LVMM_PROP_ROOT_SIZE, input->root_bytes);
}

static void write_chosen(struct fdt *fdt, const struct plan *plan, const struct plan_input *input)
{
    fdtw_begin(fdt, "chosen");
    fdtw_bytes(fdt, "rng-seed", input->rng_seed, sizeof(input->rng_seed));
    if (plan->linux_guest)
        write_chosen_linux(fdt, plan);
    else
        write_chosen_ours(fdt, plan, input);
    fdtw_end(fdt);
}

static void write_memory(struct fdt *fdt, const struct plan *plan)
{
    for (unsigned i = 0; i < plan->memory_count; i++) {
        fdtw_begin_at(fdt, "memory", plan->memory[i].base);
        fdtw_string(fdt, "device_type", "memory");
        fdtw_reg(fdt, plan->memory[i].base, plan->memory[i].size);
        fdtw_end(fdt);
    }
}

static void write_device(struct fdt *fdt, const struct plan *plan, const struct plan_device *device)
{
    const struct device_window *window = &device->window;
    uint32_t cells[3];

    if (window->space == DEVICE_PIO) {
        char name[32];
        snprintf(name, sizeof(name), "%s@i%llx", device->type->node_name, (unsigned long long)window->base);
        fdtw_begin(fdt, name);
    } else {
        fdtw_begin_at(fdt, device->type->node_name, window->base);
    }
    fdtw_string_list(fdt, "compatible", device->type->compatible);
    if (window->space == DEVICE_PIO) {
        /* ISA bus binding (IEEE 1275): the first cell's bit 0 says I/O space. */
        fdtw_cells(fdt, "reg", (const uint32_t[]){1, (uint32_t)window->base, (uint32_t)window->size}, 3);
    } else {
        fdtw_reg(fdt, window->base, window->size);
    }
    if (window->irq != 0)
        fdtw_cells(fdt, "interrupts", cells, plan->machine->irq_cells(window->irq, plan->irqchip_version, cells));
    if (device->type->describe != NULL)
        device->type->describe(window, &fdt->node);
    fdtw_end(fdt);
}

static void write_bus(struct fdt *fdt, const struct plan *plan, enum device_space space)
{
    for (unsigned i = 0; i < plan->device_count; i++)
        if (plan->device[i].window.space == space &&
            !(plan->device[i].type == &device_pflash && plan->machine->pflash_in_describe))
            write_device(fdt, plan, &plan->device[i]);
}

static bool has_pio(const struct plan *plan)
{
    for (unsigned i = 0; i < plan->device_count; i++)
        if (plan->device[i].window.space == DEVICE_PIO)
            return true;
    return false;
}

/* The interrupts' parent is named here and not at the root, from where it would be that of the CPUs' own interrupt
 * controllers as well, which Linux then never finds. */
static void write_devices(struct fdt *fdt, const struct plan *plan)
{
    fdtw_begin(fdt, "soc");
    fdtw_string(fdt, "compatible", "simple-bus");
    fdtw_u32(fdt, "interrupt-parent", FDT_PHANDLE_INTC);
    fdtw_u32(fdt, "#address-cells", 2);
    fdtw_u32(fdt, "#size-cells", 2);
    fdtw_empty(fdt, "ranges");
    write_bus(fdt, plan, DEVICE_MMIO);
    fdtw_end(fdt);
    if (has_pio(plan)) {
        fdtw_begin(fdt, "isa");
        fdtw_string(fdt, "compatible", "isa");
        fdtw_u32(fdt, "interrupt-parent", FDT_PHANDLE_INTC);
        fdtw_u32(fdt, "#address-cells", 2);
        fdtw_u32(fdt, "#size-cells", 1);
        write_bus(fdt, plan, DEVICE_PIO);
        fdtw_end(fdt);
    }
}

/* Each node and property costs: OpenSBI goes through the tree some two hundred times. */
static int firmware_create(struct plan *plan, const struct plan_input *input)
{
    struct fdt fdt;

    fdtw_init(&fdt);
    fdtw_u32(&fdt, "#address-cells", 2);
    fdtw_u32(&fdt, "#size-cells", 2);
    plan->machine->describe_firmware(&fdt, plan, input);
    return fdtw_finish(&fdt, 0, &plan->firmware_fdt, &plan->firmware_fdt_size);
}

int tree_create(struct plan *plan, const struct plan_input *input)
{
    struct fdt fdt;

    if (input->argv_size > INT32_MAX || input->envp_size > INT32_MAX)
        return -E2BIG;
    if (plan->machine->describe_firmware != NULL) {
        int error = firmware_create(plan, input);
        if (error != 0)
            return error;
    }
    fdtw_init(&fdt);
    fdtw_u32(&fdt, "#address-cells", 2);
    fdtw_u32(&fdt, "#size-cells", 2);
    fdtw_string(&fdt, "compatible", plan->machine->compatible);
    fdtw_string(&fdt, "model", plan->machine->platform);
    write_chosen(&fdt, plan, input);
    write_memory(&fdt, plan);
    plan->machine->describe(&fdt, plan, input);
    write_devices(&fdt, plan);
    bool has_stub = plan->machine->stub != NULL && !plan->machine->stub_in_rom;

    return fdtw_finish(&fdt, has_stub ? MACHINE_STUB_BYTES : 0, &plan->fdt, &plan->fdt_size);
}
