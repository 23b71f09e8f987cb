/* SPDX-License-Identifier: Apache-2.0 */
/* set_kvm.c - a VM that is set up: no further one, no vCPU and no device is made. */
#include "vmm/sandbox/rules/rules.h"

#define KVMIO_ 0xae
#define OF_KVM(number) IOCTL(KVMIO_ << 8 | (number))

/* Numbers of the KVM API that all ISAs have, whether they know the call or not. */
const struct rule set_kvm[] = {
    OF_KVM(0x46), /* KVM_SET_USER_MEMORY_REGION: a flash that is read */
    OF_KVM(0x61), /* KVM_IRQ_LINE */
    OF_KVM(0x79), /* KVM_IOEVENTFD */
    OF_KVM(0xa5), /* KVM_SIGNAL_MSI */
    OF_KVM(0x81), /* KVM_GET_REGS: for messages, as those below */
    OF_KVM(0x83), /* KVM_GET_SREGS */
    OF_KVM(0x85), /* KVM_TRANSLATE */
    OF_KVM(0x86), /* KVM_INTERRUPT: riscv64 without an interrupt controller in the kernel */
    OF_KVM(0xab), /* KVM_GET_ONE_REG */
    END,
};

const struct rule set_vcpu[] = {
    OF_KVM(0x80), /* KVM_RUN */
    END,
};
