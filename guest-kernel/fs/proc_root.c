/* SPDX-License-Identifier: Apache-2.0 */
/* proc_root.c - what is always in /proc, beside the processes. */
#include "fs/proc.h"
#include "fs/proc_system.h"

#define FILE_ENTRY(entry_name, function) {.name = (entry_name), .mode = S_IFREG | 0444, .show = (function)}

static int64_t mounts_link(const struct proc_inode *at, char *buf)
{
    (void)at;
    return snprintf(buf, PATH_MAX, "self/mounts");
}

static int64_t net_link(const struct proc_inode *at, char *buf)
{
    (void)at;
    return snprintf(buf, PATH_MAX, "self/net");
}

static const struct proc_entry entries[] = {
    {.name = "self", .mode = S_IFLNK | 0777, .link = proc_self_link},
    {.name = "thread-self", .mode = S_IFLNK | 0777, .link = proc_thread_self_link},
    {.name = "mounts", .mode = S_IFLNK | 0777, .link = mounts_link},
    {.name = "net", .mode = S_IFLNK | 0777, .link = net_link},
    {.name = "sys", .mode = S_IFDIR | 0555, .entries = proc_sys_entries},
    {.name = "sysvipc", .mode = S_IFDIR | 0555, .entries = proc_sysvipc_entries},
    FILE_ENTRY("cmdline", proc_kernel_cmdline_show),
    FILE_ENTRY("config.gz", proc_config_show),
    FILE_ENTRY("cpuinfo", proc_cpuinfo_show),
    FILE_ENTRY("devices", proc_devices_show),
    FILE_ENTRY("diskstats", proc_diskstats_show),
    FILE_ENTRY("filesystems", proc_filesystems_show),
    FILE_ENTRY("interrupts", proc_interrupts_show),
    FILE_ENTRY("kernel_lock", proc_kernel_lock_show),
    FILE_ENTRY("loadavg", proc_loadavg_show),
    FILE_ENTRY("locks", proc_locks_show),
    FILE_ENTRY("meminfo", proc_meminfo_show),
    FILE_ENTRY("partitions", proc_partitions_show),
    {.name = "slabinfo", .mode = S_IFREG | 0400, .show = proc_slabinfo_show},
    FILE_ENTRY("stat", proc_system_stat_show),
    FILE_ENTRY("swaps", proc_swaps_show),
    FILE_ENTRY("uptime", proc_uptime_show),
    FILE_ENTRY("version", proc_version_show),
    FILE_ENTRY("vmstat", proc_vmstat_show),
    {0},
};

const struct proc_entry proc_root_entry = {
    .name = "",
    .mode = S_IFDIR | 0555,
    .entries = entries,
    .lookup = proc_root_lookup,
    .read_dir = proc_root_read_dir,
    .refresh = proc_root_refresh,
};
