/* SPDX-License-Identifier: Apache-2.0 */
/* backend_kvm.c - runs a plan on /dev/kvm, with our own devices. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvmarch/kvmarch.h"
#include "vmm/backend.h"
#include "vmm/clock.h"
#include "vmm/kvm/device_args.h"
#include "vmm/kvm/handover.h"
#include "vmm/kvm/run_result.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/kvm/vm.h"
#include "vmm/kvm/window_slots.h"
#include "vmm/limits.h"
#include "vmm/loaded.h"
#include "vmm/lock_in.h"
#include "vmm/log.h"
#include "vmm/net/net_service.h"
#include "vmm/share/share_process.h"
#include "vmm/stop.h"
#include "vmm/terminal.h"
#include "vmm/tracer.h"

#define ROM_SLOTS 4
#define WINDOW_SLOT (MEM_RANGES + ROM_SLOTS)
/* Why --accel auto takes KVM, of whatever kind, before TCG: measured (lvmm-design(7), Figures). */
#define KVM_FIRST "because a short guest ran, and programs compute there at the host's speed, ten times TCG's"

struct rom_slot { /* a read-only memory slot that a device asked for */
    uint64_t gpa, size;
};

struct kvm_machine {
    const struct backend_job *job;
    int kvm_fd, vm_fd;
    struct vm vm;
    struct vm_services services; /* the devices keep a pointer to it */
    struct kvmarch_irqchip *irqchip;
    struct vcpus vcpus;
    struct rom_slot rom[ROM_SLOTS]; /* guarded by the device that asks: one flash, one lock, and the window at first */
    struct window window;
    struct device_args args;
    struct share_process shares;
    struct net_service net;
    unsigned irqchip_version;        /* the plan's, or with -EAGAIN: what it has to be */
    uint32_t timebase_hz;            /* the plan's, or with -EAGAIN: what it has to say; 0: nothing */
    char cpu_isa[BACKEND_ISA_BYTES]; /* the same; "": nothing */
    char why[256];                   /* KVM can't do it: the reason */
};

/* ---- opening and probing ---- */

static int kvm_open(int *out, char *why, size_t why_size)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        int error = -errno;
        if (error == -ENOENT)
            snprintf(why, why_size, "/dev/kvm is not there: the CPU, the firmware's settings or the kernel lack KVM");
        else if (error == -EACCES || error == -EPERM)
            snprintf(why, why_size, "/dev/kvm: %s; join the group kvm (usermod -aG kvm USER, then log in again)",
                     strerror(-error));
        else
            snprintf(why, why_size, "/dev/kvm: %s", strerror(-error));
        return error;
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

/* Runs kvmarch's few instructions at `code_gpa`: a KVM that is there but can't run them is found out here, not by the
 * user's guest. On success nothing of it is left in the vCPU but registers. */
static int probe_guest(struct vcpu *vcpu, gpa_t code_gpa, char *why, size_t why_size)
{
    const struct plan_entry entry = {.pc = code_gpa, .arg = kvmarch_probe_mmio};
    struct vm_exit exit = {.kind = EXIT_UNKNOWN};
    int error = kvmarch_vcpu_enter(vcpu, &entry);

    if (error == 0)
        error = vcpu_run_once(vcpu, &exit);
    if (error != 0) {
        snprintf(why, why_size, "/dev/kvm is there, but a short guest can't be run: %s", strerror(-error));
        return error;
    }
    if (exit.kind != EXIT_MMIO_WRITE || exit.address != kvmarch_probe_mmio || *(uint8_t *)exit.data != 0x5a) {
        snprintf(why, why_size, "/dev/kvm is there, but a short guest ended with \"%s\"", exit_names[exit.kind]);
        return -ENOTSUP;
    }
    return vcpu_complete(vcpu);
}

/* A VM of two pages. */
static int probe_vm(int kvm_fd, int vm_fd, char *why, size_t why_size)
{
    struct vcpu vcpu;
    size_t code_size;
    const void *code = kvmarch_probe_code(&code_size);
    char *memory = mmap(NULL, 0x2000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return -errno;
    memcpy(memory + PROBE_CODE_GPA, code, code_size);
    int error = kvmarch_vm_init(vm_fd);
    if (error == 0)
        error = slot_set(vm_fd, 0, 0, 0, 0x2000, memory);
    if (error == 0)
        error = vcpu_create(kvm_fd, vm_fd, 0, NULL, &vcpu);
    if (error != 0) {
        snprintf(why, why_size, "/dev/kvm is there, but a short guest can't be set up: %s", strerror(-error));
    } else {
        error = kvmarch_vcpu_init(kvm_fd, &vcpu, 0, 1);
        if (error == 0)
            error = probe_guest(&vcpu, PROBE_CODE_GPA, why, why_size);
        vcpu_destroy(&vcpu);
    }
    munmap(memory, 0x2000);
    return error;
}

static int kvm_probe(const struct machine *machine, char *why, size_t why_size)
{
    int kvm_fd;

    if (machine != NULL && machine->elf_machine != kvmarch_elf_machine) {
        snprintf(why, why_size, "KVM runs only guests of the host's own ISA, not %s; --accel tcg does", machine->isa);
        return -ENOTSUP;
    }
    int error = kvm_open(&kvm_fd, why, why_size);
    if (error != 0)
        return error;
    int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, kvmarch_vm_type(kvm_fd));
    if (vm_fd < 0) {
        error = -errno;
        snprintf(why, why_size, "/dev/kvm is there, but makes no VM: %s", strerror(-error));
    } else {
        error = probe_vm(kvm_fd, vm_fd, why, why_size);
        close(vm_fd);
    }
    close(kvm_fd);
    if (error == 0)
        snprintf(why, why_size, "%s", kvmarch_describe());
    return error;
}

/* ---- services for the devices ---- */

static void raise_irq(void *backend, uint32_t irq)
{
    struct kvm_machine *machine = backend;

    kvmarch_irq_raise(machine->irqchip, irq);
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

    while (i < ROM_SLOTS && machine->rom[i].size != 0 && machine->rom[i].gpa != gpa)
        i++;
    if (i == ROM_SLOTS)
        return -ENOSPC;
    int error = slot_set(machine->vm_fd, MEM_RANGES + i, KVM_MEM_READONLY, gpa, host != NULL ? size : 0, host);
    if (error == 0)
        machine->rom[i] = (struct rom_slot){gpa, host != NULL ? size : 0};
    return error;
}

static int map_window(void *backend, uint64_t gpa, uint64_t size, void *host)
{
    struct kvm_machine *machine = backend;

    return slot_set(machine->vm_fd, WINDOW_SLOT, 0, gpa, size, host);
}

static void power_off(void *backend, int status)
{
    struct kvm_machine *machine = backend;

    vm_power_off(&machine->vm, status,
                 machine->job->plan->linux_guest ? "a write to its sleep or reset register"
                                                 : "a write to its debug exit");
}

static bool has_ended(void *backend)
{
    struct kvm_machine *machine = backend;

    return vm_has_ended(&machine->vm);
}

static const void *device_args(void *backend, const struct plan_device *device)
{
    struct kvm_machine *machine = backend;

    return device_args_get(&machine->args, device);
}

/* ---- before the run ---- */

/* Found out by the kinds of kernel and KVM, without a try. */
static int linux_check(struct kvm_machine *machine)
{
    const char *obstacle = machine->job->plan->linux_guest ? kvmarch_linux_obstacle() : NULL;

    if (obstacle == NULL)
        return 0;
    snprintf(machine->why, sizeof(machine->why), "%s%s%s", machine->job->may_fall_back ? "" : "--accel kvm: ", obstacle,
             machine->job->may_fall_back ? "" : "; --accel tcg runs it");
    return -ENOTSUP;
}

/* The VM of KVM itself, without memory. */
static int machine_open(struct kvm_machine *machine)
{
    int error = kvm_open(&machine->kvm_fd, machine->why, sizeof(machine->why));

    if (error != 0)
        return error;
    do /* a signal interrupts it, or the end of work that io_uring has for this thread */
        machine->vm_fd = ioctl(machine->kvm_fd, KVM_CREATE_VM, kvmarch_vm_type(machine->kvm_fd));
    while (machine->vm_fd < 0 && errno == EINTR);
    error = machine->vm_fd < 0 ? -errno : kvmarch_vm_init(machine->vm_fd);
    if (error != 0)
        snprintf(machine->why, sizeof(machine->why), "KVM can't make a VM: %s", strerror(-error));
    return error;
}

static int irqchip_create(struct kvm_machine *machine)
{
    unsigned version = machine->job->plan->irqchip_version;

    machine->irqchip_version = version;
    int error = kvmarch_irqchip_create(machine->vm_fd, version, &machine->vm.mmio, &machine->irqchip);

    if (error != -ENODEV || version == kvmarch_irqchip_other)
        return error;
    machine->irqchip_version = kvmarch_irqchip_other;
    return -EAGAIN;
}

static int machine_fill(struct kvm_machine *machine)
{
    machine->services = (struct vm_services){
        .device = {.doorbell = doorbell,
                   .map_rom = map_rom,
                   .map_window = map_window,
                   .power_off = power_off,
                   .has_ended = has_ended},
        .raise_irq = raise_irq,
        .backend = machine,
        .device_args = device_args,
        .kernel_fd = machine->job->kernel.fd,
        .initrd_fd = machine->job->initrd.fd,
        .timeline = machine->job->timeline,
    };
    device_args_init(&machine->args, machine->job, &machine->vm);
    machine->args.share_socket = machine->shares.socket;
    machine->args.share_window_socket = machine->shares.window;
    machine->args.net_socket = machine->net.socket;
    int error = vm_create(machine->job->plan, &machine->services, &machine->vm);

    if (error != 0)
        return error;
    machine->vm.ends_at_unmapped = machine->job->config->unmapped == UNMAPPED_END;
    if (machine->job->plan->bare)
        device_args_console(&machine->args, &machine->vm.console);
    timeline_phase(machine->job->timeline, "memory slots");
    error = window_connect(&machine->window, machine->args.shares, &machine->job->plan->dax, &machine->vm);
    error = error != 0 ? error : irqchip_create(machine);
    const struct mem *mem = &machine->vm.mem;
    for (unsigned i = 0; error == 0 && i < mem->count; i++)
        error = slot_set(machine->vm_fd, i, 0, mem->range[i].base, mem->range[i].size, mem->host[i]);
    if (error != 0) {
        snprintf(machine->why, sizeof(machine->why), "KVM doesn't take the guest's memory: %s", strerror(-error));
        vm_destroy(&machine->vm);
    }
    return error;
}

/* Does the plan tell the guest of the clock that KVM has, and Linux of the CPUs? 0; -EAGAIN with what is right in
 * timebase_hz and cpu_isa; -errno. */
static int cpus_check(struct kvm_machine *machine)
{
    const struct plan *plan = machine->job->plan;
    const struct vcpu *cpu = &machine->vcpus.cpu[0];
    int error = kvmarch_timebase(cpu, &machine->timebase_hz);

    if (error == 0 && plan->linux_guest)
        error = kvmarch_cpu_isa(cpu, machine->cpu_isa, sizeof(machine->cpu_isa));
    if (error != 0)
        return error;
    bool same_clock = machine->timebase_hz == 0 || machine->timebase_hz == plan->timebase_hz;
    bool same_isa =
        machine->cpu_isa[0] == '\0' || (plan->cpu_isa != NULL && strcmp(machine->cpu_isa, plan->cpu_isa) == 0);
    return same_clock && same_isa ? 0 : -EAGAIN;
}

/* How many vCPUs KVM lets this VM have, which depends on its interrupt controller (KVM API, 4.4); 0: it doesn't tell.
 */
static unsigned vcpus_most(const struct kvm_machine *machine)
{
    int most = ioctl(machine->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);

    return most > 0 ? (unsigned)most : 0;
}

static int vcpus_set_up(struct kvm_machine *machine)
{
    const struct vcpu like = {.explain = kvmarch_explain,
                              .on_failure = kvmarch_print,
                              .pc = kvmarch_pc,
                              .power_off_call = kvmarch_power_off_call,
                              .owner = machine};
    const struct vcpus_input input = {
        .kvm_fd = machine->kvm_fd,
        .vm_fd = machine->vm_fd,
        .count = machine->job->config->cpus,
        .vm = &machine->vm,
        .like = &like,
        .on_create = kvmarch_vcpu_init,
    };

    timeline_phase(machine->job->timeline, "vCPU creation");
    unsigned most = input.count > 1 ? vcpus_most(machine) : 0;
    if (most != 0 && input.count > most) {
        snprintf(machine->why, sizeof(machine->why), "--cpus %u: KVM gives guests on this host %u at most", input.count,
                 most);
        return -E2BIG;
    }
    int error = vcpus_create(&input, &machine->vcpus);
    if (error == 0) {
        error = cpus_check(machine);
        if (error == 0)
            error = kvmarch_irqchip_connect(machine->irqchip, machine->vcpus.cpu, machine->vcpus.count);
        if (error != 0)
            vcpus_destroy(&machine->vcpus);
    }
    if (error != 0)
        snprintf(machine->why, sizeof(machine->why), "KVM can't make %u vCPU%s: %s", input.count,
                 input.count == 1 ? "" : "s", strerror(-error));
    return error;
}

/* Runs the probe's code in the guest's own memory, where the plan's last image lies, and puts the image back. So the
 * probe touches no page that the guest doesn't use, and leaves nothing behind. 0 or -errno with machine->why. */
static int probe_here(struct kvm_machine *machine)
{
    const struct plan *plan = machine->job->plan;
    const struct plan_image *image = &plan->image[plan->image_count - 1];
    size_t code_size;
    const void *code = kvmarch_probe_code(&code_size);

    if (image->file_size < code_size || mem_write(&machine->vm.mem, image->gpa, code, code_size) != 0)
        return 0; /* too small for the code, which no machine's is: not probed */
    int error = probe_guest(&machine->vcpus.cpu[0], image->gpa, machine->why, sizeof(machine->why));
    mem_write(&machine->vm.mem, image->gpa, image->data, code_size);
    kvmarch_probe_gone(mem_at(&machine->vm.mem, image->gpa, code_size), code_size);
    return error;
}

static int vcpus_prepare(struct kvm_machine *machine)
{
    int error = vcpus_set_up(machine);

    if (error != 0)
        return error;
    timeline_phase(machine->job->timeline, "probe and entry");
    if (machine->job->may_fall_back)
        error = probe_here(machine);
    if (error == 0) {
        error = kvmarch_vcpu_enter(&machine->vcpus.cpu[0], &machine->job->plan->entry);
        if (error != 0)
            snprintf(machine->why, sizeof(machine->why), "KVM doesn't take the entry's registers: %s",
                     strerror(-error));
    }
    if (error != 0)
        vcpus_destroy(&machine->vcpus);
    return error;
}

/* ---- the run ---- */

/* In a signal handler, which may not end the VM itself: the next thread that asks whether the VM has ended does. The
 * first vCPU is made to leave the guest so that it asks soon. */
static void on_request(void *owner)
{
    struct kvm_machine *machine = owner;

    bool asks = tracer_wants_answer(machine->job->tracer);

    vm_ask_to_stop(&machine->vm, clock_ns(CLOCK_MONOTONIC) + (asks ? TRACER_ANSWER_NS : 0));
    if (asks)
        guest_ports_ask(&machine->args.ports);
    vcpu_kick_first(&machine->vcpus.cpu[0]);
}

static void on_trace(void *owner)
{
    struct kvm_machine *machine = owner;

    vcpu_kick_first(&machine->vcpus.cpu[0]);
}

static void kick(void *owner)
{
    struct kvm_machine *machine = owner;

    vcpus_kick(&machine->vcpus);
}

/* Opens the rest, closes what isn't needed any more, and locks the process in. */
static int machine_lock_in(struct kvm_machine *machine)
{
    const struct backend_job *job = machine->job;
    struct sandbox_held held;

    device_args_open(&machine->args);
    handover_file(machine->vm_fd);
    close(machine->kvm_fd);
    if (job->kernel.fd >= 0) /* what is used of them is mapped */
        close(job->kernel.fd);
    if (job->initrd.fd >= 0)
        close(job->initrd.fd);
    int error = lock_in(job, &sandbox_list_kvm, NULL, lock_in_has_processes(job), &held);
    if (error == 0 && held.seccomp) {
        loop_set_list(machine->vm.loop, &sandbox_list_loop);
        machine->vcpus.list = &sandbox_list_vcpu;
    }
    return error;
}

/* The first vCPU runs on this thread, which signals then interrupt. A guest of one CPU that waits for nothing of the
 * host's has no other thread. */
static int machine_run(struct kvm_machine *machine)
{
    struct vm *vm = &machine->vm;

    vm->kick = kick;
    vm->kick_owner = machine;
    vm->on_interrupted = guest_ports_interrupted;
    vm->on_interrupted_owner = &machine->args.ports;
    int error = machine_lock_in(machine);

    if (error != 0)
        return error;
    error = guest_ports_start(&machine->args.ports);
    if (error == 0)
        error = loop_start(vm->loop);
    if (error != 0) {
        log_error("the event loop failed: %s", strerror(-error));
        return error;
    }
    error = limits_guest_begins(machine->job->limits, 0);
    if (error != 0) {
        log_error("--cpu-time: the host gives no timer: %s", strerror(-error));
        return error;
    }
    machine->vcpus.cpu[0].timeline = machine->job->timeline;
    timeline_phase(machine->job->timeline, "guest run");
    stop_on_request(machine->job->stop, on_request, machine);
    stop_on_trace(machine->job->stop, on_trace, machine);
    error = vcpus_run(&machine->vcpus);
    stop_on_trace(machine->job->stop, NULL, NULL);
    stop_on_request(machine->job->stop, NULL, NULL);
    timeline_phase(machine->job->timeline, "exit");
    loop_finish(vm->loop);
    guest_ports_fini(&machine->args.ports);
    terminal_fini(machine->job->terminal); /* a disk may be slow to end: Ctrl-C works meanwhile */
    if (vm->end.kind == VM_STOPPED && log_is_verbose())
        kvmarch_print(&machine->vcpus.cpu[0]); /* where it was, if it hung */
    vcpus_print_exits(&machine->vcpus);
    if (error != 0)
        log_error("the threads of %u vCPUs can't be made: %s", machine->vcpus.count, strerror(-error));
    return error;
}

/* Takes all of it down, for a process that goes on: with QEMU, or with another plan. */
static void machine_close(struct kvm_machine *machine)
{
    kvmarch_irqchip_destroy(machine->irqchip);
    if (machine->vm_fd >= 0)
        close(machine->vm_fd);
    if (machine->kvm_fd >= 0)
        close(machine->kvm_fd);
    share_process_end(&machine->shares);
    net_service_end(&machine->net);
}

static int explain(const struct kvm_machine *machine, int error, struct backend_result *result)
{
    *result = (struct backend_result){.irqchip_version = machine->irqchip_version, .timebase_hz = machine->timebase_hz};
    memcpy(result->cpu_isa, machine->cpu_isa, sizeof(result->cpu_isa));
    if (machine->why[0] == 0 || error == -EAGAIN)
        return error; /* after a message, or for another plan */
    if (!machine->job->may_fall_back) {
        log_error("%s", machine->why);
        return error;
    }
    snprintf(result->failure, sizeof(result->failure), "%s", machine->why);
    return -ENOTSUP;
}

/* After a run only the devices are ended, for the disks' sake: unmapping the guest's memory and closing KVM's
 * descriptors one by one costs KVM more than the process's end, which does all of it at once. The VM itself outlives
 * the process: its end waits for grace periods of RCU, 8 to 12 ms on a host with 250 ticks a second. */
static int kvm_run_job(const struct backend_job *job, struct backend_result *result)
{
    struct kvm_machine machine = {.job = job, .kvm_fd = -1, .vm_fd = -1};

    share_process_init(&machine.shares);
    net_service_init(&machine.net);
    timeline_phase(job->timeline, "VM creation");
    int error = linux_check(&machine);

    if (error == 0) /* while there is little memory to copy, and no VM that it would hold on to */
        error = share_process_start(&machine.shares, job->share, job->share_count, job->config->sandbox,
                                    job->plan->dax.bytes != 0, job->noted);
    if (error == 0)
        error = net_service_start(&machine.net, job->net, job->config->sandbox);
    if (error == 0)
        error = machine_open(&machine);
    if (error == 0)
        error = machine_fill(&machine);
    if (error == 0) {
        error = vcpus_prepare(&machine);
        if (error != 0)
            vm_destroy(&machine.vm);
    }
    if (error != 0) {
        machine_close(&machine);
        return explain(&machine, error, result);
    }
    if (log_is_verbose()) /* to describe it takes a while */
        log_detail("accelerator: kvm (%s), %s", kvmarch_describe(), job->may_fall_back ? KVM_FIRST : "as --accel says");
    loaded_print(job, false);
    error = machine_run(&machine);
    timeline_phase(job->timeline, "teardown");
    run_result_fill(&machine.vm, &machine.args, result);
    panic_watch_conclude(&machine.args.ports.panic, &result->exited, result->failure, sizeof(result->failure));
    vm_finish(&machine.vm);
    share_process_end(&machine.shares);
    net_service_end(&machine.net);
    serial_output_fini(&machine.args.serial);
    return error;
}

const struct backend_ops backend_kvm = {.name = "kvm", .probe = kvm_probe, .run = kvm_run_job};
