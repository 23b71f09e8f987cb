/* SPDX-License-Identifier: Apache-2.0 */
/* args.c - see args.h. The machine's addresses are QEMU's own, so most of a plan needs no saying. */
#include "vmm/tcg/args.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/ports.h"
#include "vmm/tcg/disk_server.h"

#define LINUX_CMDLINE_MAX 2047u /* on x86 (COMMAND_LINE_SIZE, with the NUL) */

/* No PIT, PIC or RTC, as with our KVM; no option ROMs: no firmware runs. */
static const char *const x86_64_args[] = {
    "-M",   "microvm,acpi=off,pit=off,pic=off,rtc=off,isa-serial=on,x-option-roms=off,auto-kernel-cmdline=off",
    "-cpu", "max",
    NULL,
};

/* For Linux with QEMU's own ACPI tables, which its firmware hands over; the option ROM places kernel and initrd. */
static const char *const x86_64_linux_args[] = {
    "-M", "microvm,acpi=on,pit=on,pic=off,rtc=on,isa-serial=on,auto-kernel-cmdline=off", "-cpu", "max", NULL,
};

/* For a flash, with nothing but that and what microvm has. pc.ram's end: boot/machine_x86_64.c. */
static const char *const x86_64_q35_args[] = {
    "-M",   "q35,pit=off,pic=off,hpet=off,sata=off,smbus=off,i8042=off,vmport=off,smm=off,usb=off,graphics=off",
    "-M",   "max-ram-below-4g=2G",
    "-cpu", "max",
    NULL,
};

static const char *const aarch64_args[] = {"-M", "virt,gic-version=3,its=off,acpi=off", "-cpu", "max", NULL};

/* Linux uses pointer authentication, and by the architecture's own algorithm it starts half as fast here. */
static const char *const aarch64_linux_args[] = {"-M", "virt,gic-version=3,its=off,acpi=off", "-cpu",
                                                 "max,pauth-impdef=on", NULL};

static const char *const loongarch64_args[] = {"-M", "virt", "-cpu", "la464", NULL};
static const char *const riscv64_args[] = {"-M", "virt", "-cpu", "rv64,v=true,vext_spec=v1.0", NULL};

const struct tcg_target tcg_targets[] = {
    {
        .isa = "x86_64",
        .program = "qemu-system-x86_64",
        .package = "qemu-system-x86",
        .args = x86_64_args,
        .linux_args = x86_64_linux_args,
        .tells_counter = true,
        .resets_by_fault = true,
        .reversed = true,
        .linux_by_firmware = true,
        .rom_base = 0xffff0000,
        .rom_end = "\xe9\x0d\0\0\0\0\0\0\0\0\0\0\0\0\0", /* jmp .+0x10, which wraps around */
    },
    {
        .isa = "x86_64",
        .variant = "q35",
        .program = "qemu-system-x86_64",
        .package = "qemu-system-x86",
        .args = x86_64_q35_args,
        /* The code segment's base is 64 KiB below 4 GiB at reset: so far on, the address wraps around to 0. */
        .stub_offset = 0x10000,
        .flash = "index=0",
    },
    {
        .isa = "aarch64",
        .program = "qemu-system-aarch64",
        .package = "qemu-system-arm",
        .args = aarch64_args,
        .linux_args = aarch64_linux_args,
        .flash = "index=1",
        .irqchip = "gic-version",
    },
    {
        .isa = "riscv64",
        .program = "qemu-system-riscv64",
        .package = "qemu-system-misc",
        .args = riscv64_args,
        .memory_more = 6 << 20,
        .all_cpus_start = true,
        .flash = "index=1",
    },
    {
        .isa = "loongarch64",
        .program = "qemu-system-loongarch64",
        .package = "qemu-system-misc",
        .args = loongarch64_args,
        .memory_min = 1025ull << 20, /* QEMU wants "greater than 1G" */
        .all_cpus_start = true,
        .flash = "-bios",
    },
    {.isa = NULL},
};

const struct tcg_target *tcg_target_find(const char *isa)
{
    for (const struct tcg_target *t = tcg_targets; t->isa != NULL; t++)
        if (strcmp(t->isa, isa) == 0)
            return t;
    return NULL;
}

const struct tcg_target *tcg_target_of(const struct machine *machine)
{
    for (const struct tcg_target *t = tcg_targets; t->isa != NULL; t++)
        if (strcmp(t->isa, machine->isa) == 0 && (t->variant != NULL) == (machine->variant != NULL) &&
            (t->variant == NULL || strcmp(t->variant, machine->variant) == 0))
            return t;
    return NULL;
}

__attribute__((format(printf, 2, 3))) static void add(struct tcg_args *args, const char *fmt, ...)
{
    va_list ap;

    if (args->error != 0)
        return;
    if (args->count == TCG_ARGS) {
        args->error = -E2BIG;
        return;
    }
    va_start(ap, fmt);
    int n = vasprintf(&args->argv[args->count], fmt, ap);
    va_end(ap);
    if (n < 0) {
        args->argv[args->count] = NULL;
        args->error = -ENOMEM;
        return;
    }
    args->count++;
}

static void add_memory(struct tcg_args *args, uint64_t bytes, bool shared)
{
    add(args, "-m");
    add(args, "size=%" PRIu64 "K", bytes / 1024);
    if (!shared)
        return;
    add(args, "-object");
    add(args, "memory-backend-memfd,id=ram,share=on,size=%" PRIu64 "K", bytes / 1024);
    add(args, "-M");
    add(args, "memory-backend=ram");
}

static void add_machine(struct tcg_args *args, const struct tcg_target *target, const struct backend_job *job)
{
    uint64_t memory = job->config->memory_bytes + target->memory_more;
    bool has_own = job->plan->linux_guest && target->linux_args != NULL;
    const char *const *own = has_own ? target->linux_args : target->args;

    add(args, "%s", target->program);
    add(args, "-accel");
    add(args, "tcg");
    for (unsigned i = 0; own[i] != NULL; i++)
        add(args, "%s", own[i]);
    if (target->irqchip != NULL && job->plan->irqchip_version != 0) {
        add(args, "-M");
        add(args, "%s=%u", target->irqchip, job->plan->irqchip_version);
    }
    add_memory(args, memory < target->memory_min ? target->memory_min : memory, job->plan->shared_memory);
    if (job->config->cpus > 1) {
        add(args, "-smp");
        add(args, "%u", job->config->cpus);
    } else if (job->plan->shared_memory) {
        /* Where there can be no second CPU, TCG leaves the guest's memory barriers out. A server on another of the
           host's CPUs reads the rings, too: a notification that one side thought unwanted would be lost. */
        add(args, "-smp");
        add(args, "1,maxcpus=2");
    }
    add(args, "-nodefaults");
    add(args, "-no-user-config");
    add(args, "-display");
    add(args, "none");
    add(args, "-no-reboot");
    /* The guest is hostile and QEMU is large: no new processes, no new privileges. */
    if (job->config->sandbox != SANDBOX_NONE) {
        add(args, "-sandbox");
        add(args, "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    }
    if (job->plan->machine->virtio.space == DEVICE_MMIO) {
        add(args, "-global");
        add(args, "virtio-mmio.force-legacy=false");
    }
}

/* Linux would measure the counter by a timer of QEMU's, which on a busy host fails, and then it hangs. And it would
 * reset by the firmware's reset vector, as with any hardware-reduced ACPI, where after an early panic QEMU's firmware
 * starts it anew, without a reset that QEMU would end at. The user's own words come later, and count. */
static void add_cmdline(struct tcg_args *args, const struct tcg_target *target, const char *cmdline, uint32_t khz)
{
    char words[80] = "";
    int length = snprintf(words, sizeof(words), "%s", target->resets_by_fault ? "reboot=t " : "");

    if (target->tells_counter && khz != 0)
        snprintf(words + length, sizeof(words) - (size_t)length, "tsc_early_khz=%" PRIu32 " tsc=reliable ", khz);
    if (strlen(words) + strlen(cmdline) > LINUX_CMDLINE_MAX)
        words[0] = '\0';
    add(args, "-append");
    add(args, "%s%s", words, cmdline);
}

/* A stock Linux: QEMU finds out the image's kind as we did, and enters it as its kind wants. */
static void add_kernel_linux(struct tcg_args *args, const struct tcg_target *target, const struct backend_job *job,
                             const struct tcg_fds *fds)
{
    add(args, "-kernel");
    add(args, "/proc/self/fd/%d", fds->kernel);
    if (fds->initrd >= 0) {
        add(args, "-initrd");
        add(args, "/proc/self/fd/%d", fds->initrd);
    }
    add_cmdline(args, target, job->plan->cmdline, fds->counter_khz);
}

/* A file's image as it is: the generic loader (QEMU, docs/system/generic-loader.rst) places it. */
static void add_image(struct tcg_args *args, const struct plan *plan, enum plan_file file, int fd)
{
    for (unsigned i = 0; i < plan->image_count; i++) {
        if (plan->image[i].file != file)
            continue;
        add(args, "-device");
        add(args, "loader,file=/proc/self/fd/%d,addr=0x%" PRIx64 ",force-raw=on", fd, plan->image[i].gpa);
    }
}

bool tcg_args_use_firmware(const struct plan *plan)
{
    return plan->linux_guest && tcg_target_of(plan->machine)->linux_by_firmware;
}

bool tcg_args_use_rom(const struct plan *plan)
{
    return plan->machine->stub_in_rom && !tcg_args_use_firmware(plan);
}

bool tcg_args_use_boot_data(const struct plan *plan)
{
    return !tcg_args_use_firmware(plan) && plan->machine->stub != NULL && plan_boot_image(plan) != NULL;
}

/* Of an ELF kernel the loader reads the segments itself. */
static void add_kernel_loader(struct tcg_args *args, const struct tcg_target *target, const struct backend_job *job,
                              const struct tcg_fds *fds)
{
    const struct plan *plan = job->plan;
    unsigned cpus = target->all_cpus_start ? job->config->cpus : 1;

    if (plan->kernel.format == KERNEL_ELF) {
        add(args, "-device");
        add(args, "loader,file=/proc/self/fd/%d", fds->kernel);
    } else {
        add_image(args, plan, PLAN_FILE_KERNEL, fds->kernel);
    }
    if (plan->initrd_size != 0)
        add_image(args, plan, PLAN_FILE_INITRD, fds->initrd);
    add(args, "-device");
    add(args, "loader,file=/proc/self/fd/%d,addr=0x%" PRIx64 ",force-raw=on", fds->fdt, plan->fdt_gpa);
    if (plan->firmware_fdt != NULL) { /* the firmware itself is QEMU's (-bios default) */
        add(args, "-device");
        add(args, "loader,file=/proc/self/fd/%d,addr=0x%" PRIx64 ",force-raw=on", fds->firmware,
            plan->machine->firmware_fdt);
    }
    if (tcg_args_use_boot_data(plan)) {
        add(args, "-device");
        add(args, "loader,file=/proc/self/fd/%d,addr=0x%" PRIx64 ",force-raw=on", fds->boot_data,
            plan_boot_image(plan)->gpa);
    }
    if (tcg_args_use_rom(plan)) {
        add(args, "-bios");
        add(args, "/proc/self/fd/%d", fds->firmware);
    }
    for (unsigned i = 0; i < cpus && !tcg_args_use_rom(plan); i++) {
        add(args, "-device");
        add(args, "loader,addr=0x%" PRIx64 ",cpu-num=%u", plan->stub_gpa + target->stub_offset, i);
    }
}

static void add_kernel(struct tcg_args *args, const struct tcg_target *target, const struct backend_job *job,
                       const struct tcg_fds *fds)
{
    if (tcg_args_use_firmware(job->plan))
        add_kernel_linux(args, target, job, fds);
    else
        add_kernel_loader(args, target, job, fds);
}

static void add_serial(struct tcg_args *args, const struct tcg_fds *fds)
{
    add(args, "-chardev");
    add(args, "socket,id=serial,fd=%d", fds->serial);
    add(args, "-serial");
    add(args, "chardev:serial");
}

/* The transport of a slot. Linux numbers disks in the order in which it finds them. */
static uint64_t virtio_bus(const struct plan *plan, const struct device_window *window)
{
    uint64_t slot = (window->base - plan->machine->virtio.base) / plan->machine->virtio_stride;

    return plan->linux_guest && tcg_target_of(plan->machine)->reversed ? plan->machine->virtio_slots - 1 - slot : slot;
}

/* QEMU's stub; it accepts on our socket. -S: the guest waits for gdb's "continue". */
static void add_gdb(struct tcg_args *args, const struct backend_job *job, const struct tcg_fds *fds)
{
    if (fds->gdb < 0)
        return;
    add(args, "-chardev");
    add(args, "socket,id=gdb,fd=%d,server=on,wait=off", fds->gdb);
    add(args, "-gdb");
    add(args, "chardev:gdb");
    if (job->config->gdb_wait)
        add(args, "-S");
}

/* A virtio device and where it is; `args` goes on with its own options, each with a comma before it. */
__attribute__((format(printf, 4, 5))) static void add_virtio(struct tcg_args *args, const struct plan *plan,
                                                             const struct plan_device *device, const char *fmt, ...)
{
    const struct device_window *window = &device->window;
    bool is_user = device->type == &device_virtio_fs || device->type == &device_virtio_sockets;
    const char *name = device->type == &device_virtio_blk       ? "virtio-blk"
                       : device->type == &device_virtio_fs      ? "vhost-user-fs"
                       : device->type == &device_virtio_sockets ? "vhost-user-vsock"
                                                                : "virtio-serial";
    char options[128];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(options, sizeof(options), fmt, ap);
    va_end(ap);
    add(args, "-device");
    if (window->space == DEVICE_PCI)
        add(args, "%s-pci,addr=0x%" PRIx64 "%s%s", name, window->base, is_user ? "" : ",disable-legacy=on", options);
    else
        add(args, "%s-device,bus=virtio-mmio-bus.%" PRIu64 "%s", name, virtio_bus(plan, window), options);
}

/* Linux's: one port, which is a console. */
static void add_linux_console(struct tcg_args *args, const struct plan *plan, const struct plan_device *device,
                              const struct tcg_fds *fds)
{
    add_virtio(args, plan, device, ",max_ports=1");
    add(args, "-chardev");
    add(args, "socket,id=console,fd=%d", fds->port[LVMM_PORT_TTY]);
    add(args, "-device");
    add(args, "virtconsole,chardev=console");
}

static void add_console(struct tcg_args *args, const struct plan *plan, const struct plan_device *device,
                        const struct tcg_fds *fds)
{
    add_virtio(args, plan, device, ",max_ports=%u", LVMM_PORT_COUNT);
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++) {
        if (fds->port[i] < 0)
            continue;
        add(args, "-chardev");
        add(args, "socket,id=port%u,fd=%d", i, fds->port[i]);
        add(args, "-device");
        add(args, "virtserialport,chardev=port%u,nr=%u,name=%s", i, i, port_names[i]);
    }
}

static void add_shares(struct tcg_args *args, const struct plan *plan, const struct plan_device *device,
                       const struct tcg_fds *fds)
{
    add(args, "-chardev");
    add(args, "socket,id=share,fd=%d", fds->share);
    add_virtio(args, plan, device, ",chardev=share,tag=" LVMM_SHARES_TAG);
}

/* QEMU passes the rings on without looking, so that it doesn't matter to it what they carry. */
static void add_sockets(struct tcg_args *args, const struct plan *plan, const struct plan_device *device,
                        const struct tcg_fds *fds)
{
    add(args, "-chardev");
    add(args, "socket,id=net,fd=%d", fds->net);
    add_virtio(args, plan, device, ",chardev=net");
}

/* An error of the host's is the guest's to know: QEMU's way by itself is to stop the VM when the disk is full. What the
 * guest discards goes back to the host, as devices/virtio/blk.c has it. */
#define DISK_OPTIONS "auto-read-only=off,read-only=%s,werror=report,rerror=report,discard=unmap"

/* By descriptor: QEMU opens nothing itself, and the lock on the file goes with the descriptor. */
static void add_disk_file(struct tcg_args *args, unsigned unit, const struct backend_file *file)
{
    char part[64] = "";

    add(args, "-add-fd");
    add(args, "fd=%d,set=%u", file->fd, unit);
    add(args, "-drive");
    if (file->offset != 0)
        snprintf(part, sizeof(part), "offset=%" PRIu64 ",size=%" PRIu64 ",", file->offset, file->size_bytes);
    add(args, "file=/dev/fdset/%u,if=none,id=disk%u,format=raw,%sfile.locking=off," DISK_OPTIONS, unit, unit, part,
        file->read_only ? "on" : "off");
}

/* What lvmm itself knows how to read and write comes by a socket (disk_server.h). */
static void add_disk_socket(struct tcg_args *args, unsigned unit, int fd, bool read_only)
{
    add(args, "-drive");
    add(args, "file.driver=nbd,file.server.type=fd,file.server.str=%d,if=none,id=disk%u,format=raw," DISK_OPTIONS, fd,
        unit, read_only ? "on" : "off");
}

static void add_disk(struct tcg_args *args, const struct backend_job *job, const struct plan_device *device,
                     const struct tcg_fds *fds)
{
    unsigned unit = device->window.unit;
    const struct backend_file *file = &job->disk[unit];

    if (disk_servers_serve(job, unit))
        add_disk_socket(args, unit, fds->disk[unit], file->read_only);
    else
        add_disk_file(args, unit, file);
    add_virtio(args, job->plan, device, ",drive=disk%u,serial=" BACKEND_DISK_SERIAL, unit, unit);
}

/* A descriptor of our own (flash.h); the set's number is one that no disk has. */
static void add_flash(struct tcg_args *args, const struct backend_job *job, const char *which, int fd)
{
    if (job->plan->machine->pflash_is_rom) {
        add(args, "%s", which);
        add(args, "/proc/self/fd/%d", fd);
        return;
    }
    add(args, "-add-fd");
    add(args, "fd=%d,set=%u", fd, CONFIG_DISKS);
    add(args, "-drive");
    add(args, "file=/dev/fdset/%u,if=pflash,%s,format=raw,file.locking=off,auto-read-only=off,read-only=%s",
        CONFIG_DISKS, which, job->pflash.read_only ? "on" : "off");
}

static int add_device(struct tcg_args *args, const struct tcg_target *target, const struct backend_job *job,
                      const struct plan_device *device, const struct tcg_fds *fds)
{
    const struct device_window *window = &device->window;

    if (device->type == job->plan->machine->serial_type) {
        add_serial(args, fds);
    } else if (device->type == &device_debug_exit) {
        add(args, "-device");
        add(args, "isa-debug-exit,iobase=0x%" PRIx64 ",iosize=%" PRIu64, window->base, window->size);
    } else if (device->type == &device_acpi_power || device->type == &device_keyboard_reset) {
        return 0; /* QEMU's machine has its own */
    } else if (device->type == &device_virtio_console && job->plan->linux_guest) {
        add_linux_console(args, job->plan, device, fds);
    } else if (device->type == &device_virtio_console) {
        add_console(args, job->plan, device, fds);
    } else if (device->type == &device_virtio_blk) {
        add_disk(args, job, device, fds);
    } else if (device->type == &device_virtio_fs) {
        add_shares(args, job->plan, device, fds);
    } else if (device->type == &device_virtio_sockets) {
        add_sockets(args, job->plan, device, fds);
    } else if (device->type == &device_pflash && target->flash != NULL) {
        add_flash(args, job, target->flash, fds->flash);
    } else {
        return -ENOTSUP;
    }
    return 0;
}

int tcg_args_create(const struct backend_job *job, const struct tcg_fds *fds, struct tcg_args *out, char *why,
                    size_t why_size)
{
    const struct plan *plan = job->plan;
    const struct tcg_target *target = tcg_target_of(plan->machine);

    memset(out, 0, sizeof(*out));
    if (target == NULL) {
        snprintf(why, why_size, "no QEMU machine is known for %s", plan->machine->isa);
        return -ENOTSUP;
    }
    add_machine(out, target, job);
    add_kernel(out, target, job, fds);
    for (unsigned i = 0; i < plan->device_count; i++) {
        if (add_device(out, target, job, &plan->device[i], fds) != 0) {
            tcg_args_destroy(out);
            snprintf(why, why_size, "QEMU's %s machine has no %s%s", plan->machine->isa, plan->device[i].type->name,
                     plan->machine->qemu_flash != NULL ? "; with --accel tcg the plan is one for its other machine"
                                                       : "");
            return -ENOTSUP;
        }
    }
    add_gdb(out, job, fds);
    int error = out->error;
    if (error != 0) {
        tcg_args_destroy(out);
        snprintf(why, why_size, "the QEMU command line can't be made: %s", strerror(-error));
    }
    return error;
}

void tcg_args_destroy(struct tcg_args *args)
{
    for (unsigned i = 0; i < args->count; i++)
        free(args->argv[i]);
    args->count = 0;
}
