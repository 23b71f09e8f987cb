/* SPDX-License-Identifier: Apache-2.0 */
/*
 * do.h - `lvmm do CMD`: a command of this host in a VM of its own, in the current folder, with nothing to prepare. What
 * `lvmm run` is told by options is worked out here from what the host has.
 */
#ifndef LVMM_DO_H
#define LVMM_DO_H

#include <limits.h>

#include "vmm/cli/config.h"
#include "vmm/cli/root_archive.h"

/* What config points to afterwards, and the guest's root file system. */
struct do_host {
    char folder[PATH_MAX];          /* the current one; "": it isn't shown */
    char home[PATH_MAX];            /* of who calls; "": none is known */
    char user[2 * 11];              /* UID:GID */
    char path[SHARE_MAX][PATH_MAX]; /* of the shares that are made here */
    unsigned paths;
    struct root_archive root;
};

/*
 * Adds to config (after the command line is read, as options come first): the folders that the guest sees, the current
 * one among them, user, environment, memory, and how it is to run. Where an option said so already, that holds. 0, or
 * -1 after a message. `host` is zero before, and stays as long as config; root_archive_fini(&host->root) is the
 * caller's.
 */
int do_prepare(struct config *config, struct do_host *host);

#endif
