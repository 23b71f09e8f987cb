/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ioapic.h - an I/O APIC (Intel 82093AA data sheet; I/O xAPIC) as far as edges go: each input's entry says which
 * message goes to the local APICs.
 *
 * It is here and not in KVM because of what KVM's own costs: its chips register themselves on KVM's buses, and each
 * such change is a grace period of SRCU, milliseconds that the next memory slot or the end of the VM waits for. The
 * guest's few accesses are exits instead; an interrupt is one ioctl either way.
 */
#ifndef LVMM_DEVICES_IOAPIC_H
#define LVMM_DEVICES_IOAPIC_H

#include <pthread.h>
#include <stdint.h>

#include "vmm/kvm/bus.h"

#define IOAPIC_PINS 24u
#define IOAPIC_SIZE 0x1000u

struct ioapic {
    pthread_mutex_t lock; /* guards all below; `signal` is called with it */
    uint64_t entry[IOAPIC_PINS];
    uint32_t select, id;
    /* Sends a message-signalled interrupt (SDM volume 3, "Message Signalled Interrupts"). */
    void (*signal)(void *owner, uint64_t address, uint32_t data);
    void *owner;
};

extern const struct bus_ops ioapic_bus_ops; /* owner is the struct ioapic */

/* As after the chip's reset: all inputs are masked. `signal(owner, ...)` is called on the thread that raises or
 * unmasks, with the lock: it must not come back here. */
void ioapic_init(struct ioapic *ioapic, void (*signal)(void *owner, uint64_t address, uint32_t data), void *owner);
/* Nobody uses it any more. The structure itself is the caller's. */
void ioapic_fini(struct ioapic *ioapic);

/* An edge at input `pin`; lost while the input is masked, as on the chip. Any thread. */
void ioapic_raise(struct ioapic *ioapic, unsigned pin);

#endif
