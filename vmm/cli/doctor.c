/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c - see doctor.h. */
#include "vmm/cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "boot/machine.h"
#include "vmm/backend.h"
#include "vmm/tcg/backend_tcg.h"
#include "vmm/cli/bundled.h"
#include "vmm/child.h"
#include "vmm/tcg/args.h"

#define TEXT_BYTES 1024

static void print_row(const char *what, bool good, const char *text)
{
    printf("%-16s %-4s %s\n", what, good ? "yes" : "no", text);
}

/* The flags of the first CPU, each between spaces. False: /proc/cpuinfo has none, as on most ISAs. */
static bool read_flags(char *line, int size)
{
    bool found = false;
    FILE *file = fopen("/proc/cpuinfo", "re");

    if (file == NULL)
        return false;
    while (!found && fgets(line, size, file) != NULL)
        found = strncmp(line, "flags", 5) == 0;
    fclose(file);
    line[strcspn(line, "\n")] = ' ';
    return found;
}

static void print_cpu(void)
{
    char flags[8192];

    if (!read_flags(flags, sizeof(flags)))
        return; /* whether the CPU can, KVM alone tells there */
    bool vmx = strstr(flags, " vmx ") != NULL, svm = strstr(flags, " svm ") != NULL;
    print_row("CPU", vmx || svm,
              vmx   ? "VT-x (vmx in /proc/cpuinfo)"
              : svm ? "AMD-V (svm in /proc/cpuinfo)"
                    : "neither vmx nor svm in /proc/cpuinfo: a KVM here is software, or there is none");
}

static bool print_kvm(const struct machine *machine)
{
    char why[TEXT_BYTES] = "";
    bool works = backend_kvm.probe(machine, why, sizeof(why)) == 0;

    print_row("KVM", works, why);
    return works;
}

static void print_io_uring(void)
{
    struct io_uring_params params;

    memset(&params, 0, sizeof(params));
    int fd = (int)syscall(SYS_io_uring_setup, 2, &params);
    if (fd >= 0) {
        close(fd);
        print_row("io_uring", true, "disks are read and written by it");
        return;
    }
    const char *reason = errno == ENOSYS  ? "this kernel has none; disks take the synchronous way"
                         : errno == EPERM ? "not allowed here (sysctl kernel.io_uring_disabled, or a container's "
                                            "seccomp filter); disks take the synchronous way"
                                          : strerror(errno);
    print_row("io_uring", false, reason);
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

static void print_qemu(const struct tcg_target *target)
{
    char what[64], path[PATH_MAX], version[256], text[PATH_MAX + 512];

    snprintf(what, sizeof(what), "QEMU %s", target->isa);
    if (tcg_find(target->program, path, sizeof(path)) != 0) {
        snprintf(text, sizeof(text), "%s is not in PATH; to install it: apt-get install %s", target->program,
                 target->package);
        print_row(what, false, text);
        return;
    }
    read_version(path, version, sizeof(version));
    snprintf(text, sizeof(text), "%s: %s", path, version);
    print_row(what, true, text);
}

static void print_kernel(const char *isa)
{
    char path[PATH_MAX], why[2 * PATH_MAX + TEXT_BYTES];
    int error = bundled_kernel(isa, path, sizeof(path), why, sizeof(why));

    print_row("guest kernel", error == 0, error == 0 ? path : why);
}

int doctor_run(void)
{
    struct utsname host;
    char why[TEXT_BYTES];

    uname(&host);
    const struct machine *machine = machine_by_isa(host.machine);
    printf("host             %s, Linux %s\n", host.machine, host.release);
    print_cpu();
    bool kvm = print_kvm(machine);
    print_io_uring();
    for (const struct tcg_target *t = tcg_targets; t->isa != NULL; t++)
        print_qemu(t);
    for (unsigned i = 0; machines[i] != NULL; i++)
        print_kernel(machines[i]->isa);
    bool tcg = machine != NULL && backend_tcg.probe(machine, why, sizeof(why)) == 0;
    if (kvm || tcg) {
        printf("\n%s guests run here, by %s.\n", host.machine, kvm ? "KVM" : "QEMU's TCG");
        return 0;
    }
    printf("\n%s guests don't run here: make KVM work, or install QEMU.\n", host.machine);
    return EXIT_LVMM;
}
