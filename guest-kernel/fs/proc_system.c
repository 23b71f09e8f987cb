/* SPDX-License-Identifier: Apache-2.0 */
/* proc_system.c - the files in the root of /proc that tell of time, of what the system is called, and of devices. */
#include "fs/proc_system.h"

#include "abi/errno.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/irq.h"
#include "core/load.h"
#include "core/pid.h"
#include "core/sched.h"
#include "core/system.h"
#include "core/threads.h"
#include "core/tick.h"
#include "lib/string.h"
#include "mm/page.h"
#include "vfs/blk.h"
#include "vfs/fstype.h"

#define NS_PER_CENTISECOND (NS_PER_SEC / 100)

static void time_print(struct proc_text *text, uint64_t ns, const char *end)
{
    proc_print(text, "%lu.%02lu%s", (unsigned long)(ns / NS_PER_SEC),
               (unsigned long)(ns % NS_PER_SEC / NS_PER_CENTISECOND), end);
}

int proc_uptime_show(struct proc_text *text, const struct proc_inode *at)
{
    struct system_time time;

    (void)at;
    system_time_sum(&time);
    time_print(text, clock_monotonic_ns(), " ");
    time_print(text, time.idle_ns, "\n");
    return 0;
}

int proc_loadavg_show(struct proc_text *text, const struct proc_inode *at)
{
    uint64_t load[3];

    (void)at;
    load_get(load);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t rounded = load[i] + LOAD_ONE / 200;

        proc_print(text, "%lu.%02lu ", (unsigned long)(rounded / LOAD_ONE),
                   (unsigned long)(rounded % LOAD_ONE * 100 / LOAD_ONE));
    }
    proc_print(text, "%u/%u %d\n", cpu_ready_count(), threads_count(), pid_last());
    return 0;
}

static void cpu_print(struct proc_text *text, const struct system_time *time)
{
    const uint64_t tick = NS_PER_SEC / USER_HZ;

    proc_print(text, " %lu 0 %lu %lu 0 0 0 0 0 0\n", (unsigned long)(time->busy.user_ns / tick),
               (unsigned long)(time->busy.system_ns / tick), (unsigned long)(time->idle_ns / tick));
}

static uint64_t irq_sum(unsigned irq)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < cpu_count; i++)
        sum += irq_count(cpus[i], irq);
    return sum;
}

static void interrupts_print(struct proc_text *text)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < cpu_count; i++)
        sum += irq_timer_count(cpus[i]) + irq_kick_count(cpus[i]);
    for (unsigned irq = 0; irq < irq_inputs; irq++)
        sum += irq_sum(irq);
    proc_print(text, "intr %lu", (unsigned long)sum);
    for (unsigned irq = 0; irq < irq_inputs; irq++)
        proc_print(text, " %lu", (unsigned long)irq_sum(irq));
    proc_print(text, "\n");
}

int proc_system_stat_show(struct proc_text *text, const struct proc_inode *at)
{
    struct system_time time;
    uint64_t switches = 0;

    (void)at;
    tick_want();
    system_time_sum(&time);
    proc_print(text, "cpu ");
    cpu_print(text, &time);
    for (unsigned i = 0; i < cpu_count; i++) {
        system_time_get(cpus[i], &time);
        proc_print(text, "cpu%u", i);
        cpu_print(text, &time);
        switches += cpus[i]->switches;
    }
    interrupts_print(text);
    proc_print(text, "ctxt %lu\nbtime %lu\nprocesses %lu\n", (unsigned long)switches,
               (unsigned long)(clock_boot_realtime_ns() / NS_PER_SEC), (unsigned long)threads_made());
    proc_print(text, "procs_running %u\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n", cpu_ready_count());
    return 0;
}

int proc_version_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%s version %s (lvmm@lvmm) (%s) %s\n", system_name.sysname, system_name.release, __VERSION__,
               system_name.version);
    return 0;
}

int proc_kernel_cmdline_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_put(text, system_command_line, strlen(system_command_line));
    proc_put(text, "\n", 1);
    return 0;
}

int proc_cpuinfo_show(struct proc_text *text, const struct proc_inode *at)
{
    struct page *page = page_alloc_dirty();
    int length;

    (void)at;
    if (page == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < cpu_count; i++) {
        length = arch_cpu_print(i, page_data(page), PAGE_SIZE);
        proc_put(text, page_data(page), (size_t)length < PAGE_SIZE ? (size_t)length : PAGE_SIZE - 1);
    }
    page_put(page);
    return 0;
}

int proc_filesystems_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    for (const struct fs_type *const *type = fs_types; *type != NULL; type++)
        proc_print(text, "%s\t%s\n", (*type)->needs_device ? "" : "nodev", (*type)->name);
    return 0;
}

/* ---- devices ---- */

static void input_print(struct proc_text *text, unsigned irq)
{
    proc_print(text, "%3u:", irq);
    for (unsigned i = 0; i < cpu_count; i++)
        proc_print(text, " %10lu", (unsigned long)irq_count(cpus[i], irq));
    proc_print(text, "  lvmm  %u\n", irq);
}

static void kind_print(struct proc_text *text, const char *name, uint64_t (*count)(const struct cpu *cpu),
                       const char *what)
{
    proc_print(text, "%s:", name);
    for (unsigned i = 0; i < cpu_count; i++)
        proc_print(text, " %10lu", (unsigned long)count(cpus[i]));
    proc_print(text, "   %s\n", what);
}

/* Not Linux's: what keeps CPUs waiting for each other here. */
int proc_kernel_lock_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    for (unsigned i = 0; i < cpu_count; i++) {
        const struct klock_counts *counts = &cpus[i]->locking;
        proc_print(text, "cpu%u waits %lu wait_ns %lu halts %lu shares %lu unshared %lu\n", i,
                   (unsigned long)counts->waits, (unsigned long)counts->wait_ns, (unsigned long)counts->halts,
                   (unsigned long)__atomic_load_n(&counts->shares, __ATOMIC_RELAXED),
                   (unsigned long)__atomic_load_n(&counts->unshared, __ATOMIC_RELAXED));
    }
    return 0;
}

int proc_interrupts_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "           ");
    for (unsigned i = 0; i < cpu_count; i++)
        proc_print(text, "CPU%-8u", i);
    proc_print(text, "\n");
    for (unsigned irq = 0; irq < irq_inputs; irq++)
        if (irq_is_used(irq))
            input_print(text, irq);
    kind_print(text, "LOC", irq_timer_count, "Local timer interrupts");
    kind_print(text, "RES", irq_kick_count, "Rescheduling interrupts");
    proc_print(text, "ERR: %10u\n", 0);
    return 0;
}

int proc_devices_show(struct proc_text *text, const struct proc_inode *at)
{
    uint64_t rdev;

    (void)at;
    proc_print(text, "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n229 hvc\n"
                     "\nBlock devices:\n");
    if (blk_nth(0, &rdev) != NULL)
        proc_print(text, "%3u virtblk\n", (unsigned)(rdev >> 8));
    return 0;
}

int proc_partitions_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct blk_device *dev;
    uint64_t rdev;

    (void)at;
    if (blk_nth(0, &rdev) == NULL)
        return 0;
    proc_print(text, "major minor  #blocks  name\n\n");
    for (unsigned n = 0; (dev = blk_nth(n, &rdev)) != NULL; n++)
        proc_print(text, "%4u  %7u %10lu %s\n", (unsigned)(rdev >> 8), (unsigned)(rdev & 0xff),
                   (unsigned long)(dev->sectors / 2), dev->name);
    return 0;
}

int proc_diskstats_show(struct proc_text *text, const struct proc_inode *at)
{
    uint64_t rdev, stats[BLK_STAT_NUMBERS];
    const struct blk_device *dev;

    (void)at;
    for (unsigned n = 0; (dev = blk_nth(n, &rdev)) != NULL; n++) {
        blk_stats_tell(dev, stats);
        proc_print(text, "%4u %7u %s", (unsigned)(rdev >> 8), (unsigned)(rdev & 0xff), dev->name);
        for (unsigned i = 0; i < BLK_STAT_NUMBERS; i++)
            proc_print(text, " %lu", (unsigned long)stats[i]);
        proc_print(text, "\n");
    }
    return 0;
}

int proc_swaps_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    return 0;
}
