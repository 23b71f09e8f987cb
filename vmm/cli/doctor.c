/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c - see doctor.h. */
#include "vmm/cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "boot/machine.h"
#include "vmm/backend.h"
#include "vmm/child.h"
#include "vmm/cli/bundled.h"
#include "vmm/cli/cpuinfo.h"
#include "vmm/json.h"
#include "vmm/sandbox/sandbox.h"
#include "vmm/tcg/args.h"

#define TEXT_BYTES 1024
#define JSON_BYTES (64u << 10) /* some twenty rows, of TEXT_BYTES at the most, escaped */

/* How it is told. */
struct report {
    bool as_json;
    struct json json;
    char *bytes; /* the JSON text's */
    struct sandbox_host sandbox;
};

static void put(struct report *report, const char *name, const char *text)
{
    json_string(&report->json, name, text, strlen(text));
}

static void print_row(struct report *report, const char *what, bool good, const char *text)
{
    if (!report->as_json) {
        printf("%-17s %-4s %s\n", what, good ? "yes" : "no", text);
        return;
    }
    json_open(&report->json, NULL, '{');
    put(report, "name", what);
    json_bool(&report->json, "ok", good);
    put(report, "text", text);
    json_close(&report->json, '}');
}

static void print_cpu(struct report *report)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char *flags = file != NULL ? cpuinfo_read_flags(file) : NULL;

    if (file != NULL)
        fclose(file);
    if (flags == NULL)
        return; /* on other ISAs only KVM itself tells whether the CPU can */
    bool vmx = cpuinfo_has_flag(flags, "vmx"), svm = cpuinfo_has_flag(flags, "svm");
    free(flags);
    print_row(report, "CPU", vmx || svm,
              vmx   ? "VT-x (vmx in /proc/cpuinfo)"
              : svm ? "AMD-V (svm in /proc/cpuinfo)"
                    : "neither vmx nor svm in /proc/cpuinfo: a KVM here is software, or there is none");
}

static bool print_kvm(struct report *report, const struct machine *machine)
{
    char why[TEXT_BYTES] = "";
    bool works = backend_kvm.probe(machine, why, sizeof(why)) == 0;

    print_row(report, "KVM", works, why);
    return works;
}

static void print_io_uring(struct report *report)
{
    struct io_uring_params params;

    memset(&params, 0, sizeof(params));
    int fd = (int)syscall(SYS_io_uring_setup, 2, &params);
    if (fd >= 0) {
        close(fd);
        print_row(report, "io_uring", true, "disks are read and written by it");
        return;
    }
    const char *reason = errno == ENOSYS  ? "this kernel has none; disks take the synchronous way"
                         : errno == EPERM ? "not allowed here (sysctl kernel.io_uring_disabled, or a container's "
                                            "seccomp filter); disks take the synchronous way"
                                          : strerror(errno);
    print_row(report, "io_uring", false, reason);
}

/* The first line of `program --version`. */
static void read_version(const char *program, char *line, size_t size)
{
    char name[PATH_MAX], option[] = "--version";
    struct child child;
    int ends[2];
    size_t have = 0;
    ssize_t n;

    snprintf(name, sizeof(name), "%s", program);
    line[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    int error = child_start((char *const[]){name, option, NULL}, NULL, 0, ends[1], &child);
    close(ends[1]);
    if (error == 0) {
        while (have < size - 1 && (n = read(ends[0], line + have, size - 1 - have)) > 0)
            have += (size_t)n;
        line[have] = '\0';
        line[strcspn(line, "\n")] = '\0';
        child_finish(&child, true);
    }
    close(ends[0]);
}

static void print_qemu(struct report *report, const struct tcg_target *target)
{
    char what[64], path[PATH_MAX], version[256], text[PATH_MAX + 512];

    snprintf(what, sizeof(what), "QEMU %s", target->isa);
    if (child_find(target->program, path, sizeof(path)) != 0) {
        snprintf(text, sizeof(text), "%s is not in PATH; to install it: apt-get install %s", target->program,
                 target->package);
        print_row(report, what, false, text);
        return;
    }
    read_version(path, version, sizeof(version));
    snprintf(text, sizeof(text), "%s: %s", path, version);
    print_row(report, what, true, text);
}

/* What runs guests of this ISA, and the kernel that they get. Returns "KVM" or "TCG", NULL if nothing runs them;
 * *has_kernel: whether one for them came with this lvmm. */
static const char *print_guest(struct report *report, const struct machine *machine, bool kvm, bool *has_kernel)
{
    char what[64], path[PATH_MAX], tcg_why[TEXT_BYTES], kernel_why[2 * PATH_MAX + TEXT_BYTES];
    char text[2 * PATH_MAX + 3 * TEXT_BYTES];
    bool tcg = backend_tcg.probe(machine, tcg_why, sizeof(tcg_why)) == 0;
    const char *by = kvm ? "KVM" : tcg ? "TCG" : NULL;

    *has_kernel = bundled_kernel(machine->isa, path, sizeof(path), kernel_why, sizeof(kernel_why)) == 0;
    if (by == NULL)
        snprintf(text, sizeof(text), "no KVM for it here, and %s", tcg_why);
    else if (!*has_kernel)
        snprintf(text, sizeof(text), "by %s, but %s", by, kernel_why);
    else
        snprintf(text, sizeof(text), "by %s, with the kernel %s", by, path);
    snprintf(what, sizeof(what), "guest %s", machine->isa);
    print_row(report, what, by != NULL && *has_kernel, text);
    return by;
}

static bool is_full(const struct sandbox_host *host)
{
    return host->seccomp && (host->landlock != 0 || host->mounts);
}

/* The same for programs. */
static void put_sandbox(struct report *report)
{
    const struct sandbox_host *host = &report->sandbox;

    json_open(&report->json, "sandbox", '{');
    put(report, "best", is_full(host) ? "full" : host->seccomp ? "partial" : "none");
    json_bool(&report->json, "seccomp", host->seccomp);
    json_number(&report->json, "landlock", host->landlock);
    json_bool(&report->json, "mount_namespace", host->mounts);
    json_bool(&report->json, "shares_apart", host->apart);
    json_close(&report->json, '}');
}

/* What --sandbox=full wants, and whether it is there. */
static void print_sandbox(struct report *report)
{
    char text[TEXT_BYTES];

    sandbox_look(&report->sandbox);
    const struct sandbox_host host = report->sandbox;
    print_row(report, "seccomp", host.seccomp,
              host.seccomp ? "lvmm has lists of system calls" : "this kernel takes no lists of system calls");
    snprintf(text, sizeof(text), "version %u: lvmm can open nothing by name", host.landlock);
    print_row(report, "Landlock", host.landlock != 0,
              host.landlock != 0 ? text : "this kernel has none (CONFIG_SECURITY_LANDLOCK, and lsm= names it)");
    print_row(report, "mount namespace", host.mounts,
              host.mounts ? "an empty root could stand for Landlock"
                          : "not for this user: the kernel allows no user namespace");
    print_row(report, "shared folders", host.apart,
              host.apart ? "their server can name no other file"
                         : "their server opens no other file, but were it taken over, it could change modes, owners "
                           "and times of those of this user: to have mounts of its own takes root's rights");
    bool full = is_full(&host);
    print_row(report, "sandbox", full,
              full           ? "lvmm is locked in before a guest runs"
              : host.seccomp ? "lvmm run wants --sandbox=partial here, and is locked in by seccomp alone"
                             : "lvmm run wants --sandbox=none here");
}

/* Returns what runs guests of the host's ISA, NULL: nothing. */
static const char *print_rows(struct report *report, const struct machine *machine, bool *has_kernel)
{
    const char *host_by = NULL;

    *has_kernel = false;
    print_cpu(report);
    bool kvm = print_kvm(report, machine);
    print_io_uring(report);
    print_sandbox(report);
    for (const struct tcg_target *t = tcg_targets; t->isa != NULL; t++)
        if (t->variant == NULL)
            print_qemu(report, t);
    for (unsigned i = 0; machines[i] != NULL; i++) {
        bool has;
        const char *by = print_guest(report, machines[i], kvm && machines[i] == machine, &has);

        if (machines[i] == machine) {
            host_by = by;
            *has_kernel = has;
        }
    }
    return host_by;
}

static void print_head(struct report *report, const struct utsname *host)
{
    if (!report->as_json) {
        printf("%-17s %s, Linux %s\n", "host", host->machine, host->release);
        return;
    }
    json_begin(&report->json, report->bytes, JSON_BYTES);
    json_open(&report->json, "host", '{');
    put(report, "isa", host->machine);
    put(report, "linux", host->release);
    json_close(&report->json, '}');
    json_open(&report->json, "checks", '[');
}

/* by: what runs guests of the host's ISA; NULL: nothing. */
static void print_end(struct report *report, const struct utsname *host, const char *by, bool has_kernel)
{
    if (report->as_json) {
        json_close(&report->json, ']');
        put_sandbox(report);
        if (by != NULL)
            put(report, "runs_by", by);
        else
            json_null(&report->json, "runs_by");
        json_bool(&report->json, "has_kernel", has_kernel);
        fwrite(report->bytes, 1, json_end(&report->json), stdout);
    } else if (by == NULL) {
        printf("\n%s guests don't run here: make KVM work, or install QEMU.\n", host->machine);
    } else {
        printf("\n%s guests run here, by %s%s.\n", host->machine, by,
               has_kernel ? "" : ", with --kernel FILE: none came with this lvmm");
    }
}

int doctor_run(bool json)
{
    struct report report = {.as_json = json, .bytes = json ? malloc(JSON_BYTES) : NULL};
    struct utsname host;
    bool has_kernel;

    if (json && report.bytes == NULL)
        return EXIT_LVMM;
    uname(&host);
    print_head(&report, &host);
    fflush(stdout); /* before there are processes that would print it as well */
    const char *by = print_rows(&report, machine_by_isa(host.machine), &has_kernel);
    print_end(&report, &host, by, has_kernel);
    free(report.bytes);
    return by != NULL ? 0 : EXIT_LVMM;
}
