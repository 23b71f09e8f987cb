/* SPDX-License-Identifier: Apache-2.0 */
/* loaded.h - tells with --verbose what a guest finds in its memory, and of its flash. */
#ifndef LVMM_LOADED_H
#define LVMM_LOADED_H

#include <stdbool.h>

#include "vmm/backend.h"

/* A line for each image of the plan, with its size in bytes and where it is, then one for the flash. `by_firmware`:
 * only the files are ours, and QEMU's firmware places them, nobody else knows where. */
void loaded_print(const struct backend_job *job, bool by_firmware);

#endif
