/* SPDX-License-Identifier: Apache-2.0 */
/* io.c - see io.h. */
#include "vmm/tcg/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/limits.h"
#include "vmm/log.h"
#include "vmm/ports.h"
#include "vmm/terminal.h"
#include "vmm/tracer.h"

/* ---- what comes from QEMU ---- */

static void take_control(void *owner, const uint8_t *bytes, size_t size)
{
    struct tcg_io *io = owner;

    if (control_feed(&io->control, bytes, size, io->result) != 0)
        io->protocol_error = true;
    else if (io->control.over)
        tracer_complete(io->job->tracer);
}

static void take_syscall(void *owner, const struct lvmm_syscall *call, const struct trace_memory *memory,
                         uint64_t now_ns)
{
    const struct tcg_io *io = owner;

    tracer_take(io->job->tracer, call, memory, now_ns);
}

static void take_event(void *owner, const struct lvmm_event *event)
{
    const struct tcg_io *io = owner;

    tracer_take_event(io->job->tracer, event);
}

static void take_answer(void *owner)
{
    struct tcg_io *io = owner;

    io->told = true;
}

static void take_serial(void *owner, const uint8_t *bytes, size_t size)
{
    struct tcg_io *io = owner;

    serial_output_write(&io->serial, (const char *)bytes, size);
}

static void take_errors(void *owner, const uint8_t *bytes, size_t size)
{
    struct tcg_io *io = owner;
    size_t room = sizeof(io->errors) - 1 - io->errors_size;

    size = size < room ? size : room;
    memcpy(io->errors + io->errors_size, bytes, size);
    io->errors_size += size;
    io->errors[io->errors_size] = '\0';
}

static void take_key(void *owner, uint8_t key)
{
    struct tcg_io *io = owner;

    io->quit = io->quit || key == PORT_ESCAPE_QUIT;
}

static size_t filter_escape(void *owner, uint8_t *bytes, size_t size)
{
    struct tcg_io *io = owner;

    return escape_filter(&io->escape, bytes, size, take_key, io);
}

/* A filter that takes nothing out. */
static size_t watch_console(void *owner, uint8_t *bytes, size_t size)
{
    struct tcg_io *io = owner;

    panic_watch_feed(&io->panic, (const char *)bytes, size);
    return size;
}

/* ---- what the guest asks for ---- */

static void take_read(void *owner, uint32_t port, uint32_t bytes)
{
    struct tcg_io *io = owner;

    if (port == LVMM_PORT_STDIN && io->stream != NULL)
        io->stream->wanted = bytes;
}

static void look_at_input(struct tcg_io *io, uint32_t port)
{
    const struct lvmm_ready ready = ports_look(port, port == LVMM_PORT_STDIN ? io->input_fd : -1);

    io->input_is_wanted = ready.events == 0;
    host_records_ready(&io->records, &ready);
}

static void take_poll(void *owner, uint32_t port)
{
    look_at_input(owner, port);
}

/* A write to one of our streams has failed: tells the guest, by the number of its port. */
static void output_failed(void *owner, const struct flow *flow, int error)
{
    struct tcg_io *io = owner;

    host_records_error(&io->records, flow->port, error);
}

/* Sends what we have to tell, as far as the socket takes it. */
static void send_records(struct tcg_io *io)
{
    int fd = io->local.port[LVMM_PORT_CONTROL];

    while (fd >= 0) {
        if (io->record_at == io->record_end) {
            io->record_at = 0;
            io->record_end = host_records_next(&io->records, io->record);
        }
        if (io->record_end == 0)
            return;
        ssize_t n = send(fd, io->record + io->record_at, io->record_end - io->record_at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return;
        io->record_at += (size_t)n;
    }
}

/* ---- set-up ---- */

static struct flow *add_flow(struct tcg_io *io, int from, int to)
{
    struct flow *flow = &io->flow[io->flow_count++];

    flow->from = from;
    flow->to = to;
    flow->owner = io;
    return flow;
}

/* From our stdin to the guest. At its end, or when the terminal hangs up, the guest is told if it can be. */
static void add_input(struct tcg_io *io, int from, int to, bool shut_at_end)
{
    bool is_terminal = io->job->tty & 1u << STDIN_FILENO;
    struct flow *flow = add_flow(io, from, to);

    flow->is_input = true;
    flow->in_meter = limits_input(io->job->limits);
    flow->shut_to = shut_at_end;
    if (is_terminal) {
        io->keys = flow;
        io->escape.byte = PORT_ESCAPE;
        flow->filter = filter_escape;
        flow->reads_on = true;
        flow->paused = !terminal_is_taken(io->job->terminal);
    } else if (shut_at_end) { /* a guest of ours, which asks */
        io->stream = flow;
        io->input_fd = from;
        flow->on_demand = true;
    }
}

/* A terminal gets a description of its own, which may be non-blocking: unlike a pipe, it can block after poll. */
static int output_fd(struct tcg_io *io, int fd)
{
    char path[32];

    if ((io->job->tty & 1u << fd) == 0)
        return fd;
    if (io->terminal_fd < 0) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        io->terminal_fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    return io->terminal_fd >= 0 ? io->terminal_fd : fd;
}

/* From the guest to one of our streams, or to nobody. */
static struct flow *add_output(struct tcg_io *io, int from, int stream)
{
    struct flow *flow = add_flow(io, from, stream >= 0 ? output_fd(io, stream) : -1);

    flow->out_meter = limits_output(io->job->limits);
    return flow;
}

static void add_port_flows(struct tcg_io *io)
{
    struct port_fds fds[LVMM_PORT_COUNT];

    ports_map(io->job->tty, fds);
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++) {
        int local = io->local.port[i];
        if (local < 0)
            continue;
        if (fds[i].in >= 0)
            add_input(io, fds[i].in, local, true);
        struct flow *flow = add_output(io, local, fds[i].out);
        flow->port = i;
        if (i == LVMM_PORT_STDOUT || i == LVMM_PORT_STDERR) {
            flow->on_error = output_failed;
            flow->close_from = true;
            io->local.port[i] = -1;
        }
        if (i == LVMM_PORT_CONTROL)
            flow->sink = take_control;
    }
}

/* Linux's two consoles: both write to stdout, one reads stdin. */
static void add_linux_flows(struct tcg_io *io)
{
    int serial = io->local.serial, console = io->local.port[LVMM_PORT_TTY];

    add_input(io, STDIN_FILENO, io->job->plan->hvc_console ? console : serial, false);
    add_output(io, serial, STDOUT_FILENO)->filter = watch_console;
    add_output(io, console, STDOUT_FILENO)->filter = watch_console;
}

void tcg_io_start(struct tcg_io *io, int errors_fd)
{
    struct flow *errors = add_flow(io, errors_fd, -1);

    errors->sink = take_errors;
    errors->close_from = true;
    if (io->job->plan->linux_guest) {
        add_linux_flows(io);
    } else if (io->job->plan->bare) {
        add_input(io, STDIN_FILENO, io->local.serial, false);
        add_output(io, io->local.serial, STDOUT_FILENO);
    } else {
        add_flow(io, io->local.serial, -1)->sink = take_serial;
        add_port_flows(io);
    }
}

static int make_socket(int *local, int *remote)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    *local = pair[0];
    *remote = pair[1];
    return 0;
}

bool tcg_io_wants_port(const struct backend_job *job, unsigned port)
{
    struct port_fds fds[LVMM_PORT_COUNT];

    if (job->plan->linux_guest)
        return port == LVMM_PORT_TTY; /* its virtio-console */
    ports_map(job->tty, fds);
    return !job->plan->bare && (port == LVMM_PORT_CONTROL || fds[port].in >= 0 || fds[port].out >= 0);
}

static int make_sockets(struct tcg_io *io, struct tcg_fds *remote)
{
    int error = make_socket(&io->local.serial, &remote->serial);

    for (unsigned i = 0; i < LVMM_PORT_COUNT && error == 0; i++)
        if (tcg_io_wants_port(io->job, i))
            error = make_socket(&io->local.port[i], &remote->port[i]);
    return error;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void tcg_fds_close(struct tcg_fds *fds)
{
    close_fd(&fds->fdt);
    close_fd(&fds->firmware);
    close_fd(&fds->boot_data);
    close_fd(&fds->serial);
    close_fd(&fds->share);
    close_fd(&fds->net);
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
        close_fd(&fds->port[i]);
    for (unsigned i = 0; i < CONFIG_DISKS; i++)
        close_fd(&fds->disk[i]);
}

int tcg_io_init(struct tcg_io *io, const struct backend_job *job, struct backend_result *result, struct tcg_fds *remote)
{
    memset(io, 0, sizeof(*io));
    io->job = job;
    io->result = result;
    io->terminal_fd = -1;
    io->input_fd = -1;
    io->local = TCG_FDS_NONE;
    host_records_init(&io->records);
    control_init(&io->control);
    io->control.owner = io;
    io->control.on_read = take_read;
    io->control.on_poll = take_poll;
    io->control.on_syscall = take_syscall;
    io->control.on_event = take_event;
    io->control.on_syscalls_told = take_answer;
    serial_output_init(&io->serial, false, limits_output(job->limits));
    panic_watch_init(&io->panic);
    return make_sockets(io, remote);
}

void tcg_io_fini(struct tcg_io *io)
{
    for (unsigned i = 0; i < io->flow_count; i++)
        flow_stop(&io->flow[i]);
    tcg_fds_close(&io->local);
    close_fd(&io->terminal_fd);
}

/* ---- the run ---- */

unsigned tcg_io_ask(const struct tcg_io *io, struct pollfd fds[TCG_POLL_FDS])
{
    for (unsigned i = 0; i < io->flow_count; i++) {
        fds[2 * i] = (struct pollfd){.fd = flow_read_fd(&io->flow[i]), .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = flow_write_fd(&io->flow[i]), .events = POLLOUT};
    }
    fds[2 * io->flow_count] = (struct pollfd){.fd = io->input_is_wanted ? io->input_fd : -1, .events = POLLIN};
    fds[2 * io->flow_count + 1] = (struct pollfd){.fd = -1, .events = POLLOUT};
    if (io->record_at < io->record_end)
        fds[2 * io->flow_count + 1].fd = io->local.port[LVMM_PORT_CONTROL];
    return 2 * io->flow_count + 2;
}

void tcg_io_take_terminal(struct tcg_io *io)
{
    if (io->keys != NULL)
        io->keys->paused = false;
}

void tcg_io_resize(struct tcg_io *io, uint16_t rows, uint16_t columns)
{
    host_records_winsize(&io->records, rows, columns);
    send_records(io);
}

void tcg_io_trace(struct tcg_io *io)
{
    io->told = false;
    host_records_trace(&io->records, tracer_wanted(io->job->tracer));
    send_records(io);
}

/* Another job may have got the terminal since: reading it then would fail, and its keys aren't ours. */
static void check_terminal(struct tcg_io *io)
{
    pid_t group = tcgetpgrp(STDIN_FILENO);

    io->keys->paused = group >= 0 && group != getpgrp();
    if (io->keys->paused)
        terminal_lost(io->job->terminal);
}

/* As a terminal does whose line buffer is full. */
static void ring_bell(struct tcg_io *io)
{
    if (io->keys == NULL || !io->keys->dropped)
        return;
    io->keys->dropped = false;
    if (io->terminal_fd >= 0 && write(io->terminal_fd, "\a", 1) < 0)
        return; /* the terminal takes nothing now: no bell, then */
}

void tcg_io_serve(struct tcg_io *io, const struct pollfd *fds)
{
    unsigned count = io->flow_count;

    if (io->keys != NULL && fds[2 * (io->keys - io->flow)].revents != 0)
        check_terminal(io);
    for (unsigned i = 0; i < count; i++) {
        if (fds[2 * i + 1].revents != 0)
            flow_write(&io->flow[i]);
        if (fds[2 * i].revents != 0 && flow_read_fd(&io->flow[i]) == fds[2 * i].fd)
            flow_read(&io->flow[i]);
    }
    ring_bell(io);
    if (fds[2 * count].revents != 0)
        look_at_input(io, LVMM_PORT_STDIN);
    send_records(io);
}

void tcg_io_end_input(struct tcg_io *io)
{
    for (unsigned i = 0; i < io->flow_count; i++)
        if (io->flow[i].is_input)
            flow_stop(&io->flow[i]);
}

bool tcg_io_is_drained(const struct tcg_io *io)
{
    for (unsigned i = 0; i < io->flow_count; i++)
        if (!io->flow[i].is_input && !flow_has_ended(&io->flow[i]))
            return false;
    return true;
}

static void report_errors(const struct tcg_io *io)
{
    for (const char *line = io->errors; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        log_detail("QEMU: %.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

void tcg_io_report(struct tcg_io *io)
{
    serial_output_flush(&io->serial);
    report_errors(io);
    for (unsigned i = 0; i < io->flow_count; i++) {
        int error = io->flow[i].error;
        if (!io->flow[i].is_input && error != 0 && error != -EPIPE)
            log_warning("output is lost: %s", strerror(-error));
    }
}
