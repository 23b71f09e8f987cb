/* SPDX-License-Identifier: Apache-2.0 */
/* vcpu.h - one virtual CPU of KVM. */
#ifndef LVMM_VCPU_H
#define LVMM_VCPU_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/kvm/dispatch.h"

struct kvm_run;
struct timeline;
struct vm;

struct vcpu {
    int fd, vm_fd;
    struct kvm_run *run; /* shared with KVM */
    size_t run_size;
    struct vm *vm;
    pthread_t thread;    /* that runs it, while `running` */
    atomic_bool running; /* changes under kick_lock: while it is held, that thread isn't gone */
    pthread_mutex_t kick_lock;
    /* Called on that thread: for an internal error of KVM, to say in words what happened; after an exit that ended the
     * VM as failed. */
    void (*explain)(struct vcpu *vcpu, char *text, size_t size);
    void (*on_failure)(struct vcpu *vcpu);
    /* An exit that only the ISA knows: true if it was served. NULL: there are none. */
    bool (*serve_own)(struct vcpu *vcpu);
    uint64_t (*pc)(const struct vcpu *vcpu);
    const char *power_off_call; /* how a guest's call of its firmware that powers off is called */
    void *owner;                /* theirs */
    uint64_t exits[EXIT_KINDS];
    uint64_t fault_mark;       /* of vm->on_fault */
    struct timeline *timeline; /* NULL: none */
};

/* vm may be NULL for a vCPU that only vcpu_run_once runs. 0 or -errno. */
int vcpu_create(int kvm_fd, int vm_fd, unsigned index, struct vm *vm, struct vcpu *vcpu);
void vcpu_destroy(struct vcpu *vcpu);

/* Runs until the next exit. 0, or -errno of KVM_RUN. */
int vcpu_run_once(struct vcpu *vcpu, struct vm_exit *exit);

/* Finishes what the last exit began (KVM API, 5, on KVM_EXIT_MMIO), without running the guest. 0 or -errno. */
int vcpu_complete(struct vcpu *vcpu);

/* Runs it on this thread and serves its exits until the VM has ended. */
void vcpu_run(struct vcpu *vcpu);
/* Makes it leave the guest, to see that the VM has ended. From any thread; before vcpu_run it counts as well. */
void vcpu_kick(struct vcpu *vcpu);
/* The same from a signal handler, of the vCPU whose thread is the process's first and so is never gone. */
void vcpu_kick_first(struct vcpu *vcpu);

#endif
