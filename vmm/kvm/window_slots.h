/* SPDX-License-Identifier: Apache-2.0 */
/* window_slots.h - what a vCPU does in the window of files' pages (boot/abi_dax.h) that KVM can't do by itself. */
#ifndef LVMM_KVM_WINDOW_SLOTS_H
#define LVMM_KVM_WINDOW_SLOTS_H

#include "vmm/kvm/vm.h"

struct window {
    struct device *shares; /* the device of shared folders */
    uint64_t gpa;
};

/* Faults and accesses there go to the device from now on; NULL, or a place of no bytes: there is no window. Before a
 * vCPU runs. 0 or -errno. */
int window_connect(struct window *window, struct device *shares, const struct dax_place *place, struct vm *vm);

#endif
