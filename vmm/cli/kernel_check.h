/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_check.h - whether a kernel and what else the command line says go together. */
#ifndef LVMM_KERNEL_CHECK_H
#define LVMM_KERNEL_CHECK_H

#include "vmm/backend.h"

/* Of a plan that was made, with the job's files open. 0, or lvmm's exit status after a message. */
int kernel_check(const struct config *config, const struct plan *plan, const struct backend_job *job);

#endif
