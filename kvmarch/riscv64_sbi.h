/* SPDX-License-Identifier: Apache-2.0 */
/*
 * riscv64_sbi.h - what KVM's SBI leaves to us: the consoles, that of the legacy extensions and DBCN (SBI Specification,
 * chapters 5 and 12). The rest of it KVM does itself: timer, inter-processor interrupts, fences, harts, the reset.
 */
#ifndef LVMM_KVMARCH_RISCV64_SBI_H
#define LVMM_KVMARCH_RISCV64_SBI_H

#include <stdint.h>

#include "vmm/kvm/vm.h"

struct sbi_call {
    uint64_t extension, function;
    uint64_t args[6]; /* a0 to a5 */
    uint64_t ret[2];  /* a0 and a1 after it */
};

/* Serves it: `ret` is filled. What isn't there is SBI_ERR_NOT_SUPPORTED. Never waits for input; waits for room as
 * console->write does. */
void riscv64_sbi_serve(struct sbi_call *call, const struct mem *mem, const struct vm_console *console);

#endif
