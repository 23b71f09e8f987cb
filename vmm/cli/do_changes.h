/* SPDX-License-Identifier: Apache-2.0 */
/*
 * do_changes.h - what becomes, at the end of `lvmm do`, of what CMD has changed in the current folder: it is counted,
 * shown (--diff) or taken over (--apply).
 *
 * A process does that which was there before lvmm locked itself in, and has the rights of who called it; until the end
 * it does nothing but wait. What it then reads was made by the guest: no link of it is followed, and nothing is written
 * but below the folder.
 */
#ifndef LVMM_DO_CHANGES_H
#define LVMM_DO_CHANGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "vmm/cli/config.h"

struct do_changes {
    pid_t pid; /* 0: there is none */
    /* It begins when something is written there; when it is closed, it ends after the change that it is at. */
    atomic_int go;
};

/* Is anything to be done with them, or told? */
bool do_changes_matter(const struct config *config);
/* lower: O_PATH of the current folder, upper: of what is changed in it. Both stay the caller's. In a process with one
 * thread. 0 or -errno. */
int do_changes_begin(struct do_changes *changes, const struct config *config, int lower, int upper);
/* Has a struct do_changes end, if it is there; what it has done stays. Also in a signal handler. */
void do_changes_cancel(void *owner);
/* The guest has ended, and its changes are all there; exited: CMD came to its end itself, else nothing is taken over.
 * Waits until it is done; 0, or -EIO: it says why. Does nothing where there is no such process. */
int do_changes_finish(struct do_changes *changes, bool exited);

#endif
