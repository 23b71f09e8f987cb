/* SPDX-License-Identifier: Apache-2.0 */
/* riscv64_isa.h - what the CPUs that KVM makes have, as the device tree says it. */
#ifndef LVMM_KVMARCH_RISCV64_ISA_H
#define LVMM_KVMARCH_RISCV64_ISA_H

#include <stddef.h>

struct vcpu;

/* "rv64imafdc_zicsr_zifencei...". 0; -E2BIG; or -errno of KVM. */
int riscv64_isa_describe(const struct vcpu *vcpu, char *text, size_t size);

#endif
