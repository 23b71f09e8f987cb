/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - from the command line to the exit status: config, files, plan, backend. lvmm ends here, or in
 * stop.c where the end of a run hangs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "boot/planner.h"
#include "vmm/backend.h"
#include "vmm/cli/append.h"
#include "vmm/cli/bundled.h"
#include "vmm/cli/command_line.h"
#include "vmm/cli/disk_open.h"
#include "vmm/cli/do.h"
#include "vmm/cli/do_changes.h"
#include "vmm/cli/doctor.h"
#include "vmm/cli/dry_run.h"
#include "vmm/cli/files.h"
#include "vmm/cli/gdb.h"
#include "vmm/cli/kernel_check.h"
#include "vmm/cli/network.h"
#include "vmm/cli/outcome.h"
#include "vmm/cli/shares.h"
#include "vmm/cli/task.h"
#include "vmm/cli/unpack_archives.h"
#include "vmm/cli/unpack_file.h"
#include "vmm/clock.h"
#include "vmm/lock_in.h"
#include "vmm/log.h"
#include "vmm/process.h"
#include "vmm/stop.h"
#include "vmm/streams.h"
#include "vmm/terminal.h"
#include "vmm/tracer.h"

#define KERNEL_BYTES_MAX (512ull << 20)

struct run {
    const struct config *config;
    struct root_archive *root; /* the root file system, if it is made here; else NULL */
    struct streams streams;
    struct terminal terminal;
    struct stop stop;
    struct tracer tracer;
    struct utsname host;
    char *bundled_path;                      /* PATH_MAX bytes */
    const void *kernel_bytes, *initrd_bytes; /* NULL: none */
    const struct machine *machine;
    struct task task;
    struct share_uppers uppers;
    struct do_changes changes;
    char *shares; /* shares_describe's */
    size_t shares_size;
    struct plan *plan;
    char cpu_isa[BACKEND_ISA_BYTES]; /* the plan's; "": none */
    bool for_qemu;                   /* the plan is */
    struct backend_job job;
    struct outcome outcome;
    struct gdb_socket gdb;
    struct process_named *named;
};

/* ---- the kernel, and with it the machine ---- */

static int open_kernel(struct run *run)
{
    const char *path = run->config->kernel;
    const char *isa = run->config->arch != NULL ? run->config->arch : run->host.machine;
    char why[3 * PATH_MAX];

    if (path == NULL) {
        const struct machine *machine = machine_by_isa(isa);

        if (machine == NULL) {
            log_error("this lvmm has no guest kernel for %s; give --arch ISA or --kernel FILE", isa);
            return EXIT_LVMM;
        }
        if (bundled_kernel(machine->isa, run->bundled_path, PATH_MAX, why, sizeof(why)) != 0) {
            log_error("%s", why);
            return EXIT_LVMM;
        }
        path = run->bundled_path;
    }
    if (files_open_mapped("--kernel", path, KERNEL_BYTES_MAX, &run->job.kernel, &run->kernel_bytes) != 0)
        return EXIT_LVMM;
    return unpack_file("--kernel", &run->job.kernel, &run->kernel_bytes, run->config->memory_bytes) != 0 ? EXIT_LVMM
                                                                                                         : 0;
}

static int check_arch(const struct config *config)
{
    char known[256] = "";

    if (config->arch == NULL || machine_by_isa(config->arch) != NULL)
        return 0;
    for (unsigned i = 0; machines[i] != NULL; i++) {
        size_t length = strlen(known);
        const char *debian = machines[i]->debian_name;

        snprintf(known + length, sizeof(known) - length, strcmp(debian, machines[i]->isa) != 0 ? " %s (%s)" : " %s",
                 machines[i]->isa, debian);
    }
    log_error("--arch %s: unknown; this lvmm knows:%s", config->arch, known);
    return EXIT_LVMM;
}

/* KVM runs no other guests. */
static bool has_host_isa(const struct run *run)
{
    return strcmp(run->machine->isa, run->host.machine) == 0;
}

static int choose_machine(struct run *run)
{
    const struct backend_file *kernel = &run->job.kernel;
    int elf_machine = kernel_image_machine(run->kernel_bytes, kernel->size_bytes);

    if (elf_machine < 0) {
        struct kernel_image ignored;
        char why[256] = "is no kernel";
        kernel_image_read(run->kernel_bytes, kernel->size_bytes, &ignored, why, sizeof(why));
        log_error("--kernel %s: %s", kernel->path, why);
        return EXIT_LVMM;
    }
    run->machine = machine_by_elf((uint16_t)elf_machine);
    if (run->machine == NULL) {
        log_error("--kernel %s: is for a machine that this lvmm doesn't know (e_machine is %d)", kernel->path,
                  elf_machine);
        return EXIT_LVMM;
    }
    if (run->config->arch != NULL && machine_by_isa(run->config->arch) != run->machine) {
        log_error("--arch %s: --kernel %s is for %s", run->config->arch, kernel->path, run->machine->isa);
        return EXIT_LVMM;
    }
    run->for_qemu = run->config->accel == ACCEL_TCG || run->config->gdb != NULL ||
                    (run->config->accel == ACCEL_AUTO && !has_host_isa(run));
    return 0;
}

/* ---- the images ---- */

/* Nothing is run; then the plan has no time and no random numbers, so that it is the same each time. */
static bool is_dry(const struct config *config)
{
    return config->dry_run || config->dump_dtb != NULL;
}

/* The plan tells what is wrong with a kernel. */
static bool has_our_kernel(const struct run *run)
{
    struct kernel_image kernel;
    char why[256];

    return kernel_image_read(run->kernel_bytes, run->job.kernel.size_bytes, &kernel, why, sizeof(why)) == 0 &&
           kernel.elf.is_guest_kernel;
}

/* Linux unpacks its initrd by itself; our kernel takes it unpacked. */
static int open_initrd(struct run *run, bool is_ours)
{
    struct backend_file *file = &run->job.initrd;
    int error = files_open_mapped("--initrd", run->config->initrd, UINT64_MAX, file, &run->initrd_bytes);

    if (error != 0 || !is_ours)
        return error;
    return unpack_archives("--initrd", file, &run->initrd_bytes, run->config->memory_bytes);
}

static int make_root(struct run *run)
{
    int error = root_archive_finish(run->root, "(made for do)", &run->job.initrd, &run->initrd_bytes);

    if (error != 0)
        log_error("the guest's root file system can't be made: %s", strerror(-error));
    return error;
}

static int open_disks(struct run *run, bool is_ours)
{
    const struct config *config = run->config;

    for (unsigned i = 0; i < config->disk_count; i++) {
        const struct disk_wishes wishes = {.linux_partition = is_ours,
                                           .is_root = is_ours && i == 0 && config->initrd == NULL,
                                           .sandbox = config->sandbox,
                                           .dry = is_dry(config)};

        if (disk_open(&config->disk[i], &wishes, &run->job.disk[i]) != 0)
            return EXIT_LVMM;
        run->job.disk_count++;
    }
    return 0;
}

static int open_images(struct run *run)
{
    const struct config *config = run->config;
    bool is_ours = has_our_kernel(run);

    if (config->initrd != NULL && open_initrd(run, is_ours) != 0)
        return EXIT_LVMM;
    if (run->root != NULL && make_root(run) != 0)
        return EXIT_LVMM;
    if (open_disks(run, is_ours) != 0 || shares_open(config, is_dry(config), &run->job, &run->uppers) != 0)
        return EXIT_LVMM;
    if (config->pflash.path == NULL)
        return 0;
    if (run->machine->pflash.size == 0) {
        log_error("--pflash %s: the %s machine has no flash", config->pflash.path, run->machine->isa);
        return EXIT_LVMM;
    }
    if (run->machine->pflash_is_rom && !config->pflash.read_only) {
        log_error("--pflash %s: the %s machine's flash can only be read: --pflash %s,ro", config->pflash.path,
                  run->machine->isa, config->pflash.path);
        return EXIT_LVMM;
    }
    return files_open_pflash(&config->pflash, run->machine->pflash.size, &run->job.pflash) != 0 ? EXIT_LVMM : 0;
}

/* ---- the plan ---- */

static int explain_plan(const struct run *run, int error, const char *why)
{
    switch (error) {
    case -ERANGE:
        log_error("--memory of %s", why);
        return EXIT_LVMM;
    case -EDOM:
        log_error("--cpus %s", why);
        return EXIT_LVMM;
    case -ENOBUFS:
        log_error("--initrd %s: %s", run->job.initrd.path, why);
        return EXIT_LVMM;
    case -ENAMETOOLONG:
        log_error("--append: %s", why);
        return EXIT_LVMM;
    case -ENOTSUP:
        log_error("--pflash %s: %s", run->config->pflash.path, why);
        return EXIT_LVMM;
    case -E2BIG:
        log_error("%s: %s", run->config->program != NULL ? run->config->program[0] : "PROGRAM", why);
        return EXIT_LVMM;
    default:
        log_error("--kernel %s: %s", run->job.kernel.path, why);
        return EXIT_LVMM;
    }
}

static int make_task(struct run *run)
{
    if (task_init(&run->task, run->config, run->streams.tty != 0) == 0 &&
        shares_describe(run->config, &run->shares, &run->shares_size) == 0)
        return 0;
    log_error("no memory for PROGRAM's arguments");
    return EXIT_LVMM;
}

/* A backend that can't use the plan answers -EAGAIN with the interrupt controller and the clock that it has: `answer`.
 * For the first plan it is all zero, which leaves both to the machine. */
static int make_plan(struct run *run, const struct backend_result *answer)
{
    const struct config *config = run->config;
    const struct streams *streams = &run->streams;
    char why[512];

    struct plan_input input = {
        .machine = run->machine,
        .qemu = run->for_qemu,
        .irqchip_version = answer->irqchip_version,
        .timebase_hz = answer->timebase_hz,
        .cpu_isa = run->cpu_isa[0] != '\0' ? run->cpu_isa : NULL,
        .kernel = run->kernel_bytes,
        .kernel_size = run->job.kernel.size_bytes,
        .initrd = run->initrd_bytes,
        .initrd_size = run->job.initrd.size_bytes,
        .root_bytes = config->root_bytes != 0 ? config->root_bytes : config->memory_bytes / 2,
        .memory_bytes = config->memory_bytes,
        .cpus = config->cpus,
        .disks = run->job.disk_count,
        .shares = run->shares,
        .shares_size = run->shares_size,
        .dax = !config->no_dax,
        .dax_writes = shares_any_writable(config),
        .net = run->job.net != NULL ? &run->job.net->told : NULL,
        .pflash = config->pflash.path != NULL,
        .pflash_size = run->job.pflash.size_bytes,
        .append = config->append,
        .verbose = config->verbose,
        .usage = config->report != NULL,
        .threads = config->max_procs,
        .trace = tracer_wanted(&run->tracer),
        .init = config->init,
        .argv = run->task.argv,
        .argv_size = run->task.argv_size,
        .envp = run->task.envp,
        .envp_size = run->task.envp_size,
        .cwd = config->workdir,
        .user = config->user,
        .hostname = config->hostname,
        .tty = streams->tty,
        .rows = streams->rows,
        .columns = streams->columns,
        .realtime_ns = is_dry(config) ? 0 : clock_ns(CLOCK_REALTIME),
    };

    if (!is_dry(config) && getrandom(input.rng_seed, sizeof(input.rng_seed), 0) != (ssize_t)sizeof(input.rng_seed)) {
        log_error("no random numbers for the guest: %s", strerror(errno));
        return EXIT_LVMM;
    }
    int error = plan_create(&input, &run->plan, why, sizeof(why));
    return error != 0 ? explain_plan(run, error, why) : 0;
}

/* ---- the backend ---- */

static int make_plan_anew(struct run *run, const struct backend_result *answer)
{
    plan_destroy(run->plan);
    run->plan = NULL;
    memcpy(run->cpu_isa, answer->cpu_isa, sizeof(run->cpu_isa));
    if (make_plan(run, answer) != 0)
        return -EINVAL;
    run->job.plan = run->plan;
    return 0;
}

/* Runs the guest on KVM. -ENOTSUP with the reason in `why`: KVM can't, QEMU may; another -errno: a message was given.
 * Nothing is probed before: the VM that shows whether KVM works is the one that the guest then runs in. */
static int try_kvm(struct run *run, struct backend_result *result, char *why, size_t why_size)
{
    bool same_isa = has_host_isa(run);

    if (!same_isa && run->config->accel == ACCEL_KVM) {
        log_error("--accel kvm: the kernel is for %s and this host is %s; --accel tcg runs it", run->machine->isa,
                  run->host.machine);
        return -EINVAL;
    }
    if (!same_isa) {
        backend_kvm.probe(run->machine, why, why_size);
        return -ENOTSUP;
    }
    run->job.may_fall_back = run->config->accel == ACCEL_AUTO;
    int error = backend_kvm.run(&run->job, result);
    for (unsigned i = 0; i < 2 && error == -EAGAIN; i++) { /* once for the interrupt controller, once for the clock */
        error = make_plan_anew(run, result);
        error = error != 0 ? error : backend_kvm.run(&run->job, result);
    }
    if (error == -ENOTSUP && run->job.may_fall_back)
        snprintf(why, why_size, "%s", result->failure);
    return error;
}

/* Runs the guest in QEMU. why: the reason that it is not KVM; NULL: --accel tcg was given, which config.c takes without
 * --unmapped end only. */
static int run_tcg(struct run *run, const char *why, struct backend_result *result)
{
    char tcg_why[512] = "";

    if (run->config->unmapped == UNMAPPED_END) {
        log_error("--unmapped end: QEMU doesn't tell of such an access, and only it can run this guest: %s", why);
        return -ENOTSUP;
    }
    if (backend_tcg.probe(run->machine, tcg_why, sizeof(tcg_why)) != 0) {
        if (why != NULL)
            log_error("neither KVM nor QEMU can run this guest: %s; %s", why, tcg_why);
        else
            log_error("--accel tcg: %s", tcg_why);
        return -ENOENT;
    }
    log_detail("accelerator: tcg (%s), %s%s", tcg_why, why != NULL ? "because " : "as --accel says",
               why != NULL ? why : "");
    int error = backend_tcg.run(&run->job, result);
    if (error != 0 && why != NULL)
        log_error("KVM could not run it either: %s", why);
    return error;
}

static int try_backends(struct run *run, struct backend_result *result)
{
    char why[512] = "";

    if (run->config->accel == ACCEL_TCG || run->config->gdb != NULL)
        return run_tcg(run, run->config->accel == ACCEL_TCG ? NULL : "--gdb is served by QEMU only", result);
    int error = try_kvm(run, result, why, sizeof(why));
    if (error != -ENOTSUP || run->config->accel != ACCEL_AUTO)
        return error;
    if (!run->for_qemu) { /* the plan that was made for KVM may be another one */
        run->for_qemu = true;
        if (make_plan_anew(run, &(struct backend_result){0}) != 0)
            return -EINVAL;
    }
    return run_tcg(run, why, result);
}

/* In a signal handler: the process ends where it is. */
static void clean_up(void *owner)
{
    struct run *run = owner;

    streams_restore(&run->streams);
    gdb_socket_remove(&run->gdb);
    outcome_finish_now(&run->outcome);
}

static int run_backend(struct run *run)
{
    /* Linux has a terminal's line discipline of its own, as our kernel has. */
    int terminal_error = terminal_init(&run->terminal, &run->streams, run->plan->bare && !run->plan->linux_guest);

    if (terminal_error != 0) {
        log_error("the terminal can't be watched: %s", strerror(-terminal_error));
        terminal_fini(&run->terminal);
        return EXIT_LVMM;
    }
    run->job.config = run->config;
    run->job.plan = run->plan;
    run->job.tty = run->streams.tty;
    run->job.rows = run->streams.rows;
    run->job.columns = run->streams.columns;
    run->job.terminal = &run->terminal;
    run->job.stop_fd = run->stop.fd;
    run->job.stop = &run->stop;
    run->job.tracer = &run->tracer;
    run->tracer.isa = run->machine->isa;
    process_close_named(run->named);
    int error = try_backends(run, &run->outcome.result);
    terminal_fini(&run->terminal);
    return error == 0 ? outcome_status(&run->outcome) : EXIT_LVMM;
}

/* ---- all of it ---- */

static int open_gdb(struct run *run)
{
    if (run->config->gdb == NULL)
        return 0;
    if (gdb_socket_open(run->config->gdb, &run->gdb) != 0)
        return EXIT_LVMM;
    run->job.gdb_fd = run->gdb.fd;
    run->job.gdb_folder_fd = run->gdb.folder_fd;
    log_warning("gdb can connect%s: gdb-multiarch -ex 'target remote %s' FILE-WITH-SYMBOLS",
                run->config->gdb_wait ? ", and the guest waits for it" : "", run->gdb.address);
    return 0;
}

static int look_only(struct run *run)
{
    const struct config *config = run->config;

    run->job.config = config;
    run->job.plan = run->plan;
    run->job.tty = run->streams.tty;
    if (config->dump_dtb != NULL && dry_run_write_tree(run->plan, config->dump_dtb) != 0)
        return EXIT_LVMM;
    return config->dry_run && dry_run_print(&run->job, stdout) != 0 ? EXIT_LVMM : 0;
}

/* Of `do`: who looks at the changes in the current folder, at the end, if anybody wants to know of them. */
static int begin_changes(struct run *run)
{
    unsigned at = run->config->folder_share;

    if (run->root == NULL || at >= run->job.share_count || run->job.share[at].upper < 0 ||
        !do_changes_matter(run->config))
        return 0;
    int error = do_changes_begin(&run->changes, run->config, run->job.share[at].fd, run->job.share[at].upper);
    if (error != 0)
        log_error("do: no process for what CMD changes: %s", strerror(-error));
    return error != 0 ? EXIT_LVMM : 0;
}

static int run_steps(struct run *run)
{
    struct timeline *timeline = run->job.timeline;
    int status = check_arch(run->config);

    status = status != 0 || is_dry(run->config) ? status : lock_in_check(run->config);
    timeline_phase(timeline, "images");
    status = status != 0 ? status : open_kernel(run);
    status = status != 0 ? status : choose_machine(run);
    status = status != 0 ? status : open_images(run);
    status = status != 0 ? status : network_open(run->config, is_dry(run->config), run->job.noted, &run->job.net);
    timeline_phase(timeline, "plan");
    status = status != 0 ? status : make_task(run);
    status = status != 0 ? status : make_plan(run, &(struct backend_result){0});
    status = status != 0 ? status : kernel_check(run->config, run->plan, &run->job);
    if (status == 0 && is_dry(run->config))
        return look_only(run);
    if (status == 0 && !run->plan->bare)
        append_warn(run->config->append);
    status = status != 0 ? status : open_gdb(run);
    status = status != 0 ? status : begin_changes(run);
    status = status != 0 ? status : run_backend(run);
    gdb_socket_remove(&run->gdb);
    return status;
}

static int run_traced(struct run *run)
{
    if (tracer_init(&run->tracer, run->config, run->job.timeline, &run->stop) != 0)
        return EXIT_LVMM;
    int status = run_steps(run);
    if (run->changes.pid != 0)
        stop_guest_ended(&run->stop, do_changes_cancel, &run->changes);
    if (do_changes_finish(&run->changes, run->outcome.result.exited) != 0 && status == 0)
        status = EXIT_LVMM;
    shares_close(&run->job, &run->uppers);
    tracer_finish(&run->tracer);
    return status;
}

static int run_reported(struct run *run)
{
    const struct config *config = run->config;
    int status = EXIT_LVMM;

    if (outcome_begin(&run->outcome, config, &run->stop) != 0)
        return EXIT_LVMM;
    stop_at_end(&run->stop, clean_up, run);
    outcome_give(&run->outcome, &run->job);
    if (config->timeline == NULL || timeline_create(config->timeline, &run->job.timeline) == 0)
        status = run_traced(run);
    timeline_finish(run->job.timeline);
    return outcome_finish(&run->outcome, status);
}

/* Apart from main, whose frame has to be small: the limit of the stack is raised there first. root: NULL, or the root
 * file system. */
__attribute__((noinline)) static int command_run(const struct config *config, struct process_named *named,
                                                 struct root_archive *root)
{
    char bundled_path[PATH_MAX];
    struct run run = {
        .config = config, .root = root, .bundled_path = bundled_path, .named = named, .gdb = {-1, -1, "", ""}};

    share_uppers_init(&run.uppers, 0);
    run.job.kernel.fd = run.job.initrd.fd = run.job.pflash.fd = run.job.gdb_fd = run.job.gdb_folder_fd = -1;
    if (streams_init(&run.streams, "/dev/null") != 0) /* there may be no stderr for a message */
        return EXIT_LVMM;
    uname(&run.host);
    int status = EXIT_LVMM;
    int error = stop_init(&run.stop, config->timeout_ns, EXIT_TIMEOUT);
    if (error != 0)
        log_error("signals can't be set up: %s", strerror(-error));
    else
        status = run_reported(&run);
    /* Memory, descriptors and the locks that they hold go with the process. */
    if (run.outcome.signal != 0)
        stop_die(run.outcome.signal); /* as the signal would have ended us, so that a shell sees it */
    return status;
}

static int command_do(struct config *config, struct process_named *named)
{
    struct do_host *host = calloc(1, sizeof(*host));
    int status = EXIT_LVMM;

    if (host == NULL)
        log_error("do: no memory");
    else if (do_prepare(config, host) == 0)
        status = command_run(config, named, &host->root);
    if (host != NULL)
        root_archive_fini(&host->root);
    free(host);
    return status;
}

int main(int argc, char **argv)
{
    struct config config;
    struct process_named named;
    int status;

    if (process_prepare(argc, argv, &named) != 0)
        return EXIT_LVMM;
    if (config_parse(argc, argv, &config, &status) == 0) {
        log_set_verbose(config.verbose);
        if (config.command == COMMAND_DOCTOR)
            status = doctor_run(config.json);
        else if (config.command == COMMAND_DO)
            status = command_do(&config, &named);
        else
            status = command_run(&config, &named, NULL);
    }
    return process_finish_stdout() ? status : EXIT_LVMM;
}
