/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plic.h - a platform-level interrupt controller (RISC-V PLIC Specification 1.0) with edges as its inputs. Each hart
 * has two contexts: M-mode's, which is nothing here, and then S-mode's.
 */
#ifndef LVMM_DEVICES_PLIC_H
#define LVMM_DEVICES_PLIC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/kvm/bus.h"

#define PLIC_SOURCES 96u /* 0 is none */
#define PLIC_WORDS (PLIC_SOURCES / 32)
#define PLIC_HARTS 32u
#define PLIC_SIZE 0x600000u

struct plic_context {
    uint32_t enabled[PLIC_WORDS];
    uint32_t threshold;
    bool output; /* as `signal` was told last */
};

struct plic {
    pthread_mutex_t lock; /* guards all below; `signal` is called with it */
    uint32_t priority[PLIC_SOURCES];
    uint32_t pending[PLIC_WORDS];
    uint32_t claimed[PLIC_WORDS]; /* and not yet completed */
    struct plic_context context[PLIC_HARTS];
    /* The external interrupt of a hart's S-mode: on or off. */
    void (*signal)(void *owner, unsigned hart, bool on);
    void *owner;
};

extern const struct bus_ops plic_bus_ops; /* owner is the struct plic */

/* Nothing is enabled or pending. `signal(owner, ...)` is called on any thread that raises or writes a register, with
 * the lock: it must not come back here. */
void plic_init(struct plic *plic, void (*signal)(void *owner, unsigned hart, bool on), void *owner);
/* Nobody uses it any more. The structure itself is the caller's. */
void plic_fini(struct plic *plic);

/* An edge at input `source`. One that comes while the last is claimed is kept. Any thread. */
void plic_raise(struct plic *plic, uint32_t source);

#endif
