/* SPDX-License-Identifier: Apache-2.0 */
/* proc_entries.c - the table of what the directory of a process has. */
#include "fs/proc_entries.h"

const struct proc_entry proc_process_entries[] = {
    {.name = "task",
     .mode = S_IFDIR | 0555,
     .lookup = proc_task_lookup,
     .read_dir = proc_task_read_dir,
     .refresh = proc_task_refresh},
    FD_ENTRIES,
    FILE_ENTRY("stat", 0444, .show = proc_stat_show),
    FILE_ENTRY("mountstats", 0400, .show = proc_mountstats_show),
    FILE_ENTRY("coredump_filter", 0644, .show = proc_coredump_filter_show),
    FILE_ENTRY("timerslack_ns", 0666, .show = proc_timerslack_show, .store = proc_timerslack_store),
    COMMON_ENTRIES,
    {0},
};
