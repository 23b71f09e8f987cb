/* SPDX-License-Identifier: Apache-2.0 */
/* run_result.h - how a run on KVM has ended, for who asked for it. */
#ifndef LVMM_KVM_RUN_RESULT_H
#define LVMM_KVM_RUN_RESULT_H

#include "vmm/kvm/device_args.h"

/* No vCPU and no loop runs any more. */
void run_result_fill(const struct vm *vm, const struct device_args *args, struct backend_result *result);

#endif
