/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend_tcg.c - runs a plan in QEMU. QEMU gets open descriptors only, no names, and ends when we do.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvmarch/kvmarch.h"
#include "vmm/backend.h"
#include "vmm/child.h"
#include "vmm/clock.h"
#include "vmm/file_io.h"
#include "vmm/limits.h"
#include "vmm/loaded.h"
#include "vmm/lock_in.h"
#include "vmm/log.h"
#include "vmm/net/net_service.h"
#include "vmm/share/share_process.h"
#include "vmm/tcg/args.h"
#include "vmm/tcg/disk_server.h"
#include "vmm/tcg/flash.h"
#include "vmm/tcg/io.h"
#include "vmm/terminal.h"
#include "vmm/tracer.h"

/* After the guest's last record, QEMU has this long to power off by itself; and after the end of the server of shared
 * folders, which is QEMU's end that begins, or one that it doesn't notice. */
#define GRACE_MS 3000u
#define NS_PER_MS 1000000u

/* Beside those of the streams: the end, QEMU, the terminal, the trace's signal, the server of shared folders, the
 * network. */
#define OWN_FDS 6

struct supervisor {
    const struct backend_job *job;
    struct backend_result *result;
    struct child child;
    bool child_ended;
    int wait_status;
    uint64_t grace_end_ns; /* of CLOCK_MONOTONIC; 0: the guest isn't done */
    uint64_t ask_end_ns;   /* the run is to end, and the guest has until then to answer; 0: it goes on */
    int trace_fd;          /* an eventfd: STOP_TRACE_SIGNAL has come */
    struct tcg_io io;
    int flash_fd; /* QEMU's flash image; -1: none */
    struct disk_servers disks;
    struct share_process shares;
    struct net_service net;
    /* The server of shared folders has ended, and QEMU has until then to end as well, as it would be if the end began
     * there; 0: it goes on. */
    uint64_t shares_end_ns;
    bool shares_gone; /* and it hasn't */
    bool net_gone;    /* it is the network that has ended; the rest is the same */
};

static int tcg_probe(const struct machine *machine, char *why, size_t why_size)
{
    const struct tcg_target *target = machine != NULL ? tcg_target_of(machine) : tcg_targets;
    char path[512];

    if (target == NULL) {
        snprintf(why, why_size, "no QEMU machine is known for %s", machine->isa);
        return -ENOTSUP;
    }
    if (child_find(target->program, path, sizeof(path)) != 0) {
        snprintf(why, why_size, "%s is not in PATH; install it: apt-get install %s", target->program, target->package);
        return -ENOENT;
    }
    snprintf(why, why_size, "QEMU's TCG (%s)", path);
    return 0;
}

/* ---- start ---- */

/* A file of these bytes, if there are any; else *fd stays. 0 or -errno. */
static int make_file(const char *name, const void *bytes, size_t size, int *fd)
{
    if (size == 0)
        return 0;
    *fd = memfd_create(name, MFD_CLOEXEC);
    return *fd < 0 ? -errno : file_io_write(*fd, bytes, size, 0);
}

/* In place of firmware. */
static int make_rom(const struct plan *plan, int *fd)
{
    const struct tcg_target *target = tcg_target_of(plan->machine);
    uint32_t code[MACHINE_STUB_WORDS];
    unsigned words = plan->machine->stub(&plan->entry, target->rom_base, code);
    int error = make_file("rom", code, words * sizeof(code[0]), fd);

    return error != 0 ? error : file_io_write(*fd, target->rom_end, 16, TCG_ROM_BYTES - 16);
}

static int make_files(const struct plan *plan, struct tcg_fds *fds)
{
    const struct plan_image *boot = plan_boot_image(plan);
    int error = make_file("device-tree", plan->fdt, plan->fdt_size, &fds->fdt);

    if (error == 0)
        error = make_file("firmware's device-tree", plan->firmware_fdt, plan->firmware_fdt_size, &fds->firmware);
    if (error == 0 && tcg_args_use_rom(plan))
        error = make_rom(plan, &fds->firmware);
    if (error == 0 && tcg_args_use_boot_data(plan))
        error = make_file("boot-data", boot->data, boot->file_size, &fds->boot_data);
    return error;
}

static int start_child(struct supervisor *s, const struct tcg_fds *remote, char *const *argv, int errors_fd)
{
    int fds[10 + LVMM_PORT_COUNT + CONFIG_DISKS];
    unsigned count = 0;

    fds[count++] = remote->kernel;
    fds[count++] = remote->initrd;
    fds[count++] = remote->fdt;
    fds[count++] = remote->firmware;
    fds[count++] = remote->boot_data;
    fds[count++] = remote->flash;
    fds[count++] = remote->serial;
    fds[count++] = remote->gdb;
    fds[count++] = remote->share;
    fds[count++] = remote->net;
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
        fds[count++] = remote->port[i];
    for (unsigned i = 0; i < s->job->disk_count; i++)
        fds[count++] = disk_servers_serve(s->job, i) ? remote->disk[i] : s->job->disk[i].fd;
    return child_start(argv, fds, count, errors_fd, &s->child);
}

/* In several lines, as a message has a greatest length. */
static void log_command(const struct tcg_args *args)
{
    char line[800] = "";
    size_t length = 0;

    for (unsigned i = 0; i < args->count && log_is_verbose(); i++) {
        size_t more = strlen(args->argv[i]) + 1;
        if (length > 0 && length + more >= sizeof(line)) {
            log_detail("starts%s ...", line);
            length = 0;
        }
        snprintf(line + length, sizeof(line) - length, " %s", args->argv[i]);
        length += more < sizeof(line) - length ? more : sizeof(line) - length - 1;
    }
    log_detail("starts%s", line);
}

/* 0 or -errno after a message. */
static int start_qemu(struct supervisor *s, const struct tcg_fds *remote)
{
    struct tcg_args args;
    char why[256];
    int errors[2];
    int error = tcg_args_create(s->job, remote, &args, why, sizeof(why));

    if (error != 0) {
        log_error("--accel tcg: %s", why);
        return error;
    }
    loaded_print(s->job, tcg_args_use_firmware(s->job->plan));
    log_command(&args);
    error = pipe2(errors, O_CLOEXEC) < 0 ? -errno : 0;
    if (error == 0) {
        error = start_child(s, remote, args.argv, errors[1]);
        close(errors[1]);
        if (error == 0) {
            error = limits_guest_begins(s->job->limits, s->child.pid);
            if (error != 0)
                child_finish(&s->child, true);
        }
        if (error == 0)
            tcg_io_start(&s->io, errors[0]);
        else
            close(errors[0]);
    }
    tcg_args_destroy(&args);
    if (error != 0)
        log_error("QEMU can't be started: %s", strerror(-error));
    return error;
}

static int make_flash(struct supervisor *s)
{
    const struct backend_file *image = &s->job->pflash;

    if (image->fd >= 0)
        s->flash_fd = tcg_flash_open(image, s->job->plan->machine->pflash.size);
    return image->fd >= 0 && s->flash_fd < 0 ? s->flash_fd : 0;
}

static int start(struct supervisor *s)
{
    struct tcg_fds remote = TCG_FDS_NONE;
    int error = tcg_io_init(&s->io, s->job, s->result, &remote);

    remote.kernel = s->job->kernel.fd;
    remote.initrd = s->job->initrd.fd;
    remote.gdb = s->job->gdb_fd;
    if (error == 0)
        error = make_files(s->job->plan, &remote);
    if (error == 0)
        error = make_flash(s);
    if (error == 0)
        error = disk_servers_start(&s->disks, s->job, remote.disk);
    remote.flash = s->flash_fd;
    if (s->job->plan->linux_guest && tcg_target_of(s->job->plan->machine)->tells_counter)
        remote.counter_khz = kvmarch_counter_khz();
    if (error != 0)
        log_error("QEMU's descriptors can't be made: %s", strerror(-error));
    else
        error =
            share_process_start(&s->shares, s->job->share, s->job->share_count, s->job->config->sandbox, s->job->noted);
    if (error == 0)
        error = net_service_start(&s->net, s->job->net, s->job->config->sandbox);
    remote.share = s->shares.socket; /* QEMU's from now on */
    s->shares.socket = -1;
    remote.net = s->net.socket;
    s->net.socket = -1;
    if (error == 0)
        error = start_qemu(s, &remote);
    tcg_fds_close(&remote);
    return error;
}

/* ---- run ---- */

static void end_child(struct supervisor *s, bool kill_it)
{
    if (!s->child_ended) {
        s->wait_status = child_finish(&s->child, kill_it);
        s->child_ended = true;
        tcg_io_end_input(&s->io);
    }
}

static bool guest_is_done(const struct supervisor *s)
{
    return s->result->exited || s->result->failure[0] != '\0';
}

static void stop_child(void *owner)
{
    struct supervisor *s = owner;

    if (!s->child_ended)
        kill(s->child.pid, SIGSTOP);
}

static void resume_child(void *owner)
{
    struct supervisor *s = owner;

    if (!s->child_ended)
        kill(s->child.pid, SIGCONT);
}

static void terminal_taken(void *owner)
{
    struct supervisor *s = owner;

    tcg_io_take_terminal(&s->io);
}

static void terminal_resized(void *owner, uint16_t rows, uint16_t columns)
{
    struct supervisor *s = owner;

    tcg_io_resize(&s->io, rows, columns);
}

static const struct terminal_ops terminal_ops = {
    .stop = stop_child, .resume = resume_child, .taken = terminal_taken, .resized = terminal_resized};

static int ms_until(uint64_t now, uint64_t end_ns)
{
    return now < end_ns ? (int)((end_ns - now + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static int patience_of_guest_ms(struct supervisor *s)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC);

    if (s->ask_end_ns != 0)
        return ms_until(now, s->ask_end_ns);
    if (!guest_is_done(s) || s->child_ended)
        return -1;
    if (s->grace_end_ns == 0)
        s->grace_end_ns = now + (uint64_t)GRACE_MS * NS_PER_MS;
    return ms_until(now, s->grace_end_ns);
}

/* How long to wait for anything, as poll has it; 0: QEMU has had its time, whatever has come meanwhile. */
static int patience_ms(struct supervisor *s)
{
    int guest_ms = patience_of_guest_ms(s);

    if (s->shares_end_ns == 0 || s->child_ended || guest_is_done(s))
        return guest_ms;
    int shares_ms = ms_until(clock_ns(CLOCK_MONOTONIC), s->shares_end_ns);
    return guest_ms < 0 || shares_ms < guest_ms ? shares_ms : guest_ms;
}

/* The server has ended, or had ended before, and QEMU has now, or goes on. True: it goes on without the server. */
static bool check_shares(struct supervisor *s, bool has_ended, bool child_ends)
{
    uint64_t now = clock_ns(CLOCK_MONOTONIC);

    if (has_ended)
        s->shares_end_ns = now + (uint64_t)GRACE_MS * NS_PER_MS;
    s->shares_gone =
        s->shares_end_ns != 0 && now >= s->shares_end_ns && !s->child_ended && !child_ends && !guest_is_done(s);
    return s->shares_gone;
}

/* ---- the trace ---- */

/* In a signal handler. */
static void on_trace(void *owner)
{
    const struct supervisor *s = owner;
    const uint64_t one = 1;

    (void)(write(s->trace_fd, &one, sizeof(one)) == 0);
}

static void serve_trace(struct supervisor *s)
{
    uint64_t signals;

    if (read(s->trace_fd, &signals, sizeof(signals)) < 0)
        return;
    if (s->job->plan->bare)
        log_warning(TRACER_NOT_OURS);
    else if (tracer_signals(s->job->tracer, stop_traces(s->job->stop)))
        tcg_io_trace(&s->io);
}

/* The run is to end. True: not yet, the guest is asked for its last system calls before. */
static bool asks_before_the_end(struct supervisor *s)
{
    if (!tracer_wants_answer(s->job->tracer) || s->child_ended || guest_is_done(s))
        return false;
    s->ask_end_ns = clock_ns(CLOCK_MONOTONIC) + TRACER_ANSWER_NS;
    tcg_io_trace(&s->io);
    return true;
}

/* Has it answered, or had its time? */
static bool asking_is_over(struct supervisor *s, bool late)
{
    if (s->io.told)
        tracer_complete(s->job->tracer);
    return late || s->io.told || s->child_ended || guest_is_done(s);
}

/* One turn. False: the run is over, by itself or not. */
static bool turn(struct supervisor *s)
{
    struct pollfd fds[OWN_FDS + TCG_POLL_FDS] = {
        {.fd = s->ask_end_ns != 0 ? -1 : s->job->stop_fd, .events = POLLIN},
        {.fd = s->child_ended ? -1 : s->child.pid_fd, .events = POLLIN},
        {.fd = s->job->terminal->fd, .events = POLLIN},
        {.fd = s->trace_fd, .events = POLLIN},
        {.fd = s->shares_end_ns != 0 ? -1 : s->shares.child.pid_fd, .events = POLLIN},
        {.fd = s->shares_end_ns != 0 || s->job->net == NULL ? -1 : s->net.child.pid_fd, .events = POLLIN},
    };
    unsigned count = OWN_FDS + tcg_io_ask(&s->io, fds + OWN_FDS);
    int wait_ms = patience_ms(s), ready = poll(fds, count, wait_ms);
    bool late = wait_ms == 0 || ready == 0;

    if (ready < 0)
        return errno == EINTR;
    if (fds[0].revents != 0 && !asks_before_the_end(s)) {
        s->result->ended_early = true;
        return false;
    }
    if (fds[2].revents != 0)
        terminal_serve(s->job->terminal, &terminal_ops, s);
    if (fds[3].revents != 0)
        serve_trace(s);
    tcg_io_serve(&s->io, fds + OWN_FDS);
    s->net_gone = s->net_gone || fds[5].revents != 0;
    if (check_shares(s, fds[4].revents != 0 || fds[5].revents != 0, fds[1].revents != 0))
        return false;
    if (s->ask_end_ns != 0) {
        s->result->ended_early = true;
        if (fds[1].revents != 0)
            end_child(s, false);
        return !asking_is_over(s, late) && !s->io.quit && !s->io.protocol_error;
    }
    if (late || fds[1].revents != 0)
        end_child(s, late);
    return !s->io.quit && !s->io.protocol_error && !(s->child_ended && tcg_io_is_drained(&s->io));
}

/* ---- end ---- */

/* QEMU's own failures have exit status 1, as has a bare guest that says 0; only the former come with a message. */
static const char *find_error(const struct supervisor *s)
{
    const char *program = tcg_target_of(s->job->plan->machine)->program;
    size_t length = strlen(program);

    for (const char *line = s->io.errors; *line != '\0';) {
        if (strncmp(line, program, length) == 0 && strncmp(line + length, ": warning:", 10) != 0)
            return line;
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return NULL;
}

/* How a guest that sent no record has ended. isa-debug-exit gives 2 * value + 1; a reset gives 0 (-no-reboot), as does
 * a power-off by firmware or ACPI. Of a Linux either is a proper end. */
static bool judge_code(const struct plan *plan, int code, struct backend_result *result)
{
    bool by_firmware = plan->machine->power_off_type == NULL || plan->linux_guest;

    if (by_firmware ? code != 0 : code % 2 == 0)
        return false;
    result->exited = true;
    result->status = by_firmware ? 0 : code / 2;
    log_detail("the guest shut down: %s, status %d",
               by_firmware ? "QEMU ended as after a power-off or a reset" : "a write to its debug exit",
               result->status);
    return true;
}

static void judge_status(const struct supervisor *s)
{
    struct backend_result *result = s->result;
    const char *error = find_error(s);
    int code = WIFEXITED(s->wait_status) ? WEXITSTATUS(s->wait_status) : -1;

    if (code < 0) {
        snprintf(result->failure, sizeof(result->failure), "QEMU was ended by signal %d", WTERMSIG(s->wait_status));
    } else if (error != NULL) {
        snprintf(result->failure, sizeof(result->failure), "QEMU failed: %.*s", (int)strcspn(error, "\n"), error);
    } else if (s->job->plan->bare && judge_code(s->job->plan, code, result)) {
        return;
    } else if (code == 0 && s->job->plan->machine->power_off_type != NULL) {
        snprintf(result->failure, sizeof(result->failure), "the guest reset itself (a triple fault, or a reboot)");
    } else {
        snprintf(result->failure, sizeof(result->failure), "the guest kernel stopped without an exit status");
    }
}

static void finish(struct supervisor *s)
{
    struct backend_result *result = s->result;

    end_child(s, true);
    disk_servers_finish(&s->disks, s->job);
    if (s->flash_fd >= 0)
        tcg_flash_save(s->flash_fd, &s->job->pflash);
    if (!result->ended_early)
        tcg_io_report(&s->io);
    if (s->shares_gone) {
        snprintf(result->failure, sizeof(result->failure),
                 "the %s: the serving process has ended, and QEMU can't go on without it",
                 s->net_gone ? "network" : "shared folders");
    } else if (s->io.quit) {
        snprintf(result->failure, sizeof(result->failure), "ended by Ctrl-A x");
    } else if (s->io.protocol_error) {
        snprintf(result->failure, sizeof(result->failure),
                 "the guest kernel's control port sent something else than records");
    } else if (result->exited && !result->ended_early) {
        log_detail("the guest shut down: its kernel's exit record, status %d", result->status);
    } else if (!result->ended_early && !guest_is_done(s)) {
        judge_status(s);
    }
    panic_watch_conclude(&s->io.panic, &result->exited, result->failure, sizeof(result->failure));
}

static int lock_in_beside_qemu(const struct backend_job *job)
{
    const struct sandbox_folder folder = {.fd = job->gdb_folder_fd, .may = SANDBOX_REMOVES};
    const bool removes = folder.fd >= 0;
    struct sandbox_held held;

    close(job->kernel.fd); /* QEMU has them */
    if (job->initrd.fd >= 0)
        close(job->initrd.fd);
    return lock_in(job, removes ? &sandbox_list_gdb : &sandbox_list_tcg, removes ? &folder : NULL, true, &held);
}

static int tcg_run(const struct backend_job *job, struct backend_result *result)
{
    char why[640];
    int error = tcg_probe(job->plan->machine, why, sizeof(why));
    struct supervisor *s = calloc(1, sizeof(*s));

    *result = (struct backend_result){0};
    if (error == 0 && s == NULL) {
        error = -ENOMEM;
        snprintf(why, sizeof(why), "%s", strerror(ENOMEM));
    }
    if (error != 0) {
        log_error("--accel tcg: %s", why);
        free(s);
        return error;
    }
    s->job = job;
    s->result = result;
    s->flash_fd = -1;
    share_process_init(&s->shares);
    net_service_init(&s->net);
    s->trace_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); /* without one there is no trace at run time */
    timeline_phase(job->timeline, "QEMU start");
    error = start(s);
    if (error == 0) {
        error = lock_in_beside_qemu(job);
        if (error != 0)
            end_child(s, true);
    }
    if (error == 0) {
        timeline_phase(job->timeline, "QEMU and guest run");
        stop_on_trace(job->stop, on_trace, s);
        while (turn(s)) {
        }
        stop_on_trace(job->stop, NULL, NULL);
        timeline_phase(job->timeline, "exit");
        finish(s);
    }
    share_process_end(&s->shares);
    net_service_end(&s->net);
    disk_servers_finish(&s->disks, job); /* of QEMU, if it couldn't be started */
    tcg_io_fini(&s->io);
    if (s->flash_fd >= 0)
        close(s->flash_fd);
    if (s->trace_fd >= 0)
        close(s->trace_fd);
    free(s);
    return error;
}

const struct backend_ops backend_tcg = {.name = "tcg", .probe = tcg_probe, .run = tcg_run};
