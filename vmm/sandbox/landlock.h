/* SPDX-License-Identifier: Apache-2.0 */
/* landlock.h - no file can be opened by name, by landlock(7). */
#ifndef LVMM_SANDBOX_LANDLOCK_H
#define LVMM_SANDBOX_LANDLOCK_H

#include <stdbool.h>

/* A folder or file that can still be reached by name, and what is below it. */
struct sandbox_folder {
    int fd;                                                                    /* O_PATH will do; the caller's */
    enum { SANDBOX_READS, SANDBOX_WRITES, SANDBOX_REMOVES, SANDBOX_OWNS } may; /* OWNS: makes device files, too */
};

struct landlock_rules {
    const struct sandbox_folder *folders;
    unsigned folder_count;
    bool calls_out;      /* TCP ports can be bound and called */
    bool signals_others; /* processes that aren't locked in with this one, or below it, can be signalled */
};

/* The version of the interface that this host has; 0: none. */
unsigned landlock_version(void);

/* Locks the calling thread in, and those that it makes. version: as above, not 0. After no_new_privs. 0 or -errno. */
int landlock_enter(unsigned version, const struct landlock_rules *rules);

#endif
