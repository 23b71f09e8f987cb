/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs_cpu.c - /sys/devices/system/cpu (Linux's sysfs-devices-system-cpu): which CPUs there are, all of them cores of
 * one package. */
#include "core/cpu.h"
#include "fs/sysfs.h"
#include "lib/string.h"

#define MASK_BITS 32u /* of a mask that stand between two commas */

/* ---- lists of CPUs ---- */

static void range_print(struct proc_text *text, unsigned first, unsigned last)
{
    if (first == last)
        proc_print(text, "%u\n", first);
    else
        proc_print(text, "%u-%u\n", first, last);
}

/* A bit for each of so many, in as many digits as all CPUs need. */
static void mask_print(struct proc_text *text, unsigned first, unsigned last)
{
    for (unsigned word = (cpu_count - 1) / MASK_BITS + 1; word-- > 0;) {
        unsigned bits = cpu_count - word * MASK_BITS < MASK_BITS ? cpu_count - word * MASK_BITS : MASK_BITS;
        uint32_t mask = 0;

        for (unsigned bit = 0; bit < bits; bit++)
            if (word * MASK_BITS + bit >= first && word * MASK_BITS + bit <= last)
                mask |= 1u << bit;
        proc_print(text, "%0*x%s", (int)((bits + 3) / 4), mask, word != 0 ? "," : "\n");
    }
}

static int all_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    range_print(text, 0, cpu_count - 1);
    return 0;
}

static int all_mask_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    mask_print(text, 0, cpu_count - 1);
    return 0;
}

static int itself_show(struct proc_text *text, const struct proc_inode *at)
{
    range_print(text, (unsigned)at->fd, (unsigned)at->fd);
    return 0;
}

static int itself_mask_show(struct proc_text *text, const struct proc_inode *at)
{
    mask_print(text, (unsigned)at->fd, (unsigned)at->fd);
    return 0;
}

static int kernel_max_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%u\n", ARCH_CPUS_MAX - 1);
    return 0;
}

/* ---- the tables ---- */

static const struct proc_entry topology_entries[] = {
    SYSFS_SHOW("core_cpus", itself_mask_show),
    SYSFS_SHOW("core_cpus_list", itself_show),
    SYSFS_SHOW("core_id", itself_show),
    SYSFS_SHOW("core_siblings", all_mask_show),
    SYSFS_SHOW("core_siblings_list", all_show),
    SYSFS_SHOW("package_cpus", all_mask_show),
    SYSFS_SHOW("package_cpus_list", all_show),
    SYSFS_LINE("physical_package_id", "0"),
    SYSFS_SHOW("thread_siblings", itself_mask_show),
    SYSFS_SHOW("thread_siblings_list", itself_show),
    {0},
};
static const struct proc_entry one_entries[] = {SYSFS_DIR("topology", topology_entries), {0}};
static const struct proc_entry one_entry = SYSFS_DIR("cpuN", one_entries);

static bool cpu_name(unsigned n, char name[SYSFS_NAME_MAX])
{
    if (n < cpu_count)
        snprintf(name, SYSFS_NAME_MAX, "cpu%u", n);
    return n < cpu_count;
}

static const struct sysfs_list cpu_list = {&one_entry, cpu_name};

static const struct proc_entry cpu_entries[] = {
    SYSFS_LINE("isolated", ""),
    SYSFS_SHOW("kernel_max", kernel_max_show),
    SYSFS_LINE("offline", ""),
    SYSFS_SHOW("online", all_show),
    SYSFS_SHOW("possible", all_show),
    SYSFS_SHOW("present", all_show),
    {0},
};

const struct proc_entry sysfs_system_entries[] = {SYSFS_LIST("cpu", cpu_entries, &cpu_list), {0}};
