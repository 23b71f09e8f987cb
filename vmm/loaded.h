/* SPDX-License-Identifier: Apache-2.0 */
/* loaded.h - tells with --verbose what a guest finds in its memory, and of its flash. */
#ifndef LVMM_LOADED_H
#define LVMM_LOADED_H

#include <stdbool.h>

#include "vmm/backend.h"

/* A line for each image of the plan, with its size in bytes and where it is, then one for the flash. `kernel_only`: the
 * others are for the backend to make and to place, and nobody else knows where. */
void loaded_print(const struct backend_job *job, bool kernel_only);

#endif
