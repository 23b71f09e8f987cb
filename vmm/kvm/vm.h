/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm.h - a running VM: memory, buses, devices, and how it ends. Knows no KVM.
 *
 * Filled by vm_create before a vCPU runs. Afterwards only how it ends changes; the exit counters belong to the vCPUs
 * and are read when these have stopped.
 */
#ifndef LVMM_VM_H
#define LVMM_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "boot/plan.h"
#include "devices/device.h"
#include "vmm/kvm/bus.h"
#include "vmm/kvm/mem.h"
#include "vmm/loop.h"
#include "vmm/timeline.h"

enum vm_end_kind {
    VM_RUNNING,
    VM_POWERED_OFF, /* with a status: the guest asked for it */
    VM_FAILED,      /* with a text: it can't go on */
    VM_STOPPED,     /* we want it to end */
};

struct vm_end {
    enum vm_end_kind kind;
    int status;
    char text[256];
};

/* The console of the guest's firmware, where that is ours or KVM's and the guest calls it: SBI. */
struct vm_console {
    /* Takes all of the bytes; may wait for room as long as the VM runs. NULL: the firmware has no console. Any thread.
     */
    void (*write)(void *owner, const char *bytes, size_t size);
    /* How many bytes there are now, `size` at most. Any thread. */
    size_t (*read)(void *owner, char *bytes, size_t size);
    void *owner;
};

struct vm {
    struct mem mem;
    struct bus mmio, pio;
    struct loop *loop;
    struct device *device[PLAN_DEVICES];
    unsigned device_count;
    bool reset_is_end;         /* a reset that the guest asks its firmware for is a proper end */
    bool fault_is_reset;       /* plan's */
    bool ends_at_unmapped;     /* an access of memory where nothing is ends it; the backend's to set, as the next */
    struct vm_console console; /* the backend's to set before there is a vCPU */
    /* Makes the vCPU leave the guest and see that the VM has ended. From any thread, also the vCPU's own. */
    void (*kick)(void *owner);
    void *kick_owner;
    /* KVM couldn't give a vCPU the page that it touched, at *gpa (NULL: it doesn't tell): true, it may try again.
     * *mark: 0 at first, kept for the vCPU until it has run again. On the vCPU's thread. NULL: it may not; the
     * backend's to set. */
    bool (*on_fault)(void *owner, const uint64_t *gpa, uint64_t *mark);
    void *on_fault_owner;
    pthread_mutex_t end_lock; /* innermost: nothing else is taken under it */
    struct vm_end end;        /* under end_lock, or when no vCPU and no loop runs any more */
    atomic_bool has_ended;    /* end is filled, or about to be */
    /* vm_ask_to_stop was called: from then on, by CLOCK_MONOTONIC, it is to stop. 0: it wasn't */
    atomic_uint_fast64_t asked_ns;
    /* Called on a vCPU's thread whose guest was interrupted, before that asks whether the VM has ended. NULL: nobody.
     */
    void (*on_interrupted)(void *owner);
    void *on_interrupted_owner;
};

/* What the backend does for the devices; `backend` is handed back to it. */
struct vm_services {
    struct device_services device;
    void (*raise_irq)(void *backend, uint32_t irq); /* an edge; from any thread */
    void *backend;
    /* The arguments of a plan's device (its type's structure), or NULL: leave it out. Valid during the call. */
    const void *(*device_args)(void *backend, const struct plan_device *device);
    int kernel_fd, initrd_fd;  /* the files that plan_image.file_offset is about; -1: none */
    struct timeline *timeline; /* NULL: none */
};

/* Maps memory, places the images, creates the devices. services lives as long as vm. 0, or -errno after a message. */
int vm_create(const struct plan *plan, const struct vm_services *services, struct vm *vm);
/* No vCPU runs and the loop has stopped. Devices finish what is under way, disks are flushed. Memory stays mapped. */
void vm_finish(struct vm *vm);
/* The same, and gives everything back: for a process that goes on. */
void vm_destroy(struct vm *vm);

/* Ends the VM; the first end counts. From any thread. `how`: what the guest did to that end, for --verbose; NULL: it
 * was not the guest. */
void vm_power_off(struct vm *vm, int status, const char *how);
void vm_fail(struct vm *vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vm_stop(struct vm *vm);
/* Whoever asks whether it has ended, from the time by_ns of CLOCK_MONOTONIC on, stops it. From a signal handler; a vCPU
 * in the guest has to be kicked besides. */
void vm_ask_to_stop(struct vm *vm, uint64_t by_ns);
/* Cheap: what works for long asks in each turn. From any thread, with a device's lock or without. */
bool vm_has_ended(struct vm *vm);
bool vm_has_failed(struct vm *vm); /* by vm_fail */

#endif
