/* SPDX-License-Identifier: Apache-2.0 */
/* guest_ports.c - see guest_ports.h. */
#include "vmm/kvm/guest_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "vmm/limits.h"
#include "vmm/log.h"
#include "vmm/stop.h"
#include "vmm/terminal.h"
#include "vmm/tracer.h"

/* ---- the guest's records ---- */

/* Takes the guest's records. One that ends the program, or that is none, ends the VM. */
static bool control_sink(void *owner, const uint8_t *bytes, unsigned count)
{
    struct guest_ports *ports = owner;
    struct backend_result *result = &ports->result;

    if (control_feed(&ports->control, bytes, count, result) != 0) {
        vm_fail(ports->vm, "the guest kernel's control port sent something else than records");
        return false;
    }
    if (result->failure[0] != '\0')
        vm_fail(ports->vm, "%s", result->failure);
    else if (result->exited)
        vm_power_off(ports->vm, result->status, "its kernel's exit record");
    if (ports->control.over)
        tracer_complete(ports->job->tracer);
    return !ports->control.over;
}

/* ---- system calls ---- */

static void on_syscall(void *owner, const struct lvmm_syscall *call, const struct trace_memory *memory, uint64_t now_ns)
{
    const struct guest_ports *ports = owner;

    tracer_take(ports->job->tracer, call, memory, now_ns);
}

static void on_event(void *owner, const struct lvmm_event *event)
{
    const struct guest_ports *ports = owner;

    tracer_take_event(ports->job->tracer, event);
}

static void on_syscalls_told(void *owner)
{
    struct guest_ports *ports = owner;

    if (!atomic_load(&ports->asked))
        return;
    tracer_complete(ports->job->tracer);
    vm_stop(ports->vm);
}

static void on_patience(void *owner, uint32_t events)
{
    struct guest_ports *ports = owner;

    (void)events;
    vm_stop(ports->vm);
}

/* A guest that doesn't answer may sleep, and then nobody asks whether the VM has ended. */
static void set_patience(struct guest_ports *ports)
{
    const struct itimerspec when = {.it_value = {.tv_nsec = TRACER_ANSWER_NS}};

    ports->patience =
        (struct loop_watch){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), on_patience, ports};
    if (ports->patience.fd < 0 || timerfd_settime(ports->patience.fd, 0, &when, NULL) < 0 ||
        loop_add(ports->vm->loop, &ports->patience, EPOLLIN) != 0)
        vm_stop(ports->vm);
}

static void tell_wanted(struct guest_ports *ports)
{
    host_records_trace(&ports->records, tracer_wanted(ports->job->tracer));
    if (ports->console != NULL)
        virtio_console_wake(ports->console, LVMM_PORT_CONTROL);
}

static void serve_traces(struct guest_ports *ports)
{
    unsigned traces = stop_traces(ports->job->stop);

    if (atomic_exchange(&ports->traces, traces) == traces)
        return;
    if (ports->job->plan->bare)
        log_warning(TRACER_NOT_OURS);
    else if (tracer_signals(ports->job->tracer, traces))
        tell_wanted(ports);
}

void guest_ports_interrupted(void *owner)
{
    struct guest_ports *ports = owner;

    serve_traces(ports);
    if (!atomic_load(&ports->ends) || atomic_exchange(&ports->asked, true))
        return;
    set_patience(ports);
    tell_wanted(ports);
}

void guest_ports_ask(struct guest_ports *ports)
{
    atomic_store(&ports->ends, true);
}

/* ---- is there input? ---- */

static void on_input(void *owner, uint32_t events)
{
    struct guest_ports *ports = owner;
    const struct lvmm_ready ready = ports_look(LVMM_PORT_STDIN, ports->fds[LVMM_PORT_STDIN].in);

    (void)events;
    pthread_mutex_lock(&ports->lock);
    loop_remove(ports->vm->loop, &ports->input);
    ports->watched = false;
    pthread_mutex_unlock(&ports->lock);
    host_records_ready(&ports->records, &ready);
    virtio_console_wake(ports->console, LVMM_PORT_CONTROL);
}

/* Watches stdin by a descriptor of its own: epoll takes each number only once, and the console device watches stdin by
 * its number, or a copy of that, when it waits for bytes to read. */
static void watch_input(struct guest_ports *ports, int fd)
{
    int error = 0;

    pthread_mutex_lock(&ports->lock);
    if (ports->input.fd < 0)
        ports->input = (struct loop_watch){fcntl(fd, F_DUPFD_CLOEXEC, 0), on_input, ports};
    if (!ports->watched)
        error = ports->input.fd < 0 ? -errno : loop_add(ports->vm->loop, &ports->input, EPOLLIN);
    ports->watched = error == 0;
    pthread_mutex_unlock(&ports->lock);
    if (error != 0)
        log_error("standard input can't be watched: %s", strerror(-error));
}

/* Called from the device's sink. Nobody has to be woken: the device asks for our records after its sink. */
static void on_poll(void *owner, uint32_t port)
{
    struct guest_ports *ports = owner;
    int fd = port == LVMM_PORT_STDIN ? ports->fds[port].in : -1;
    const struct lvmm_ready ready = ports_look(port, fd);

    host_records_ready(&ports->records, &ready);
    if (ready.events == 0)
        watch_input(ports, fd);
}

/* ---- the ports ---- */

void guest_ports_escape(struct guest_ports *ports, uint8_t next)
{
    if (next == PORT_ESCAPE_QUIT)
        vm_fail(ports->vm, "ended by Ctrl-A x");
}

static void on_escape(void *owner, uint8_t next)
{
    guest_ports_escape(owner, next);
}

static void on_pause(void *owner)
{
    struct guest_ports *ports = owner;

    terminal_lost(ports->job->terminal);
}

static void on_error(void *owner, unsigned port, int error)
{
    struct guest_ports *ports = owner;

    host_records_error(&ports->records, port, error);
}

static size_t next_record(void *owner, uint8_t *bytes)
{
    struct guest_ports *ports = owner;

    _Static_assert(HOST_RECORD_BYTES <= VIRTIO_CONSOLE_SOURCE_BYTES, "a record in one go");

    return host_records_next(&ports->records, bytes);
}

/* Nobody reads stdout any more: a process would have died of SIGPIPE. */
static void on_stdout_error(void *owner, unsigned port, int error)
{
    struct guest_ports *ports = owner;

    (void)port;
    if (error == EPIPE)
        vm_power_off(ports->vm, 128 + SIGPIPE, NULL);
    else
        log_error("stdout: can't be written: %s; what the guest's console says from now on is lost", strerror(error));
}

void guest_ports_watch(struct guest_ports *ports, const char *bytes, size_t size)
{
    pthread_mutex_lock(&ports->panic_lock);
    panic_watch_feed(&ports->panic, bytes, size);
    pthread_mutex_unlock(&ports->panic_lock);
}

static void on_written(void *owner, const uint8_t *bytes, size_t size)
{
    guest_ports_watch(owner, (const char *)bytes, size);
}

/* Linux's is a console and nothing else: output goes where the serial port's goes, input to one of the two. */
static void linux_args(struct guest_ports *ports, struct virtio_console_args *args)
{
    const struct backend_job *job = ports->job;
    bool has_input = job->plan->hvc_console, is_terminal = has_input && (job->tty & 1u << STDIN_FILENO) != 0;

    ports->ports[0] = (struct virtio_console_port){
        .is_console = true,
        .in_fd = has_input ? STDIN_FILENO : -1,
        .out_fd = STDOUT_FILENO,
        .in_meter = limits_input(job->limits),
        .out_meter = limits_output(job->limits),
        .watch = on_written,
        .paused = is_terminal && !terminal_is_taken(job->terminal),
        .on_pause = on_pause,
        .escape = is_terminal ? PORT_ESCAPE : 0,
        .on_escape = on_escape,
        .on_error = on_stdout_error,
        .owner = ports,
    };
    *args = (struct virtio_console_args){
        .ports = ports->ports, .count = 1, .rows = job->rows, .columns = job->columns, .self = &ports->console};
}

void guest_ports_args(struct guest_ports *ports, struct virtio_console_args *args)
{
    struct virtio_console_port *port = ports->ports;

    if (ports->job->plan->linux_guest) {
        linux_args(ports, args);
        return;
    }
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
        port[i] = (struct virtio_console_port){.name = port_names[i],
                                               .in_fd = ports->fds[i].in,
                                               .out_fd = ports->fds[i].out,
                                               .in_meter = limits_input(ports->job->limits),
                                               .out_meter = limits_output(ports->job->limits),
                                               .on_error = on_error,
                                               .on_pause = on_pause,
                                               .owner = ports};
    port[LVMM_PORT_TTY].is_console = true;
    port[LVMM_PORT_TTY].paused = !terminal_is_taken(ports->job->terminal);
    port[LVMM_PORT_TTY].escape = PORT_ESCAPE;
    port[LVMM_PORT_TTY].on_escape = on_escape;
    port[LVMM_PORT_CONTROL].sink = control_sink;
    port[LVMM_PORT_CONTROL].source = next_record;
    *args = (struct virtio_console_args){.ports = port, .count = LVMM_PORT_COUNT, .self = &ports->console};
}

/* ---- the terminal ---- */

static void on_taken(void *owner)
{
    struct guest_ports *ports = owner;

    if (ports->serial != NULL)
        serial_resume(ports->serial);
    if (ports->console != NULL)
        virtio_console_resume(ports->console, ports->job->plan->linux_guest ? 0 : LVMM_PORT_TTY);
}

static void on_resized(void *owner, uint16_t rows, uint16_t columns)
{
    struct guest_ports *ports = owner;

    host_records_winsize(&ports->records, rows, columns);
    if (ports->console != NULL && !ports->job->plan->linux_guest)
        virtio_console_wake(ports->console, LVMM_PORT_CONTROL);
}

static void on_terminal(void *owner, uint32_t events)
{
    static const struct terminal_ops ops = {.taken = on_taken, .resized = on_resized};
    struct guest_ports *ports = owner;

    (void)events;
    terminal_serve(ports->job->terminal, &ops, ports);
}

/* ---- life ---- */

void guest_ports_init(struct guest_ports *ports, const struct backend_job *job, struct vm *vm)
{
    memset(ports, 0, sizeof(*ports));
    ports->job = job;
    ports->vm = vm;
    pthread_mutex_init(&ports->lock, NULL);
    pthread_mutex_init(&ports->panic_lock, NULL);
    panic_watch_init(&ports->panic);
    ports->input.fd = -1;
    ports_map(job->tty, ports->fds);
    host_records_init(&ports->records);
    control_init(&ports->control);
    ports->control.owner = ports;
    ports->control.on_poll = on_poll;
    ports->control.on_syscall = on_syscall;
    ports->control.on_event = on_event;
    ports->control.on_syscalls_told = on_syscalls_told;
    ports->patience.fd = -1;
    atomic_init(&ports->traces, 0);
}

int guest_ports_start(struct guest_ports *ports)
{
    ports->terminal = (struct loop_watch){ports->job->terminal->fd, on_terminal, ports};
    return ports->terminal.fd < 0 ? 0 : loop_add(ports->vm->loop, &ports->terminal, EPOLLIN);
}

void guest_ports_fini(struct guest_ports *ports)
{
    if (ports->input.fd >= 0)
        close(ports->input.fd);
    if (ports->patience.fd >= 0)
        close(ports->patience.fd);
    ports->input.fd = ports->patience.fd = -1;
}
