/* SPDX-License-Identifier: Apache-2.0 */
/* device_args.c - see device_args.h. */
#include "vmm/kvm/device_args.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "boot/abi.h"
#include "vmm/kvm/vm.h"
#include "vmm/limits.h"
#include "vmm/terminal.h"

static bool run_has_ended(void *owner)
{
    struct device_args *args = owner;

    return vm_has_ended(args->ports.vm);
}

/* A process would have died of SIGPIPE. */
static void stdout_gone(void *owner)
{
    struct device_args *args = owner;

    vm_power_off(args->ports.vm, 128 + SIGPIPE, NULL);
}

static const struct serial_output_ops serial_ops = {.has_ended = run_has_ended, .gone = stdout_gone};

static void serial_write(void *owner, const char *bytes, unsigned count)
{
    struct device_args *args = owner;

    if (args->job->plan->linux_guest)
        guest_ports_watch(&args->ports, bytes, count);
    pthread_mutex_lock(&args->serial_lock);
    serial_output_write(&args->serial, bytes, count);
    pthread_mutex_unlock(&args->serial_lock);
}

static void console_write(void *owner, const char *bytes, size_t size)
{
    serial_write(owner, bytes, (unsigned)size);
}

static void serial_escape(void *owner, uint8_t next)
{
    struct device_args *args = owner;

    guest_ports_escape(&args->ports, next);
}

static void serial_pause(void *owner)
{
    struct device_args *args = owner;

    terminal_lost(args->job->terminal);
}

/* Linux has the terminal raw, and its escape key is ours. */
static bool has_raw_terminal(const struct backend_job *job)
{
    return job->plan->linux_guest && (job->tty & 1u << STDIN_FILENO) != 0;
}

/* Who calls the firmware asks again and again: what isn't ready, has ended or failed is no input now. */
static size_t console_read(void *owner, char *bytes, size_t size)
{
    struct device_args *args = owner;
    size_t count = 0;

    if (has_raw_terminal(args->job) && !terminal_is_taken(args->job->terminal))
        return 0;
    pthread_mutex_lock(&args->input_lock);
    ssize_t n = hoststream_read(&args->input, bytes, size);
    if (n > 0)
        count = escape_filter(&args->input_escape, (uint8_t *)bytes, (size_t)n, serial_escape, args);
    pthread_mutex_unlock(&args->input_lock);
    return count;
}

void device_args_open(struct device_args *args)
{
    if (!args->job->plan->bare)
        return;
    hoststream_open_again(&args->input);
    hoststream_open_again(&args->serial.out);
}

void device_args_console(struct device_args *args, struct vm_console *console)
{
    *console = (struct vm_console){.write = console_write, .read = console_read, .owner = args};
}

/* Of Linux's two consoles one has our stdin. A terminal there is raw; to another bare kernel it is a line. */
static const void *serial_args(struct device_args *args)
{
    const struct backend_job *job = args->job;
    bool has_input = job->plan->bare && !job->plan->hvc_console;

    args->of.serial = (struct serial_args){
        .in_fd = has_input ? STDIN_FILENO : -1,
        .in_meter = limits_input(job->limits),
        .by_interrupt = job->plan->linux_guest,
        .output = serial_write,
        .owner = args,
    };
    if (has_input && has_raw_terminal(job)) {
        args->of.serial.escape = PORT_ESCAPE;
        args->of.serial.on_escape = serial_escape;
        args->of.serial.on_pause = serial_pause;
        args->of.serial.paused = !terminal_is_taken(job->terminal);
        args->of.serial.self = &args->ports.serial;
    }
    return &args->of.serial;
}

static const void *blk_args(struct device_args *args, unsigned unit)
{
    const struct backend_file *file = &args->job->disk[unit];
    struct virtio_blk_args *blk = &args->of.blk;

    *blk = (struct virtio_blk_args){.fd = file->fd,
                                    .offset = file->offset,
                                    .size_bytes = file->size_bytes,
                                    .cow = file->cow,
                                    .meters = args->job->disk_meters,
                                    .host = file->host,
                                    .read_only = file->read_only,
                                    .sandbox = args->job->config->sandbox,
                                    .name = file->path};
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
    if (device->type == &device_virtio_console) {
        guest_ports_args(&args->ports, &args->of.console);
        return &args->of.console;
    }
    if (device->type == &device_virtio_blk)
        return blk_args(args, device->window.unit);
    if (device->type == args->job->plan->machine->serial_type)
        return serial_args(args);
    if (device->type == &device_pflash)
        return pflash_args(args);
    if (device->type == &device_virtio_fs) {
        args->of.fs = (struct virtio_fs_args){.socket = args->share_socket,
                                              .tag = LVMM_SHARES_TAG,
                                              .window = args->job->plan->dax,
                                              .window_socket = args->share_window_socket,
                                              .self = &args->shares};
        return &args->of.fs;
    }
    if (device->type == &device_virtio_sockets) {
        args->of.sockets = (struct virtio_sockets_args){.socket = args->net_socket};
        return &args->of.sockets;
    }
    return &args->of; /* the others take none */
}

void device_args_init(struct device_args *args, const struct backend_job *job, struct vm *vm)
{
    args->job = job;
    pthread_mutex_init(&args->serial_lock, NULL);
    pthread_mutex_init(&args->input_lock, NULL);
    hoststream_init_input(&args->input, NULL, STDIN_FILENO, NULL, NULL); /* no loop ever watches it */
    args->input.meter = limits_input(job->limits);
    args->input_escape = (struct escape){.byte = has_raw_terminal(job) ? PORT_ESCAPE : 0};
    guest_ports_init(&args->ports, job, vm);
    serial_output_init(&args->serial, job->plan->bare, limits_output(job->limits));
    serial_output_connect(&args->serial, job->stop_fd, &serial_ops, args);
}
