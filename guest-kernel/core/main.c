/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the order of boot, and the end: one line a step. */
#include "boot/abi.h"
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/boot.h"
#include "core/process.h"
#include "core/random.h"
#include "core/smp.h"
#include "drv/drv.h"
#include "lib/fdt.h"
#include "lib/log.h"
#include "lib/string.h"
#include "mm/init.h"
#include "sys/exec.h"
#include "sys/exec_image.h"
#include "sys/syscall.h"
#include "sys/trace.h"
#include "vfs/fdtable.h"
#include "vfs/vfs.h"

#include "core/options.h"

static struct process init_process;
static struct thread init_thread;

/* Our note: it tells lvmm that this is its guest kernel (boot/abi.h). */
static const struct {
    uint32_t name_size, desc_size, type;
    char name[8];
    uint32_t version;
} abi_note __attribute__((section(".note.lvmm"), used, aligned(4))) = {
    sizeof(LVMM_NOTE_NAME), sizeof(uint32_t), LVMM_NOTE_ABI, LVMM_NOTE_NAME, LVMM_ABI_VERSION,
};

/* Tells the host why there is no program, or no status of it that holds, and stops. */
static _Noreturn __attribute__((format(printf, 1, 2))) void fail(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    int length = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    drv_control_send(LVMM_RECORD_FAIL, text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
    vfs_sync_all();
    arch_power_off();
}

/* One way through the tree for what is there of memory and of CPUs. */
static void machine_read(const struct fdt *fdt, struct memory_map *map, unsigned *cpus)
{
    struct fdt_node node;

    *cpus = 0;
    for (bool ok = fdt_root(fdt, &node); ok; ok = fdt_next(fdt, &node)) {
        uint64_t base, size;
        *cpus += node.depth == 2 && strncmp(node.name, "cpu@", 4) == 0;
        if (map->ram_count == MEMORY_RANGES || node.depth != 1 || strncmp(node.name, "memory@", 7) != 0 ||
            !fdt_reg(fdt, &node, &base, &size))
            continue;
        map->ram[map->ram_count++] = (struct memory_span){base, base + size};
    }
    if (!map->ram_count)
        panic("the device tree names no memory");
}

static void process_create(void)
{
    struct process *process = &init_process;

    process->pid = 1;
    process->umask = 022;
    process->files = fdtable_create();
    process->cwd = vfs_root();
    if (!process->files)
        panic("no memory for the first process");
    inode_get(process->cwd);
    init_thread.process = process;
    process->thread = &init_thread;
    init_thread.tid = 1;
    arch_set_current(&init_thread);

    for (unsigned n = 0; n < 3; n++) {
        struct file *file;
        if (!drv_open_stdio(n, &file))
            fd_install(process->files, file, (int)n, false);
    }
}

/* "No such file or directory" and so on, for the few errors that a program's start can have. */
static const char *error_text(int err)
{
    switch (-err) {
    case ENOENT:
        return "no such file on the disk";
    case EACCES:
        return "not an executable file";
    case ENOEXEC:
        return "not an ELF program for " ISA_NAME;
    case EISDIR:
        return "is a directory";
    case ENOTDIR:
        return "a part of the path is not a directory";
    case E2BIG:
        return "the arguments and the environment are too long";
    case ENOMEM:
        return "not enough memory; give the guest more with --memory";
    case EIO:
        return "the disk can't be read";
    case ELOOP:
        return "too many links or interpreters";
    case ENAMETOOLONG:
        return "the name is too long";
    default:
        return NULL;
    }
}

static int program_load(const char *path, const struct strings *argv, const struct strings *envp)
{
    struct strings own = {path, strlen(path) + 1, 1};

    return exec_load(&init_thread, path, argv->count ? argv : &own, envp);
}

static void program_start(const struct options *options)
{
    static const char *const defaults[] = {"/sbin/init", "/sbin/hello"};
    const char *path = options->argv.bytes;
    int err = -ENOENT;

    if (options->argv.count)
        err = program_load(path, &options->argv, &options->envp);
    for (unsigned i = 0; !options->argv.count && i < 2 && err == -ENOENT; i++) {
        path = defaults[i];
        err = program_load(path, &options->argv, &options->envp);
    }
    if (!err)
        return;
    if (!options->argv.count && err == -ENOENT)
        fail("no PROGRAM was given, and the disk has neither /sbin/init nor /sbin/hello");
    const char *machine = err == -ENOEXEC ? exec_machine_name(init_process.cwd, path) : NULL;
    if (machine && strcmp(machine, ISA_NAME) != 0)
        fail("PROGRAM %s: is for %s, and this guest is %s", path, machine, ISA_NAME);
    if (error_text(err))
        fail("PROGRAM %s: %s", path, error_text(err));
    fail("PROGRAM %s: error %d", path, -err);
}

static const char *sync_error_text(int err)
{
    switch (-err) {
    case EIO:
        return "input/output error";
    case ENOSPC:
        return "it is full";
    case ENOMEM:
        return "not enough memory; give the guest more with --memory";
    default:
        return "the file system is damaged, or the disk can't be written";
    }
}

static _Noreturn void finish(void)
{
    struct process *process = &init_process;
    struct lvmm_exit record = {.code = process->exit_code, .signal = process->exit_signal};

    /* An unlinked file that is open or mapped gives its blocks back only now. */
    arch_space_deactivate();
    space_put(process->space);
    exec_program_put(process);
    fdtable_put(process->files);
    inode_put(process->cwd);
    int err = vfs_sync_all();
    log_info("%s ended with status %u after %lu system calls and %lu page faults", process->name, record.code,
             (unsigned long)process->system_calls, (unsigned long)process->page_faults);
    trace_flush();
    if (err) /* what the program was told is stored may not be: its status can't stand for that */
        fail("the disk could not be written: %s; the program ended with status %u", sync_error_text(err), record.code);
    drv_control_send(LVMM_RECORD_EXIT, &record, sizeof(record));
    arch_power_off();
}

void kernel_main(paddr_t fdt_address, size_t fdt_size_max, paddr_t kernel_end)
{
    struct memory_map map = {.kernel_end = kernel_end};
    struct options options;
    struct fdt fdt;
    unsigned cpus;
    const void *blob = phys_to_virt(fdt_address);

    if (fdt_init(&fdt, blob, fdt_size_max))
        panic("the device tree at %lx is damaged", (unsigned long)fdt_address);
    options_read(&fdt, &options);
    machine_read(&fdt, &map, &cpus);
    map.reserved.start = fdt_address & ~PAGE_MASK;
    map.reserved.end = (fdt_address + fdt_total_size(blob) + PAGE_MASK) & ~PAGE_MASK;
    page_init(&map);
    arch_init(&fdt);
    clock_init(options.realtime_ns); /* before anybody asks for the time */
    if (cpus > 1)
        smp_start(&fdt);
    random_seed(options.rng_seed, options.rng_seed_size);

    int err = drv_init(&fdt);
    if (err)
        panic("the devices could not be set up: error %d", -err);
    err = vfs_mount_root(drv_disk(0));
    if (err == -EINVAL)
        fail("the first --disk holds no file system that the guest kernel knows (FAT32)");
    if (err)
        fail("the first --disk can't be mounted: error %d", -err);
    process_create();
    program_start(&options);
    trace_is_on = options.timeline;
    process_run(syscall_dispatch);
    finish();
}
