/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.h - what a vCPU's exits mean. The exits are ours, not KVM's: vcpu.c translates. */
#ifndef LVMM_DISPATCH_H
#define LVMM_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vm;

enum exit_kind {
    EXIT_MMIO_READ,
    EXIT_MMIO_WRITE,
    EXIT_PIO_READ,
    EXIT_PIO_WRITE,
    EXIT_INTERRUPTED, /* a signal, or we asked for it */
    EXIT_HALT,
    EXIT_SHUTDOWN,  /* triple fault */
    EXIT_RESET,     /* PSCI, SBI */
    EXIT_POWER_OFF, /* the same */
    EXIT_INTERNAL_ERROR,
    EXIT_ENTRY_FAILED,
    EXIT_OWN, /* the ISA's own, which kvmarch serves */
    EXIT_UNKNOWN,
    EXIT_KINDS
};

struct vm_exit {
    enum exit_kind kind;
    uint64_t address; /* MMIO, PIO */
    void *data;       /* `count` items of `size` bytes each, little-endian */
    unsigned size, count;
    uint64_t reason; /* what went wrong, as the backend counts */
    /* Asks `vcpu` where it is; NULL: it can't be asked. */
    uint64_t (*pc)(const struct vcpu *vcpu);
    const struct vcpu *vcpu;
    const char *text; /* what happened, in words; NULL: the kind says it */
};

extern const char *const exit_names[EXIT_KINDS];

/* Serves one exit. False: the VM has ended. */
bool exit_dispatch(struct vm *vm, const struct vm_exit *exit);

#endif
