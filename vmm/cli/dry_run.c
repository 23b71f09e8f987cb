/* SPDX-License-Identifier: Apache-2.0 */
/* dry_run.c - see dry_run.h. */
#include "vmm/cli/dry_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "vmm/file_io.h"
#include "vmm/log.h"
#include "vmm/tcg/args.h"
#include "vmm/tcg/disk_server.h"
#include "vmm/tcg/io.h"

/* Numbers for what a run would open only later, above those of the files that are open now. */
enum {
    FD_TREE = 100,
    FD_FIRMWARE,
    FD_BOOT_DATA,
    FD_FLASH,
    FD_SERIAL,
    FD_GDB,
    FD_SHARE,
    FD_NET,
    FD_PORTS,
    FD_DISKS = FD_PORTS + LVMM_PORT_COUNT
};

static const char *kernel_kind(const struct plan *plan)
{
    static const char *const formats[] = {
        [KERNEL_ELF] = "Linux, ELF", [KERNEL_BZIMAGE] = "Linux, bzImage", [KERNEL_FLAT] = "Linux, Image"};

    if (!plan->bare)
        return "lvmm's guest kernel";
    return plan->linux_guest ? formats[plan->kernel.format] : "bare, ELF";
}

static void print_memory(const struct plan *plan, FILE *out)
{
    fprintf(out, "memory:\n");
    for (unsigned i = 0; i < plan->memory_count; i++)
        fprintf(out, "  0x%09" PRIx64 "-0x%09" PRIx64 "  %" PRIu64 "K\n", plan->memory[i].base,
                plan->memory[i].base + plan->memory[i].size - 1, plan->memory[i].size / 1024);
}

static void print_images(const struct plan *plan, FILE *out)
{
    fprintf(out, "images:\n");
    for (unsigned i = 0; i < plan->image_count; i++) {
        const struct plan_image *image = &plan->image[i];

        if (image->mem_size == 0)
            continue;
        fprintf(out, "  0x%09" PRIx64 "-0x%09" PRIx64 "  %s, %" PRIu64 " bytes", image->gpa,
                image->gpa + image->mem_size - 1, image->name, image->file_size);
        if (image->mem_size > image->file_size)
            fprintf(out, " and %" PRIu64 " of zeros", image->mem_size - image->file_size);
        fprintf(out, "\n");
    }
}

static void print_disk(const struct backend_job *job, unsigned unit, FILE *out)
{
    const struct config_file *wanted = &job->config->disk[unit];
    const struct backend_file *disk = &job->disk[unit];

    fprintf(out, ", %s%s", disk->path, disk->read_only ? " (read-only)" : "");
    if (disk->offset != 0)
        fprintf(out, ", %" PRIu64 " bytes from %" PRIu64 " on", disk->size_bytes, disk->offset);
    if (disk->is_cow)
        fprintf(out, ", changes go to %s", wanted->changes != NULL ? wanted->changes : "a file without a name");
}

static void print_device(const struct backend_job *job, const struct plan_device *device, FILE *out)
{
    static const char *const spaces[] = {[DEVICE_MMIO] = "memory", [DEVICE_PIO] = "port", [DEVICE_PCI] = "PCI"};
    const struct device_window *window = &device->window;

    fprintf(out, "  %-14s %s 0x%" PRIx64, device->type->name, spaces[window->space], window->base);
    if (window->space != DEVICE_PCI)
        fprintf(out, "-0x%" PRIx64, window->base + window->size - 1);
    if (window->irq != 0)
        fprintf(out, ", interrupt %u", window->irq);
    if (device->type == &device_virtio_blk)
        print_disk(job, window->unit, out);
    if (device->type == &device_pflash)
        fprintf(out, ", %s%s", job->pflash.path, job->pflash.read_only ? " (read-only)" : "");
    fprintf(out, "\n");
}

static void print_shares(const struct config *config, const struct dax_place *pages, FILE *out)
{
    if (config->share_count > 0)
        fprintf(out, "shared folders:\n");
    for (unsigned i = 0; i < config->share_count; i++) {
        const struct config_share *share = &config->share[i];

        fprintf(out, "  %u  %s at %s, %s", i, share->host, share->guest, share_words_mode(share->mode));
        if (share->all_rights && strcmp(share->guest, "/") != 0)
            fprintf(out, ",root");
        if (share->mode == SHARE_COW)
            fprintf(out, ": changes %s%s", share->changes != NULL ? "go to " : "are forgotten",
                    share->changes != NULL ? share->changes : "");
        fprintf(out, "\n");
    }
    if (pages->bytes != 0)
        fprintf(out, "  pages of their files: 0x%" PRIx64 "-0x%" PRIx64 ", of which %" PRIu64 "K can be written\n",
                pages->gpa, pages->gpa + pages->bytes - 1, pages->write_bytes / 1024);
}

/* As a shell would take it. */
static void print_word(const char *word, FILE *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";

    if (*word != '\0' && strspn(word, plain) == strlen(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++)
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, out);
    fputc('\'', out);
}

static void print_descriptors(const struct backend_job *job, FILE *out)
{
    fprintf(out, "descriptors in it, which lvmm opens: %d the kernel, %d the device tree", job->kernel.fd, FD_TREE);
    if (job->initrd.fd >= 0)
        fprintf(out, ", %d the initrd", job->initrd.fd);
    if (job->plan->firmware_fdt != NULL)
        fprintf(out, ", %d the firmware's device tree", FD_FIRMWARE);
    if (tcg_args_use_rom(job->plan))
        fprintf(out, ", %d a ROM that begins the kernel", FD_FIRMWARE);
    if (tcg_args_use_boot_data(job->plan))
        fprintf(out, ", %d the start info", FD_BOOT_DATA);
    if (job->pflash.fd >= 0)
        fprintf(out, ", %d the flash", FD_FLASH);
    for (unsigned i = 0; i < job->disk_count; i++)
        fprintf(out, ", %d %s%s", disk_servers_serve(job, i) ? FD_DISKS + (int)i : job->disk[i].fd, job->disk[i].path,
                job->disk[i].is_cow ? " with its changes" : "");
    if (job->config->gdb != NULL)
        fprintf(out, ", %d gdb's", FD_GDB);
    if (job->share_count > 0)
        fprintf(out, ", %d the server of the shared folders", FD_SHARE);
    if (job->net != NULL)
        fprintf(out, ", %d the network", FD_NET);
    fprintf(out, "; from %d on the serial port's and the console's\n", FD_SERIAL);
}

static int print_qemu(const struct backend_job *job, FILE *out)
{
    struct tcg_fds fds = {.kernel = job->kernel.fd,
                          .initrd = job->initrd.fd,
                          .fdt = FD_TREE,
                          .firmware = FD_FIRMWARE,
                          .boot_data = FD_BOOT_DATA,
                          .flash = FD_FLASH,
                          .serial = FD_SERIAL,
                          .share = FD_SHARE,
                          .net = FD_NET,
                          .gdb = job->config->gdb != NULL ? FD_GDB : -1};
    struct tcg_args args;
    char why[256];

    for (int i = 0; i < CONFIG_DISKS; i++)
        fds.disk[i] = FD_DISKS + i;
    for (int i = 0; i < LVMM_PORT_COUNT; i++)
        fds.port[i] = tcg_io_wants_port(job, (unsigned)i) ? FD_PORTS + i : -1;
    int error = tcg_args_create(job, &fds, &args, why, sizeof(why));
    if (error != 0) {
        fprintf(out, "QEMU can't run it: %s\n", why);
        return job->config->accel == ACCEL_TCG ? error : 0;
    }
    fprintf(out, "QEMU's command line, where KVM isn't used:\n ");
    for (unsigned i = 0; i < args.count; i++) {
        if (args.argv[i][0] == '-')
            fputs(" \\\n   ", out);
        fputc(' ', out);
        print_word(args.argv[i], out);
    }
    fputc('\n', out);
    print_descriptors(job, out);
    tcg_args_destroy(&args);
    return 0;
}

int dry_run_print(const struct backend_job *job, FILE *out)
{
    const struct plan *plan = job->plan;
    char entry[160];

    fprintf(out, "machine: %s (%s%s%s), %u CPU%s\n", plan->machine->isa, plan->machine->platform,
            plan->machine->variant != NULL ? " on " : "", plan->machine->variant != NULL ? plan->machine->variant : "",
            job->config->cpus, job->config->cpus == 1 ? "" : "s");
    fprintf(out, "kernel: %s (%s)\n", job->kernel.path, kernel_kind(plan));
    if (plan->cmdline != NULL)
        fprintf(out, "command line: %s\n", plan->cmdline);
    print_memory(plan, out);
    print_images(plan, out);
    fprintf(out, "devices:\n");
    for (unsigned i = 0; i < plan->device_count; i++)
        print_device(job, &plan->device[i], out);
    print_shares(job->config, &job->plan->dax, out);
    plan->machine->explain_entry(&plan->entry, entry, sizeof(entry));
    fprintf(out, "entry: %s\n", entry);
    return job->config->accel == ACCEL_KVM ? 0 : print_qemu(job, out);
}

int dry_run_write_tree(const struct plan *plan, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    int error = fd < 0 ? -errno : 0;

    if (error == 0)
        error = file_io_write(fd, plan->fdt, plan->fdt_size, 0);
    if (fd >= 0 && close(fd) < 0 && error == 0)
        error = -errno;
    if (error != 0)
        log_error("--dump-dtb %s: can't be written: %s", path, strerror(-error));
    return error;
}
