/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the order of boot, and the end: one line a step. */
#include "boot/abi.h"
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/boot.h"
#include "core/clock.h"
#include "core/hold.h"
#include "core/log.h"
#include "core/log_ring.h"
#include "core/oom.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/random.h"
#include "core/residence.h"
#include "core/sched.h"
#include "core/smp.h"
#include "core/threads.h"
#include "core/tick.h"
#include "drv/console_tty.h"
#include "drv/disk_node.h"
#include "drv/drv.h"
#include "drv/virtio_console.h"
#include "fs/devpts.h"
#include "fs/initramfs.h"
#include "fs/tmpfs.h"
#include "ipc/ipc_end.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/init.h"
#include "mm/iter.h"
#include "mm/usercopy.h"
#include "mm/usage.h"
#include "net/inet.h"
#include "net/outside.h"
#include "sys/exit.h"
#include "sys/resolv.h"
#include "sys/shares.h"
#include "sys/start.h"
#include "sys/ptrace_call.h"
#include "sys/syscall.h"
#include "sys/trace.h"
#include "sys/used.h"
#include "vfs/fdtable.h"
#include "vfs/fs_context.h"

#include "core/options.h"

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
    console_control_send(LVMM_RECORD_FAIL, text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
    vfs_finish_all();
    arch_power_off();
}

/* One way through the tree for what is there of memory and of CPUs. */
static void machine_read(const struct fdt *fdt, struct memory_map *map, unsigned *cpus_named)
{
    struct fdt_node node;

    *cpus_named = 0;
    for (bool ok = fdt_root(fdt, &node); ok; ok = fdt_next(fdt, &node)) {
        uint64_t base, size;
        *cpus_named += node.depth == 2 && strncmp(node.name, "cpu@", 4) == 0;
        if (map->ram_count == MEMORY_RANGES || node.depth != 1 || strncmp(node.name, "memory@", 7) != 0 ||
            !fdt_reg(fdt, &node, &base, &size))
            continue;
        map->ram[map->ram_count++] = (struct memory_span){base, base + size};
    }
    if (map->ram_count == 0)
        panic("the device tree names no memory");
}

/* Process 1 is the kernel, which nobody sees much of, or the program. */
static void kernel_number(void)
{
    struct pid *id = pid_create();

    if (id == NULL)
        panic("no memory for process 1");
    process_kernel_number(id);
    cred_init_root(&sched_boot_thread()->cred); /* as /proc/1/status tells, and capget(2): */
    cred_init_root(&process_kernel()->ended_cred);
}

/* The program's process, with one thread and without a program yet. */
static struct thread *program_create(bool is_init)
{
    struct pid *id = pid_create();
    struct process *process = id != NULL ? process_create(NULL, id) : NULL;
    struct thread *thread = process != NULL ? thread_create(process, id) : NULL;

    if (thread == NULL)
        panic("no memory for the first process");
    pid_put(id);
    process->is_init = is_init;
    process->sighand = sighand_create(NULL);
    cred_init_root(&thread->cred);
    thread->files = fdtable_create();
    thread->fs = fs_context_create(vfs_root(), vfs_root(), 022);
    if (process->sighand == NULL || thread->files == NULL || thread->fs == NULL)
        panic("no memory for the first process");
    for (unsigned n = 0; n < 3; n++) {
        struct file *file;
        if (drv_open_stdio(n, &file) == 0)
            fd_install(thread->files, file, (int)n, false);
    }
    console_tty_control(process);
    return thread;
}

/* Says on the program's standard error why it can't be started, and ends as a shell would. */
static _Noreturn void refuse(struct start_failure *failure)
{
    struct lvmm_exit record = {.code = (uint32_t)failure->status};
    struct file *file = fd_get(current_thread()->files, 2);
    struct iter_segment segment;
    char line[START_TEXT_MAX + 8];
    struct iter iter;

    if (failure->status == 0)
        fail("%s", failure->text);
    for (char *at = failure->text; *at != 0; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?'; /* names are the disk's, and no commands to a terminal */
    segment =
        (struct iter_segment){(uintptr_t)line, (uint64_t)snprintf(line, sizeof(line), "lvmm: %s\n", failure->text)};
    iter_init(&iter, &segment, 1, false);
    if (file != NULL)
        file_write(file, &iter);
    fdtable_put(current_thread()->files); /* what was written is on its way then */
    vfs_finish_all();
    used_tell();
    console_control_send(LVMM_RECORD_EXIT, &record, sizeof(record));
    arch_power_off();
}

static const char *sync_error_text(int error)
{
    switch (-error) {
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

static _Noreturn void finish(const struct program_status *status)
{
    struct lvmm_exit record = {.code = status->code, .signal = status->signal};
    bool is_alone = list_is_empty(&process_kernel()->children); /* others are ended with the machine, and keep theirs */

    check_fail_every(0);
    if (CHECKS_ON && is_alone)
        ipc_end();
    int error = CHECKS_ON && is_alone ? vfs_unmount_all() : vfs_finish_all();

    console_settle(); /* after the disks: its reader may never come */
    log_info("%s ended with status %u after %lu system calls and %lu page faults", status->name, record.code,
             (unsigned long)status->system_calls, (unsigned long)status->page_faults);
    hold_tell();
    trace_flush();
    used_tell();
    oom_end();
    inet_end();
    if (is_alone)
        usage_end();
    if (error != 0) /* what the program was told is stored may not be: its status can't stand for that */
        fail("the disk could not be written: %s; the program ended with status %u", sync_error_text(error),
             record.code);
    console_control_send(LVMM_RECORD_EXIT, &record, sizeof(record));
    arch_power_off();
}

static struct options options;

/* A thread of a program: runs it until it ends. */
static _Noreturn void user_thread_run(void)
{
    user_thread_begin();
    process_run(syscall_dispatch, syscall_dispatch_unlocked, ptrace_dispatch);
    user_thread_end();
}

/* The first thread of the program: loads it, and is it. */
static void program_begin(void)
{
    struct start_failure failure;

    if (start_program(current_thread(), &options, &failure) != 0)
        refuse(&failure);
    if (cpu_is_one_of_many && residence_share_registers() != 0) /* it may go to another CPU */
        fail("not enough memory; give the guest more with --memory");
    trace_start();
    log_ring_clock = clock_monotonic_ns;
    check_fail_every(options.fail_every);
    current_thread()->entry = user_thread_run; /* where those begin that it makes */
    user_thread_run();
}

/* Whether the archives lie in memory, where nothing else is. */
static bool archive_is_in(const struct memory_map *map)
{
    const struct memory_span *archive = &map->archive;
    bool is_in = false;

    for (unsigned i = 0; i < map->ram_count; i++)
        is_in = is_in || (archive->start >= map->ram[i].start && archive->end <= map->ram[i].end);
    return is_in && archive->start < archive->end && archive->start >= map->kernel_end &&
           (archive->end <= map->reserved.start || archive->start >= map->reserved.end);
}

/* The root file system from the archives; nothing of it has been looked at before. */
static void root_unpack(const struct memory_map *map)
{
    char why[384];

    tmpfs_of(vfs_root()->mount->fs)->most_pages = options.root_size >> PAGE_SHIFT;
    if (initramfs_unpack(path_inode(vfs_root()), map->archive.start, map->archive.end, why, sizeof(why)) != 0)
        fail("--initrd: %s", why);
}

/* The first disk, or one in memory: with what the archives have, or empty. */
static void root_mount_own(const struct memory_map *map)
{
    int error = vfs_mount_root(options.initrd_end == 0 ? disk_at(0) : NULL);

    if (error == -EINVAL)
        fail("the first --disk holds no file system that the guest kernel knows (FAT32, ext2, ext3, ext4)");
    if (error != 0)
        fail("the first --disk can't be mounted: error %d", -error);
    if (options.initrd_end != 0)
        root_unpack(map);
}

/* Out of line, as most have none. */
static __attribute__((noinline, cold)) void shares_begin(const struct memory_map *map)
{
    const bool has_root = shares_have_root(&options.shares);
    char why[384];
    int error = 0;

    if (has_root)
        error = shares_mount_root(&options.shares, why, sizeof(why));
    else
        root_mount_own(map);
    if (error == 0)
        error =
            shares_mount(&options.shares, !has_root && options.initrd_end == 0 && disk_at(0) == NULL, why, sizeof(why));
    if (error != 0)
        fail("%s", why);
}

static void root_mount(const struct memory_map *map)
{
    if (options.shares.count != 0)
        shares_begin(map);
    else
        root_mount_own(map);
    if (outside_config != NULL)
        resolv_begin(&options.shares,
                     !shares_have_root(&options.shares) && (options.initrd_end != 0 || disk_at(0) == NULL));
}

static struct fdt_index index;

/* What the linker has left free in the kernel's image, behind its variables (arch/<isa>/kernel.ld). */
extern char kernel_spare[], kernel_spare_end[];

void kernel_main(paddr_t fdt_address, size_t fdt_size_max, paddr_t kernel_end)
{
    struct memory_map map = {.kernel_end = kernel_end};
    struct program_status status;
    struct thread *program;
    struct fdt fdt;
    unsigned cpus_named;
    const void *blob = phys_to_virt(fdt_address);

    if (fdt_init(&fdt, blob, fdt_size_max) != 0)
        panic("the device tree at %lx is damaged", (unsigned long)fdt_address);
    fdt_remember(&fdt, &index);
    options_read(&fdt, &options);
    machine_read(&fdt, &map, &cpus_named);
    map.reserved.start = fdt_address & ~PAGE_MASK;
    map.reserved.end = (fdt_address + fdt_total_size(blob) + PAGE_MASK) & ~PAGE_MASK;
    if (options.initrd_end != 0) {
        map.archive = (struct memory_span){options.initrd_start & ~PAGE_MASK, page_up(options.initrd_end)};
        if (!archive_is_in(&map))
            panic("the device tree's initrd from %lx to %lx isn't memory of its own",
                  (unsigned long)options.initrd_start, (unsigned long)options.initrd_end);
    }
    map.spare = (struct memory_span){virt_to_phys(kernel_spare), virt_to_phys(kernel_spare_end)};
    page_init(&map);
    sched_init(process_kernel(), thread_free);
    usercopy_fault = oom_fault;
    tick_init();
    clock_init(options.realtime_ns); /* before arch/ starts the clock */
    arch_init(&fdt);
    if (cpus_named > 1)
        smp_start(&fdt, CHECKS_ON ? (unsigned)options.cpu_late : 0);
    random_seed(options.rng_seed, options.rng_seed_size);

    if (!options.is_init)
        kernel_number();
    hold_watch(options.hold_most);
    trace_init(options.trace);
    threads_set_most(options.threads);
    if (options.usage)
        used_wanted();
    int error = drv_init(&fdt);
    if (error != 0)
        panic("the devices could not be set up: error %d", -error);
    devpts_register();
    usage_begin();
    root_mount(&map);
    program = program_create(options.is_init);
    sched_start(program, program_begin);
    exit_wait_for_program(program->process, &status);
    finish(&status);
}
