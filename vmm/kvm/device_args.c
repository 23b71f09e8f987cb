/* SPDX-License-Identifier: Apache-2.0 */
/* device_args.c - see device_args.h. */
#include "vmm/kvm/device_args.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "vmm/ports.h"
#include "vmm/syscall_names.h"

/* Once there is an end, the VM stops, and nothing that comes after it counts. */
static bool control_sink(void *owner, const uint8_t *bytes, unsigned count)
{
    struct device_args *args = owner;
    struct backend_result *result = &args->control_result;

    if (control_feed(&args->control, bytes, count, result)) {
        vm_fail(args->vm, "the guest kernel's control port sent something else than records");
        return false;
    }
    if (result->failure[0])
        vm_fail(args->vm, "%s", result->failure);
    else if (result->exited)
        vm_power_off(args->vm, result->status);
    return !args->control.over;
}

static void escape(void *owner, uint8_t next)
{
    struct device_args *args = owner;

    if (next == PORT_ESCAPE_QUIT)
        vm_fail(args->vm, "ended by Ctrl-A x");
}

static const void *console_args(struct device_args *args)
{
    struct port_fds fds[LVMM_PORT_COUNT];
    struct virtio_console_port *ports = args->ports;

    ports_map(args->job->tty, fds);
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
        ports[i] = (struct virtio_console_port){
            .name = port_names[i], .in_fd = fds[i].in, .out_fd = fds[i].out, .owner = args};
    ports[LVMM_PORT_TTY].is_console = true;
    ports[LVMM_PORT_TTY].escape = PORT_ESCAPE;
    ports[LVMM_PORT_TTY].on_escape = escape;
    ports[LVMM_PORT_CONTROL].sink = control_sink;
    if (args->job->plan->bare) /* its console is the serial port, which has stdin and stdout */
        for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
            ports[i].in_fd = ports[i].out_fd = -1;
    args->of.console = (struct virtio_console_args){.ports = ports, .count = LVMM_PORT_COUNT};
    return &args->of.console;
}

static bool run_has_ended(void *owner)
{
    struct device_args *args = owner;

    return vm_has_ended(args->vm);
}

/* A process would have died of SIGPIPE. */
static void stdout_gone(void *owner)
{
    struct device_args *args = owner;

    vm_power_off(args->vm, 128 + SIGPIPE);
}

static const struct serial_output_ops serial_ops = {.has_ended = run_has_ended, .gone = stdout_gone};

static void serial_write(void *owner, const char *bytes, unsigned count)
{
    struct device_args *args = owner;

    serial_output_write(&args->serial, bytes, count);
}

static const void *serial_args(struct device_args *args)
{
    args->of.serial = (struct serial_args){
        .in_fd = args->job->plan->bare ? STDIN_FILENO : -1,
        .output = serial_write,
        .owner = args,
    };
    return &args->of.serial;
}

static const void *blk_args(struct device_args *args, unsigned unit)
{
    const struct backend_file *file = &args->job->disk[unit];
    struct virtio_blk_args *blk = &args->of.blk;

    *blk = (struct virtio_blk_args){
        .fd = file->fd, .size_bytes = file->size_bytes, .read_only = file->read_only, .name = file->path};
    snprintf(blk->serial, sizeof(blk->serial), BACKEND_DISK_SERIAL, unit);
    return blk;
}

static const void *pflash_args(struct device_args *args)
{
    const struct backend_file *file = &args->job->pflash;

    args->of.pflash = (struct pflash_args){
        .fd = file->fd, .size = file->size_bytes, .read_only = file->read_only, .name = file->path};
    return &args->of.pflash;
}

const void *device_args_get(struct device_args *args, const struct plan_device *device)
{
    if (device->type == &device_virtio_console)
        return console_args(args);
    if (device->type == &device_virtio_blk)
        return blk_args(args, device->window.unit);
    if (device->type == args->job->plan->machine->serial_type)
        return serial_args(args);
    if (device->type == &device_pflash)
        return pflash_args(args);
    return &args->of; /* the others take none */
}

static void on_syscall(void *owner, uint32_t number, uint64_t begin_ago_ns, uint64_t end_ago_ns)
{
    struct device_args *args = owner;
    uint64_t now = timeline_now();
    const char *name = syscall_name(args->job->plan->machine->isa, number);

    timeline_add(args->job->timeline, TIMELINE_SYSCALLS, name ? name : "unknown", name ? 0 : number, now - begin_ago_ns,
                 now - end_ago_ns);
}

void device_args_init(struct device_args *args, const struct backend_job *job, struct vm *vm)
{
    args->job = job;
    args->vm = vm;
    args->control_result = (struct backend_result){0};
    control_init(&args->control);
    args->control.owner = args;
    if (job->timeline)
        args->control.on_syscall = on_syscall;
    serial_output_init(&args->serial, job->plan->bare);
    serial_output_connect(&args->serial, job->stop_fd, &serial_ops, args);
}
