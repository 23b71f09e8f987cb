/* SPDX-License-Identifier: Apache-2.0 */
/* backend_kvm.c - runs a plan on /dev/kvm, with our own devices. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boot/abi.h"
#include "kvmarch/kvmarch.h"
#include "vmm/backend.h"
#include "vmm/control.h"
#include "vmm/log.h"
#include "vmm/ports.h"
#include "vmm/serial_output.h"
#include "vmm/vcpu.h"
#include "vmm/vm.h"

#define ROM_SLOTS 4

struct rom_slot { /* a read-only memory slot that a device asked for */
    uint64_t gpa, size;
};

struct kvm_machine {
    const struct backend_job *job;
    int kvm_fd, vm_fd;
    struct vm vm;
    struct vcpu vcpu;
    struct rom_slot rom[ROM_SLOTS]; /* guarded by the device that asks: one flash, one lock */
    struct control control;         /* the vCPU thread's, through the console's sink */
    struct backend_result control_result;
    struct serial_output serial;
    struct loop_watch stop_watch;
    struct virtio_console_port ports[LVMM_PORT_COUNT];
    union { /* of the device that is being created */
        struct virtio_console_args console;
        struct virtio_blk_args blk;
        struct serial16550_args serial;
        struct pflash_args pflash;
    } args;
};

/* ---- opening and probing ---- */

static int kvm_open(int *out, char *why, size_t why_size)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        int err = -errno;
        if (err == -ENOENT)
            snprintf(why, why_size, "/dev/kvm is not there: the CPU, the firmware's settings or the kernel lack KVM");
        else if (err == -EACCES || err == -EPERM)
            snprintf(why, why_size, "/dev/kvm: %s; join the group kvm (usermod -aG kvm USER, then log in again)",
                     strerror(-err));
        else
            snprintf(why, why_size, "/dev/kvm: %s", strerror(-err));
        return err;
    }
    int version = ioctl(fd, KVM_GET_API_VERSION, 0);
    if (version != KVM_API_VERSION) {
        snprintf(why, why_size, "/dev/kvm has API version %d; %d is needed", version, KVM_API_VERSION);
        close(fd);
        return -ENOTSUP;
    }
    *out = fd;
    return 0;
}

static int slot_set(int vm_fd, uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t size, void *host)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .flags = flags,
        .guest_phys_addr = gpa,
        .memory_size = size,
        .userspace_addr = (uintptr_t)host,
    };

    return ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

#define PROBE_CODE_GPA 0x1000u
#define PROBE_MMIO_GPA 0xd0000000u

/* Runs kvmarch's few instructions: a KVM that is there but can't run them is found out here, not in the user's VM. */
static int probe_guest(int kvm_fd, int vm_fd, char *why, size_t why_size)
{
    struct plan_entry entry = {.pc = PROBE_CODE_GPA, .arg = PROBE_MMIO_GPA};
    struct vcpu vcpu;
    struct vm_exit exit = {.kind = EXIT_UNKNOWN};
    size_t code_size;
    const void *code = kvmarch_probe_code(&code_size);
    char *memory = mmap(NULL, 0x2000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return -errno;
    memcpy(memory + PROBE_CODE_GPA, code, code_size);
    int err = slot_set(vm_fd, 0, 0, 0, 0x2000, memory);
    if (!err)
        err = kvmarch_vm_init(vm_fd);
    if (!err)
        err = vcpu_create(kvm_fd, vm_fd, 0, NULL, &vcpu);
    if (!err) {
        err = kvmarch_vcpu_init(kvm_fd, &vcpu, 0, &entry);
        if (!err)
            err = vcpu_run_once(&vcpu, &exit);
        bool works =
            !err && exit.kind == EXIT_MMIO_WRITE && exit.address == PROBE_MMIO_GPA && *(uint8_t *)exit.data == 0x5a;
        if (!err && !works) {
            snprintf(why, why_size, "/dev/kvm is there, but a short guest ended with \"%s\"", exit_names[exit.kind]);
            err = -ENOTSUP;
        }
        vcpu_destroy(&vcpu);
    }
    munmap(memory, 0x2000);
    if (err && err != -ENOTSUP)
        snprintf(why, why_size, "/dev/kvm is there, but a short guest can't be set up: %s", strerror(-err));
    return err;
}

static int kvm_probe(const struct machine *machine, char *why, size_t why_size)
{
    int kvm_fd;

    if (machine && machine->elf_machine != kvmarch_elf_machine) {
        snprintf(why, why_size, "KVM runs only guests of the host's own ISA, not %s; --accel tcg does", machine->isa);
        return -ENOTSUP;
    }
    int err = kvm_open(&kvm_fd, why, why_size);
    if (err)
        return err;
    int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
    if (vm_fd < 0) {
        err = -errno;
        snprintf(why, why_size, "/dev/kvm is there, but makes no VM: %s", strerror(-err));
    } else {
        err = probe_guest(kvm_fd, vm_fd, why, why_size);
        close(vm_fd);
    }
    close(kvm_fd);
    if (!err)
        snprintf(why, why_size, "%s", kvmarch_describe());
    return err;
}

/* ---- services for the devices ---- */

static int connect_irq(void *backend, uint32_t irq, int fd)
{
    struct kvm_machine *machine = backend;
    struct kvm_irqfd irqfd = {.fd = (uint32_t)fd, .gsi = irq};

    return ioctl(machine->vm_fd, KVM_IRQFD, &irqfd) < 0 ? -errno : 0;
}

static int doorbell(void *backend, uint64_t gpa, uint32_t value, int fd)
{
    struct kvm_machine *machine = backend;
    struct kvm_ioeventfd io = {
        .datamatch = value,
        .addr = gpa,
        .len = 4,
        .fd = fd,
        .flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
    };

    return ioctl(machine->vm_fd, KVM_IOEVENTFD, &io) < 0 ? -errno : 0;
}

static int map_rom(void *backend, uint64_t gpa, uint64_t size, void *host)
{
    struct kvm_machine *machine = backend;
    unsigned i = 0;

    while (i < ROM_SLOTS && machine->rom[i].size && machine->rom[i].gpa != gpa)
        i++;
    if (i == ROM_SLOTS)
        return -ENOSPC;
    int err = slot_set(machine->vm_fd, MEM_RANGES + i, KVM_MEM_READONLY, gpa, host ? size : 0, host);
    if (!err)
        machine->rom[i] = (struct rom_slot){gpa, host ? size : 0};
    return err;
}

static void power_off(void *backend, int status)
{
    struct kvm_machine *machine = backend;

    vm_power_off(&machine->vm, status);
}

/* ---- arguments of the devices ---- */

/* Records come on the vCPU thread that rang; once there is an end, the VM stops. */
static void control_sink(void *owner, const uint8_t *bytes, unsigned count)
{
    struct kvm_machine *machine = owner;
    struct backend_result *result = &machine->control_result;

    if (control_feed(&machine->control, bytes, count, result)) {
        vm_fail(&machine->vm, "the guest kernel's control port sent something else than records");
        return;
    }
    if (result->failure[0])
        vm_fail(&machine->vm, "%s", result->failure);
    else if (result->exited)
        vm_power_off(&machine->vm, result->status);
}

static void escape(void *owner, uint8_t next)
{
    struct kvm_machine *machine = owner;

    if (next == PORT_ESCAPE_QUIT)
        vm_fail(&machine->vm, "ended by Ctrl-A x");
}

static const void *console_args(struct kvm_machine *machine)
{
    struct port_fds fds[LVMM_PORT_COUNT];
    struct virtio_console_port *ports = machine->ports;

    ports_map(machine->job->tty, fds);
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
        ports[i] = (struct virtio_console_port){
            .name = port_names[i], .in_fd = fds[i].in, .out_fd = fds[i].out, .owner = machine};
    ports[LVMM_PORT_TTY].is_console = true;
    ports[LVMM_PORT_TTY].escape = PORT_ESCAPE;
    ports[LVMM_PORT_TTY].on_escape = escape;
    ports[LVMM_PORT_CONTROL].sink = control_sink;
    if (machine->job->plan->bare) /* its console is the serial port, which has stdin and stdout */
        for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
            ports[i].in_fd = ports[i].out_fd = -1;
    machine->args.console = (struct virtio_console_args){.ports = ports, .count = LVMM_PORT_COUNT};
    return &machine->args.console;
}

static void serial_write(void *owner, const char *bytes, unsigned count)
{
    struct kvm_machine *machine = owner;

    serial_output_write(&machine->serial, bytes, count);
}

static const void *serial_args(struct kvm_machine *machine)
{
    machine->args.serial = (struct serial16550_args){
        .in_fd = machine->job->plan->bare ? STDIN_FILENO : -1,
        .output = serial_write,
        .owner = machine,
    };
    return &machine->args.serial;
}

static const void *blk_args(struct kvm_machine *machine, unsigned unit)
{
    const struct backend_file *file = &machine->job->disk[unit];
    struct virtio_blk_args *args = &machine->args.blk;

    *args = (struct virtio_blk_args){
        .fd = file->fd, .size_bytes = file->size_bytes, .read_only = file->read_only, .name = file->path};
    snprintf(args->serial, sizeof(args->serial), "lvmm-disk%u", unit);
    return args;
}

static const void *pflash_args(struct kvm_machine *machine)
{
    const struct backend_file *file = &machine->job->pflash;

    machine->args.pflash = (struct pflash_args){
        .fd = file->fd, .size = file->size_bytes, .read_only = file->read_only, .name = file->path};
    return &machine->args.pflash;
}

static const void *device_args(void *backend, const struct plan_device *device)
{
    struct kvm_machine *machine = backend;

    if (device->type == &device_virtio_console)
        return console_args(machine);
    if (device->type == &device_virtio_blk)
        return blk_args(machine, device->window.unit);
    if (device->type == &device_serial16550)
        return serial_args(machine);
    if (device->type == &device_pflash)
        return pflash_args(machine);
    return &machine->args; /* the others take none */
}

/* ---- the run ---- */

static void stop_ready(void *owner, uint32_t events)
{
    struct kvm_machine *machine = owner;

    (void)events;
    vm_stop(&machine->vm);
}

static void print_failure(struct vcpu *vcpu)
{
    kvmarch_print(vcpu);
}

static void print_exits(const struct vcpu *vcpu)
{
    uint64_t total = 0;
    char line[256] = "";
    size_t length = 0;

    for (unsigned i = 0; i < EXIT_KINDS; i++) {
        total += vcpu->exits[i];
        if (vcpu->exits[i])
            length +=
                (size_t)snprintf(line + length, sizeof(line) - length, ", %s %" PRIu64, exit_names[i], vcpu->exits[i]);
    }
    log_detail("exits: %" PRIu64 "%s", total, line);
}

/* The VM of KVM itself, with the guest's memory. */
static int machine_open(struct kvm_machine *machine)
{
    char why[256];
    int err = kvm_open(&machine->kvm_fd, why, sizeof(why));

    if (err) {
        log_error("%s", why);
        return err;
    }
    machine->vm_fd = ioctl(machine->kvm_fd, KVM_CREATE_VM, 0);
    err = machine->vm_fd < 0 ? -errno : kvmarch_vm_init(machine->vm_fd);
    if (err)
        log_error("KVM can't make a VM: %s", strerror(-err));
    return err;
}

static int memory_slots_set(struct kvm_machine *machine)
{
    const struct mem *mem = &machine->vm.mem;
    int err = 0;

    for (unsigned i = 0; !err && i < mem->count; i++)
        err = slot_set(machine->vm_fd, i, 0, mem->range[i].base, mem->range[i].size, mem->host[i]);
    if (err)
        log_error("KVM doesn't take the guest's memory: %s", strerror(-err));
    return err;
}

static int vcpu_set_up(struct kvm_machine *machine)
{
    int err = vcpu_create(machine->kvm_fd, machine->vm_fd, 0, &machine->vm, &machine->vcpu);

    if (!err) {
        machine->vcpu.on_failure = print_failure;
        err = kvmarch_vcpu_init(machine->kvm_fd, &machine->vcpu, 0, &machine->job->plan->entry);
        if (err)
            vcpu_destroy(&machine->vcpu);
    }
    if (err)
        log_error("KVM can't make a vCPU: %s", strerror(-err));
    return err;
}

static int machine_run(struct kvm_machine *machine)
{
    machine->stop_watch = (struct loop_watch){machine->job->stop_fd, stop_ready, machine};
    int err = loop_add(machine->vm.loop, &machine->stop_watch, EPOLLIN);
    if (!err)
        err = vcpu_start(&machine->vcpu);
    if (!err)
        err = loop_run(machine->vm.loop);
    vcpu_stop(&machine->vcpu);
    if (machine->vm.end.kind == VM_STOPPED && log_is_verbose())
        kvmarch_print(&machine->vcpu); /* where it was, if it hung */
    if (err)
        log_error("the event loop failed: %s", strerror(-err));
    return err;
}

static void result_fill(struct kvm_machine *machine, struct backend_result *result)
{
    const struct vm_end *end = &machine->vm.end;

    *result = (struct backend_result){.ended_early = end->kind == VM_STOPPED};
    if (end->kind == VM_POWERED_OFF) {
        result->exited = true;
        result->status = end->status;
        /* Our kernel says how the program ended before it powers off. */
        if (!machine->job->plan->bare && !machine->control_result.exited) {
            result->exited = false;
            snprintf(result->failure, sizeof(result->failure), "the guest kernel stopped without an exit status");
        }
    } else {
        snprintf(result->failure, sizeof(result->failure), "%s", end->text);
    }
}

static int machine_start(struct kvm_machine *machine, struct backend_result *result)
{
    const struct vm_services services = {
        .device = {.doorbell = doorbell, .map_rom = map_rom, .power_off = power_off},
        .connect_irq = connect_irq,
        .backend = machine,
        .device_args = device_args,
    };
    int err = vm_create(machine->job->plan, &services, &machine->vm);

    if (err)
        return err;
    err = memory_slots_set(machine);
    if (!err)
        err = vcpu_set_up(machine);
    if (!err) {
        err = machine_run(machine);
        print_exits(&machine->vcpu);
        vcpu_destroy(&machine->vcpu);
    }
    result_fill(machine, result);
    vm_destroy(&machine->vm);
    serial_output_flush(&machine->serial);
    return err;
}

static int kvm_run_job(const struct backend_job *job, struct backend_result *result)
{
    struct kvm_machine machine = {.job = job, .kvm_fd = -1, .vm_fd = -1};

    control_init(&machine.control);
    serial_output_init(&machine.serial, job->plan->bare);
    int err = machine_open(&machine);
    if (!err)
        err = machine_start(&machine, result);
    if (machine.vm_fd >= 0)
        close(machine.vm_fd);
    if (machine.kvm_fd >= 0)
        close(machine.kvm_fd);
    return err;
}

const struct backend_ops backend_kvm = {.name = "kvm", .probe = kvm_probe, .run = kvm_run_job};
