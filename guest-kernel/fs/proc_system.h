/* SPDX-License-Identifier: Apache-2.0 */
/* proc_system.h - the files in the root of /proc, which tell of the system as a whole; as in struct proc_entry. */
#ifndef GK_FS_PROC_SYSTEM_H
#define GK_FS_PROC_SYSTEM_H

#include "fs/proc.h"

typedef int proc_system_show(struct proc_text *text, const struct proc_inode *at);

/* ---- proc_system.c: time, names, what there is of devices ---- */
proc_system_show proc_kernel_cmdline_show, proc_cpuinfo_show, proc_devices_show, proc_diskstats_show,
    proc_filesystems_show, proc_interrupts_show, proc_kernel_lock_show, proc_loadavg_show, proc_partitions_show,
    proc_system_stat_show, proc_swaps_show, proc_uptime_show, proc_version_show;

/* ---- proc_meminfo.c ---- */
proc_system_show proc_meminfo_show, proc_vmstat_show;

proc_system_show proc_config_show;   /* proc_config.c */
proc_system_show proc_slabinfo_show; /* proc_slabinfo.c */

/* ---- proc_locks.c ---- */
proc_system_show proc_locks_show;
/* The "lock:" lines of fdinfo: the locks that were taken by that open file, with an inode, by itself or by the process
 * with that table of descriptors. The caller keeps the file. 0 or -EINTR. */
int proc_locks_of(struct proc_text *text, const struct file *file, const void *files);

#endif
