/* SPDX-License-Identifier: Apache-2.0 */
/* riscv64_sbi_print.h - tells with --verbose of the SBI calls that KVM leaves to us. */
#ifndef LVMM_KVMARCH_RISCV64_SBI_PRINT_H
#define LVMM_KVMARCH_RISCV64_SBI_PRINT_H

#include "kvmarch/riscv64_sbi.h"

/* The call as it came, in a line, with the character where it is a call that prints one. */
void riscv64_sbi_print(const struct sbi_call *call);

#endif
