/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - the device tree of a plan: what the guest learns of its machine and its task. */
#ifndef LVMM_BOOT_TREE_H
#define LVMM_BOOT_TREE_H

#include "boot/plan.h"

/* Writes it from the plan's memory and devices; fills plan->fdt, and plan->firmware_fdt where the machine has one. 0 or
 * -errno. */
int tree_create(struct plan *plan, const struct plan_input *input);

#endif
