/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpus.h - all virtual CPUs of a VM: the first one runs on the caller's thread, each other one on a thread of its own.
 */
#ifndef LVMM_VCPUS_H
#define LVMM_VCPUS_H

#include <pthread.h>
#include <stdbool.h>

#include "vmm/kvm/vcpu.h"
#include "vmm/sandbox/lists.h"

struct vcpus {
    struct vcpu *cpu;  /* owned; [0] is the one that boots */
    pthread_t *thread; /* owned; of cpu[1] and later, in order */
    unsigned count, started;
    const struct sandbox_list *list; /* of system calls, of each thread; NULL: its maker's. Set before vcpus_run */
};

/* What all CPUs have in common: `like` has explain, on_failure, pc, power_off_call, owner. on_create sets up what the
 * ISA wants of CPU `index` of `count`, before it runs; 0 or -errno. */
struct vcpus_input {
    int kvm_fd, vm_fd;
    unsigned count;
    struct vm *vm;
    const struct vcpu *like;
    int (*on_create)(int kvm_fd, struct vcpu *vcpu, unsigned index, unsigned count);
};

/* 0 or -errno; nothing is left then. */
int vcpus_create(const struct vcpus_input *input, struct vcpus *out);
/* None runs. */
void vcpus_destroy(struct vcpus *vcpus);

/* Runs all until the VM has ended and all have stopped. 0, or -errno if a thread couldn't be made: nothing has run
 * then. */
int vcpus_run(struct vcpus *vcpus);
/* Makes all leave the guest, to see that the VM has ended. From any thread. */
void vcpus_kick(struct vcpus *vcpus);

/* Exits of one kind, of all CPUs. None runs. */
uint64_t vcpus_exits(const struct vcpus *vcpus, enum exit_kind kind);
/* Says how many there were, with --verbose. None runs. */
void vcpus_print_exits(const struct vcpus *vcpus);

#endif
