/* SPDX-License-Identifier: Apache-2.0 */
/* proc_thread_entries.c - the table of what the directory of a thread, below its process's task/, has. */
#include "fs/proc_entries.h"

const struct proc_entry proc_thread_entries[] = {
    FD_ENTRIES,
    FILE_ENTRY("stat", 0444, .show = proc_thread_stat_show),
    FILE_ENTRY("children", 0444, .show = proc_children_show),
    COMMON_ENTRIES,
    {0},
};
