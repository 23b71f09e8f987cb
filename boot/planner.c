/* SPDX-License-Identifier: Apache-2.0 */
/* planner.c - makes a plan: memory, kernel, devices, device tree, entry, in this order. */
#include "boot/planner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/abi_dax.h"
#include "boot/tree.h"

#define PAGE_BYTES 4096u
#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)
#define KERNEL_SHARE 128 /* of the memory: twice what the guest kernel's table of page frames takes */
#define KERNEL_MORE (2 * MIB)
#define PAGE_BYTES_MAX 65536u /* plan_add_image_high's unit */

struct maker {
    const struct plan_input *input;
    struct plan *plan;
    char *why;
    size_t why_size;
};

static int make_memory(const struct maker *m)
{
    const struct machine *machine = m->plan->machine;
    uint64_t size = m->input->memory_bytes;

    if (size < machine->memory_min || size > machine->memory_max || size % PAGE_BYTES != 0) {
        snprintf(m->why, m->why_size,
                 "%" PRIu64 " bytes: %s guests can have from %lluM to %lluM, in multiples of 4K; e.g. 256M", size,
                 machine->isa, machine->memory_min / MIB, machine->memory_max / MIB);
        return -ERANGE;
    }
    m->plan->memory_count = machine->memory_map(size, m->plan->memory);
    return 0;
}

static int check_cpus(const struct maker *m)
{
    const struct machine *machine = m->plan->machine;

    if (m->input->cpus >= 1 && m->input->cpus <= machine->cpus_max)
        return 0;
    snprintf(m->why, m->why_size, "%u: %s guests can have from 1 to %u", m->input->cpus, machine->isa,
             machine->cpus_max);
    return -EDOM;
}

static int place_segment(const struct maker *m, const struct elf_segment *segment)
{
    const struct plan_image image = {
        .name = "kernel",
        .gpa = segment->paddr,
        .data = (const uint8_t *)m->input->kernel + segment->offset,
        .file_size = segment->file_size,
        .mem_size = segment->mem_size,
        .file = PLAN_FILE_KERNEL,
        .file_offset = segment->offset,
    };
    int error = plan_add_image(m->plan, &image);

    if (error == -EFAULT) {
        snprintf(m->why, m->why_size,
                 "has a segment outside of the guest's memory: p_paddr 0x%" PRIx64 ", p_memsz 0x%" PRIx64
                 ", with --memory of %" PRIu64 " bytes",
                 segment->paddr, segment->mem_size, m->input->memory_bytes);
    } else if (error != 0) {
        snprintf(m->why, m->why_size, "has segments that can't be placed (at p_paddr 0x%" PRIx64 ")", segment->paddr);
    }
    return error != 0 ? -ENOEXEC : 0;
}

static int place_elf(const struct maker *m)
{
    const struct elf_kernel *elf = &m->plan->kernel.elf;
    int error = 0;

    for (unsigned i = 0; i < elf->segment_count && error == 0; i++)
        error = place_segment(m, &elf->segment[i]);
    m->plan->kernel_entry = elf_entry_paddr(elf);
    return error;
}

/* An Image or a bzImage: the machine knows where. */
static int place_linux(const struct maker *m)
{
    struct plan *plan = m->plan;
    struct plan_image image = {.name = "kernel", .file = PLAN_FILE_KERNEL};

    if (plan->kernel.format == KERNEL_BZIMAGE) {
        image.file_offset = plan->kernel.bzimage.kernel_offset;
        image.file_size = plan->kernel.bzimage.kernel_size;
        image.mem_size = plan->kernel.bzimage.init_size;
    } else {
        image.file_size = m->input->kernel_size;
        image.mem_size = plan->kernel.flat.mem_size;
    }
    image.data = (const uint8_t *)m->input->kernel + image.file_offset;
    if (plan->machine->place_linux == NULL) {
        snprintf(m->why, m->why_size, "is a Linux image of a kind that the %s machine can't boot; its vmlinux can",
                 plan->machine->isa);
        return -ENOEXEC;
    }
    int error = plan->machine->place_linux(plan, &image, m->why, m->why_size);
    if (error != 0)
        return error;
    plan->kernel_entry = image.gpa + plan->kernel.flat.entry;
    if (plan_add_image(plan, &image) == 0)
        return 0;
    snprintf(m->why, m->why_size,
             "takes %" PRIu64 " bytes of memory from 0x%" PRIx64 " on, and doesn't fit with --memory of %" PRIu64
             " bytes",
             image.mem_size, image.gpa, m->input->memory_bytes);
    return -ENOEXEC;
}

/* A machine without virtio devices has no disk, and no console but the serial port. */
static int check_variant(const struct maker *m)
{
    const struct machine *machine = m->plan->machine;

    if (machine->virtio_slots != 0 || (m->plan->bare && !m->plan->linux_guest && m->input->disks == 0 &&
                                       m->input->shares == NULL && m->input->net == NULL))
        return 0;
    snprintf(m->why, m->why_size,
             "QEMU's %s, its %s machine with a flash, runs bare kernels without disks, shared folders and a network "
             "only; --accel "
             "kvm runs all",
             machine->variant, machine->isa);
    return -ENOTSUP;
}

static int make_kernel(const struct maker *m)
{
    struct plan *plan = m->plan;
    struct kernel_image *kernel = &plan->kernel;
    int error = kernel_image_read(m->input->kernel, m->input->kernel_size, kernel, m->why, m->why_size);

    if (error != 0)
        return error;
    if (kernel->machine != plan->machine->elf_machine) {
        snprintf(m->why, m->why_size, "is for another machine (e_machine is %u; %s has %u)", kernel->machine,
                 plan->machine->isa, plan->machine->elf_machine);
        return -ENOEXEC;
    }
    plan->bare = !kernel->elf.is_guest_kernel;
    plan->linux_guest = kernel->is_linux;
    error = check_variant(m);
    if (error != 0)
        return error;
    return kernel->format == KERNEL_ELF ? place_elf(m) : place_linux(m);
}

/* The machine's, or the kernel's own if that is lower. */
static gpa_t initrd_limit(const struct plan *plan)
{
    gpa_t limit = plan->machine->initrd_limit, own = (gpa_t)plan->kernel.bzimage.initrd_max + 1;

    return plan->kernel.format == KERNEL_BZIMAGE && (limit == 0 || own < limit) ? own : limit;
}

/* Where it may begin. Our kernel has its table of page frames behind itself (mm/page.c), and some memory to boot in. */
static gpa_t initrd_from(const struct maker *m)
{
    const struct elf_kernel *elf = &m->plan->kernel.elf;
    gpa_t end = 0;

    if (m->plan->linux_guest)
        return m->plan->machine->initrd_from;
    for (unsigned i = 0; i < elf->segment_count; i++)
        if (elf->segment[i].paddr + elf->segment[i].mem_size > end)
            end = elf->segment[i].paddr + elf->segment[i].mem_size;
    return end + m->input->memory_bytes / KERNEL_SHARE + KERNEL_MORE;
}

/* Our kernel maps each GiB up to the archives' end before it does anything, so that they should lie in its own. */
static gpa_t initrd_limit_ours(const struct maker *m, uint64_t size)
{
    const struct mem_range *ram = &m->plan->memory[0];
    gpa_t end = ram->base + ram->size, gib = (ram->base & ~(GIB - 1)) + GIB;

    return gib < end && initrd_from(m) + size + PAGE_BYTES_MAX <= gib ? gib : end;
}

/* As high as it may be, so that it is out of the way of a kernel that unpacks or moves itself. */
static int make_initrd(const struct maker *m)
{
    struct plan *plan = m->plan;
    struct plan_image image = {.name = "initrd",
                               .data = m->input->initrd,
                               .file_size = m->input->initrd_size,
                               .mem_size = m->input->initrd_size,
                               .file = PLAN_FILE_INITRD};

    if (m->input->initrd == NULL)
        return 0;
    if (plan->bare && !plan->linux_guest) {
        snprintf(m->why, m->why_size,
                 "the kernel isn't Linux, as far as its file says, and takes no initrd; Linux and lvmm's own do");
        return -ENOBUFS;
    }
    int error = plan_add_image_high(plan, &image, initrd_from(m),
                                    plan->bare ? initrd_limit(plan) : initrd_limit_ours(m, image.mem_size));
    if (error != 0 && !plan->bare && plan->memory_count > 1)
        error = plan_add_image_high(plan, &image, plan->memory[1].base, 0);
    if (error != 0) {
        snprintf(m->why, m->why_size,
                 "its %zu bytes don't fit beside the kernel with --memory of %" PRIu64 " bytes; give more memory",
                 m->input->initrd_size, m->input->memory_bytes);
        return -ENOBUFS;
    }
    plan->initrd_gpa = image.gpa;
    plan->initrd_size = image.mem_size;
    return 0;
}

/* Whether the words of a command line have one that begins with `key`. */
static bool has_word(const char *cmdline, const char *key)
{
    for (const char *at = cmdline; (at = strstr(at, key)) != NULL; at++)
        if (at == cmdline || at[-1] == ' ')
            return true;
    return false;
}

/* Whether the last console= of a command line, which is the one that Linux reads from, names a virtio-console. */
static bool ends_with_hvc(const char *cmdline)
{
    static const char key[] = "console=";
    bool is_hvc = false;

    for (const char *at = cmdline; (at = strstr(at, key)) != NULL; at++)
        if (at == cmdline || at[-1] == ' ')
            is_hvc = strncmp(at + strlen(key), "hvc", 3) == 0;
    return is_hvc;
}

/* A kernel without a console= shows nothing, which is nobody's wish. */
static int make_cmdline(const struct maker *m)
{
    const char *append = m->input->append != NULL ? m->input->append : "";
    const char *console = m->plan->machine->linux_console;

    if (!m->plan->linux_guest)
        return 0;
    if (console == NULL || has_word(append, "console="))
        m->plan->cmdline = strdup(append);
    else if (asprintf(&m->plan->cmdline, "%s%sconsole=%s", append, *append != '\0' ? " " : "", console) < 0)
        m->plan->cmdline = NULL;
    if (m->plan->cmdline == NULL) {
        snprintf(m->why, m->why_size, "no memory");
        return -ENOMEM;
    }
    m->plan->hvc_console = ends_with_hvc(m->plan->cmdline);
    return 0;
}

/* True if there was room. */
static bool add_device(struct plan *plan, const struct device_type *type, struct device_window window, uint32_t unit)
{
    if (plan->device_count == PLAN_DEVICES)
        return false;
    window.unit = unit;
    plan->device[plan->device_count++] = (struct plan_device){.type = type, .window = window};
    return true;
}

static bool add_virtio(struct plan *plan, const struct device_type *type, unsigned slot, uint32_t unit)
{
    struct device_window window = plan->machine->virtio;

    if (slot >= plan->machine->virtio_slots)
        return false;
    window.base += slot * plan->machine->virtio_stride;
    window.irq += slot;
    return add_device(plan, type, window, unit);
}

static bool add_pflash(struct plan *plan, uint64_t size)
{
    struct device_window window = plan->machine->pflash;

    if (size == 0 || size > window.size)
        return false;
    window.size = (size + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    return add_device(plan, &device_pflash, window, 0);
}

/* What ends the machine: a device, where firmware doesn't do it. */
static bool add_power_off(struct plan *plan)
{
    const struct machine *machine = plan->machine;

    if (plan->linux_guest && machine->linux_power_type != NULL)
        return add_device(plan, machine->linux_power_type, machine->linux_power, 0) &&
               add_device(plan, machine->linux_reset_type, machine->linux_reset, 0);
    return machine->power_off_type == NULL || add_device(plan, machine->power_off_type, machine->power_off, 0);
}

/* Behind all memory and above 4 GiB, where no machine of ours has a device, in a GiB of its own: a guest maps it by one
 * entry. Memory may leave no room for it, and then there is none. */
static void place_window(const struct maker *m)
{
    const struct mem_range *last = &m->plan->memory[m->plan->memory_count - 1];
    const uint64_t bytes = LVMM_DAX_REGION_BYTES * (m->input->dax_writes ? 2 : 1);
    gpa_t end = last->base + last->size, gpa = end < 4 * GIB ? 4 * GIB : (end + GIB - 1) & ~(GIB - 1);

    if (m->input->dax && !m->input->qemu && gpa + bytes <= m->plan->machine->window_limit)
        m->plan->dax = (struct dax_place){
            .gpa = gpa, .bytes = bytes, .write_bytes = m->input->dax_writes ? LVMM_DAX_REGION_BYTES : 0};
}

/* The console is in slot 0 and disk n in slot n + 1, whether there is a console or not; then the shared folders', then
 * the network's. */
static int make_devices(const struct maker *m)
{
    const struct machine *machine = m->plan->machine;
    bool fits = add_device(m->plan, machine->serial_type, machine->serial, 0) && add_power_off(m->plan) &&
                ((m->plan->bare && !m->plan->linux_guest) || add_virtio(m->plan, &device_virtio_console, 0, 0));

    if (m->plan->bare && m->input->net != NULL) {
        snprintf(m->why, m->why_size, "--net, --allow and -p are for the bundled kernel, which has the driver");
        return -EINVAL;
    }
    for (unsigned i = 0; fits && i < m->input->disks; i++)
        fits = add_virtio(m->plan, &device_virtio_blk, i + 1, i);
    if (fits && m->input->shares != NULL) {
        m->plan->shared_memory = true;
        place_window(m);
        fits = add_virtio(m->plan, &device_virtio_fs, m->input->disks + 1, 0);
    }
    if (fits && m->input->net != NULL) {
        m->plan->shared_memory = true;
        fits = add_virtio(m->plan, &device_virtio_sockets, m->input->disks + (m->input->shares != NULL) + 1, 0);
    }
    if (fits && m->input->pflash)
        fits = add_pflash(m->plan, m->input->pflash_size);
    if (!fits) {
        snprintf(m->why, m->why_size,
                 "the devices don't fit in the %s machine: at most %u disks%s%s and %" PRIu64 " bytes of flash",
                 machine->isa, machine->virtio_slots - 1 - (m->input->shares != NULL) - (m->input->net != NULL),
                 m->input->shares != NULL ? " beside shared folders" : "",
                 m->input->net != NULL ? " beside a network" : "", machine->pflash.size);
        return -ENOSPC;
    }
    return 0;
}

static int make_tree(const struct maker *m)
{
    int error = tree_create(m->plan, m->input);

    if (error != 0) {
        snprintf(m->why, m->why_size, "%s",
                 error == -E2BIG ? "arguments and environment are too long" : "the device tree can't be made");
    }
    return error;
}

/* Part of the tree's blob, so that a kernel that keeps the tree's memory from use keeps the stub's. */
static void write_stub(struct plan *plan)
{
    uint32_t offset = plan->fdt_size - MACHINE_STUB_BYTES, code[MACHINE_STUB_WORDS];

    plan->stub_gpa = plan->fdt_gpa + offset;
    unsigned words = plan->machine->stub(&plan->entry, plan->stub_gpa, code);
    memcpy((char *)plan->fdt + offset, code, words * sizeof(code[0]));
}

static int make(const struct maker *m)
{
    int error = make_memory(m);

    error = error != 0 ? error : check_cpus(m);
    error = error != 0 ? error : make_kernel(m);
    error = error != 0 ? error : make_initrd(m);
    error = error != 0 ? error : make_cmdline(m);
    error = error != 0 ? error : make_devices(m);
    error = error != 0 ? error : make_tree(m);
    error = error != 0 ? error : m->plan->machine->entry(m->plan, m->input, m->why, m->why_size);
    if (error == 0 && m->plan->machine->stub != NULL && !m->plan->machine->stub_in_rom)
        write_stub(m->plan);
    return error;
}

int plan_create(const struct plan_input *input, struct plan **out, char *why, size_t why_size)
{
    struct plan *plan = calloc(1, sizeof(*plan));

    if (plan == NULL) {
        snprintf(why, why_size, "no memory");
        return -ENOMEM;
    }
    plan->machine = input->qemu ? machine_for_qemu(input->machine, input->pflash) : input->machine;
    plan->irqchip_version = input->irqchip_version;
    plan->timebase_hz = input->timebase_hz != 0 ? input->timebase_hz : input->machine->timebase_hz;
    plan->cpu_isa = input->cpu_isa;
    int error = make(&(struct maker){.input = input, .plan = plan, .why = why, .why_size = why_size});
    if (error != 0) {
        plan_destroy(plan);
        return error;
    }
    *out = plan;
    return 0;
}
