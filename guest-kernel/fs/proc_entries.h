/* SPDX-License-Identifier: Apache-2.0 */
/* proc_entries.h - the entries that the directories of processes and of threads have in common. */
#ifndef GK_FS_PROC_ENTRIES_H
#define GK_FS_PROC_ENTRIES_H

#include "fs/proc_net.h"
#include "fs/proc_process.h"

#define FILE_ENTRY(entry_name, permissions, ...) {.name = (entry_name), .mode = S_IFREG | (permissions), __VA_ARGS__}
#define LINK_ENTRY(entry_name, kind) \
    {.name = (entry_name),           \
     .mode = S_IFLNK | 0777,         \
     .is_guarded = true,             \
     .link = proc_##kind##_link,     \
     .follow = proc_##kind##_follow}

#define FD_ENTRIES                                                                                  \
    {.name = "fd",                                                                                  \
     .mode = S_IFDIR | 0500,                                                                        \
     .is_guarded = true,                                                                            \
     .lookup = proc_fd_lookup,                                                                      \
     .read_dir = proc_fd_read_dir,                                                                  \
     .refresh = proc_fd_refresh},                                                                   \
    {                                                                                               \
        .name = "fdinfo", .mode = S_IFDIR | 0555, .is_guarded = true, .lookup = proc_fdinfo_lookup, \
        .read_dir = proc_fdinfo_read_dir                                                            \
    }

/* Both have these. */
#define COMMON_ENTRIES                                                                                              \
    FILE_ENTRY("environ", 0400, .is_guarded = true, .show = proc_environ_show),                                     \
        FILE_ENTRY("auxv", 0400, .is_guarded = true, .show = proc_auxv_show),                                       \
        FILE_ENTRY("status", 0444, .show = proc_status_show),                                                       \
        FILE_ENTRY("personality", 0400, .show = proc_personality_show),                                             \
        FILE_ENTRY("limits", 0444, .show = proc_limits_show), FILE_ENTRY("sched", 0644, .show = proc_sched_show),   \
        FILE_ENTRY("comm", 0644, .show = proc_comm_show, .store = proc_comm_store),                                 \
        FILE_ENTRY("cmdline", 0444, .show = proc_cmdline_show), FILE_ENTRY("statm", 0444, .show = proc_statm_show), \
        FILE_ENTRY("maps", 0444, .is_guarded = true, .show = proc_maps_show),                                       \
        FILE_ENTRY("mem", 0600, .is_guarded = true, .file_ops = &proc_mem_ops), LINK_ENTRY("cwd", cwd),             \
        LINK_ENTRY("root", root), LINK_ENTRY("exe", exe), FILE_ENTRY("mounts", 0444, .show = proc_mounts_show),     \
        FILE_ENTRY("mountinfo", 0444, .show = proc_mountinfo_show),                                                 \
        FILE_ENTRY("smaps", 0444, .is_guarded = true, .show = proc_smaps_show),                                     \
        FILE_ENTRY("smaps_rollup", 0444, .is_guarded = true, .show = proc_smaps_rollup_show),                       \
        FILE_ENTRY("pagemap", 0400, .is_guarded = true, .file_ops = &proc_pagemap_ops),                             \
        FILE_ENTRY("wchan", 0444, .show = proc_wchan_show),                                                         \
        FILE_ENTRY("schedstat", 0444, .show = proc_schedstat_show),                                                 \
        FILE_ENTRY("cgroup", 0444, .show = proc_cgroup_show),                                                       \
        FILE_ENTRY("oom_score", 0444, .show = proc_oom_score_show),                                                 \
        FILE_ENTRY("oom_adj", 0644, .show = proc_oom_adj_show, .store = proc_oom_adj_store),                        \
        FILE_ENTRY("oom_score_adj", 0644, .show = proc_oom_score_adj_show, .store = proc_oom_score_adj_store),      \
        FILE_ENTRY("loginuid", 0644, .show = proc_loginuid_show),                                                   \
        FILE_ENTRY("sessionid", 0444, .show = proc_sessionid_show),                                                 \
        {.name = "net", .mode = S_IFDIR | 0555, .entries = proc_net_entries},                                       \
        FILE_ENTRY("io", 0400, .show = proc_io_show)

#endif
