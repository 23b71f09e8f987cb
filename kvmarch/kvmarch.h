/* SPDX-License-Identifier: Apache-2.0 */
/* kvmarch.h - what KVM wants to be told per ISA. One of these is linked: the host's. */
#ifndef LVMM_KVMARCH_H
#define LVMM_KVMARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/plan.h"

struct vcpu;

/* The ELF machine whose guests this host's KVM runs. */
extern const uint16_t kvmarch_elf_machine;

/* "hardware KVM (SVM)" or "soft KVM (ring 0 is emulated)": a constant string. */
const char *kvmarch_describe(void);

/* After KVM_CREATE_VM: the interrupt controller and what else comes before vCPUs. 0 or -errno. */
int kvmarch_vm_init(int vm_fd);

/* A vCPU's features and its registers at the plan's entry. 0 or -errno. */
int kvmarch_vcpu_init(int kvm_fd, struct vcpu *vcpu, unsigned index, const struct plan_entry *entry);

/* A few instructions, entered as by kvmarch_vcpu_init with `arg` = the MMIO address to write the byte 0x5a to. */
const void *kvmarch_probe_code(size_t *size);

/* Registers and the reason of the last exit, line by line, as details. */
void kvmarch_print(struct vcpu *vcpu);

#endif
