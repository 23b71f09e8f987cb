/* SPDX-License-Identifier: Apache-2.0 */
/* dry_run.h - shows a plan in place of running it: --dry-run and --dump-dtb. */
#ifndef LVMM_CLI_DRY_RUN_H
#define LVMM_CLI_DRY_RUN_H

#include <stdio.h>

#include "vmm/backend.h"

/* Prints job->plan and, unless --accel kvm was given, the command line by which QEMU would run it. The same job gives
 * the same text. 0, or -errno after a message: QEMU can't run this plan. */
int dry_run_print(const struct backend_job *job, FILE *out);

/* Writes the plan's device tree to a file. 0, or -errno after a message. */
int dry_run_write_tree(const struct plan *plan, const char *path);

#endif
