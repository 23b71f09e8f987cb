/* SPDX-License-Identifier: Apache-2.0 */
/* planner.h - makes a plan of what the command line and the files say. Above the machines, which know only plan.h. */
#ifndef LVMM_BOOT_PLANNER_H
#define LVMM_BOOT_PLANNER_H

#include <stddef.h>

#include "boot/plan.h"

/* Makes a plan. 0, or -errno with the reason in `why` (one line, no newline, no "lvmm: "): -ENOEXEC for a bad kernel,
 * -E2BIG for too long arguments, -ERANGE for a bad amount of memory, -EDOM for a bad number of CPUs, -ENOBUFS for an
 * initrd that the kernel can't have, -ENAMETOOLONG for a command line that is too long for Linux. The plan is the
 * caller's, who ends it with plan_destroy. */
int plan_create(const struct plan_input *input, struct plan **out, char *why, size_t why_size);

#endif
