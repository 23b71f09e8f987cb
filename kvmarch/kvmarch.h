/* SPDX-License-Identifier: Apache-2.0 */
/* kvmarch.h - what KVM wants to be told per ISA. One of these is linked: the host's. */
#ifndef LVMM_KVMARCH_H
#define LVMM_KVMARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/plan.h"

struct bus;
struct kvmarch_irqchip;
struct vcpu;

/* The ELF machine whose guests this host's KVM runs. */
extern const uint16_t kvmarch_elf_machine;

/* What kind it is: "hardware KVM: AMD-V" or "soft KVM: ...ring 0 is emulated": a constant string. */
const char *kvmarch_describe(void);

/* How a guest's call of its firmware that powers off is called, for messages. */
extern const char *const kvmarch_power_off_call;
/* Why a stock Linux can't run on it, told by its kind: a constant string; NULL: it can. */
const char *kvmarch_linux_obstacle(void);

/* The argument of KVM_CREATE_VM. */
unsigned long kvmarch_vm_type(int kvm_fd);
/* After KVM_CREATE_VM: what comes before memory and vCPUs. 0 or -errno. */
int kvmarch_vm_init(int vm_fd);

/* The part of the interrupt controller that isn't in KVM, with its window on the bus. 0 or -errno. */
int kvmarch_irqchip_create(int vm_fd, unsigned version, struct bus *mmio, struct kvmarch_irqchip **out);
/* The irqchip_version for another plan, where kvmarch_irqchip_create gave -ENODEV: KVM doesn't have the version that
 * the plan asks for, or has a better one. 0: the ISA has only one. */
extern const unsigned kvmarch_irqchip_other;
/* All vCPUs are there, `cpu[0]` the first, and stay as long as they run; none runs yet. 0 or -errno. */
int kvmarch_irqchip_connect(struct kvmarch_irqchip *chip, const struct vcpu *cpu, unsigned count);
void kvmarch_irqchip_destroy(struct kvmarch_irqchip *chip);
/* An edge at its input `irq`. Any thread. */
void kvmarch_irq_raise(struct kvmarch_irqchip *chip, uint32_t irq);

/* The features of CPU `index` of `count`. All but the first wait until the guest starts them. 0 or -errno. */
int kvmarch_vcpu_init(int kvm_fd, struct vcpu *vcpu, unsigned index, unsigned count);
/* Its registers at an entry. 0 or -errno. */
int kvmarch_vcpu_enter(struct vcpu *vcpu, const struct plan_entry *entry);

/* What its clock counts a second, where the plan's device tree has to tell; 0: it hasn't. 0 or -errno. */
int kvmarch_timebase(const struct vcpu *vcpu, uint32_t *hz);

/* What its CPUs have, where the device tree has to tell Linux (plan.cpu_isa); "": it hasn't. 0 or -errno. */
int kvmarch_cpu_isa(const struct vcpu *vcpu, char *text, size_t size);

/* A guest-physical address where no machine of this ISA has memory or a device, so that a write there is an exit. */
extern const uint64_t kvmarch_probe_mmio;
/* A few instructions, entered as by kvmarch_vcpu_enter with `arg` = that address, to write the byte 0x5a there. */
const void *kvmarch_probe_code(size_t *size);
/* The probe's code at `host`, `size` bytes of it, was overwritten by the host: sees to it that a guest that begins with
 * its caches off reads what is there now. */
void kvmarch_probe_gone(const void *host, size_t size);

/* What the last exit, an internal error of KVM, was about: what happened, at which address, with which bytes. */
void kvmarch_explain(struct vcpu *vcpu, char *text, size_t size);
/* The address of the instruction that it is at; at an access to a device's register that is the access's, or the next
 * one's. 0: KVM doesn't tell. */
uint64_t kvmarch_pc(const struct vcpu *vcpu);
/* Registers, line by line, as details. */
void kvmarch_print(struct vcpu *vcpu);

#endif
