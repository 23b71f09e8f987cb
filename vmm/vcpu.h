/* SPDX-License-Identifier: Apache-2.0 */
/* vcpu.h - one virtual CPU of KVM and its thread. */
#ifndef LVMM_VCPU_H
#define LVMM_VCPU_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/dispatch.h"

struct kvm_run;
struct vm;

struct vcpu {
    int fd;
    struct kvm_run *run; /* shared with KVM */
    size_t run_size;
    struct vm *vm;
    pthread_t thread;
    bool started;
    void (*on_failure)(struct vcpu *vcpu); /* called on the thread after an exit that ended the VM as failed */
    uint64_t exits[EXIT_KINDS];
};

/* vm may be NULL for a vCPU that only vcpu_run_once runs. 0 or -errno. */
int vcpu_create(int kvm_fd, int vm_fd, unsigned index, struct vm *vm, struct vcpu *vcpu);
void vcpu_destroy(struct vcpu *vcpu);

/* Runs until the next exit. 0, or -errno of KVM_RUN. */
int vcpu_run_once(struct vcpu *vcpu, struct vm_exit *exit);

/* Starts the thread, which serves exits until the VM ends. */
int vcpu_start(struct vcpu *vcpu);
/* Makes the thread leave the guest and end; waits for it. */
void vcpu_stop(struct vcpu *vcpu);

#endif
